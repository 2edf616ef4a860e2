//! What the service keeps of this window, and windows that come back: after a crash of this program those that were open,
//! after a tab or window was closed that one.

use super::Window;
use super::layout::{Layout, Shown, Tree};
use crate::failure::told;
use crate::service;
use crate::translation::gettext;
use adw::prelude::*;
use adw::subclass::prelude::*;
use gtk::glib;
use scarab_protocol::message::{KeptWindow, SessionInfo};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

/// So soon after a change: what is dragged is kept some times a second, not with each pixel.
const SETTLED: Duration = Duration::from_millis(200);

/// No window is wider or higher, in logical pixels.
const MOST_PIXELS: i32 = 10_000;

/// So many closed tabs and windows can be brought back, the last one first.
const MOST_CLOSED: usize = 20;

/// What was closed.
#[derive(Debug)]
enum Closed {
    Tab(Tree),
    Window(Layout),
}

/// What the service is told, one after the other.
enum Job {
    Keep(KeptWindow),
    Release(Vec<Shown>),
}

thread_local! {
    static CLOSED: RefCell<Vec<Closed>> = const { RefCell::new(Vec::new()) };
    static JOBS: RefCell<VecDeque<Job>> = const { RefCell::new(VecDeque::new()) };
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
    static LOOKED: Cell<bool> = const { Cell::new(false) };
}

/// Opens the windows that an earlier run of this program left, once.
pub fn bring_back_lost(application: &impl IsA<gtk::Application>) {
    if LOOKED.replace(true) {
        return;
    }
    let Ok(application) = application.clone().upcast::<gtk::Application>().downcast::<adw::Application>()
    else {
        return;
    };
    let hold = application.hold();
    glib::spawn_future_local(async move {
        let Ok((windows, sessions)) = service::lost_windows().await else {
            // It is asked again when a view has been attached.
            return LOOKED.set(false);
        };
        let is_there = |shown: Shown| shown.is_among(&sessions);
        let in_front = application.active_window();
        for KeptWindow { window, layout } in windows {
            match Layout::read(&layout).and_then(|layout| layout.with(&is_there)) {
                Some(layout) => Window::restored(&application, window, &layout, &sessions).present(),
                None => tell(&application, Job::Keep(KeptWindow { window, layout: String::new() })),
            }
        }
        // What was asked for is what the person looks at.
        if let Some(window) = in_front {
            window.present();
        }
        drop(hold);
    });
}

fn remember(closed: Closed) {
    CLOSED.with_borrow_mut(|all| {
        all.push(closed);
        let surplus = all.len().saturating_sub(MOST_CLOSED);
        all.drain(..surplus);
    });
}

/// Tells the service, after what it was told before; the program does not end meanwhile.
fn tell(application: &impl IsA<gtk::Application>, job: Job) {
    JOBS.with_borrow_mut(|jobs| jobs.push_back(job));
    if AT_WORK.replace(true) {
        return;
    }
    let application: gtk::Application = application.clone().upcast();
    let hold = application.hold();
    glib::spawn_future_local(async move {
        while let Some(job) = JOBS.with_borrow_mut(VecDeque::pop_front) {
            match job {
                Job::Keep(window) => {
                    let number = window.window;
                    if service::keep(window).await.is_err() {
                        forget(&application, number);
                    }
                }
                // A session that is gone needs no end.
                Job::Release(sessions) => {
                    drop(service::release(sessions.iter().map(|shown| shown.session).collect()).await)
                }
            }
        }
        AT_WORK.set(false);
        drop(hold);
    });
}

/// The service did not keep it: it is told again with the next change, and with the next view that is attached.
fn forget(application: &gtk::Application, number: u64) {
    let windows = super::all(application);
    windows.iter().filter(|window| window.imp().number.get() == number).for_each(|window| {
        window.imp().kept.take();
    });
}

/// A number that no other window has.
pub(super) fn number() -> u64 {
    u64::from(glib::random_int()) << 32 | u64::from(glib::random_int())
}

