//! The client on a real node.

use anyhow::{Context, Result};
use std::{io::Write, path::Path, time::Duration};
use vilokanam_client::{contract_address, parse_account, Call, Client, Gas, Key, Options, Until};
use vilokanam_node::{node_binary, Process, Setup, NO_NODE};

/// A node, or `None` after saying that there is none, where that is allowed.
fn node() -> Result<Option<Process>> {
    if let Some(binary) = node_binary() {
        return Process::start(&binary).map(Some);
    }
    let required = std::env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
    assert!(!required, "no node: {NO_NODE}");
    // Not by print!, which is shown only when a test fails.
    writeln!(std::io::stderr(), "SKIPPED: {NO_NODE}")?;
    Ok(None)
}

async fn connect(node: &Process) -> Result<Client> {
    let options = Options {
        poll: Duration::from_millis(20),
        ..Options::default()
    };
    Client::connect(&[format!("ws://127.0.0.1:{}", node.port())], options).await
}

#[tokio::test]
async fn a_node_is_read_and_written() -> Result<()> {
    let Some(node) = node()? else { return Ok(()) };
    let client = connect(&node).await?;
    let facts = client.facts().await?;
    assert_eq!((facts.decimals, facts.ss58_prefix), (12, 42));
    assert_eq!(facts.balance_bytes, 16);
    let contracts = facts.contracts.context("it has contracts")?;
    assert_eq!(contracts.api, Some(2));
    assert!(contracts.unstable_interface);
    assert_eq!(facts.suits(100_000), Ok(()));
    assert!(facts.suits(10_000_000).is_err());

    let alice = Key::parse("//Alice", true)?;
    let bob = Key::parse("//Bob", true)?.account();
    let before = client.account(&bob).await?;
    let call = Call::transfer(&bob, 1_000_000_000_000);
    let fee = client.fee(&alice.account(), &call).await?;
    let done = client.submit(&alice, &call, Until::InBlock).await?;
    done.result.clone()?;
    assert_eq!(done.fee(), Some(fee));
    let after = client.account(&bob).await?;
    assert_eq!(after.free, before.free + 1_000_000_000_000);
    assert_eq!(client.account(&alice.account()).await?.nonce, 1);

    // Several at once, in the order of their nonces; the third fails by the pallet's own words.
    let all = [
        Call::transfer(&bob, 1_000_000_000_000),
        Call::transfer(&bob, 2_000_000_000_000),
        Call::transfer(&bob, u128::MAX),
    ];
    let mut signed = Vec::new();
    for (nonce, call) in (1..).zip(&all) {
        signed.push(client.sign(&alice, call, nonce).await?);
    }
    for one in &signed {
        client.send(one).await?;
    }
    let done = client.follow(&signed, Until::Finalized).await?;
    let results: Vec<_> = done.iter().flatten().map(|one| &one.result).collect();
    assert_eq!(results.len(), 3);
    assert_eq!((results[0], results[1]), (&Ok(()), &Ok(())));
    let error = results[2].as_ref().expect_err("too much");
    assert_eq!(error.name, "Arithmetic(Underflow)");
    assert!(!error.docs.is_empty());
    assert_eq!(
        client.account(&bob).await?.free,
        after.free + 3_000_000_000_000
    );
    let last = done[2].as_ref().expect("in a block").block;
    assert!(client.finalized().await?.number >= last.number);

    // The nonce is used: such a transaction never takes effect.
    let late = client.sign(&alice, &all[0], 2).await?;
    assert!(client.send(&late).await.is_err());
    let late = client.follow(&[late], Until::InBlock).await?;
    assert_eq!(late, [Err(vilokanam_client::NotIncluded::NonceTaken)]);

    // A refusal by the pallet is named.
    let nobody =
        parse_account("0x0000000000000000000000000000000000000000000000000000000000000007")?;
    let dry = client
        .dry_call(&alice.account(), &nobody, 0, &[1, 2, 3, 4])
        .await?;
    let refused = dry.result.expect_err("no contract");
    assert_eq!(refused.name, "Contracts::ContractNotFound");
    assert!(!refused.docs.is_empty());
    let call = Call::call(
        &nobody,
        0,
        Gas {
            ref_time: 1_000_000_000,
            proof_size: 10_000,
        },
        &[1],
    );
    let done = client.submit(&alice, &call, Until::InBlock).await?;
    assert_eq!(
        done.result.expect_err("no contract").name,
        "Contracts::ContractNotFound"
    );
    Ok(())
}

