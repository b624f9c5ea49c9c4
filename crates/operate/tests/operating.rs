//! The everyday of a suite on a real node.

#[path = "../../deploy/tests/common/mod.rs"]
mod common;

use anyhow::{Context, Result};
use common::*;
use serde_json::{json, Value};
use sp_crypto_hashing::blake2_256;
use std::{fs, path::Path};
use vilokanam_client::{hex, Refusal};
use vilokanam_deploy::{Network, Paths, Record};
use vilokanam_node::Setup;
use vilokanam_operate::{
    export, Deployed, Incompatible, NewCode, Outcome, Refused, Step, UpgradeOptions, Upgraded,
    WatchOptions,
};
use vilokanam_suite::{artifacts_dir, SECOND_CODES};

const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";

async fn open_suite(network: &Network, paths: &Paths) -> Result<Deployed> {
    Deployed::open(network.clone(), &paths.record, &paths.artifacts).await
}

/// A deployment of its own on the node.
async fn deployed(network: &Network, folder: &Folder) -> Result<(Deployed, Paths)> {
    let paths = folder.paths();
    let client = connect(network).await?;
    put(&client, network, &paths, &key("//Alice")?).await?;
    Ok((open_suite(network, &paths).await?, paths))
}

fn version(contract: &str, name: &str) -> Result<NewCode> {
    NewCode::load(contract, &artifacts_dir(), name)
}

/// Why versions of the meter are taken.
const REASON: &str = "its story is told";
/// What nobody can compare in the meter.
const BY_HAND: [&str; 2] = [
    "storage: `ledger.pages` (key 0x2, Mapping<(u32, u16), Page>) is packed by hand, and cannot be compared",
    "storage: `ledger.meters` (key 0x3, Mapping<u32, StreamMeter>) is packed by hand, and cannot be compared",
];

fn with_reason() -> UpgradeOptions {
    UpgradeOptions {
        accept: Some(REASON.to_owned()),
        ..UpgradeOptions::default()
    }
}

/// Fails unless a stranger's upgrade is refused, and nothing is sent, kept or written down.
async fn refuses_a_stranger(suite: &mut Deployed, new: &NewCode, paths: &Paths) -> Result<()> {
    let bob = key("//Bob")?;
    let before = (
        suite.client.account(&bob.account()).await?.nonce,
        fs::read(&paths.record)?,
        fs::read_dir(paths.record.with_extension("abi"))?.count(),
    );
    let tell = |step: &Step| {
        anyhow::ensure!(matches!(step, Step::Accepted { .. }), "{step:?}");
        Ok(())
    };
    let error = suite.upgrade(&bob, new, &with_reason(), tell).await;
    assert_eq!(
        error.expect_err("is a stranger").to_string(),
        "tick_stream refused `Administered::announce`: NotOwner"
    );
    let after = (
        suite.client.account(&bob.account()).await?.nonce,
        fs::read(&paths.record)?,
        fs::read_dir(paths.record.with_extension("abi"))?.count(),
    );
    assert_eq!(after, before);
    Ok(())
}

/// Why the new version is refused.
async fn lines(suite: &mut Deployed, new: &NewCode) -> Result<Vec<String>> {
    let options = UpgradeOptions::default();
    let error = suite
        .upgrade(&key("//Alice")?, new, &options, |_| Ok(()))
        .await;
    let error = error.expect_err("must be refused");
    Ok(error.downcast::<Incompatible>()?.lines)
}

async fn upgraded(
    suite: &mut Deployed,
    new: &NewCode,
    options: &UpgradeOptions,
) -> Result<Upgraded> {
    match suite
        .upgrade(&key("//Alice")?, new, options, |_| Ok(()))
        .await?
    {
        Outcome::Upgraded(upgraded) => Ok(*upgraded),
        other => anyhow::bail!("must be upgraded: {other:?}"),
    }
}

