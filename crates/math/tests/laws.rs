//! Laws of the arithmetic, on random numbers. `CASES` sets how many (5,000 each by default); the numbers in
//! names are those of the design's laws.

use proptest::prelude::*;
use vilokanam_math::charge::{
    above_ceiling, charge, hold_for, lasts_ms, owed, price, rate_at, Charged, Item, UNIT,
};
use vilokanam_math::split::{split, Split};

const MAX_RATE: u128 = 1_000_000_000_000_000_000;
const MAX_HOLD: u128 = 100_000_000_000_000_000_000_000_000_000;
const MAX_FACTOR: u32 = 10_000_000;

fn config() -> ProptestConfig {
    let cases = std::env::var("CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(5_000);
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

type Steps = Vec<(u64, u128)>;

/// Steps in order, each instant at most once, as a price track has them.
fn steps(
    ms: impl Strategy<Value = u64>,
    rate: impl Strategy<Value = u128>,
) -> impl Strategy<Value = Steps> {
    prop::collection::vec((ms, rate), 0..8).prop_map(|mut steps| {
        steps.sort();
        steps.dedup_by_key(|step| step.0);
        steps
    })
}

prop_compose! {
    /// A session of a few seconds at most, that every limit can end.
    fn small_item()(
        rate in 0u128..8,
        factor in prop_oneof![Just(1_000_000), Just(0), 0u32..4_000_000],
        ceiling in prop_oneof![0u128..12, Just(u128::MAX)],
        hold in 0u128..12,
        accrued in any::<prop::sample::Index>(),
        since_ms in 0u64..1_000,
        running in prop::bool::weighted(0.9),
        stop_ms in prop_oneof![0u64..4_000, Just(u64::MAX)],
    ) -> Item {
        // Half of the sessions are charged for the first time.
        let accrued = (accrued.index(2_000) as u128).saturating_sub(1_000) * hold * UNIT / 1_000;
        Item { rate, factor, ceiling, hold, accrued, since_ms, running, stop_ms }
    }
}

fn small() -> impl Strategy<Value = (Item, Steps, u64)> {
    (small_item(), steps(0u64..4_000, 0u128..8), 0u64..4_000)
}

prop_compose! {
    /// Numbers of every size within the limits that open ensures.
    fn large_item()(
        rate in sized(MAX_RATE),
        factor in prop_oneof![Just(1_000_000), 0..=MAX_FACTOR],
        ceiling in prop_oneof![sized(MAX_RATE * 10), any::<u128>()],
        hold in sized(MAX_HOLD),
        used in 0u128..=1_000,
        since_ms in time(),
        running in prop::bool::weighted(0.9),
        stop_ms in time(),
    ) -> Item {
        let accrued = hold * (UNIT / 1_000) * used.saturating_sub(500);
        Item { rate, factor, ceiling, hold, accrued, since_ms, running, stop_ms }
    }
}

/// Up to `max`, as many small as large.
fn sized(max: u128) -> impl Strategy<Value = u128> {
    (0u32..128, any::<u128>()).prop_map(move |(bits, n)| (n >> bits).min(max))
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![
        (0u32..64, any::<u64>()).prop_map(|(bits, ms)| ms >> bits),
        1_700_000_000_000u64..1_700_010_000_000,
        Just(u64::MAX),
    ]
}

fn large() -> impl Strategy<Value = (Item, Steps, u64)> {
    (large_item(), steps(time(), sized(MAX_RATE)), time())
}

/// The item after it was charged.
fn after(item: Item, charged: Charged) -> Item {
    Item {
        accrued: charged.accrued,
        since_ms: charged.upto_ms,
        ..item
    }
}

fn per_ms(item: &Item, rate: u128) -> u128 {
    rate * u128::from(item.factor)
}

fn too_dear(item: &Item, rate: u128) -> bool {
    per_ms(item, rate).div_ceil(1_000_000) > item.ceiling
}

/// The specification's words, one millisecond after the other.
fn watch(item: &Item, steps: &Steps, now_ms: u64) -> Charged {
    let rate = |ms: u64| {
        let set = steps.iter().rev().find(|step| step.0 <= ms);
        set.map_or(item.rate, |step| step.1)
    };
    let mut accrued = item.accrued;
    let mut clock = item.since_ms;
    let mut ended_ms = (item.stop_ms <= now_ms).then_some(item.stop_ms);
    while item.running && clock <= now_ms && clock < item.stop_ms {
        let next = accrued + rate(clock) * u128::from(item.factor);
        let dear = rate(clock) * u128::from(item.factor) > item.ceiling.saturating_mul(1_000_000);
        if dear || next > item.hold * 1_000_000_000 {
            ended_ms = Some(clock);
            break;
        }
        if clock == now_ms {
            break;
        }
        accrued = next;
        clock += 1;
    }
    Charged {
        accrued,
        added_ms: clock - item.since_ms,
        upto_ms: clock,
        ended_ms,
        rate: rate(if item.running {
            clock
        } else {
            clock.max(now_ms.min(item.stop_ms))
        }),
    }
}

/// What would accrue in [from, to) if nothing ended it: each step's time, cut to the window.
fn integral(item: &Item, steps: &Steps, from_ms: u64, to_ms: u64) -> u128 {
    let starts = std::iter::once((0, item.rate)).chain(steps.iter().copied());
    let ends = steps.iter().map(|step| step.0).chain([u64::MAX]);
    starts
        .zip(ends)
        .map(|((start, rate), end)| {
            let time = end.min(to_ms).saturating_sub(start.max(from_ms));
            per_ms(item, rate) * u128::from(time)
        })
        .sum()
}

fn parts(split: &Split) -> [u128; 6] {
    let [a, b, c] = split.cohosts;
    [split.platform, split.referrer, split.owner, a, b, c]
}

prop_compose! {
    fn shares()(
        fee in prop_oneof![0u16..=3_000, 0u16..=10_000],
        referral in 0u16..=10_000,
        mut cuts in prop::collection::vec(0u16..=10_000, 0..=3),
    ) -> (u16, u16, Vec<u16>) {
        // The gaps between sorted cuts: they sum to 10,000 at most.
        cuts.sort();
        let mut last = 0;
        let cohosts = cuts.iter().map(|cut| cut - std::mem::replace(&mut last, *cut)).collect();
        (fee, referral, cohosts)
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn law_04_parts_sum_to_what_was_settled(total in sized(MAX_HOLD), (fee, referral, cohosts) in shares()) {
        let split = split(total, fee, referral, &cohosts).unwrap();
        prop_assert_eq!(parts(&split).iter().sum::<u128>(), total);
    }

    #[test]
    fn law_04_every_part_is_within_rounding_of_its_share(
        total in sized(MAX_HOLD / 10_000),
        (fee, referral, cohosts) in shares(),
    ) {
        // Against the exact fractions, all multiplied by 10^8.
        const WHOLE: u128 = 100_000_000;
        let split = split(total, fee, referral, &cohosts).unwrap();
        let [platform, referrer, owner, ..] = parts(&split).map(|part| part * WHOLE);
        let (fee, referral) = (u128::from(fee), u128::from(referral));
        let net = total * (10_000 - fee);
        // The fee rounds down by less than one, and so does the referrer's part of it.
        let (all_fee, to_referrer) = (total * fee * 10_000, total * fee * referral);
        prop_assert!(platform + referrer <= all_fee && all_fee < platform + referrer + WHOLE);
        prop_assert!(referrer <= to_referrer && to_referrer < referrer + 2 * WHOLE);
        // Each part rounds down by less than one, which goes to those after it.
        let (mut sum, mut gained) = (0, WHOLE);
        for (i, bps) in cohosts.iter().enumerate() {
            let (got, exact) = (split.cohosts[i] * WHOLE, net * u128::from(*bps));
            prop_assert!(got < exact + gained && exact < got + WHOLE);
            sum += u128::from(*bps);
            gained += WHOLE;
        }
        let exact = net * (10_000 - sum);
        prop_assert!(exact <= owner && owner < exact + gained);
    }

    #[test]
    fn law_08_any_partition_of_settlements_gives_the_same_parts(
        mut totals in prop::collection::vec(sized(MAX_HOLD), 1..6),
        (fee, referral, cohosts) in shares(),
    ) {
        totals.sort();
        let mut paid = [0; 6];
        let mut before = split(0, fee, referral, &cohosts).unwrap();
        for total in &totals {
            let after = split(*total, fee, referral, &cohosts).unwrap();
            for (i, paid) in paid.iter_mut().enumerate() {
                // No part falls as the total grows.
                *paid += parts(&after)[i].checked_sub(parts(&before)[i]).unwrap();
            }
            before = after;
        }
        prop_assert_eq!(paid, parts(&before));
    }

    #[test]
    fn law_05_matches_a_model_that_counts_milliseconds((item, steps, now) in small()) {
        prop_assert_eq!(charge(&item, &steps, now), Some(watch(&item, &steps, now)));
    }

    #[test]
    fn law_05_matches_the_integral_of_the_price((item, steps, now) in large()) {
        let charged = charge(&item, &steps, now).unwrap();
        let (from, upto) = (item.since_ms, charged.upto_ms);
        prop_assert_eq!(charged.accrued - item.accrued, integral(&item, &steps, from, upto));

        // It ended no later than it must ...
        let last = now.min(item.stop_ms);
        let seen = if item.running { upto } else { last.max(from) };
        prop_assert_eq!(charged.rate, rate_at(item.rate, &steps, seen));
        let left = item.hold * UNIT - charged.accrued;
        let ends = too_dear(&item, charged.rate) || left < per_ms(&item, charged.rate);
        if !item.running || from > last {
            prop_assert_eq!(upto, from);
            prop_assert_eq!(charged.ended_ms, (item.stop_ms <= now).then_some(item.stop_ms));
        } else if let Some(ended) = charged.ended_ms {
            prop_assert_eq!(ended, upto);
            prop_assert!(ends || ended == item.stop_ms);
        } else {
            prop_assert_eq!(upto, now);
            prop_assert!(!ends && now < item.stop_ms);
        }
        // ... and no earlier: nothing that it was charged for was above the ceiling or beyond the hold.
        for (ms, rate) in std::iter::once((from, rate_at(item.rate, &steps, from))).chain(steps.clone()) {
            prop_assert!(ms < from || ms >= upto || !too_dear(&item, rate));
        }
    }

    #[test]
    fn law_06_owed_never_falls_nor_exceeds_the_hold_or_the_ceiling(
        (item, steps, now) in prop_oneof![small(), large()],
        later in 0u64..5_000,
    ) {
        let first = charge(&item, &steps, now).unwrap();
        let second = charge(&item, &steps, now.saturating_add(later)).unwrap();
        prop_assert!(owed(item.accrued) <= owed(first.accrued));
        prop_assert!(first.accrued <= second.accrued);
        prop_assert!(second.accrued <= item.hold * UNIT && owed(second.accrued) <= item.hold);
        let most = item.ceiling.saturating_mul(1_000_000).saturating_mul(u128::from(second.added_ms));
        prop_assert!(second.accrued - item.accrued <= most);
        // What has ended stays so, at the same time and cost.
        if first.ended_ms.is_some() {
            prop_assert_eq!(second, first);
        }
    }

    #[test]
    fn law_07_nobody_pays_for_paused_time_or_after_the_stop((item, steps, now) in prop_oneof![small(), large()]) {
        let charged = charge(&item, &steps, now).unwrap();
        if !item.running {
            prop_assert_eq!(charged.accrued, item.accrued);
            prop_assert_eq!(charged.added_ms, 0);
        }
        prop_assert!(charged.added_ms == 0 || charged.upto_ms <= item.stop_ms.min(now));
        // The stop changes nothing before itself, and is all that changes after.
        let earlier = charge(&Item { stop_ms: u64::MAX, ..item }, &steps, now.min(item.stop_ms)).unwrap();
        prop_assert_eq!(charged.accrued, earlier.accrued);
        prop_assert_eq!(charged.upto_ms, earlier.upto_ms);
    }

    #[test]
    fn law_08_any_partition_of_time_gives_the_same_charge(
        (item, steps, now) in prop_oneof![small(), large()],
        instants in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 0..6),
    ) {
        let whole = charge(&item, &steps, now).unwrap();
        // Half of the instants are those of the track itself.
        let known: Vec<u64> = steps.iter().map(|step| step.0).chain([item.stop_ms, whole.upto_ms]).collect();
        let mut instants: Vec<u64> = instants
            .iter()
            .map(|(of_track, at)| match of_track {
                true => known[at.index(known.len())],
                false => at.index(usize::MAX) as u64 % now.max(1),
            })
            .map(|at| at.min(now))
            .collect();
        instants.sort();
        instants.extend([now, now]);
        let mut item = item;
        let mut added = 0;
        let mut last = None;
        for at in instants {
            let charged = charge(&item, &steps, at).unwrap();
            added += charged.added_ms;
            item = after(item, charged);
            last = Some(charged);
        }
        prop_assert_eq!(last, Some(Charged { added_ms: 0, ..whole }));
        prop_assert_eq!(added, whole.added_ms);
    }

    #[test]
    fn law_09_charged_time_never_goes_back((item, steps, now) in prop_oneof![small(), large()], then in time()) {
        let first = charge(&item, &steps, now).unwrap();
        prop_assert!(first.upto_ms >= item.since_ms);
        prop_assert_eq!(first.added_ms, first.upto_ms - item.since_ms);
        prop_assert!(first.ended_ms.is_none_or(|ended| ended <= now));
        // A clock that went back would add nothing.
        let second = charge(&after(item, first), &steps, then.min(first.upto_ms)).unwrap();
        prop_assert_eq!((second.accrued, second.upto_ms, second.added_ms), (first.accrued, first.upto_ms, 0));
    }

    #[test]
    fn law_14_pausing_and_resuming_at_once_changes_nothing(
        (item, steps, now) in prop_oneof![small(), large()],
        at in any::<prop::sample::Index>(),
    ) {
        let item = Item { running: true, ..item };
        let at = at.index(usize::MAX) as u64 % now.max(1);
        let before = charge(&item, &steps, at).unwrap();
        // Only a session that has not ended can be paused.
        if before.ended_ms.is_none() {
            let paused = Item { running: false, ..after(item, before) };
            let resumed = Item { running: true, ..after(paused, charge(&paused, &steps, at).unwrap()) };
            let then = charge(&resumed, &steps, now).unwrap();
            let whole = charge(&item, &steps, now).unwrap();
            prop_assert_eq!(then, Charged { added_ms: then.added_ms, ..whole });
            prop_assert_eq!(before.added_ms + then.added_ms, whole.added_ms);
        }
    }

    #[test]
    fn nothing_within_the_limits_overflows((item, steps, now) in large()) {
        let largest = Item { rate: MAX_RATE, factor: MAX_FACTOR, hold: MAX_HOLD, ..item };
        prop_assert!(charge(&largest, &steps, now).is_some());
        prop_assert!(charge(&largest, &steps, u64::MAX).is_some());
        prop_assert!(price(largest.rate, largest.factor).is_some());
        prop_assert!(above_ceiling(largest.rate, largest.factor, item.ceiling).is_some());
        prop_assert!(split(MAX_HOLD, 3_000, 5_000, &[3_333, 3_333, 3_333]).is_some());
    }

    #[test]
    fn above_ceiling_says_when_charging_ends((item, steps, _) in large()) {
        // At the first instant, of a hold that is not used up.
        let since_ms = item.since_ms.min(u64::MAX - 1);
        let item = Item { running: true, hold: MAX_HOLD, stop_ms: u64::MAX, accrued: 0, since_ms, ..item };
        let charged = charge(&item, &steps, item.since_ms).unwrap();
        prop_assert_eq!(
            above_ceiling(charged.rate, item.factor, item.ceiling),
            Some(charged.ended_ms.is_some())
        );
    }

    #[test]
    fn a_hold_lasts_for_the_time_that_it_is_for(
        rate in sized(MAX_RATE),
        factor in prop_oneof![Just(1_000_000), 0..=MAX_FACTOR],
        hold in sized(MAX_HOLD),
        ms in 0u64..10_000_000_000_000,
    ) {
        // The hold for a time lasts for it, and one less does not.
        let needed = hold_for(rate, factor, ms).unwrap();
        if needed <= MAX_HOLD {
            prop_assert!(lasts_ms(needed, rate, factor) >= ms);
            prop_assert!(needed == 0 || lasts_ms(needed - 1, rate, factor) < ms);
        }
        // The time that a hold lasts needs no more than it, and a millisecond more would.
        let lasts = lasts_ms(hold, rate, factor);
        if let Some(needed) = hold_for(rate, factor, lasts) {
            prop_assert!(needed <= hold);
        }
        if let Some(more) = lasts.checked_add(1).and_then(|ms| hold_for(rate, factor, ms)) {
            prop_assert!(more > hold);
        }
        // And charging agrees.
        let item = Item { rate, factor, ceiling: u128::MAX, hold, accrued: 0, since_ms: 0, running: true, stop_ms: u64::MAX };
        prop_assert_eq!(charge(&item, &[], u64::MAX).unwrap().upto_ms, lasts);
    }
}
