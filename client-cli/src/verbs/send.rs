//! `scarab send`: types into a session, from arguments or from standard input.
//!
//! Standard input goes in pieces, two of them under way at a time: one waits in the service while the PTY takes
//! the other. What arrives is passed on at once and unchanged, whatever bytes it is.

use super::Verb;
use crate::args::Args;
use crate::connect;
use anyhow::{Context, bail};
use lexopt::Arg;
use rustix::event::{PollFd, PollFlags, poll};
use scarab_protocol::Client;
use scarab_protocol::ClientError;
use scarab_protocol::message::{SendItem, ToClient, request};
use std::collections::VecDeque;
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

pub const VERB: Verb = Verb {
    name: "send",
    usage: "NAME TEXT... [--key KEY...] [--enter] | NAME -",
    summary: "type text and keys into a session",
    details: "\
TEXTs are joined by blanks and sent as they are, without Return. `-` sends standard input, any bytes of any length.

  --key KEY...    keys by name, in the order given: Enter, Tab, Escape, Up, F5, C-c, M-x, C-S-Left, ...
  --enter         Return at the end

Examples:
  scarab send build 'make -j8' --enter
  scarab send build --key C-c Up Enter
  scarab send notes - < paste.txt
",
    run,
};

/// Most bytes of one request, as the protocol says.
const MAX_PIECE: usize = 64 << 10;
/// Requests under way: one being taken by the PTY, one waiting.
const UNDER_WAY: usize = 2;
/// The service bounds requests a second; so many go at once and so many a second after that. A slow trickle of
/// single bytes is gathered meanwhile, and 64 KiB pieces pass at more than 20 MB/s.
const BURST: u32 = 1000;
const PER_SECOND: u32 = 400;

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let (mut name, mut items, mut enter, mut from_stdin) = (None, Vec::new(), false, false);
    let mut dashes = args.at_dashes();
    while let Some(argument) = args.next()? {
        match argument {
            Arg::Value(value) if name.is_none() => args.fill(&mut name, value)?,
            Arg::Value(value) if value == "-" && !dashes => from_stdin = true,
            Arg::Value(value) => add_text(&mut items, value.into_vec()),
            Arg::Long("key") => items.extend(args.texts()?.into_iter().map(SendItem::Key)),
            Arg::Long("enter") => enter = true,
            other => return Err(VERB.unexpected(other)),
        }
        dashes |= args.at_dashes();
    }
    let session = args.need(name, "NAME")?;
    if enter {
        items.push(SendItem::Key("Enter".to_owned()));
    }
    match (from_stdin, items.is_empty()) {
        (false, true) => return Err(args.wrong("what to send is missing: TEXT, --key, --enter or -")),
        (true, false) => return Err(args.wrong("'-' sends standard input and nothing else")),
        _ => {}
    }
    let mut stream = Stream::new(connect::client()?, session);
    if from_stdin {
        stream.standard_input()?;
    } else {
        for request in pieces(items) {
            stream.send(request)?;
        }
    }
    stream.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// Joins neighbouring texts by a blank, as echo does.
fn add_text(items: &mut Vec<SendItem>, text: Vec<u8>) {
    match items.last_mut() {
        Some(SendItem::Bytes(bytes)) => {
            bytes.push(b' ');
            bytes.extend(text);
        }
        _ => items.push(SendItem::Bytes(text)),
    }
}

/// The items as requests of at most [`MAX_PIECE`] each.
fn pieces(items: Vec<SendItem>) -> Vec<Vec<SendItem>> {
    let mut requests = vec![Vec::new()];
    let mut length = 0;
    let mut add = |item: SendItem, cost: usize| {
        if length + cost > MAX_PIECE {
            requests.push(Vec::new());
            length = 0;
        }
        length += cost;
        if let Some(request) = requests.last_mut() {
            request.push(item);
        }
    };
    for item in items {
        match item {
            SendItem::Bytes(bytes) => {
                for piece in bytes.chunks(MAX_PIECE) {
                    add(SendItem::Bytes(piece.to_vec()), piece.len());
                }
            }
            SendItem::Key(name) => {
                let cost = name.len();
                add(SendItem::Key(name), cost);
            }
        }
    }
    requests
}

/// Requests on their way, answered in order.
struct Stream {
    client: Client,
    session: String,
    waiting: VecDeque<u32>,
    started: Instant,
    sent: u32,
}

impl Stream {
    fn new(client: Client, session: String) -> Self {
        Stream {
            client,
            session,
            waiting: VecDeque::with_capacity(UNDER_WAY),
            started: Instant::now(),
            sent: 0,
        }
    }

