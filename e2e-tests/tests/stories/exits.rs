//! Exits: a viewer gets out with what is not owed and a payee with what is, whatever registry and pricing do.

use crate::common::*;
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{
    events::{
        admin::ChangeApplied,
        tick_stream::{ExitBegun, SessionClosed},
    },
    AccountId, Administered, Change, OpenRequest, PaymentHandler, PricingEngine,
    PricingEngineError, PricingPlans, StreamRegistry, TickLifecycle, TickStream,
    TickStreamError as Error, Totals, Wiring, NATIVE,
};

/// What `Config::default` sets.
const EXIT_DELAY: u64 = HOUR;

/// Rewires the meter, which here needs no delay.
fn rewires(s: &mut Stage, registry: AccountId, pricing: AccountId) {
    let wiring = Wiring {
        registry: Some(registry),
        pricing: Some(pricing),
        patronage: Some(s.suite.patronage),
        ..Wiring::default()
    };
    s.changes(s.suite.meter, Change::Wiring(wiring));
}

/// Everything that asks the broken contract fails with `failed`, and changes nothing.
fn everything_but_exits_fails(s: &mut Stage, failed: Error) {
    let alice = id("alice", 1);
    let meter = s.suite.meter;
    let lifecycle = || -> vilokanam_chain::TickLifecycleCalls { meter.into() };
    let meter = || -> vilokanam_chain::TickStreamCalls { meter.into() };
    let before = (
        s.session("alice", 1),
        s.totals(NATIVE),
        s.free("alice", NATIVE),
    );
    let ended = id("bob", 1);
    assert_eq!(s.refused("alice", lifecycle().close(1)), failed);
    assert_eq!(s.refused("alice", lifecycle().pause(1)), failed);
    assert_eq!(s.refused("alice", lifecycle().top_up(alice, 1)), failed);
    assert_eq!(s.refused("bob", lifecycle().resume(1)), failed);
    assert_eq!(s.refused("sam", lifecycle().close_ended(ended)), failed);
    assert_eq!(s.refused("sam", meter().settle(alice)), failed);
    let both = vec![alice, ended];
    assert_eq!(s.refused("sam", meter().settle_many(both)), failed);
    assert_eq!(s.refused("sam", meter().settle_page(STREAM, 0)), failed);
    assert_eq!(s.refused("noor", lifecycle().open(request())), failed);
    let can_open = lifecycle().can_open(account("noor"), request());
    assert_eq!(s.read(can_open), Err(failed.clone()));
    assert_eq!(s.read(lifecycle().owed(alice)), Err(failed.clone()));
    assert_eq!(s.read(lifecycle().refundable(alice)), Err(failed.clone()));
    assert_eq!(s.read(lifecycle().runs_out_at(alice)), Err(failed));
    let after = (
        s.session("alice", 1),
        s.totals(NATIVE),
        s.free("alice", NATIVE),
    );
    assert_eq!(after, before);
}

/// alice watches and is settled once; bob has paused.
fn watched() -> Stage {
    let mut s = Stage::on_air();
    s.opens("alice", request());
    s.opens("bob", request());
    s.advance(10_000);
    s.must("mira", s.suite.meter().settle(id("alice", 1)));
    s.must("bob", s.suite.lifecycle().pause(1));
    s.advance(5_000);
    s
}

