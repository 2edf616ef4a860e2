//! Which sessions there are: ids, names, who looks at them, and how long an ended one stays listed.
//!
//! Generic over what a session is, so that the rules can be tested without programs. Locked for moments only.

use crate::failure::{Failure, failed};
use crate::session::ViewerId;
use scarab_protocol::SessionId;
use scarab_protocol::message::answer::FailureKind;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::{Duration, Instant};

/// How long a session stays listed after its program ended and nobody came to see.
const KEPT_UNSEEN: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest name, in characters.
const MAX_NAME: usize = 64;

/// All sessions.
#[derive(Debug)]
pub struct Registry<S> {
    sessions: BTreeMap<SessionId, Entry<S>>,
    names: BTreeMap<String, SessionId>,
    last_id: u64,
}

#[derive(Debug)]
struct Entry<S> {
    name: String,
    /// `None` while it is being made: the name is taken, but nothing can be done with it.
    session: Option<S>,
    viewers: BTreeSet<ViewerId>,
    ended: Option<Instant>,
    /// Its end needs nobody's eyes: a viewer was there, or it was asked for.
    seen: bool,
}

impl<S> Entry<S> {
    /// Nobody looks at it (who does, closes it by leaving), and it is listed.
    fn can_expire(&self) -> bool {
        self.viewers.is_empty() && self.session.is_some()
    }
}

/// A session that is no longer listed.
#[derive(Debug, PartialEq, Eq)]
pub struct Removed<S> {
    /// Its id.
    pub id: SessionId,
    /// Its name.
    pub name: String,
    /// It.
    pub session: S,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sessions whose program lives.
    pub live: usize,
    /// Ended ones still listed.
    pub exited: usize,
    /// Viewers.
    pub viewers: usize,
}

impl<S> Default for Registry<S> {
    fn default() -> Self {
        Registry { sessions: BTreeMap::new(), names: BTreeMap::new(), last_id: 0 }
    }
}

impl<S: Clone> Registry<S> {
    /// Takes a name (empty: the smallest free number) and an id for a session to be made.
    pub fn reserve(&mut self, name: &str, most_live: usize) -> Result<(SessionId, String), Failure> {
        if self.counts().live >= most_live {
            let message =
                format!("there are {most_live} sessions already, the most allowed (limits.sessions)");
            return Err(failed(FailureKind::TooMany, message));
        }
        let name = if name.is_empty() {
            self.free_number()
        } else {
            self.check_new_name(name)?;
            name.to_owned()
        };
        self.last_id += 1;
        let id = SessionId(self.last_id);
        self.names.insert(name.clone(), id);
        let entry =
            Entry { name: name.clone(), session: None, viewers: BTreeSet::new(), ended: None, seen: false };
        self.sessions.insert(id, entry);
        Ok((id, name))
    }

    /// Ids up to this one have been given before.
    pub fn reserve_ids(&mut self, last: u64) {
        self.last_id = self.last_id.max(last);
    }

    /// Lists a session that an earlier service left, under its name if that is free and one; gives the name.
    pub fn adopt(&mut self, id: SessionId, name: &str, session: S, ended: Option<Instant>) -> String {
        let name = match self.check_new_name(name) {
            Ok(()) => name.to_owned(),
            Err(_) => self.free_number(),
        };
        self.reserve_ids(id.0);
        self.names.insert(name.clone(), id);
        let entry = Entry {
            name: name.clone(),
            session: Some(session),
            viewers: BTreeSet::new(),
            ended,
            seen: false,
        };
        self.sessions.insert(id, entry);
        name
    }

    fn free_number(&self) -> String {
        (1u64..).map(|n| n.to_string()).find(|n| !self.names.contains_key(n)).unwrap_or_default()
    }

    /// The session reserved under this id was made; whether it has ended already.
    pub fn commit(&mut self, id: SessionId, session: S) -> bool {
        let Some(entry) = self.sessions.get_mut(&id) else { return false };
        entry.session = Some(session);
        entry.ended.is_some()
    }