    /// Sends when there is room, waiting for answers until then.
    fn send(&mut self, items: Vec<SendItem>) -> anyhow::Result<()> {
        while self.waiting.len() >= UNDER_WAY {
            self.take_answer()?;
        }
        if let Some(pause) = pace(self.sent, self.started.elapsed()) {
            std::thread::sleep(pause);
        }
        let id = self.client.begin(request::Send { session: self.session.clone(), items })?;
        self.waiting.push_back(id);
        self.sent = self.sent.saturating_add(1);
        Ok(())
    }

    /// Sends standard input to its end; an answer that says no ends it even while no input comes.
    fn standard_input(&mut self) -> anyhow::Result<()> {
        let stdin = rustix::stdio::stdin();
        let mut buffer = vec![0; MAX_PIECE];
        loop {
            while self.waiting.len() >= UNDER_WAY || (!self.waiting.is_empty() && self.client.has_buffered())
            {
                self.take_answer()?;
            }
            let mut descriptors =
                [PollFd::from_borrowed_fd(stdin, PollFlags::IN), PollFd::new(&self.client, PollFlags::IN)];
            match poll(&mut descriptors, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error).context("cannot wait for standard input"),
            }
            let (input, answer) =
                (!descriptors[0].revents().is_empty(), !descriptors[1].revents().is_empty());
            if answer {
                self.take_whatever()?;
            }
            if !input {
                continue;
            }
            match rustix::io::read(stdin, &mut buffer[..]) {
                Ok(0) => return Ok(()),
                Ok(length) => self.send(vec![SendItem::Bytes(buffer[..length].to_vec())])?,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(error) => return Err(error).context("cannot read standard input"),
            }
        }
    }

    /// Waits until everything is answered.
    fn finish(mut self) -> anyhow::Result<()> {
        while !self.waiting.is_empty() {
            self.take_answer()?;
        }
        Ok(())
    }

    fn take_answer(&mut self) -> anyhow::Result<()> {
        if let Some(received) = self.client.next(None)? {
            self.answered(received.id, received.message)?;
        }
        Ok(())
    }

    /// Takes what has come, perhaps nothing whole yet.
    fn take_whatever(&mut self) -> anyhow::Result<()> {
        while let Some(received) = self.client.next(Some(Duration::ZERO))? {
            self.answered(received.id, received.message)?;
        }
        Ok(())
    }

    fn answered(&mut self, id: u32, message: ToClient) -> anyhow::Result<()> {
        if !self.waiting.contains(&id) {
            return Ok(());
        }
        self.waiting.retain(|waiting| *waiting != id);
        match message {
            ToClient::Done(_) => Ok(()),
            ToClient::Failed(failed) => Err(ClientError::Failed(failed).into()),
            other => bail!("the service answered with a message of kind {}", other.kind()),
        }
    }
}

/// How long to wait before the next request.
fn pace(sent: u32, elapsed: Duration) -> Option<Duration> {
    let due = Duration::from_secs(1) * sent.saturating_sub(BURST) / PER_SECOND;
    due.checked_sub(elapsed).filter(|pause| !pause.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_join_and_keys_stand_between() {
        let mut items = Vec::new();
        add_text(&mut items, b"a".to_vec());
        add_text(&mut items, b"b".to_vec());
        items.push(SendItem::Key("Up".into()));
        add_text(&mut items, b"c".to_vec());
        let bytes = |text: &[u8]| SendItem::Bytes(text.to_vec());
        assert_eq!(items, [bytes(b"a b"), SendItem::Key("Up".into()), bytes(b"c")]);
        assert_eq!(pieces(items).len(), 1);
    }

    #[test]
    fn large_arguments_are_cut_without_a_loss() {
        let all: Vec<u8> = (0..200_000).map(|i| i as u8).collect();
        let requests = pieces(vec![SendItem::Key("Up".into()), SendItem::Bytes(all.clone())]);
        let mut joined: Vec<u8> = Vec::new();
        for request in &requests {
            let mut length = 0;
            for item in request {
                match item {
                    SendItem::Bytes(bytes) => {
                        length += bytes.len();
                        joined.extend(bytes);
                    }
                    SendItem::Key(name) => length += name.len(),
                }
            }
            assert!(length <= MAX_PIECE);
        }
        assert_eq!(joined, all);
    }

    #[test]
    fn only_a_long_flow_is_paced() {
        assert_eq!(pace(BURST, Duration::ZERO), None);
        assert_eq!(pace(BURST + PER_SECOND, Duration::ZERO), Some(Duration::from_secs(1)));
        assert_eq!(pace(BURST + PER_SECOND, Duration::from_secs(2)), None);
    }
}