/// alice and bob leave with all that was not charged, mira with what was.
fn all_get_out(s: &mut Stage) {
    let begun_ms = s.now();
    let finish_ms = begun_ms + EXIT_DELAY;
    let sent = s.must("alice", s.suite.lifecycle().begin_exit(1));
    told(
        &sent,
        [ExitBegun {
            viewer: account("alice"),
            number: 1,
            stream: STREAM,
            finish_ms,
        }
        .into()],
    );
    s.must("bob", s.suite.lifecycle().begin_exit(1));
    s.advance(EXIT_DELAY - 1);
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().finish_exit(1)),
        Error::ExitNotDue { finish_ms }
    );
    s.advance(1);
    let sent = s.must("alice", s.suite.lifecycle().finish_exit(1));
    told(
        &sent,
        [SessionClosed {
            viewer: account("alice"),
            number: 1,
            stream: STREAM,
            broadcast: 1,
            asset: NATIVE,
            opened_ms: begun_ms - 15_000,
            closed_ms: finish_ms,
            // Settled 5 s before she began to leave: what came after counts as neither owed nor watched.
            watched_ms: 10_000,
            hold: HOLD,
            settled: 10_000_070,
            released: HOLD - 10_000_070,
            by: account("alice"),
        }
        .into()],
    );
    s.must("bob", s.suite.lifecycle().finish_exit(1));
    for viewer in ["alice", "bob"] {
        let free = s.free(viewer, NATIVE);
        s.must(viewer, s.suite.payments().withdraw(NATIVE, free));
        s.must(viewer, s.suite.payments().withdraw(VLK, DEPOSITED));
    }
    let sent = s.must("mira", s.suite.payments().withdraw_payable(NATIVE));
    // bob's pause wrote down what he owed for 10 s, as alice's settlement did: 9,000,063 of each.
    assert_eq!(sent.value, 18_000_126);
    s.must("sam", s.suite.payments().withdraw_fees(NATIVE));
    assert_eq!(s.totals(NATIVE), Totals::default());
    assert_eq!(s.totals(VLK), Totals::default());
    s.is_solvent_to_the_unit();
}

#[test]
fn viewers_and_payees_get_out_when_the_registry_is_gone() {
    let mut s = watched();
    let pricing = s.suite.pricing;
    rewires(&mut s, account("nothing"), pricing);
    let wiring = Wiring {
        registry: Some(account("nothing")),
        payments: Some(s.suite.payments),
        passes: Some(s.suite.passes),
        ..Wiring::default()
    };
    s.changes(pricing, Change::Wiring(wiring));
    let failed = Error::Pricing(PricingEngineError::CallFailed);
    everything_but_exits_fails(&mut s, failed);
    let provide = s.suite.lifecycle().provide_seats(STREAM, 1);
    assert_eq!(s.refused("mira", provide), Error::RegistryFailed);
    all_get_out(&mut s);
}

#[test]
fn viewers_and_payees_get_out_when_pricing_is_gone() {
    let mut s = watched();
    let registry = s.suite.registry;
    rewires(&mut s, registry, account("nothing"));
    everything_but_exits_fails(&mut s, Error::PricingFailed);
    all_get_out(&mut s);
}

#[test]
fn viewers_and_payees_get_out_when_both_are_other_contracts() {
    let mut s = watched();
    // Contracts that do not know the messages: each is wired as the other.
    let (registry, pricing) = (s.suite.registry, s.suite.pricing);
    rewires(&mut s, pricing, registry);
    everything_but_exits_fails(&mut s, Error::PricingFailed);
    all_get_out(&mut s);
}

#[test]
fn a_mended_wiring_bills_as_if_nothing_had_been() {
    let mut s = watched();
    rewires(&mut s, account("nothing"), account("nowhere"));
    everything_but_exits_fails(&mut s, Error::PricingFailed);
    let (registry, pricing) = (s.suite.registry, s.suite.pricing);
    rewires(&mut s, registry, pricing);
    s.advance(5_000);
    // 1,000,007 × 20 s, of which ten are settled already.
    assert_eq!(s.owed("alice", 1), 10_000_070);
    assert_eq!(
        s.must("bob", s.suite.lifecycle().close(1)).value,
        10_000_070
    );
}

#[test]
fn rewiring_tells_the_old_and_the_new() {
    let mut s = watched();
    let old = s
        .read(vilokanam_chain::administered(s.suite.meter).administration())
        .wiring;
    let wiring = Wiring {
        registry: Some(account("nothing")),
        pricing: Some(account("nowhere")),
        patronage: Some(account("nobody")),
        ..Wiring::default()
    };
    let change = Change::Wiring(wiring);
    let meter = s.suite.meter;
    let meter = || vilokanam_chain::administered(meter);
    let number = s.must("owner", meter().announce(change)).value;
    let sent = s.must("owner", meter().apply(number));
    // The payment handler stays: the two hold the money together.
    let new = Wiring {
        payments: Some(s.suite.payments),
        ..wiring
    };
    told(
        &sent,
        [ChangeApplied {
            id: number,
            old: Some(Change::Wiring(old)),
            new: change,
        }
        .into()],
    );
    assert_eq!(s.read(meter().administration()).wiring, new);
}

