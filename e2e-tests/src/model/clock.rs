//! The clock of a session: what it has counted at any instant, and when it stops for good.
//!
//! A function of a whole life. Where the contracts carry a sum forward and divide to find the end of a hold, this
//! cuts time wherever the price could change, adds up all the pieces again and searches for the end.

use vilokanam_interfaces::{
    AssetId, Balance, Class, Millis, PlanKind, PlanRules, TrackEntry, FACTOR_ONE,
};

/// Rates are a second's, factors millionths, time milliseconds: amounts accrue in 10^9ths.
pub const SCALE: u128 = 1_000_000_000;
/// A day.
pub const DAY_MS: Millis = 86_400_000;
const MINUTE_MS: Millis = 60_000;

/// A time in which a session's clock ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// From when.
    pub from_ms: Millis,
    /// Until when, exclusively; `None` if it was not stopped.
    pub to_ms: Option<Millis>,
}

/// What makes a session's price of the rate: fixed for its life, but for the instant and the time watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pricing {
    /// The plan's rules; none: it is flat.
    pub rules: Option<PlanRules>,
    /// The stream's class.
    pub class: Class,
    /// Its category.
    pub category: u16,
    /// The audience step, counted from 1; 0: none.
    pub step: u8,
    /// The discount's factor.
    pub discount: u32,
    /// When it lapses.
    pub discount_until_ms: Millis,
    /// How much is free.
    pub preview_ms: u32,
}

/// The factor at any instant, in millionths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Factor {
    /// The same always.
    Fixed(u32),
    /// By a plan or a discount.
    Planned(Box<Pricing>),
}

/// The parts of a price factor at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorParts {
    pub class: u32,
    pub category: u32,
    pub audience: u32,
    pub tier: u32,
    pub peak: u32,
    pub discount: u32,
}

impl FactorParts {
    /// Multiplied, and divided once.
    pub fn product(&self) -> u32 {
        let parts = [
            self.class,
            self.category,
            self.audience,
            self.tier,
            self.peak,
            self.discount,
        ];
        let product: u128 = parts.into_iter().map(u128::from).product();
        u32::try_from(product / 10u128.pow(30)).expect("factors are limited")
    }
}

impl Pricing {
    /// The rules of a plan.
    pub fn rules(kind: &PlanKind) -> Option<PlanRules> {
        match kind {
            PlanKind::Flat => None,
            PlanKind::Rules(rules) => Some(rules.clone()),
        }
    }

    /// The parts at an instant, so much having been watched, whatever is free.
    pub fn parts(&self, watched_ms: u128, at_ms: Millis) -> FactorParts {
        let none = FactorParts {
            class: FACTOR_ONE,
            category: FACTOR_ONE,
            audience: FACTOR_ONE,
            tier: FACTOR_ONE,
            peak: FACTOR_ONE,
            discount: match at_ms < self.discount_until_ms {
                true => self.discount,
                false => FACTOR_ONE,
            },
        };
        let Some(rules) = &self.rules else {
            return none;
        };
        let mut category = rules.categories.iter();
        let category = category.find(|c| c.category == self.category);
        let step = usize::from(self.step).checked_sub(1);
        let step = step.and_then(|place| rules.audience.get(place));
        let tiers = rules.tiers.iter();
        let mut tier = tiers.filter(|t| u128::from(t.after_ms) <= watched_ms);
        let minute = at_ms % DAY_MS / MINUTE_MS;
        let peak = rules
            .peaks
            .iter()
            .find(|p| (u64::from(p.from_min)..u64::from(p.to_min)).contains(&minute));
        FactorParts {
            class: match self.class {
                Class::Standard => rules.standard,
                Class::Premium => rules.premium,
                Class::Subscription => rules.subscription,
                Class::Tips => FACTOR_ONE,
            },
            category: category.map_or(FACTOR_ONE, |c| c.factor),
            audience: step.map_or(FACTOR_ONE, |s| s.factor),
            tier: tier.next_back().map_or(FACTOR_ONE, |t| t.factor),
            peak: peak.map_or(FACTOR_ONE, |p| p.factor),
            ..none
        }
    }

    fn factor(&self, watched_ms: u128, at_ms: Millis) -> u32 {
        match watched_ms < u128::from(self.preview_ms) {
            true => 0,
            false => self.parts(watched_ms, at_ms).product(),
        }
    }
}

