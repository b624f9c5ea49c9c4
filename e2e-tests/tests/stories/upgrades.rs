//! Ownership, delays and new code.

use crate::common::*;
use vilokanam_chain::{account, administered, artifacts_dir, wasm, Chain, Config};
use vilokanam_interfaces::{
    events::admin::*, AdminError, Administered, Change, FeeSchedule, Hash, PaymentHandler,
    PendingChange, PricingEngine, StreamRegistry, TickLifecycle, TickStream, VlkToken, Wiring,
    MAX_CHANGE_DELAY_MS, MAX_PENDING_CHANGES, MIN_CHANGE_DELAY_MS, NATIVE,
};

/// A suite as it would be run: every change is announced for two days.
fn careful() -> Stage {
    Stage::deployed(&Config {
        change_delay_ms: MIN_CHANGE_DELAY_MS,
        ..Config::default()
    })
}

/// The code of a contract of the suite, uploaded.
fn code(s: &mut Stage, name: &str) -> Hash {
    let wasm = wasm(&artifacts_dir(), name).expect("is built");
    s.chain.upload(account("owner"), &wasm).expect("uploads")
}

#[test]
fn new_code_waits_for_its_delay_in_every_contract() {
    let mut s = careful();
    for (name, contract) in s.suite.contracts() {
        let admin = || administered(contract);
        let old = s.read(admin().administration()).code_hash;
        assert_eq!(old, code(&mut s, name), "{name}");
        let change = Change::Code(old);
        assert_eq!(
            s.refused("sam", admin().announce(change)),
            AdminError::NotOwner
        );
        let due_ms = s.now() + MIN_CHANGE_DELAY_MS;
        let sent = s.must("owner", admin().announce(change));
        assert_eq!(sent.value, 1);
        told(
            &sent,
            [ChangeAnnounced {
                id: 1,
                change,
                due_ms,
            }
            .into()],
        );
        let pending = PendingChange {
            id: 1,
            change,
            due_ms,
        };
        assert_eq!(s.read(admin().administration()).pending, [pending]);

        s.advance(MIN_CHANGE_DELAY_MS - 1);
        let not_due = AdminError::ChangeNotDue { due_ms };
        assert_eq!(s.refused("owner", admin().apply(1)), not_due);
        s.advance(1);
        assert_eq!(s.refused("sam", admin().apply(1)), AdminError::NotOwner);
        assert_eq!(
            s.refused("owner", admin().apply(2)),
            AdminError::UnknownChange
        );
        // The same code once more: nothing but the announcement and the events tells the difference.
        let sent = s.must("owner", admin().apply(1));
        told(
            &sent,
            [ChangeApplied {
                id: 1,
                old: Some(change),
                new: change,
            }
            .into()],
        );
        assert_eq!(
            s.refused("owner", admin().apply(1)),
            AdminError::UnknownChange
        );
        assert_eq!(s.read(admin().administration()).pending, []);
        assert_eq!(s.read(admin().administration()).layout_version, 1);
    }
}

#[test]
fn code_that_nobody_uploaded_is_refused_and_stays_pending() {
    let mut s = Stage::on_air();
    for (name, contract) in s.suite.contracts() {
        let admin = || administered(contract);
        let old = s.read(admin().administration()).code_hash;
        let garbage = Change::Code([9; 32].into());
        let id = s.must("owner", admin().announce(garbage)).value;
        for _ in 0..2 {
            let refused = s.refused("owner", admin().apply(id));
            assert_eq!(refused, AdminError::SetCodeRefused, "{name}");
        }
        assert_eq!(s.read(admin().administration()).pending.len(), 1);
        let sent = s.must("owner", admin().cancel(id));
        told(&sent, [ChangeCancelled { id }.into()]);
        assert_eq!(s.read(admin().administration()).code_hash, old);
    }
}

#[test]
fn a_contract_keeps_owner_and_storage_under_other_code() {
    let mut s = Stage::on_air();
    let pricing = s.suite.pricing;
    let admin = || administered(pricing);
    let old = s.read(admin().administration()).code_hash;
    let new = code(&mut s, "stream_registry");
    s.opens("alice", request());
    s.advance(10_000);

    let change = Change::Code(new);
    let id = s.must("owner", admin().announce(change)).value;
    let sent = s.must("owner", admin().apply(id));
    told(
        &sent,
        [ChangeApplied {
            id,
            old: Some(Change::Code(old)),
            new: change,
        }
        .into()],
    );
    assert_eq!(s.read(admin().administration()).code_hash, new);
    // It is the registry's code now, with the pricing engine's cells: an owner, and no streams.
    assert_eq!(s.read(admin().administration()).owner, account("owner"));
    let registry: vilokanam_chain::StreamRegistryCalls = pricing.into();
    assert_eq!(s.read(registry.stream_count()), 0);
    let close = s.suite.lifecycle().close(1);
    let failed = vilokanam_interfaces::TickStreamError::PricingFailed;
    assert_eq!(s.refused("alice", close), failed);

    // And back: nothing was lost.
    s.changes(pricing, Change::Code(old));
    assert_eq!(s.read(s.suite.pricing().rates(STREAM)), rates());
    assert_eq!(
        s.must("alice", s.suite.lifecycle().close(1)).value,
        10_000_070
    );
}

