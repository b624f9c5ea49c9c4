//! Settling: by anyone, at any time, in batches, once; and what is refused once a session is closed, or to others.

use crate::common::*;
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{
    events::tick_stream::*, Class, OpenRequest, Outcome, PaymentHandler, SessionId, TickLifecycle,
    TickStream, TickStreamError as Error, MAX_BATCH, NATIVE,
};

#[test]
fn anyone_settles_and_settling_twice_moves_nothing() {
    let mut s = Stage::on_air();
    let t = s.now();
    s.opens("alice", request());
    let settle = |s: &Stage| s.suite.meter().settle(id("alice", 1));

    let sent = s.must("sam", settle(&s));
    assert_eq!(sent.value, 0);
    told(&sent, []);

    // 1,000,007 × 1.337 s = 1,337,009.359
    s.advance(1_337);
    let sent = s.must("sam", settle(&s));
    assert_eq!(sent.value, 1_337_009);
    let settlement = |amount, settled, upto_ms| Settled {
        settlements: vec![Settlement {
            session: id("alice", 1),
            amount,
            settled,
            upto_ms,
        }],
    };
    told(&sent, [settlement(1_337_009, 1_337_009, t + 1_337).into()]);
    assert_eq!(s.payable("mira", NATIVE), 1_203_309);
    assert_eq!(s.totals(NATIVE).fees, 133_700);

    let sent = s.must("mira", settle(&s));
    assert_eq!(sent.value, 0);
    told(&sent, []);
    assert_eq!(s.session("alice", 1).settled, 1_337_009);

    // What was rounded off is not lost: 1,000,007 × 2.674 s = 2,674,018.718
    s.advance(1_337);
    let sent = s.must("sam", settle(&s));
    told(&sent, [settlement(1_337_009, 2_674_018, t + 2_674).into()]);

    // 1,000,007 × 2.675 s = 2,675,018.725, of which 10 % are 267,501
    s.advance(1);
    assert_eq!(s.must("alice", s.suite.lifecycle().close(1)).value, 1_000);
    assert_eq!(s.payable("mira", NATIVE), 2_407_517);
    assert_eq!(s.totals(NATIVE).fees, 267_501);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_batch_names_what_became_of_each_session() {
    let mut s = Stage::on_air();
    let t = s.now();
    s.opens("alice", request());
    s.opens("bob", vlk_request());
    s.must("bob", s.suite.lifecycle().close(1));
    s.opens("bob", vlk_request());
    s.advance(10_000);
    let other = s.airs("noor", Class::Premium, &[]);
    s.opens(
        "alice",
        OpenRequest {
            stream: other,
            ..request()
        },
    );

    let ids = vec![
        id("sam", 1),
        id("alice", 0),
        id("alice", 1),
        id("bob", 1),
        id("bob", 2),
        id("alice", 1),
        id("alice", 3),
        id("alice", 2),
        id("sam", 1),
    ];
    let sent = s.must("sam", s.suite.meter().settle_many(ids.clone()));
    // 333,333 × 10 s = 3,333,330
    assert_eq!(
        sent.value,
        [
            Outcome::SessionNotFound,
            Outcome::SessionNotFound,
            Outcome::Settled(10_000_070),
            Outcome::SessionClosed,
            Outcome::Settled(3_333_330),
            Outcome::Duplicate,
            Outcome::SessionNotFound,
            Outcome::Settled(0),
            Outcome::Duplicate,
        ]
    );
    let settlement = |session: SessionId, amount| Settlement {
        session,
        amount,
        settled: amount,
        upto_ms: t + 10_000,
    };
    told(
        &sent,
        [Settled {
            settlements: vec![
                settlement(id("alice", 1), 10_000_070),
                settlement(id("bob", 2), 3_333_330),
            ],
        }
        .into()],
    );
    assert_eq!(s.payable("mira", NATIVE), 9_000_063);
    assert_eq!(s.payable("mira", VLK), 2_999_997);

    let sent = s.must("sam", s.suite.meter().settle_many(ids));
    told(&sent, []);
    let sent = s.must("sam", s.suite.meter().settle_many(Vec::new()));
    assert_eq!(sent.value, []);
    told(&sent, []);
    let ids = vec![id("alice", 1); MAX_BATCH as usize + 1];
    assert_eq!(
        s.refused("sam", s.suite.meter().settle_many(ids)),
        Error::TooMany { max: MAX_BATCH }
    );
    s.is_solvent_to_the_unit();
}

#[test]
fn a_page_is_settled_in_each_of_its_assets() {
    let mut s = Stage::on_air();
    let t = s.now();
    s.opens("alice", request());
    s.opens("bob", vlk_request());
    s.advance(1_000);
    s.deposits("noor");
    s.opens("noor", request());
    s.advance(9_000);

    let sent = s.must("sam", s.suite.meter().settle_page(STREAM, 0));
    // alice: 10 s; noor: 9 s × 1,000,007 = 9,000,063
    assert_eq!(
        sent.value,
        [(NATIVE, 10_000_070 + 9_000_063), (VLK, 3_333_330)]
    );
    let settlement = |viewer, amount| Settlement {
        session: id(viewer, 1),
        amount,
        settled: amount,
        upto_ms: t + 10_000,
    };
    told(
        &sent,
        [Settled {
            settlements: vec![
                settlement("alice", 10_000_070),
                settlement("bob", 3_333_330),
                settlement("noor", 9_000_063),
            ],
        }
        .into()],
    );
    let sent = s.must("sam", s.suite.meter().settle_page(STREAM, 0));
    assert_eq!(sent.value, []);
    told(&sent, []);
    for (stream, page) in [(STREAM, 1), (STREAM + 1, 0)] {
        assert_eq!(
            s.refused("sam", s.suite.meter().settle_page(stream, page)),
            Error::PageNotFound
        );
    }
    // Each session's fee rounds down: 1,000,007 and 900,006.
    assert_eq!(s.totals(NATIVE).fees, 1_900_013);
    assert_eq!(s.payable("mira", NATIVE), 17_100_120);
    s.is_solvent_to_the_unit();
}

#[test]
fn settled_money_can_be_drawn_while_the_session_goes_on() {
    let mut s = Stage::on_air();
    s.opens("alice", request());
    for round in 1..=3u128 {
        s.advance(10_000);
        s.must("mira", s.suite.meter().settle(id("alice", 1)));
        // Nine tenths of 10,000,070.
        let sent = s.must("mira", s.suite.payments().withdraw_payable(NATIVE));
        assert_eq!(sent.value, 9_000_063);
        assert_eq!(s.session("alice", 1).settled, round * 10_000_070);
        s.is_solvent_to_the_unit();
    }
}

#[test]
fn a_closed_session_is_final() {
    let mut s = Stage::on_air();
    let lifecycle = s.suite.lifecycle();
    s.opens("alice", request());
    s.advance(10_000);
    s.must("alice", s.suite.lifecycle().close(1));
    let pool = s.pool("alice", NATIVE);
    s.advance(10_000);

    let alice = id("alice", 1);
    let closed = Error::SessionClosed;
    assert_eq!(s.refused("alice", s.suite.lifecycle().close(1)), closed);
    assert_eq!(s.refused("alice", s.suite.lifecycle().pause(1)), closed);
    assert_eq!(s.refused("alice", s.suite.lifecycle().resume(1)), closed);
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().begin_exit(1)),
        closed
    );
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().finish_exit(1)),
        closed
    );
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().top_up(alice, 1)),
        closed
    );
    assert_eq!(s.refused("alice", s.suite.meter().settle(alice)), closed);
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().close_ended(alice)),
        closed
    );
    assert_eq!(s.read(lifecycle.owed(alice)), Err(closed.clone()));
    assert_eq!(s.read(lifecycle.refundable(alice)), Err(closed.clone()));
    assert_eq!(s.read(lifecycle.runs_out_at(alice)), Err(closed));
    assert_eq!(s.read(lifecycle.session(alice)), None);
    assert_eq!(
        s.read(lifecycle.open_session(account("alice"), STREAM)),
        None
    );
    assert_eq!(s.pool("alice", NATIVE), pool);

    // Its number is never given again.
    assert_eq!(s.opens("alice", request()), 2);
    let close = s.suite.lifecycle().close(1);
    assert_eq!(s.refused("alice", close), Error::SessionClosed);
}

