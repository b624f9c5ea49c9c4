//! Contracts that are not wired, wrongly wired, or wired twice.

use crate::{common::*, house::House};
use vilokanam_chain::{
    account, administered, artifacts_dir, deploy_unwired, Calls, Chain, Config, Suite,
};
use vilokanam_interfaces::{
    events::admin::Wired, AccountId, AdminError, Administered, AssetRate, Change, Class, Holds,
    OpenRequest, PaymentHandler, PaymentHandlerError, PlanKind, PricingEngine, PricingEngineError,
    PricingPlans, StreamRegistry, TickLifecycle, TickStream, TickStreamError as Error, Wiring,
    NATIVE,
};

/// The nine contracts, none of which knows another.
fn unwired() -> Stage {
    let mut chain = House::open();
    for who in ["owner", "alice", "mira", "sam"] {
        chain.fund(account(who), RICH).expect("funds");
    }
    let config = Config::default();
    let suite = deploy_unwired(&mut chain, &artifacts_dir(), &config).expect("deploys");
    Stage { chain, suite }
}

fn wires(s: &mut Stage, contract: AccountId, wiring: Wiring) {
    s.must("owner", administered(contract).wire(wiring));
}

fn pricing_wiring(suite: &Suite) -> Wiring {
    Wiring {
        registry: Some(suite.registry),
        payments: Some(suite.payments),
        passes: Some(suite.passes),
        ..Wiring::default()
    }
}

fn payments_wiring(suite: &Suite, meter: AccountId) -> Wiring {
    Wiring {
        meter: Some(meter),
        passes: Some(suite.passes),
        patronage: Some(suite.patronage),
        ..Wiring::default()
    }
}

fn meter_wiring(suite: &Suite, payments: AccountId) -> Wiring {
    Wiring {
        registry: Some(suite.registry),
        pricing: Some(suite.pricing),
        payments: Some(payments),
        patronage: Some(suite.patronage),
        ..Wiring::default()
    }
}

fn native_rates() -> Vec<AssetRate> {
    vec![AssetRate {
        asset: NATIVE,
        rate_per_sec: RATE,
    }]
}

#[test]
fn what_needs_others_is_refused_before_the_first_wiring() {
    let mut s = unwired();
    let suite = s.suite;
    let meter = || suite.meter();
    let lifecycle = || suite.lifecycle();
    let not_wired = Error::NotWired;
    let alice = id("alice", 1);
    assert_eq!(s.refused("alice", lifecycle().open(request())), not_wired);
    assert_eq!(s.refused("alice", lifecycle().top_up(alice, 1)), not_wired);
    assert_eq!(s.refused("alice", lifecycle().pause(1)), not_wired);
    assert_eq!(s.refused("alice", lifecycle().resume(1)), not_wired);
    assert_eq!(s.refused("alice", lifecycle().close(1)), not_wired);
    assert_eq!(
        s.refused("alice", lifecycle().close_ended(alice)),
        not_wired
    );
    assert_eq!(s.refused("alice", meter().settle(alice)), not_wired);
    let nobody = Vec::new();
    assert_eq!(s.refused("alice", meter().settle_many(nobody)), not_wired);
    assert_eq!(s.refused("alice", meter().settle_page(1, 0)), not_wired);
    assert_eq!(s.refused("alice", lifecycle().finish_exit(1)), not_wired);
    assert_eq!(
        s.refused("alice", lifecycle().provide_seats(1, 0)),
        not_wired
    );
    let can_open = lifecycle().can_open(account("alice"), request());
    assert_eq!(s.read(can_open), Err(not_wired));
    // These look for the session or the page first, which is not there.
    let unknown = Error::SessionNotFound;
    assert_eq!(s.refused("alice", lifecycle().begin_exit(1)), unknown);
    assert_eq!(s.read(lifecycle().owed(alice)), Err(unknown.clone()));
    assert_eq!(s.read(lifecycle().refundable(alice)), Err(unknown.clone()));
    assert_eq!(s.read(lifecycle().runs_out_at(alice)), Err(unknown));
    let clear = lifecycle().clear_page(1, 0);
    assert_eq!(s.refused("alice", clear), Error::PageNotFound);
    let genesis_hash = s.chain.genesis_hash();
    assert_eq!(s.read(meter().genesis_hash()), genesis_hash);
    assert_eq!(s.read(meter().exit_delay()), HOUR);

    let pricing = || suite.pricing();
    let plans = || suite.plans();
    let not_wired = PricingEngineError::NotWired;
    let set_rates = pricing().set_rates(1, Vec::new());
    assert_eq!(s.refused("mira", set_rates), not_wired);
    let set_plan = plans().set_plan(1, PlanKind::Flat);
    assert_eq!(s.refused("mira", set_plan), not_wired);
    assert_eq!(s.read(plans().quote(quoted(1, NATIVE, 1))), Err(not_wired));

    // Without a meter the payment handler obeys nobody, and deposits are safe in it.
    s.must("alice", suite.payments().deposit().transferred_value(5));
    let hold = suite
        .holds()
        .hold(account("alice"), NATIVE, 1, Class::Standard, CATEGORY);
    assert_eq!(s.refused("owner", hold), PaymentHandlerError::NotMeter);
    s.must("alice", suite.payments().withdraw(NATIVE, 5));
}

