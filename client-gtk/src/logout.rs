//! What a logout would end: sessions in which something runs, where systemd would end them with the person's last login.
//! The session manager is told of them, so that its dialog names them, and the person is asked once whether they shall go
//! on.
//!
//! Nothing is asked as long as nothing runs. Views tell when something begins to run or stops; what has run for a while
//! makes one look at logind, and nothing more follows until another thing runs.

use crate::logind;
use crate::settings;
use crate::translation::ngettext;
use crate::watch;
use crate::window::{self, Window};
use gtk::glib;
use gtk::prelude::*;
use std::cell::RefCell;
use std::time::Duration;

/// What is done sooner than this the person waits for, and has not to be told of. Chosen by feel.
const A_WHILE: Duration = Duration::from_secs(3);

/// So many programs are named: the dialog has room for a line or two.
const MOST_NAMES: usize = 5;

#[derive(Default)]
struct State {
    /// The look that will be taken.
    due: Option<glib::SourceId>,
    /// What the session manager was told: its number for that, and the words.
    told: Option<(u32, String)>,
    /// The person was asked, by this run of the program.
    asked: bool,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Something began to run or stopped, or a view is gone: what is in the windows then counts.
pub fn changed(application: &gtk::Application) {
    if busy(application).is_empty() {
        if let Some(due) = STATE.with_borrow_mut(|state| state.due.take()) {
            due.remove();
        }
        return tell(application, None);
    }
    if STATE.with_borrow(|state| state.due.is_some()) {
        return;
    }
    let weak = application.downgrade();
    let due = glib::timeout_add_local_once(A_WHILE, move || {
        STATE.with_borrow_mut(|state| state.due.take());
        if let Some(application) = weak.upgrade() {
            glib::spawn_future_local(async move { look(&application).await });
        }
    });
    STATE.with_borrow_mut(|state| state.due = Some(due));
}

async fn look(application: &gtk::Application) {
    // A service that systemd did not start lives as long as it lives.
    let ends = watch::is_of_systemd() && logind::lingers().await == Some(false);
    let busy = busy(application);
    if !ends || busy.is_empty() {
        return tell(application, None);
    }
    tell(application, Some(reason(&busy)));
    let ask = settings::current().window.linger_question
        && !STATE.with_borrow_mut(|state| std::mem::replace(&mut state.asked, true));
    let window = application.active_window().and_downcast::<Window>();
    let window = window.or_else(|| window::all(application).into_iter().next());
    if let Some(window) = window.filter(|_| ask) {
        window.ask_to_linger();
    }
}

/// From now on sessions go on.
pub fn is_safe(application: &gtk::Application) {
    tell(application, None);
}

/// What runs in the sessions of all windows.
fn busy(application: &gtk::Application) -> Vec<String> {
    let views = window::all(application).into_iter().flat_map(|window| window.views());
    views.filter_map(|view| view.busy()).collect()
}

/// `2 sessions are busy: make, vim`.
fn reason(busy: &[String]) -> String {
    let said = ngettext("{count} session is busy", "{count} sessions are busy", busy.len());
    let mut names: Vec<&str> = busy.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let more = if names.len() > MOST_NAMES { ", \u{2026}" } else { "" };
    names.truncate(MOST_NAMES);
    format!("{said}: {}{more}", names.join(", "))
}

/// Tells the session manager, where there is one, why a logout should wait; or that it need not.
fn tell(application: &gtk::Application, reason: Option<String>) {
    let before = STATE.with_borrow_mut(|state| state.told.take());
    if let (Some(reason), Some((number, words))) = (&reason, &before)
        && reason == words
    {
        return STATE.with_borrow_mut(|state| state.told = Some((*number, words.clone())));
    }
    if let Some(reason) = reason {
        let logout = gtk::ApplicationInhibitFlags::LOGOUT;
        let number = application.inhibit(application.active_window().as_ref(), logout, Some(&reason));
        // 0 is the answer where nobody listens: then it is not asked of them again and again.
        STATE.with_borrow_mut(|state| state.told = Some((number, reason)));
    }
    if let Some((number, _)) = before.filter(|(number, _)| *number != 0) {
        application.uninhibit(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_names_each_program_once() {
        let reason = |names: &[&str]| reason(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(reason(&["make"]), "1 session is busy: make");
        assert_eq!(reason(&["vim", "make", "vim"]), "3 sessions are busy: make, vim");
        assert_eq!(reason(&["f", "e", "d", "c", "b", "a"]), "6 sessions are busy: a, b, c, d, e, \u{2026}");
    }
}
