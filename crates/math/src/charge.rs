//! What a session owes: a pure function of its state, its broadcast's price track and time.
//!
//! Amounts accrue exactly, as rate (base units a second) × factor (millionths) × milliseconds, that is in
//! 10^9ths of a base unit, and are divided only when money moves.

/// What is accrued for one base unit.
pub const UNIT: u128 = 1_000_000_000;
/// A price factor of one.
const FACTOR_ONE: u128 = 1_000_000;

/// A session, as far as its charge goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The base rate at open, in base units a second: what counts until the first step.
    pub rate: u128,
    /// The price factor in millionths.
    pub factor: u32,
    /// The highest price, in base units a second.
    pub ceiling: u128,
    /// All that was placed on hold, in base units.
    pub hold: u128,
    /// Accrued so far.
    pub accrued: u128,
    /// From when it has not been charged.
    pub since_ms: u64,
    /// Whether it runs; a paused session accrues nothing.
    pub running: bool,
    /// When its accrual ends whatever happens.
    pub stop_ms: u64,
}

/// What charging found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charged {
    /// Accrued up to `upto_ms`; never above the hold's.
    pub accrued: u128,
    /// Milliseconds that were added.
    pub added_ms: u64,
    /// Up to when it is charged; never before the item's `since_ms`.
    pub upto_ms: u64,
    /// When accrual ended for good, if it has.
    pub ended_ms: Option<u64>,
    /// The base rate at `upto_ms`; of a paused item, at now or its stop: what it would resume at.
    pub rate: u128,
}

/// Whole base units owed for what is accrued, rounded down.
pub fn owed(accrued: u128) -> u128 {
    accrued.checked_div(UNIT).unwrap_or(0)
}

/// Whole base units that cover what is accrued: rounded up.
pub fn owed_ceil(accrued: u128) -> u128 {
    accrued.div_ceil(UNIT)
}

/// The price a second: rate × factor, rounded down.
pub fn price(rate: u128, factor: u32) -> Option<u128> {
    per_ms(rate, factor)?.checked_div(FACTOR_ONE)
}

/// Whether rate × factor is above the ceiling, exactly. Any ceiling will do.
pub fn above_ceiling(rate: u128, factor: u32, ceiling: u128) -> Option<bool> {
    Some(is_above(per_ms(rate, factor)?, ceiling))
}

/// The hold that lasts for `ms` at this price, rounded up.
pub fn hold_for(rate: u128, factor: u32, ms: u64) -> Option<u128> {
    Some(
        per_ms(rate, factor)?
            .checked_mul(u128::from(ms))?
            .div_ceil(UNIT),
    )
}

/// How many whole milliseconds a hold covers at this price; `u64::MAX` if it never runs out.
/// A hold or a price out of the limits that open ensures gives too few rather than too many.
pub fn lasts_ms(hold: u128, rate: u128, factor: u32) -> u64 {
    let Some(per_ms) = per_ms(rate, factor) else {
        return 0;
    };
    hold.saturating_mul(UNIT)
        .checked_div(per_ms)
        .and_then(|ms| u64::try_from(ms).ok())
        .unwrap_or(u64::MAX)
}

