//! The edges: the largest amounts, the fullest lists, the most pages.

use crate::common::*;
use core::fmt::Debug;
use ink::scale::Encode;
use psp22::PSP22;
use vilokanam_chain::{account, artifacts_dir, instantiate, psp22, Calls, Chain, Message, VLK};
use vilokanam_interfaces::{
    AssetId, AssetRate, Balance, Change, Class, OpenRequest, Outcome, PaymentHandler,
    PricingEngine, StreamId, TickLifecycle, TickStream, TickStreamError as Error, MAX_BATCH_PAGES,
    MAX_HOLD, MAX_PAGES, MAX_PROVIDED, MAX_RATE, NATIVE,
};

/// The number of a token of which there is as much as a balance can be.
const HUGE: AssetId = 2;

#[test]
fn the_largest_hold_at_the_highest_rate_is_billed_to_the_unit() {
    let mut s = Stage::on_air();
    let (suite, alice) = (s.suite, account("alice"));
    let supply = Balance::MAX.encode();
    let dir = artifacts_dir();
    let token = instantiate(&mut s.chain, &dir, "hostile_token", alice, supply, &[]);
    let token = token.expect("is instantiated");
    s.changes(suite.payments, Change::ListToken(token));
    let rate = AssetRate {
        asset: HUGE,
        rate_per_sec: MAX_RATE,
    };
    s.must("mira", suite.pricing().set_rates(STREAM, vec![rate]));
    s.must("alice", psp22(token).approve(suite.payments, Balance::MAX));
    let deposit = suite.payments().deposit_token(HUGE, Balance::MAX);
    s.must("alice", deposit);

    let t = s.now();
    let largest = OpenRequest {
        asset: HUGE,
        hold: MAX_HOLD,
        ceiling: Balance::MAX,
        ..request()
    };
    s.opens("alice", largest);
    // 10^29 at 10^18 a second last 10^11 s.
    assert_eq!(s.runs_out_at("alice", 1), Some(t + 100_000_000_000_000));
    s.advance(86_399_999);
    // 10^18 × 86,399.999 s
    let owed = 86_399_999_000_000_000_000_000;
    assert_eq!(s.owed("alice", 1), owed);
    s.must("sam", suite.meter().settle(id("alice", 1)));
    s.must("alice", suite.lifecycle().close(1));
    assert_eq!(s.free("alice", HUGE), Balance::MAX - owed);
    assert_eq!(s.payable("mira", HUGE), 77_759_999_100_000_000_000_000);
    assert_eq!(s.totals(HUGE).fees, 8_639_999_900_000_000_000_000);
    let all = suite.payments().withdraw(HUGE, Balance::MAX - owed);
    s.must("alice", all);
}

#[test]
fn the_smallest_rate_loses_nothing_to_frequent_settling() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    s.must("mira", suite.pricing().set_rates(STREAM, rates_of(1, 1)));
    let smallest = OpenRequest {
        hold: 1_000,
        ..request()
    };
    s.opens("alice", smallest);
    let mut moved = 0;
    for _ in 0..23 {
        s.advance(333);
        moved += s.must("sam", suite.meter().settle(id("alice", 1))).value;
    }
    // 1 a second × 7.659 s; of 7 units the platform's tenth rounds down to nothing.
    assert_eq!(moved, 7);
    assert_eq!(s.payable("mira", NATIVE), 7);
    assert_eq!(s.totals(NATIVE).fees, 0);
    s.advance(2_341);
    // At 10.000 s it is 10 in all, of which 1.
    s.must("alice", suite.lifecycle().close(1));
    assert_eq!(s.payable("mira", NATIVE), 9);
    assert_eq!(s.totals(NATIVE).fees, 1);
}

