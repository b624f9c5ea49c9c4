//! Laws of spending limits, on random histories, against a model that keeps every entry. `CASES` sets how many (2,000 by default).

use proptest::prelude::*;
use vilokanam_interfaces::{
    Balance, LimitKind, Millis, PaymentHandlerError as Error, SpendingLimits, LOOSEN_DELAY_MS,
};
use vilokanam_math::calendar::{day, month, week, DAY_MS};
use vilokanam_money::spending::{Book, Expense};

const START_MS: Millis = 1_700_000_000_000;

fn config() -> ProptestConfig {
    let cases = std::env::var("CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(2_000);
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// What a viewer, or time, does.
#[derive(Debug, Clone)]
enum Step {
    Wait(Millis),
    Set(SpendingLimits),
    Spend {
        amount: Balance,
        held: Option<Balance>,
        category: Option<u16>,
    },
    /// Part of an earlier expense comes back.
    GiveBack {
        which: prop::sample::Index,
        part: Balance,
    },
}

fn limits() -> impl Strategy<Value = SpendingLimits> {
    let limit = || prop::option::of(0u128..100);
    let categories = prop::collection::btree_map(1u16..4, 0u128..100, 0..3);
    (limit(), limit(), limit(), limit(), categories).prop_map(
        |(session, day, week, month, categories)| SpendingLimits {
            session,
            day,
            week,
            month,
            categories: categories.into_iter().collect(),
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => prop_oneof![1u64..DAY_MS / 2, Just(LOOSEN_DELAY_MS), 1u64..20 * DAY_MS].prop_map(Step::Wait),
        2 => limits().prop_map(Step::Set),
        5 => (1u128..60, prop::option::of(0u128..50), prop::option::of(1u16..4))
            .prop_map(|(amount, held, category)| Step::Spend { amount, held, category }),
        3 => (any::<prop::sample::Index>(), 1u128..60)
            .prop_map(|(which, part)| Step::GiveBack { which, part }),
    ]
}

/// An expense that was let through, and what came back of it, when.
#[derive(Debug)]
struct Entry {
    at_ms: Millis,
    amount: Balance,
    category: Option<u16>,
    back: Vec<(Millis, Balance)>,
}

impl Entry {
    /// What of it counts at `now_ms` in a window.
    fn counts(&self, window: fn(u64) -> u64, now_ms: Millis) -> Balance {
        if window(self.at_ms) != window(now_ms) {
            return 0;
        }
        // Whatever came back did so in the same window, since it has not ended.
        self.amount - self.back.iter().map(|(_, part)| part).sum::<Balance>()
    }
}

fn sum(
    entries: &[Entry],
    window: fn(u64) -> u64,
    now_ms: Millis,
    category: Option<u16>,
    since_ms: Millis,
) -> Balance {
    entries
        .iter()
        .filter(|entry| category.is_none() || entry.category == category)
        .filter(|entry| entry.at_ms >= since_ms)
        .map(|entry| entry.counts(window, now_ms))
        .sum()
}

proptest! {
    #![proptest_config(config())]

    /// In any window, what was placed less what came back of it never passes the limit that bound when it was placed; what is
    /// refused is what the limits say, and what is shown is what the model counts.
    #[test]
    fn limits_bind_exactly_what_counts(steps in prop::collection::vec(step(), 1..60)) {
        let mut now_ms = START_MS;
        let mut book = Book::default();
        // Nothing else is counted before, as in the contract.
        book.set(now_ms, SpendingLimits { month: Some(1_000), ..Default::default() }, false).unwrap();
        let mut entries: Vec<Entry> = Vec::new();
        for step in steps {
            // Instants are distinct, so that what is counted from an instant on is plain.
            now_ms += 1;
            match step {
                Step::Wait(ms) => now_ms += ms,
                Step::Set(limits) => {
                    let _ = book.clone().set(now_ms, limits.clone(), true).map(|()| {
                        book.set(now_ms, limits, true).unwrap();
                    });
                }
                Step::Spend { amount, held, category } => {
                    let limits = book.binding(now_ms).clone();
                    let before = book.clone();
                    let position = category.and_then(|category| {
                        limits.categories.iter().position(|(of, _)| *of == category)
                    });
                    let shown = book.clone().view(now_ms);
                    let mut bound = vec![
                        (LimitKind::Session, held.and(limits.session), held.unwrap_or(0)),
                        (LimitKind::Day, limits.day, sum(&entries, day, now_ms, None, 0)),
                        (LimitKind::Week, limits.week, sum(&entries, week, now_ms, None, 0)),
                        (LimitKind::Month, limits.month, sum(&entries, month, now_ms, None, 0)),
                    ];
                    if let Some(position) = position {
                        let (category, limit) = limits.categories[position];
                        bound.push((LimitKind::Category(category), Some(limit), shown.categories[position]));
                    }
                    let passed = bound.iter().find_map(|(kind, limit, spent)| {
                        let left = (*limit)?.saturating_sub(*spent);
                        (left < amount).then_some(Error::AboveLimit { kind: *kind, left })
                    });
                    match book.spend(now_ms, Expense { amount, held, category }) {
                        Ok(()) => {
                            prop_assert_eq!(passed, None);
                            entries.push(Entry { at_ms: now_ms, amount, category, back: vec![] });
                        }
                        Err(error) => {
                            prop_assert_eq!(Some(error), passed);
                            book = before;
                        }
                    }
                }
                Step::GiveBack { which, part } => {
                    if entries.is_empty() {
                        continue;
                    }
                    let entry = which.index(entries.len());
                    let entry = &mut entries[entry];
                    let left = entry.amount - entry.back.iter().map(|(_, part)| part).sum::<Balance>();
                    let part = part.min(left);
                    book.give_back(now_ms, part, entry.at_ms, entry.category);
                    entry.back.push((now_ms, part));
                }
            }
            let shown = book.clone().view(now_ms);
            prop_assert_eq!(shown.day, sum(&entries, day, now_ms, None, 0));
            prop_assert_eq!(shown.week, sum(&entries, week, now_ms, None, 0));
            prop_assert_eq!(shown.month, sum(&entries, month, now_ms, None, 0));
            prop_assert_eq!(&shown.limits, book.binding(now_ms));
            for ((category, _), spent) in shown.limits.categories.iter().zip(&shown.categories) {
                let position = book.limits.categories.iter().position(|(of, _)| of == category);
                let since_ms = book.categories[position.unwrap()].since_ms;
                prop_assert_eq!(*spent, sum(&entries, month, now_ms, Some(*category), since_ms));
            }
        }
    }

    /// No limit ever binds less than one that was set in the last 24 hours: it is tighter at once, and looser only a day after it was
    /// said. A limit that rose is one that was set at least so long ago.
    #[test]
    fn a_loosening_never_binds_before_its_day_is_over(
        steps in prop::collection::vec((prop_oneof![0u64..DAY_MS, Just(LOOSEN_DELAY_MS), 0u64..3 * DAY_MS], limits()), 1..20),
    ) {
        type Of = fn(&SpendingLimits) -> Balance;
        let kinds: [Of; 6] = [
            |limits| limits.session.unwrap_or(Balance::MAX),
            |limits| limits.day.unwrap_or(Balance::MAX),
            |limits| limits.week.unwrap_or(Balance::MAX),
            |limits| limits.month.unwrap_or(Balance::MAX),
            |limits| limits.categories.iter().find(|(of, _)| *of == 1).map_or(Balance::MAX, |(_, limit)| *limit),
            |limits| limits.categories.iter().find(|(of, _)| *of == 2).map_or(Balance::MAX, |(_, limit)| *limit),
        ];
        let mut now_ms = START_MS;
        let mut book = Book::default();
        let mut history: Vec<(Millis, SpendingLimits)> = Vec::new();
        let mut seen: Vec<(Millis, SpendingLimits)> = Vec::new();
        for (wait_ms, new) in steps {
            now_ms += wait_ms;
            let before = book.binding(now_ms).clone();
            seen.push((now_ms, before.clone()));
            let mut changed = book.clone();
            if changed.set(now_ms, new.clone(), true).is_err() {
                continue;
            }
            book = changed;
            history.push((now_ms, new.clone()));
            let bind = book.binding(now_ms).clone();
            for of in kinds {
                // Tighter at once, and never looser at once.
                prop_assert_eq!(of(&bind), of(&before).min(of(&new)));
            }
            // Between the settings: at the last instant before the day is over, and at its end.
            let last = book.binding(now_ms + LOOSEN_DELAY_MS - 1).clone();
            prop_assert_eq!(&last, &bind);
            prop_assert_eq!(book.binding(now_ms + LOOSEN_DELAY_MS), &new);
            seen.push((now_ms, bind));
        }
        for pair in seen.windows(2) {
            let (then_ms, then) = &pair[1];
            for of in kinds {
                let risen = of(then);
                if risen > of(&pair[0].1) {
                    let said = history.iter().any(|(at_ms, limits)| {
                        of(limits) == risen && at_ms + LOOSEN_DELAY_MS <= *then_ms
                    });
                    prop_assert!(said);
                }
            }
        }
    }

    /// Nobody but the viewer who sets limits changes the size of a book, whatever is spent or given back, and when.
    #[test]
    fn a_book_keeps_its_size(
        first in limits(),
        second in limits(),
        steps in prop::collection::vec(step(), 1..30),
    ) {
        use ink::scale::Encode;
        let mut now_ms = START_MS;
        let mut book = Book::default();
        book.set(now_ms, first, false).unwrap();
        prop_assume!(book.clone().set(now_ms, second.clone(), true).is_ok());
        book.set(now_ms, second, true).unwrap();
        let size = book.encoded_size();
        for step in steps {
            match step {
                Step::Wait(ms) => now_ms += ms,
                Step::Spend { amount, held, category } => {
                    let _ = book.spend(now_ms, Expense { amount, held, category });
                }
                Step::GiveBack { part, .. } => book.give_back(now_ms, part, now_ms, Some(1)),
                Step::Set(_) => {}
            }
            prop_assert_eq!(book.encoded_size(), size);
        }
    }
}

/// By hand. Friday 2023-11-17, 12:00 UTC: limits of 100 a day, 250 a week, 300 on category 5 in the month.
#[test]
fn limits_of_a_weekend() {
    const FRIDAY_MS: Millis = 1_700_222_400_000;
    const HOUR_MS: Millis = 3_600_000;
    let limits = SpendingLimits {
        session: Some(80),
        day: Some(100),
        week: Some(250),
        month: None,
        categories: vec![(5, 300)],
    };
    let mut book = Book::default();
    book.set(FRIDAY_MS - 1, limits.clone(), false).unwrap();
    assert_eq!((book.binding(FRIDAY_MS), &book.next), (&limits, &None));
    let spend = |book: &mut Book, now_ms, amount, held| {
        let mut after = book.clone();
        after.spend(
            now_ms,
            Expense {
                amount,
                held,
                category: Some(5),
            },
        )?;
        *book = after;
        Ok(())
    };
    let above = |kind, left| Err(Error::AboveLimit { kind, left });

    // A session of 81 is too large; 60 fits, and a top-up of 21 on it does not.
    assert_eq!(
        spend(&mut book, FRIDAY_MS, 81, Some(0)),
        above(LimitKind::Session, 80)
    );
    assert_eq!(spend(&mut book, FRIDAY_MS, 60, Some(0)), Ok(()));
    assert_eq!(
        spend(&mut book, FRIDAY_MS, 21, Some(60)),
        above(LimitKind::Session, 20)
    );
    assert_eq!(spend(&mut book, FRIDAY_MS, 20, Some(60)), Ok(()));
    // 80 of the day are gone. The session ends, 50 come back: 30 are.
    assert_eq!(
        spend(&mut book, FRIDAY_MS, 21, None),
        above(LimitKind::Day, 20)
    );
    book.give_back(FRIDAY_MS + HOUR_MS, 50, FRIDAY_MS, Some(5));
    assert_eq!(spend(&mut book, FRIDAY_MS + HOUR_MS, 70, None), Ok(()));
    assert_eq!(
        spend(&mut book, FRIDAY_MS + HOUR_MS, 1, None),
        above(LimitKind::Day, 0)
    );
    // Saturday 00:00: the day is new, the week has 150 left. What comes back of Friday counts for the week and the month only.
    let saturday_ms = FRIDAY_MS + 12 * HOUR_MS;
    assert_eq!(
        spend(&mut book, saturday_ms - 1, 1, None),
        above(LimitKind::Day, 0)
    );
    assert_eq!(spend(&mut book, saturday_ms, 100, None), Ok(()));
    book.give_back(saturday_ms, 10, FRIDAY_MS, Some(5));
    let shown = book.clone().view(saturday_ms);
    assert_eq!((shown.day, shown.week, shown.month), (100, 190, 190));
    assert_eq!(shown.categories, [190]);
    // Sunday: 60 of the week are left.
    let sunday_ms = saturday_ms + DAY_MS;
    assert_eq!(
        spend(&mut book, sunday_ms, 61, None),
        above(LimitKind::Week, 60)
    );
    assert_eq!(spend(&mut book, sunday_ms, 60, None), Ok(()));
    // Monday: the week is new; of the category 50 are left until the month ends.
    let monday_ms = sunday_ms + DAY_MS;
    assert_eq!(
        spend(&mut book, monday_ms, 51, None),
        above(LimitKind::Category(5), 50)
    );
    // Twice as much is allowed from Tuesday 00:00 on, not a millisecond sooner; a tighter day is at once.
    let looser = SpendingLimits {
        day: Some(90),
        categories: vec![(5, 600)],
        ..limits.clone()
    };
    book.set(monday_ms, looser.clone(), true).unwrap();
    let tighter = SpendingLimits {
        day: Some(90),
        ..limits
    };
    assert_eq!(book.binding(monday_ms), &tighter);
    assert_eq!(book.next, Some((looser.clone(), monday_ms + DAY_MS)));
    assert_eq!(
        spend(&mut book, monday_ms + DAY_MS - 1, 51, None),
        above(LimitKind::Category(5), 50)
    );
    assert_eq!(spend(&mut book, monday_ms + DAY_MS, 90, None), Ok(()));
    // No limits at all: after a day, and what was said before that is forgotten.
    let none = SpendingLimits::default();
    let tuesday_ms = monday_ms + DAY_MS;
    book.set(tuesday_ms, none.clone(), true).unwrap();
    assert_eq!(book.binding(tuesday_ms), &looser);
    assert!(!book.is_over(tuesday_ms + DAY_MS - 1));
    assert!(book.is_over(tuesday_ms + DAY_MS));
    assert_eq!(spend(&mut book, tuesday_ms + DAY_MS, 100_000, None), Ok(()));
}

#[test]
fn limits_that_do_not_fit_are_refused() {
    let of = |categories: Vec<(u16, Balance)>| SpendingLimits {
        categories,
        ..SpendingLimits::default()
    };
    let mut book = Book::default();
    for bad in [
        vec![(2, 1), (1, 1)],
        vec![(1, 1), (1, 1)],
        (1..=5).map(|category| (category, 1)).collect(),
    ] {
        assert_eq!(book.set(1, of(bad), false), Err(Error::InvalidLimits));
    }
    // Categories that are dropped bind for a day, and count until then.
    book.set(1, of((1..=3).map(|n| (n, 1)).collect()), false)
        .unwrap();
    book.set(2, of(vec![(4, 1)]), true).unwrap();
    assert_eq!(
        book.set(3, of(vec![(5, 1)]), true),
        Err(Error::InvalidLimits)
    );
    let due_ms = 2 + LOOSEN_DELAY_MS;
    assert_eq!(
        book.set(due_ms - 1, of(vec![(5, 1)]), true),
        Err(Error::InvalidLimits)
    );
    book.set(due_ms, of(vec![(5, 1)]), true).unwrap();
    let bind = [4, 5].map(|n| (n, 1)).to_vec();
    assert_eq!(book.binding(due_ms), &of(bind));
}

#[test]
fn what_was_not_counted_is_not_given_back() {
    let limits = SpendingLimits {
        day: Some(100),
        categories: vec![(1, 100)],
        ..SpendingLimits::default()
    };
    let mut book = Book::default();
    book.set(
        START_MS,
        SpendingLimits {
            categories: vec![],
            ..limits.clone()
        },
        false,
    )
    .unwrap();
    let expense = Expense {
        amount: 40,
        held: None,
        category: Some(1),
    };
    book.spend(START_MS + 1, expense).unwrap();
    // Placed before there were limits; and never by the viewer.
    book.give_back(START_MS + 2, 30, START_MS - 1, Some(1));
    book.give_back(START_MS + 2, 30, 0, Some(1));
    assert_eq!(book.clone().view(START_MS + 2).day, 40);
    // The category is counted from its first limit on.
    book.set(START_MS + 3, limits, true).unwrap();
    book.spend(START_MS + 4, expense).unwrap();
    book.give_back(START_MS + 5, 40, START_MS + 1, Some(1));
    let shown = book.view(START_MS + 5);
    assert_eq!((shown.day, shown.categories), (40, vec![40]));
}

/// Two holds of 100 are placed in the very instant in which a limit of 100 is set: one before it, which nothing counted, and one after
/// it. Both come back, and the limit is used up still.
#[test]
fn what_is_placed_in_the_instant_of_the_first_limit_is_not_given_back() {
    let limits = SpendingLimits {
        day: Some(100),
        week: Some(100),
        month: Some(100),
        categories: vec![(1, 100)],
        ..SpendingLimits::default()
    };
    let expense = Expense {
        amount: 100,
        held: Some(0),
        category: Some(1),
    };
    let mut book = Book::default();
    book.set(START_MS, limits.clone(), false).unwrap();
    book.spend(START_MS, expense).unwrap();
    for now_ms in [START_MS, START_MS + 1] {
        book.give_back(now_ms, 100, START_MS, Some(1));
        let shown = book.clone().view(now_ms);
        assert_eq!((shown.day, shown.week, shown.month), (100, 100, 100));
        assert_eq!(shown.categories, [100]);
        let kind = LimitKind::Day;
        let refused = book.clone().spend(now_ms, expense);
        assert_eq!(refused, Err(Error::AboveLimit { kind, left: 0 }));
    }

    // The same where only the category's limit is new.
    let mut book = Book::default();
    let day = SpendingLimits {
        day: Some(300),
        ..SpendingLimits::default()
    };
    book.set(START_MS - 1, day.clone(), false).unwrap();
    book.spend(START_MS, expense).unwrap();
    let with_category = SpendingLimits {
        categories: limits.categories,
        ..day
    };
    book.set(START_MS, with_category, true).unwrap();
    book.spend(START_MS, expense).unwrap();
    book.give_back(START_MS + 1, 100, START_MS, Some(1));
    book.give_back(START_MS + 1, 100, START_MS, Some(1));
    let shown = book.view(START_MS + 1);
    assert_eq!((shown.day, shown.categories), (0, vec![100]));
}
