//! Sessions: opened, billed by the clock, paused, topped up and closed.

use crate::common::*;
use vilokanam_chain::account;
use vilokanam_interfaces::{
    events::{
        payment_handler::{PaidOut, Withdrawn},
        tick_stream::*,
    },
    Balance, OpenRequest, PaymentHandler, PaymentHandlerError, Pool, SessionState, TickLifecycle,
    TickStreamError as Error, Totals, MAX_HOLD, NATIVE,
};

#[test]
fn viewer_pays_for_the_milliseconds_watched_and_everybody_withdraws() {
    let mut s = Stage::on_air();
    let opened_ms = s.now();

    let sent = s.must("alice", s.suite.lifecycle().open(request()));
    assert_eq!(sent.value, 1);
    told(
        &sent,
        [
            PageProvided {
                stream: STREAM,
                page: 0,
                payer: account("alice"),
            }
            .into(),
            SessionOpened {
                viewer: account("alice"),
                number: 1,
                stream: STREAM,
                broadcast: 1,
                page: 0,
                seat: 0,
                asset: NATIVE,
                terms: 1,
                fee_bps: 1_000,
                referral_bps: 1_000,
                referrer: None,
                hold: HOLD,
                rate_per_sec: RATE,
                factor: 1_000_000,
                ceiling: RATE,
                until_ms: None,
                plan: 0,
                key: None,
                extras: None,
            }
            .into(),
        ],
    );
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - HOLD);

    // 1,000,007 a second × 1,234,567 ms = 1,234,575,641.969; the hold of 10^10 lasts 9,999,930 ms (and 490/1,000,007).
    s.advance(1_234_567);
    assert_eq!(s.owed("alice", 1), 1_234_575_641);
    assert_eq!(s.refundable("alice", 1), 8_765_424_359);
    assert_eq!(s.runs_out_at("alice", 1), Some(opened_ms + 9_999_930));

    let sent = s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(sent.value, 1_234_575_641);
    told(
        &sent,
        [SessionClosed {
            viewer: account("alice"),
            number: 1,
            stream: STREAM,
            broadcast: 1,
            asset: NATIVE,
            opened_ms,
            closed_ms: opened_ms + 1_234_567,
            watched_ms: 1_234_567,
            hold: HOLD,
            settled: 1_234_575_641,
            released: 8_765_424_359,
            by: account("alice"),
        }
        .into()],
    );
    // The platform's 10 %, rounded down: 123,457,564; the rest is mira's.
    assert_eq!(s.payable("mira", NATIVE), 1_111_118_077);
    let totals = Totals {
        pools: 2 * DEPOSITED - 1_234_575_641,
        holds: 0,
        payable: 1_111_118_077,
        fees: 123_457_564,
    };
    assert_eq!(s.totals(NATIVE), totals);
    s.is_solvent_to_the_unit();

    let before = s.native("mira");
    let sent = s.must("mira", s.suite.payments().withdraw_payable(NATIVE));
    assert_eq!(sent.value, 1_111_118_077);
    told(
        &sent,
        [PaidOut {
            payee: account("mira"),
            asset: NATIVE,
            amount: 1_111_118_077,
            by: account("mira"),
        }
        .into()],
    );
    assert_eq!(s.native("mira") - before, 1_111_118_077);

    let before = s.native("alice");
    let rest = DEPOSITED - 1_234_575_641;
    let sent = s.must("alice", s.suite.payments().withdraw(NATIVE, rest));
    told(
        &sent,
        [Withdrawn {
            viewer: account("alice"),
            asset: NATIVE,
            amount: rest,
        }
        .into()],
    );
    // Her pool's cell is freed: its deposit comes back beside the money.
    assert!(sent.receipt.deposit < 0);
    assert_eq!(
        s.native("alice") - before,
        rest + sent.receipt.deposit.unsigned_abs()
    );
    assert_eq!(s.pool("alice", NATIVE), Pool::default());
    s.is_solvent_to_the_unit();
}

#[test]
fn paused_time_costs_nothing() {
    let mut s = Stage::on_air();
    let opened_ms = s.now();
    s.opens("alice", request());

    s.advance(10_000);
    let sent = s.must("alice", s.suite.lifecycle().pause(1));
    told(
        &sent,
        [SessionPaused {
            viewer: account("alice"),
            number: 1,
            at_ms: opened_ms + 10_000,
        }
        .into()],
    );
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().pause(1)),
        Error::NotRunning
    );

    s.advance(HOUR);
    assert_eq!(s.session("alice", 1).state, SessionState::Paused);
    assert_eq!(s.owed("alice", 1), 10_000_070);
    assert_eq!(s.runs_out_at("alice", 1), None);
    let sent = s.must("alice", s.suite.lifecycle().resume(1));
    told(
        &sent,
        [SessionResumed {
            viewer: account("alice"),
            number: 1,
            at_ms: opened_ms + 10_000 + HOUR,
        }
        .into()],
    );
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().resume(1)),
        Error::NotPaused
    );

    // 1,000,007 × 15.5 s = 15,500,108.5
    s.advance(5_500);
    let sent = s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(sent.value, 15_500_108);
    assert_eq!(sent.events_of::<SessionClosed>()[0].watched_ms, 15_500);
    s.is_solvent_to_the_unit();
}

