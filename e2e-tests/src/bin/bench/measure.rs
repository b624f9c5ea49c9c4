//! Measuring: what each message costs, noted under the name that the ABI gives it.

use anyhow::{anyhow, ensure, Context, Result};
use core::{fmt::Debug, marker::PhantomData};
use ink::scale::Decode;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::Path};
use vilokanam_chain::{
    artifacts_dir, deploy, runs_code, Calls, Chain, Config, Message, Receipt, Sent, Suite,
    CONTRACTS,
};
use vilokanam_interfaces::{AccountId, Balance, Millis};

/// 10^12 base units: one VLK, and as much of the native token.
pub const ONE: Balance = 1_000_000_000_000;
/// What everybody has, in native tokens.
pub const RICH: Balance = 1_000_000 * ONE;
/// How long an exit takes: short, since a node's time is real.
const EXIT_DELAY_MS: Millis = 1_000;

/// What something costs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Picoseconds of reference time.
    pub ref_time: u64,
    /// Bytes of proof.
    pub proof_size: u64,
    /// Storage deposit; negative if some was refunded.
    pub deposit: i128,
    /// What else must be known, such as the length of a batch.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl From<&Receipt> for Cost {
    fn from(receipt: &Receipt) -> Self {
        Self {
            ref_time: receipt.ref_time,
            proof_size: receipt.proof_size,
            deposit: receipt.deposit,
            note: String::new(),
        }
    }
}

/// The cost of each message of each contract.
pub type Messages = BTreeMap<String, BTreeMap<String, Cost>>;

/// The messages of each contract by selector, from the committed ABI.
pub struct Abi(BTreeMap<&'static str, BTreeMap<[u8; 4], String>>);

impl Abi {
    /// Reads `<metadata>/<contract>.json` for each contract.
    pub fn read(metadata: &Path) -> Result<Self> {
        let read = |name: &'static str| -> Result<_> {
            let path = metadata.join(name).with_extension("json");
            let text = fs::read_to_string(&path)
                .with_context(|| format!("no {}: run `make metadata`", path.display()))?;
            let abi: serde_json::Value = serde_json::from_str(&text)?;
            let messages = abi["spec"]["messages"].as_array();
            let messages = messages.with_context(|| format!("{name} has no messages"))?;
            let named = messages.iter().map(|message| {
                let label = message["label"].as_str().context("no label")?;
                let selector = message["selector"].as_str().context("no selector")?;
                let number = u32::from_str_radix(selector.trim_start_matches("0x"), 16)?;
                Ok((number.to_be_bytes(), label.to_owned()))
            });
            Ok((name, named.collect::<Result<_>>()?))
        };
        // The messages of second codes are those of the contracts that run them, and cost what they cost there.
        let contracts = CONTRACTS
            .into_iter()
            .filter(|name| runs_code(name).is_none());
        Ok(Self(contracts.map(read).collect::<Result<_>>()?))
    }

    /// The messages that `measured` lacks, as `contract: message`.
    pub fn missing(&self, measured: &Messages) -> Vec<String> {
        let all = self.0.iter();
        all.flat_map(|(contract, messages)| {
            let known = measured.get(*contract);
            let lacks = move |label: &&String| !known.is_some_and(|all| all.contains_key(*label));
            let missing = messages.values().filter(lacks);
            missing.map(move |label| format!("{contract}: {label}"))
        })
        .collect()
    }
}

/// A chain with the suite on it, and what was measured there.
pub struct Bench<'a, C> {
    pub chain: C,
    pub suite: Suite,
    /// What every message costs, as far as it was measured.
    pub messages: Messages,
    abi: &'a Abi,
    /// The contracts by address: the suite's, and others that are instances of the same code.
    names: BTreeMap<AccountId, &'static str>,
    note: String,
    salt: u32,
}

impl<'a, C: Chain> Bench<'a, C> {
    /// Deploys the suite. Changes need no delay.
    pub fn deploy(mut chain: C, abi: &'a Abi) -> Result<Self> {
        let owner = chain.account("owner");
        let treasury = chain.account("treasury");
        let community = chain.account("community");
        for account in [owner, treasury, community] {
            chain.fund(account, RICH)?;
        }
        let config = Config {
            owner,
            treasury,
            allocations: vec![(community, 1_000 * RICH)],
            exit_delay_ms: EXIT_DELAY_MS,
            ..Config::default()
        };
        let suite = deploy(&mut chain, &artifacts_dir(), &config)?;
        Ok(Self {
            chain,
            suite,
            messages: Messages::new(),
            abi,
            names: suite.contracts().map(|(name, at)| (at, name)).into(),
            note: String::new(),
            salt: 0,
        })
    }

    /// Another number each time.
    pub fn salt(&mut self) -> u32 {
        self.salt = self.salt.wrapping_add(1);
        self.salt
    }

