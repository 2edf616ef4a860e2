//! How many requests a connection may make: a token bucket.
//!
//! It keeps a script in an endless loop from taking the service away from everybody else's keys. Input and Ping are
//! outside of it: they are what must never wait.

use std::time::Instant;

/// Requests that may come at once: a script that lists, creates and captures five hundred sessions is fine.
const BURST: f64 = 2000.0;
/// Requests a second in the long run.
const PER_SECOND: f64 = 500.0;

/// One connection's allowance.
#[derive(Debug)]
pub struct Allowance {
    left: f64,
    counted: Instant,
}

impl Allowance {
    /// A full one.
    pub fn new(now: Instant) -> Self {
        Allowance { left: BURST, counted: now }
    }

    /// Takes one request's worth; false when there is none left.
    pub fn take(&mut self, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.counted).as_secs_f64() * PER_SECOND;
        self.counted = now;
        self.left = (self.left + gained).min(BURST);
        let enough = self.left >= 1.0;
        if enough {
            self.left -= 1.0;
        }
        enough
    }

    /// What to tell who has none left.
    pub fn refusal() -> String {
        format!(
            "too many requests: at most {PER_SECOND} a second after the first {BURST}; try again in a second"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        assert_eq!((0..5000).filter(|_| allowance.take(start)).count(), 2000);
        let later = start + Duration::from_millis(100);
        assert_eq!((0..5000).filter(|_| allowance.take(later)).count(), 50);
        let much_later = start + Duration::from_secs(3600);
        assert_eq!((0..5000).filter(|_| allowance.take(much_later)).count(), 2000);
    }
}