#[test]
fn money_and_sessions_survive_a_change_of_code() {
    let mut s = Stage::on_air();
    s.opens("alice", request());
    s.advance(5_000);
    for (name, contract) in s.suite.contracts() {
        let hash = code(&mut s, name);
        s.changes(contract, Change::Code(hash));
    }
    s.advance(5_000);
    assert_eq!(
        s.must("alice", s.suite.lifecycle().close(1)).value,
        10_000_070
    );
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 10_000_070);
    s.must("mira", s.suite.payments().withdraw_payable(NATIVE));
    s.is_solvent_to_the_unit();
}

#[test]
fn each_contract_takes_only_the_changes_that_concern_it() {
    let mut s = Stage::empty();
    let suite = s.suite;
    let fees = s.read(suite.payments().fees());
    let unsupported = AdminError::UnsupportedChange;
    let monetary = [
        Change::ListToken(account("token")),
        Change::SetAsset {
            asset: NATIVE,
            allowed: false,
        },
        Change::Fees(fees),
        Change::Treasury(account("vault")),
    ];
    for (name, contract) in suite.contracts() {
        for change in monetary {
            let announce = administered(contract).announce(change);
            if contract == suite.payments {
                s.must("owner", announce);
            } else {
                assert_eq!(s.refused("owner", announce), unsupported, "{name}");
            }
        }
    }
    let payments = || administered(suite.payments);
    for invalid in [
        Change::SetAsset {
            asset: 2,
            allowed: true,
        },
        Change::Fees(FeeSchedule {
            tips_bps: 3_001,
            ..fees
        }),
        Change::Fees(FeeSchedule {
            referral_bps: 5_001,
            ..fees
        }),
    ] {
        let announce = payments().announce(invalid);
        assert_eq!(s.refused("owner", announce), AdminError::InvalidChange);
    }
    // Strangers learn nothing of that.
    let announce = payments().announce(Change::Wiring(Wiring::default()));
    assert_eq!(s.refused("sam", announce), AdminError::NotOwner);
}