    /// A person's account, with native tokens from the first time on.
    pub fn who(&mut self, name: &str) -> Result<AccountId> {
        let account = self.chain.account(name);
        if self.chain.native_balance(account)? == 0 {
            self.chain.fund(account, RICH)?;
        }
        Ok(account)
    }

    /// Counts what `address` costs as the contract `name`'s.
    pub fn know(&mut self, address: AccountId, name: &'static str) {
        self.names.insert(address, name);
    }

    /// Adds a note to the next measured message.
    pub fn noting(&mut self, note: &str) -> &mut Self {
        note.clone_into(&mut self.note);
        self
    }

    /// Lets time pass, so that something is owed.
    pub fn wait(&mut self, ms: Millis) -> Result<()> {
        Ok(self.chain.advance(ms)?)
    }

    /// Sends a message that must succeed, without measuring it.
    pub fn does<T, E: Debug, M>(&mut self, who: AccountId, message: M) -> Result<T>
    where
        M: Message<Output = Result<T, E>>,
    {
        Ok(self.chain.must(who, message)?.value)
    }

    /// Sends a message that must succeed, and notes what it costs.
    pub fn costs<T, E, M>(&mut self, who: AccountId, message: M) -> Result<T>
    where
        T: Decode,
        E: Decode + Debug,
        M: Message<Output = Result<T, E>>,
    {
        let sent = self.measured(who, message, true)?;
        let value = sent.value.map_err(|e| anyhow!("refused: {e:?}"))?;
        Ok(value)
    }

    /// Sends a message that must be refused, and notes what that costs: of messages that this contract never accepts.
    pub fn costs_refusal<T, E, M>(&mut self, who: AccountId, message: M) -> Result<()>
    where
        T: Decode,
        E: Decode,
        M: Message<Output = Result<T, E>>,
    {
        let sent = self.noting("refused").measured(who, message, false)?;
        ensure!(sent.value.is_err(), "should have been refused");
        Ok(())
    }

    /// Reads what must not be refused, and notes what it costs.
    pub fn answers<T, E, M>(&mut self, message: M) -> Result<T>
    where
        T: Decode,
        E: Decode + Debug,
        M: Message<Output = Result<T, E>>,
    {
        self.asks(message)?.map_err(|e| anyhow!("refused: {e:?}"))
    }

    /// Reads, and notes what it costs.
    pub fn asks<M: Message>(&mut self, message: M) -> Result<M::Output> {
        let nobody = self.chain.account("nobody");
        Ok(self.measured(nobody, message, false)?.value)
    }

    fn measured<M: Message>(
        &mut self,
        who: AccountId,
        message: M,
        send: bool,
    ) -> Result<Sent<M::Output>> {
        let (to, value, data) = message.into_parts();
        let contract = *self.names.get(&to).context("a call of no known contract")?;
        let selector = data.first_chunk::<4>().context("a call without selector")?;
        let label = self.abi.0.get(contract).and_then(|all| all.get(selector));
        let label = label
            .with_context(|| {
                format!("{contract} has no message {selector:02x?}: run `make metadata`")
            })?
            .clone();
        let message = Ready {
            to,
            value,
            data,
            output: PhantomData::<M::Output>,
        };
        let sent = if send {
            self.chain.send(who, message)
        } else {
            self.chain.quote(who, message)
        }
        .with_context(|| format!("{contract}: {label}"))?;
        let cost = Cost {
            note: core::mem::take(&mut self.note),
            ..Cost::from(&sent.receipt)
        };
        let of_contract = self.messages.entry(contract.to_owned()).or_default();
        of_contract.insert(label, cost);
        Ok(sent)
    }

    /// What a message was measured to cost.
    pub fn cost(&self, contract: &str, message: &str) -> Result<&Cost> {
        let cost = self.messages.get(contract).and_then(|all| all.get(message));
        cost.with_context(|| format!("{contract}: {message} was not measured"))
    }
}

/// A message in its parts.
struct Ready<R> {
    to: AccountId,
    value: Balance,
    data: Vec<u8>,
    output: PhantomData<R>,
}

impl<R: Decode> Message for Ready<R> {
    type Output = R;

    fn into_parts(self) -> (AccountId, Balance, Vec<u8>) {
        (self.to, self.value, self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_names_what_nobody_measured() {
        let labels = [([1; 4], "A::a".to_owned()), ([2; 4], "A::b".to_owned())];
        let abi = Abi([("vlk_token", labels.into())].into());
        let mut measured = Messages::new();
        assert_eq!(
            abi.missing(&measured),
            ["vlk_token: A::a", "vlk_token: A::b"]
        );
        let of_token = measured.entry("vlk_token".to_owned()).or_default();
        of_token.insert("A::b".to_owned(), Cost::default());
        assert_eq!(abi.missing(&measured), ["vlk_token: A::a"]);
    }
}
