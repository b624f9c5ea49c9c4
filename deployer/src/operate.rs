//! `vilokanam status`, `read`, `call`, `watch`, `export`, `upgrade`: the everyday of a deployed suite.

use crate::{
    network::{key, wait, NetworkArgs},
    print,
};
use anyhow::Result;
use clap::{Args, Subcommand};
use comfy_table::{presets::NOTHING, Table};
use serde::Serialize;
use serde_json::Value;
use std::io::{stdout, Write};
use vilokanam_operate::{
    export, variant, Deployed, Incompatible, NewCode, Outcome, Refused, Seen, Status, Step,
    UpgradeOptions, WatchOptions,
};
use vilokanam_suite::artifacts_dir;

/// The everyday of a deployed suite.
#[derive(Debug, Subcommand)]
pub enum Operate {
    /// Shows how the suite stands: addresses, versions, pending changes, money, live streams.
    #[command(after_help = STATUS_NOTES)]
    Status(NetworkArgs),

    /// Asks a contract, and changes nothing.
    #[command(after_help = READ_NOTES)]
    Read(ReadArgs),

    /// Sends a message to a contract, after a dry run of it.
    #[command(after_help = CALL_NOTES)]
    Call(CallArgs),

    /// Shows the contracts' events as they come.
    #[command(after_help = WATCH_NOTES)]
    Watch(WatchArgs),

    /// Writes addresses and ABI of the contracts as one JSON document, for programs that use them.
    #[command(after_help = EXPORT_NOTES)]
    Export(NetworkArgs),

    /// Puts the next version of a contract in the place of the one that runs.
    ///
    /// The new build is compared with what runs first: messages, events and storage must fit. It is uploaded, announced and,
    /// once the change delay is over, applied; run it again then, or let it --wait. Every step is looked up on the chain, so a
    /// run goes on where the last one stopped.
    #[command(after_help = UPGRADE_NOTES)]
    Upgrade(UpgradeArgs),
}

const STATUS_NOTES: &str = "\
Exit code: 0 if the contracts have all that they owe, 1 if not, or if a token does not say so, 2 if the chain could not be asked.

Examples:
  vilokanam status --network local
  vilokanam status --network local --json | jq '.assets[] | {token, owed, has}'";

const READ_NOTES: &str = "\
A message is named in full (PaymentHandler::pool) or, if only one ends so, by its end (pool). Arguments are a JSON array, or an
object by their names: accounts as addresses or 0x hex, bytes as 0x hex, large numbers as texts, an enum as \"Variant\" or
{\"Variant\": …}, nothing as null.

Examples:
  vilokanam read tick_stream audience --args '[1]' --network local
  vilokanam read payment_handler pool --network local \\
    --args '{\"viewer\": \"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\", \"asset\": 0}'";

const CALL_NOTES: &str = "\
Arguments are as for `read`. The key comes from VILOKANAM_SURI, or from the file that the network's file names. When the contract
would refuse, its error is shown, and nothing is sent.

Examples:
  vilokanam call payment_handler deposit --value 5_000_000_000_000 --network local
  vilokanam call stream_registry go_live --args '{\"stream\": 1, \"grace_ms\": 60000}' --network local";

const WATCH_NOTES: &str = "\
Where the network's finality is \"final\", a block's events are shown once it can never be undone.

Examples:
  vilokanam watch --network local
  vilokanam watch --network local --from 0 --json | jq 'select(.event == \"Settled\")'";

const EXPORT_NOTES: &str = "\
Examples:
  vilokanam export --network local > vilokanam.json";

const UPGRADE_NOTES: &str = "\
Exit code: 0 if the new version runs, or its change is announced and waits; 1 if it was refused; 2 if it could not be done.
Both codes of the meter pack cells by hand, which metadata cannot compare: each of their upgrades needs a reason.

Examples:
  vilokanam upgrade payment_handler --network local
  vilokanam upgrade payment_handler --network local --migrate migrate --wait
  vilokanam upgrade tick_stream --network local --accept-incompatible 'its story in upgrades.rs passes'";

/// A message.
#[derive(Debug, Args)]
pub struct MessageArgs {
    /// The contract, such as `tick_stream`.
    contract: String,

    /// The message.
    message: String,

    /// Its arguments.
    #[arg(long, value_name = "JSON", default_value = "null", value_parser = json)]
    args: Value,

    #[command(flatten)]
    at: NetworkArgs,
}

/// What `vilokanam read` takes.
#[derive(Debug, Args)]
pub struct ReadArgs {
    #[command(flatten)]
    message: MessageArgs,

