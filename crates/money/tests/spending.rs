//! What a book of limits tells at the instants at which something begins or ends.

use vilokanam_interfaces::{SpendingLimits, LOOSEN_DELAY_MS};
use vilokanam_money::spending::Book;

const NOW_MS: u64 = 1_700_000_000_000;
const DUE_MS: u64 = NOW_MS + LOOSEN_DELAY_MS;

fn a_day(limit: u128) -> SpendingLimits {
    SpendingLimits {
        day: Some(limit),
        ..SpendingLimits::default()
    }
}

#[test]
fn a_book_is_over_once_nothing_binds_and_nothing_waits() {
    let mut book = Book::default();
    assert!(book.is_over(NOW_MS));
    assert_eq!(book.set(NOW_MS, a_day(5), false), Ok(()));
    // Something binds, and nothing waits.
    assert_eq!(book.next, None);
    assert!(!book.is_over(NOW_MS));
    assert!(!book.is_over(u64::MAX));
    // What waits is that nothing binds any more.
    assert_eq!(book.set(NOW_MS, SpendingLimits::default(), true), Ok(()));
    assert!(!book.is_over(DUE_MS - 1));
    assert!(book.is_over(DUE_MS));
    // Nothing binds, but something waits to.
    let book = Book {
        limits: SpendingLimits::default(),
        next: Some((a_day(5), DUE_MS)),
        ..book
    };
    assert!(!book.is_over(DUE_MS - 1));
    assert!(!book.is_over(DUE_MS));
}

#[test]
fn what_waits_is_shown_until_it_binds() {
    let mut book = Book::default();
    assert_eq!(book.set(NOW_MS, a_day(5), false), Ok(()));
    assert_eq!(book.set(NOW_MS, a_day(9), true), Ok(()));
    let shown = |now_ms| {
        let view = book.clone().view(now_ms);
        (view.limits, view.next)
    };
    let waits = Some((a_day(9), DUE_MS));
    assert_eq!(shown(NOW_MS), (a_day(5), waits.clone()));
    assert_eq!(shown(DUE_MS - 1), (a_day(5), waits));
    assert_eq!(shown(DUE_MS), (a_day(9), None));
    assert_eq!(shown(DUE_MS + 1), (a_day(9), None));
}
