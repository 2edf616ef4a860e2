//! `scarabd`: reads its arguments and starts the service.

use anyhow::Context;
use scarab_service::config::store::{Store as Configuration, default_file};
use scarab_service::service::{Start, StartedBy, VIEWER_PATIENCE, runtime, serve};
use scarab_service::store::Store;
use scarab_service::{limits, listen, log, signals, systemd};
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
scarabd - keeps shells and shows them to viewers

Usage: scarabd [--listen PATH] [--config FILE]

  --listen PATH   listen there instead of on the socket that systemd passes
                  (without either: $SCARAB_SOCKET, else $XDG_RUNTIME_DIR/scarab/control.sock)
  --config FILE   read this configuration (else $XDG_CONFIG_HOME/scarab/scarab.toml)
  --version       say which version this is
  --help          say this

Usually systemd starts it, on the first connection of a viewer: see `scarab --help`.
SIGHUP makes it read its configuration again, SIGTERM end. SCARAB_LOG=debug makes it say more.
";

struct Arguments {
    listen: Option<PathBuf>,
    config: PathBuf,
}

fn main() -> ExitCode {
    // In the process that a session's program will be: nothing else may happen there.
    if let Some(status) = scarab_service::session::enter(std::env::args_os()) {
        return status;
    }
    let arguments = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scarabd: {error} (--help says more)");
            return ExitCode::from(2);
        }
    };
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ::log::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut listen = None;
    let mut config = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("listen") => listen = Some(PathBuf::from(parser.value()?)),
            Long("config") => config = Some(PathBuf::from(parser.value()?)),
            Long("version") | Short('V') => {
                println!("scarabd {}", env!("CARGO_PKG_VERSION"));
                return Ok(None);
            }
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(None);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(Arguments { listen, config: config.unwrap_or_else(default_file) }))
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    log::install();
    let systemd::Passed { mut sockets, kept } = systemd::passed();
    limits::raise_open_files(!sockets.is_empty());
    let passed =
        sockets.first().and_then(|socket| socket.local_addr().ok()?.as_pathname().map(PathBuf::from));
    let started_by = if sockets.is_empty() { StartedBy::Standalone } else { StartedBy::Systemd };

    // Kept to the end: dropping it removes the socket.
    let mut own = None;
    let mut socket = passed.unwrap_or_default();
    if sockets.is_empty() || arguments.listen.is_some() {
        // A directory of the usual place is Scarab's alone; one that a person names may be anything.
        let usual = scarab_protocol::socket::runtime_directory().join("scarab");
        socket = arguments.listen.unwrap_or_else(scarab_protocol::socket::default_path);
        let (listener, guard) = listen::listen(&socket, socket.parent() == Some(&usual))?;
        sockets.push(listener);
        own = Some(guard);
    }
    let file = std::path::absolute(&arguments.config).context("the configuration's path")?;
    let config = Configuration::open(file);
    // The directory it happened to be started in must stay free to be unmounted.
    std::env::set_current_dir("/").context("/")?;

    let fd_store = match started_by {
        StartedBy::Systemd => Store::of_manager(systemd::store_size()),
        StartedBy::Standalone => Store::none(),
    };

    let runtime = runtime().context("no event loop")?;
    runtime.block_on(async {
        let orders = signals::orders().context("no signals")?;
        let viewer_patience = VIEWER_PATIENCE;
        let scopes = started_by == StartedBy::Systemd;
        let start = Start { sockets, socket, started_by, config, fd_store, kept, scopes, viewer_patience };
        serve(start, orders).await.context("serving")
    })?;
    drop(own);
    Ok(())
}
