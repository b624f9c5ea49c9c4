//! What ends a session for good: its hold, its ceiling, its own end, the broadcast's.

use crate::common::*;
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{
    events::{
        pricing_engine::RatesSet,
        stream_registry::{BroadcastEnded, StreamSuspended, WentLive},
        tick_stream::*,
    },
    Class, EndCause, Millis, OpenRequest, Pool, PricingEngine, PricingEngineError, StreamRegistry,
    StreamRegistryError, TickLifecycle, TickStream, TickStreamError as Error, NATIVE,
};

#[test]
fn viewer_runs_out_mid_stream_to_the_millisecond() {
    let mut s = Stage::on_air();
    let t = s.now();
    // Ten seconds exactly, and a unit that pays for no millisecond.
    for (viewer, hold) in [("alice", 10_000_070), ("bob", 10_000_071)] {
        s.opens(viewer, OpenRequest { hold, ..request() });
        assert_eq!(s.runs_out_at(viewer, 1), Some(t + 10_000));
    }

    // 1,000,007 × 9.999 s = 9,999,069.993
    s.advance(9_999);
    assert_eq!(s.owed("alice", 1), 9_999_069);
    assert_eq!(
        s.refused("sam", s.suite.lifecycle().close_ended(id("alice", 1))),
        Error::SessionNotEnded
    );

    s.advance(1);
    let ended = Error::SessionEnded {
        ended_ms: t + 10_000,
    };
    for ms in [0, 1, HOUR] {
        s.advance(ms);
        assert_eq!(s.owed("alice", 1), 10_000_070);
        assert_eq!(s.owed("bob", 1), 10_000_070);
        assert_eq!(s.refundable("alice", 1), 0);
        assert_eq!(s.refundable("bob", 1), 1);
        assert_eq!(s.runs_out_at("alice", 1), Some(t + 10_000));
        assert_eq!(s.refused("alice", s.suite.lifecycle().pause(1)), ended);
    }
    // Until somebody closes it, it is open.
    assert_eq!(s.read(s.suite.meter().live_viewers(STREAM)), 2);

    let sent = s.must("sam", s.suite.lifecycle().close_ended(id("alice", 1)));
    assert_eq!(sent.value, 10_000_070);
    told(
        &sent,
        [SessionClosed {
            viewer: account("alice"),
            number: 1,
            stream: STREAM,
            broadcast: 1,
            asset: NATIVE,
            opened_ms: t,
            closed_ms: t + 10_001 + HOUR,
            watched_ms: 10_000,
            hold: 10_000_070,
            settled: 10_000_070,
            released: 0,
            by: account("sam"),
        }
        .into()],
    );
    // A stranger's help moved nothing to the stranger, and refunded no deposit to him.
    assert!(sent.receipt.deposit >= 0);
    assert_eq!(s.pool("sam", NATIVE), Pool::default());
    assert_eq!(
        s.refused("sam", s.suite.lifecycle().close_ended(id("alice", 1))),
        Error::SessionClosed
    );
    // The viewer may say so too.
    let sent = s.must("bob", s.suite.lifecycle().close_ended(id("bob", 1)));
    assert_eq!(sent.events_of::<SessionClosed>()[0].released, 1);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_price_above_the_ceiling_ends_the_session_and_one_below_goes_on() {
    let mut s = Stage::on_air();
    let t = s.now();
    for (viewer, ceiling) in [("alice", 1_200_000), ("bob", 1_500_000)] {
        s.opens(
            viewer,
            OpenRequest {
                ceiling,
                ..request()
            },
        );
    }
    s.advance(MINUTE);
    let dearer = rates_of(1_500_000, VLK_RATE);
    let sent = s.must("mira", s.suite.pricing().set_rates(STREAM, dearer.clone()));
    told(
        &sent,
        [RatesSet {
            stream: STREAM,
            broadcast: 1,
            old: rates(),
            new: dearer,
        }
        .into()],
    );
    s.advance(30 * SECOND);

    // alice: 60 s × 1,000,007; bob: 30 s × 1,500,000 more.
    assert_eq!(s.owed("alice", 1), 60_000_420);
    assert_eq!(s.owed("bob", 1), 105_000_420);
    assert_eq!(s.runs_out_at("alice", 1), Some(t + MINUTE));
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().pause(1)),
        Error::SessionEnded {
            ended_ms: t + MINUTE
        }
    );
    // Cheaper again: what has ended stays ended.
    s.advance(30 * SECOND);
    s.must("mira", s.suite.pricing().set_rates(STREAM, rates()));
    s.advance(MINUTE);
    assert_eq!(s.owed("alice", 1), 60_000_420);
    // bob: 60 s × 1,500,000 and 120 s × 1,000,007.
    assert_eq!(s.owed("bob", 1), 90_000_000 + 120_000_840);
    s.must("sam", s.suite.lifecycle().close_ended(id("alice", 1)));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 60_000_420);
}