/// All that decides what a session costs.
pub(crate) struct Clock<'a> {
    /// Accrued before the first run.
    pub base: u128,
    /// Watched before the first run.
    pub watched_ms: Millis,
    pub runs: &'a [Run],
    pub asset: AssetId,
    /// The rate until the track says another.
    pub rate_per_sec: Balance,
    pub factor: Factor,
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

    /// The price at an instant, so much having been watched.
    fn price(&self, watched_ms: u128, at_ms: Millis) -> u128 {
        let factor = match &self.factor {
            Factor::Fixed(factor) => *factor,
            Factor::Planned(pricing) => pricing.factor(watched_ms, at_ms),
        };
        self.rate_at(at_ms).saturating_mul(factor.into())
    }

    /// What the millisecond that begins at an instant costs, in 10^9ths: the price in 10^6ths a second.
    pub fn price_at(&self, at_ms: Millis) -> u128 {
        self.price(self.all_watched_at(at_ms), at_ms)
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

    /// The same with what was watched before the first run.
    fn all_watched_at(&self, at_ms: Millis) -> u128 {
        u128::from(self.watched_ms) + u128::from(self.watched_at(at_ms))
    }

    /// The instants after `from` at which the price could change for another reason than the time of day, if the clock
    /// runs on since `from` with so much watched then.
    fn cuts(&self, from: Millis, watched_ms: u128) -> Vec<Millis> {
        let mut cuts: Vec<_> = self.track.iter().map(|e| e.from_ms).collect();
        if let Factor::Planned(pricing) = &self.factor {
            cuts.push(pricing.discount_until_ms);
            let tiers = pricing.rules.iter().flat_map(|rules| &rules.tiers);
            let marks = tiers.map(|tier| u128::from(tier.after_ms));
            for mark in marks.chain([u128::from(pricing.preview_ms)]) {
                let at = mark.checked_sub(watched_ms).map(|ms| ms + u128::from(from));
                cuts.extend(at.and_then(|at| Millis::try_from(at).ok()));
            }
        }
        cuts.retain(|cut| *cut > from);
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    /// The instants in (`from`, `to`) at which a daily window begins or ends; two days at most.
    fn edges(&self, from: Millis, to: Millis) -> Vec<Millis> {
        let Factor::Planned(pricing) = &self.factor else {
            return Vec::new();
        };
        let peaks = pricing.rules.iter().flat_map(|rules| &rules.peaks);
        let minutes: Vec<_> = peaks.flat_map(|p| [p.from_min, p.to_min]).collect();
        let midnight = from - from % DAY_MS;
        let mut edges = Vec::new();
        for day in 0..3 {
            for minute in &minutes {
                let after = day * DAY_MS + Millis::from(*minute) * MINUTE_MS;
                edges.extend(midnight.checked_add(after));
            }
        }
        edges.retain(|edge| *edge > from && *edge < to);
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// What accrues from `from` to `to`, where nothing but the time of day changes the price; at most a day.
    fn accrued_in_a_day(&self, from: Millis, to: Millis, watched_ms: u128) -> u128 {
        let mut cuts = self.edges(from, to);
        cuts.extend([from, to]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|piece| {
            let ms = u128::from(piece[1] - piece[0]);
            self.price(watched_ms, piece[0]).saturating_mul(ms)
        });
        pieces.fold(0, u128::saturating_add)
    }

    /// What accrues from `from` to `to`, so much having been watched at `from`.
    fn accrued_between(&self, from: Millis, to: Millis, watched_ms: u128) -> u128 {
        let mut cuts = self.cuts(from, watched_ms);
        cuts.retain(|cut| *cut < to);
        cuts.extend([from, to]);
        cuts.sort_unstable();
        let mut sum = 0u128;
        for piece in cuts.windows(2) {
            let (begin, end) = (piece[0], piece[1]);
            let watched_ms = watched_ms + u128::from(begin - from);
            let days = (end - begin) / DAY_MS;
            // One day costs what the next costs.
            if days > 0 {
                let day = self.accrued_in_a_day(begin, begin + DAY_MS, watched_ms);
                sum = sum.saturating_add(day.saturating_mul(days.into()));
            }
            let rest = self.accrued_in_a_day(begin + days * DAY_MS, end, watched_ms);
            sum = sum.saturating_add(rest);
        }
        sum
    }

    /// Accrued at `at_ms`, if nothing had stopped the clock. Saturates, far above any hold.
    pub fn accrued_at(&self, at_ms: Millis) -> u128 {
        let (mut sum, mut watched_ms) = (self.base, u128::from(self.watched_ms));
        for (from, to) in self.runs_before(at_ms) {
            sum = sum.saturating_add(self.accrued_between(from, to, watched_ms));
            watched_ms += u128::from(to - from);
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
        // Between two cuts, whatever the time of day does it has done within a day.
        let mut cuts = self.cuts(since, self.all_watched_at(since));
        cuts.insert(0, since);
        let days = cuts.clone();
        let edges = days
            .iter()
            .flat_map(|cut| self.edges(*cut, cut.saturating_add(DAY_MS + 1)));
        cuts.extend(edges);
        let too_dear = cuts.into_iter().filter(|at| self.above_ceiling(*at)).min();
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
