//! Named steps at which a debug build can kill itself, as SIGKILL might at any instant; nothing in a release build.
//!
//! A file that `SCARAB_KILL_AT` names and whose first line says `NAME:N` when the process starts ends it the Nth time
//! that it comes to the step NAME. That line is taken out first, and the file with its last one: the next process
//! dies as the next line says, or lives.

/// Panics at a byte that `SCARAB_PANIC_AT` names (`0x02`), as a defect of the emulator might; never in a release build.
#[cfg(debug_assertions)]
pub fn stumble(bytes: &[u8]) {
    use std::sync::OnceLock;
    static AT: OnceLock<Option<u8>> = OnceLock::new();
    let at = AT.get_or_init(|| {
        let byte = std::env::var("SCARAB_PANIC_AT").ok()?;
        u8::from_str_radix(byte.strip_prefix("0x")?, 16).ok()
    });
    assert!(at.is_none_or(|at| !bytes.contains(&at)), "the byte that SCARAB_PANIC_AT names");
}

/// See the other one.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn stumble(_: &[u8]) {}

/// This step is reached.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn step(_: &str) {}

/// This step is reached: if it is the one to die at, the process dies.
#[cfg(debug_assertions)]
pub fn step(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    static AT: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let at = AT.get_or_init(|| {
        let wanted = std::fs::read_to_string(std::env::var_os("SCARAB_KILL_AT")?).ok()?;
        let (name, count) = wanted.lines().next()?.split_once(':')?;
        Some((name.to_owned(), count.trim().parse().ok()?))
    });
    if let Some((wanted, count)) = at
        && wanted == name
        && COUNT.fetch_add(1, Ordering::Relaxed) + 1 == *count
    {
        let file = std::env::var_os("SCARAB_KILL_AT").unwrap_or_default();
        let text = std::fs::read_to_string(&file).expect("the file that was read");
        match text.split_once('\n').filter(|(_, rest)| !rest.is_empty()) {
            Some((_, rest)) => std::fs::write(&file, rest).expect("the file is written"),
            None => std::fs::remove_file(&file).expect("the file is removed"),
        }
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}
