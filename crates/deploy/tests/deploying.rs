//! The suite on a real node: deployed, deployed again, verified.

mod common;

use anyhow::{Context, Result};
use common::*;
use std::{fs, time::Instant};
use vilokanam_client::Until;
use vilokanam_deploy::{deploy, plan, verify, Progress, Record, Staking};
use vilokanam_interfaces::{Administered, Change, FeeSchedule};
use vilokanam_node::Setup;
use vilokanam_suite::administered;

#[tokio::test]
async fn a_suite_is_planned_deployed_and_verified() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let network = network(node.port())?;
    let client = connect(&network).await?;
    let folder = Folder::new()?;
    let paths = folder.paths();
    let alice = key("//Alice")?;

    // A plan changes nothing.
    let before = client.best().await?;
    let site = vilokanam_deploy::open(&client, &network, &paths.artifacts, alice.account(), None);
    let site = site.await?;
    let planned = plan(&site).await?;
    println!("{planned}");
    assert_eq!((planned.steps.len(), planned.there.len()), (STEPS, 0));
    assert!(planned.balance.there > planned.balance.needed);
    assert_eq!(client.best().await?, before);
    assert!(!paths.record.exists());
    let note = planned.note.as_deref().context("there is no record")?;
    assert!(note.contains("a NEW suite begins"), "{note}");

    let begun = Instant::now();
    let free = client.account(&alice.account()).await?.free;
    let deployed = put(&client, &network, &paths, &alice).await?;
    println!("deployed in {:?}: {deployed:?}", begun.elapsed());
    assert_eq!((deployed.done.len(), deployed.skipped.len()), (STEPS, 0));
    assert_eq!(occurred(&client).await?, (CODES, INSTANCES));
    let spent = free - client.account(&alice.account()).await?.free;
    println!("planned {} and spent {spent}", planned.balance.needed);
    assert!(spent <= planned.balance.needed, "the plan is a limit");
    for (name, address) in &planned.addresses {
        assert_eq!(deployed.addresses[*name], *address, "{name}");
    }

    // Every step is recorded with the transaction that did it.
    let record = Record::load(&paths.record)?.context("it is written")?;
    assert!(record.complete);
    assert_eq!(record.genesis.0, client.genesis());
    let places = record.codes.values().map(|code| code.place);
    let places = places.chain(record.contracts.values().map(|contract| contract.place));
    let places: Vec<_> = places
        .chain(record.messages.values().map(|place| Some(*place)))
        .collect();
    assert_eq!(places.len(), STEPS);
    for place in places {
        let place = place.context("where it was done")?;
        assert_eq!(
            client.block_hash(place.block).await?,
            Some(place.block_hash.0)
        );
        assert!(place.block <= client.finalized().await?.number);
    }

    let seen = verified(&client, &network, &paths).await?;
    assert_eq!(seen.drifts, []);
    assert!(seen.checks > 30, "{}", seen.checks);

    // Again, nothing is left to do.
    let block = client.best().await?;
    let text = fs::read_to_string(&paths.record)?;
    let again = put(&client, &network, &paths, &alice).await?;
    assert_eq!((again.done.len(), again.skipped.len()), (0, STEPS));
    assert_eq!(again.addresses, deployed.addresses);
    assert_eq!(client.best().await?, block);
    assert_eq!(fs::read_to_string(&paths.record)?, text);

    // Without its record, too, and the record is found out anew.
    fs::remove_file(&paths.record)?;
    let mut notes = Vec::new();
    let mut listen = |progress: &Progress<'_>| {
        if let Progress::Note(note) = progress {
            notes.push(note.clone());
        }
        Ok(())
    };
    let again = deploy(&client, &network, &paths, &alice, &mut listen).await?;
    assert_eq!(again.done.len(), 0);
    assert_eq!(fs::read_to_string(&paths.record)?, text);
    assert_eq!(client.best().await?, block);
    let note =
        "there is no record, and 9 of 9 contracts are at these addresses: this goes on with them";
    assert_eq!(notes, [note]);

    // Another version of the runtime is worth a note, and is no drift.
    let (site, mut record) = common::site(&client, &network, &paths).await?;
    assert_eq!(plan(&site).await?.note, None);
    record.spec_version -= 1;
    let seen = verify(&site, Some(&record)).await?;
    assert_eq!((seen.drifts.len(), seen.notes.len()), (0, 1));
    assert!(seen.notes[0].starts_with("the runtime was upgraded"));
    Ok(())
}

