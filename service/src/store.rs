//! systemd's descriptor store: what of a session must outlive this process (sd_pid_notify_with_fds(3)).
//!
//! Each descriptor has a name that tells what it is, `session-7-pty`. The memfds' names end in a number, that of the
//! memory's generation: a session that moves to a new layout has both for a moment, and the highest number whose
//! memfds are all there is the session's. One more, `ids`, holds the highest id ever given.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use scarab_protocol::SessionId;
use sd_notify::NotifyState;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::steps::step;

/// The name of the memory of ids.
const IDS: &str = "ids";
/// The generation of the memory that this version makes: the layout of its state. The feature `previous` makes that
/// of the version before.
pub const GENERATION: u32 = if cfg!(feature = "previous") { 2 } else { 3 };
/// No id is as high: at a million sessions a second it would take nine years.
const MAX_ID: u64 = 1 << 48;
/// Descriptors of a running session.
const OF_SESSION: usize = 5;
/// And so many more while it moves to another layout: one session at a time does.
const OF_MOVE: usize = 3;

/// One of a session's descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The PTY's master side.
    Pty,
    /// The pidfd of the leader.
    Leader,
    /// The view: frames and history.
    View,
    /// Journal and checkpoints.
    State,
    /// The ledger of replies.
    Replies,
    /// The images: of sessions that have some. A layout of its own is said within it, so that its name has no number.
    Pictures,
}

impl Kind {
    /// The state first: a session without it does not come back.
    const ALL: [Self; OF_SESSION + 1] =
        [Self::State, Self::Pty, Self::Leader, Self::View, Self::Replies, Self::Pictures];

    /// Those of every session.
    const OF_EVERY: [Self; OF_SESSION] = [Self::State, Self::Pty, Self::Leader, Self::View, Self::Replies];

    /// The memfds, in the order in which a [`Kept`] has them.
    const MEMORIES: [Self; 3] = [Self::View, Self::State, Self::Replies];

    const fn word(self) -> &'static str {
        match self {
            Self::Pty => "pty",
            Self::Leader => "leader",
            Self::View => "view",
            Self::State => "state",
            Self::Replies => "replies",
            Self::Pictures => "pictures",
        }
    }

    const fn is_memory(self) -> bool {
        matches!(self, Self::View | Self::State | Self::Replies)
    }

    fn name(self, session: SessionId, generation: u32) -> String {
        let SessionId(id) = session;
        let word = self.word();
        if self.is_memory() {
            format!("session-{id}-{word}-{generation}")
        } else {
            format!("session-{id}-{word}")
        }
    }
}

/// The store; without a manager it keeps nothing.
#[derive(Debug)]
pub struct Store {
    /// Descriptors that it holds at most; 0 without a manager.
    most: AtomicUsize,
    /// What it holds, or has room reserved for.
    held: Mutex<BTreeMap<SessionId, Held>>,
    ids: Mutex<Option<OwnedFd>>,
}

/// What it holds of one session.
#[derive(Debug)]
struct Held {
    kinds: BTreeSet<Kind>,
    /// That of its memfds.
    generation: u32,
}

impl Default for Held {
    fn default() -> Self {
        Self { kinds: BTreeSet::new(), generation: GENERATION }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::none()
    }
}

impl Store {
    /// No store: sessions end with this process.
    pub fn none() -> Self {
        Self::of_manager(0)
    }

