//! The control socket: who is let in, and what becomes of a connection.
//!
//! | file | what |
//! | --- | --- |
//! | [`connection`] | one task a connection: reads, has it handled, writes |
//! | [`socket`], [`inlet`] | its socket and what becomes messages there, lent to the session that is viewed |
//! | [`input`] | what an attached viewer's person does, straight to the PTY |
//! | [`dispatch`] | one function a request |
//! | [`waits`] | requests that wait beside the others |
//! | [`outbox`] | what waits to be written |
//! | [`viewer`] | what ties a connection to its session |
//! | [`rate`] | how many requests a second |

mod connection;
mod dispatch;
mod inlet;
mod input;
pub mod outbox;
mod rate;
mod socket;
mod viewer;
mod waits;

use crate::service::Service;
use connection::Connection;
use outbox::Outbox;
use scarab_protocol::hello::{HELLO_LEN, HelloError, MAGIC};
use scarab_protocol::{Hello, Refusal};
use socket::Socket;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::UnixListener;

/// How long a client may take to say hello: it has nothing to think about.
const HELLO_TIME: Duration = Duration::from_secs(2);
/// How long accepting rests when the system has no descriptor or memory to give: waiting connections stay in the
/// backlog meanwhile, and a loop that tries at once would only burn the processor.
const ACCEPT_REST: Duration = Duration::from_millis(100);
/// Refused connections that may be read out at once, so that their refusal is not lost in a reset.
const MOST_REFUSED: usize = 64;

/// Accepts connections for ever.
pub async fn accept(service: Arc<Service>, listener: UnixListener) {
    let owner = rustix::process::geteuid().as_raw();
    let refused = Arc::new(AtomicUsize::new(0));
    let mut in_trouble = false;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error)
                if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted) =>
            {
                continue;
            }
            Err(error) => {
                if !std::mem::replace(&mut in_trouble, true) {
                    log::error!("no connection can be accepted: {error}");
                }
                tokio::time::sleep(ACCEPT_REST).await;
                continue;
            }
        };
        in_trouble = false;
        let peer = stream.peer_cred().ok().filter(|peer| peer.uid() == owner);
        let socket = match Socket::new(stream) {
            Ok(socket) => socket,
            Err(error) => {
                log::error!("a connection cannot be watched: {error}");
                continue;
            }
        };
        let Some(peer) = peer else {
            log::warn!("a connection of another user was refused");
            refuse(socket, Refusal::NotOwner, &refused);
            continue;
        };
        let outbox = Arc::new(Outbox::default());
        let number = service.next_number();
        if !service.connection_opened(number, &outbox) {
            refuse(socket, Refusal::TooManyConnections, &refused);
            continue;
        }
        let pid = peer.pid().and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0);
        let connection = Connection::new(number, service.clone(), socket, pid, outbox);
        tokio::spawn(serve(connection));
    }
}

/// Hello, then messages until the end. Dropping the connection undoes all that it did.
async fn serve(mut connection: Connection) {
    if let Ok(Ok(Some(version))) = tokio::time::timeout(HELLO_TIME, greet(connection.socket())).await {
        connection.outbox().speak(version);
        connection.run().await;
    }
}

/// Answers a hello; gives the version when both sides can talk.
async fn greet(socket: &mut Socket) -> io::Result<Option<u16>> {
    let answer = match read_hello(socket).await? {
        Ok(hello) => Hello::answer(&hello),
        Err(_) => Hello::refuse(Refusal::NotAHello),
    };
    say(socket, &answer).await?;
    if answer.refusal != 0 {
        log::debug!("a client was refused: {:?}", Refusal::from_number(answer.refusal));
    }
    Ok((answer.refusal == 0).then_some(answer.chosen_version))
}

async fn read_hello(socket: &mut Socket) -> io::Result<Result<Hello, HelloError>> {
    let mut bytes = [0; HELLO_LEN];
    let mut read = 0;
    while read < HELLO_LEN {
        match poll_fn(|cx| socket.poll_read(cx, &mut bytes[read..])).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => read += more,
        }
        // Whoever typed something else by mistake is told at once, not after the time is up.
        let known = read.min(MAGIC.len());
        if bytes[..known] != MAGIC[..known] {
            return Ok(Err(HelloError::Magic));
        }
    }
    Ok(Hello::decode(&bytes))
}

async fn say(socket: &mut Socket, hello: &Hello) -> io::Result<()> {
    let bytes = hello.encode();
    let mut written = 0;
    while written < bytes.len() {
        written += poll_fn(|cx| socket.poll_write(cx, &bytes[written..], &[])).await?;
    }
    Ok(())
}

/// Says why, and reads what the client says until it goes: closing at once could reset the connection before the
/// client has read the reason.
fn refuse(mut socket: Socket, refusal: Refusal, refused: &Arc<AtomicUsize>) {
    // Relaxed: a count, read and written on one thread.
    if refused.fetch_add(1, Ordering::Relaxed) >= MOST_REFUSED {
        refused.fetch_sub(1, Ordering::Relaxed);
        return;
    }
    let refused = refused.clone();
    tokio::spawn(async move {
        let talk = async {
            say(&mut socket, &Hello::refuse(refusal)).await?;
            let mut rest = [0; 256];
            while poll_fn(|cx| socket.poll_read(cx, &mut rest)).await? > 0 {}
            Ok::<(), io::Error>(())
        };
        // Whether the client heard it or went is all the same now.
        let _ = tokio::time::timeout(HELLO_TIME, talk).await;
        refused.fetch_sub(1, Ordering::Relaxed);
    });
}