#[tokio::test]
async fn a_record_is_complete_when_all_of_it_is_final() -> Result<()> {
    let setup = Setup {
        finalize_secs: Some(15),
        ..Setup::default()
    };
    let Some(node) = node(&setup)? else {
        return Ok(());
    };
    let mut network = network(node.port())?;
    network.roles.moderators = vec![[9; 32]];
    let client = connect(&network).await?;
    let folder = Folder::new()?;
    let paths = folder.paths();
    let alice = key("//Alice")?;

    // All is there, and can be undone yet.
    let mut hasty = network.clone();
    hasty.finality = Until::InBlock;
    put(&client, &hasty, &paths, &alice).await?;
    let last = client.best().await?.number;
    assert!(client.finalized().await?.number < last);

    // Found out anew, it is recorded once it cannot.
    fs::remove_file(&paths.record)?;
    let again = put(&client, &network, &paths, &alice).await?;
    assert_eq!(again.done.len(), 0);
    assert!(client.finalized().await?.number >= last);
    let record = Record::load(&paths.record)?.context("it is written")?;
    assert!(record.complete);
    assert_eq!(record.messages.len(), MESSAGES + 1);
    let moderator = format!("moderator {}", vilokanam_client::hex(&[9; 32]));
    assert!(record.messages.contains_key(&moderator));
    assert_eq!(drifts(&client, &network, &paths).await?, [""; 0]);

    // Another moderator, named later.
    network.roles.moderators.push([8; 32]);
    let moderator = format!("moderator {}", vilokanam_client::hex(&[8; 32]));
    let line = format!("stream_registry: {moderator}: should be true, is false");
    assert_eq!(drifts(&client, &network, &paths).await?, [line]);
    let again = put(&client, &network, &paths, &alice).await?;
    assert_eq!(again.done, [moderator]);
    assert_eq!(drifts(&client, &network, &paths).await?, [""; 0]);

    // Categories, a gateway and a staking contract, named later; a category gets another name.
    let nine = vilokanam_client::hex(&[9; 32]);
    let gateway = format!("gateway {nine}");
    network.directory.gateways = vec![[9; 32]];
    let categories = &mut network.directory.categories;
    categories.extend([(7, "Chess".to_owned()), (255, "Music".to_owned())]);
    network.staking = Some(Staking {
        contract: [9; 32],
        minimum: 5,
    });
    let staking = format!(
        "pricing_engine: staking: should be {:?}, is None",
        network.staking()
    );
    let lines = [
        staking,
        format!("directory: {gateway}: should be true, is false"),
        "directory: category 7: should be Some(\"Chess\"), is None".to_owned(),
        "directory: category 255: should be Some(\"Music\"), is None".to_owned(),
    ];
    assert_eq!(drifts(&client, &network, &paths).await?, lines);
    let again = put(&client, &network, &paths, &alice).await?;
    let done = ["category 7", "category 255", &gateway, "staking"];
    assert_eq!(again.done, done);
    assert_eq!(drifts(&client, &network, &paths).await?, [""; 0]);
    let categories = &mut network.directory.categories;
    categories.insert(7, "Go".to_owned());
    let line = "directory: category 7: should be Some(\"Go\"), is Some(\"Chess\")";
    assert_eq!(drifts(&client, &network, &paths).await?, [line]);
    let again = put(&client, &network, &paths, &alice).await?;
    assert_eq!(again.done, ["category 7"]);
    // Found out anew, each of them has its transaction again.
    let text = fs::read_to_string(&paths.record)?;
    fs::remove_file(&paths.record)?;
    put(&client, &network, &paths, &alice).await?;
    assert_eq!(fs::read_to_string(&paths.record)?, text);
    Ok(())
}