    /// The session could not be made: its name is free again.
    pub fn release(&mut self, id: SessionId) {
        if let Some(entry) = self.sessions.remove(&id) {
            self.names.remove(&entry.name);
        }
    }

    /// The session that a name, a unique beginning of one, or an id (`@17`) means.
    pub fn resolve(&self, asked: &str) -> Result<(SessionId, S), Failure> {
        let none =
            || failed(FailureKind::NoSuchSession, format!("no session {asked:?} (`scarab ls` lists them)"));
        if let Some(number) = asked.strip_prefix('@') {
            let id = SessionId(number.parse().map_err(|_| none())?);
            return self.get(id).map(|session| (id, session)).ok_or_else(none);
        }
        if let Some(id) = self.names.get(asked)
            && let Some(session) = self.get(*id)
        {
            return Ok((*id, session));
        }
        let mut begins = self
            .names
            .range::<str, _>((Bound::Included(asked), Bound::Unbounded))
            .take_while(|(name, _)| name.starts_with(asked))
            .filter_map(|(name, id)| self.get(*id).map(|session| (name, *id, session)));
        let Some((first, id, session)) = begins.next() else { return Err(none()) };
        match begins.next() {
            None => Ok((id, session)),
            Some((second, ..)) => {
                let more = if begins.next().is_some() { ", …" } else { "" };
                let message = format!("{asked:?} could be {first:?}, {second:?}{more}: say more of the name");
                Err(failed(FailureKind::Ambiguous, message))
            }
        }
    }

    /// The session of an id.
    pub fn get(&self, id: SessionId) -> Option<S> {
        self.sessions.get(&id)?.session.clone()
    }

    /// All sessions by id, with whether they have ended.
    pub fn all(&self) -> Vec<(SessionId, S, bool)> {
        let listed = |(id, entry): (&SessionId, &Entry<S>)| {
            entry.session.clone().map(|session| (*id, session, entry.ended.is_some()))
        };
        self.sessions.iter().filter_map(listed).collect()
    }

    /// Gives a session another name.
    pub fn rename(&mut self, id: SessionId, name: &str) -> Result<(), Failure> {
        if self.names.get(name) == Some(&id) {
            return Ok(());
        }
        self.check_new_name(name)?;
        if let Some(entry) = self.sessions.get_mut(&id) {
            self.names.remove(&entry.name);
            self.names.insert(name.to_owned(), id);
            entry.name = name.to_owned();
        }
        Ok(())
    }

    /// A viewer looks at it; so whatever stands there has been seen.
    pub fn joined(&mut self, id: SessionId, viewer: ViewerId) {
        if let Some(entry) = self.sessions.get_mut(&id) {
            entry.viewers.insert(viewer);
            entry.seen |= entry.ended.is_some();
        }
    }

    /// A viewer looks at it no more: the last one to leave a session that has ended closes it.
    pub fn left(&mut self, id: SessionId, viewer: ViewerId) -> Option<Removed<S>> {
        self.sessions.get_mut(&id)?.viewers.remove(&viewer);
        self.settle(id)
    }

    /// Its program ended; whether it was listed by then. Called from the session's thread at the moment that
    /// everybody is told, so that whatever follows from the end comes after it.
    pub fn ended(&mut self, id: SessionId, now: Instant) -> bool {
        let Some(entry) = self.sessions.get_mut(&id) else { return false };
        if entry.ended.is_none() {
            entry.ended = Some(now);
            // Viewers that are there show its last screen and say how it ended; nothing is left to keep.
            entry.seen |= !entry.viewers.is_empty();
            entry.viewers.clear();
        }
        entry.session.is_some()
    }

    /// Removes it if it has ended and nobody needs to see it any more.
    pub fn settle(&mut self, id: SessionId) -> Option<Removed<S>> {
        let entry = self.sessions.get(&id)?;
        let done = entry.ended.is_some() && entry.seen && entry.viewers.is_empty();
        if done { self.remove(id) } else { None }
    }

    /// Its end was asked for: nobody needs to see it.
    pub fn dismissed(&mut self, id: SessionId) -> Option<Removed<S>> {
        self.sessions.get_mut(&id)?.seen = true;
        self.settle(id)
    }

