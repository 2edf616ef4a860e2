//! Keys and input methods: a key goes to the input method first; what it does not take is sent as an event, with the
//! key itself, its other meanings and its text, and the service encodes it as the program asked.

use super::View;
use super::note::Problem;
use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{gdk, glib};
use scarab_protocol::message::input::{Focus, Key};
use scarab_protocol::message::{KeyAction, mods};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// Which keys are down: GTK tells no repetition.
#[derive(Debug, Default)]
pub(super) struct State {
    down: RefCell<HashSet<u32>>,
    /// As the keyboard told last: asking it costs a round trip to an X server, before each key.
    num_locked: Cell<bool>,
    /// Who is told of it.
    lock: RefCell<Option<(gdk::Device, glib::SignalHandlerId)>>,
}

/// Function keys of the kitty keyboard protocol ("Functional key definitions"): GDK's, and its number.
const FUNCTIONAL: [(gdk::Key, u32); 66] = [
    (gdk::Key::Escape, 27),
    (gdk::Key::Return, 13),
    (gdk::Key::ISO_Enter, 13),
    (gdk::Key::Tab, 9),
    (gdk::Key::ISO_Left_Tab, 9),
    (gdk::Key::BackSpace, 127),
    (gdk::Key::Insert, 57348),
    (gdk::Key::Delete, 57349),
    (gdk::Key::Left, 57350),
    (gdk::Key::Right, 57351),
    (gdk::Key::Up, 57352),
    (gdk::Key::Down, 57353),
    (gdk::Key::Page_Up, 57354),
    (gdk::Key::Page_Down, 57355),
    (gdk::Key::Home, 57356),
    (gdk::Key::End, 57357),
    (gdk::Key::Caps_Lock, 57358),
    (gdk::Key::Scroll_Lock, 57359),
    (gdk::Key::Num_Lock, 57360),
    (gdk::Key::Print, 57361),
    (gdk::Key::Pause, 57362),
    (gdk::Key::Menu, 57363),
    (gdk::Key::KP_0, 57399),
    (gdk::Key::KP_1, 57400),
    (gdk::Key::KP_2, 57401),
    (gdk::Key::KP_3, 57402),
    (gdk::Key::KP_4, 57403),
    (gdk::Key::KP_5, 57404),
    (gdk::Key::KP_6, 57405),
    (gdk::Key::KP_7, 57406),
    (gdk::Key::KP_8, 57407),
    (gdk::Key::KP_9, 57408),
    (gdk::Key::KP_Decimal, 57409),
    (gdk::Key::KP_Divide, 57410),
    (gdk::Key::KP_Multiply, 57411),
    (gdk::Key::KP_Subtract, 57412),
    (gdk::Key::KP_Add, 57413),
    (gdk::Key::KP_Enter, 57414),
    (gdk::Key::KP_Equal, 57415),
    (gdk::Key::KP_Separator, 57416),
    (gdk::Key::KP_Left, 57417),
    (gdk::Key::KP_Right, 57418),
    (gdk::Key::KP_Up, 57419),
    (gdk::Key::KP_Down, 57420),
    (gdk::Key::KP_Page_Up, 57421),
    (gdk::Key::KP_Page_Down, 57422),
    (gdk::Key::KP_Home, 57423),
    (gdk::Key::KP_End, 57424),
    (gdk::Key::KP_Insert, 57425),
    (gdk::Key::KP_Delete, 57426),
    (gdk::Key::KP_Begin, 57427),
    (gdk::Key::Shift_L, 57441),
    (gdk::Key::Control_L, 57442),
    (gdk::Key::Alt_L, 57443),
    (gdk::Key::Super_L, 57444),
    (gdk::Key::Hyper_L, 57445),
    (gdk::Key::Meta_L, 57446),
    (gdk::Key::Shift_R, 57447),
    (gdk::Key::Control_R, 57448),
    (gdk::Key::Alt_R, 57449),
    (gdk::Key::Super_R, 57450),
    (gdk::Key::Hyper_R, 57451),
    (gdk::Key::Meta_R, 57452),
    (gdk::Key::ISO_Level3_Shift, 57453),
    (gdk::Key::ISO_Level5_Shift, 57454),
    (gdk::Key::KP_F1, 57364),
];
/// The first of the numbers of F1 to F35.
const F1: u32 = 57364;
const FUNCTION_KEYS: u32 = 35;

