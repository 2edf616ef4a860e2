//! A stand-in for the service: a thread at the other end of a socket that does what a test tells it.

#![allow(dead_code)] // each test program uses its own part

use rustix::fd::{AsFd, BorrowedFd};
use rustix::net::SendFlags;
use scarab_protocol::hello::HELLO_LEN;
use scarab_protocol::message::{ExitStatus, ProgressState, SessionInfo, Size};
use scarab_protocol::message::{ToClient, ToService};
use scarab_protocol::{Client, Decoder, Hello, SessionId};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A limit that no test waits out: what is tested comes as an event.
pub const LONG: Duration = Duration::from_secs(100);

/// The service's end of one connection.
pub struct Peer {
    pub stream: UnixStream,
    decoder: Decoder,
}

impl Peer {
    pub fn new(stream: UnixStream) -> Self {
        Peer { stream, decoder: Decoder::new() }
    }

    /// Hears the hello and answers as the service does.
    pub fn greet(mut self) -> Self {
        let mut bytes = [0; HELLO_LEN];
        self.stream.read_exact(&mut bytes).expect("the client's hello");
        let hello = Hello::decode(&bytes).expect("a good hello");
        self.raw(&Hello::answer(&hello).encode());
        self
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the client reads");
    }

    pub fn send(&mut self, id: u32, message: impl Into<ToClient>) {
        let mut bytes = Vec::new();
        message.into().encode(id, &mut bytes);
        self.raw(&bytes);
    }

    pub fn send_with(&mut self, id: u32, message: impl Into<ToClient>, descriptors: &[BorrowedFd<'_>]) {
        let mut bytes = Vec::new();
        message.into().encode(id, &mut bytes);
        let socket = self.stream.as_fd();
        let sent = scarab_protocol::socket::send_with(socket, &bytes, descriptors, SendFlags::empty())
            .expect("the client reads");
        assert_eq!(sent, bytes.len());
    }

    /// The next message; `None` when the client has gone.
    pub fn next(&mut self) -> Option<(u32, ToService)> {
        loop {
            if let Some(incoming) = self.decoder.next().expect("a clean stream") {
                let message = ToService::decode(incoming.kind, incoming.archive).expect("a good archive");
                return Some((incoming.id, message.expect("a known kind")));
            }
            let mut bytes = [0; 1 << 16];
            match self.stream.read(&mut bytes) {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.decoder.push(&bytes[..length]),
            }
        }
    }
}

/// A client and, at the other end, a thread that has answered its hello and goes on with `script`.
pub fn connected<T: Send + 'static>(
    script: impl FnOnce(Peer) -> T + Send + 'static,
) -> (Client, JoinHandle<T>) {
    let (ours, theirs) = UnixStream::pair().expect("a socket pair");
    let service = thread::spawn(move || script(Peer::new(theirs).greet()));
    (Client::over(ours, LONG).expect("an open connection"), service)
}

/// A listening socket in a directory of its own, removed in the end.
pub struct Listener {
    pub directory: PathBuf,
    pub path: PathBuf,
    pub listener: Option<UnixListener>,
}

impl Listener {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("scarab-client-{}-{number}", std::process::id()));
        std::fs::create_dir(&directory).expect("a fresh directory");
        let path = directory.join("control.sock");
        let listener = Some(UnixListener::bind(&path).expect("a socket"));
        Listener { directory, path, listener }
    }

    /// Accepts one connection on a thread and hands it to `script`.
    pub fn serve<T: Send + 'static>(
        &mut self,
        script: impl FnOnce(Peer) -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let listener = self.listener.take().expect("serves once");
        thread::spawn(move || script(Peer::new(listener.accept().expect("a client").0)))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

pub fn session(id: u64) -> SessionInfo {
    SessionInfo {
        id: SessionId(id),
        name: format!("s{id}"),
        command: vec!["sh".into()],
        foreground: "sh".into(),
        title: String::new(),
        directory: "/".into(),
        size: Size { cols: 80, rows: 24, width_px: 0, height_px: 0 },
        leader: 1,
        created: 1,
        last_activity: 1,
        last_used: 0,
        viewers: Vec::new(),
        history_lines: 0,
        bell: false,
        progress: ProgressState::None,
        exited: Some(ExitStatus::Code(0)),
        alternate_screen: false,
    }
}