#[test]
fn a_paused_session_outlives_a_price_above_its_ceiling_but_cannot_resume_at_it() {
    let mut s = Stage::on_air();
    s.opens("alice", request());
    s.advance(MINUTE);
    s.must("alice", s.suite.lifecycle().pause(1));
    s.must(
        "mira",
        s.suite
            .pricing()
            .set_rates(STREAM, rates_of(RATE + 1, VLK_RATE)),
    );
    s.advance(MINUTE);
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().resume(1)),
        Error::AboveCeiling {
            price_per_sec: RATE + 1,
            ceiling: RATE
        }
    );
    s.must(
        "mira",
        s.suite
            .pricing()
            .set_rates(STREAM, rates_of(1_000_000, VLK_RATE)),
    );
    s.must("alice", s.suite.lifecycle().resume(1));
    s.advance(10_000);
    // 60 s × 1,000,007 + 10 s × 1,000,000
    assert_eq!(
        s.must("alice", s.suite.lifecycle().close(1)).value,
        70_000_420
    );
}

#[test]
fn a_session_ends_at_its_own_latest_end() {
    let mut s = Stage::on_air();
    let t = s.now();
    let until = |until_ms: Millis| OpenRequest {
        until_ms: Some(until_ms),
        ..request()
    };
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().open(until(t))),
        Error::UntilPassed
    );
    s.opens("alice", until(t + 45_678));
    assert_eq!(s.session("alice", 1).until_ms, Some(t + 45_678));
    assert_eq!(s.runs_out_at("alice", 1), Some(t + 45_678));

    // 1,000,007 × 45.678 s = 45,678,319.746
    s.advance(HOUR);
    assert_eq!(s.owed("alice", 1), 45_678_319);
    let sent = s.must("sam", s.suite.lifecycle().close_ended(id("alice", 1)));
    let closed = &sent.events_of::<SessionClosed>()[0];
    assert_eq!((closed.settled, closed.watched_ms), (45_678_319, 45_678));
}

#[test]
fn a_broadcast_whose_heart_stops_is_billed_to_its_grace_and_the_next_is_another() {
    let mut s = Stage::on_air();
    let stream = s.registers("noor", Class::Standard, &[]);
    s.must("noor", s.suite.pricing().set_rates(stream, rates()));
    s.must("noor", s.suite.registry().go_live(stream, 30_000));
    let request = OpenRequest {
        stream,
        ..request()
    };
    s.opens("alice", request);
    s.advance(20_000);
    let sent = s.must("noor", s.suite.registry().heartbeat(stream));
    told(&sent, []);

    // It lives to 20 s + 30 s of grace: 1,000,007 × 50 s.
    s.advance(30_000);
    assert_eq!(
        s.refused("noor", s.suite.registry().heartbeat(stream)),
        StreamRegistryError::NotLive
    );
    assert_eq!(
        s.refused("bob", s.suite.lifecycle().open(request)),
        Error::Pricing(PricingEngineError::NotLive)
    );
    s.advance(HOUR);
    assert_eq!(s.owed("alice", 1), 50_000_350);

    let sent = s.must("noor", s.suite.registry().go_live(stream, 40_000));
    told(
        &sent,
        [WentLive {
            stream,
            broadcast: 2,
            grace_ms: 40_000,
        }
        .into()],
    );
    s.advance(10_000);
    // The old session belongs to the old broadcast, and is in the way of a new one.
    assert_eq!(s.owed("alice", 1), 50_000_350);
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().open(request)),
        Error::AlreadyOpen { number: 1 }
    );
    let sent = s.must("alice", s.suite.lifecycle().close(1));
    let closed = &sent.events_of::<SessionClosed>()[0];
    assert_eq!(
        (closed.broadcast, closed.settled, closed.watched_ms),
        (1, 50_000_350, 50_000)
    );
    assert_eq!(s.opens("alice", request), 2);
    assert_eq!(s.session("alice", 2).broadcast, 2);
}

