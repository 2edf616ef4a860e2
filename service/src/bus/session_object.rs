//! `org.scarab.Sessions1.Session`: one session.

use super::error::Error;
use crate::failure::failed;
use crate::operations;
use crate::service::Service;
use crate::session::{Session, search};
use scarab_protocol::SessionId;
use scarab_protocol::message::answer::FailureKind;
use scarab_protocol::message::{
    CaptureStyle, ExitStatus, ProgressState, Region, SendItem, SessionInfo, Size,
};
use scarab_protocol::pattern::{Case, Syntax};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::oneshot;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::Value;
use zbus::{fdo, interface};

/// What one search finds at most.
const MAX_FOUND: search::Most = search::Most { lines: 1000, bytes: MAX_CAPTURE };
/// Bytes that one capture gives at most: a message on the bus has 128 MiB at most, and others wait behind it.
const MAX_CAPTURE: usize = 16 << 20;
/// What a line costs beside its text.
const LINE_COST: usize = 16;
/// The object.
pub(super) struct SessionObject {
    pub(super) service: Arc<Service>,
    pub(super) id: SessionId,
}

impl SessionObject {
    fn session(&self) -> Result<Arc<Session>, Error> {
        self.service.registry().get(self.id).ok_or_else(Error::gone)
    }

    fn info(&self) -> fdo::Result<SessionInfo> {
        let session = self.service.registry().get(self.id);
        let gone = || fdo::Error::UnknownObject("the session is gone".to_owned());
        session.map(|session| session.info()).ok_or_else(gone)
    }

    fn allowed(&self, what: &str) -> Result<(), Error> {
        if self.service.config().dbus.control { Ok(()) } else { Err(Error::not_allowed(what)) }
    }

    async fn type_items(&self, items: Vec<SendItem>) -> Result<(), Error> {
        self.allowed("typing")?;
        operations::check_typed(&items)?;
        let (done, taken) = oneshot::channel();
        self.session()?.send(items, done);
        Ok(taken.await.map_err(|_| Error::gone())??)
    }

    /// The first lines that match.
    async fn found(&self, text: &str, syntax: Syntax, case: Case) -> Result<Vec<(u64, String)>, Error> {
        self.allowed("reading a screen")?;
        let wanted = search::Wanted {
            pattern: text.to_owned(),
            syntax,
            case,
            lines: 0..=u64::MAX,
            style: CaptureStyle::Text,
            most: MAX_FOUND,
        };
        let found = search::find(&*self.session()?, wanted).await?;
        Ok(found.lines.into_iter().map(|line| (line.number, line.text)).collect())
    }

    /// All pages of a capture; `each` says whether to go on.
    async fn pages(&self, region: Region, mut each: impl FnMut(String, u64) -> bool) -> Result<(), Error> {
        let _turn = search::READING.acquire().await.map_err(|_| Error::gone())?;
        let session = self.session()?;
        let mut region = region;
        loop {
            let (done, captured) = oneshot::channel();
            session.capture(region, CaptureStyle::Text, done);
            let page = captured.await.map_err(|_| Error::gone())??;
            for line in page.lines {
                if !each(line.text, line.number) {
                    return Ok(());
                }
            }
            let Some(first) = page.next else { return Ok(()) };
            region = Region::Lines { first, last: u64::MAX };
        }
    }
}

#[interface(name = "org.scarab.Sessions1.Session")]
impl SessionObject {
    /// Gives it another name, which must be free. Needs dbus.control.
    async fn rename(&self, name: String) -> Result<(), Error> {
        self.allowed("renaming")?;
        let session = self.session()?;
        Ok(operations::rename(&self.service, self.id, &session, name)?)
    }

    /// Types text, of at most 64 KiB, as it is; returns when the program's terminal has taken it. Needs dbus.control.
    async fn send(&self, text: String) -> Result<(), Error> {
        self.type_items(vec![SendItem::Bytes(text.into_bytes())]).await
    }

    /// Types keys by name ("Enter", "C-c", "Up"). Needs dbus.control.
    async fn send_keys(&self, keys: Vec<String>) -> Result<(), Error> {
        if keys.len() > 1024 {
            return Err(failed(FailureKind::BadArgument, "more than 1024 keys: send them in pieces").into());
        }
        self.type_items(keys.into_iter().map(SendItem::Key).collect()).await
    }

