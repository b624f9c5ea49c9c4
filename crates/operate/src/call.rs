//! Messages by name, with arguments in JSON.

use crate::Deployed;
use anyhow::{bail, Context, Result};
use serde::Serialize;
use serde_json::{json, Value};
use vilokanam_abi::{Abi, Reply, Told};
use vilokanam_client::{hex, AccountId, Balance, Call, ContractEvent, Key};

/// A contract's own refusal; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The contract.
    pub contract: String,
    /// The message.
    pub message: String,
    /// Its error.
    pub error: Value,
}

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self {
            contract,
            message,
            error,
        } = self;
        write!(f, "{contract} refused `{message}`: {}", variant(error))
    }
}

impl std::error::Error for Refused {}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Done {
    /// What the message returned.
    pub value: Value,
    /// The transaction.
    pub transaction: String,
    /// The number of its block.
    pub block: u64,
    /// What contracts emitted: contract, event, fields.
    pub events: Vec<Value>,
    /// The fee that was paid, where the chain says so.
    pub fee: Option<String>,
    /// The storage deposit as the dry run saw it; negative if some came back.
    pub deposit: String,
}

/// An enum's value in words: `HoldExceeded { held: 1, needed: 2 }`.
pub fn variant(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(object) if object.len() == 1 => {
            let inside = object.iter().next();
            inside.map_or_else(String::new, |(name, inner)| match inner {
                Value::Object(fields) => {
                    let fields = fields
                        .iter()
                        .map(|(name, field)| format!("{name}: {}", variant(field)));
                    format!("{name} {{ {} }}", fields.collect::<Vec<_>>().join(", "))
                }
                inner => format!("{name}({})", variant(inner)),
            })
        }
        other => other.to_string(),
    }
}

impl Deployed {
    /// Asks a message without changing anything. `origin`: as whom; nobody in particular otherwise.
    pub async fn read(
        &self,
        contract: &str,
        message: &str,
        args: &Value,
        origin: Option<AccountId>,
    ) -> Result<Value> {
        let of = self.contract(contract)?;
        self.read_by(&of.abi, &of.address, contract, message, args, origin)
            .await
    }

    /// The same of whatever contract has this metadata.
    pub(crate) async fn read_by(
        &self,
        abi: &Abi,
        address: &AccountId,
        contract: &str,
        message: &str,
        args: &Value,
        origin: Option<AccountId>,
    ) -> Result<Value> {
        let message = abi.message(message)?;
        let data = abi.encode(message, args)?;
        let origin = origin.unwrap_or([0; 32]);
        let dry = self.client.dry_call(&origin, address, 0, &data).await?;
        let returned = dry.result.with_context(|| {
            format!(
                "{contract} cannot be asked for `{}` {}",
                message.label, dry.debug
            )
        })?;
        value_of(abi, contract, &message.label, &returned.data)
    }

    /// Sends a message in a transaction, after a dry run of it said that the contract will not refuse.
    pub async fn call(
        &self,
        key: &Key,
        contract: &str,
        message: &str,
        args: &Value,
        value: Balance,
    ) -> Result<Done> {
        let of = self.contract(contract)?;
        let message = of.abi.message(message)?;
        let label = &message.label;
        if value > 0 && !message.payable {
            bail!("`{label}` takes no native tokens");
        }
        let data = of.abi.encode(message, args)?;
        let origin = key.account();
        let dry = self
            .client
            .dry_call(&origin, &of.address, value, &data)
            .await?;
        let returned = dry
            .result
            .with_context(|| format!("{contract} cannot carry out `{label}` {}", dry.debug))?;
        let expected = value_of(&of.abi, contract, label, &returned.data)?;
        let call = Call::call(&of.address, value, dry.gas.with_margin(), &data);
        let included = self
            .client
            .submit(key, &call, self.network.finality)
            .await?;
        // What a transaction returned is not on the chain. It did not trap, and a refusal is reported as `ContractReverted`.
        included.result.clone().with_context(|| {
            format!("{contract} did not carry out `{label}`, although a dry run said that it would")
        })?;
        Ok(Done {
            value: expected,
            transaction: hex(&included.transaction),
            block: included.block.number,
            events: included
                .contract_events()
                .iter()
                .map(|event| self.told(event))
                .collect(),
            fee: included.fee().map(|fee| fee.to_string()),
            deposit: dry.deposit.to_string(),
        })
    }

    /// An event with its contract's name and fields; bytes as they are where it is not known, or is not what it says.
    pub(crate) fn told(&self, event: &ContractEvent) -> Value {
        let found = self
            .contracts
            .iter()
            .find(|(_, of)| of.address == event.contract);
        let Some((name, of)) = found else {
            let account = vilokanam_client::ss58(&event.contract, self.facts.ss58_prefix);
            return json!({ "contract": account, "data": hex(&event.data) });
        };
        match of.abi.event(&event.topics, &event.data) {
            Ok(Some(Told {
                name: event,
                fields,
            })) => json!({ "contract": name, "event": event, "fields": fields }),
            _ => json!({ "contract": name, "data": hex(&event.data) }),
        }
    }
}

/// A reply's value, or the refusal as an error.
fn value_of(abi: &Abi, contract: &str, label: &str, data: &[u8]) -> Result<Value> {
    match abi.reply(abi.message(label)?, data)? {
        Reply::Value(value) => Ok(value),
        Reply::Refused(error) => Err(Refused {
            contract: contract.to_owned(),
            message: label.to_owned(),
            error,
        }
        .into()),
        Reply::NotDispatched(error) => bail!(
            "{contract} does not know `{label}`, or cannot read its arguments: {}",
            variant(&error)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_words() {
        for (value, told) in [
            (json!("NotOwner"), "NotOwner"),
            (json!({ "Admin": "NotOwner" }), "Admin(NotOwner)"),
            (
                json!({ "HoldExceeded": { "held": "1", "needed": { "Some": 2 } } }),
                "HoldExceeded { held: 1, needed: Some(2) }",
            ),
            // No variant, so as it is.
            (json!({ "a": 1, "b": 2 }), r#"{"a":1,"b":2}"#),
            (json!(null), "null"),
        ] {
            assert_eq!(variant(&value), told);
        }
        let refused = Refused {
            contract: "tick_stream".into(),
            message: "close".into(),
            error: json!("SessionNotFound"),
        };
        assert_eq!(
            refused.to_string(),
            "tick_stream refused `close`: SessionNotFound"
        );
    }

    #[test]
    fn a_reply_is_a_value_or_an_error() -> Result<()> {
        let abi = Abi::parse(include_str!("../../../metadata/tick_stream.json"))?;
        let of = |data: &[u8]| value_of(&abi, "tick_stream", "TickLifecycle::close", data);
        assert_eq!(of(&[&[0, 0, 7], &[0; 15][..]].concat())?, json!("7"));
        let refused = of(&[0, 1, 0]).expect_err("refused");
        let refused = refused.downcast::<Refused>()?;
        assert_eq!(
            (refused.contract.as_str(), refused.message.as_str()),
            ("tick_stream", "TickLifecycle::close")
        );
        let unknown = of(&[1, 1]).expect_err("not dispatched").to_string();
        assert!(unknown.contains("cannot read its arguments: CouldNotReadInput"));
        Ok(())
    }
}
