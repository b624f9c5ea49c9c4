//! A second code that the owner replaced by one that traps: each of its messages is refused by name, and whatever needs it not goes on.

use crate::common::*;
use vilokanam_chain::{account, administered, Chain, VLK};
use vilokanam_interfaces::{
    AccountId, Administered, Change, ChargeItem, Hash, OpenRequest, PatronageError, PaymentDesk,
    PaymentHandler, PaymentHandlerError, PermitError, PlanKind, PricingEngineError, PricingPlans,
    SpendingLimits, TickLifecycle, TickStream, TickStreamError, VlkPermit, Wiring, FACTOR_ONE,
    NATIVE,
};

/// What ten seconds cost: 10 × 1,000,007.
const TEN_SECONDS: u128 = 10_000_070;

/// A code that traps whatever it is called for: an import of memory, `deploy`, which does nothing, and `call`, which is `unreachable`.
const TRAPS: &[u8] = b"\0asm\x01\0\0\0\
    \x01\x04\x01\x60\0\0\
    \x02\x10\x01\x03env\x06memory\x02\x01\x02\x10\
    \x03\x03\x02\0\0\
    \x07\x11\x02\x06deploy\0\0\x04call\0\x01\
    \x0a\x08\x02\x02\0\x0b\x03\0\0\x0b";

impl Stage {
    /// Gives the contract a second code that traps; answers which it had.
    fn breaks(&mut self, contract: AccountId) -> Hash {
        let had = self.read(administered(contract).administration());
        let code = self.chain.upload(account("owner"), TRAPS);
        self.changes(contract, Change::SecondCode(code.expect("uploads")));
        had.second_code.expect("there is one")
    }
}

#[test]
fn without_the_tokens_second_code_permits_are_refused_and_tokens_move() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let code = s.breaks(suite.token);
    let now = s.now();
    let permit = || {
        let (owner, spender) = (key("alice"), account("bob"));
        suite
            .permit()
            .permit(owner, spender, 1, now + MINUTE, [1; 64])
    };
    assert_eq!(s.refused("sam", permit()), PermitError::PermitFailed);
    s.gets_vlk("sam", 1);
    s.must("alice", suite.payments().withdraw(VLK, DEPOSITED));

    s.changes(suite.token, Change::SecondCode(code));
    assert_eq!(
        s.refused("sam", permit()),
        PermitError::BadSignature { nonce: 0 }
    );
}

#[test]
fn without_the_prices_second_code_only_plans_are_refused() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let code = s.breaks(suite.pricing);
    let set_plan = || suite.plans().set_plan(STREAM, PlanKind::Flat);
    let refused = s.refused("mira", set_plan());
    assert_eq!(refused, PricingEngineError::PlansFailed);

    s.opens("alice", request());
    s.advance(10_000);
    s.must("alice", suite.lifecycle().close(1));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - TEN_SECONDS);

    s.changes(suite.pricing, Change::SecondCode(code));
    s.must("mira", set_plan());
}

#[test]
fn without_the_payments_second_code_limits_are_refused_and_money_comes_and_goes() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let code = s.breaks(suite.payments);
    let limit = SpendingLimits {
        day: Some(HOLD),
        ..SpendingLimits::default()
    };
    let set = || suite.desk().set_spending_limits(NATIVE, limit.clone());
    let refused = s.refused("alice", set());
    assert_eq!(refused, PaymentHandlerError::DeskFailed);

    s.opens("alice", request());
    s.advance(10_000);
    s.must("alice", suite.lifecycle().close(1));
    s.must("mira", suite.payments().withdraw_payable(NATIVE));
    let rest = DEPOSITED - TEN_SECONDS;
    s.must("alice", suite.payments().withdraw(NATIVE, rest));
    s.is_solvent_to_the_unit();

    s.changes(suite.payments, Change::SecondCode(code));
    s.must("alice", set());
}

#[test]
fn without_the_meters_second_code_nothing_opens_and_settling_and_payouts_go_on() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    s.opens("alice", request());
    s.advance(10_000);
    let code = s.breaks(suite.meter);
    let open = || suite.lifecycle().open(request());
    let failed = TickStreamError::LifecycleFailed;
    assert_eq!(s.refused("bob", open()), failed);
    assert_eq!(s.refused("alice", suite.lifecycle().close(1)), failed);

    s.must("sam", suite.meter().settle_many(vec![id("alice", 1)]));
    s.must("mira", suite.payments().withdraw_payable(NATIVE));
    let rest = DEPOSITED - HOLD;
    s.must("alice", suite.payments().withdraw(NATIVE, rest));

    s.changes(suite.meter, Change::SecondCode(code));
    s.must("alice", suite.lifecycle().close(1));
    assert_eq!(s.free("alice", NATIVE), HOLD - TEN_SECONDS);
    s.must("bob", open());
    s.is_solvent_to_the_unit();
}

#[test]
fn a_sponsored_session_needs_patronage_to_answer() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let sponsored = || {
        let sponsor = Some(account("noor"));
        suite.lifecycle().open(OpenRequest {
            sponsor,
            ..request()
        })
    };
    let none = TickStreamError::Patronage(PatronageError::NoSponsorship);
    assert_eq!(s.refused("alice", sponsored()), none);
    let wiring = |patronage| Wiring {
        registry: Some(suite.registry),
        pricing: Some(suite.pricing),
        patronage: Some(patronage),
        ..Wiring::default()
    };
    let nobody = wiring(account("nothing"));
    s.changes(suite.meter, Change::Wiring(nobody));
    let refused = s.refused("alice", sponsored());
    assert_eq!(refused, TickStreamError::PatronageFailed);
    s.opens("alice", request());

    let back = wiring(suite.patronage);
    s.changes(suite.meter, Change::Wiring(back));
    s.must("alice", suite.lifecycle().close(1));
    assert_eq!(s.refused("alice", sponsored()), none);
}

#[test]
fn a_broadcast_that_never_was_costs_nothing_and_is_refused() {
    let mut s = Stage::on_air();
    let now = s.now();
    let item = |broadcast| ChargeItem {
        stream: STREAM,
        broadcast,
        asset: NATIVE,
        rate_per_sec: RATE,
        factor: FACTOR_ONE,
        ceiling: RATE,
        hold: HOLD,
        accrued: 0,
        since_ms: now,
        running: true,
        stop_ms: u64::MAX,
        planned: None,
    };
    s.advance(10_000);
    let charged = s.read(s.suite.plans().charge(now + 10_000, vec![item(1)]));
    let charged = charged.expect("is charged");
    // 10,000 ms × 1,000,007 × 1,000,000.
    assert_eq!(charged[0].accrued, 10_000_070_000_000_000);
    let refused = s.read(s.suite.plans().charge(now + 10_000, vec![item(1), item(2)]));
    assert_eq!(refused, Err(PricingEngineError::BroadcastNotFound));
}
