//! What a session owes on a plan: as [`charge`](crate::charge), where the price factor depends on the time of day, the time
//! watched, and when a discount lapses.
//!
//! Between two of its other changes the price only follows the day. So whole days are charged by what one costs, and what is left is
//! walked from window to window: a year costs no more than two days.

use crate::charge::{self, ends, is_above, per_ms, rate_at, Charged, Item};

/// Milliseconds of a day.
pub const DAY_MS: u64 = 86_400_000;
/// Milliseconds of a minute.
pub const MINUTE_MS: u64 = 60_000;
/// A part of a factor that changes nothing, in millionths.
const ONE: u32 = 1_000_000;
/// What the product of six parts in millionths is divided by.
const SIX_PARTS: u128 = 1_000_000_000_000_000_000_000_000_000_000;

/// A factor from so much watched in the session on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Milliseconds; above zero.
    pub after_ms: u64,
    /// In millionths.
    pub factor: u32,
}

/// A factor in a part of every day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first minute of the day that it covers.
    pub from_min: u16,
    /// The first after it that it does not.
    pub to_min: u16,
    /// In millionths.
    pub factor: u32,
}

/// What a session's price factor is made of. Those of class, category, tier and window are at most 4,000,000, those of audience and
/// discount at most 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules<'a> {
    /// Of the class.
    pub class: u32,
    /// Of the category.
    pub category: u32,
    /// Of the audience.
    pub audience: u32,
    /// Of the discount.
    pub discount: u32,
    /// From when the discount does not count.
    pub discount_until_ms: u64,
    /// How much of the session costs nothing.
    pub preview_ms: u64,
    /// By time watched, ascending.
    pub tiers: &'a [Tier],
    /// By time of day; they do not overlap.
    pub windows: &'a [Window],
}

/// What charging on a plan found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// As without a plan.
    pub charged: Charged,
    /// The price factor that goes with `charged.rate`.
    pub factor: u32,
}

/// The parts of a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Of the class.
    pub class: u32,
    /// Of the category.
    pub category: u32,
    /// Of the audience.
    pub audience: u32,
    /// Of the tier.
    pub tier: u32,
    /// Of the window.
    pub window: u32,
    /// Of the discount.
    pub discount: u32,
}

/// The product of the parts in millionths, divided once and rounded down.
pub fn factor(parts: &Parts) -> Option<u32> {
    within(product(parts)?, parts.window)
}

/// The product of all parts but the window's.
fn product(parts: &Parts) -> Option<u128> {
    let rest = [parts.category, parts.audience, parts.tier, parts.discount];
    rest.iter().try_fold(u128::from(parts.class), |all, part| {
        all.checked_mul(u128::from(*part))
    })
}

/// The factor in a window.
fn within(product: u128, window: u32) -> Option<u32> {
    let all = product.checked_mul(u128::from(window))?;
    u32::try_from(all.checked_div(SIX_PARTS)?).ok()
}

impl Rules<'_> {
    /// What the factor at an instant is made of, after so much was watched, but for the preview.
    pub fn parts(&self, at_ms: u64, watched_ms: u64) -> Option<Parts> {
        Some(Parts {
            class: self.class,
            category: self.category,
            audience: self.audience,
            tier: self.tier(watched_ms),
            window: window_at(self.windows, at_ms.checked_rem(DAY_MS)?).0,
            discount: if at_ms < self.discount_until_ms {
                self.discount
            } else {
                ONE
            },
        })
    }

    /// The factor at an instant, after so much was watched.
    pub fn factor(&self, at_ms: u64, watched_ms: u64) -> Option<u32> {
        if watched_ms < self.preview_ms {
            return Some(0);
        }
        factor(&self.parts(at_ms, watched_ms)?)
    }

    fn tier(&self, watched_ms: u64) -> u32 {
        let reached = self.tiers.iter().rev().find(|t| t.after_ms <= watched_ms);
        reached.map_or(ONE, |tier| tier.factor)
    }

    /// The first instant after `at_ms` from which preview, tier or discount are others.
    fn next_change(&self, at_ms: u64, watched_ms: u64) -> u64 {
        let tiers = self.tiers.iter().map(|tier| tier.after_ms);
        tiers
            .chain([self.preview_ms])
            .filter_map(|after_ms| after_ms.checked_sub(watched_ms))
            .map(|ahead_ms| at_ms.saturating_add(ahead_ms))
            .chain([self.discount_until_ms])
            .filter(|change_ms| *change_ms > at_ms)
            .min()
            .unwrap_or(u64::MAX)
    }
}