    /// Removes ended sessions that are a day old, and the oldest beyond `most`.
    pub fn expire(&mut self, now: Instant, most: usize) -> Vec<Removed<S>> {
        let mut ended: Vec<(Instant, SessionId)> = self
            .sessions
            .iter()
            .filter(|(_, entry)| entry.can_expire())
            .filter_map(|(id, entry)| entry.ended.map(|at| (at, *id)))
            .collect();
        ended.sort_unstable();
        let beyond = ended.len().saturating_sub(most);
        ended
            .into_iter()
            .enumerate()
            .filter(|(place, (at, _))| *place < beyond || now.saturating_duration_since(*at) >= KEPT_UNSEEN)
            .filter_map(|(_, (_, id))| self.remove(id))
            .collect()
    }

    /// When [`Registry::expire`] will next have something to do.
    pub fn next_expiry(&self) -> Option<Instant> {
        let ended = self.sessions.values().filter(|entry| entry.can_expire()).filter_map(|entry| entry.ended);
        ended.min().map(|at| at + KEPT_UNSEEN)
    }

    /// How many there are.
    pub fn counts(&self) -> Counts {
        let exited = self.sessions.values().filter(|entry| entry.ended.is_some()).count();
        let viewers = self.sessions.values().map(|entry| entry.viewers.len()).sum();
        Counts { live: self.sessions.len() - exited, exited, viewers }
    }

    fn remove(&mut self, id: SessionId) -> Option<Removed<S>> {
        let entry = self.sessions.remove(&id)?;
        self.names.remove(&entry.name);
        Some(Removed { id, name: entry.name, session: entry.session? })
    }

