//! The embedded chain and the typed calls, tried on the real contracts.

use anyhow::Result;
use psp22::PSP22Error;
use std::{
    path::Path,
    sync::{Mutex, OnceLock},
};
use vilokanam_chain::{
    account, administered, artifacts_dir, deploy, psp22_burnable, wasm, Calls, Chain, Config,
    Embedded, Snapshot, Suite, START_MS,
};
use vilokanam_interfaces::{
    events::{admin::OwnerProposed, payment_handler::Deposited},
    AdminError, Administered, Change, Millis, PaymentHandler, StreamRegistry, VlkToken, Wiring,
    NATIVE,
};

use psp22::{PSP22Burnable, PSP22};

const ONE: u128 = 1_000_000_000_000;
const RICH: u128 = 1_000_000 * ONE;

/// A chain with the suite on it, deployed once and restored for each test.
fn deployed() -> Result<(Embedded, Suite)> {
    static DEPLOYED: OnceLock<Mutex<Option<(Snapshot, Suite)>>> = OnceLock::new();
    let mut deployed = DEPLOYED
        .get_or_init(Mutex::default)
        .lock()
        .expect("not poisoned");
    if let Some((snapshot, suite)) = deployed.as_ref() {
        return Ok((Embedded::from(snapshot), *suite));
    }
    let mut chain = funded()?;
    let suite = deploy(&mut chain, &artifacts_dir(), &Config::default())?;
    *deployed = Some((chain.snapshot(), suite));
    Ok((chain, suite))
}

fn funded() -> Result<Embedded> {
    let mut chain = Embedded::new();
    for name in ["owner", "community", "alice"] {
        chain.fund(account(name), RICH)?;
    }
    Ok(chain)
}

#[test]
fn deploy_works() -> Result<()> {
    let (mut chain, suite) = deployed()?;
    let config = Config::default();

    let supply = config.allocations.iter().map(|(_, amount)| amount).sum();
    assert_eq!(chain.read(suite.vlk().cap())?, supply);
    for (holder, amount) in config.allocations {
        assert_eq!(chain.read(suite.token().balance_of(holder))?, amount);
    }
    for (name, contract) in suite.contracts() {
        assert_eq!(
            chain.read(administered(contract).administration())?.owner,
            account("owner"),
            "{name}"
        );
    }
    let (registry, pricing) = (Some(suite.registry), Some(suite.pricing));
    let (payments, meter) = (Some(suite.payments), Some(suite.meter));
    let patronage = Some(suite.patronage);
    assert_eq!(
        chain
            .read(administered(suite.meter).administration())?
            .wiring,
        Wiring {
            registry,
            pricing,
            payments,
            patronage,
            ..Wiring::default()
        }
    );
    assert_eq!(
        chain
            .read(administered(suite.payments).administration())?
            .wiring,
        Wiring {
            meter,
            passes: Some(suite.passes),
            patronage,
            ..Wiring::default()
        }
    );
    let moderator = suite.registry().is_moderator(suite.moderation);
    assert!(chain.read(moderator)?);
    Ok(())
}

#[test]
fn deploy_fails_when_a_constructor_refuses() -> Result<()> {
    let mut chain = funded()?;
    let config = Config {
        allocations: Vec::new(),
        ..Config::default()
    };
    let error = deploy(&mut chain, &artifacts_dir(), &config).expect_err("nobody gets a token");
    assert_eq!(
        error.to_string(),
        "the constructor of vlk_token refused: InvalidSetup"
    );
    Ok(())
}

#[test]
fn wasm_fails_when_it_was_not_built() {
    let error = wasm(Path::new("/nowhere"), "tick_stream").expect_err("there is no such directory");
    assert_eq!(
        error.to_string(),
        "no /nowhere/tick_stream/tick_stream.wasm: run `make contracts`"
    );
}

#[test]
fn send_works() -> Result<()> {
    let (mut chain, suite) = deployed()?;
    let (owner, heir) = (account("owner"), account("heir"));

    let sent = chain.must(owner, administered(suite.meter).propose_owner(Some(heir)))?;

    assert_eq!(
        sent.events_of::<OwnerProposed>(),
        [OwnerProposed {
            owner,
            proposed: Some(heir)
        }]
    );
    assert_eq!(sent.receipt.events.len(), 1);
    assert_eq!(sent.receipt.events[0].contract, suite.meter);
    assert!(sent.events_of::<psp22::Approval>().is_empty());
    assert!(sent.receipt.ref_time > 0 && sent.receipt.proof_size > 0);
    assert_eq!(
        chain
            .read(administered(suite.meter).administration())?
            .proposed_owner,
        Some(heir)
    );

    // The next receipt has its own events only.
    let sent = chain.must(owner, administered(suite.meter).propose_owner(None))?;
    assert_eq!(
        sent.events_of::<OwnerProposed>(),
        [OwnerProposed {
            owner,
            proposed: None
        }]
    );
    Ok(())
}

#[test]
fn send_carries_value() -> Result<()> {
    let (mut chain, suite) = deployed()?;
    let alice = account("alice");
    let before = chain.native_balance(suite.payments);

    let sent = chain.must(alice, suite.payments().deposit().transferred_value(ONE))?;

    let deposited = Deposited {
        viewer: alice,
        asset: NATIVE,
        amount: ONE,
    };
    assert_eq!(sent.events_of::<Deposited>(), [deposited]);
    assert_eq!(chain.native_balance(suite.payments), before + ONE);
    let paid = RICH - chain.native_balance(alice);
    assert_eq!(paid as i128, ONE as i128 + sent.receipt.deposit);
    assert!(sent.receipt.deposit > 0);
    Ok(())
}