#[tokio::test]
async fn a_contract_is_deployed_and_asked() -> Result<()> {
    let Some(node) = node()? else { return Ok(()) };
    let client = connect(&node).await?;
    let alice = Key::parse("//Alice", true)?;
    let owner = alice.account();
    let dir = std::env::var_os("VILOKANAM_ARTIFACTS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/ink"),
        Into::into,
    );
    let wasm = std::fs::read(dir.join("stream_registry/stream_registry.wasm"))?;
    let (hash, deposit) = client.dry_upload(&owner, &wasm).await??;
    assert_eq!(client.code(&hash).await?, None);
    let new = [0x9b, 0xae, 0x9d, 0x5e];
    let data = [&new[..], &0u64.to_le_bytes()].concat();
    let salt = b"here";
    let early = client
        .dry_instantiate(&owner, 0, Err(&wasm), &data, salt)
        .await?;
    let (_, address) = early.result?;
    assert_eq!(address, contract_address(&owner, &hash, &data, salt));
    assert!(!client
        .dry_upload(&owner, b"no code")
        .await?
        .expect_err("no Wasm")
        .name
        .is_empty());

    client
        .submit(&alice, &Call::upload(&wasm), Until::InBlock)
        .await?
        .result?;
    let code = client.code(&hash).await?.context("it is there")?;
    assert_eq!((code.owner, code.deposit), (owner, deposit));
    let dry = client
        .dry_instantiate(&owner, 0, Ok(hash), &data, salt)
        .await?;
    assert!(dry.deposit > 0);
    assert!(!dry.result?.0.reverted);
    let call = Call::instantiate(0, dry.gas.with_margin(), &hash, &data, salt);
    let done = client.submit(&alice, &call, Until::InBlock).await?;
    done.result.clone()?;
    let found = client.contract(&address).await?.context("it is there")?;
    assert_eq!(found.code_hash, hash);
    Ok(())
}

#[tokio::test]
async fn a_nonce_is_taken_for_good_once_that_block_is_final() -> Result<()> {
    let Some(binary) = node_binary() else {
        return node().map(drop);
    };
    let setup = Setup {
        finalize_secs: Some(8),
        ..Setup::default()
    };
    let node = Process::start_with(&binary, &setup)?;
    let client = connect(&node).await?;
    let alice = Key::parse("//Alice", true)?;
    let sign = |to| {
        let call = Call::transfer(&[to; 32], 1_000_000_000_000);
        let (client, alice) = (&client, &alice);
        async move { client.sign(alice, &call, 0).await }
    };
    let (first, other) = (sign(5).await?, sign(6).await?);
    client.send(&first).await?;
    client.follow(&[first], Until::InBlock).await?;
    let taken = [Err(vilokanam_client::NotIncluded::NonceTaken)];
    let found = client
        .follow(core::slice::from_ref(&other), Until::InBlock)
        .await?;
    assert_eq!(found, taken);
    // On another branch, it would still take effect.
    assert_eq!(client.finalized().await?.number, 0);
    assert_eq!(client.follow(&[other], Until::Finalized).await?, taken);
    let last = client.finalized().await?;
    assert_eq!(last.number, 1);
    let state = client.account_at(&alice.account(), &last.hash).await?;
    assert_eq!(state.nonce, 1);
    assert_eq!(client.account(&[6; 32]).await?.free, 0);
    Ok(())
}