#[tokio::test]
async fn messages_status_events_and_export_go_by_the_metadata() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let network = network(node.port())?;
    let folder = Folder::new()?;
    let (mut suite, paths) = deployed(&network, &folder).await?;
    let (alice, bob) = (key("//Alice")?, key("//Bob")?);

    // Calls, by whole names or their ends, with arguments by name or in order.
    let done = suite
        .call(&alice, "payment_handler", "deposit", &Value::Null, 5 * UNIT)
        .await?;
    let me = vilokanam_client::ss58(&alice.account(), suite.facts.ss58_prefix);
    let deposited = json!({
        "contract": "payment_handler",
        "event": "Deposited",
        "fields": { "viewer": me, "asset": 0, "amount": (5 * UNIT).to_string() },
    });
    assert_eq!(done.events, [deposited]);
    let args = json!({ "viewer": me, "asset": 0 });
    let pool = suite
        .read("payment_handler", "PaymentHandler::pool", &args, None)
        .await?;
    assert_eq!(
        pool,
        json!({ "free": (5 * UNIT).to_string(), "holds": 0, "limited": false })
    );

    // A contract's error is told by its variant, and nothing is sent.
    let nonce = suite.client.account(&alice.account()).await?.nonce;
    let args = json!([0, (6 * UNIT).to_string()]);
    let error = suite
        .call(&alice, "payment_handler", "withdraw", &args, 0)
        .await;
    let error = error.expect_err("is too much");
    let refused = error
        .downcast_ref::<Refused>()
        .context("it is the contract's")?;
    assert_eq!(refused.message, "PaymentHandler::withdraw");
    assert_eq!(
        error.to_string(),
        format!(
            "payment_handler refused `PaymentHandler::withdraw`: PoolTooSmall {{ free: {}, needed: {} }}",
            5 * UNIT,
            6 * UNIT
        )
    );
    for (message, args, value, expected) in [
        (
            "withdraw",
            json!([0, 1]),
            1,
            "`PaymentHandler::withdraw` takes no native tokens",
        ),
        (
            "withdraw",
            json!([0]),
            0,
            "`PaymentHandler::withdraw` takes 2 (asset, amount), and 1 are given",
        ),
        (
            "pool",
            json!([me, "x"]),
            0,
            "argument `asset` (u16): expected u16, a whole number from 0 to 65535, and found \"x\"",
        ),
    ] {
        let error = suite
            .call(&alice, "payment_handler", message, &args, value)
            .await;
        assert_eq!(format!("{:#}", error.expect_err("is wrong")), expected);
    }
    let unknown = suite
        .read("payments", "pool", &json!([]), None)
        .await
        .expect_err("is unknown");
    assert!(unknown
        .to_string()
        .starts_with("no contract is called `payments`: there are "));
    assert_eq!(suite.client.account(&alice.account()).await?.nonce, nonce);

    // A stream on air, and a viewer.
    let register = json!({
        "cid": CID, "class": "Standard", "category": 7, "owner_bps": 10_000, "cohosts": [],
    });
    suite
        .call(&bob, "stream_registry", "register", &register, 0)
        .await?;
    let rates = json!([1, [{ "asset": 0, "rate_per_sec": 1_000_000 }]]);
    suite
        .call(&bob, "pricing_engine", "set_rates", &rates, 0)
        .await?;
    suite
        .call(
            &bob,
            "stream_registry",
            "go_live",
            &json!([1, 3_600_000]),
            0,
        )
        .await?;
    let request = json!([{
        "stream": 1, "asset": 0, "hold": UNIT.to_string(), "ceiling": 1_000_000,
        "until_ms": null, "referrer": null, "key": null,
        "discount": "None", "sponsor": null,
    }]);
    let opened = suite
        .call(&alice, "tick_stream", "open", &request, 0)
        .await?;
    assert_eq!(opened.value, json!(1));

    let status = suite.status().await?;
    let names: Vec<_> = status
        .contracts
        .iter()
        .map(|contract| contract.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "directory",
            "moderation",
            "pass_office",
            "patronage",
            "payment_handler",
            "pricing_engine",
            "stream_registry",
            "tick_stream",
            "vlk_token"
        ]
    );
    assert!(status
        .contracts
        .iter()
        .all(|contract| contract.owner == json!(me)));
    assert!(status
        .contracts
        .iter()
        .all(|contract| contract.layout_version == json!(1)));
    let second = status.contracts.iter().find_map(|one| {
        let (name, hash) = one.second_code.as_ref()?;
        (one.name == "payment_handler").then_some((name.as_str(), hash))
    });
    let desk = json!(suite.record.codes["payment_desk"].hash.to_string());
    assert_eq!(second, Some(("payment_desk", &desk)));
    assert_eq!(status.assets.len(), 2);
    let native = &status.assets[0];
    assert_eq!(
        (native.owed.clone(), native.has.clone()),
        ((5 * UNIT).to_string(), Some((5 * UNIT).to_string()))
    );
    assert_eq!(native.totals["holds"], json!(UNIT.to_string()));
    assert!(status.solvent() && status.assets[1].has == Some("0".to_owned()));
    let mut silent = status.clone();
    silent.assets[1].solvent = None;
    assert!(!silent.solvent(), "nobody knows");
    assert_eq!(status.live.len(), 1);
    assert_eq!((status.live[0].stream, status.live[0].viewers), (1, 1));

    // Everything that happened, decoded.
    let mut events = Vec::new();
    let from = WatchOptions {
        from: Some(0),
        once: true,
    };
    suite
        .watch(from, |seen| {
            events
                .push(format!("{} {}", seen.told["contract"], seen.told["event"]).replace('"', ""));
            Ok(true)
        })
        .await?;
    let last = &events[events.len() - 7..];
    assert_eq!(
        last,
        [
            "payment_handler Deposited",
            "stream_registry StreamRegistered",
            "stream_registry TermsSet",
            "pricing_engine RatesSet",
            "stream_registry WentLive",
            "tick_stream PageProvided",
            "tick_stream SessionOpened",
        ]
    );
    assert!(
        events.iter().all(|event| !event.contains("null")),
        "{events:?}"
    );
    let mut first = 0;
    suite
        .watch(from, |_| {
            first += 1;
            Ok(false)
        })
        .await?;
    assert_eq!(first, 1);

    // A program needs no more than this to call the contracts.
    let exported = export(&suite)?;
    assert_eq!(
        exported["genesisHash"],
        json!(vilokanam_client::hex(&suite.client.genesis()))
    );
    let meter = &exported["contracts"]["tick_stream"];
    let abi = vilokanam_abi::Abi::parse(&meter["abi"].to_string())?;
    assert!(abi.message("open").is_ok() && meter["abi"].get("source").is_none());
    assert_eq!(
        meter["publicKey"],
        json!(vilokanam_client::hex(&suite.address("tick_stream")?))
    );

    // The metadata of what runs was kept: the artifacts may go. A kept file is not trusted more than they are.
    let nowhere = Path::new("/nowhere");
    let reopen = || Deployed::open(network.clone(), &paths.record, nowhere);
    reopen().await?;
    let code = suite.record.contracts["tick_stream"].code_hash.to_string();
    let kept = paths
        .record
        .with_extension("abi")
        .join(code)
        .with_extension("json");
    let other = artifacts_dir().join("vlk_token").join("vlk_token.json");
    fs::copy(&other, &kept)?;
    let error = reopen().await.err().context("is of other code")?;
    assert!(error
        .to_string()
        .starts_with("the metadata of tick_stream's code "));
    open_suite(&network, &paths).await?;
    reopen().await?;
    Ok(())
}

