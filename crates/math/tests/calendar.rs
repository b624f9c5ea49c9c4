//! Laws of the calendar, on random instants.

use proptest::prelude::*;
use vilokanam_math::calendar::{day, month, week, DAY_MS};

/// Instants of the first three thousand years, and any.
fn instant() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..100_000_000_000_000, any::<u64>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_day_belongs_to_one_week_and_one_month(ms in instant()) {
        let start = ms - ms % DAY_MS;
        let end = start.saturating_add(DAY_MS - 1);
        prop_assert_eq!(day(start), day(end));
        prop_assert_eq!(week(start), week(end));
        prop_assert_eq!(month(start), month(end));
    }

    #[test]
    fn windows_advance_by_one(ms in 0u64..100_000_000_000_000) {
        for (window, shortest, longest) in [(week as fn(u64) -> u64, 7, 7), (month, 28, 31)] {
            // The first day of the next window.
            let mut next = (day(ms) + 1) * DAY_MS;
            while window(next) == window(ms) {
                next += DAY_MS;
            }
            prop_assert_eq!(window(next), window(ms) + 1);
            let mut after = next;
            while window(after) == window(next) {
                after += DAY_MS;
            }
            prop_assert!((shortest..=longest).contains(&((after - next) / DAY_MS)));
        }
    }

    #[test]
    fn the_calendar_repeats_after_400_years(ms in 0u64..100_000_000_000_000) {
        let era = 146_097 * DAY_MS;
        prop_assert_eq!(month(ms + era), month(ms) + 4_800);
        prop_assert_eq!(week(ms + era), week(ms) + 146_097 / 7);
    }

    #[test]
    fn later_is_never_in_an_earlier_window(a in instant(), b in instant()) {
        let (a, b) = (a.min(b), a.max(b));
        prop_assert!(day(a) <= day(b) && week(a) <= week(b) && month(a) <= month(b));
    }
}