/// Charges an item up to `now_ms`. `steps` are the repricings in its asset as (from when, rate), in ascending order: the
/// rate at t is that of the last step from t or earlier, or the item's own.
///
/// Accrual ends at the earliest of: `stop_ms`; the first instant from `since_ms` on whose price is above the ceiling, or whose next
/// millisecond the hold cannot pay in full. That is judged instant by instant, so charging at any instants in between changes nothing.
///
/// `None`: numbers out of the limits that open ensures.
pub fn charge(item: &Item, steps: &[(u64, u128)], now_ms: u64) -> Option<Charged> {
    let mut left = item.hold.checked_mul(UNIT)?.checked_sub(item.accrued)?;
    let mut at_ms = item.since_ms;
    let mut rate = rate_at(item.rate, steps, at_ms);
    let mut ended_ms = (item.stop_ms <= now_ms).then_some(item.stop_ms);
    let until_ms = now_ms.min(item.stop_ms);

    if !item.running {
        rate = rate_at(item.rate, steps, until_ms.max(at_ms));
    } else if at_ms <= until_ms {
        let ahead = steps
            .iter()
            .filter(|(from_ms, _)| *from_ms > item.since_ms && *from_ms <= until_ms);
        for &(from_ms, next_rate) in ahead {
            let per_ms = per_ms(rate, item.factor)?;
            if run(per_ms, item.ceiling, &mut left, &mut at_ms, from_ms)? {
                break;
            }
            rate = next_rate;
        }
        let per_ms = per_ms(rate, item.factor)?;
        // Nothing more runs if it has ended on the way: the first instant of what is left ends it again.
        run(per_ms, item.ceiling, &mut left, &mut at_ms, until_ms)?;
        if ends(per_ms, item.ceiling, left) {
            ended_ms = Some(at_ms);
        }
    }
    Some(Charged {
        accrued: item.hold.checked_mul(UNIT)?.checked_sub(left)?,
        added_ms: at_ms.checked_sub(item.since_ms)?,
        upto_ms: at_ms,
        ended_ms,
        rate,
    })
}

/// The base rate at an instant: that of the last step from it or earlier, or `first`.
pub fn rate_at(first: u128, steps: &[(u64, u128)], at_ms: u64) -> u128 {
    let known = steps.partition_point(|(from_ms, _)| *from_ms <= at_ms);
    known
        .checked_sub(1)
        .and_then(|last| steps.get(last))
        .map_or(first, |(_, rate)| *rate)
}

/// Runs the clock at one price from `at_ms` to `to_ms`, and says whether accrual ended before `to_ms`.
pub(crate) fn run(
    per_ms: u128,
    ceiling: u128,
    left: &mut u128,
    at_ms: &mut u64,
    to_ms: u64,
) -> Option<bool> {
    let span_ms = to_ms.checked_sub(*at_ms)?;
    if span_ms == 0 {
        return Some(false);
    }
    if is_above(per_ms, ceiling) {
        return Some(true);
    }
    if let Some(rest) = per_ms
        .checked_mul(u128::from(span_ms))
        .and_then(|cost| left.checked_sub(cost))
    {
        *left = rest;
        *at_ms = to_ms;
        return Some(false);
    }
    // The hold pays for fewer milliseconds than the span, and the price is not zero.
    let covered = left.checked_div(per_ms)?;
    *left = left.checked_sub(covered.checked_mul(per_ms)?)?;
    *at_ms = at_ms.checked_add(u64::try_from(covered).ok()?)?;
    Some(true)
}

/// Whether accrual ends at an instant with this price and this much left.
pub(crate) fn ends(per_ms: u128, ceiling: u128, left: u128) -> bool {
    is_above(per_ms, ceiling) || left < per_ms
}

/// Whether per_ms > ceiling × 10^6.
pub(crate) fn is_above(per_ms: u128, ceiling: u128) -> bool {
    // If the right side overflows, it is above all that the left can be.
    ceiling
        .checked_mul(FACTOR_ONE)
        .is_some_and(|highest| per_ms > highest)
}

