//! A real node behind the same trait as the embedded chain.

use anyhow::Result;
use psp22::{PSP22Error, Transfer, PSP22};
use std::{
    io::Write,
    net::{Ipv4Addr, TcpStream},
    thread::spawn,
};
use vilokanam_chain::{artifacts_dir, deploy, psp22, Calls, Chain, Config, Embedded, Node};
use vilokanam_interfaces::{
    events::payment_handler::Deposited, Administered, PaymentHandler, PaymentHandlerError,
    VlkToken, NATIVE,
};

const ONE: u128 = 1_000_000_000_000;
const RICH: u128 = 1_000_000 * ONE;

/// A node, or `None` after saying that there is none, where that is allowed.
fn node() -> Result<Option<Node>> {
    let node = Node::start()?;
    if node.is_none() {
        let required = std::env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
        assert!(!required, "no node: {}", vilokanam_chain::NO_NODE);
        // Not by print!, which is shown only when a test fails.
        writeln!(std::io::stderr(), "SKIPPED: {}", vilokanam_chain::NO_NODE)?;
    }
    Ok(node)
}

/// What both chains must do alike. Fees make native balances differ on the node.
fn tells(chain: &mut dyn Chain) -> Result<()> {
    let [owner, treasury, alice, bob] =
        ["owner", "treasury", "alice", "bob"].map(|name| chain.account(name));
    for rich in [owner, alice] {
        chain.fund(rich, RICH)?;
    }
    assert_eq!(chain.native_balance(alice)?, RICH);
    chain.transfer(alice, bob, ONE)?;
    assert_eq!(chain.native_balance(bob)?, ONE);
    let poor = chain
        .transfer(bob, alice, RICH)
        .expect_err("bob has one token");
    assert!(!poor.name.is_empty());

    let config = Config {
        owner,
        treasury,
        allocations: vec![(alice, RICH)],
        ..Config::default()
    };
    let suite = deploy(chain, &artifacts_dir(), &config)?;
    assert_eq!(chain.read(suite.vlk().cap())?, RICH);
    let hash = chain.genesis_hash();
    assert_eq!(
        chain.read(vilokanam_interfaces::TickStream::genesis_hash(
            &suite.meter()
        ))?,
        hash
    );

    // An event comes with its topics and data; what is read after it is there.
    let sent = chain.must(alice, suite.token().transfer(bob, ONE, Vec::new()))?;
    let told = sent.events_of::<Transfer>();
    let told: Vec<_> = told.iter().map(|t| (t.from, t.to, t.value)).collect();
    assert_eq!(told, [(Some(alice), Some(bob), ONE)]);
    assert_eq!(sent.receipt.events.len(), 1);
    assert_eq!(sent.receipt.events[0].contract, suite.token);
    assert!(sent.receipt.ref_time > 0 && sent.receipt.proof_size > 0);
    assert_eq!(chain.read(suite.token().balance_of(bob))?, ONE);

    // Value goes with a call.
    let sent = chain.must(alice, suite.payments().deposit().transferred_value(ONE))?;
    let deposited = Deposited {
        viewer: alice,
        asset: NATIVE,
        amount: ONE,
    };
    assert_eq!(sent.events_of::<Deposited>(), [deposited]);
    assert!(sent.receipt.deposit > 0);
    assert_eq!(chain.read(suite.payments().pool(alice, NATIVE))?.free, ONE);

    // A refusal is a value; a trap has the pallet's name for it.
    assert_eq!(
        chain.refused(bob, suite.token().transfer(alice, RICH, Vec::new()))?,
        PSP22Error::InsufficientBalance
    );
    assert_eq!(
        chain.refused(alice, suite.payments().withdraw(NATIVE, 2 * ONE))?,
        PaymentHandlerError::PoolTooSmall {
            needed: 2 * ONE,
            free: ONE
        }
    );
    let trap = chain
        .call(alice, bob, 0, vec![1, 2, 3, 4])
        .expect_err("bob is no contract");
    assert_eq!(trap.name, "ContractNotFound");

    // Nobody in particular may ask.
    assert_eq!(
        chain
            .read(vilokanam_chain::administered(suite.meter).administration())?
            .owner,
        owner
    );
    assert_eq!(chain.read(psp22(suite.token).total_supply())?, RICH);
    Ok(())
}

#[test]
fn the_embedded_chain_tells() -> Result<()> {
    tells(&mut Embedded::new())
}

#[test]
fn a_node_tells_the_same() -> Result<()> {
    let Some(mut node) = node()? else {
        return Ok(());
    };
    tells(&mut node)?;

    // Time is the machine's, and a block is made.
    let before = node.now_ms();
    node.advance(1_100)?;
    assert!(node.now_ms() >= before + 1_100);

    // It ends with the value, also when that is dropped by a panic.
    let address = (Ipv4Addr::LOCALHOST, node.port().expect("it was started"));
    assert!(TcpStream::connect(address).is_ok());
    let panicked = spawn(move || {
        let _node = node;
        panic!("as told");
    });
    assert!(panicked.join().is_err());
    assert!(TcpStream::connect(address).is_err());
    Ok(())
}
