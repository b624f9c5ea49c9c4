//! Payees, referrers and viewers that are contracts, and trap, refuse or burn all gas when anybody calls them: nobody does. Money that is sent to a contract runs none of its code.

use crate::{common::*, puppets::*};
use vilokanam_chain::{Chain, Message, VLK};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Class, OpenRequest, PaymentHandler, PaymentHandlerError,
    PricingEngine, Share, StreamRegistry, TickLifecycle, TickStream, NATIVE,
};

/// What the puppet sends as any account does, which must be done.
#[track_caller]
fn has_puppet(s: &mut Stage, puppet: AccountId, message: impl Message) {
    let (to, value, input) = message.into_parts();
    let outcome = s.tells(puppet, Order::Call(to, value, input));
    let Outcome::Answered(answer) = outcome else {
        panic!("{outcome:?}");
    };
    // `Ok` of the message: that of the call is off already.
    assert_eq!(answer.first(), Some(&0), "{answer:?}");
}

fn purse(s: &mut Stage, who: AccountId, asset: AssetId) -> Balance {
    match asset {
        NATIVE => s.chain.native_balance(who).expect("says its balance"),
        _ => s.vlk(who),
    }
}

#[test]
fn payees_that_trap_are_paid_as_any_other_and_stop_nobody() {
    for mode in [
        Mode::Trap,
        Mode::Refuse(vec![0, 1, 0]),
        Mode::Flood,
        Mode::Spin,
    ] {
        let mut s = Stage::on_air();
        let suite = s.suite;
        let [creator, crew, friend] = ["creator", "crew", "friend"].map(|name| s.puppet(name));
        let shares = vec![Share {
            account: crew,
            bps: 2_000,
        }];
        let register =
            suite
                .registry()
                .register(CID.into(), Class::Standard, CATEGORY, 8_000, shares);
        has_puppet(&mut s, creator, register);
        has_puppet(&mut s, creator, suite.pricing().set_rates(2, rates()));
        has_puppet(&mut s, creator, suite.registry().go_live(2, GRACE));
        for puppet in [creator, crew, friend] {
            s.turns(puppet, mode.clone());
        }
        for (viewer, request) in [("alice", request()), ("bob", vlk_request())] {
            let request = OpenRequest {
                stream: 2,
                referrer: Some(friend),
                ..request
            };
            s.opens(viewer, request);
        }
        s.advance(10_000);
        s.must("sam", suite.meter().settle_page(2, 0));
        s.must("alice", suite.lifecycle().close(1));
        s.must("bob", suite.lifecycle().close(1));
        // Of 10,000,070 the fee is 1,000,007, its tenth the friend's; of the rest a fifth is the crew's. Of 3,333,330 likewise.
        for (payee, asset, amount) in [
            (creator, NATIVE, 7_200_051),
            (crew, NATIVE, 1_800_012),
            (friend, NATIVE, 100_000),
            (creator, VLK, 2_399_998),
            (crew, VLK, 599_999),
        ] {
            let had = purse(&mut s, payee, asset);
            let push = suite.payments().push_payable(payee, asset);
            assert_eq!(s.must("sam", push).value, amount);
            assert_eq!(purse(&mut s, payee, asset) - had, amount);
            let again = suite.payments().push_payable(payee, asset);
            let nothing = PaymentHandlerError::NothingPayable;
            assert_eq!(s.refused("sam", again), nothing);
        }
        // Whatever it answers others, it can draw what is its own, to itself alone: a tenth of 333,333.
        let had = purse(&mut s, friend, VLK);
        has_puppet(&mut s, friend, suite.payments().withdraw_payable(VLK));
        assert_eq!(purse(&mut s, friend, VLK) - had, 33_333);
        assert_eq!(s.totals(NATIVE).payable, 0);
        assert_eq!(s.totals(VLK).payable, 0);
        s.is_solvent_to_the_unit();
    }
}

#[test]
fn a_viewer_that_is_a_contract_keeps_nobody_from_what_it_owes() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let viewer = s.puppet("viewer");
    s.chain.fund(viewer, DEPOSITED).expect("funds");
    let deposit = suite.payments().deposit().transferred_value(HOLD);
    has_puppet(&mut s, viewer, deposit);
    let ten_seconds = OpenRequest {
        hold: 10 * RATE,
        ..request()
    };
    has_puppet(&mut s, viewer, suite.lifecycle().open(ten_seconds));
    s.turns(viewer, Mode::Trap);
    s.advance(11_000);
    let session = vilokanam_interfaces::SessionId { viewer, number: 1 };
    let settled = s.must("mira", suite.meter().settle(session)).value;
    assert_eq!(settled, 10_000_070);
    s.must("sam", suite.lifecycle().close_ended(session));
    let sent = s.must("mira", suite.payments().withdraw_payable(NATIVE));
    assert_eq!(sent.value, 9_000_063);
    // And nobody keeps it from what it does not owe.
    let rest = HOLD - 10_000_070;
    let had = purse(&mut s, viewer, NATIVE);
    has_puppet(&mut s, viewer, suite.payments().withdraw(NATIVE, rest));
    assert_eq!(purse(&mut s, viewer, NATIVE) - had, rest);
    s.must("sam", suite.payments().withdraw_fees(NATIVE));
    s.is_solvent_to_the_unit();
}