    /// The screen as text, or history and screen, of at most 16 MiB. Needs dbus.control.
    async fn capture(&self, history: bool) -> Result<Vec<String>, Error> {
        self.allowed("reading a screen")?;
        let region = if history { Region::Lines { first: 0, last: u64::MAX } } else { Region::Screen };
        let mut lines = Vec::new();
        let mut bytes = 0;
        self.pages(region, |text, _| {
            bytes += text.len() + LINE_COST;
            lines.push(text);
            bytes <= MAX_CAPTURE
        })
        .await?;
        if bytes > MAX_CAPTURE {
            let message = "more than 16 MiB: `scarab capture --history` has no such limit";
            return Err(failed(FailureKind::TooMany, message).into());
        }
        Ok(lines)
    }

    /// The lines of history and screen that contain a text, with their numbers; the first 1000. Needs dbus.control.
    async fn search(&self, text: &str) -> Result<Vec<(u64, String)>, Error> {
        self.found(text, Syntax::Literal, Case::Exact).await
    }

    /// The lines of history and screen in which a pattern matches, with their numbers; the first 1000, or 16 MiB. The
    /// pattern is a regular expression, or stands for itself; upper and lower case are the same unless it has a capital.
    /// Fails after about 10 seconds. Needs dbus.control.
    async fn search_pattern(&self, pattern: &str, regex: bool) -> Result<Vec<(u64, String)>, Error> {
        let syntax = if regex { Syntax::Regex } else { Syntax::Literal };
        self.found(pattern, syntax, Case::Smart).await
    }

    /// Gives it a size, until a viewer is used again. Needs dbus.control.
    async fn resize(&self, columns: u16, rows: u16) -> Result<(), Error> {
        self.allowed("resizing")?;
        if columns == 0 || rows == 0 {
            return Err(failed(FailureKind::BadArgument, "a size has at least one column and one row").into());
        }
        self.session()?.resize_session(Size { cols: columns, rows, width_px: 0, height_px: 0 });
        Ok(())
    }

    /// Ends it: hangs up, kills after two seconds, and forgets it. Needs dbus.control.
    async fn terminate(&self) -> Result<(), Error> {
        self.allowed("ending sessions")?;
        let session = self.session()?;
        let ended = operations::end(&self.service, vec![(self.id, session)]).await;
        ended.map_err(|_| Error::gone())??;
        Ok(())
    }

    /// Signals its foreground process group. Needs dbus.control.
    async fn kill(&self, signal: i32) -> Result<(), Error> {
        self.allowed("signalling")?;
        Ok(self.session()?.signal(signal)?)
    }

