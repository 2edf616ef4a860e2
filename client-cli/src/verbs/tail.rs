//! `scarab tail`: a session's output, line by line, as it comes.

use super::Verb;
use crate::args::Args;
use crate::connect;
use crate::follow::{Follower, Told};
use crate::out::{Out, wait_readable};
use anyhow::bail;
use rustix::fd::AsFd;
use scarab_protocol::client::{Attachment, Link};
use scarab_protocol::grid::{Armed, Frame, Heard};
use scarab_protocol::message::event::DetachReason;
use scarab_protocol::message::{Size, ToClient, ViewerColours, request};
use std::process::ExitCode;
use std::time::Duration;

pub const VERB: Verb = Verb {
    name: "tail",
    usage: "NAME",
    summary: "print a session's output as it comes",
    details: "\
Begins with what the screen shows and ends with the session. A line is printed when it is complete; while a program
uses the whole screen (an editor, a pager) nothing is.

Examples:
  scarab tail build
  scarab tail server | grep --line-buffered error
",
    run,
};

fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let session = args.only_name()?;
    let mut link = Link::connect(connect::ready()?)?;
    let mut attachment = link.attach(request::Attach {
        session,
        read_only: true,
        detach_others: false,
        size: Size { cols: 0, rows: 0, width_px: 0, height_px: 0 },
        colours: ViewerColours::default(),
        viewer_name: "scarab tail".to_owned(),
        // A follower's display is not where the person looks at the session.
        environment: Vec::new(),
    })?;
    let mut ended = attachment.session.exited.is_some();
    let mut tail = Tail { out: Out::new(), follower: Follower::default(), frame: Frame::new() };
    loop {
        tail.print(&mut attachment, ended)?;
        if ended {
            return Ok(ExitCode::SUCCESS);
        }
        match attachment.doorbell.arm(&attachment.view, tail.frame.generation()) {
            Armed::ReadAgain => continue,
            Armed::MapAgain => {
                attachment = link.attach_again()?;
                continue;
            }
            Armed::Wait => {}
        }
        match events(&mut link, &attachment) {
            Ok(Event::Nothing) => {}
            Ok(Event::Ended) => ended = true,
            Ok(Event::Moved) => attachment = link.attach_again()?,
            Err(error) => match error.downcast() {
                Ok(error) => {
                    link.lost(error)?;
                    if let Some(again) = link.reconnect(|_| {})? {
                        attachment = *again;
                    }
                }
                Err(error) => return Err(error),
            },
        }
    }
}

enum Event {
    Nothing,
    Ended,
    Moved,
}

/// Waits for the doorbell or a message, and says what the messages change.
fn events(link: &mut Link, attachment: &Attachment) -> anyhow::Result<Event> {
    let Some(client) = link.client() else { return Ok(Event::Nothing) };
    if !client.has_buffered() {
        wait_readable(&[attachment.doorbell.as_fd(), client.as_fd()])?;
    }
    // A doorbell whose other side has gone is the connection's end too, which the client tells.
    if attachment.doorbell.drain() == Heard::Closed {
        client.next(None)?.map_or(Ok(Event::Nothing), |received| judge(received.message))
    } else {
        let mut event = Event::Nothing;
        while let Some(received) = client.next(Some(Duration::ZERO))? {
            match judge(received.message)? {
                Event::Nothing => {}
                other => event = other,
            }
        }
        Ok(event)
    }
}

fn judge(message: ToClient) -> anyhow::Result<Event> {
    Ok(match message {
        ToClient::ViewMoved(_) => Event::Moved,
        ToClient::Detached(detached) => match detached.reason {
            DetachReason::SessionEnded => Event::Ended,
            DetachReason::Asked | DetachReason::Replaced => bail!("detached by another command"),
            DetachReason::TooSlow => bail!("detached: what reads this output is too slow"),
        },
        _ => Event::Nothing,
    })
}

struct Tail {
    out: Out,
    follower: Follower,
    frame: Frame,
}

impl Tail {
    fn print(&mut self, attachment: &mut Attachment, ended: bool) -> anyhow::Result<()> {
        attachment.view.read(&mut self.frame)?;
        let out = &mut self.out;
        let told = self.follower.take(&attachment.view, &self.frame, ended, |text| out.text(text))?;
        self.out.flush()?;
        if let Told::All { lost: lost @ 1.. } = told {
            eprintln!("scarab: {lost} lines passed out of the history before they could be read");
        }
        Ok(())
    }
}
