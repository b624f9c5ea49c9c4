//! Laws of charging on a plan, on random numbers; see `laws.rs` for those of charging without one. `CASES` sets how many (5,000 each by
//! default).

use proptest::prelude::*;
use vilokanam_math::charge::{charge, owed, rate_at, Charged, Item, UNIT};
use vilokanam_math::plan::{
    charge_planned, hold_for, Planned, Rules, Tier, Window, DAY_MS, MINUTE_MS,
};

const MAX_RATE: u128 = 1_000_000_000_000_000_000;
const MAX_HOLD: u128 = 100_000_000_000_000_000_000_000_000_000;
const ONE: u32 = 1_000_000;
/// A midnight.
const MIDNIGHT: u64 = 20_000 * DAY_MS;

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

/// All that a session's price goes by.
#[derive(Debug, Clone)]
struct Case {
    item: Item,
    steps: Steps,
    fixed: [u32; 4],
    discount_until_ms: u64,
    preview_ms: u64,
    tiers: Vec<Tier>,
    windows: Vec<Window>,
    watched_ms: u64,
    now_ms: u64,
}

impl Case {
    fn rules(&self) -> Rules<'_> {
        let [class, category, audience, discount] = self.fixed;
        Rules {
            class,
            category,
            audience,
            discount,
            discount_until_ms: self.discount_until_ms,
            preview_ms: self.preview_ms,
            tiers: &self.tiers,
            windows: &self.windows,
        }
    }

    fn charge_at(&self, now_ms: u64) -> Planned {
        charge_planned(
            &self.item,
            &self.steps,
            &self.rules(),
            self.watched_ms,
            now_ms,
        )
        .expect("within limits")
    }

    fn charge(&self) -> Planned {
        self.charge_at(self.now_ms)
    }

    /// The case after it was charged.
    fn after(&self, charged: Charged) -> Self {
        let mut case = self.clone();
        case.item.accrued = charged.accrued;
        case.item.since_ms = charged.upto_ms;
        case.watched_ms += charged.added_ms;
        case
    }

    /// The factor in the specification's words.
    fn factor(&self, at_ms: u64, watched_ms: u64) -> u32 {
        if watched_ms < self.preview_ms {
            return 0;
        }
        let mut parts = self.fixed;
        if at_ms >= self.discount_until_ms {
            parts[3] = ONE;
        }
        let tier = self.tiers.iter().rev().find(|t| t.after_ms <= watched_ms);
        let minute = (at_ms / MINUTE_MS % 1_440) as u16;
        let covers = |w: &&Window| w.from_min <= minute && minute < w.to_min;
        let window = self.windows.iter().find(covers);
        let product: u128 = parts
            .into_iter()
            .chain([
                tier.map_or(ONE, |t| t.factor),
                window.map_or(ONE, |w| w.factor),
            ])
            .map(u128::from)
            .product();
        u32::try_from(product / 10u128.pow(30)).unwrap()
    }

    fn rate(&self, at_ms: u64) -> u128 {
        let set = self.steps.iter().rev().find(|step| step.0 <= at_ms);
        set.map_or(self.item.rate, |step| step.1)
    }

    fn per_ms(&self, at_ms: u64, watched_ms: u64) -> u128 {
        self.rate(at_ms) * u128::from(self.factor(at_ms, watched_ms))
    }

    fn is_dear(&self, per_ms: u128) -> bool {
        per_ms > self.item.ceiling.saturating_mul(1_000_000)
    }

    /// One millisecond after the other.
    fn watch(&self) -> Planned {
        let item = &self.item;
        let (mut accrued, mut clock, mut watched) = (item.accrued, item.since_ms, self.watched_ms);
        let mut ended_ms = (item.stop_ms <= self.now_ms).then_some(item.stop_ms);
        while item.running && clock <= self.now_ms && clock < item.stop_ms {
            let per_ms = self.per_ms(clock, watched);
            if self.is_dear(per_ms) || accrued + per_ms > item.hold * UNIT {
                ended_ms = Some(clock);
                break;
            }
            if clock == self.now_ms {
                break;
            }
            accrued += per_ms;
            clock += 1;
            watched += 1;
        }
        let seen_ms = if item.running {
            clock
        } else {
            clock.max(self.now_ms.min(item.stop_ms))
        };
        Planned {
            charged: Charged {
                accrued,
                added_ms: clock - item.since_ms,
                upto_ms: clock,
                ended_ms,
                rate: self.rate(seen_ms),
            },
            factor: self.factor(seen_ms, watched),
        }
    }

    /// The pieces of [since, to) in which nothing changes: from when, how long, and what a millisecond accrues.
    fn pieces(&self, to_ms: u64) -> Vec<(u64, u64, u128)> {
        let since_ms = self.item.since_ms;
        let mut edges: Vec<u64> = self.steps.iter().map(|step| step.0).collect();
        edges.extend([since_ms, to_ms, self.discount_until_ms]);
        let tiers = self.tiers.iter().map(|t| t.after_ms);
        for after_ms in tiers.chain([self.preview_ms]) {
            edges.extend(
                after_ms
                    .checked_sub(self.watched_ms)
                    .map(|ms| since_ms + ms),
            );
        }
        for day in since_ms / DAY_MS..=to_ms / DAY_MS {
            for window in &self.windows {
                for minute in [window.from_min, window.to_min] {
                    edges.push(day * DAY_MS + u64::from(minute) * MINUTE_MS);
                }
            }
        }
        edges.retain(|edge| (since_ms..=to_ms).contains(edge));
        edges.sort();
        edges.dedup();
        edges
            .windows(2)
            .map(|pair| {
                let watched_ms = self.watched_ms + pair[0] - since_ms;
                (pair[0], pair[1] - pair[0], self.per_ms(pair[0], watched_ms))
            })
            .collect()
    }
}