/// The factor at a time of the day, and when the next begins.
fn window_at(windows: &[Window], day_ms: u64) -> (u32, u64) {
    let mut factor = ONE;
    let mut next_ms = DAY_MS;
    for window in windows {
        let from_ms = u64::from(window.from_min).saturating_mul(MINUTE_MS);
        let to_ms = u64::from(window.to_min).saturating_mul(MINUTE_MS);
        if (from_ms..to_ms).contains(&day_ms) {
            factor = window.factor;
        }
        for edge_ms in [from_ms, to_ms] {
            if edge_ms > day_ms {
                next_ms = next_ms.min(edge_ms);
            }
        }
    }
    (factor, next_ms)
}

/// Charges an item up to `now_ms`, as [`charge::charge`] does, by the factor of `rules` instead of its own. `watched_ms` is what it has
/// watched up to `since_ms`.
///
/// `None`: numbers out of the limits that open ensures.
pub fn charge_planned(
    item: &Item,
    steps: &[(u64, u128)],
    rules: &Rules,
    watched_ms: u64,
    now_ms: u64,
) -> Option<Planned> {
    charge_counted(item, steps, rules, watched_ms, now_ms, || ())
}

/// The same; `count` is called for each piece of time that is looked at.
fn charge_counted(
    item: &Item,
    steps: &[(u64, u128)],
    rules: &Rules,
    watched_ms: u64,
    now_ms: u64,
    count: impl FnMut(),
) -> Option<Planned> {
    let all = item.hold.checked_mul(charge::UNIT)?;
    let mut walk = Walk {
        rules,
        rate: item.rate,
        steps,
        ceiling: item.ceiling,
        left: all.checked_sub(item.accrued)?,
        at_ms: item.since_ms,
        watched_ms,
        count,
    };
    let mut ended_ms = (item.stop_ms <= now_ms).then_some(item.stop_ms);
    let until_ms = now_ms.min(item.stop_ms);
    let mut seen_ms = until_ms.max(item.since_ms);
    if item.running {
        walk.to(until_ms)?;
        seen_ms = walk.at_ms;
    }
    let rate = rate_at(item.rate, steps, seen_ms);
    let factor = rules.factor(seen_ms, walk.watched_ms)?;
    // Nothing more runs if it has ended on the way: the instant that it stopped at ends it again.
    let due = item.running && item.since_ms <= until_ms;
    if due && ends(per_ms(rate, factor)?, item.ceiling, walk.left) {
        ended_ms = Some(seen_ms);
    }
    Some(Planned {
        charged: Charged {
            accrued: all.checked_sub(walk.left)?,
            added_ms: walk.at_ms.checked_sub(item.since_ms)?,
            upto_ms: walk.at_ms,
            ended_ms,
            rate,
        },
        factor,
    })
}

/// The hold that lasts for `ms` from an instant at this rate, nothing watched before and without the preview, rounded up.
pub fn hold_for(rate: u128, rules: &Rules, from_ms: u64, ms: u64) -> Option<u128> {
    let until_ms = from_ms.checked_add(ms)?;
    let mut walk = Walk {
        rules: &Rules {
            preview_ms: 0,
            ..*rules
        },
        rate,
        steps: &[],
        ceiling: u128::MAX,
        left: u128::MAX,
        at_ms: from_ms,
        watched_ms: 0,
        count: || (),
    };
    walk.to(until_ms)?;
    (walk.at_ms == until_ms).then(|| charge::owed_ceil(u128::MAX.saturating_sub(walk.left)))
}

/// A session whose clock runs.
struct Walk<'a, C> {
    rules: &'a Rules<'a>,
    rate: u128,
    steps: &'a [(u64, u128)],
    ceiling: u128,
    left: u128,
    at_ms: u64,
    watched_ms: u64,
    count: C,
}