    /// The manager's store, which holds so many descriptors at most.
    pub fn of_manager(most: usize) -> Self {
        Self { most: AtomicUsize::new(most), held: Mutex::default(), ids: Mutex::new(None) }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<SessionId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ids(&self) -> MutexGuard<'_, Option<OwnedFd>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an earlier process left of a session is still held. What a service left that was killed while it moved the
    /// session is not, from here on: of the two generations one counts.
    pub fn adopt(&self, session: SessionId, kept: &mut Kept) {
        let chosen = kept.choose();
        for (generation, memories) in std::mem::take(&mut kept.memories) {
            if Some(generation) == chosen {
                kept.memories.insert(generation, memories);
            } else if self.is_there() {
                let there = Kind::MEMORIES.into_iter().zip(&memories).filter(|(_, memory)| memory.is_some());
                there.for_each(|(kind, _)| remove(&kind.name(session, generation)));
            }
        }
        let held = Held { kinds: kept.kinds(), generation: chosen.unwrap_or(GENERATION) };
        self.held().insert(session, held);
    }

    /// Whether sessions outlive this process.
    pub fn is_there(&self) -> bool {
        self.most() > 0
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// The manager has said how many it keeps.
    pub fn set_most(&self, most: usize) {
        if self.is_there() {
            self.most.store(most, Ordering::Relaxed);
        }
    }

    /// How many descriptors it holds, and can hold.
    pub fn fill(&self) -> (usize, usize) {
        (self.count(&self.held()), self.most())
    }

    fn count(&self, sessions: &BTreeMap<SessionId, Held>) -> usize {
        sessions.values().map(|held| held.kinds.len()).sum::<usize>() + usize::from(self.ids().is_some())
    }

    /// Reserves room for a session's descriptors.
    ///
    /// # Errors
    /// When there is no room for them: the manager itself would say nothing and drop them.
    pub fn reserve(&self, session: SessionId) -> Result<(), String> {
        if !self.is_there() {
            return Ok(());
        }
        let mut sessions = self.held();
        let held = self.count(&sessions);
        if held + OF_SESSION + OF_MOVE > self.most() {
            return Err(format!(
                "systemd keeps {held} descriptors for this service, and {OF_SESSION} more with {OF_MOVE} for an \
                 upgrade are over its limit of {}: end a session, or raise FileDescriptorStoreMax= of scarab.service",
                self.most()
            ));
        }
        sessions.insert(session, Held { kinds: Kind::OF_EVERY.into(), ..Held::default() });
        Ok(())
    }

    /// Hands a copy of a descriptor to the manager.
    ///
    /// # Errors
    /// When the manager cannot be reached.
    pub fn keep(&self, session: SessionId, kind: Kind, descriptor: BorrowedFd<'_>) -> io::Result<()> {
        if !self.is_there() {
            return Ok(());
        }
        step("fdstore");
        let generation = {
            let mut sessions = self.held();
            let held = sessions.entry(session).or_default();
            held.kinds.insert(kind);
            held.generation
        };
        push(&kind.name(session, generation), descriptor)
    }

    /// Hands a copy of a descriptor that not every session has to the manager; false when there is no room for it beside
    /// what every session needs.
    ///
    /// # Errors
    /// When the manager cannot be reached.
    pub fn keep_one_more(
        &self,
        session: SessionId,
        kind: Kind,
        descriptor: BorrowedFd<'_>,
    ) -> io::Result<bool> {
        let is_full = self.count(&self.held()) + 1 + OF_MOVE > self.most();
        if is_full {
            return Ok(!self.is_there());
        }
        self.keep(session, kind, descriptor).map(|()| true)
    }

    /// Puts a session's memfds, the state last, in the place of those of an earlier generation. At every instant one
    /// generation is whole, and both say the same. False when there is no room for both: then they are not moved.
    ///
    /// # Errors
    /// When the manager cannot be reached.
    pub fn migrate(&self, session: SessionId, memories: &[(Kind, BorrowedFd<'_>)]) -> io::Result<bool> {
        // One session after the other. All that came back is adopted by now, so that the count is right.
        let mut sessions = self.held();
        if self.count(&sessions) + OF_MOVE > self.most() {
            return Ok(!self.is_there());
        }
        let held = sessions.entry(session).or_default();
        for (kind, memory) in memories {
            step("migration");
            push(&kind.name(session, GENERATION), *memory)?;
        }
        step("migration");
        let before = std::mem::replace(&mut held.generation, GENERATION);
        memories.iter().for_each(|(kind, _)| remove(&kind.name(session, before)));
        step("migration");
        Ok(true)
    }

    /// Has the manager forget a descriptor.
    pub fn forget(&self, session: SessionId, kind: Kind) {
        if self.is_there() {
            let mut sessions = self.held();
            let generation = sessions.get(&session).map_or(GENERATION, |held| held.generation);
            if let Some(held) = sessions.get_mut(&session) {
                held.kinds.remove(&kind);
            }
            drop(sessions);
            remove(&kind.name(session, generation));
        }
    }

    /// Has the manager forget all of a session's descriptors.
    pub fn forget_all(&self, session: SessionId) {
        if self.is_there() {
            Kind::OF_EVERY.into_iter().for_each(|kind| self.forget(session, kind));
            let held = self.held().remove(&session);
            if held.is_some_and(|held| held.kinds.contains(&Kind::Pictures)) {
                remove(&Kind::Pictures.name(session, GENERATION));
            }
        }
    }

    /// Notes the highest id given, so that it is never given again.
    pub fn note_id(&self, SessionId(id): SessionId) {
        if !self.is_there() {
            return;
        }
        let mut ids = self.ids();
        if ids.is_none() {
            let made = rustix::fs::memfd_create("scarab-ids", rustix::fs::MemfdFlags::CLOEXEC);
            *ids = made
                .map_err(io::Error::from)
                .and_then(|memory| push(IDS, memory.as_fd()).map(|()| memory))
                .ok();
        }
        let written = ids.as_ref().map(|memory| rustix::io::pwrite(memory, &id.to_le_bytes(), 0));
        if !matches!(written, Some(Ok(_))) {
            log::warn!(
                "the number of session @{id} could not be noted: after a restart it may be given again"
            );
        }
    }

    /// Takes the memory of ids back and gives the highest one.
    pub fn adopt_ids(&self, memory: Option<OwnedFd>) -> u64 {
        let mut highest = [0; 8];
        if let Some(memory) = memory {
            let _: rustix::io::Result<usize> = rustix::io::pread(&memory, &mut highest, 0);
            *self.ids() = Some(memory);
        }
        // A damaged one must not use up all the numbers.
        Some(u64::from_le_bytes(highest)).filter(|highest| *highest < MAX_ID).unwrap_or_default()
    }
}

fn push(name: &str, descriptor: BorrowedFd<'_>) -> io::Result<()> {
    // FDPOLL=0: or the manager drops a PTY whose last program has gone, and its last output with it.
    let state = [NotifyState::FdStore, NotifyState::FdName(name), NotifyState::Custom("FDPOLL=0")];
    sd_notify::notify_with_fds(&state, &[descriptor])
}

/// Has the manager forget every descriptor of this name that it may keep.
pub fn remove(name: &str) {
    if let Err(error) = sd_notify::notify(&[NotifyState::FdStoreRemove, NotifyState::FdName(name)]) {
        log::warn!("the service manager was not reached, and keeps {name}: {error}");
    }
}

/// What came back of one session.
#[derive(Debug, Default)]
pub struct Kept {
    /// The PTY's master side.
    pub pty: Option<OwnedFd>,
    /// The pidfd of the leader.
    pub leader: Option<OwnedFd>,
    /// The images.
    pub pictures: Option<OwnedFd>,
    memories: BTreeMap<u32, [Option<OwnedFd>; 3]>,
}

/// The memfds of a session, as far as they are there.
#[derive(Debug)]
pub struct Memories {
    /// The state, without which the others say nothing.
    pub state: OwnedFd,
    /// The view.
    pub view: Option<OwnedFd>,
    /// The replies.
    pub replies: Option<OwnedFd>,
}

impl Kept {
    /// What is there of it.
    fn kinds(&self) -> BTreeSet<Kind> {
        let mut kinds = BTreeSet::new();
        kinds.extend(self.pty.is_some().then_some(Kind::Pty));
        kinds.extend(self.leader.is_some().then_some(Kind::Leader));
        kinds.extend(self.pictures.is_some().then_some(Kind::Pictures));
        for [view, state, replies] in self.memories.values() {
            kinds.extend(view.is_some().then_some(Kind::View));
            kinds.extend(state.is_some().then_some(Kind::State));
            kinds.extend(replies.is_some().then_some(Kind::Replies));
        }
        kinds
    }

    /// The newest generation whose memfds are all there; where none are, the newest with a state.
    fn choose(&self) -> Option<u32> {
        let newest = |of: fn(&[Option<OwnedFd>; 3]) -> bool| {
            self.memories.iter().rev().find(|(_, memories)| of(memories)).map(|(generation, _)| *generation)
        };
        newest(|memories| memories.iter().all(Option::is_some))
            .or_else(|| newest(|[_, state, _]| state.is_some()))
            .or_else(|| self.memories.keys().next_back().copied())
    }

    /// The memfds that count.
    pub fn memories(&mut self) -> Option<Memories> {
        let [view, state, replies] = self.memories.remove(&self.choose()?)?;
        Some(Memories { state: state?, view, replies })
    }
}

/// All that came back from the store.
#[derive(Debug, Default)]
pub struct Returned {
    /// By session.
    pub sessions: BTreeMap<SessionId, Kept>,
    /// The memory of ids.
    pub ids: Option<OwnedFd>,
}

impl Returned {
    /// Sorts one in. One that no version knows is dropped here and in the store: nobody else ever will.
    pub fn add(&mut self, name: &str, descriptor: OwnedFd) {
        // The kernel hands stored descriptors on without this flag.
        let _: rustix::io::Result<()> = rustix::io::fcntl_setfd(&descriptor, rustix::io::FdFlags::CLOEXEC);
        if name == IDS {
            self.ids = Some(descriptor);
            return;
        }
        let Some((session, kind, generation)) = parse(name) else {
            log::warn!(
                "systemd kept a descriptor named {name:?} that this version does not know; it is dropped"
            );
            remove(name);
            return;
        };
        let kept = self.sessions.entry(session).or_default();
        match kind {
            Kind::Pty => kept.pty = Some(descriptor),
            Kind::Leader => kept.leader = Some(descriptor),
            Kind::Pictures => kept.pictures = Some(descriptor),
            Kind::View => kept.memories.entry(generation).or_default()[0] = Some(descriptor),
            Kind::State => kept.memories.entry(generation).or_default()[1] = Some(descriptor),
            Kind::Replies => kept.memories.entry(generation).or_default()[2] = Some(descriptor),
        }
    }
}

/// Whether a name is one of the store's, known or not.
pub fn is_name(name: &str) -> bool {
    name == IDS || name.starts_with("session-")
}

fn parse(name: &str) -> Option<(SessionId, Kind, u32)> {
    let (id, what) = name.strip_prefix("session-")?.split_once('-')?;
    let id = SessionId(id.parse().ok().filter(|id| (1..MAX_ID).contains(id))?);
    let (word, generation) = match what.split_once('-') {
        Some((word, generation)) => (word, Some(generation.parse().ok()?)),
        None => (what, None),
    };
    let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word)?;
    (kind.is_memory() == generation.is_some()).then_some((id, kind, generation.unwrap_or_default()))
}

/// Waits until the manager has heard all that it was told: for an end that must lose nothing of it.
pub fn flush() {
    // A connected pair, of which the manager closes one end once it has come to the message.
    let flags = rustix::pipe::PipeFlags::CLOEXEC;
    let Ok((read, write)) = rustix::pipe::pipe_with(flags) else { return };
    let told = sd_notify::notify_with_fds(&[NotifyState::Custom("BARRIER=1")], &[write.as_fd()]);
    drop(write);
    if told.is_ok() {
        let mut fds = [rustix::event::PollFd::new(&read, rustix::event::PollFlags::IN)];
        let patience = rustix::event::Timespec { tv_sec: 2, tv_nsec: 0 };
        let _: rustix::io::Result<usize> = rustix::event::poll(&mut fds, Some(&patience));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whose_it_is_and_what() {
        for kind in Kind::ALL {
            let name = kind.name(SessionId(17), 3);
            let generation = if kind.is_memory() { 3 } else { 0 };
            assert_eq!(parse(&name), Some((SessionId(17), kind, generation)), "{name}");
        }
        for other in
            ["session-0-pty", "session-1-view", "session-1-pty-2", "session-x-pty", "session-1-door", "ids"]
        {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_full_store_refuses_a_session() {
        let store = Store::of_manager(14);
        assert_eq!((store.reserve(SessionId(1)), store.reserve(SessionId(2))), (Ok(()), Ok(())));
        let refused = store.reserve(SessionId(3)).expect_err("no room");
        assert!(refused.contains("FileDescriptorStoreMax="), "{refused}");
        assert_eq!(store.fill(), (10, 14));
        // One that has ended has no PTY and no leader any more, and then goes.
        store.forget(SessionId(1), Kind::Pty);
        store.forget(SessionId(1), Kind::Leader);
        assert_eq!(store.fill(), (8, 14));
        store.forget_all(SessionId(1));
        store.forget_all(SessionId(1));
        assert_eq!(store.fill(), (5, 14));
        let memory = rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::empty()).expect("memory");
        let kept = |store: &Store| store.keep_one_more(SessionId(2), Kind::Pictures, memory.as_fd()).ok();
        assert_eq!((kept(&Store::of_manager(8)), kept(&Store::none())), (Some(true), Some(true)));
        store.set_most(8);
        assert_eq!((kept(&store), store.fill()), (Some(false), (5, 8)));
        store.set_most(14);
        store.adopt(SessionId(9), &mut Kept::default());
        assert_eq!(store.fill(), (5, 14));
    }

    #[test]
    fn the_newest_whole_memory_counts() {
        let fd = || rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::empty()).expect("memory");
        let mut returned = Returned::default();
        let mut chosen = |session: u64, names: &[&str]| {
            names.iter().for_each(|name| returned.add(&format!("session-{session}-{name}"), fd()));
            returned.sessions.get(&SessionId(session)).and_then(Kept::choose)
        };
        assert_eq!(chosen(4, &["view-1", "state-1", "replies-1", "view-2", "state-2"]), Some(1));
        assert_eq!(chosen(4, &["replies-2"]), Some(2));
        assert_eq!(chosen(5, &["state-1", "view-2"]), Some(1), "none is whole: one with a state");
        assert_eq!(chosen(6, &["view-1"]), Some(1));
        let kept = returned.sessions.get_mut(&SessionId(5)).expect("the session");
        assert!(kept.memories().is_some_and(|memories| memories.view.is_none()));
        assert!(kept.memories().is_none());
    }

    #[test]
    fn what_was_left_of_a_move_is_not_held_any_more() {
        let fd = || rustix::fs::memfd_create("x", rustix::fs::MemfdFlags::empty()).expect("memory");
        let mut returned = Returned::default();
        for name in ["pty", "leader", "view-1", "state-1", "replies-1", "replies-2", "view-2"] {
            returned.add(&format!("session-4-{name}"), fd());
        }
        let kept = returned.sessions.get_mut(&SessionId(4)).expect("the session");
        let store = Store::of_manager(7);
        store.adopt(SessionId(4), kept);
        assert_eq!(store.fill(), (5, 7));
        // With less room than a move takes it stays where it is, and without a manager there is nothing to move.
        assert_eq!(store.migrate(SessionId(4), &[]).ok(), Some(false));
        assert_eq!(Store::none().migrate(SessionId(4), &[]).ok(), Some(true));
    }
}
