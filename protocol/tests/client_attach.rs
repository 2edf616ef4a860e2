//! Attaching: descriptors through the socket, a frame read out of them, the doorbell, and attaching again after
//! the connection is lost.

mod stand_in;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::AsFd;
use scarab_protocol::client::{Attachment, Attempt, ClientError, Link, LinkState, SystemClock};
use scarab_protocol::grid::{Armed, Bell, Frame, FrameHead, Heard, ReadOutcome, ViewLimits, ViewWriter};
use scarab_protocol::message::answer::{Attached, Failed, FailureKind};
use scarab_protocol::message::event::Title;
use scarab_protocol::message::request::Attach;
use scarab_protocol::message::{Size, ToClient, ToService, ViewerColours};
use scarab_protocol::{Client, SessionId};
use stand_in::{LONG, Peer, connected, session};
use std::sync::mpsc;

const SIZE: Size = Size { cols: 80, rows: 24, width_px: 800, height_px: 480 };

fn attach(session: &str) -> Attach {
    Attach {
        session: session.into(),
        read_only: true,
        detach_others: true,
        size: SIZE,
        colours: ViewerColours::default(),
        viewer_name: "test".into(),
        environment: Vec::new(),
    }
}

/// Publishes a frame whose modes word is `modes`, told apart by it.
fn publish(view: &mut ViewWriter, modes: u64) {
    let head = FrameHead { cols: 80, rows: 24, modes, ..FrameHead::default() };
    view.begin(&head).publish();
}

/// Answers an Attach with a fresh view that shows `modes`; events before and after, in the same write.
fn answer_attach(peer: &mut Peer, modes: u64) -> (ViewWriter, Bell, Attach) {
    let (id, request) = peer.next().expect("a request");
    let ToService::Attach(attach) = request else { panic!("{request:?}") };
    let (mut view, _history) = ViewWriter::create(ViewLimits::default()).expect("a view");
    publish(&mut view, modes);
    let (bell, handover) = Bell::create().expect("a bell");
    let title = |title: &str| Title { session: SessionId(3), title: title.into(), icon: String::new() };
    peer.send(0, title("before"));
    let reader = view.reader_fd().expect("a descriptor");
    let descriptors = [reader.as_fd(), handover.memory.as_fd(), handover.socket.as_fd()];
    peer.send_with(id, Attached { session: session(3), layout: 1 }, &descriptors);
    peer.send(0, title("after"));
    (view, bell, attach)
}

fn modes(attachment: &mut Attachment, frame: &mut Frame) -> u64 {
    assert_eq!(attachment.view.read(frame).expect("a sane view"), ReadOutcome::Fresh);
    frame.head().modes
}

#[test]
fn an_attachment_reads_frames_and_hears_the_bell() {
    let (go, gone) = mpsc::channel::<()>();
    let (mut client, service) = connected(move |mut peer| {
        let (mut view, bell, attach) = answer_attach(&mut peer, 7);
        gone.recv().expect("the viewer has armed");
        publish(&mut view, 8);
        assert!(bell.ring_if_armed());
        (attach, peer.next())
    });
    let mut attachment = client.attach(attach("x")).expect("attached");
    assert_eq!(attachment.session.id, SessionId(3));
    let mut frame = Frame::new();
    assert_eq!(modes(&mut attachment, &mut frame), 7);
    assert_eq!(attachment.doorbell.arm(&attachment.view, frame.generation()), Armed::Wait);
    go.send(()).expect("the stand-in is well");
    poll(&mut [PollFd::new(&attachment.doorbell, PollFlags::IN)], None).expect("rung");
    assert_eq!(attachment.doorbell.drain(), Heard::Signal);
    assert_eq!(modes(&mut attachment, &mut frame), 8);

    for expected in ["before", "after"] {
        let received = client.next(Some(LONG)).expect("a connection").expect("an event");
        assert!(matches!(received.message, ToClient::Title(title) if title.title == expected));
    }
    drop(client);
    let (asked, last) = service.join().expect("the stand-in is well");
    assert_eq!((asked, last), (attach("x"), None));
}

