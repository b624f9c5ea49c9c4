//! The official `cargo contract` against the suite on a node: an outside client understands our ABI.
//!
//! Nothing here is decoded by our own code: what is asserted is what the command prints.

use anyhow::{bail, ensure, Context, Result};
use ink::env::Event;
use serde_json::{json, Value};
use sp_core::{
    crypto::{AccountId32, Ss58Codec},
    hashing::blake2_256,
};
use std::{io::Write, path::Path, process::Command};
use vilokanam_chain::{
    artifacts_dir, deploy, wasm, Calls, Chain, Config, Message, Node, Suite, NO_NODE,
};
use vilokanam_client::Key;
use vilokanam_interfaces::{
    events::{
        payment_handler::Deposited,
        stream_registry::{StreamRegistered, TermsSet},
    },
    AccountId, Balance, Discount, OpenRequest, PaymentHandler, StreamRegistry, TickLifecycle,
    NATIVE,
};

const NO_COMMAND: &str =
    "there is no `cargo contract`: `cargo install cargo-contract --version 5.0.3 --locked` installs it";
const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";
/// What alice has of $VLK.
const MINTED: Balance = 1_000_000_000_000;

/// The suite, and how to reach it from outside.
struct Outside {
    node: Node,
    suite: Suite,
    alice: AccountId,
}

#[test]
fn cargo_contract_understands_the_suite() -> Result<()> {
    let Some(mut outside) = Outside::deployed()? else {
        return Ok(());
    };
    outside.knows_the_code()?;
    outside.dry_runs()?;
    outside.registers_a_stream()?;
    outside.deposits()?;
    outside.decodes_a_message()
}

impl Outside {
    /// `None` after saying what is missing, where that is allowed.
    fn deployed() -> Result<Option<Self>> {
        let version = Command::new("cargo")
            .args(["contract", "--version"])
            .output()?;
        let found = version.status.success();
        let node = if found { Node::start()? } else { None };
        let Some(mut node) = node else {
            let why = if found { NO_NODE } else { NO_COMMAND };
            let required = std::env::var_os("VILOKANAM_REQUIRE_NODE").is_some_and(|set| set == "1");
            ensure!(!required, "{why}");
            // Not by print!, which is shown only when a test fails.
            writeln!(std::io::stderr(), "SKIPPED: {why}")?;
            return Ok(None);
        };
        let alice = node.add_key(Key::parse("//Alice", true)?);
        let config = Config {
            allocations: vec![(alice, MINTED)],
            ..Config::of(&mut node)
        };
        node.fund(config.owner, 1_000_000 * MINTED)?;
        let suite = deploy(&mut node, &artifacts_dir(), &config)?;
        Ok(Some(Self { node, suite, alice }))
    }

    /// `info` names the code that was built.
    fn knows_the_code(&self) -> Result<()> {
        for (name, contract) in self.suite.contracts() {
            let said = self.cargo_contract(&["info", "--contract", &ss58(contract)])?;
            let code = format!("0x{}", hex(&blake2_256(&wasm(&artifacts_dir(), name)?)));
            ensure!(said["code_hash"] == code, "{name}: {said}");
            ensure!(said["source_language"] == "ink!", "{name}: {said}");
        }
        Ok(())
    }