    /// As whom to ask: an address or 0x hex.
    #[arg(long, value_name = "ACCOUNT")]
    origin: Option<String>,
}

/// What `vilokanam call` takes.
#[derive(Debug, Args)]
pub struct CallArgs {
    #[command(flatten)]
    message: MessageArgs,

    /// Native tokens to send along, in base units.
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = amount)]
    value: u128,
}

/// What `vilokanam watch` takes.
#[derive(Debug, Args)]
pub struct WatchArgs {
    #[command(flatten)]
    at: NetworkArgs,

    /// Begins with this block, and not with the next one.
    #[arg(long, value_name = "BLOCK")]
    from: Option<u64>,

    /// Ends after the blocks that are there.
    #[arg(long)]
    once: bool,
}

/// What `vilokanam upgrade` takes.
#[derive(Debug, Args)]
pub struct UpgradeArgs {
    /// The contract, such as `tick_stream`.
    contract: String,

    #[command(flatten)]
    at: NetworkArgs,

    /// A message of the new version that is called once it runs; it takes no arguments. Later runs remember it.
    #[arg(long, value_name = "MESSAGE")]
    migrate: Option<String>,

    /// Takes a version that does not fit, or cannot be seen to; the reason goes into the record, and later runs remember it.
    #[arg(long, value_name = "REASON")]
    accept_incompatible: Option<String>,

    /// Waits until the change can be applied.
    #[arg(long)]
    wait: bool,

    /// The build to take, if it is not called as the contract.
    #[arg(long, value_name = "NAME")]
    artifact: Option<String>,
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|e| format!("no JSON: {e}"))
}

fn amount(text: &str) -> Result<u128, String> {
    let amount = text.replace('_', "").parse();
    amount.map_err(|_| "a whole number of base units".to_owned())
}

async fn open(at: &NetworkArgs) -> Result<Deployed> {
    let paths = at.paths();
    Deployed::open(at.network()?, &paths.record, &paths.artifacts).await
}

/// Whether it is the answer of a contract, or of the comparison, and not that there was no answer.
pub fn is_refusal(error: &anyhow::Error) -> bool {
    let mut causes = error.chain();
    causes.any(|cause| cause.is::<Refused>() || cause.is::<Incompatible>())
}

/// Runs a command. `false` if what it found is not in order.
pub fn run(command: &Operate) -> Result<bool> {
    wait(async {
        match command {
            Operate::Status(at) => status(at).await,
            Operate::Read(args) => read(args).await,
            Operate::Call(args) => call(args).await,
            Operate::Watch(args) => watch(args).await,
            Operate::Export(at) => print_json(&export(&open(at).await?)?),
            Operate::Upgrade(args) => upgrade(args).await,
        }
    })
}

fn print_json(value: &impl Serialize) -> Result<bool> {
    print::json(value)?;
    Ok(true)
}

async fn status(at: &NetworkArgs) -> Result<bool> {
    let status = open(at).await?.status().await?;
    if at.json {
        print_json(&status)?;
    } else {
        print::text(&shown(&status))?;
    }
    Ok(status.solvent())
}

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table.set_header(head.to_vec());
    table
}

fn shown(status: &Status) -> String {
    let mut contracts = table(&[
        "contract",
        "address",
        "version",
        "layout",
        "with code of",
        "balance",
    ]);
    let mut changes = table(&["pending change of", "number", "what", "when"]);
    for one in &status.contracts {
        let layout = one.layout_version.to_string();
        let second = one.second_code.as_ref();
        let second = second.map_or("", |(name, _)| name);
        contracts.add_row([
            &one.name,
            &one.address,
            &one.version,
            &layout,
            second,
            &one.balance,
        ]);
        for pending in &one.pending {
            let when = match pending.due {
                true => "now".to_owned(),
                false => format!("in {} s", (pending.due_ms - status.now_ms).div_ceil(1_000)),
            };
            let what = variant(&pending.change);
            changes.add_row([one.name.clone(), pending.id.to_string(), what, when]);
        }
    }
    let mut assets = table(&["asset", "token", "owed", "has", ""]);
    for one in &status.assets {
        let has = one.has.clone().unwrap_or_else(|| "?".to_owned());
        let solvent = match one.solvent {
            Some(true) => "solvent",
            Some(false) => "SHORT",
            None => "the token does not answer",
        };
        assets.add_row([&one.asset.to_string(), &one.token, &one.owed, &has, solvent]);
    }
    let mut live = table(&["live stream", "owner", "viewers"]);
    for one in &status.live {
        let owner = variant(&one.owner);
        live.add_row([one.stream.to_string(), owner, one.viewers.to_string()]);
    }
    let mut text = format!(
        "{} on {}, block {}, runtime {}\n\n{contracts}\n\n{assets}\n",
        status.network, status.chain, status.block, status.spec_version
    );
    for table in [changes, live] {
        if !table.is_empty() {
            text += &format!("\n{table}\n");
        }
    }
    text
}