impl Window {
    /// A window as it was.
    fn restored(
        application: &adw::Application,
        number: u64,
        layout: &Layout,
        sessions: &[SessionInfo],
    ) -> Self {
        let window = Self::new(application);
        window.imp().number.set(number);
        if layout.width > 0 && layout.height > 0 {
            window.set_default_size(layout.width.min(MOST_PIXELS), layout.height.min(MOST_PIXELS));
        }
        layout.tabs.iter().for_each(|tree| window.open_tree(tree, sessions));
        let tabs = &window.imp().tabs;
        let selected = i32::try_from(layout.selected).unwrap_or(0);
        if selected < tabs.n_pages() {
            tabs.set_selected_page(&tabs.nth_page(selected));
        }
        if layout.maximized {
            window.maximize();
        }
        window
    }

    /// What it shows; `None` when that is no session.
    pub(super) fn layout(&self) -> Option<Layout> {
        let tabs = &self.imp().tabs;
        let selected = tabs.selected_page().map_or(0, |page| tabs.page_position(&page));
        let mut layout = Layout {
            tabs: Vec::new(),
            selected: 0,
            width: self.default_width(),
            height: self.default_height(),
            maximized: self.is_maximized(),
        };
        for (index, panes) in self.all_panes().iter().enumerate() {
            let Some(tree) = panes.tree() else { continue };
            if i32::try_from(index) == Ok(selected) {
                layout.selected = layout.tabs.len();
            }
            layout.tabs.push(tree);
        }
        (!layout.tabs.is_empty()).then_some(layout)
    }

    /// Something about it has changed that should come back.
    pub(super) fn changed(&self) {
        let imp = self.imp();
        if imp.closed.get() || imp.due.borrow().is_some() {
            return;
        }
        let keep = glib::clone!(
            #[weak(rename_to = window)]
            self,
            move || {
                window.imp().due.take();
                window.keep();
            }
        );
        imp.due.replace(Some(glib::timeout_add_local_once(SETTLED, keep)));
    }

    fn keep(&self) {
        let imp = self.imp();
        let Some(application) = self.application() else { return };
        let layout = self.layout().map(|layout| layout.write()).unwrap_or_default();
        if imp.kept.borrow().as_ref() != Some(&layout) {
            imp.kept.replace(Some(layout.clone()));
            tell(&application, Job::Keep(KeptWindow { window: imp.number.get(), layout }));
        }
    }

    /// A person closes it: everything in it goes on, and can be brought back.
    pub(super) fn leave(&self) {
        let imp = self.imp();
        if imp.closed.replace(true) {
            return;
        }
        if let Some(due) = imp.due.take() {
            due.remove();
        }
        let Some(application) = self.application() else { return };
        tell(&application, Job::Keep(KeptWindow { window: imp.number.get(), layout: String::new() }));
        if let Some(layout) = self.layout() {
            let sessions = layout.tabs.iter().flat_map(Tree::sessions).collect();
            tell(&application, Job::Release(sessions));
            remember(Closed::Window(layout));
        }
    }

    /// A tab of it is closed: the same.
    pub(super) fn leave_tab(&self, tree: Tree) {
        if let Some(application) = self.application() {
            tell(&application, Job::Release(tree.sessions()));
        }
        remember(Closed::Tab(tree));
    }

    /// Brings back what was closed last.
    pub(super) fn bring_back(&self) {
        glib::spawn_future_local(glib::clone!(
            #[weak(rename_to = window)]
            self,
            async move {
                match service::list().await {
                    Ok(sessions) => window.bring_back_of(&sessions),
                    Err(error) => window.say(&told(&error)),
                }
            }
        ));
    }

    fn bring_back_of(&self, sessions: &[SessionInfo]) {
        let is_there = |shown: Shown| shown.is_among(sessions);
        // What has ended since is passed over.
        while let Some(closed) = CLOSED.with_borrow_mut(Vec::pop) {
            match closed {
                Closed::Tab(tree) => {
                    if let Some(tree) = tree.with(&is_there) {
                        return self.open_tree(&tree, sessions);
                    }
                }
                Closed::Window(layout) => {
                    let application = self.application().and_downcast::<adw::Application>();
                    if let (Some(application), Some(layout)) = (application, layout.with(&is_there)) {
                        return Self::restored(&application, number(), &layout, sessions).present();
                    }
                }
            }
        }
        self.say(&gettext("Nothing was closed that could come back."));
    }
}