#[test]
fn a_refusal_changes_nothing() -> Result<()> {
    let (mut chain, suite) = deployed()?;
    let alice = account("alice");

    let burn = psp22_burnable(suite.token).burn(1);
    let sent = chain.send(alice, burn)?;

    assert!(sent.receipt.reverted && sent.receipt.events.is_empty());
    assert_eq!(sent.receipt.deposit, 0);
    assert_eq!(sent.value, Err(PSP22Error::InsufficientBalance));
    let wire = administered(suite.meter).wire(Wiring::default());
    assert_eq!(chain.refused(alice, wire)?, AdminError::NotOwner);
    assert_eq!(chain.native_balance(alice), RICH);
    Ok(())
}

#[test]
fn traps_are_named() -> Result<()> {
    let (mut chain, suite) = deployed()?;
    let alice = account("alice");
    let cap = || suite.vlk().cap();

    let nobody = chain
        .read(administered(alice).administration())
        .expect_err("alice is no contract");
    assert_eq!(nobody.name, "ContractNotFound");

    let unasked = chain
        .send(alice, cap().transferred_value(1))
        .expect_err("not payable");
    assert_eq!(unasked.name, "ContractTrapped");

    let poor = chain
        .send(account("poor"), cap().transferred_value(1))
        .expect_err("no money");
    assert_eq!(poor.name, "TransferFailed");

    // A message that the contract does not know is a refusal of ink!'s own.
    let foreign = chain.send(alice, administered(suite.token).accept_owner());
    assert_eq!(foreign?.value, Err(AdminError::NotProposedOwner));
    let foreign = psp22_burnable(suite.meter).burn(1);
    assert_eq!(
        chain.send(alice, foreign).expect_err("no token").name,
        "CouldNotReadInput"
    );

    chain.limit_gas(1_000_000, 1_000_000);
    assert_eq!(chain.read(cap()).expect_err("starved").name, "OutOfGas");
    chain.unlimit_gas();
    assert!(chain.read(cap()).is_ok());
    Ok(())
}

#[test]
fn quote_changes_nothing() -> Result<()> {
    let (mut chain, suite) = deployed()?;
    let (community, bob) = (account("community"), account("bob"));
    let transfer = || suite.token().transfer(bob, ONE, Vec::new());

    let quoted = chain.quote(community, transfer())?.accepted()?;
    assert_eq!(chain.read(suite.token().balance_of(bob))?, 0);
    assert_eq!(chain.native_balance(community), RICH);

    // It is what then happens, events and deposit included.
    assert_eq!(chain.must(community, transfer())?, quoted);
    assert_eq!(chain.read(suite.token().balance_of(bob))?, ONE);
    Ok(())
}

#[test]
fn contracts_see_the_clock() -> Result<()> {
    const DAY: Millis = 86_400_000;
    let (mut chain, suite) = deployed()?;
    assert_eq!(chain.now_ms(), START_MS);

    chain.advance(DAY);

    let change = Change::Treasury(account("elsewhere"));
    chain.must(
        account("owner"),
        administered(suite.payments).announce(change),
    )?;
    let pending = chain
        .read(administered(suite.payments).administration())?
        .pending;
    assert_eq!(pending[0].due_ms, START_MS + DAY);
    assert_eq!(chain.now_ms(), START_MS + DAY);
    Ok(())
}

#[test]
fn snapshots_can_be_taken_and_restored() -> Result<()> {
    let (mut chain, suite) = deployed()?;
    let (community, bob) = (account("community"), account("bob"));
    let transfer = || suite.token().transfer(bob, ONE, Vec::new());
    chain.must(community, transfer())?;
    let snapshot = chain.snapshot();

    chain.must(community, transfer())?;
    chain.advance(1_000);
    chain.transfer(community, bob, ONE)?;
    assert_eq!(chain.read(suite.token().balance_of(bob))?, 2 * ONE);

    for _ in 0..2 {
        chain.restore(&snapshot);
        assert_eq!(chain.now_ms(), START_MS);
        assert_eq!(chain.native_balance(bob), 0);
        assert_eq!(chain.read(suite.token().balance_of(bob))?, ONE);
        chain.must(community, transfer())?;
        assert_eq!(chain.read(suite.token().balance_of(bob))?, 2 * ONE);
    }
    Ok(())
}

#[test]
fn transfer_fails_when_there_is_too_little() -> Result<()> {
    let mut chain = funded()?;
    let (alice, bob) = (account("alice"), account("bob"));
    chain.transfer(alice, bob, ONE)?;
    assert_eq!(chain.native_balance(bob), ONE);
    assert!(chain.transfer(bob, alice, ONE + 1).is_err());
    assert_eq!(chain.native_balance(bob), ONE);
    Ok(())
}

#[test]
fn stories_can_be_told_on_any_chain() -> Result<()> {
    let (mut embedded, suite) = deployed()?;
    let chain: &mut dyn Chain = &mut embedded;
    assert_eq!(chain.name(), "embedded");
    assert!(chain.read(suite.vlk().cap())? > 0);
    Ok(())
}