#[tokio::test]
async fn versions_are_compared_announced_applied_migrated_and_recorded() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let network = network(node.port())?;
    let folder = Folder::new()?;
    let (mut suite, paths) = deployed(&network, &folder).await?;
    let alice = key("//Alice")?;
    suite
        .call(&alice, "payment_handler", "deposit", &Value::Null, 5 * UNIT)
        .await?;
    let none = UpgradeOptions::default();
    let first = suite.record.contracts["tick_stream"].code_hash;

    // Refused, before anything is sent: other metadata, code that cannot be replaced, another contract.
    let nonce = suite.client.account(&alice.account()).await?.nonce;
    let built = |name: &str, extension: &str| {
        artifacts_dir()
            .join(name)
            .join(name)
            .with_extension(extension)
    };
    let text = fs::read_to_string(built("tick_stream_v2", "json"))?;
    let mut worse: Value = serde_json::from_str(&text)?;
    let messages = worse["spec"]["messages"]
        .as_array_mut()
        .context("messages")?;
    messages.retain(|message| message["label"] != "TickStream::audience");
    let wasm = fs::read(built("tick_stream_v2", "wasm"))?;
    let worse = NewCode::new("tick_stream", wasm, worse.to_string())?;
    assert_eq!(
        lines(&mut suite, &worse).await?,
        [
            "message: `TickStream::audience` is gone",
            BY_HAND[0],
            BY_HAND[1]
        ]
    );
    let floor = lines(&mut suite, &version("vlk_token", "floor")?).await?;
    let no_code = "upgrades: the new code has no `set_code_hash`, and can never be replaced";
    assert!(floor.iter().any(|line| line == no_code));
    assert!(floor
        .iter()
        .any(|line| line == "message: `PSP22::transfer` is gone"));
    let moved = lines(&mut suite, &version("payment_handler", "pricing_engine")?).await?;
    assert!(moved.iter().any(
        |line| line.starts_with("storage: `money.pools` (key 0x9a0001, ")
            && line.ends_with(" is gone")
    ));
    let text = fs::read_to_string(built("vlk_token", "json"))?;
    let mixed = NewCode::new("vlk_token", fs::read(built("floor", "wasm"))?, text);
    let mixed = mixed.err().context("two builds are mixed")?.to_string();
    assert!(
        mixed.starts_with("the metadata is of other code: it says "),
        "{mixed}"
    );
    let text = fs::read_to_string(built("floor", "json"))?;
    let mut nameless: Value = serde_json::from_str(&text)?;
    nameless["source"]["hash"].take();
    let wasm = fs::read(built("floor", "wasm"))?;
    assert!(NewCode::new("vlk_token", wasm, nameless.to_string()).is_err());
    let wasm = vec![0; 10_000_000];
    let mut large: Value = serde_json::from_str(&text)?;
    large["source"]["hash"] = json!(hex(&blake2_256(&wasm)));
    let large = NewCode::new("tick_stream", wasm, large.to_string())?;
    let error = suite.upgrade(&alice, &large, &none, |_| Ok(())).await;
    assert!(matches!(
        error.expect_err("is too large").downcast_ref(),
        Some(Refusal::CodeTooLarge {
            needed: 10_000_000,
            ..
        })
    ));
    // What is packed by hand cannot be compared: somebody must answer for it.
    let v2 = version("tick_stream", "tick_stream_v2")?;
    assert_eq!(lines(&mut suite, &v2).await?, BY_HAND);
    assert_eq!(suite.client.account(&alice.account()).await?.nonce, nonce);

    // A stranger cannot announce.
    refuses_a_stranger(&mut suite, &v2, &paths).await?;

    // The second versions fit.
    let mut steps = Vec::new();
    let outcome = suite
        .upgrade(&alice, &v2, &with_reason(), |step| {
            steps.push(step.clone());
            Ok(())
        })
        .await?;
    let Outcome::Upgraded(told) = outcome else {
        anyhow::bail!("{outcome:?}");
    };
    assert_eq!(
        (told.version.as_str(), told.from),
        ("0.2.0", first.to_string())
    );
    let accepted = BY_HAND.map(str::to_owned);
    assert_eq!(told.accepted, accepted);
    let accepted = accepted.map(|what| Step::Accepted { what });
    assert_eq!(steps.get(..2), Some(&accepted[..]));
    assert!(steps.contains(&Step::Applied { already: false }));
    assert!(
        matches!(steps.last(), Some(Step::Verified { messages, refused }) if *messages > 3 && refused.is_empty())
    );
    assert_eq!(
        suite
            .read("tick_stream", "settles", &Value::Null, None)
            .await?,
        json!(0)
    );
    let again = suite.upgrade(&alice, &v2, &none, |_| Ok(())).await?;
    assert_eq!(again, Outcome::Unchanged);
    upgraded(
        &mut suite,
        &version("payment_handler", "payment_handler_v2")?,
        &none,
    )
    .await?;
    suite
        .call(&alice, "payment_handler", "deposit", &Value::Null, UNIT)
        .await?;

    // The third of the meter rewrites a cell in place: it needs a reason, and its migration.
    let v3 = version("tick_stream", "tick_stream_v3")?;
    assert_eq!(
        lines(&mut suite, &v3).await?,
        [
            "storage: `settles` (key 0x10, u32): Settles, was u32",
            BY_HAND[0],
            BY_HAND[1]
        ]
    );
    let options = UpgradeOptions {
        migrate: Some("migrates".to_owned()),
        accept: Some("migrate rewrites it".to_owned()),
        wait: false,
    };
    let stopped = suite.upgrade(&alice, &v3, &options, |_| Ok(())).await;
    let stopped = format!("{:#}", stopped.expect_err("it has no such message"));
    assert!(
        stopped.starts_with("the new version runs, and is not migrated"),
        "{stopped}"
    );
    // The next run goes on where that stopped, also as another process.
    let mut suite = open_suite(&network, &paths).await?;
    let options = UpgradeOptions {
        migrate: Some("migrate".to_owned()),
        ..none.clone()
    };
    let told = upgraded(&mut suite, &v3, &options).await?;
    assert_eq!(told.migrated.as_deref(), Some("migrate"));
    let opened = suite
        .read("tick_stream", "settles_since", &Value::Null, None)
        .await?;
    assert_eq!(opened["count"], json!(0));
    assert_ne!(opened["migrated_ms"], json!(0));

    // That of the payment handler fits, and migrates.
    let v3 = version("payment_handler", "payment_handler_v3")?;
    let told = upgraded(&mut suite, &v3, &options).await?;
    assert_eq!(told.accepted, [] as [&str; 0]);
    let counted = suite
        .read("payment_handler", "counted", &Value::Null, None)
        .await?;
    assert_eq!(counted, json!([1, "0"]));
    let status = suite.status().await?;
    assert!(status.solvent());
    assert_eq!(status.assets[0].owed, (6 * UNIT).to_string());
    let raised = status
        .contracts
        .iter()
        .filter(|one| one.layout_version != json!(1))
        .map(|one| (one.name.as_str(), one.layout_version.as_u64()));
    let expected = [("payment_handler", Some(3)), ("tick_stream", Some(3))];
    assert_eq!(raised.collect::<Vec<_>>(), expected);

    // The record tells all of it.
    let record = Record::load(&paths.record)?.context("a record")?;
    let upgrades = record.more["upgrades"].as_array().context("upgrades")?;
    let told: Vec<_> = upgrades
        .iter()
        .map(|one| {
            (
                one["contract"].as_str(),
                one["reason"].as_str(),
                one["finished"].as_bool(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some("tick_stream"), Some(REASON), Some(true)),
            (Some("payment_handler"), None, Some(true)),
            (Some("tick_stream"), Some("migrate rewrites it"), Some(true)),
            (Some("payment_handler"), None, Some(true)),
        ]
    );
    let code = suite
        .client
        .contract(&suite.address("tick_stream")?)
        .await?
        .context("is there")?;
    assert_eq!(record.contracts["tick_stream"].code_hash.0, code.code_hash);

    // A second code has no address: it goes where its contract keeps its hash. What runs is no news.
    for (second, _) in SECOND_CODES {
        assert!(record.codes.contains_key(second));
        let same = version(second, second)?;
        let outcome = suite.upgrade(&alice, &same, &none, |_| Ok(())).await?;
        assert_eq!(outcome, Outcome::Unchanged);
    }
    let new = version("tick_lifecycle", "payment_handler")?;
    let other = lines(&mut suite, &new).await?;
    assert!(other
        .iter()
        .any(|line| line.starts_with("storage: `ledger.pages` (key 0x2, ")));
    Ok(())
}