async fn read(args: &ReadArgs) -> Result<bool> {
    let MessageArgs {
        contract,
        message,
        args: values,
        at,
    } = &args.message;
    let origin = args.origin.as_deref().map(vilokanam_client::parse_account);
    let suite = open(at).await?;
    let value = suite
        .read(contract, message, values, origin.transpose()?)
        .await?;
    // What is read is JSON for people, too.
    print_json(&value)
}

async fn call(args: &CallArgs) -> Result<bool> {
    let MessageArgs {
        contract,
        message,
        args: values,
        at,
    } = &args.message;
    let key = key(&at.network()?)?;
    let suite = open(at).await?;
    let done = suite
        .call(&key, contract, message, values, args.value)
        .await?;
    if at.json {
        return print_json(&done);
    }
    let mut text: String = done.events.iter().map(|event| told(event) + "\n").collect();
    if !done.value.is_null() {
        text += &format!("{}\n", done.value);
    }
    let (block, transaction) = (done.block, &done.transaction);
    text += &format!("Done in block {block}, by {transaction}.\n");
    print::text(&text)?;
    Ok(true)
}

/// An event in a line.
fn told(event: &Value) -> String {
    let name = |name: &str| event[name].as_str().unwrap_or("?").to_owned();
    if let Some(data) = event["data"].as_str() {
        return format!("{} {data}", name("contract"));
    }
    let fields = event["fields"].as_object().into_iter().flatten();
    let fields = fields.map(|(name, field)| format!(" {name}={}", variant(field)));
    format!(
        "{} {}{}",
        name("contract"),
        name("event"),
        fields.collect::<String>()
    )
}

async fn watch(args: &WatchArgs) -> Result<bool> {
    let options = WatchOptions {
        from: args.from,
        once: args.once,
    };
    let tell = |seen: &Seen| {
        let line = match args.at.json {
            true => serde_json::to_string(seen)?,
            false => format!("{} {}", seen.block, told(&seen.told)),
        };
        // Whoever reads has gone: `watch | head` is no error.
        Ok(writeln!(stdout(), "{line}").is_ok())
    };
    open(&args.at).await?.watch(options, tell).await?;
    Ok(true)
}

async fn upgrade(args: &UpgradeArgs) -> Result<bool> {
    let key = key(&args.at.network()?)?;
    let artifact = args.artifact.as_deref().unwrap_or(&args.contract);
    let new = NewCode::load(&args.contract, &artifacts_dir(), artifact)?;
    let options = UpgradeOptions {
        migrate: args.migrate.clone(),
        accept: args.accept_incompatible.clone(),
        wait: args.wait,
    };
    let mut suite = open(&args.at).await?;
    let tell = |step: &Step| {
        eprintln!("{}", step_line(step));
        Ok(())
    };
    let outcome = suite.upgrade(&key, &new, &options, tell).await?;
    if args.at.json {
        return print_json(&outcome);
    }
    let line = match outcome {
        Outcome::Unchanged => format!("{} runs this version already.", args.contract),
        Outcome::Upgraded(told) => format!(
            "{} is version {} now: {}",
            told.contract, told.version, told.to
        ),
        Outcome::Waits { id, left_ms, .. } => format!(
            "Change {id} of {} can be applied in {} s: run this again then.",
            args.contract,
            left_ms.div_ceil(1_000)
        ),
    };
    print::text(&format!("{line}\n"))?;
    Ok(true)
}

fn step_line(step: &Step) -> String {
    let again = |already: &bool| if *already { " already" } else { "" };
    match step {
        Step::Accepted { what } => format!("accepted: {what}"),
        Step::Uploaded { code_hash, already } => format!("uploaded{}: {code_hash}", again(already)),
        Step::Announced { id, already, .. } => format!("announced{}: change {id}", again(already)),
        Step::Applied { already } => format!("applied{}", again(already)),
        Step::Migrated {
            message,
            refused: None,
        } => format!("migrated: {message}"),
        Step::Migrated {
            message,
            refused: Some(error),
        } => format!("migrated already, it seems: an earlier run sent {message}, and now it is refused: {error}"),
        Step::Verified { messages, refused } if refused.is_empty() => {
            format!("verified: {messages} messages answer")
        }
        Step::Verified { messages, refused } => {
            format!("verified: {messages} messages answer; refused, as they may be: {}", refused.join(", "))
        }
    }
}