    /// Values and errors come out of `call` as our documentation names them.
    fn dry_runs(&self) -> Result<()> {
        let cap = self.call("vlk_token", self.suite.token, "VlkToken::cap", &[], &[])?;
        ensure!(
            cap["data"] == tuple("Ok", &[json!({ "UInt": MINTED })]),
            "{cap}"
        );

        let (bob, too_much) = (ss58(AccountId::from([7; 32])), (MINTED + 1).to_string());
        let args = [&bob, too_much.as_str(), "[]"];
        let poor = self.call("vlk_token", self.suite.token, "PSP22::transfer", &args, &[])?;
        let why = tuple("InsufficientBalance", &[]);
        ensure!(poor["reverted"] == true, "{poor}");
        ensure!(
            poor["data"] == tuple("Ok", &[tuple("Err", &[why])]),
            "{poor}"
        );

        // A string, an enumeration, a list; an error with a field.
        let shares = self.register("9999", &[])?;
        let why = json!({ "Map": { "sum_bps": { "UInt": 9_999 } } });
        ensure!(shares["reverted"] == true, "{shares}");
        ensure!(
            shares["data"] == tuple("Ok", &[tuple("Err", &[why])]),
            "{shares}"
        );
        let first = self.register("10000", &[])?;
        let number = json!({ "UInt": 1 });
        ensure!(first["reverted"] == false, "{first}");
        ensure!(
            first["data"] == tuple("Ok", &[tuple("Ok", &[number])]),
            "{first}"
        );
        Ok(())
    }

    /// Executed: the event is decoded by `decode event`, and the stream is alice's.
    fn registers_a_stream(&mut self) -> Result<()> {
        let events = self.register("10000", &["-x", "-y"])?;
        let data = emitted(&events, self.suite.registry)?;
        let alice = ss58(self.alice);
        let expected = [
            (
                StreamRegistered::SIGNATURE_TOPIC,
                format!(
                    "StreamRegistered {{ stream: 1, owner: {alice}, cid: {CID}, class: Premium, category: 7 }}"
                ),
            ),
            (
                TermsSet::SIGNATURE_TOPIC,
                format!(
                    "TermsSet {{ stream: 1, terms_no: 1, terms: Terms {{ owner: {alice}, owner_bps: 10000, cohosts: [] }} }}"
                ),
            ),
        ];
        ensure!(data.len() == expected.len(), "{data:?}");
        for (data, (topic, expected)) in data.iter().zip(expected) {
            let topic = format!("0x{}", hex(&topic.context("has a signature")?));
            let said = decode("stream_registry", &["event", "-s", &topic, "-d", data])?;
            ensure!(said == expected, "{said}");
        }

        let stream = self.node.read(self.suite.registry().stream(1))?;
        let stream = stream.context("is registered")?;
        ensure!(stream.owner == self.alice, "{stream:?}");
        Ok(())
    }

    /// Value goes with a call.
    fn deposits(&mut self) -> Result<()> {
        let flags = ["--value", "12345", "-x", "-y"];
        let (contract, message) = (self.suite.payments, "PaymentHandler::deposit");
        let events = self.call("payment_handler", contract, message, &[], &flags)?;
        let data = emitted(&events, contract)?;
        let topic = Deposited::SIGNATURE_TOPIC.context("has a signature")?;
        let topic = format!("0x{}", hex(&topic));
        let said = decode(
            "payment_handler",
            &["event", "-s", &topic, "-d", &data.concat()],
        )?;
        let alice = ss58(self.alice);
        let expected = format!("Deposited {{ viewer: {alice}, asset: 0, amount: 12345 }}");
        ensure!(said == expected, "{said}");
        let pool = self.suite.payments().pool(self.alice, NATIVE);
        let pool = self.node.read(pool)?;
        ensure!(pool.free == 12_345, "{pool:?}");
        Ok(())
    }

    /// What ink!'s builders encode, `decode message` reads: the message lives in the meter's second code, and is in the
    /// meter's ABI, where its arguments are named as the first code has them, which only passes them on.
    fn decodes_a_message(&self) -> Result<()> {
        let request = OpenRequest {
            stream: 1,
            asset: NATIVE,
            hold: 60_000_420,
            ceiling: 1_000_007,
            until_ms: Some(1_800_000_000_000),
            referrer: Some(self.alice),
            key: None,
            discount: Discount::None,
            sponsor: None,
        };
        let (_, _, data) = self.suite.lifecycle().open(request).into_parts();
        let data = format!("0x{}", hex(&data));
        let said = decode("tick_stream", &["message", "-d", &data])?;
        let alice = ss58(self.alice);
        let expected = format!(
            "TickLifecycle::open {{ request: OpenRequest {{ stream: 1, asset: 0, hold: 60000420, ceiling: 1000007, \
             until_ms: Some(1800000000000), referrer: Some({alice}), key: None, \
             discount: None, sponsor: None }} }}"
        );
        ensure!(said == expected, "{said}");
        Ok(())
    }

