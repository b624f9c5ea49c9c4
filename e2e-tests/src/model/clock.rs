//! The clock of a session: what it has counted at any instant, and when it stops for good.
//!
//! A function of a whole life. Where the contracts carry a sum forward and divide to find the end of a hold, this
//! adds up all the intervals again and searches for the end.

use vilokanam_interfaces::{AssetId, Balance, Millis, TrackEntry};

/// Rates are a second's, factors millionths, time milliseconds: amounts accrue in 10^9ths.
pub const SCALE: u128 = 1_000_000_000;

/// A time in which a session's clock ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// From when.
    pub from_ms: Millis,
    /// Until when, exclusively; `None` if it was not stopped.
    pub to_ms: Option<Millis>,
}

/// All that decides what a session costs.
pub(crate) struct Clock<'a> {
    /// Accrued before the first run.
    pub base: u128,
    pub runs: &'a [Run],
    pub asset: AssetId,
    /// The rate until the track says another.
    pub rate_per_sec: Balance,
    pub factor: u32,
    pub ceiling: Balance,
    pub hold: Balance,
    pub track: &'a [TrackEntry],
    /// The last instant whatever happens.
    pub stop_ms: Millis,
}

impl Clock<'_> {
    /// The base rate at an instant.
    fn rate_at(&self, at_ms: Millis) -> Balance {
        let passed = self.track.iter().filter(|e| e.from_ms <= at_ms);
        let mut listed = passed.filter_map(|e| e.rates.iter().find(|r| r.asset == self.asset));
        listed
            .next_back()
            .map_or(self.rate_per_sec, |r| r.rate_per_sec)
    }

    /// What the millisecond that begins at an instant costs, in 10^9ths: the price in 10^6ths a second.
    pub fn price_at(&self, at_ms: Millis) -> u128 {
        self.rate_at(at_ms).saturating_mul(self.factor.into())
    }

    /// Whether the price is above the ceiling at an instant.
    pub fn above_ceiling(&self, at_ms: Millis) -> bool {
        self.price_at(at_ms) > self.ceiling.saturating_mul(1_000_000)
    }

    /// The parts of the runs before `at_ms`.
    fn runs_before(&self, at_ms: Millis) -> impl Iterator<Item = (Millis, Millis)> + '_ {
        self.runs
            .iter()
            .map(move |r| (r.from_ms, r.to_ms.unwrap_or(Millis::MAX).min(at_ms)))
            .filter(|(from, to)| from < to)
    }

    /// Milliseconds run before `at_ms`, if nothing had stopped the clock.
    pub fn watched_at(&self, at_ms: Millis) -> Millis {
        self.runs_before(at_ms).map(|(from, to)| to - from).sum()
    }

    /// Accrued at `at_ms`, if nothing had stopped the clock. Saturates, far above any hold.
    pub fn accrued_at(&self, at_ms: Millis) -> u128 {
        let mut sum = self.base;
        for (from, to) in self.runs_before(at_ms) {
            let repriced = self.track.iter().map(|e| e.from_ms);
            let mut cuts: Vec<_> = repriced.filter(|cut| (from..to).contains(cut)).collect();
            cuts.extend([from, to]);
            cuts.sort_unstable();
            for piece in cuts.windows(2) {
                let ms = u128::from(piece[1] - piece[0]);
                sum = sum.saturating_add(self.price_at(piece[0]).saturating_mul(ms));
            }
        }
        sum
    }

    /// Since when the clock runs; `None` while paused.
    fn running_since(&self) -> Option<Millis> {
        let last = self.runs.last()?;
        last.to_ms.is_none().then_some(last.from_ms)
    }

    /// When accrual ends for good, at the prices known. A pause only ends where the stop is.
    ///
    /// Only the run that goes on can contain the end: a session that has ended cannot be paused.
    pub fn end_ms(&self) -> Millis {
        let Some(since) = self.running_since() else {
            return self.stop_ms;
        };
        let repriced = self.track.iter().map(|e| e.from_ms);
        let too_dear = std::iter::once(since)
            .chain(repriced.filter(|at| *at > since))
            .find(|at| self.above_ceiling(*at));
        // The first instant whose millisecond does not fit; what has accrued only grows.
        let fits = |at: Millis| self.accrued_at(at + 1) <= self.hold * SCALE;
        let (mut low, mut high) = (since, Millis::MAX - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if fits(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let used_up = if fits(low) { Millis::MAX } else { low };
        self.stop_ms
            .min(too_dear.unwrap_or(Millis::MAX))
            .min(used_up)
    }

    /// When accrual ended, if it has at `now_ms`.
    pub fn ended_ms(&self, now_ms: Millis) -> Option<Millis> {
        let end = self.end_ms();
        (end <= now_ms).then_some(end)
    }
}