#[test]
fn at_most_eight_changes_wait() {
    let mut s = Stage::empty();
    let meter = s.suite.meter;
    let announce = || administered(meter).announce(Change::Code([9; 32].into()));
    for id in 1..=MAX_PENDING_CHANGES {
        assert_eq!(s.must("owner", announce()).value, id);
    }
    let max = MAX_PENDING_CHANGES;
    let too_many = AdminError::TooManyChanges { max };
    assert_eq!(s.refused("owner", announce()), too_many);
    assert_eq!(
        s.refused("sam", administered(meter).cancel(3)),
        AdminError::NotOwner
    );
    s.must("owner", administered(meter).cancel(3));
    let again = administered(meter).cancel(3);
    assert_eq!(s.refused("owner", again), AdminError::UnknownChange);
    // Numbers are never used again.
    assert_eq!(s.must("owner", announce()).value, 9);
    let pending = s.read(administered(meter).administration()).pending;
    let ids: Vec<_> = pending.iter().map(|change| change.id).collect();
    assert_eq!(ids, [1, 2, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn the_delay_is_only_raised_and_pending_changes_keep_their_time() {
    let mut s = careful();
    let meter = s.suite.meter;
    let raise = |ms| administered(meter).announce(Change::Delay(ms));
    let (min_ms, max_ms) = (MIN_CHANGE_DELAY_MS, MAX_CHANGE_DELAY_MS);
    let out = AdminError::DelayOutOfRange { min_ms, max_ms };
    assert_eq!(s.refused("sam", raise(0)), AdminError::NotOwner);
    for ms in [0, min_ms - 1, max_ms + 1] {
        assert_eq!(s.refused("owner", raise(ms)), out);
    }
    let not_raised = AdminError::DelayNotRaised { current_ms: min_ms };
    assert_eq!(s.refused("owner", raise(min_ms)), not_raised);
    let hash = s.read(administered(meter).administration()).code_hash;
    let announce = || administered(meter).announce(Change::Code(hash));
    let apply = |id| administered(meter).apply(id);
    let due_ms = s.now() + min_ms;
    for ms in [max_ms, max_ms - 1] {
        s.must("owner", raise(ms));
    }
    s.must("owner", announce());
    // A longer delay waits like every other change.
    s.advance(min_ms - 1);
    let not_due = AdminError::ChangeNotDue { due_ms };
    assert_eq!(s.refused("owner", apply(1)), not_due);
    s.advance(1);
    let sent = s.must("owner", apply(1));
    let raised = ChangeApplied {
        id: 1,
        old: Some(Change::Delay(min_ms)),
        new: Change::Delay(max_ms),
    };
    told(&sent, [raised.into()]);
    assert_eq!(
        s.read(administered(meter).administration()).change_delay_ms,
        max_ms
    );
    // What would lower it now is refused, although it raised it when it was announced.
    assert_eq!(s.refused("owner", apply(2)), AdminError::InvalidChange);
    s.must("owner", apply(3));
    s.must("owner", announce());
    s.advance(max_ms - 1);
    let due_ms = s.now() + 1;
    let not_due = AdminError::ChangeNotDue { due_ms };
    assert_eq!(s.refused("owner", apply(4)), not_due);
    s.advance(1);
    s.must("owner", apply(4));
}

#[test]
fn ownership_moves_in_two_steps_and_the_old_owner_keeps_nothing() {
    let mut s = Stage::empty();
    let (owner, heir) = (account("owner"), account("noor"));
    for (name, contract) in s.suite.contracts() {
        let admin = || administered(contract);
        let propose = |who| admin().propose_owner(who);
        let refused = s.refused("sam", propose(Some(account("sam"))));
        assert_eq!(refused, AdminError::NotOwner, "{name}");
        let not_proposed = AdminError::NotProposedOwner;
        assert_eq!(s.refused("noor", admin().accept_owner()), not_proposed);
        let sent = s.must("owner", propose(Some(heir)));
        let proposed = OwnerProposed {
            owner,
            proposed: Some(heir),
        };
        told(&sent, [proposed.into()]);
        assert_eq!(s.refused("owner", admin().accept_owner()), not_proposed);
        assert_eq!(s.read(admin().administration()).owner, owner);
        s.must("owner", propose(None));
        assert_eq!(s.refused("noor", admin().accept_owner()), not_proposed);
        s.must("owner", propose(Some(heir)));
        let sent = s.must("noor", admin().accept_owner());
        let changed = OwnerChanged {
            old: owner,
            new: heir,
        };
        told(&sent, [changed.into()]);
        assert_eq!(s.refused("owner", propose(None)), AdminError::NotOwner);
        assert_eq!(s.refused("noor", admin().accept_owner()), not_proposed);
        assert_eq!(s.read(admin().administration()).owner, heir);
    }
    let pause = s.suite.payments().pause(1);
    s.refused("owner", pause);
    s.must("noor", s.suite.payments().pause(1));
}

#[test]
fn limits_can_be_read_on_chain() {
    let mut s = Stage::empty();
    let suite = s.suite;
    let registry = s.read(suite.registry().limits());
    assert_eq!((registry.cohosts, registry.operators), (3, 8));
    assert_eq!((registry.cid_len, registry.reason_len), (64, 200));
    assert_eq!((registry.categories, registry.listing), (256, 50));
    assert_eq!(
        (registry.min_grace_ms, registry.max_grace_ms),
        (10_000, DAY)
    );
    let pricing = s.read(suite.pricing().limits());
    assert_eq!(pricing.rate, 1_000_000_000_000_000_000);
    assert_eq!((pricing.rates, pricing.track), (8, 64));
    assert_eq!((pricing.min_reprice_ms, pricing.charges), (MINUTE, 64));
    let payments = s.read(suite.payments().limits());
    assert_eq!(payments.hold, 10u128.pow(29));
    assert_eq!((payments.fee_bps, payments.referral_bps), (3_000, 5_000));
    assert_eq!((payments.assets, payments.settlement), (256, 64));
    assert_eq!(payments.pause_ms, 72 * HOUR);
    assert_eq!(payments.pause_rest_ms, 72 * HOUR);
    let meter = s.read(suite.meter().limits());
    assert_eq!((meter.page_seats, meter.page_terms), (32, 4));
    assert_eq!((meter.pages, meter.open), (2_048, 16));
    assert_eq!((meter.batch, meter.batch_pages), (64, 50));
    assert_eq!((meter.provided, meter.min_hold_ms), (8, SECOND));
    let supply = 1_000_000_000 * ONE;
    assert_eq!(s.read(suite.vlk().cap()), supply);
}
