//! The time limits that `timeout` sets, on the world's clock. Whoever would sleep or hang past one moves the clock to it.
//!
//! Pure: it knows no process. Limits are numbered in the order in which they were set.

/// One limit.
#[derive(Debug)]
struct Limit {
    /// When it passes, in milliseconds of the world's time; `None` for never.
    until: Option<u64>,
    /// The limit under which it was set.
    outer: Option<usize>,
    told: bool,
}

/// The clock and every limit.
#[derive(Debug, Default)]
pub(super) struct Limits {
    passed: u64,
    set: Vec<Limit>,
}

impl Limits {
    /// What has passed of the world's time, in milliseconds.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// Sets a limit under another one; its number.
    pub fn begin(&mut self, length: Option<u64>, outer: Option<usize>) -> usize {
        let until = length.map(|length| self.passed.saturating_add(length));
        self.set.push(Limit { until, outer, told: false });
        self.set.len() - 1
    }

    /// Somebody under `limit` sleeps; whether that comes to its end before a limit does.
    pub fn sleep(&mut self, length: u64, limit: Option<usize>) -> bool {
        let end = self.passed.saturating_add(length);
        match self.first(limit) {
            Some(until) if until < end => {
                self.passed = self.passed.max(until);
                false
            }
            _ => {
                self.passed = end;
                true
            }
        }
    }

    /// Somebody under `limit` never answers.
    pub fn exhaust(&mut self, limit: Option<usize>) {
        if let Some(until) = self.first(limit) {
            self.passed = self.passed.max(until);
        }
    }

    /// The limits that have passed and were not told yet.
    pub fn expired(&mut self) -> Vec<usize> {
        let passed = self.passed;
        let over = |limit: &Limit| !limit.told && limit.until.is_some_and(|until| until <= passed);
        let expired: Vec<usize> =
            self.set.iter().enumerate().filter(|(_, limit)| over(limit)).map(|(number, _)| number).collect();
        for number in &expired {
            self.set[*number].told = true;
        }
        expired
    }

    /// When the first of the limits passes that hold for whoever is under this one.
    fn first(&self, limit: Option<usize>) -> Option<u64> {
        let mut first: Option<u64> = None;
        let mut next = limit;
        while let Some(limit) = next.and_then(|number| self.set.get(number)) {
            first = first.into_iter().chain(limit.until).min();
            // A number comes from the script's environment: outer limits are older, so this ends.
            next = limit.outer.filter(|outer| next.is_some_and(|inner| *outer < inner));
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_limit_that_holds_ends_a_sleep() {
        let mut limits = Limits::default();
        assert!(limits.sleep(3_000, None));
        let outer = limits.begin(Some(10_000), None);
        let inner = limits.begin(Some(60_000), Some(outer));
        assert!(limits.sleep(4_000, Some(inner)));
        assert_eq!((limits.passed(), limits.expired()), (7_000, vec![]));
        assert!(!limits.sleep(9_000, Some(inner)));
        assert_eq!((limits.passed(), limits.expired()), (13_000, vec![outer]));
        assert_eq!(limits.expired(), [0; 0]);
        limits.exhaust(Some(inner));
        assert_eq!(limits.passed(), 13_000);
    }
}
