//! What becomes of a free preview when sessions end, in each way that they can.

use crate::common::*;
use vilokanam_chain::account;
use vilokanam_interfaces::{
    events::tick_stream::{OpenedWith, SessionOpened},
    Balance, Millis, OpenRequest, PlanKind, PlanRules, PricingPlans, SessionState, StreamRegistry,
    TickLifecycle, TickStream, FACTOR_ONE, NATIVE,
};

/// A minute for nothing.
const PREVIEW: u32 = 60_000;

impl Stage {
    /// Mira's stream 1 is on air, and the first minute of it is free.
    fn with_preview() -> Self {
        let mut s = Self::on_air();
        let rules = PlanRules {
            preview_ms: PREVIEW,
            tiers: vec![],
            peaks: vec![],
            standard: FACTOR_ONE,
            premium: FACTOR_ONE,
            subscription: FACTOR_ONE,
            categories: vec![],
            audience: vec![],
            stakers: FACTOR_ONE,
        };
        let plan = s.suite.plans().set_plan(STREAM, PlanKind::Rules(rules));
        s.must("mira", plan);
        s
    }

    fn preview_left(&mut self, viewer: &str) -> u32 {
        let lifecycle = self.suite.lifecycle();
        let left = lifecycle.preview_left(account(viewer), STREAM, 1, PREVIEW);
        self.read(left)
    }
}

#[test]
fn a_session_takes_all_that_is_left_and_returns_what_it_did_not_watch() {
    let mut s = Stage::with_preview();
    let sent = s.must("alice", s.suite.lifecycle().open(request()));
    let opened = &sent.events_of::<SessionOpened>()[0];
    assert_eq!(opened.plan, 1);
    assert_eq!(
        opened.extras,
        Some(OpenedWith {
            step: 0,
            discount: FACTOR_ONE,
            discount_until_ms: 0,
            preview_ms: PREVIEW,
            sponsor: None,
        })
    );
    assert_eq!(s.preview_left("alice"), 0);
    // Pauses are no part of it: 10 and 5 seconds are.
    s.advance(10 * SECOND);
    s.must("alice", s.suite.lifecycle().pause(1));
    s.advance(20 * SECOND);
    s.must("alice", s.suite.lifecycle().resume(1));
    s.advance(5 * SECOND);
    assert_eq!(s.preview_left("alice"), 0);
    s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(s.preview_left("alice"), 45_000);
    // The next takes these, and after them pays: 15 × 1,000,007.
    s.opens("alice", request());
    assert_eq!(s.session("alice", 2).preview_ms, 45_000);
    assert_eq!(s.preview_left("alice"), 0);
    s.advance(60 * SECOND);
    assert_eq!(s.owed("alice", 2), 15 * RATE);
    s.must("alice", s.suite.lifecycle().close(2));
    assert_eq!(s.preview_left("alice"), 0);
    let sent = s.must("alice", s.suite.lifecycle().open(request()));
    assert_eq!(sent.events_of::<SessionOpened>()[0].extras, None);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 15 * RATE - HOLD);
}