    fn register(&self, owner_bps: &str, flags: &[&str]) -> Result<Value> {
        let cid = format!("\"{CID}\"");
        let args = [&cid, "Premium", "7", owner_bps, "[]"];
        let message = "StreamRegistry::register";
        self.call(
            "stream_registry",
            self.suite.registry,
            message,
            &args,
            flags,
        )
    }

    /// `cargo contract call`, by alice.
    fn call(
        &self,
        name: &str,
        contract: AccountId,
        message: &str,
        args: &[&str],
        flags: &[&str],
    ) -> Result<Value> {
        let bundle = artifacts_dir().join(name).join(name);
        let bundle = bundle.with_extension("contract");
        let bundle = bundle.to_str().context("a path in UTF-8")?;
        let contract = ss58(contract);
        let mut all = vec!["call", bundle, "--suri", "//Alice", "--contract", &contract];
        all.extend(["--message", message]);
        if !args.is_empty() {
            all.push("--args");
            all.extend(args);
        }
        all.extend(flags);
        self.cargo_contract(&all)
    }

    /// Runs the command on this node, and returns its JSON.
    fn cargo_contract(&self, args: &[&str]) -> Result<Value> {
        let port = self.node.port().context("the node was started")?;
        let url = format!("ws://127.0.0.1:{port}");
        let output = Command::new("cargo")
            .arg("contract")
            .args(args)
            .args(["--url", &url, "--output-json"])
            .output()?;
        let said = String::from_utf8(output.stdout)?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            bail!("cargo contract {args:?}: {said} {why}");
        }
        serde_json::from_str(&said).with_context(|| format!("cargo contract {args:?}: {said}"))
    }
}

/// `cargo contract decode`, which finds the ABI by the package it runs in and what was built of it.
fn decode(package: &str, args: &[&str]) -> Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let artifacts = artifacts_dir();
    let output = Command::new("cargo")
        .args(["contract", "decode"])
        .args(args)
        .current_dir(root.context("a parent")?.join("contracts").join(package))
        .env("CARGO_TARGET_DIR", artifacts.parent().context("a parent")?)
        .env("NO_COLOR", "1")
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    let why = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "decode {args:?}: {said} {why}");
    let said = said.trim().strip_prefix("Decoded data:");
    Ok(said.context("has decoded data")?.trim().to_owned())
}

/// The data of the events that a contract emitted, as `0x…`. (`call` prints them undecoded, with their lengths before them,
/// as `decode` wants them.)
fn emitted(events: &Value, by: AccountId) -> Result<Vec<String>> {
    let events = events.as_array().context("events")?;
    let is_ours = |event: &&Value| {
        event["name"] == "ContractEmitted" && event["fields"][0]["value"]["Literal"] == ss58(by)
    };
    let data_of = |event: &Value| {
        let data = &event["fields"][1]["value"]["Hex"]["s"];
        let data = data.as_str().context("hexadecimal data")?;
        Ok(format!("0x{data}"))
    };
    events.iter().filter(is_ours).map(data_of).collect()
}

/// How the command prints a variant, or a tuple.
fn tuple(ident: &str, values: &[Value]) -> Value {
    json!({ "Tuple": { "ident": ident, "values": values } })
}

/// An address as people write it.
fn ss58(account: AccountId) -> String {
    let bytes: &[u8; 32] = account.as_ref();
    AccountId32::new(*bytes).to_ss58check()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