/// A part of a factor, up to `max`.
fn part(max: u32) -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(ONE), 1 => Just(0), 4 => 0..=max, 1 => Just(max)]
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    // Many of their edges are at a minute at which sessions are watched.
    let edge = prop_oneof![Just(0u16), Just(600), Just(601), Just(1_440), 0u16..=1_440];
    let edges = prop::collection::btree_set(edge, 0..=6);
    (
        edges,
        prop::collection::vec(part(4 * ONE), 3),
        any::<bool>(),
    )
        .prop_map(|(edges, factors, apart)| {
            let edges: Vec<u16> = edges.into_iter().collect();
            // One after the other, or with time between.
            let pairs: Vec<_> = if apart {
                edges.chunks_exact(2).collect()
            } else {
                edges.windows(2).collect()
            };
            pairs
                .into_iter()
                .zip(factors)
                .map(|(pair, factor)| Window {
                    from_min: pair[0],
                    to_min: pair[1],
                    factor,
                })
                .collect()
        })
}

fn tiers(ms: impl Strategy<Value = u64>) -> impl Strategy<Value = Vec<Tier>> {
    prop::collection::vec((ms, part(4 * ONE)), 0..=4).prop_map(|mut tiers| {
        tiers.sort();
        tiers.dedup_by_key(|tier| tier.0);
        let tier = |(after_ms, factor)| Tier { after_ms, factor };
        tiers.into_iter().map(tier).collect()
    })
}

fn steps(
    ms: impl Strategy<Value = u64>,
    rate: impl Strategy<Value = u128>,
) -> impl Strategy<Value = Steps> {
    prop::collection::vec((ms, rate), 0..5).prop_map(|mut steps| {
        steps.sort();
        steps.dedup_by_key(|step| step.0);
        steps
    })
}

/// Up to `max`, as many small as large.
fn sized(max: u128) -> impl Strategy<Value = u128> {
    (0u32..128, any::<u128>()).prop_map(move |(bits, n)| (n >> bits).min(max))
}

fn fixed() -> impl Strategy<Value = [u32; 4]> {
    (part(4 * ONE), part(4 * ONE), part(ONE), part(ONE)).prop_map(|(a, b, c, d)| [a, b, c, d])
}