/// What a millisecond accrues.
pub(crate) fn per_ms(rate: u128, factor: u32) -> Option<u128> {
    rate.checked_mul(u128::from(factor))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    /// 2 base units a second, not above 4; its hold of 10 lasts for 5 s.
    const ITEM: Item = Item {
        rate: 2,
        factor: 1_000_000,
        ceiling: 4,
        hold: 10,
        accrued: 0,
        since_ms: 1_000,
        running: true,
        stop_ms: u64::MAX,
    };

    fn charged(accrued: u128, upto_ms: u64, ended_ms: Option<u64>, rate: u128) -> Option<Charged> {
        Some(Charged {
            accrued,
            added_ms: upto_ms - ITEM.since_ms,
            upto_ms,
            ended_ms,
            rate,
        })
    }

    #[test]
    fn charge_works() {
        // 1.5 s at 2 a second.
        assert_eq!(
            charge(&ITEM, &[], 2_500),
            charged(3_000_000_000, 2_500, None, 2)
        );
        // A factor of 1.25, and 1 base unit accrued before: 1 + 2 × 1.25 × 1.5 = 4.75.
        let item = Item {
            factor: 1_250_000,
            accrued: UNIT,
            ..ITEM
        };
        assert_eq!(
            charge(&item, &[], 2_500),
            charged(4_750_000_000, 2_500, None, 2)
        );
    }

    #[test]
    fn charge_works_across_steps() {
        // At 0 the rate became 3, at 1.5 s 4, at 2.5 s 1: 0.5 s at 3, 1 s at 4, 0.5 s at 1.
        let steps = [(0, 3), (1_500, 4), (2_500, 1)];
        assert_eq!(
            charge(&ITEM, &steps, 3_000),
            charged(6_000_000_000, 3_000, None, 1)
        );
        // A step counts from its own instant on.
        assert_eq!(
            charge(&ITEM, &steps, 2_500),
            charged(5_500_000_000, 2_500, None, 1)
        );
        assert_eq!(
            charge(&ITEM, &steps, 2_499),
            charged(5_496_000_000, 2_499, None, 4)
        );
    }

    #[test]
    fn charge_ends_when_the_hold_is_used_up() {
        assert_eq!(
            charge(&ITEM, &[], 5_999),
            charged(9_998_000_000, 5_999, None, 2)
        );
        let end = charged(10_000_000_000, 6_000, Some(6_000), 2);
        assert_eq!(charge(&ITEM, &[], 6_000), end);
        assert_eq!(charge(&ITEM, &[], u64::MAX), end);
    }

    #[test]
    fn charge_ends_at_the_last_whole_millisecond_that_the_hold_covers() {
        // 10 / 3 = 3.333 s; what is left of the hold, 0.001, goes back.
        let item = Item { rate: 3, ..ITEM };
        assert_eq!(
            charge(&item, &[], 9_000),
            charged(9_999_000_000, 4_333, Some(4_333), 3)
        );
        // Unless a millisecond from then on costs less: the rest pays for one at 1 a second.
        assert_eq!(
            charge(&item, &[(4_333, 1)], 9_000),
            charged(10_000_000_000, 4_334, Some(4_334), 1)
        );
    }

    #[test]
    fn charge_ends_when_the_price_passes_the_ceiling() {
        let steps = [(2_000, 4), (3_000, 5), (4_000, 1)];
        assert_eq!(
            charge(&ITEM, &steps, 2_999),
            charged(5_996_000_000, 2_999, None, 4)
        );
        let end = charged(6_000_000_000, 3_000, Some(3_000), 5);
        assert_eq!(charge(&ITEM, &steps, 3_000), end);
        assert_eq!(charge(&ITEM, &steps, 9_000), end);
        // By less than a whole unit, too: 4 × 1.000001 > 4.
        let item = Item {
            factor: 1_000_001,
            ..ITEM
        };
        assert_eq!(
            charge(&item, &steps, 9_000),
            charged(2_000_002_000, 2_000, Some(2_000), 4)
        );
    }

    #[test]
    fn charge_skips_a_step_that_was_replaced_at_once() {
        let steps = [(2_000, 5), (2_000, 1)];
        assert_eq!(
            charge(&ITEM, &steps, 3_000),
            charged(3_000_000_000, 3_000, None, 1)
        );
    }

    #[test]
    fn charge_ends_at_the_stop() {
        let item = Item {
            stop_ms: 2_000,
            ..ITEM
        };
        assert_eq!(
            charge(&item, &[(2_000, 3)], 1_999),
            charged(1_998_000_000, 1_999, None, 2)
        );
        let end = charged(2_000_000_000, 2_000, Some(2_000), 3);
        assert_eq!(charge(&item, &[(2_000, 3)], 2_000), end);
        assert_eq!(charge(&item, &[(2_000, 3), (2_500, 9)], 9_000), end);
    }

    #[test]
    fn charge_adds_nothing_when_paused() {
        let item = Item {
            running: false,
            stop_ms: 5_000,
            accrued: 7,
            ..ITEM
        };
        let steps = [(4_999, 9), (5_001, 3)];
        assert_eq!(charge(&item, &steps, 4_998), charged(7, 1_000, None, 2));
        // What it would resume at.
        assert_eq!(charge(&item, &steps, 4_999), charged(7, 1_000, None, 9));
        assert_eq!(
            charge(&item, &steps, 9_000),
            charged(7, 1_000, Some(5_000), 9)
        );
    }

    #[test]
    fn charge_adds_nothing_outside_its_time() {
        assert_eq!(charge(&ITEM, &[], 999), charged(0, 1_000, None, 2));
        assert_eq!(charge(&ITEM, &[], 1_000), charged(0, 1_000, None, 2));
        let item = Item {
            stop_ms: 900,
            ..ITEM
        };
        assert_eq!(charge(&item, &[], 899), charged(0, 1_000, None, 2));
        assert_eq!(charge(&item, &[], 950), charged(0, 1_000, Some(900), 2));
        assert_eq!(charge(&item, &[], 9_000), charged(0, 1_000, Some(900), 2));
    }

    #[test]
    fn charge_never_ends_at_no_price() {
        let item = Item {
            factor: 0,
            hold: 0,
            ceiling: 0,
            ..ITEM
        };
        assert_eq!(
            charge(&item, &[], u64::MAX - 1),
            charged(0, u64::MAX - 1, None, 2)
        );
    }

    #[test]
    fn charge_fails_when_out_of_limits() {
        let accrued = 10 * UNIT + 1;
        assert_eq!(charge(&Item { accrued, ..ITEM }, &[], 0), None);
        let hold = u128::MAX;
        assert_eq!(charge(&Item { hold, ..ITEM }, &[], 0), None);
        let rate = u128::MAX;
        assert_eq!(charge(&Item { rate, ..ITEM }, &[], 2_000), None);
    }

    #[test]
    fn owed_and_price_round_down() {
        assert_eq!(owed(2_999_999_999), 2);
        assert_eq!(owed(3_000_000_000), 3);
        assert_eq!(price(3, 1_499_999), Some(4));
        assert_eq!(price(u128::MAX, 2), None);
    }

    #[test]
    fn above_ceiling_is_exact() {
        assert_eq!(above_ceiling(4, 1_000_000, 4), Some(false));
        assert_eq!(above_ceiling(4, 1_000_001, 4), Some(true));
        assert_eq!(above_ceiling(4, 1_000_000, u128::MAX), Some(false));
        assert_eq!(above_ceiling(u128::MAX, 1, u128::MAX), Some(false));
        assert_eq!(
            above_ceiling(u128::MAX, 1, u128::MAX / 1_000_000),
            Some(true)
        );
        assert_eq!(above_ceiling(u128::MAX, 2, u128::MAX), None);
    }

    #[test]
    fn holds_and_their_time_work() {
        // 3 × 0.333333 s = 0.999999 s → 1.
        assert_eq!(hold_for(3, 1_000_000, 333), Some(1));
        assert_eq!(hold_for(3, 1_000_000, 334), Some(2));
        assert_eq!(hold_for(3, 1_000_000, 0), Some(0));
        assert_eq!(hold_for(u128::MAX, 1, 2), None);
        assert_eq!(lasts_ms(1, 3, 1_000_000), 333);
        assert_eq!(lasts_ms(1, 0, 1_000_000), u64::MAX);
        assert_eq!(lasts_ms(u128::MAX, 1, 1), u64::MAX);
        assert_eq!(lasts_ms(1, u128::MAX, 2), 0);
    }
}