/// Runs an upgrade until it tells this step, and stops there as a killed process does; goes on as another one.
async fn stopped_at(
    suite: Deployed,
    new: &NewCode,
    options: &UpgradeOptions,
    stop: fn(&Step) -> bool,
    paths: &Paths,
) -> Result<(Vec<Step>, Deployed)> {
    let mut suite = suite;
    let mut steps = Vec::new();
    let tell = |step: &Step| {
        steps.push(step.clone());
        anyhow::ensure!(!stop(step), "stopped");
        Ok(())
    };
    let stopped = suite.upgrade(&key("//Alice")?, new, options, tell).await;
    assert_eq!(
        stopped.expect_err("is stopped").to_string(),
        "stopped",
        "{steps:?}"
    );
    let reopened = open_suite(&suite.network, paths).await?;
    Ok((steps, reopened))
}

#[tokio::test]
async fn an_upgrade_goes_on_where_it_stopped() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let network = network(node.port())?;
    let folder = Folder::new()?;
    let (mut suite, paths) = deployed(&network, &folder).await?;
    let (alice, bob) = (key("//Alice")?, key("//Bob")?);
    let none = UpgradeOptions::default();
    let register = json!({
        "cid": CID, "class": "Standard", "category": 7, "owner_bps": 10_000, "cohosts": [],
    });
    suite
        .call(&bob, "stream_registry", "register", &register, 0)
        .await?;

    // The meter's second code, which has no address: it goes where the meter keeps its hash. It is stopped after every step.
    let provide = json!([1, 9]);
    let many = suite.call(&bob, "tick_stream", "provide_seats", &provide, 0);
    let many = many.await.expect_err("is too much for the first version");
    assert_eq!(
        many.to_string(),
        "tick_stream refused `TickLifecycle::provide_seats`: TooMany { max: 8 }"
    );
    let v2 = version("tick_lifecycle", "tick_lifecycle_v2")?;
    let first = suite.record.codes["tick_lifecycle"].hash;
    let before = occurred(&suite.client).await?;
    let mut all = Vec::new();
    for stop in [
        (|step| matches!(step, Step::Uploaded { .. })) as fn(&Step) -> bool,
        |step| matches!(step, Step::Announced { .. }),
        |step| matches!(step, Step::Applied { .. }),
        |step| matches!(step, Step::Verified { .. }),
    ] {
        // The reason is given once, and is good for the runs that go on.
        let options = match all.is_empty() {
            true => with_reason(),
            false => none.clone(),
        };
        let (steps, reopened) = stopped_at(suite, &v2, &options, stop, &paths).await?;
        suite = reopened;
        all.extend(
            steps
                .into_iter()
                .filter(|step| !matches!(step, Step::Accepted { .. })),
        );
    }
    let told = upgraded(&mut suite, &v2, &none).await?;
    assert_eq!(told.from, first.to_string());
    let code_hash = told.to.clone();
    let uploaded = |already| Step::Uploaded {
        code_hash: code_hash.clone(),
        already,
    };
    let due_ms = match all.get(2) {
        Some(Step::Announced { due_ms, .. }) => *due_ms,
        _ => anyhow::bail!("{all:?}"),
    };
    let announced = |already| Step::Announced {
        id: 1,
        due_ms,
        already,
    };
    let (messages, refused) = match all.last() {
        Some(Step::Verified { messages, refused }) => (*messages, refused.clone()),
        _ => anyhow::bail!("{all:?}"),
    };
    assert_eq!(
        all,
        [
            uploaded(false),
            uploaded(true),
            announced(false),
            uploaded(true),
            announced(true),
            Step::Applied { already: false },
            Step::Applied { already: true },
            Step::Verified {
                messages,
                refused: refused.clone(),
            },
        ]
    );
    let after = occurred(&suite.client).await?;
    assert_eq!(after, (before.0 + 1, before.1));
    let mut announcements = 0;
    let from = WatchOptions {
        from: Some(0),
        once: true,
    };
    let count = |seen: &vilokanam_operate::Seen| {
        announcements += usize::from(seen.told["fields"]["change"]["SecondCode"] == code_hash);
        Ok(true)
    };
    suite.watch(from, count).await?;
    assert_eq!(announcements, 1);

    // The new code runs on what is stored, and the meter is asked through it: messages with arguments were, too.
    suite
        .call(&bob, "tick_stream", "provide_seats", &provide, 0)
        .await?;
    let meter = suite.abi("tick_stream")?;
    let own = meter.messages.iter().filter(|one| !one.mutates);
    assert!(messages + refused.len() > own.filter(|one| one.args.is_empty()).count());
    let again = suite.upgrade(&alice, &v2, &none, |_| Ok(())).await?;
    assert_eq!(again, Outcome::Unchanged);
    let record = Record::load(&paths.record)?.context("a record")?;
    assert_eq!(record.codes["tick_lifecycle"].hash.to_string(), told.to);
    assert_eq!(record.more["upgrades"][0]["reason"], json!(REASON));
    assert_eq!(record.more["upgrades"][0]["accepted"], json!(BY_HAND));
    assert!(record.codes.keys().all(|name| !name.starts_with("0x")));

    // Each half is compared with the one that runs: a cell of its own is no hindrance, one that only it understands is.
    let built = |name: &str, extension: &str| {
        let file = artifacts_dir().join(name).join(name);
        fs::read(file.with_extension(extension))
    };
    for (contract, name) in [
        ("tick_stream", "tick_stream_v2"),
        ("tick_lifecycle", "tick_lifecycle"),
    ] {
        let mut grown: Value = serde_json::from_slice(&built(name, "json")?)?;
        let types = grown["types"].as_array_mut().context("types")?;
        let path = |ty: &Value| ty["type"]["path"].to_string();
        let wiring = types
            .iter_mut()
            .find(|ty| path(ty).contains("\"Setup\"") && !path(ty).contains("env"));
        let fields = &mut wiring.context("is there")?["type"]["def"]["composite"]["fields"];
        fields[1]["name"] = json!("other_ms");
        let grown = NewCode::new(contract, built(name, "wasm")?, grown.to_string())?;
        let said = lines(&mut suite, &grown).await?;
        let other = "the other half of the contract runs on this cell, too";
        assert!(said.iter().any(|line| line.ends_with(other)), "{said:?}");
    }

    // Two processes that opened the record before either wrote it: neither loses what the other did.
    let mut other = open_suite(&network, &paths).await?;
    upgraded(
        &mut suite,
        &version("tick_stream", "tick_stream_v2")?,
        &with_reason(),
    )
    .await?;
    upgraded(
        &mut other,
        &version("payment_handler", "payment_handler_v2")?,
        &none,
    )
    .await?;
    let record = Record::load(&paths.record)?.context("a record")?;
    let upgrades = record.more["upgrades"].as_array().context("upgrades")?;
    let told: Vec<_> = upgrades
        .iter()
        .map(|one| (one["contract"].as_str(), one["finished"].as_bool()))
        .collect();
    assert_eq!(
        told,
        [
            (Some("tick_lifecycle"), Some(true)),
            (Some("tick_stream"), Some(true)),
            (Some("payment_handler"), Some(true)),
        ]
    );
    // The second code still fits a meter that has a cell more.
    let back = version("tick_lifecycle", "tick_lifecycle")?;
    upgraded(&mut suite, &back, &with_reason()).await?;
    upgraded(&mut suite, &v2, &with_reason()).await?;

    // There is something to migrate.
    suite
        .call(&alice, "payment_handler", "deposit", &Value::Null, UNIT)
        .await?;

    // A migration is remembered: the runs that follow need not be told of it.
    let v3 = version("payment_handler", "payment_handler_v3")?;
    let options = UpgradeOptions {
        migrate: Some("migrate".to_owned()),
        ..none.clone()
    };
    let announced = |step: &Step| matches!(step, Step::Announced { .. });
    let (_, suite) = stopped_at(suite, &v3, &options, announced, &paths).await?;
    let migrated = |step: &Step| matches!(step, Step::Migrated { .. });
    let (steps, mut suite) = stopped_at(suite, &v3, &none, migrated, &paths).await?;
    let done = Step::Migrated {
        message: "migrate".to_owned(),
        refused: None,
    };
    assert_eq!(steps.last(), Some(&done));
    // Killed between the migration and writing it down: it is refused now, and that is taken for done.
    let mut record = Record::load(&paths.record)?.context("a record")?;
    let upgrades = record.more.get_mut("upgrades").context("upgrades")?;
    let last = upgrades
        .as_array_mut()
        .and_then(|all| all.last_mut())
        .context("one")?;
    assert_eq!(last["migrated"].take(), json!("migrate"));
    record.save(&paths.record)?;
    let mut steps = Vec::new();
    let tell = |step: &Step| {
        steps.push(step.clone());
        Ok(())
    };
    suite.upgrade(&alice, &v3, &none, tell).await?;
    let refused = Step::Migrated {
        message: "migrate".to_owned(),
        refused: Some("InvalidChange".to_owned()),
    };
    assert!(steps.contains(&refused), "{steps:?}");
    let record = Record::load(&paths.record)?.context("a record")?;
    let last = record.more["upgrades"]
        .as_array()
        .and_then(|all| all.last());
    let last = last.context("one")?;
    assert_eq!(
        (&last["migrated"], &last["finished"]),
        (&json!("migrate"), &json!(true))
    );

    // `scripts/verify-build.sh` reads what runs from the record, and not just any hash in it.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (name, expected) in [
        ("payment_handler", last["to"].as_str().unwrap_or_default()),
        ("tick_lifecycle", code_hash.as_str()),
        ("floor", ""),
    ] {
        let script = format!(
            ". scripts/lib.sh; deployed_hash '{}' {name}",
            paths.record.display()
        );
        let out = std::process::Command::new("bash")
            .args(["-c", &script])
            .current_dir(&root)
            .output()?;
        assert_eq!(String::from_utf8(out.stdout)?.trim(), expected, "{name}");
    }
    Ok(())
}