#[tokio::test]
async fn each_kind_of_drift_is_a_line() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let good = network(node.port())?;
    let client = connect(&good).await?;
    let folder = Folder::new()?;
    let paths = folder.paths();
    let alice = key("//Alice")?;
    put(&client, &good, &paths, &alice).await?;
    assert_eq!(drifts(&client, &good, &paths).await?, [""; 0]);

    // What the network's file says otherwise.
    let mut other = good.clone();
    other.delays.exit_ms = 7_200_000;
    let lines = drifts(&client, &other, &paths).await?;
    assert_eq!(
        lines,
        ["tick_stream: exit delay, ms: should be 7200000, is 3600000"]
    );
    let mut other = good.clone();
    other.delays.change_ms = 259_200_000;
    let lines = drifts(&client, &other, &paths).await?;
    assert_eq!(lines.len(), INSTANCES);
    assert_eq!(
        lines[0],
        "vlk_token: change delay, ms: should be 259200000, is 0"
    );
    let mut other = good.clone();
    other.fees.tips = 400;
    let lines = drifts(&client, &other, &paths).await?;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("payment_handler: fees: should be FeeSchedule"));
    let mut other = good.clone();
    other.roles.treasury = alice.account();
    let lines = drifts(&client, &other, &paths).await?;
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("payment_handler: treasury: "));
    assert!(lines[1].starts_with("moderation: treasury: "));
    // Bonds may go elsewhere than fees.
    other.moderation.treasury = Some(good.roles.treasury);
    assert_eq!(drifts(&client, &other, &paths).await?.len(), 1);
    let mut other = good.clone();
    other.moderation.bond = 1;
    let lines = drifts(&client, &other, &paths).await?;
    assert_eq!(lines, ["moderation: bond: should be 1, is 10000000000000"]);
    let mut other = good.clone();
    other.staking = Some(Staking {
        contract: [9; 32],
        minimum: 5,
    });
    let lines = drifts(&client, &other, &paths).await?;
    assert!(
        lines.len() == 1 && lines[0].starts_with("pricing_engine: staking: should be Some("),
        "{lines:?}"
    );
    let mut other = good.clone();
    other.roles.owner = Some([9; 32]);
    let lines = drifts(&client, &other, &paths).await?;
    assert!(lines.len() == INSTANCES && lines[4].starts_with("tick_stream: owner: "));
    let mut other = good.clone();
    other.tokens.push([9; 32]);
    let lines = drifts(&client, &other, &paths).await?;
    assert_eq!(lines, ["payment_handler: assets: should be 3, is 2"]);
    let mut other = good.clone();
    other.vlk.allocations[0].amount += 1;
    let lines = drifts(&client, &other, &paths).await?;
    assert!(
        lines.len() == 1 && lines[0].starts_with("vlk_token: cap: "),
        "{lines:?}"
    );

    // Another artifact.
    let changed = folder.0.join("ink");
    for name in vilokanam_suite::CONTRACTS {
        let from = paths.artifacts.join(name).join(name).with_extension("wasm");
        fs::create_dir_all(changed.join(name))?;
        fs::copy(from, changed.join(name).join(name).with_extension("wasm"))?;
    }
    let seconds = vilokanam_suite::SECOND_CODES.map(|(code, _)| code);
    for name in core::iter::once("pass_office").chain(seconds) {
        let file = changed.join(name).join(name).with_extension("wasm");
        let built = fs::read(&file)?;
        // An empty custom section named x: the same code by another hash.
        fs::write(&file, [&built[..], &[0, 2, 1, b'x']].concat())?;
        let mut paths = paths.clone();
        paths.artifacts = changed.clone();
        let lines = drifts(&client, &good, &paths).await?;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains(name) && lines[0].contains("code"),
            "{lines:?}"
        );
        fs::write(&file, built)?;
    }

    // A code that differs hides nothing else.
    let file = changed.join("payment_handler/payment_handler.wasm");
    let built = fs::read(&file)?;
    fs::write(&file, [&built[..], &[0, 2, 1, b'x']].concat())?;
    let exchanged = vilokanam_deploy::Paths {
        artifacts: changed.clone(),
        ..paths.clone()
    };
    let mut other = good.clone();
    other.fees.tips = 1;
    other.roles.treasury = alice.account();
    other.tokens.push([9; 32]);
    let lines = drifts(&client, &other, &exchanged).await?;
    let subjects: Vec<_> = lines
        .iter()
        .map(|line| line.split(": should").next().unwrap_or_default())
        .collect();
    let expected = [
        "payment_handler: code, by the artifact",
        "payment_handler: fees",
        "payment_handler: treasury",
        "payment_handler: assets",
        "moderation: treasury",
    ];
    assert_eq!(subjects, expected);
    fs::write(&file, built)?;

    // Who is offered the ownership is a line, unless it is who should have it.
    let engine = {
        let (site, _) = site(&client, &good, &paths).await?;
        site.target.contract("pricing_engine")?.address
    };
    let offer =
        |to: Option<[u8; 32]>| administered(engine.into()).propose_owner(to.map(Into::into));
    send(&client, &alice, offer(Some([9; 32]))).await?;
    let nine = vilokanam_client::hex(&[9; 32]);
    let line = format!("pricing_engine: proposed owner: should be None, is Some({nine})");
    assert_eq!(drifts(&client, &good, &paths).await?, [line]);
    let mut other = good.clone();
    other.roles.owner = Some([9; 32]);
    let lines = drifts(&client, &other, &paths).await?;
    assert!(lines.len() == INSTANCES && lines.iter().all(|line| line.contains(": owner: ")));
    send(&client, &alice, offer(None)).await?;
    assert_eq!(drifts(&client, &good, &paths).await?, [""; 0]);

    // What changes on the chain: fees, wiring, a listing, an asset that is closed, second codes, a delay, codes.
    let (site, _) = site(&client, &good, &paths).await?;
    let (payments, pricing) = ("payment_handler", "pricing_engine");
    let (meter, registry) = ("tick_stream", "stream_registry");
    let mut wiring = site
        .administration(site.target.contract("pricing_engine")?.address)
        .await?
        .wiring;
    wiring.registry = Some([8; 32].into());
    let fees = FeeSchedule {
        tips_bps: 1,
        ..good.fee_schedule()
    };
    let token_code = site.target.code("vlk_token")?.hash;
    let changes = [
        (payments, Change::Fees(fees), "payment_handler: fees: "),
        (
            payments,
            Change::SetAsset {
                asset: 1,
                allowed: false,
            },
            "payment_handler: asset 1: ",
        ),
        (
            payments,
            Change::ListToken([7; 32].into()),
            "payment_handler: assets: should be 2, is 3",
        ),
        (
            payments,
            Change::Treasury([7; 32].into()),
            "payment_handler: treasury: ",
        ),
        (pricing, Change::Wiring(wiring), "pricing_engine: wiring: "),
        (
            meter,
            Change::SecondCode(token_code.into()),
            "tick_stream: code of tick_lifecycle: ",
        ),
        (
            payments,
            Change::SecondCode(token_code.into()),
            "payment_handler: code of payment_desk: ",
        ),
        // It does not know who has something at stake.
        (
            pricing,
            Change::SecondCode(token_code.into()),
            "pricing_engine: what it answers: should be \"as the artifact does\", is ",
        ),
        (
            registry,
            Change::Delay(259_200_000),
            "stream_registry: change delay, ms: ",
        ),
        (
            pricing,
            Change::Code(token_code.into()),
            "pricing_engine: code, by the artifact: ",
        ),
        // A code that answers nothing of what its contract should.
        (
            payments,
            Change::Code(token_code.into()),
            "payment_handler: what it answers: should be \"as the artifact does\", is ",
        ),
    ];
    let mut before = drifts(&client, &good, &paths).await?;
    assert_eq!(before, [""; 0]);
    let mut ids = std::collections::BTreeMap::new();
    for (name, change, line) in changes {
        let mut contract = administered(site.target.contract(name)?.address.into());
        let id = ids.entry(name).or_insert(0u32);
        *id += 1;
        let announced = send(&client, &alice, contract.announce(change)).await;
        announced.with_context(|| line)?;
        let applied = send(&client, &alice, contract.apply(*id)).await;
        applied.with_context(|| line)?;
        let after = drifts(&client, &good, &paths).await?;
        let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
        assert!(
            new.iter().any(|new| new.starts_with(line)),
            "{line}: {new:?}"
        );
        before = after;
    }
    let ended = before
        .iter()
        .filter(|line| line.contains("by the record"))
        .count();
    assert_eq!(ended, 2, "{before:?}");

    // Only the record knows of the codes that were changed: one made anew would be wrong.
    for damaged in [true, false] {
        match damaged {
            true => fs::write(&paths.record, "{")?,
            false => fs::remove_file(&paths.record)?,
        }
        let refused = put(&client, &good, &paths, &alice).await;
        let refused = format!("{:#}", refused.expect_err("upgraded"));
        assert!(
            refused.contains("the code of pricing_engine is 0x")
                && refused.contains("it was upgraded"),
            "{refused}"
        );
        assert_eq!(paths.record.exists(), damaged);
    }
    Ok(())
}