#[test]
fn a_stream_cannot_be_priced_by_contracts_that_are_gone() {
    let mut s = Stage::on_air();
    for (registry, payments) in [
        (account("nothing"), s.suite.payments),
        (s.suite.registry, account("nothing")),
    ] {
        let wiring = Wiring {
            registry: Some(registry),
            payments: Some(payments),
            passes: Some(s.suite.passes),
            ..Wiring::default()
        };
        s.changes(s.suite.pricing, Change::Wiring(wiring));
        let failed = PricingEngineError::CallFailed;
        let set_rates = s.suite.pricing().set_rates(STREAM, rates());
        assert_eq!(s.refused("mira", set_rates), failed);
        let quote = s.suite.plans().quote(quoted(STREAM, NATIVE, 1));
        assert_eq!(s.read(quote), Err(failed));
    }
    assert_eq!(s.read(s.suite.pricing().rates(STREAM)), rates());
}

#[test]
fn accrual_ends_where_an_exit_begins_and_settling_goes_on() {
    let mut s = Stage::on_air();
    let t = s.now();
    s.opens("alice", request());
    s.advance(10_000);
    s.must("alice", s.suite.lifecycle().begin_exit(1));
    let session = s.session("alice", 1);
    assert_eq!(session.exit_ms, Some(t + 10_000 + EXIT_DELAY));
    assert_eq!(session.until_ms, Some(t + 10_000));
    s.advance(MINUTE);
    assert_eq!(s.owed("alice", 1), 10_000_070);
    assert_eq!(s.runs_out_at("alice", 1), Some(t + 10_000));

    let finish_ms = t + 10_000 + EXIT_DELAY;
    assert_eq!(
        s.refused("alice", s.suite.lifecycle().begin_exit(1)),
        Error::ExitBegun { finish_ms }
    );
    let ended = Error::SessionEnded {
        ended_ms: t + 10_000,
    };
    assert_eq!(s.refused("alice", s.suite.lifecycle().pause(1)), ended);
    let top_up = s.suite.lifecycle().top_up(id("alice", 1), 1);
    assert_eq!(s.refused("bob", top_up), ended);

    // The creator takes what is owed within the delay; the viewer then leaves with the rest.
    let sent = s.must("mira", s.suite.meter().settle(id("alice", 1)));
    assert_eq!(sent.value, 10_000_070);
    s.advance(EXIT_DELAY);
    let sent = s.must("alice", s.suite.lifecycle().finish_exit(1));
    let closed = &sent.events_of::<SessionClosed>()[0];
    assert_eq!(
        (closed.settled, closed.watched_ms, closed.released),
        (10_000_070, 10_000, HOLD - 10_000_070)
    );
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 10_000_070);
    let again = s.suite.lifecycle().finish_exit(1);
    assert_eq!(s.refused("alice", again), Error::SessionClosed);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_session_whose_exit_has_begun_can_be_closed_by_anyone_at_what_it_owes() {
    let mut s = Stage::on_air();
    for viewer in ["alice", "bob"] {
        s.opens(viewer, request());
    }
    s.advance(10_000);
    for viewer in ["alice", "bob"] {
        s.must(viewer, s.suite.lifecycle().begin_exit(1));
    }
    s.advance(MINUTE);
    assert_eq!(
        s.must("alice", s.suite.lifecycle().close(1)).value,
        10_000_070
    );
    let close = s.suite.lifecycle().close_ended(id("bob", 1));
    assert_eq!(s.must("mira", close).value, 10_000_070);
}

#[test]
fn an_exit_must_have_begun_before_it_is_finished() {
    let mut s = Stage::on_air();
    s.opens("alice", request());
    s.advance(DAY);
    let finish = s.suite.lifecycle().finish_exit(1);
    assert_eq!(s.refused("alice", finish), Error::ExitNotBegun);
}

#[test]
fn an_exit_never_lengthens_a_session() {
    let mut s = Stage::on_air();
    let until_ms = Some(s.now() + 10_000);
    s.opens(
        "alice",
        OpenRequest {
            until_ms,
            ..request()
        },
    );
    s.must("mira", s.suite.registry().heartbeat(STREAM));
    s.advance(MINUTE);
    s.must("alice", s.suite.lifecycle().begin_exit(1));
    assert_eq!(s.session("alice", 1).until_ms, until_ms);
    assert_eq!(
        s.must("alice", s.suite.lifecycle().close(1)).value,
        10_000_070
    );
}