impl<C: FnMut()> Walk<'_, C> {
    /// Runs to an instant, or to the end of accrual before it.
    fn to(&mut self, until_ms: u64) -> Option<()> {
        while self.at_ms < until_ms {
            let from_ms = self.at_ms;
            let change_ms = self.rules.next_change(from_ms, self.watched_ms);
            let known = self
                .steps
                .partition_point(|(step_ms, _)| *step_ms <= from_ms);
            let step_ms = self.steps.get(known).map_or(u64::MAX, |step| step.0);
            let ended = self.follow_the_day(until_ms.min(change_ms).min(step_ms))?;
            let ran_ms = self.at_ms.checked_sub(from_ms)?;
            self.watched_ms = self.watched_ms.saturating_add(ran_ms);
            if ended {
                break;
            }
        }
        Some(())
    }

    /// Runs to an instant before which nothing but the time of day changes the price, and says whether accrual ended before it.
    fn follow_the_day(&mut self, to_ms: u64) -> Option<bool> {
        let rate = rate_at(self.rate, self.steps, self.at_ms);
        let product = if self.watched_ms < self.rules.preview_ms {
            0
        } else {
            product(&self.rules.parts(self.at_ms, self.watched_ms)?)?
        };

        // Any 24 hours cost the same, and pass each window once.
        let days = to_ms.checked_sub(self.at_ms)?.checked_div(DAY_MS)?;
        let day_cost = if days > 0 {
            self.day_cost(rate, product)
        } else {
            None
        };
        if let Some(cost) = day_cost {
            let covered = self.left.checked_div(cost);
            let days = covered.map_or(u128::from(days), |covered| covered.min(days.into()));
            self.left = self.left.checked_sub(cost.checked_mul(days)?)?;
            let ran_ms = u64::try_from(days).ok()?.checked_mul(DAY_MS)?;
            self.at_ms = self.at_ms.checked_add(ran_ms)?;
        }

        // Less than a day is left, or accrual ends within one.
        while self.at_ms < to_ms {
            (self.count)();
            let day_ms = self.at_ms.checked_rem(DAY_MS)?;
            let (window, next_ms) = window_at(self.rules.windows, day_ms);
            let next_ms = self.at_ms.saturating_add(next_ms.checked_sub(day_ms)?);
            let per_ms = per_ms(rate, within(product, window)?)?;
            let (left, at_ms) = (&mut self.left, &mut self.at_ms);
            if charge::run(per_ms, self.ceiling, left, at_ms, next_ms.min(to_ms))? {
                return Some(true);
            }
        }
        Some(false)
    }

    /// What a whole day costs; `None` if it cannot be run through, being above the ceiling at some time, or without measure.
    fn day_cost(&mut self, rate: u128, product: u128) -> Option<u128> {
        let mut cost = 0u128;
        let mut day_ms = 0;
        while day_ms < DAY_MS {
            (self.count)();
            let (window, next_ms) = window_at(self.rules.windows, day_ms);
            let per_ms = per_ms(rate, within(product, window)?)?;
            if is_above(per_ms, self.ceiling) {
                return None;
            }
            let span_ms = next_ms.checked_sub(day_ms)?;
            cost = cost.checked_add(per_ms.checked_mul(span_ms.into())?)?;
            day_ms = next_ms;
        }
        Some(cost)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use crate::charge::UNIT;

    /// Midnight of a day, by UTC.
    const MIDNIGHT: u64 = 20_000 * DAY_MS;
    const HOUR_MS: u64 = 3_600_000;
    const HALF: u32 = 500_000;

    /// The rate, always.
    const PLAIN: Rules<'static> = Rules {
        class: ONE,
        category: ONE,
        audience: ONE,
        discount: ONE,
        discount_until_ms: 0,
        preview_ms: 0,
        tiers: &[],
        windows: &[],
    };
    /// 1,000 base units a second since 19:59, for as long as anybody may want.
    const ITEM: Item = Item {
        rate: 1_000,
        factor: 0,
        ceiling: 1_000_000,
        hold: 100_000_000_000_000_000_000_000_000_000,
        accrued: 0,
        since_ms: MIDNIGHT + 20 * HOUR_MS - MINUTE_MS,
        running: true,
        stop_ms: u64::MAX,
    };
    /// The evening: from 20:00 to 22:30 one and a half times the price.
    const EVENING: Window = Window {
        from_min: 1_200,
        to_min: 1_350,
        factor: 1_500_000,
    };

    /// What is charged for so many milliseconds: base units owed, time, end, factor.
    fn charged(item: &Item, rules: &Rules, ms: u64) -> (u128, u64, Option<u64>, u32) {
        let now_ms = item.since_ms.saturating_add(ms);
        let planned = charge_planned(item, &[], rules, 0, now_ms).expect("within limits");
        let Charged {
            accrued, ended_ms, ..
        } = planned.charged;
        assert_eq!(accrued % UNIT, 0);
        let ended_ms = ended_ms.map(|ended_ms| ended_ms - item.since_ms);
        let added_ms = planned.charged.added_ms;
        (accrued / UNIT, added_ms, ended_ms, planned.factor)
    }

    #[test]
    fn factors_multiply_and_are_rounded_once() {
        let parts = Parts {
            class: 1_250_000,
            category: 800_000,
            audience: 900_000,
            tier: 750_000,
            window: 1_500_000,
            discount: 333_333,
        };
        // 1.25 × 0.8 × 0.9 × 0.75 × 1.5 × 0.333333 = 0.337499.6625
        assert_eq!(factor(&parts), Some(337_499));
        // 3 × 3 × 0.333333 × 0.333333 = 0.999998000001: 0.999990, were the product of the last two rounded first.
        let parts = Parts {
            class: 3_000_000,
            category: 3_000_000,
            audience: 333_333,
            tier: ONE,
            window: ONE,
            discount: 333_333,
        };
        assert_eq!(factor(&parts), Some(999_998));
        // The highest: 4^4.
        let parts = Parts {
            class: 4_000_000,
            category: 4_000_000,
            audience: ONE,
            tier: 4_000_000,
            window: 4_000_000,
            discount: ONE,
        };
        assert_eq!(factor(&parts), Some(256_000_000));
        // And what no plan may have.
        let class = u32::MAX;
        assert_eq!(factor(&Parts { class, ..parts }), None);
        let beyond = Parts {
            class,
            category: class,
            audience: class,
            tier: class,
            ..parts
        };
        assert_eq!(factor(&beyond), None);
    }

    #[test]
    fn previews_cost_nothing() {
        let rules = Rules {
            preview_ms: 5_000,
            ..PLAIN
        };
        assert_eq!(charged(&ITEM, &rules, 4_999), (0, 4_999, None, 0));
        assert_eq!(charged(&ITEM, &rules, 5_000), (0, 5_000, None, ONE));
        assert_eq!(charged(&ITEM, &rules, 7_000), (2_000, 7_000, None, ONE));
        // Not even above the ceiling, or without a hold: both count from its end on.
        let item = Item {
            ceiling: 999,
            hold: 0,
            ..ITEM
        };
        assert_eq!(charged(&item, &rules, 4_999), (0, 4_999, None, 0));
        assert_eq!(charged(&item, &rules, 9_000), (0, 5_000, Some(5_000), ONE));
        // What was watched before counts.
        let planned = charge_planned(&ITEM, &[], &rules, 4_000, ITEM.since_ms + 3_000);
        let owed = planned.map(|p| p.charged.accrued);
        assert_eq!(owed, Some(2_000 * UNIT));
    }

    #[test]
    fn tiers_go_by_time_watched() {
        let tiers = [
            Tier {
                after_ms: 10_000,
                factor: HALF,
            },
            Tier {
                after_ms: 20_000,
                factor: 250_000,
            },
        ];
        let rules = Rules {
            tiers: &tiers,
            ..PLAIN
        };
        assert_eq!(charged(&ITEM, &rules, 9_000), (9_000, 9_000, None, ONE));
        assert_eq!(charged(&ITEM, &rules, 10_000), (10_000, 10_000, None, HALF));
        // 10 s at 1,000, 10 s at 500, 4 s at 250.
        assert_eq!(
            charged(&ITEM, &rules, 24_000),
            (16_000, 24_000, None, 250_000)
        );
        // Free seconds count as watched.
        let rules = Rules {
            preview_ms: 15_000,
            ..rules
        };
        assert_eq!(
            charged(&ITEM, &rules, 24_000),
            (3_500, 24_000, None, 250_000)
        );
    }

    #[test]
    fn windows_go_by_the_day() {
        let rules = Rules {
            windows: &[EVENING],
            ..PLAIN
        };
        assert_eq!(charged(&ITEM, &rules, 59_000), (59_000, 59_000, None, ONE));
        assert_eq!(
            charged(&ITEM, &rules, 60_000),
            (60_000, 60_000, None, 1_500_000)
        );
        // A minute at 1,000, two and a half hours at 1,500, ten seconds at 1,000.
        let ms = MINUTE_MS + 150 * MINUTE_MS + 10_000;
        assert_eq!(
            charged(&ITEM, &rules, ms),
            (60_000 + 13_500_000 + 10_000, ms, None, ONE)
        );
        // A week: 86,400 + 4,500 a day, thousandfold.
        assert_eq!(
            charged(&ITEM, &rules, 7 * DAY_MS).0,
            7 * (86_400 + 4_500) * 1_000
        );
        // A dearer evening than the viewer wants.
        let item = Item {
            ceiling: 1_499,
            ..ITEM
        };
        assert_eq!(
            charged(&item, &rules, 400 * DAY_MS),
            (60_000, 60_000, Some(60_000), 1_500_000)
        );
    }

    #[test]
    fn discounts_lapse() {
        let rules = Rules {
            discount: 0,
            discount_until_ms: ITEM.since_ms + 30_000,
            ..PLAIN
        };
        assert_eq!(charged(&ITEM, &rules, 29_999), (0, 29_999, None, 0));
        assert_eq!(charged(&ITEM, &rules, 30_000), (0, 30_000, None, ONE));
        assert_eq!(charged(&ITEM, &rules, 31_000), (1_000, 31_000, None, ONE));
        let lapsed = Rules {
            discount_until_ms: ITEM.since_ms,
            ..rules
        };
        assert_eq!(charged(&ITEM, &lapsed, 1_000), (1_000, 1_000, None, ONE));
    }

    #[test]
    fn holds_end_at_their_last_whole_millisecond() {
        let rules = Rules {
            windows: &[EVENING],
            ..PLAIN
        };
        // Ten days cost 909,000,000, of which the last minute is at 1,000 a second; 3,000 more last for three seconds.
        let item = Item {
            hold: 909_003_000,
            ..ITEM
        };
        let ended_ms = 10 * DAY_MS + 3_000;
        let end = (909_003_000, ended_ms, Some(ended_ms), ONE);
        assert_eq!(charged(&item, &rules, ended_ms), end);
        assert_eq!(charged(&item, &rules, 4_000 * DAY_MS), end);
        assert_eq!(charged(&item, &rules, u64::MAX), end);
        assert_eq!(charged(&item, &rules, ended_ms - 1_000).2, None);
    }

    #[test]
    fn steps_count_as_they_do_without_a_plan() {
        let rules = Rules {
            preview_ms: 1_000,
            windows: &[EVENING],
            ..PLAIN
        };
        let steps = [(ITEM.since_ms + 59_000, 2_000), (ITEM.since_ms + 61_000, 0)];
        let now_ms = ITEM.since_ms + 100 * DAY_MS;
        let planned = charge_planned(&ITEM, &steps, &rules, 0, now_ms).expect("within limits");
        // 58 s at 1,000, 1 s at 2,000, 1 s at 3,000.
        assert_eq!(planned.charged.accrued, 63_000 * UNIT);
        assert_eq!((planned.charged.upto_ms, planned.charged.rate), (now_ms, 0));
    }

    #[test]
    fn paused_items_are_told_what_they_would_resume_at() {
        let rules = Rules {
            preview_ms: 5_000,
            windows: &[EVENING],
            ..PLAIN
        };
        let item = Item {
            running: false,
            stop_ms: ITEM.since_ms + HOUR_MS,
            accrued: 7 * UNIT,
            ..ITEM
        };
        let factor = |watched_ms, ms| {
            let planned = charge_planned(&item, &[], &rules, watched_ms, ITEM.since_ms + ms);
            let Planned { charged, factor } = planned.expect("within limits");
            assert_eq!((charged.accrued, charged.added_ms), (7 * UNIT, 0));
            (factor, charged.ended_ms.is_some())
        };
        assert_eq!(factor(4_999, 99_000), (0, false));
        assert_eq!(factor(5_000, 59_999), (ONE, false));
        assert_eq!(factor(5_000, 60_000), (1_500_000, false));
        // After its stop: of the stop.
        assert_eq!(factor(5_000, 12 * HOUR_MS), (1_500_000, true));
    }

    #[test]
    fn hold_for_is_what_is_charged_rounded_up() {
        let tiers = [Tier {
            after_ms: 90_000,
            factor: HALF,
        }];
        let rules = Rules {
            preview_ms: 5_000,
            tiers: &tiers,
            windows: &[EVENING],
            ..PLAIN
        };
        let hold = |ms| hold_for(1_000, &rules, ITEM.since_ms, ms);
        // A minute at 1,000, half of one at 1,500, ten seconds at 750; the preview does not count.
        assert_eq!(hold(100_000), Some(60_000 + 45_000 + 7_500));
        assert_eq!(hold(0), Some(0));
        assert_eq!(hold(1), Some(1));
        assert_eq!(hold_for(3, &PLAIN, 0, 333), Some(1));
        assert_eq!(hold_for(3, &PLAIN, 0, 334), Some(2));
        // 500 on an ordinary second of the second tier, 750 in the evening.
        let year = 365 * (86_400 * 500 + 9_000 * 250) + 90 * 500 + 30 * 250;
        assert_eq!(hold(365 * DAY_MS), Some(year));
        assert_eq!(hold(u64::MAX), None);
        assert_eq!(hold_for(u128::MAX, &PLAIN, 0, 1), None);
        assert_eq!(hold_for(u128::MAX / 2_000_000, &PLAIN, 0, 90_000), None);
    }

    #[test]
    fn charge_fails_when_out_of_limits() {
        let fails = |item: &Item, rules: &Rules| {
            charge_planned(item, &[], rules, 0, item.since_ms + 1).is_none()
        };
        assert!(!fails(&ITEM, &PLAIN));
        let hold = u128::MAX;
        assert!(fails(&Item { hold, ..ITEM }, &PLAIN));
        let accrued = u128::MAX;
        assert!(fails(&Item { accrued, ..ITEM }, &PLAIN));
        let rate = u128::MAX;
        assert!(fails(&Item { rate, ..ITEM }, &PLAIN));
        let class = u32::MAX;
        let category = u32::MAX;
        assert!(fails(
            &ITEM,
            &Rules {
                class,
                category,
                ..PLAIN
            }
        ));
    }

    /// How many pieces of time charging looks at.
    fn pieces(item: &Item, steps: &[(u64, u128)], rules: &Rules, now_ms: u64) -> u32 {
        let mut pieces = 0;
        let planned = charge_counted(item, steps, rules, 0, now_ms, || pieces += 1);
        assert!(planned.is_some());
        pieces
    }

    #[test]
    fn a_year_costs_no_more_than_two_days() {
        let window = |from_min| Window {
            from_min,
            to_min: from_min + 60,
            factor: 1_100_000,
        };
        let windows = [window(60), window(600), window(1_200)];
        let rules = Rules {
            windows: &windows,
            ..PLAIN
        };
        let after = |days: u64| pieces(&ITEM, &[], &rules, ITEM.since_ms + days * DAY_MS + 1);
        // The day's seven parts, and the one of the millisecond.
        for days in [1, 2, 7, 365, 36_500] {
            assert_eq!(after(days), 8);
        }
        // To the end of time, less than a day remains; when the hold ends, too.
        assert!(pieces(&ITEM, &[], &rules, u64::MAX) <= 15);
        let item = Item {
            hold: 1_000 * 86_400 * 1_000,
            ..ITEM
        };
        assert!(pieces(&item, &[], &rules, u64::MAX) <= 15);
        let item = Item {
            ceiling: 1_099,
            ..ITEM
        };
        assert!(pieces(&item, &[], &rules, u64::MAX) <= 15);
        // Each change of something else costs as much again, at most.
        let tier = |day| Tier {
            after_ms: day * DAY_MS,
            factor: 999_999,
        };
        let tiers = [tier(20), tier(40), tier(60), tier(80)];
        let rules = Rules {
            preview_ms: HOUR_MS,
            discount: HALF,
            discount_until_ms: ITEM.since_ms + 50 * DAY_MS,
            tiers: &tiers,
            ..rules
        };
        let mut steps = [(0, 1); 64];
        for (step, day) in steps.iter_mut().zip(1..) {
            step.0 = ITEM.since_ms + day * 3 * DAY_MS + 7;
        }
        let most = (64 + 1 + 4 + 1 + 1) * 15;
        assert!(pieces(&ITEM, &steps, &rules, u64::MAX) <= most);
    }
}