#[test]
fn the_first_wiring_is_the_owners_exact_and_once() {
    let mut s = unwired();
    let suite = s.suite;
    let all = Wiring {
        meter: Some(suite.meter),
        passes: Some(suite.passes),
        directory: Some(suite.directory),
        ..meter_wiring(&suite, suite.payments)
    };
    let reader = Wiring {
        registry: Some(suite.registry),
        ..Wiring::default()
    };
    let passes = Wiring {
        payments: Some(suite.payments),
        ..reader
    };
    let patronage = Wiring {
        meter: Some(suite.meter),
        directory: Some(suite.directory),
        ..passes
    };
    let none = Wiring::default();
    for (contract, fitting) in [
        (suite.pricing, pricing_wiring(&suite)),
        (suite.payments, payments_wiring(&suite, suite.meter)),
        (suite.meter, meter_wiring(&suite, suite.payments)),
        (suite.passes, passes),
        (suite.patronage, patronage),
        (suite.directory, reader),
        (suite.moderation, reader),
    ] {
        let wire = |wiring| administered(contract).wire(wiring);
        assert_eq!(s.refused("sam", wire(fitting)), AdminError::NotOwner);
        for wrong in [none, all] {
            let refused = s.refused("owner", wire(wrong));
            assert_eq!(refused, AdminError::WiringMismatch);
        }
        let sent = s.must("owner", wire(fitting));
        told(&sent, [Wired { wiring: fitting }.into()]);
        assert_eq!(
            s.read(administered(contract).administration()).wiring,
            fitting
        );
        let refused = s.refused("owner", wire(fitting));
        assert_eq!(refused, AdminError::AlreadyWired);
        assert_eq!(s.refused("sam", wire(fitting)), AdminError::NotOwner);
    }
    for contract in [suite.registry, suite.token] {
        for wiring in [none, all] {
            let refused = s.refused("owner", administered(contract).wire(wiring));
            assert_eq!(refused, AdminError::UnsupportedChange);
        }
    }
}

#[test]
fn a_wiring_cannot_be_announced_before_the_first_nor_what_is_wired_for_ever() {
    let mut s = unwired();
    let suite = s.suite;
    let both = Wiring {
        registry: Some(suite.registry),
        pricing: Some(suite.pricing),
        patronage: Some(suite.patronage),
        ..Wiring::default()
    };
    let announce = |contract, wiring| administered(contract).announce(Change::Wiring(wiring));
    let mismatch = AdminError::WiringMismatch;
    let first = announce(suite.meter, both);
    assert_eq!(s.refused("owner", first), mismatch);
    let first = announce(suite.pricing, pricing_wiring(&suite));
    assert_eq!(s.refused("owner", first), mismatch);

    wires(&mut s, suite.meter, meter_wiring(&suite, suite.payments));
    wires(&mut s, suite.pricing, pricing_wiring(&suite));
    let payments = announce(suite.meter, meter_wiring(&suite, suite.payments));
    assert_eq!(s.refused("owner", payments), mismatch);
    assert_eq!(s.refused("owner", announce(suite.pricing, both)), mismatch);
    for contract in [suite.registry, suite.token] {
        let refused = s.refused("owner", announce(contract, both));
        assert_eq!(refused, AdminError::UnsupportedChange);
    }
    // Where the money is, the meter stays; so does the payment handler for those who spend.
    let passes = Wiring {
        registry: Some(suite.registry),
        payments: Some(suite.payments),
        ..Wiring::default()
    };
    let patronage = Wiring {
        meter: Some(suite.meter),
        directory: Some(suite.directory),
        ..passes
    };
    for (contract, first) in [
        (suite.payments, payments_wiring(&suite, suite.meter)),
        (suite.passes, passes),
        (suite.patronage, patronage),
    ] {
        wires(&mut s, contract, first);
        assert_eq!(s.refused("owner", announce(contract, first)), mismatch);
        assert_eq!(s.refused("owner", announce(contract, both)), mismatch);
    }
    assert_eq!(
        s.refused("sam", announce(suite.meter, both)),
        AdminError::NotOwner
    );
}

#[test]
fn a_meter_whose_payments_fail_or_do_not_know_it_opens_nothing() {
    for wired_to_it in [false, true] {
        let mut s = unwired();
        let suite = s.suite;
        wires(&mut s, suite.pricing, pricing_wiring(&suite));
        let other = payments_wiring(&suite, account("another meter"));
        wires(&mut s, suite.payments, other);
        let payments = match wired_to_it {
            true => suite.payments,
            false => account("nothing"),
        };
        wires(&mut s, suite.meter, meter_wiring(&suite, payments));
        let stream = s.registers("mira", Class::Standard, &[]);
        s.must("mira", suite.pricing().set_rates(stream, native_rates()));
        s.must("mira", suite.registry().go_live(stream, GRACE));
        s.must("alice", suite.payments().deposit().transferred_value(HOLD));

        let request = OpenRequest {
            stream,
            ..request()
        };
        let expected = match wired_to_it {
            true => Error::Payments(PaymentHandlerError::NotMeter),
            false => Error::PaymentsFailed,
        };
        assert_eq!(
            s.refused("alice", suite.lifecycle().open(request)),
            expected
        );
        assert_eq!(s.free("alice", NATIVE), HOLD);
        if !wired_to_it {
            let can_open = suite.lifecycle().can_open(account("alice"), request);
            assert_eq!(s.read(can_open), Err(Error::PaymentsFailed));
        }
        let viewer = s.chain.read(suite.meter().viewer(account("alice")));
        assert_eq!(viewer.expect("is readable").sessions, 0);
    }
}