#[test]
fn what_a_viewer_never_opened_is_not_found() {
    let mut s = Stage::on_air();
    let lifecycle = s.suite.lifecycle();
    s.opens("alice", request());

    let unknown = Error::SessionNotFound;
    for number in [0, 2, u32::MAX] {
        let alice = id("alice", number);
        assert_eq!(
            s.refused("alice", s.suite.lifecycle().close(number)),
            unknown
        );
        assert_eq!(
            s.refused("alice", s.suite.lifecycle().pause(number)),
            unknown
        );
        assert_eq!(
            s.refused("alice", s.suite.lifecycle().resume(number)),
            unknown
        );
        let begin = s.suite.lifecycle().begin_exit(number);
        assert_eq!(s.refused("alice", begin), unknown);
        let finish = s.suite.lifecycle().finish_exit(number);
        assert_eq!(s.refused("alice", finish), unknown);
        let settle = s.suite.meter().settle(alice);
        assert_eq!(s.refused("alice", settle), unknown);
        let close = s.suite.lifecycle().close_ended(alice);
        assert_eq!(s.refused("alice", close), unknown);
        assert_eq!(s.read(lifecycle.owed(alice)), Err(unknown.clone()));
        assert_eq!(s.read(lifecycle.refundable(alice)), Err(unknown.clone()));
        assert_eq!(s.read(lifecycle.runs_out_at(alice)), Err(unknown.clone()));
        assert_eq!(s.read(lifecycle.session(alice)), None);
    }
}

#[test]
fn another_viewers_session_cannot_even_be_named() {
    let mut s = Stage::on_air();
    s.opens("alice", request());
    s.advance(10_000);
    let before = s.session("alice", 1);

    // These take the caller's own number, and neither the creator nor the owner of the suite has a session 1.
    for who in ["bob", "mira", "owner"] {
        let unknown = Error::SessionNotFound;
        assert_eq!(s.refused(who, s.suite.lifecycle().close(1)), unknown);
        assert_eq!(s.refused(who, s.suite.lifecycle().pause(1)), unknown);
        assert_eq!(s.refused(who, s.suite.lifecycle().resume(1)), unknown);
        assert_eq!(s.refused(who, s.suite.lifecycle().begin_exit(1)), unknown);
        assert_eq!(s.refused(who, s.suite.lifecycle().finish_exit(1)), unknown);
        assert_eq!(
            s.refused(who, s.suite.lifecycle().close_ended(id("alice", 1))),
            Error::SessionNotEnded
        );
    }
    // Not even its viewer may say that it has ended when it has not.
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().close_ended(id("alice", 1))),
        Error::SessionNotEnded
    );
    assert_eq!(s.session("alice", 1), before);
}