#[tokio::test]
async fn what_became_of_a_transaction_is_not_known() -> Result<()> {
    let Some(node) = node()? else { return Ok(()) };
    let options = Options {
        inclusion: Duration::ZERO,
        ..Options::default()
    };
    let endpoint = format!("ws://127.0.0.1:{}", node.port());
    let client = Client::connect(&[endpoint], options).await?;
    let alice = Key::parse("//Alice", true)?;
    let call = Call::transfer(&[5; 32], 1_000_000_000_000);
    let expected = client.sign(&alice, &call, 0).await?;
    let done = client.submit(&alice, &call, Until::Finalized).await;
    let why = done.expect_err("not final in no time");
    let why = format!("{why:#}");
    let end = format!("blocks up to {} can still have it", expected.to);
    assert!(
        why.starts_with("whether transaction 0x") && why.contains(&end),
        "{why}"
    );
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_waits_in_the_pool_is_followed_reported_or_expires() -> Result<()> {
    let Some(node) = node()? else { return Ok(()) };
    let endpoint = format!("ws://127.0.0.1:{}", node.port());
    let options = Options {
        poll: Duration::from_millis(20),
        // Less than what it waits here, which is longer than it takes to send it again several times.
        inclusion: Duration::from_secs(3),
        mortal_blocks: 4,
        ..Options::default()
    };
    let client = Client::connect(&[endpoint], options).await?;
    let (alice, bob) = (Key::parse("//Alice", true)?, Key::parse("//Bob", true)?);
    let pay = |to| Call::transfer(&[to; 32], 1_000_000_000_000);

    // Before it there is a gap: no block can have it. What is known after a while is reported.
    let second = client.sign(&alice, &pay(6), 1).await?;
    let all = core::slice::from_ref(&second);
    client.send(&second).await?;
    let why = client.follow(all, Until::InBlock).await;
    let why = why.expect_err("it waits").to_string();
    assert_eq!(why, "no block takes up 1 transactions");
    // A later run finds it in the pool, and follows it to its block.
    let first = client.submit(&alice, &pay(5), Until::InBlock).await?;
    let found = client.follow(all, Until::InBlock).await?;
    let found = found[0].as_ref().expect("a block has it");
    assert!(found.result.is_ok() && found.block.number >= first.block.number);
    assert_eq!(client.account(&alice.account()).await?.nonce, 2);

    // One that waits longer than it is good for never comes back.
    let late = client.sign(&alice, &pay(7), 3).await?;
    client.send(&late).await?;
    while client.best().await?.number <= late.to {
        // Each is born in the last final block, of which it must not be too far.
        client.submit(&bob, &pay(8), Until::Finalized).await?;
    }
    let found = client
        .follow(core::slice::from_ref(&late), Until::InBlock)
        .await?;
    assert_eq!(found, [Err(vilokanam_client::NotIncluded::Expired)]);
    // With its nonce something else is done; `submit` says nothing of the old.
    for _ in 0..2 {
        client
            .submit(&alice, &pay(9), Until::Finalized)
            .await?
            .result?;
    }
    assert_eq!(client.account(&alice.account()).await?.nonce, 4);
    assert_eq!(client.account(&[7; 32]).await?.free, 0);
    assert_eq!(client.account(&[9; 32]).await?.free, 2_000_000_000_000);
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_the_pool_threw_out_is_made_anew_and_lands_once() -> Result<()> {
    let Some(node) = node()? else { return Ok(()) };
    let endpoint = format!("ws://127.0.0.1:{}", node.port());
    let options = Options {
        poll: Duration::from_millis(20),
        inclusion: Duration::from_secs(20),
        ..Options::default()
    };
    let client = Client::connect(&[endpoint], options).await?;
    let alice = Key::parse("//Alice", true)?;
    let pay = |to| Call::transfer(&[to; 32], 1_000_000_000_000);

    // A development node forgets whom it banned with its next block.
    let refused = vilokanam_client::NotIncluded::Banned;
    let throw_out = |hash: vilokanam_client::Hash| {
        let removed = serde_json::json!([[{ "hash": vilokanam_client::hex(&hash) }]]);
        client.call_rpc("author_removeExtrinsic", removed)
    };
    let banned = client.sign(&alice, &pay(5), 0).await?;
    throw_out(banned.hash).await?;
    assert_eq!(client.send(&banned).await, Err(refused.clone()));
    let found = client.follow(&[banned], Until::Finalized).await?;
    assert_eq!(found, [Err(refused.clone())]);

    // One that waits behind a gap is thrown out, and sent again once the gap is filled by the one made anew.
    let second = client.sign(&alice, &pay(6), 1).await?;
    client.send(&second).await?;
    throw_out(second.hash).await?;
    assert_eq!(client.send(&second).await, Err(refused));
    let first = client.submit(&alice, &pay(5), Until::InBlock).await?;
    first.result?;
    let found = client.follow(&[second], Until::Finalized).await?;
    assert!(found[0].is_ok(), "{found:?}");
    assert_eq!(client.account(&alice.account()).await?.nonce, 2);
    for to in [5, 6] {
        assert_eq!(client.account(&[to; 32]).await?.free, 1_000_000_000_000);
    }

    // What a block has is found, however the pool refuses it.
    let next = client.sign(&alice, &pay(7), 2).await?;
    let all = core::slice::from_ref(&next);
    client.send(&next).await?;
    assert!(client.follow(all, Until::InBlock).await?[0].is_ok());
    assert!(client.send(&next).await.is_err());
    assert!(client.follow(all, Until::InBlock).await?[0].is_ok());
    Ok(())
}