#[test]
fn pausing_and_resuming_at_once_changes_nothing() {
    let mut s = Stage::on_air();
    s.opens("alice", request());
    s.opens("bob", request());
    for ms in [1, 7, 333, 999, 1_001, 13] {
        s.advance(ms);
        s.must("alice", s.suite.lifecycle().pause(1));
        s.must("alice", s.suite.lifecycle().resume(1));
    }
    // 1,000,007 × 2.354 s = 2,354,016.478
    assert_eq!(s.owed("alice", 1), 2_354_016);
    assert_eq!(s.owed("bob", 1), 2_354_016);
    let (alice, bob) = (s.session("alice", 1), s.session("bob", 1));
    assert_eq!(alice.accrued, 2_354_016_478_000_000);
    assert_eq!((bob.accrued, bob.watched_ms), (0, 0));
    assert_eq!(s.runs_out_at("alice", 1), s.runs_out_at("bob", 1));
}

#[test]
fn anyone_tops_up_and_the_rest_of_a_gift_is_the_viewers() {
    let mut s = Stage::on_air();
    let t = s.now();
    let small = OpenRequest {
        hold: 10_000_070,
        ..request()
    };
    s.opens("alice", small);
    assert_eq!(s.runs_out_at("alice", 1), Some(t + 10_000));

    let sent = s.must(
        "alice",
        s.suite.lifecycle().top_up(id("alice", 1), 1_000_007),
    );
    told(
        &sent,
        [SessionToppedUp {
            viewer: account("alice"),
            number: 1,
            payer: account("alice"),
            amount: 1_000_007,
            hold: 11_000_077,
        }
        .into()],
    );
    let sent = s.must("bob", s.suite.lifecycle().top_up(id("alice", 1), 4_000_028));
    told(
        &sent,
        [SessionToppedUp {
            viewer: account("alice"),
            number: 1,
            payer: account("bob"),
            amount: 4_000_028,
            hold: 15_000_105,
        }
        .into()],
    );
    assert_eq!(s.runs_out_at("alice", 1), Some(t + 15_000));
    assert_eq!(s.free("bob", NATIVE), DEPOSITED - 4_000_028);
    // Bob has no session of his own, so nothing of his is on hold.
    assert_eq!(s.pool("bob", NATIVE).holds, 0);

    s.advance(12_000);
    assert_eq!(
        s.must("alice", s.suite.lifecycle().close(1)).value,
        12_000_084
    );
    // She gave 11,000,077 and used 12,000,084: the rest of bob's gift is hers.
    assert_eq!(s.free("alice", NATIVE), DEPOSITED + 4_000_028 - 12_000_084);
    assert_eq!(s.free("bob", NATIVE), DEPOSITED - 4_000_028);
    s.is_solvent_to_the_unit();
}

#[test]
fn top_up_fails_for_each_documented_reason() {
    let mut s = Stage::on_air();
    let t = s.now();
    let top_up =
        |s: &Stage, number, amount| s.suite.lifecycle().top_up(id("alice", number), amount);
    assert_eq!(s.refused("bob", top_up(&s, 1, 1)), Error::SessionNotFound);
    s.opens(
        "alice",
        OpenRequest {
            hold: 10_000_070,
            ..request()
        },
    );

    assert_eq!(s.refused("bob", top_up(&s, 0, 1)), Error::SessionNotFound);
    assert_eq!(s.refused("bob", top_up(&s, 2, 1)), Error::SessionNotFound);
    assert_eq!(s.refused("bob", top_up(&s, 1, 0)), Error::ZeroAmount);
    let too_large = Error::HoldTooLarge { max: MAX_HOLD };
    for amount in [MAX_HOLD - 10_000_070 + 1, MAX_HOLD, Balance::MAX] {
        assert_eq!(s.refused("bob", top_up(&s, 1, amount)), too_large);
    }
    assert_eq!(
        s.refused("bob", top_up(&s, 1, DEPOSITED + 1)),
        Error::Payments(PaymentHandlerError::PoolTooSmall {
            needed: DEPOSITED + 1,
            free: DEPOSITED
        })
    );
    s.advance(9_999);
    s.must("bob", top_up(&s, 1, 1));
    s.advance(1);
    assert_eq!(
        s.refused("bob", top_up(&s, 1, 1)),
        Error::SessionEnded {
            ended_ms: t + 10_000
        }
    );
    s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(s.refused("bob", top_up(&s, 1, 1)), Error::SessionClosed);
}