/// An instant near one at which windows begin and end.
fn near(before_ms: u64) -> impl Strategy<Value = u64> {
    let edge = prop_oneof![Just(0u64), Just(600), Just(601)];
    (edge, 0u64..4_000).prop_map(move |(minute, ms)| MIDNIGHT + minute * MINUTE_MS + ms - before_ms)
}

prop_compose! {
    /// A few seconds at most, that every limit can end, at an hour at which the price changes.
    fn small()(
        rate in 0u128..8,
        ceiling in prop_oneof![0u128..24, Just(u128::MAX)],
        hold in 0u128..24,
        accrued in any::<prop::sample::Index>(),
        since_ms in near(2_000),
        running in prop::bool::weighted(0.9),
        stop_ms in prop_oneof![near(2_000), Just(u64::MAX)],
        fixed in fixed(),
        lapses_ms in prop_oneof![Just(None), (0u64..4_000).prop_map(Some)],
        preview_ms in prop_oneof![Just(0u64), 0u64..4_000],
        watched_ms in prop_oneof![Just(0u64), 0u64..4_000],
        tiers in tiers(1u64..6_000),
        windows in windows(),
        steps in steps(0u64..6_000, 0u128..8),
        for_ms in 0u64..4_000,
    ) -> Case {
        let accrued = (accrued.index(2_000) as u128).saturating_sub(1_000) * hold * UNIT / 1_000;
        let item = Item { rate, factor: 9, ceiling, hold, accrued, since_ms, running, stop_ms };
        // Some of them before.
        let steps = steps.into_iter().map(|(ms, rate)| (since_ms - 2_000 + ms, rate)).collect();
        let discount_until_ms = lapses_ms.map_or(0, |ms| since_ms - 500 + ms);
        let now_ms = since_ms - 100 + for_ms;
        Case { item, steps, fixed, discount_until_ms, preview_ms, tiers, windows, watched_ms, now_ms }
    }
}

/// Some weeks, as many short as long.
fn weeks() -> impl Strategy<Value = u64> {
    (0u32..32, any::<u64>()).prop_map(|(bits, ms)| (ms >> bits) % (40 * DAY_MS))
}

