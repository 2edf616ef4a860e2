//! `scarab attach`: the viewer for a text terminal, and the reference for other viewers.
//!
//! | file | what |
//! | --- | --- |
//! | `viewer`, `drawing` | the loop: one thread, one poll; frames to bytes on the terminal |
//! | `person`, `told` | what the person does; what the service says |
//! | `input`, `keys` | the outer terminal's bytes as keys, mouse, pastes, answers |
//! | `prefix`, `chooser`, `history`, `search`, `lines` | the viewer's own keys and views |
//! | `outgoing` | keys and pastes on their way, in order |
//! | `screen`, `canvas`, `paint`, `style` | a frame as cells, and the differences as escape sequences |
//! | `outer`, `modes`, `switches`, `effects`, `pace` | what the outer terminal can do, is told, and has taken |
//! | `signals` | signals as bytes |

mod canvas;
mod chooser;
mod drawing;
mod effects;
mod history;
mod input;
mod keys;
mod outer;
mod outgoing;
mod pace;
mod paint;
mod person;
mod prefix;
mod screen;
mod signals;
mod style;
mod switches;
mod told;
mod viewer;

use crate::connect;
use crate::tty::Tty;
use crate::verbs::linger;
use anyhow::bail;
use scarab_protocol::client::{Attachment, ClientError, Link};
use scarab_protocol::message::answer::FailureKind;
use scarab_protocol::message::request::{Attach, Create, List};
use scarab_protocol::message::{ExitStatus, ViewerColours};
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::ExitCode;
use viewer::{Ending, Viewer};

/// The variable that a session's programs find its id in.
const SESSION_VARIABLE: &str = "SCARAB_SESSION";

/// What to attach to, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// A name, a unique beginning of one, or an id (`@17`); empty for the session used last.
    pub session: String,
    /// Only look.
    pub read_only: bool,
    /// Detach all other viewers of the session.
    pub detach_others: bool,
    /// The control socket.
    pub socket: PathBuf,
    /// What to make when there is no such session.
    pub create: Option<Create>,
}

/// Attaches until the person leaves or the session ends.
pub fn run(options: Options) -> anyhow::Result<ExitCode> {
    if let Some(inside) = std::env::var_os(SESSION_VARIABLE).filter(|id| !id.is_empty()) {
        let inside = inside.to_string_lossy();
        bail!(
            "this terminal is session @{inside} already: detach first, or choose another one there (Ctrl-\\ s)"
        );
    }
    check_terminal()?;
    // The reason (no such device) says nothing to a person.
    let Ok(tty) = Tty::open() else {
        bail!("attaching needs a terminal; without one there are 'scarab new -d', 'capture' and 'send'");
    };
    let size = tty.size();
    let mut link = match Link::connect(options.socket.clone()) {
        // Asked for only then: the usual attach takes one connection, not two.
        Err(ClientError::NotRunning { .. }) => Link::connect(connect::ready()?)?,
        link => link?,
    };
    let attach = Attach {
        session: options.session,
        read_only: options.read_only,
        detach_others: options.detach_others,
        size,
        colours: ViewerColours { dark: true, ..ViewerColours::default() },
        viewer_name: viewer_name(),
        environment: environment(),
    };
    let attachment = attach_or_create(&mut link, attach, options.create)?;
    let mut viewer = Viewer::new(tty, link, attachment, size, options.read_only)?;
    let ending = viewer.run()?;
    // Nobody is left to tell of a closed standard output, or of a terminal that is gone.
    let _ = writeln!(std::io::stdout(), "{}", last_line(&ending, &viewer.name));
    if matches!(ending, Ending::Detached) {
        linger::tell_once();
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a session can be shown on what `TERM` names; unknown terminals are asked, this one has said no.
pub fn check_terminal() -> anyhow::Result<()> {
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        bail!("TERM is dumb: such a terminal cannot show a session; 'scarab capture' prints one as text");
    }
    Ok(())
}

fn attach_or_create(
    link: &mut Link,
    attach: Attach,
    create: Option<Create>,
) -> Result<Attachment, ClientError> {
    let Some(mut create) = create else { return link.attach(attach) };
    // Who names no session wants one that lives; what ended unseen is looked at by its name.
    let any = attach.session.is_empty();
    let sessions =
        if any { link.client().ok_or(ClientError::Closed)?.ask(List {})?.sessions } else { Vec::new() };
    if !any || sessions.iter().any(|session| session.exited.is_none()) {
        match link.attach(attach.clone()) {
            Err(ClientError::Failed(failed)) if failed.kind == FailureKind::NoSuchSession => {}
            attached => return attached,
        }
    }
    if create.size.cols == 0 {
        create.size = attach.size;
    }
    let created = link.client().ok_or(ClientError::Closed)?.ask(create)?;
    link.attach(Attach { session: created.id.to_string(), ..attach })
}

/// How this viewer is called in listings: the terminal's name, and the host it is looked at from.
fn viewer_name() -> String {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let terminal =
        variable("TERM_PROGRAM").or_else(|| variable("TERM")).unwrap_or_else(|| "terminal".to_owned());
    // `SSH_CONNECTION` begins with the client's address.
    let name = match variable("SSH_CONNECTION").and_then(|value| value.split(' ').next().map(str::to_owned)) {
        Some(host) => format!("{terminal} from {host}"),
        None => terminal,
    };
    name.chars().filter(|character| !character.is_control()).take(64).collect()
}

/// This process's environment as it travels, `NAME=VALUE` each.
pub fn environment() -> Vec<Vec<u8>> {
    std::env::vars_os()
        .map(|(name, value)| {
            let mut variable = name.into_vec();
            variable.push(b'=');
            variable.append(&mut value.into_vec());
            variable
        })
        .collect()
}

/// What stands in the terminal when the viewer is gone.
fn last_line(ending: &Ending, name: &str) -> String {
    match ending {
        Ending::Detached | Ending::HungUp => format!("[detached from {name}]"),
        Ending::Replaced => format!("[detached from {name}: another viewer took it]"),
        Ending::TooSlow => format!("[detached from {name}: this terminal did not keep up]"),
        Ending::Exited(status) => format!("[{}]", ended(name, *status)),
    }
}

/// How a session's program ended, in words.
fn ended(name: &str, status: Option<ExitStatus>) -> String {
    match status {
        Some(ExitStatus::Code(code)) => format!("{name} ended: exited with {code}"),
        Some(ExitStatus::Signal(number)) => match crate::signal::name(number) {
            Some(signal) => format!("{name} ended: killed by SIG{signal}"),
            None => format!("{name} ended: killed by signal {number}"),
        },
        Some(ExitStatus::OutOfMemory) => format!("{name} ended: killed because its memory was used up"),
        Some(ExitStatus::Unknown) | None => format!("{name} ended"),
    }
}