fn functional(key: gdk::Key) -> Option<u32> {
    let number = glib::translate::IntoGlib::into_glib(key);
    let first = glib::translate::IntoGlib::into_glib(gdk::Key::F1);
    match number.checked_sub(first) {
        Some(function) if function < FUNCTION_KEYS => Some(F1 + function),
        _ => FUNCTIONAL.iter().find(|(known, _)| *known == key).map(|(_, code)| *code),
    }
}

/// The modifiers as the protocol has them.
pub(super) fn held(state: gdk::ModifierType) -> u8 {
    let pairs = [
        (gdk::ModifierType::SHIFT_MASK, mods::SHIFT),
        (gdk::ModifierType::ALT_MASK, mods::ALT),
        (gdk::ModifierType::CONTROL_MASK, mods::CTRL),
        (gdk::ModifierType::SUPER_MASK, mods::SUPER),
        (gdk::ModifierType::HYPER_MASK, mods::HYPER),
        (gdk::ModifierType::META_MASK, mods::META),
        (gdk::ModifierType::LOCK_MASK, mods::CAPS_LOCK),
    ];
    pairs.iter().filter(|(mask, _)| state.contains(*mask)).fold(0, |held, (_, bit)| held | bit)
}

impl View {
    pub(super) fn take_keyboard(&self) {
        let input_method = gtk::IMMulticontext::new();
        input_method.connect_commit(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |_, text| view.committed(text)
        ));
        input_method.connect_preedit_changed(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |method| {
                let (text, ..) = method.preedit_string();
                view.imp().preedit.replace(text.to_string());
                view.queue_draw();
            }
        ));
        let keys = gtk::EventControllerKey::new();
        keys.connect_key_pressed(glib::clone!(
            #[weak(rename_to = view)]
            self,
            #[upgrade_or]
            glib::Propagation::Proceed,
            move |keys, key, code, state| view.key(keys, key, code, state, true)
        ));
        keys.connect_key_released(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |keys, key, code, state| {
                view.key(keys, key, code, state, false);
            }
        ));
        self.add_controller(keys);
        let focus = gtk::EventControllerFocus::new();
        focus.connect_enter(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |_| view.focused(true)
        ));
        focus.connect_leave(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |_| view.focused(false)
        ));
        self.add_controller(focus);
        self.connect_realize(|view| {
            view.watch_num_lock();
            if let Some(method) = view.imp().input_method.borrow().as_ref() {
                method.set_client_widget(Some(view));
            }
        });
        self.connect_unrealize(|view| {
            if let Some((keyboard, handler)) = view.imp().keyboard.lock.take() {
                keyboard.disconnect(handler);
            }
            if let Some(method) = view.imp().input_method.borrow().as_ref() {
                method.set_client_widget(None::<&gtk::Widget>);
            }
        });
        self.imp().input_method.replace(Some(input_method));
    }

    fn watch_num_lock(&self) {
        let Some(keyboard) = self.display().default_seat().and_then(|seat| seat.keyboard()) else { return };
        let state = &self.imp().keyboard;
        state.num_locked.set(keyboard.is_num_locked());
        let handler = keyboard.connect_num_lock_state_notify(glib::clone!(
            #[weak(rename_to = view)]
            self,
            move |keyboard| view.imp().keyboard.num_locked.set(keyboard.is_num_locked())
        ));
        state.lock.replace(Some((keyboard, handler)));
    }

    fn focused(&self, focused: bool) {
        let method = self.imp().input_method.borrow().clone();
        if let Some(method) = method {
            if focused {
                method.focus_in();
            } else {
                method.reset();
                method.focus_out();
            }
        }
        self.show_cursor();
        if !focused {
            // Releases that happen elsewhere are not seen here.
            self.imp().keyboard.down.borrow_mut().clear();
        }
        self.send(Focus { focused });
        self.queue_draw();
    }

    /// The input method types: as part of a key's press it is that key's text.
    fn committed(&self, text: &str) {
        let during_a_key = match self.imp().typed.borrow_mut().as_mut() {
            Some(typed) => {
                typed.push_str(text);
                true
            }
            None => false,
        };
        if !during_a_key {
            self.follow();
            self.send_text(text);
        }
    }

    fn key(
        &self,
        keys: &gtk::EventControllerKey,
        key: gdk::Key,
        code: u32,
        state: gdk::ModifierType,
        down: bool,
    ) -> glib::Propagation {
        let imp = self.imp();
        if !self.is_focus() {
            return glib::Propagation::Proceed; // a menu's keys come by on their way up
        }
        let wrong = imp.problem.borrow().as_ref().map(|problem| matches!(problem, Problem::Page(_)));
        if let Some(has_page) = wrong {
            if down && matches!(key, gdk::Key::Return | gdk::Key::KP_Enter) {
                self.try_again();
            } else if has_page {
                return glib::Propagation::Proceed; // Tab goes to its buttons
            }
            return glib::Propagation::Stop;
        }
        if down && opens_menu(key, state) {
            self.open_menu_at_cursor();
            return glib::Propagation::Stop;
        }
        let event = keys.current_event();
        let method = imp.input_method.borrow().clone();
        imp.typed.replace(Some(String::new()));
        let taken = match (&method, &event) {
            (Some(method), Some(event)) => method.filter_keypress(event),
            _ => false,
        };
        let typed = imp.typed.take().unwrap_or_default();
        // What an input method types by Enter, or by letting go of a key, is text and not that key.
        let by_itself = !down || functional(key).is_some_and(|number| !is_keypad(number));
        if taken && (typed.is_empty() || by_itself) {
            if !down {
                imp.keyboard.down.borrow_mut().remove(&code);
            }
            if !typed.is_empty() {
                self.follow();
                self.send_text(&typed);
            }
            return glib::Propagation::Stop;
        }
        let repeated = {
            let mut held = imp.keyboard.down.borrow_mut();
            if down { !held.insert(code) } else { !held.remove(&code) }
        };
        let action = match (down, repeated) {
            (true, false) => KeyAction::Press,
            (true, true) => KeyAction::Repeat,
            // Its press went somewhere else.
            (false, true) => return glib::Propagation::Proceed,
            (false, false) => KeyAction::Release,
        };
        let mut held = held(state);
        if imp.keyboard.num_locked.get() {
            held |= mods::NUM_LOCK;
        }
        let Some(message) = self.message(key, code, held, action, typed, event.as_ref()) else {
            return glib::Propagation::Proceed;
        };
        if down && !is_modifier(message.key) {
            self.show_cursor();
            self.follow();
            self.clear_selection();
        }
        self.send(message);
        glib::Propagation::Stop
    }

    /// The event that the service gets; `None` for what is no key.
    fn message(
        &self,
        key: gdk::Key,
        code: u32,
        held: u8,
        action: KeyAction,
        typed: String,
        event: Option<&gdk::Event>,
    ) -> Option<Key> {
        if let Some(number) = functional(key) {
            // The keypad's digits type themselves.
            let text = if is_keypad(number) { typed } else { String::new() };
            return Some(Key { key: number, mods: held, action, shifted: 0, base: 0, text });
        }
        let layout =
            event.and_then(|event| event.downcast_ref::<gdk::KeyEvent>()).map_or(0, |event| event.layout());
        let meanings = self.gdk_display().map_keycode(code).unwrap_or_default();
        let meaning = |group: u32, level: i32| {
            let found = meanings
                .iter()
                .find(|(place, _)| place.group() == group as i32 && place.level() == level)
                .and_then(|(_, key)| key.to_unicode());
            found.map_or(0, u32::from)
        };
        let own = match meaning(layout, 0) {
            0 => key.to_lower().to_unicode().map(u32::from)?,
            own => own,
        };
        let shifted = meaning(layout, 1);
        // Shortcuts are thought in the first layout that has Latin letters.
        let latin = meanings
            .iter()
            .filter(|(place, _)| place.level() == 0)
            .filter_map(|(_, key)| key.to_unicode())
            .find(char::is_ascii);
        let base = latin.map_or(0, u32::from);
        let text = if !typed.is_empty() {
            typed
        } else if held & (mods::CTRL | mods::ALT | mods::SUPER) == 0 {
            key.to_unicode().filter(|character| !character.is_control()).map(String::from).unwrap_or_default()
        } else {
            String::new()
        };
        Some(Key {
            key: own,
            mods: held,
            action,
            shifted: if held & mods::SHIFT != 0 && shifted != own { shifted } else { 0 },
            base: if base == own { 0 } else { base },
            text: if action == KeyAction::Release { String::new() } else { text },
        })
    }
}

/// The keys that open a context menu everywhere on the desktop.
fn opens_menu(key: gdk::Key, state: gdk::ModifierType) -> bool {
    let held = held(state) & !mods::CAPS_LOCK;
    key == gdk::Key::Menu && held == 0 || key == gdk::Key::F10 && held == mods::SHIFT
}

/// A key of the keypad that may type a character.
fn is_keypad(number: u32) -> bool {
    (57399..57417).contains(&number)
}

fn is_modifier(key: u32) -> bool {
    (57441..=57454).contains(&key) || (57358..=57360).contains(&key)
}