    /// Its program has ended: how ("exited", "killed", "out-of-memory", "unknown") and with which code or signal.
    #[zbus(signal)]
    pub(super) async fn exited(emitter: &SignalEmitter<'_>, how: &str, status: i32) -> zbus::Result<()>;

    /// The bell rang.
    #[zbus(signal)]
    pub(super) async fn bell_rang(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    /// A command ended, as the shell tells (OSC 133): its status, -1 if it did not say, and how long it ran, in µs.
    #[zbus(signal)]
    pub(super) async fn command_finished(
        emitter: &SignalEmitter<'_>,
        status: i32,
        duration: u64,
    ) -> zbus::Result<()>;

    /// Its id, never given twice.
    #[zbus(property(emits_changed_signal = "const"))]
    async fn id(&self) -> u64 {
        self.id.0
    }

    /// Its unique name.
    #[zbus(property)]
    async fn name(&self) -> fdo::Result<String> {
        Ok(self.info()?.name)
    }

    /// The title that its program set.
    #[zbus(property)]
    async fn title(&self) -> fdo::Result<String> {
        Ok(self.info()?.title)
    }

    /// Program and arguments it was made with; none for the person's shell.
    #[zbus(property(emits_changed_signal = "const"))]
    async fn command(&self) -> fdo::Result<Vec<String>> {
        Ok(self.info()?.command)
    }

    /// The name of the process in the foreground.
    #[zbus(property)]
    async fn foreground_process(&self) -> fdo::Result<String> {
        Ok(self.info()?.foreground)
    }

    /// The working directory, as far as known.
    #[zbus(property)]
    async fn working_directory(&self) -> fdo::Result<String> {
        Ok(self.info()?.directory)
    }

    /// Columns and rows.
    #[zbus(property)]
    async fn size(&self) -> fdo::Result<(u16, u16)> {
        let Size { cols, rows, .. } = self.info()?.size;
        Ok((cols, rows))
    }

    /// How many viewers look at it.
    #[zbus(property)]
    async fn viewers(&self) -> fdo::Result<u32> {
        Ok(u32::try_from(self.info()?.viewers.len()).unwrap_or(u32::MAX))
    }

    /// The bell rang and no viewer saw it.
    #[zbus(property)]
    async fn bell(&self) -> fdo::Result<bool> {
        Ok(self.info()?.bell)
    }

    /// "running", "exited", "killed", "out-of-memory" if it was killed because memory was used up, or "unknown" if it
    /// ended and the kernel does not tell how.
    #[zbus(property)]
    async fn state(&self) -> fdo::Result<String> {
        Ok(ended(self.info()?.exited).0.to_owned())
    }

    /// The exit code, or the number of the signal, once it has ended; else 0.
    #[zbus(property)]
    async fn exit_status(&self) -> fdo::Result<i32> {
        Ok(ended(self.info()?.exited).1)
    }

    /// Progress that its program shows: "none", "normal", "error", "busy" or "paused", and percent, -1 where it has
    /// none.
    #[zbus(property)]
    async fn progress(&self) -> fdo::Result<(String, i32)> {
        Ok(progress(self.info()?.progress))
    }

    /// The leader's process id; 0 once it has ended.
    #[zbus(property)]
    async fn leader(&self) -> fdo::Result<u32> {
        Ok(self.info()?.leader)
    }

    /// The unit of its scope; empty if it has none.
    #[zbus(property(emits_changed_signal = "const"))]
    async fn scope(&self) -> String {
        let session = self.service.registry().get(self.id);
        session.map(|session| session.scope()).unwrap_or_default()
    }

    /// When it was made, µs since the epoch.
    #[zbus(property(emits_changed_signal = "const"))]
    async fn created(&self) -> fdo::Result<u64> {
        Ok(self.info()?.created)
    }

    /// Last input or output, µs since the epoch. Its changes are not signalled.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn last_activity(&self) -> fdo::Result<u64> {
        Ok(self.info()?.last_activity)
    }

    /// When a viewer last used it, µs since the epoch; 0 for never. Its changes are not signalled.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn last_used(&self) -> fdo::Result<u64> {
        Ok(self.info()?.last_used)
    }

    /// Lines of history. Their changes are not signalled.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn history_lines(&self) -> fdo::Result<u64> {
        Ok(self.info()?.history_lines)
    }
}

/// How it ended, in one word, and the number that goes with it.
pub(super) fn ended(status: Option<ExitStatus>) -> (&'static str, i32) {
    match status {
        None => ("running", 0),
        Some(ExitStatus::Code(code)) => ("exited", code),
        Some(ExitStatus::Signal(signal)) => ("killed", signal),
        Some(ExitStatus::Unknown) => ("unknown", 0),
        Some(ExitStatus::OutOfMemory) => ("out-of-memory", 9),
    }
}

fn progress(state: ProgressState) -> (String, i32) {
    let (word, percent) = match state {
        ProgressState::None => ("none", None),
        ProgressState::Normal(percent) => ("normal", Some(percent)),
        ProgressState::Error(percent) => ("error", Some(percent)),
        ProgressState::Busy => ("busy", None),
        ProgressState::Paused(percent) => ("paused", Some(percent)),
    };
    (word.to_owned(), percent.map_or(-1, i32::from))
}

/// The properties whose changes are signalled, as they are now.
pub(super) fn signalled(info: &SessionInfo) -> HashMap<&'static str, Value<'static>> {
    let (state, status) = ended(info.exited);
    HashMap::from([
        ("Name", Value::from(info.name.clone())),
        ("Title", Value::from(info.title.clone())),
        ("ForegroundProcess", Value::from(info.foreground.clone())),
        ("WorkingDirectory", Value::from(info.directory.clone())),
        ("Size", Value::from((info.size.cols, info.size.rows))),
        ("Viewers", Value::from(u32::try_from(info.viewers.len()).unwrap_or(u32::MAX))),
        ("Bell", Value::from(info.bell)),
        ("State", Value::from(state)),
        ("ExitStatus", Value::from(status)),
        ("Progress", Value::from(progress(info.progress))),
        ("Leader", Value::from(info.leader)),
    ])
}