#[test]
fn an_attachment_begun_without_waiting_is_completed_when_its_answer_comes() {
    let (mut client, service) = connected(|mut peer| answer_attach(&mut peer, 5));
    let id = client.begin(attach("x")).expect("sent");
    let answer = loop {
        let received = client.next(Some(LONG)).expect("a connection").expect("a message");
        if let ToClient::Attached(answer) = received.message {
            assert_eq!(received.id, id);
            break answer;
        }
    };
    let mut attachment = client.complete_attach(id, answer.clone()).expect("three descriptors");
    assert_eq!(modes(&mut attachment, &mut Frame::new()), 5);
    assert!(matches!(client.complete_attach(id, answer), Err(ClientError::NoView)), "once for each answer");
    drop(service.join().expect("the stand-in is well"));
}

/// A link to stand-ins that are ready one after the other, each of which runs the next of `scripts`.
fn link(scripts: Vec<Box<dyn FnOnce(Peer) + Send>>) -> Link {
    let mut scripts = scripts.into_iter();
    let connector = move || -> Result<Client, ClientError> {
        let script = scripts.next().ok_or(ClientError::NotRunning { path: "/nowhere".into() })?;
        Ok(connected(script).0)
    };
    Link::with(Box::new(connector), SystemClock).expect("the first connection")
}

#[test]
fn after_a_loss_the_same_session_is_attached_by_id_with_the_size_of_now() {
    let (tell, told) = mpsc::channel();
    let mut link = link(vec![
        Box::new(|mut peer| drop(answer_attach(&mut peer, 1))),
        Box::new(move |mut peer| {
            let (_view, _bell, attach) = answer_attach(&mut peer, 2);
            tell.send(attach).expect("the test waits");
        }),
    ]);
    let mut before = link.attach(attach("my-name")).expect("attached");
    let now = Size { cols: 132, ..SIZE };
    link.attach_mut().expect("attached").size = now;

    let lost = loop {
        match link.client().expect("a connection").next(Some(LONG)) {
            Ok(event) => assert!(event.is_some()),
            Err(error) => break error,
        }
    };
    link.lost(lost).expect("attempts begin");
    let mut frame = Frame::new();
    assert_eq!(modes(&mut before, &mut frame), 1, "the last frame stays readable");

    let mut after = link.reconnect(|_| {}).expect("the second stand-in").expect("attached again");
    assert_eq!(modes(&mut after, &mut frame), 2);
    let expected = Attach { size: now, detach_others: false, ..attach("@3") };
    assert_eq!(told.recv().expect("the stand-in is well"), expected);
    assert_eq!((link.state(), link.session()), (LinkState::Connected, Some(SessionId(3))));
}

#[test]
fn a_session_that_is_gone_ends_the_trying() {
    let mut link = link(vec![
        Box::new(|mut peer| drop(answer_attach(&mut peer, 1))),
        Box::new(|mut peer| {
            let (id, _) = peer.next().expect("a request");
            let message = "there is no session @3".to_owned();
            peer.send(id, Failed { kind: FailureKind::NoSuchSession, message });
        }),
    ]);
    link.attach(attach("x")).expect("attached");
    link.lost(ClientError::Closed).expect("attempts begin");
    let error = link.reconnect(|_| {}).expect_err("it is gone");
    assert_eq!(error.to_string(), "there is no session @3");
    assert_eq!(link.state(), LinkState::GaveUp);
}

#[test]
fn a_link_that_forgot_its_session_only_connects() {
    let mut link = link(vec![
        Box::new(|mut peer| drop(answer_attach(&mut peer, 1))),
        Box::new(|mut peer| drop(peer.next())),
    ]);
    link.attach(attach("x")).expect("attached");
    link.forget_session();
    link.lost(ClientError::Closed).expect("attempts begin");
    while let Some(pause) = link.poll_timeout() {
        std::thread::sleep(pause);
        if let Attempt::Connected(attachment) = link.try_reconnect().expect("a stand-in") {
            assert!(attachment.is_none());
        }
    }
    assert_eq!(link.state(), LinkState::Connected);
}
