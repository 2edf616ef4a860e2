//! What the tests share: a service in this process on a socket of its own, and a client that speaks the protocol
//! byte by byte.
#![allow(dead_code)] // each test binary uses its own part
#![allow(missing_docs)]

use scarab_protocol::hello::HELLO_LEN;
use scarab_protocol::message::answer::{Attached, Captured, Created, Failed, FailureKind, Pong, Waited};
use scarab_protocol::message::input::Input;
use scarab_protocol::message::request::{Attach, Capture, Create, List, Ping, Wait};
use scarab_protocol::message::{
    CaptureStyle, Region, SessionInfo, Size, ToClient, ToService, ViewerColours, WaitFor, WaitOutcome,
};
use scarab_protocol::{Decoder, Hello, SessionId, socket};
use scarab_service::config::store::Store;
use scarab_service::service::{Order, Start, StartedBy, VIEWER_PATIENCE, runtime, serve};
use scarab_service::store::{Returned, Store as FdStore};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;

/// Nothing in these tests takes so long; what does is an event that never came.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct TestService {
    pub directory: tempfile::TempDir,
    pub socket: PathBuf,
    pub config: PathBuf,
    orders: mpsc::Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl TestService {
    pub fn start() -> Self {
        Self::with_config("")
    }

    pub fn with_config(config: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("scarab.toml");
        std::fs::write(&file, config).expect("written");
        Self::in_directory(directory, file)
    }

    pub fn in_directory(directory: tempfile::TempDir, config: PathBuf) -> Self {
        Self::launch(directory, config, VIEWER_PATIENCE)
    }

    pub fn launch(directory: tempfile::TempDir, config: PathBuf, viewer_patience: Duration) -> Self {
        let socket = directory.path().join("s");
        let start = Start {
            fd_store: FdStore::none(),
            kept: Returned::default(),
            scopes: false,
            sockets: vec![UnixListener::bind(&socket).expect("bound")],
            socket: socket.clone(),
            started_by: StartedBy::Standalone,
            config: Store::open(config.clone()),
            viewer_patience,
        };
        let (orders, receiver) = mpsc::channel(4);
        let thread = std::thread::spawn(move || {
            runtime().expect("a runtime").block_on(serve(start, receiver)).expect("served");
        });
        TestService { directory, socket, config, orders, thread: Some(thread) }
    }

    pub fn connect(&self) -> Client {
        Client::connect(&self.socket)
    }

    pub fn reload(&self) {
        self.orders.blocking_send(Order::Reload).expect("ordered");
    }

    pub fn stop(&mut self) {
        let _ = self.orders.blocking_send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the service ends without a panic");
        }
    }
}

impl Drop for TestService {
    fn drop(&mut self) {
        let _ = self.orders.blocking_send(Order::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the service panicked");
        }
    }
}

pub struct Client {
    pub stream: UnixStream,
    decoder: Decoder,
    pub descriptors: Vec<OwnedFd>,
    received: VecDeque<(u32, ToClient)>,
    last_id: u32,
    /// Bytes of Input sent on this attachment.
    pub offset: u64,
}

/// What came instead of a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended;

impl Client {
    pub fn connect(path: &Path) -> Self {
        let mut client = Self::silent(path);
        client.stream.write_all(&Hello::client().encode()).expect("hello written");
        let hello = client.hello();
        assert_eq!(hello.refusal, 0, "refused");
        client
    }

    /// A connection on which nothing was said yet.
    pub fn silent(path: &Path) -> Self {
        let stream = UnixStream::connect(path).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("time-out set");
        stream.set_write_timeout(Some(PATIENCE)).expect("time-out set");
        Client {
            stream,
            decoder: Decoder::new(),
            descriptors: Vec::new(),
            received: VecDeque::new(),
            last_id: 0,
            offset: 0,
        }
    }

    pub fn hello(&mut self) -> Hello {
        let mut bytes = [0; HELLO_LEN];
        self.stream.read_exact(&mut bytes).expect("a hello");
        Hello::decode(&bytes).expect("a sound hello")
    }

    pub fn encode(&mut self, message: impl Into<ToService>, out: &mut Vec<u8>) -> u32 {
        self.last_id += 1;
        message.into().encode(self.last_id, out);
        self.last_id
    }

    pub fn send(&mut self, message: impl Into<ToService>) -> u32 {
        let mut bytes = Vec::new();
        let id = self.encode(message, &mut bytes);
        self.stream.write_all(&bytes).expect("written");
        id
    }

    /// Input has no id.
    pub fn tell(&mut self, message: impl Into<ToService>) {
        let mut bytes = Vec::new();
        message.into().encode(0, &mut bytes);
        self.stream.write_all(&bytes).expect("written");
    }

    pub fn type_bytes(&mut self, bytes: &[u8]) {
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.tell(Input { offset, bytes: bytes.to_vec() });
    }

    /// The next message in order.
    pub fn next(&mut self) -> Result<(u32, ToClient), Ended> {
        if let Some(received) = self.received.pop_front() {
            return Ok(received);
        }
        self.read_one()
    }