/// That a wait ends is told where the chain's clock is set: with the command's tests.
#[tokio::test]
async fn a_change_that_waits_is_announced_once() -> Result<()> {
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let mut network = network(node.port())?;
    network.delays.change_ms = 172_800_000;
    let folder = Folder::new()?;
    let (mut suite, paths) = deployed(&network, &folder).await?;
    let alice = key("//Alice")?;
    let v2 = version("tick_stream", "tick_stream_v2")?;
    let mut announced = Vec::new();
    // The reason is remembered with the change.
    for options in [with_reason(), UpgradeOptions::default()] {
        let outcome = suite
            .upgrade(&alice, &v2, &options, |step| {
                announced.extend(match step {
                    Step::Announced { id, already, .. } => Some((*id, *already)),
                    _ => None,
                });
                Ok(())
            })
            .await?;
        let Outcome::Waits { id, left_ms, .. } = outcome else {
            anyhow::bail!("{outcome:?}");
        };
        assert_eq!(id, 1);
        assert!((172_000_000..=172_800_000).contains(&left_ms), "{left_ms}");
        suite = open_suite(&network, &paths).await?;
        refuses_a_stranger(&mut suite, &v2, &paths).await?;
    }
    assert_eq!(suite.record.more["upgrades"][0]["reason"], json!(REASON));
    assert_eq!(announced, [(1, false), (1, true)]);
    let status = suite.status().await?;
    let meter = status
        .contracts
        .iter()
        .find(|one| one.name == "tick_stream");
    let pending = &meter.context("is there")?.pending;
    assert_eq!((pending.len(), pending[0].due), (1, false));
    Ok(())
}