prop_compose! {
    /// Numbers of every size within the limits that open ensures, over weeks.
    fn large()(
        rate in sized(MAX_RATE),
        ceiling in prop_oneof![sized(MAX_RATE * 256), any::<u128>(), Just(u128::MAX)],
        hold in prop_oneof![sized(MAX_HOLD), Just(MAX_HOLD)],
        used in 0u128..=1_000,
        since_ms in weeks(),
        running in prop::bool::weighted(0.9),
        stop_ms in prop_oneof![weeks(), Just(u64::MAX)],
        fixed in fixed(),
        discount_until_ms in weeks(),
        preview_ms in prop_oneof![Just(0u64), 0u64..3_600_000],
        watched_ms in prop_oneof![Just(0u64), weeks()],
        tiers in tiers(weeks()),
        windows in windows(),
        steps in steps(weeks(), sized(MAX_RATE)),
        now_ms in weeks(),
    ) -> Case {
        let accrued = hold * (UNIT / 1_000) * used.saturating_sub(500);
        let item = Item { rate, factor: 9, ceiling, hold, accrued, since_ms, running, stop_ms };
        Case { item, steps, fixed, discount_until_ms, preview_ms, tiers, windows, watched_ms, now_ms }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn law_05_plans_match_a_model_that_counts_milliseconds(case in small()) {
        prop_assert_eq!(case.charge(), case.watch());
    }

    #[test]
    fn law_05_plans_match_the_sum_of_their_pieces(case in large()) {
        let Planned { charged, factor } = case.charge();
        let Item { since_ms, stop_ms, running, accrued, hold, .. } = case.item;
        let upto = charged.upto_ms;
        let pieces = case.pieces(upto);
        let sum: u128 = pieces.iter().map(|(_, ms, per_ms)| u128::from(*ms) * per_ms).sum();
        prop_assert_eq!(charged.accrued - accrued, sum);
        prop_assert_eq!(charged.added_ms, upto - since_ms);

        // It ended no later than it must ...
        let last = case.now_ms.min(stop_ms);
        let seen = if running { upto } else { last.max(since_ms) };
        prop_assert_eq!(charged.rate, rate_at(case.item.rate, &case.steps, seen));
        prop_assert_eq!(factor, case.factor(seen, case.watched_ms + charged.added_ms));
        let per_ms = charged.rate * u128::from(factor);
        let ends = case.is_dear(per_ms) || hold * UNIT - charged.accrued < per_ms;
        if !running || since_ms > last {
            prop_assert_eq!(upto, since_ms);
            prop_assert_eq!(charged.ended_ms, (stop_ms <= case.now_ms).then_some(stop_ms));
        } else if let Some(ended) = charged.ended_ms {
            prop_assert_eq!(ended, upto);
            prop_assert!(ends || ended == stop_ms);
        } else {
            prop_assert_eq!(upto, case.now_ms);
            prop_assert!(!ends && case.now_ms < stop_ms);
        }
        // ... and no earlier: nothing that it was charged for was above the ceiling or beyond the hold.
        prop_assert!(charged.accrued <= hold * UNIT);
        prop_assert!(pieces.iter().all(|(_, _, per_ms)| !case.is_dear(*per_ms)));
    }

    #[test]
    fn law_05_a_plan_that_changes_nothing_is_none(case in prop_oneof![small(), large()], fixed in fixed()) {
        // One factor, whatever the time.
        let case = Case { fixed, preview_ms: 0, tiers: vec![], windows: vec![], discount_until_ms: u64::MAX, ..case };
        let item = Item { factor: case.factor(0, 0), ..case.item };
        let Planned { charged, factor } = case.charge();
        prop_assert_eq!(Some(charged), charge(&item, &case.steps, case.now_ms));
        prop_assert_eq!(factor, item.factor);
    }

    #[test]
    fn law_06_plans_owe_no_more_than_the_hold_or_the_ceiling_and_never_less(
        case in prop_oneof![small(), large()],
        later in 0u64..2 * DAY_MS,
    ) {
        let first = case.charge();
        let second = case.charge_at(case.now_ms + later);
        let (one, two) = (first.charged, second.charged);
        prop_assert!(case.item.accrued <= one.accrued && one.accrued <= two.accrued);
        prop_assert!(two.accrued <= case.item.hold * UNIT && owed(two.accrued) <= case.item.hold);
        let most = case.item.ceiling.saturating_mul(1_000_000).saturating_mul(u128::from(two.added_ms));
        prop_assert!(two.accrued - case.item.accrued <= most);
        // What has ended stays so, at the same time and cost.
        if one.ended_ms.is_some() {
            if case.item.running {
                prop_assert_eq!(second, first);
            } else {
                prop_assert_eq!(two, one);
            }
        }
    }

    #[test]
    fn law_06_plans_that_end_do_so_before_the_end_of_time_too(case in prop_oneof![small(), large()]) {
        let last = case.charge_at(u64::MAX);
        let charged = case.charge().charged;
        prop_assert!(charged.accrued <= last.charged.accrued);
        if let (true, Some(ended_ms)) = (case.item.running, last.charged.ended_ms) {
            // What the future will end ends then, and not a millisecond before.
            let ended_ms = ended_ms.max(case.item.since_ms);
            prop_assert_eq!(case.charge_at(ended_ms), last);
            if ended_ms > case.item.since_ms {
                prop_assert_eq!(case.charge_at(ended_ms - 1).charged.ended_ms, None);
            }
        }
    }

    #[test]
    fn law_07_previews_pauses_and_time_after_the_stop_are_free(case in prop_oneof![small(), large()]) {
        let charged = case.charge().charged;
        prop_assert!(charged.added_ms == 0 || charged.upto_ms <= case.item.stop_ms.min(case.now_ms));
        let free_ms = case.preview_ms.saturating_sub(case.watched_ms);
        if !case.item.running || charged.added_ms <= free_ms {
            prop_assert_eq!(charged.accrued, case.item.accrued);
        }
        // Nothing ends a preview but the stop.
        let free_until_ms = (case.item.since_ms + free_ms).min(case.item.stop_ms).min(case.now_ms);
        prop_assert!(!case.item.running || charged.upto_ms >= free_until_ms);
    }

    #[test]
    fn law_08_any_partition_of_time_gives_the_same_charge_on_a_plan(
        case in prop_oneof![small(), large()],
        instants in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 0..6),
    ) {
        let whole = case.charge();
        // Half of the instants are those at which something changes, the others between.
        let known: Vec<u64> = case
            .pieces(whole.charged.upto_ms)
            .iter()
            .map(|piece| piece.0)
            .chain([case.item.stop_ms, whole.charged.upto_ms])
            .collect();
        let since_ms = case.item.since_ms;
        let span_ms = case.now_ms.saturating_sub(since_ms).max(1);
        let mut instants: Vec<u64> = instants
            .iter()
            .map(|(known_one, at)| match known_one {
                true => known[at.index(known.len())],
                false => since_ms + at.index(usize::MAX) as u64 % span_ms,
            })
            .map(|at_ms| at_ms.min(case.now_ms))
            .collect();
        instants.sort();
        instants.extend([case.now_ms, case.now_ms]);
        let mut case = case;
        let mut added_ms = 0;
        let mut last = None;
        for at_ms in instants {
            let planned = case.charge_at(at_ms);
            added_ms += planned.charged.added_ms;
            case = case.after(planned.charged);
            last = Some(planned);
        }
        let charged = Charged { added_ms: 0, ..whole.charged };
        prop_assert_eq!(last, Some(Planned { charged, ..whole }));
        prop_assert_eq!(added_ms, whole.charged.added_ms);
    }

    #[test]
    fn law_14_pausing_with_no_time_between_changes_nothing_on_a_plan(
        case in prop_oneof![small(), large()],
        at in any::<prop::sample::Index>(),
    ) {
        let whole = case.charge();
        let span_ms = case.now_ms.saturating_sub(case.item.since_ms);
        let at_ms = case.item.since_ms + at.index(usize::MAX) as u64 % span_ms.max(1);
        let before = case.charge_at(at_ms.min(case.now_ms));
        let mut paused = case.after(before.charged);
        paused.item.running = false;
        let still = paused.charge_at(paused.item.since_ms);
        prop_assert_eq!(still.charged.accrued, before.charged.accrued);
        if case.item.running && before.charged.ended_ms.is_none() {
            // It is told the price at which it ran.
            prop_assert_eq!((still.charged.rate, still.factor), (before.charged.rate, before.factor));
            paused.item.running = true;
            let after = paused.charge();
            prop_assert_eq!(after.charged.accrued, whole.charged.accrued);
            prop_assert_eq!(after.charged.upto_ms, whole.charged.upto_ms);
            prop_assert_eq!(after.charged.ended_ms, whole.charged.ended_ms);
        }
    }

    #[test]
    fn a_hold_for_a_time_lasts_for_it_and_one_less_does_not(case in prop_oneof![small(), large()], for_ms in weeks()) {
        let item = Item { accrued: 0, running: true, ceiling: u128::MAX, stop_ms: u64::MAX, ..case.item };
        let mut case = Case { item, steps: vec![], watched_ms: 0, preview_ms: 0, ..case };
        let hold = hold_for(item.rate, &case.rules(), item.since_ms, for_ms).unwrap();
        prop_assume!(hold <= MAX_HOLD);
        case.item.hold = hold;
        let until_ms = item.since_ms + for_ms;
        prop_assert_eq!(case.charge_at(until_ms).charged.upto_ms, until_ms);
        if hold > 0 {
            case.item.hold -= 1;
            prop_assert!(case.charge_at(until_ms).charged.upto_ms < until_ms);
        }
    }
}
