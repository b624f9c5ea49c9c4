//! Those who are asked only when a session opens, by a viewer who asks for it: a staking contract, a pass office and a sponsors' office that give no answer, or lie.

use crate::{beset::*, common::*, puppets::*};
use vilokanam_chain::account;
use vilokanam_interfaces::{
    AccountId, Change, Discount, Millis, OpenRequest, PassDiscount, PlanKind, PlanRules,
    PricingEngineError, PricingPlans, Stake, Staking, TickLifecycle, TickStreamError as Error,
    Wiring, FACTOR_ONE,
};

fn with(discount: Discount) -> OpenRequest {
    OpenRequest {
        discount,
        ..request()
    }
}

/// Who has a stake pays half on stream 1, if a puppet says so; noor has deposits.
pub fn with_stakes() -> (Stage, AccountId) {
    let mut s = watched();
    let puppet = s.puppet("staking");
    let staking = Staking {
        contract: puppet,
        minimum: 1,
    };
    let mut plans = s.suite.plans();
    s.must("owner", plans.set_staking(Some(staking)));
    let half = PlanRules {
        preview_ms: 0,
        tiers: vec![],
        peaks: vec![],
        standard: FACTOR_ONE,
        premium: FACTOR_ONE,
        subscription: FACTOR_ONE,
        categories: vec![],
        audience: vec![],
        stakers: FACTOR_ONE / 2,
    };
    s.must("mira", plans.set_plan(STREAM, PlanKind::Rules(half)));
    s.deposits("noor");
    (s, puppet)
}

/// Those who ask for nothing open and close as ever.
#[track_caller]
fn others_open(s: &mut Stage) {
    let number = s.opens("noor", request());
    s.must("noor", s.suite.lifecycle().close(number));
}

#[test]
fn a_staking_contract_that_gives_no_answer_gives_no_discount() {
    let (mut s, puppet) = with_stakes();
    for (how, mode, ended) in no_answers() {
        s.turns(puppet, mode);
        if ended == Some("OutputBufferTooSmall") {
            // The one thing that it can do: those who ask it do not open.
            let mut lifecycle = s.suite.lifecycle();
            let open = Act::new("noor", "open", lifecycle.open(with(Discount::Stake)));
            let failed = Error::Pricing(PricingEngineError::PlansFailed);
            all_fail(&mut s, &[open], how, &Met::Refused(failed));
        } else {
            // Even one that burns all the gas that it gets: it gets 20 ms.
            s.chain_gas(Some(ENOUGH_GAS));
            let number = s.opens("noor", with(Discount::Stake));
            assert_eq!(s.session("noor", number).discount, FACTOR_ONE, "{how}");
            s.must("noor", s.suite.lifecycle().close(number));
            s.chain_gas(None);
        }
        others_open(&mut s);
    }
    noor_leaves(&mut s);
    all_leave(&mut s);
}

#[test]
fn a_staking_contract_that_lies_gives_what_the_plan_allows_and_no_more() {
    let (mut s, puppet) = with_stakes();
    let stake = |amount, until_ms: Millis| says(Stake { amount, until_ms });
    for (amount, until_ms, discount) in [
        (u128::MAX, u64::MAX, FACTOR_ONE / 2),
        (0, u64::MAX, FACTOR_ONE),
        (u128::MAX, 0, FACTOR_ONE),
    ] {
        s.turns(puppet, stake(amount, until_ms));
        let number = s.opens("noor", with(Discount::Stake));
        assert_eq!(s.session("noor", number).discount, discount);
        s.advance(10_000);
        let paid = s.must("noor", s.suite.lifecycle().close(number)).value;
        // Ten seconds at 1,000,007, or half of that.
        let factor = u128::from(FACTOR_ONE / discount);
        assert_eq!(paid, 10_000_070 / factor);
    }
    s.is_solvent_to_the_unit();
}

#[test]
fn a_pass_office_that_gives_no_answer_or_lies_is_asked_by_those_who_named_a_pass_alone() {
    let mut s = watched();
    let suite = s.suite;
    let puppet = s.puppet("passes");
    let wiring = Wiring {
        registry: Some(suite.registry),
        payments: Some(suite.payments),
        passes: Some(puppet),
        ..Wiring::default()
    };
    s.changes(suite.pricing, Change::Wiring(wiring));
    s.deposits("noor");
    let open = suite.lifecycle().open(with(Discount::Pass));
    let open = [Act::new("noor", "open", open)];
    for (how, mode, ended) in no_answers() {
        s.turns(puppet, mode);
        s.chain_gas(Some(ENOUGH_GAS));
        let expected = match ended {
            Some("OutputBufferTooSmall") => Met::Refused(PricingEngineError::PlansFailed),
            Some(name) => Met::Ended(name.into()),
            None => Met::Refused(PricingEngineError::CallFailed),
        };
        let expected = match expected {
            Met::Refused(error) => Met::Refused(Error::Pricing(error)),
            Met::Ended(name) => Met::Ended(name),
            Met::Done => Met::Done,
        };
        all_fail(&mut s, &open, how, &expected);
        s.chain_gas(None);
        others_open(&mut s);
    }
    // A pass that makes dearer is above the ceiling; one for nothing costs nothing, while it says so.
    let pass = |factor| {
        says(Some(PassDiscount {
            factor,
            until_ms: u64::MAX,
        }))
    };
    s.turns(puppet, pass(2 * FACTOR_ONE));
    let dear = PricingEngineError::AboveCeiling {
        price_per_sec: 2 * RATE,
        ceiling: RATE,
    };
    all_fail(
        &mut s,
        &open,
        "is dear",
        &Met::Refused(Error::Pricing(dear)),
    );
    s.turns(puppet, pass(0));
    let number = s.opens("noor", with(Discount::Pass));
    s.advance(10_000);
    assert_eq!(s.must("noor", suite.lifecycle().close(number)).value, 0);
    noor_leaves(&mut s);
    all_leave(&mut s);
}

#[test]
fn a_sponsors_office_that_gives_no_answer_is_asked_by_those_who_named_a_sponsor_alone() {
    let mut s = watched();
    let suite = s.suite;
    let puppet = s.puppet("patronage");
    let wiring = Wiring {
        registry: Some(suite.registry),
        pricing: Some(suite.pricing),
        patronage: Some(puppet),
        ..Wiring::default()
    };
    s.changes(suite.meter, Change::Wiring(wiring));
    s.deposits("noor");
    let sponsored = OpenRequest {
        sponsor: Some(account("rita")),
        ..request()
    };
    let open = [Act::new("noor", "open", suite.lifecycle().open(sponsored))];
    for (how, mode, ended) in no_answers() {
        s.turns(puppet, mode);
        s.chain_gas(Some(ENOUGH_GAS));
        let expected = match ended {
            Some(name) => Met::Ended(name.into()),
            None => Met::Refused(Error::PatronageFailed),
        };
        all_fail(&mut s, &open, how, &expected);
        s.chain_gas(None);
        others_open(&mut s);
    }
    noor_leaves(&mut s);
    all_leave(&mut s);
}