#[test]
fn a_batch_touches_at_most_fifty_pages() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    // One stream each, so one page each.
    let viewers = ["alice", "bob", "noor", "omar"];
    s.deposits("noor");
    s.deposits("omar");
    let mut ids = Vec::new();
    for stream in 1..=MAX_BATCH_PAGES + 2 {
        if stream > 1 {
            assert_eq!(s.airs("mira", Class::Standard, &[]), stream);
        }
        let viewer = viewers[(stream as usize - 1) / 13];
        let number = s.opens(
            viewer,
            OpenRequest {
                stream,
                ..request()
            },
        );
        ids.push(id(viewer, number));
    }
    // Another session on a page that was read already is no other page.
    s.opens("omar", request());
    ids.push(id("omar", 14));
    s.advance(10_000);
    let sent = s.must("sam", suite.meter().settle_many(ids.clone()));
    let mut expected = vec![Outcome::Settled(10_000_070); 50];
    expected.extend([Outcome::TooManyPages; 2]);
    expected.push(Outcome::Settled(10_000_070));
    assert_eq!(sent.value, expected);

    // 51 sessions of one creator in one batch; the other two are settled by the next.
    let sent = s.must("sam", suite.meter().settle_many(ids[50..].to_vec()));
    let paid = Outcome::Settled(10_000_070);
    assert_eq!(sent.value, [paid, paid, Outcome::Settled(0)]);
    assert_eq!(s.payable("mira", NATIVE), 53 * 9_000_063);
}

#[test]
fn a_stream_has_room_for_so_many_pages_and_no_more() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    for _ in 0..MAX_PAGES / MAX_PROVIDED {
        s.must(
            "mira",
            suite.lifecycle().provide_seats(STREAM, MAX_PROVIDED),
        );
    }
    let one_more = suite.lifecycle().provide_seats(STREAM, 1);
    assert_eq!(s.refused("mira", one_more), Error::StreamFull);
    // Another stream is not concerned, and viewers sit down here as before.
    let stream: StreamId = s.airs("noor", Class::Standard, &[]);
    s.must("sam", suite.lifecycle().provide_seats(stream, 1));
    s.opens("alice", request());
    s.must("mira", suite.lifecycle().clear_page(STREAM, 2_047));
    s.must("mira", suite.lifecycle().provide_seats(STREAM, 1));
}

/// What a call does when it gets a little more gas each time: fail, and at last do the right thing. Never half of it.
#[track_caller]
fn is_right_or_refused<T, E, M>(s: &mut Stage, who: &str, message: impl Fn() -> M, right: T)
where
    T: PartialEq + Debug,
    E: Debug,
    M: Message<Output = Result<T, E>>,
{
    let full = s.chain.quote(account(who), message()).expect("is served");
    assert_eq!(full.value.expect("succeeds"), right);
    let (time, proof) = (full.receipt.ref_time, full.receipt.proof_size);
    let (mut trapped, mut refused, mut done) = (0, 0, 0);
    for part in 1..=60 {
        for (time, proof) in [(time / 50 * part, u64::MAX), (u64::MAX, proof / 50 * part)] {
            s.chain.limit_gas(time, proof);
            let outcome = s.chain.quote(account(who), message());
            match outcome.map(|sent| sent.value) {
                Err(_) => trapped += 1,
                Ok(Err(_)) => refused += 1,
                Ok(Ok(value)) => {
                    assert_eq!(value, right);
                    done += 1;
                }
            }
        }
    }
    s.chain.unlimit_gas();
    assert!(
        trapped + refused > 0 && done > 0,
        "{trapped} {refused} {done}"
    );
}

#[test]
fn a_call_that_is_starved_of_gas_never_moves_another_amount() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    s.opens("alice", request());
    s.opens("bob", vlk_request());
    s.advance(10_000);
    let alice = id("alice", 1);
    is_right_or_refused(&mut s, "alice", || suite.lifecycle().close(1), 10_000_070);
    is_right_or_refused(&mut s, "sam", || suite.meter().settle(alice), 10_000_070);
    is_right_or_refused(&mut s, "sam", || suite.lifecycle().owed(alice), 10_000_070);
    let both = || suite.meter().settle_page(STREAM, 0);
    let right = vec![(NATIVE, 10_000_070), (VLK, 3_333_330)];
    is_right_or_refused(&mut s, "sam", both, right);
    is_right_or_refused(&mut s, "noor", || suite.lifecycle().provide_seats(1, 1), ());
    s.must("sam", suite.meter().settle_page(STREAM, 0));
    let payable = || suite.payments().withdraw_payable(VLK);
    is_right_or_refused(&mut s, "mira", payable, 2_999_997);
    s.gets_vlk("sam", 77);
    let donate = suite.token().transfer(suite.payments, 77, Vec::new());
    s.must("sam", donate);
    is_right_or_refused(&mut s, "sam", || suite.payments().sweep(VLK), 77);
}
