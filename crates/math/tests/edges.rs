//! Edges that random numbers do not reach.

use vilokanam_math::charge::{charge, Item, UNIT};

/// A rate that was replaced in its own instant is never looked at, whatever it is: not on the way, and not at the start.
#[test]
fn a_rate_that_was_replaced_at_once_is_not_looked_at() {
    let item = Item {
        rate: 2,
        factor: 1_000_000,
        ceiling: 4,
        hold: 10,
        accrued: 0,
        since_ms: 1_000,
        running: true,
        stop_ms: u64::MAX,
    };
    // Beyond all limits: looked at, it would fail the charge.
    let steps = [(1_000, u128::MAX), (1_000, 1)];
    let charged = charge(&item, &steps, 3_000).expect("within limits");
    assert_eq!((charged.accrued, charged.rate), (2 * UNIT, 1));
}