#[tokio::test]
async fn a_version_that_refuses_what_was_answered_is_not_verified() -> Result<()> {
    const READ: &str = "PaymentHandler::paused_until";
    let Some(node) = node(&Setup::default())? else {
        return Ok(());
    };
    let network = network(node.port())?;
    let folder = Folder::new()?;
    let (mut suite, paths) = deployed(&network, &folder).await?;
    let built = artifacts_dir().join("payment_handler_v3/payment_handler_v3");
    let text = fs::read_to_string(built.with_extension("json"))?;
    let mut abi: Value = serde_json::from_str(&text)?;
    let messages = abi["spec"]["messages"].as_array_mut().context("messages")?;
    messages.retain(|message| message["label"] != READ);
    // Under the name of one that was answered, it refuses strangers.
    let migrate = messages
        .iter_mut()
        .find(|message| message["label"] == "migrate");
    let migrate = migrate.context("is there")?;
    migrate["label"] = json!(READ);
    migrate["mutates"] = json!(false);
    let new = NewCode::new(
        "payment_handler",
        fs::read(built.with_extension("wasm"))?,
        abi.to_string(),
    )?;
    for (options, reads) in [(with_reason(), false), (UpgradeOptions::default(), true)] {
        let mut applied = Vec::new();
        let tell = |step: &Step| {
            if let Step::Applied { already } = step {
                applied.push(*already);
            }
            Ok(())
        };
        let error = suite.upgrade(&key("//Alice")?, &new, &options, tell).await;
        assert_eq!(
            error.expect_err("was answered").to_string(),
            format!("the new version of payment_handler refuses `{READ}`, which was answered before: NotOwner")
        );
        // The next run knows it, too.
        assert_eq!(applied, [reads]);
        suite = open_suite(&network, &paths).await?;
    }
    assert_eq!(suite.record.more["upgrades"][0]["finished"], json!(false));
    Ok(())
}