#[test]
fn suspension_ends_billing_at_its_instant() {
    let mut s = Stage::on_air();
    let t = s.now();
    s.opens("alice", request());
    s.opens("bob", vlk_request());
    s.advance(2_345);
    s.must("bob", s.suite.lifecycle().pause(1));
    s.advance(10_000);

    let sent = s.must(
        "mona",
        s.suite.registry().suspend(STREAM, "not hers".into()),
    );
    told(
        &sent,
        [
            BroadcastEnded {
                stream: STREAM,
                broadcast: 1,
                end_ms: t + 12_345,
                cause: EndCause::Suspended,
            }
            .into(),
            StreamSuspended {
                stream: STREAM,
                moderator: account("mona"),
                reason: "not hers".into(),
            }
            .into(),
        ],
    );
    let ended = Error::SessionEnded {
        ended_ms: t + 12_345,
    };
    for ms in [0, HOUR] {
        s.advance(ms);
        // 1,000,007 × 12.345 s = 12,345,086.415; 333,333 × 2.345 s = 781,665.885
        assert_eq!(s.owed("alice", 1), 12_345_086);
        assert_eq!(s.owed("bob", 1), 781_665);
        assert_eq!(s.refused("alice", s.suite.lifecycle().pause(1)), ended);
        assert_eq!(s.refused("bob", s.suite.lifecycle().resume(1)), ended);
        assert_eq!(
            s.refused("noor", s.suite.lifecycle().open(request())),
            Error::Pricing(PricingEngineError::Suspended)
        );
    }
    s.must("mona", s.suite.registry().reinstate(STREAM, "hers".into()));
    assert_eq!(
        s.refused("noor", s.suite.lifecycle().open(request())),
        Error::Pricing(PricingEngineError::NotLive)
    );
    // Suspension takes no money: what was earned is paid.
    s.must("sam", s.suite.lifecycle().close_ended(id("alice", 1)));
    s.must("sam", s.suite.lifecycle().close_ended(id("bob", 1)));
    // 12,345,086 − 1,234,508; 781,665 − 78,166
    assert_eq!(s.payable("mira", NATIVE), 11_110_578);
    assert_eq!(s.payable("mira", VLK), 703_499);
}

#[test]
fn the_owners_end_is_for_ever() {
    let mut s = Stage::on_air();
    let t = s.now();
    s.opens("alice", request());
    s.advance(4_004);
    let sent = s.must("mira", s.suite.registry().end_broadcast(STREAM));
    told(
        &sent,
        [BroadcastEnded {
            stream: STREAM,
            broadcast: 1,
            end_ms: t + 4_004,
            cause: EndCause::Ended,
        }
        .into()],
    );
    s.advance(1);
    assert_eq!(
        s.refused("mira", s.suite.registry().end_broadcast(STREAM)),
        StreamRegistryError::NotLive
    );
    s.must("mira", s.suite.registry().go_live(STREAM, GRACE));
    s.advance(HOUR);
    // 1,000,007 × 4.004 s = 4,004,028.028
    assert_eq!(
        s.must("alice", s.suite.lifecycle().close(1)).value,
        4_004_028
    );
}
