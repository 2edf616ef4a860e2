//! Reconnecting, with a connector and a clock that the test holds in its hand.

mod stand_in;

use scarab_protocol::client::{
    Attempt, Client, ClientError, Clock, Connector, Link, LinkState, MAX_ATTEMPTS, delay_before,
};
use scarab_protocol::hello::{Hello, Refusal};
use scarab_protocol::message::answer::Pong;
use scarab_protocol::message::request::Ping;
use stand_in::connected;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A clock that goes on only when it is slept on or moved.
#[derive(Clone)]
struct HandClock {
    now: Arc<Mutex<Instant>>,
    slept: Arc<Mutex<Vec<u64>>>,
}

impl HandClock {
    fn new() -> Self {
        HandClock { now: Arc::new(Mutex::new(Instant::now())), slept: Arc::default() }
    }

    fn advance(&self, by: Duration) {
        *self.now.lock().expect("one thread") += by;
    }

    fn slept_ms(&self) -> Vec<u64> {
        self.slept.lock().expect("one thread").clone()
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        *self.now.lock().expect("one thread")
    }

    fn sleep(&self, pause: Duration) {
        self.slept.lock().expect("one thread").push(pause.as_millis() as u64);
        self.advance(pause);
    }
}

/// What the next attempt meets.
enum Meets {
    Service,
    Nobody,
    Refusal(Refusal),
}

/// A service that answers each Ping until the client goes.
fn service() -> Client {
    let (client, _thread) = connected(|mut peer| {
        while let Some((id, _)) = peer.next() {
            peer.send(id, Pong { timestamp: 1 });
        }
    });
    client
}

fn nobody() -> ClientError {
    ClientError::NotRunning { path: "/nowhere".into() }
}

fn connector(script: impl IntoIterator<Item = Meets>) -> Connector {
    let mut script: VecDeque<Meets> = script.into_iter().collect();
    Box::new(move || match script.pop_front() {
        Some(Meets::Service) => Ok(service()),
        Some(Meets::Refusal(refusal)) => {
            Err(ClientError::Refused { refusal, service: Hello::refuse(refusal) })
        }
        Some(Meets::Nobody) | None => Err(nobody()),
    })
}

#[test]
fn pauses_double_from_100_ms_to_5_s() {
    let pauses: Vec<u128> = (1..=MAX_ATTEMPTS).map(|attempt| delay_before(attempt).as_millis()).collect();
    assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
    assert_eq!(delay_before(u32::MAX), Duration::from_secs(5));
}

#[test]
fn the_first_connection_is_tried_once() {
    assert!(matches!(Link::with(connector([]), HandClock::new()), Err(ClientError::NotRunning { .. })));
}

#[test]
fn each_state_is_shown_and_the_third_attempt_connects() {
    let clock = HandClock::new();
    let script = [Meets::Service, Meets::Nobody, Meets::Nobody, Meets::Service];
    let mut link = Link::with(connector(script), clock.clone()).expect("connected");
    assert_eq!((link.state(), link.poll_timeout()), (LinkState::Connected, None));
    assert!(matches!(link.try_reconnect(), Ok(Attempt::NotDue)));

    link.lost(ClientError::Closed).expect("attempts begin");
    assert!(link.client().is_none());
    for attempt in 1..=3 {
        let next_in = delay_before(attempt);
        assert_eq!(link.state(), LinkState::Waiting { attempt, of: 10, next_in });
        assert_eq!(link.poll_timeout(), Some(next_in));
        clock.advance(next_in - Duration::from_millis(1));
        assert!(matches!(link.try_reconnect(), Ok(Attempt::NotDue)), "too early");
        clock.advance(Duration::from_millis(1));
        match link.try_reconnect().expect("not the end") {
            Attempt::Failed(ClientError::NotRunning { .. }) => assert!(attempt < 3),
            Attempt::Connected(None) => assert_eq!(attempt, 3),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(link.state(), LinkState::Connected);
    link.client().expect("a connection").ask(Ping { timestamp: 1 }).expect("it works");
}

#[test]
fn ten_attempts_and_no_more() {
    let clock = HandClock::new();
    let mut link = Link::with(connector([Meets::Service]), clock.clone()).expect("connected");
    link.lost(ClientError::Closed).expect("attempts begin");
    let mut shown = Vec::new();
    let error = link.reconnect(|state| shown.push(state)).expect_err("nobody comes back");
    assert!(
        matches!(&error, ClientError::GaveUp { attempts: 10, last } if matches!(**last, ClientError::NotRunning { .. }))
    );
    assert_eq!(clock.slept_ms(), [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
    assert_eq!(shown.len(), 10);
    assert_eq!((link.state(), link.poll_timeout()), (LinkState::GaveUp, None));
    assert!(matches!(link.try_reconnect(), Ok(Attempt::NotDue)));
    assert!(link.client().is_none());
}

#[test]
fn a_refusal_that_will_not_change_ends_the_trying() {
    let clock = HandClock::new();
    let script =
        [Meets::Service, Meets::Refusal(Refusal::TooManyConnections), Meets::Refusal(Refusal::Version)];
    let mut link = Link::with(connector(script), clock.clone()).expect("connected");
    link.lost(ClientError::Closed).expect("attempts begin");
    let error = link.reconnect(|_| {}).expect_err("another version");
    assert!(matches!(error, ClientError::Refused { refusal: Refusal::Version, .. }), "{error}");
    assert_eq!(clock.slept_ms(), [100, 200], "too many connections may pass, a version does not");
    assert_eq!(link.state(), LinkState::GaveUp);
}

#[test]
fn an_error_of_one_request_is_handed_back() {
    let mut link = Link::with(connector([Meets::Service]), HandClock::new()).expect("connected");
    assert!(matches!(link.lost(ClientError::TimedOut), Err(ClientError::TimedOut)));
    assert_eq!(link.state(), LinkState::Connected);
}

#[test]
fn a_service_that_dies_at_each_connection_is_not_tried_for_ever() {
    let clock = HandClock::new();
    let script = (0..100).map(|_| Meets::Service);
    let mut link = Link::with(connector(script), clock.clone()).expect("connected");
    let mut connections = 0;
    let end = loop {
        if let Err(error) = link.lost(ClientError::Closed) {
            break error;
        }
        link.reconnect(|_| {}).expect("it takes the connection");
        connections += 1;
        assert!(connections <= MAX_ATTEMPTS);
    };
    assert!(matches!(end, ClientError::GaveUp { attempts: 10, .. }), "{end}");
}

#[test]
fn a_connection_that_lasted_makes_the_next_loss_a_new_one() {
    let clock = HandClock::new();
    let script = (0..100).map(|_| Meets::Service);
    let mut link = Link::with(connector(script), clock.clone()).expect("connected");
    for _ in 0..30 {
        clock.advance(Duration::from_secs(5));
        link.lost(ClientError::Closed).expect("attempts begin anew");
        assert!(matches!(link.state(), LinkState::Waiting { attempt: 1, .. }));
        link.reconnect(|_| {}).expect("connected");
    }
}
