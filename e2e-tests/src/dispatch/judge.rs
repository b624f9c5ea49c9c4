//! Whether an outcome is one that the design allows.
//!
//! A message answers, and its answer is one that the metadata knows; or ink!'s dispatch says that it cannot read the input; or the
//! pallet traps, for one of the reasons of the design's part 5, each recognised by what was sent and not by what the trap says, because a
//! panic looks like any other.

use serde_json::Value;
use vilokanam_abi::{codec, Abi, Message, Reply};
use vilokanam_chain::{Receipt, Trap};
use vilokanam_interfaces::Balance;

/// The most that ink!'s static buffer holds.
const BUFFER: usize = 16_384;
/// What contracts answer when another code or contract trapped under them: with enough gas, nothing of the suite does.
const OTHERS_FAILED: [&str; 10] = [
    "RegistryFailed",
    "DirectoryFailed",
    "PaymentsFailed",
    "CallFailed",
    "PlansFailed",
    "PricingFailed",
    "DeskFailed",
    "LifecycleFailed",
    "PatronageFailed",
    "TokenFailed",
];

/// What was sent, as far as it matters.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    pub abi: &'a Abi,
    pub data: &'a [u8],
    pub value: Balance,
    /// Less gas than the message may want.
    pub starved: bool,
    /// The caller cannot pay for storage.
    pub poor: bool,
    /// The owner has named a contract to ask that is not of the suite.
    pub foreign: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The chain ended it, as it may.
    Trapped(String),
    /// The input could not be read.
    NotRead,
    /// The contract refused.
    Refused(String),
    /// It answered.
    Ok(String),
}

/// The message that the bytes are, if a contract can read them. What follows the arguments is not looked at, as ink! does not.
pub fn reading<'a>(abi: &'a Abi, data: &[u8]) -> Option<&'a Message> {
    let (selector, mut rest) = data.split_first_chunk::<4>()?;
    let message = abi.messages.iter().find(|m| m.selector == *selector)?;
    for argument in &message.args {
        codec::decode(&abi.types, argument.ty.id, &mut rest, abi.accounts).ok()?;
    }
    Some(message)
}

/// Judges; `Err` says which law does not hold.
pub fn judge(sent: &Sent, outcome: &Result<Receipt, Trap>) -> Result<Outcome, String> {
    let message = reading(sent.abi, sent.data);
    match outcome {
        Err(trap) => may_trap(sent, message, trap).map(|()| Outcome::Trapped(trap.name.clone())),
        Ok(receipt) => answered(sent, message, receipt),
    }
}

fn may_trap(sent: &Sent, message: Option<&Message>, trap: &Trap) -> Result<(), String> {
    let name = trap.name.as_str();
    let payable = message.is_some_and(|message| message.payable);
    let unpayable = sent.value > 0 && !payable && name == "ContractTrapped";
    // The host function that reads the input has no room for it.
    let undecodable = sent.data.len() > BUFFER && name == "OutputBufferTooSmall";
    let starved = sent.starved && ["OutOfGas", "ContractTrapped"].contains(&name);
    let poor = sent.poor
        && [
            "StorageDepositNotEnoughFunds",
            "StorageDepositLimitExhausted",
            "TransferFailed",
            "ContractTrapped",
        ]
        .contains(&name);
    let foreign = sent.foreign && ["ContractTrapped", "ReentranceDenied"].contains(&name);
    // A code that the chain does not have cannot be locked or set: only the owner applies changes.
    let label = message.map_or("", |message| message.label.as_str());
    let no_code = label == "Administered::apply" && name == "CodeNotFound";
    if unpayable || undecodable || starved || poor || foreign || no_code {
        return Ok(());
    }
    Err(format!("a trap that no design names: {trap}, of {label:?}"))
}

fn answered(sent: &Sent, message: Option<&Message>, receipt: &Receipt) -> Result<Outcome, String> {
    let silent = receipt.events.is_empty() && receipt.deposit == 0;
    let Some(message) = message else {
        // `Err(LangError::CouldNotReadInput)`, and nothing else.
        if receipt.output != [1, 1] || !receipt.reverted || !silent {
            return Err(format!("what cannot be read was answered: {receipt:?}"));
        }
        return Ok(Outcome::NotRead);
    };
    let label = &message.label;
    let reply = sent.abi.reply(message, &receipt.output);
    match reply.map_err(|e| format!("{label}: no answer: {e:#}: {receipt:?}"))? {
        Reply::NotDispatched(e) => Err(format!("{label}: can be read, and was not: {e}")),
        Reply::Refused(error) => {
            if !receipt.reverted || !silent {
                return Err(format!(
                    "law 13: {label} refused with {error}, and did something: {receipt:?}"
                ));
            }
            let shape = shape(&error);
            let failed = OTHERS_FAILED.iter().any(|name| shape.contains(name));
            if failed && !sent.starved && !sent.poor && !sent.foreign {
                return Err(format!("{label}: something under it trapped: {error}"));
            }
            Ok(Outcome::Refused(shape))
        }
        Reply::Value(value) => {
            if receipt.reverted {
                return Err(format!("{label} answered {value}, and was reverted"));
            }
            if sent.value > 0 && !message.payable {
                return Err(format!("{label} took {} that it may not", sent.value));
            }
            if !message.mutates && !silent {
                return Err(format!("{label} only reads, and did: {receipt:?}"));
            }
            Ok(Outcome::Ok(shape(&value)))
        }
    }
}

/// The names in a value, without numbers and bytes: what kind of answer it is.
pub fn shape(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with(|c: char| c.is_ascii_digit()) => "_".into(),
        Value::String(text) => text.chars().take(40).collect(),
        Value::Number(number) => if number.as_u64() == Some(0) { "0" } else { "_" }.into(),
        Value::Null => "null".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Array(items) => {
            let mut kinds: Vec<_> = items.iter().map(shape).collect();
            kinds.dedup();
            kinds.truncate(4);
            format!("[{}]", kinds.join(" "))
        }
        Value::Object(members) => {
            let members = members.iter().map(|(k, v)| format!("{k}:{}", shape(v)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(" "))
        }
    }
}