    fn check_new_name(&self, name: &str) -> Result<(), Failure> {
        let bad = |why: &str| Err(failed(FailureKind::BadArgument, format!("the name {name:?} {why}")));
        if name.is_empty() || name.chars().count() > MAX_NAME {
            return bad(&format!("must have 1 to {MAX_NAME} characters"));
        }
        if name.chars().any(char::is_control) {
            return bad("has a control character");
        }
        if name.starts_with(['@', '-']) {
            return bad("begins with @ (an id) or - (an option)");
        }
        if name == "*" {
            return bad("means all sessions");
        }
        if self.names.contains_key(name) {
            return Err(failed(FailureKind::NameTaken, format!("there is a session named {name:?} already")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(registry: &mut Registry<u32>, name: &str) -> SessionId {
        let (id, _) = registry.reserve(name, 100).expect("reserved");
        registry.commit(id, id.0 as u32);
        id
    }

    fn kind<T: std::fmt::Debug>(result: Result<T, Failure>) -> FailureKind {
        result.expect_err("a failure").kind
    }

    #[test]
    fn names_are_unique_numbers_are_the_smallest_free_and_ids_never_come_back() {
        let mut registry = Registry::default();
        let one = make(&mut registry, "");
        make(&mut registry, "2");
        assert_eq!(registry.reserve("", 100).map(|(_, name)| name), Ok("3".into()));
        assert_eq!(kind(registry.reserve("2", 100)), FailureKind::NameTaken);
        registry.ended(one, Instant::now());
        assert!(registry.dismissed(one).is_some());
        let (id, name) = registry.reserve("", 100).expect("reserved");
        assert_eq!((id, name.as_str()), (SessionId(4), "1"));
        registry.release(id);
        assert_eq!(registry.reserve("1", 100).map(|(id, _)| id), Ok(SessionId(5)));
        for wrong in ["@1", "-d", "*", "a\nb", &"x".repeat(65)] {
            assert_eq!(kind(registry.reserve(wrong, 100)), FailureKind::BadArgument, "{wrong}");
        }
        assert_eq!(kind(registry.reserve("x", 2)), FailureKind::TooMany);
    }

    #[test]
    fn a_session_is_found_by_name_unique_beginning_and_id() {
        let mut registry = Registry::default();
        let (build, builder, other) =
            (make(&mut registry, "build"), make(&mut registry, "builder"), make(&mut registry, "other"));
        let found = |asked: &str| registry.resolve(asked).map(|(id, _)| id);
        assert_eq!(found("build"), Ok(build));
        assert_eq!(found("builde"), Ok(builder));
        assert_eq!(found("o"), Ok(other));
        assert_eq!(found("@2"), Ok(builder));
        assert_eq!(kind(found("bui")), FailureKind::Ambiguous);
        for none in ["x", "@9", "@", "@x", "Build"] {
            assert_eq!(kind(found(none)), FailureKind::NoSuchSession, "{none}");
        }
        registry.rename(other, "else").expect("renamed");
        assert_eq!(registry.resolve("else").map(|(id, _)| id), Ok(other));
        assert_eq!(kind(registry.resolve("other")), FailureKind::NoSuchSession);
        assert_eq!(kind(registry.rename(other, "build")), FailureKind::NameTaken);
        registry.rename(other, "else").expect("its own name is no clash");
    }

    #[test]
    fn an_end_that_nobody_saw_stays_until_it_is_seen() {
        let mut registry = Registry::default();
        let now = Instant::now();
        let id = make(&mut registry, "make");
        assert!(registry.ended(id, now));
        assert_eq!(registry.settle(id), None);
        assert_eq!(registry.counts(), Counts { live: 0, exited: 1, viewers: 0 });
        registry.joined(id, 7);
        registry.joined(id, 8);
        assert_eq!(registry.left(id, 8), None);
        registry.ended(id, now);
        assert_eq!(registry.settle(id), None, "told a second time, it ends no second time");
        let removed = Removed { id, name: "make".into(), session: 1 };
        assert_eq!(registry.left(id, 7), Some(removed));
        assert_eq!(registry.counts(), Counts::default());
    }

    #[test]
    fn an_end_before_a_viewers_eyes_closes_it() {
        let mut registry = Registry::default();
        let id = make(&mut registry, "");
        registry.joined(id, 7);
        assert_eq!(registry.counts(), Counts { live: 1, exited: 0, viewers: 1 });
        registry.ended(id, Instant::now());
        assert!(registry.settle(id).is_some());
        assert_eq!(registry.left(id, 7), None);
    }

    #[test]
    fn an_end_before_it_is_listed_is_not_forgotten() {
        let mut registry = Registry::default();
        let (id, _) = registry.reserve("quick", 100).expect("reserved");
        assert!(!registry.ended(id, Instant::now()));
        assert!(registry.commit(id, 1));
        assert_eq!(registry.counts(), Counts { live: 0, exited: 1, viewers: 0 });
    }

    #[test]
    fn ended_ones_go_after_a_day_and_beyond_a_number() {
        let mut registry = Registry::default();
        let now = Instant::now();
        let ids: Vec<_> = (0..5).map(|_| make(&mut registry, "")).collect();
        for (n, id) in ids.iter().enumerate() {
            registry.ended(*id, now + Duration::from_secs(n as u64));
        }
        let gone: Vec<_> = registry.expire(now, 3).into_iter().map(|removed| removed.id).collect();
        assert_eq!(gone, ids[..2]);
        assert_eq!(registry.next_expiry(), Some(now + Duration::from_secs(2) + KEPT_UNSEEN));
        // One that somebody looks at stays, and nothing is due for it: its viewer's leaving closes it.
        registry.joined(ids[4], 7);
        assert!(registry.expire(now + 2 * KEPT_UNSEEN, 0).iter().all(|removed| removed.id != ids[4]));
        assert_eq!(registry.next_expiry(), None);
        let mut registry = Registry::default();
        let ids: Vec<_> = (0..5).map(|_| make(&mut registry, "")).collect();
        for (n, id) in ids.iter().enumerate() {
            registry.ended(*id, now + Duration::from_secs(n as u64));
        }
        registry.expire(now, 3);
        let gone = registry.expire(now + KEPT_UNSEEN + Duration::from_secs(3), 3);
        assert_eq!(gone.into_iter().map(|removed| removed.id).collect::<Vec<_>>(), ids[2..4]);
    }
}