    fn read_one(&mut self) -> Result<(u32, ToClient), Ended> {
        loop {
            if let Some(message) = self.decoder.next().expect("sound frames") {
                let decoded = ToClient::decode(message.kind, message.archive).expect("sound").expect("known");
                return Ok((message.id, decoded));
            }
            let mut bytes = vec![0; 64 << 10];
            let flags = rustix::net::RecvFlags::empty();
            match socket::receive_with(self.stream.as_fd(), &mut bytes, &mut self.descriptors, flags) {
                Ok(0) => return Err(Ended),
                Ok(n) => self.decoder.push(&bytes[..n]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Err(Ended),
                Err(error) => panic!("nothing came: {error}"),
            }
        }
    }

    /// What has come and was not taken.
    pub fn drain(&mut self) -> Vec<ToClient> {
        self.received.drain(..).map(|(_, message)| message).collect()
    }

    /// The answer to a request; what comes before it is kept for [`Client::next`].
    pub fn answer(&mut self, id: u32) -> ToClient {
        if let Some(at) = self.received.iter().position(|(got, _)| *got == id) {
            return self.received.remove(at).expect("there").1;
        }
        loop {
            let (got, message) = self.read_one().expect("an answer before the end");
            if got == id {
                return message;
            }
            self.received.push_back((got, message));
        }
    }

    pub fn ask(&mut self, request: impl Into<ToService>) -> ToClient {
        let id = self.send(request);
        self.answer(id)
    }

    pub fn refused(&mut self, request: impl Into<ToService>) -> FailureKind {
        match self.ask(request) {
            ToClient::Failed(Failed { kind, message }) => {
                assert!(!message.is_empty() && !message.contains('\n'), "one line: {message:?}");
                kind
            }
            other => panic!("not refused: {other:?}"),
        }
    }

    /// The next event that satisfies; others are dropped.
    pub fn event(&mut self, mut wanted: impl FnMut(&ToClient) -> bool) -> ToClient {
        loop {
            let (id, message) = self.next().expect("the event before the end");
            if id == 0 && wanted(&message) {
                return message;
            }
        }
    }

    pub fn ping(&mut self, timestamp: u64) {
        assert_eq!(self.ask(Ping { timestamp }), ToClient::Pong(Pong { timestamp }));
    }

    pub fn create(&mut self, name: &str, command: &[&str]) -> Created {
        match self.ask(creation(name, command)) {
            ToClient::Created(created) => created,
            other => panic!("not created: {other:?}"),
        }
    }

    pub fn attach(&mut self, session: &str) -> SessionInfo {
        self.attach_as(attachment(session))
    }

    pub fn attach_as(&mut self, request: Attach) -> SessionInfo {
        self.descriptors.clear();
        self.offset = 0;
        match self.ask(request) {
            ToClient::Attached(Attached { session, layout }) => {
                assert_eq!((layout, self.descriptors.len()), (1, 3));
                session
            }
            other => panic!("not attached: {other:?}"),
        }
    }

    pub fn list(&mut self) -> Vec<SessionInfo> {
        match self.ask(List {}) {
            ToClient::Sessions(sessions) => sessions.sessions,
            other => panic!("no list: {other:?}"),
        }
    }

    pub fn info(&mut self, id: SessionId) -> Option<SessionInfo> {
        self.list().into_iter().find(|session| session.id == id)
    }

    /// Screen and history as text.
    pub fn text(&mut self, session: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut first = 0;
        loop {
            let region = Region::Lines { first, last: u64::MAX };
            let request = Capture { session: session.into(), region, style: CaptureStyle::Text };
            match self.ask(request) {
                ToClient::Captured(Captured { lines: page, next }) => {
                    lines.extend(page.into_iter().map(|line| line.text));
                    match next {
                        Some(next) => first = next,
                        None => return lines,
                    }
                }
                other => panic!("no capture: {other:?}"),
            }
        }
    }

    /// Waits until a text has come.
    pub fn wait_text(&mut self, session: &str, text: &str) {
        let request = Wait {
            session: session.into(),
            what: WaitFor::Text(text.into()),
            timeout_ms: PATIENCE.as_millis() as u64,
        };
        match self.ask(request) {
            ToClient::Waited(Waited { outcome: WaitOutcome::Text(_) }) => {}
            other => panic!("{text:?} never came: {other:?}\n{}", self.text(session).join("\n")),
        }
    }
}

pub fn creation(name: &str, command: &[&str]) -> Create {
    Create {
        name: name.into(),
        command: command.iter().map(|&word| word.into()).collect(),
        login: false,
        directory: String::new(),
        environment: Vec::new(),
        size: size(80, 24),
        properties: Vec::new(),
        allow_checksum: false,
    }
}

pub fn attachment(session: &str) -> Attach {
    Attach {
        session: session.into(),
        read_only: false,
        detach_others: false,
        size: size(80, 24),
        colours: ViewerColours::default(),
        viewer_name: "test".into(),
        environment: Vec::new(),
    }
}

pub fn size(cols: u16, rows: u16) -> Size {
    Size { cols, rows, width_px: 0, height_px: 0 }
}

/// A program that says `ready` and then takes so many raw bytes into a file, and says `taken`.
pub fn raw_reader(bytes: usize, file: &Path) -> Vec<String> {
    let script = format!(
        "stty raw -echo; printf ready; head -c {bytes} > '{}'; printf taken; exec cat",
        file.display()
    );
    vec!["/bin/sh".into(), "-c".into(), script]
}

/// Resident memory of this process, KiB.
pub fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