#[test]
fn whoever_closes_it_the_rest_is_the_viewers() {
    let mut s = Stage::with_preview();
    for viewer in ["omar", "rita", "sam"] {
        s.deposits(viewer);
    }
    let began = s.now();
    let until = |ms: Millis| OpenRequest {
        until_ms: Some(began + ms),
        ..request()
    };
    let bob = s.watches("bob", request());
    s.opens("omar", until(10 * SECOND));
    s.opens("rita", request());
    s.opens("sam", request());
    s.advance(10 * SECOND);
    // The creator sends bob away; whoever comes by closes omar's, which has ended, and pays and gets no storage deposit.
    s.must("mira", s.suite.lifecycle().dismiss(bob.at));
    assert_eq!(s.preview_left("bob"), 50_000);
    s.advance(15 * SECOND);
    let sent = s.must("noor", s.suite.lifecycle().close_ended(id("omar", 1)));
    assert_eq!((sent.value, sent.receipt.deposit), (0, 0));
    assert_eq!(s.preview_left("omar"), 50_000);
    // Rita leaves without help after 25 seconds. Nothing was charged, and yet they were watched.
    s.must("rita", s.suite.lifecycle().begin_exit(1));
    s.advance(HOUR);
    assert_eq!(s.preview_left("rita"), 0);
    s.must("rita", s.suite.lifecycle().finish_exit(1));
    assert_eq!(s.preview_left("rita"), 35_000);
    // Sam's goes on until the broadcast ends; a preview of that is worth nothing, and is returned all the same.
    assert_eq!(s.owed("sam", 1), Balance::from(HOUR / SECOND - 35) * RATE);
    s.must("mira", s.suite.registry().end_broadcast(STREAM));
    s.must("noor", s.suite.lifecycle().close_ended(id("sam", 1)));
    assert_eq!(s.preview_left("sam"), 0);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_closing_session_returns_it_at_once_and_only_once() {
    let mut s = Stage::with_preview();
    let first = s.watches("alice", request());
    s.advance(10 * SECOND);
    // Over to vouchers: the clock stops, and the rest of the preview waits for it.
    let set_key = s.suite.lifecycle().set_key(1, Some(key("phone")));
    s.must("alice", set_key);
    s.advance(5 * SECOND);
    assert_eq!(s.preview_left("alice"), 0);
    s.must("alice", s.suite.lifecycle().close(1));
    let closing = s.read(s.suite.lifecycle().session_at(first.at));
    assert_eq!(
        closing.map(|session| session.state),
        Some(SessionState::Closing)
    );
    assert_eq!(s.preview_left("alice"), 50_000);
    // She opens again while the first still sits there; finishing it changes nothing.
    s.opens("alice", request());
    assert_eq!(s.session("alice", 2).preview_ms, 50_000);
    s.advance(HOUR);
    s.must("sam", s.suite.lifecycle().finish_close(first.at));
    assert_eq!(s.preview_left("alice"), 0);
    s.must("alice", s.suite.lifecycle().close(2));
    assert_eq!(s.preview_left("alice"), 0);
    // Nor does the creator's dismissing one.
    let bob = s.watches("bob", request());
    s.must("bob", s.suite.lifecycle().set_key(1, Some(key("tablet"))));
    s.must("bob", s.suite.lifecycle().close(1));
    assert_eq!(s.preview_left("bob"), PREVIEW);
    s.opens("bob", request());
    s.must("mira", s.suite.lifecycle().dismiss(bob.at));
    assert_eq!(s.preview_left("bob"), 0);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_session_billed_by_vouchers_takes_none_of_it() {
    let mut s = Stage::with_preview();
    let watch = s.watches("alice", signed_by("phone"));
    assert_eq!(s.session("alice", 1).preview_ms, 0);
    assert_eq!(s.preview_left("alice"), PREVIEW);
    // What is signed is paid, from the first second.
    s.advance(3 * SECOND);
    let voucher = s.signs("phone", &watch, 3 * SECOND, 3 * RATE);
    assert_eq!(
        s.must("sam", s.suite.meter().redeem(voucher)).value,
        3 * RATE
    );
    // Its key revoked, the clock bills it in full.
    s.must("alice", s.suite.lifecycle().set_key(1, None));
    s.advance(HOUR);
    s.must("alice", s.suite.lifecycle().resume(1));
    s.advance(2 * SECOND);
    assert_eq!(s.owed("alice", 1), 2 * RATE);
    s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(s.preview_left("alice"), PREVIEW);
    s.opens("alice", request());
    assert_eq!(s.session("alice", 2).preview_ms, PREVIEW);
}

#[test]
fn its_cell_is_quoted_and_paid_for_once() {
    let mut s = Stage::with_preview();
    let opens = |s: &mut Stage, viewer: &str, request| {
        let can_open = s.suite.lifecycle().can_open(account(viewer), request);
        let quoted = s.read(can_open).expect("can open").deposit;
        let sent = s.must(viewer, s.suite.lifecycle().open(request));
        let deposit = s.deposit_of(quoted.items, quoted.bytes);
        assert_eq!(sent.receipt.deposit, deposit);
        quoted.items
    };
    // Her account, a page, the stream, her preview.
    assert_eq!(opens(&mut s, "alice", request()), 4);
    // His account; no preview by vouchers.
    assert_eq!(opens(&mut s, "bob", signed_by("phone")), 1);
    let sent = s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(sent.receipt.deposit, 0);
    assert_eq!(opens(&mut s, "alice", request()), 0);
    s.must("bob", s.suite.lifecycle().close(1));
    // His preview.
    assert_eq!(opens(&mut s, "bob", request()), 1);
}
