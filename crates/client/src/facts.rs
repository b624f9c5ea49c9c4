//! What a chain says of itself, and whether it can host the suite.

use crate::{hex, Balance, Client, Hash};
use anyhow::{Context, Result};
use parity_scale_codec::Decode;
use serde::Serialize;
use serde_json::{json, Value};
use sp_crypto_hashing::blake2_64;

/// The property of a chain that says how many decimals its token is written with.
pub const DECIMALS: &str = "tokenDecimals";
/// The one that says its token's symbol.
const SYMBOL: &str = "tokenSymbol";
/// The one that says the prefix of its accounts.
const PREFIX: &str = "ss58Format";

/// What a chain says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Its name.
    pub name: String,
    /// The hash of block 0.
    #[serde(serialize_with = "as_hex")]
    pub genesis: Hash,
    /// The version of its runtime.
    pub spec_version: u32,
    /// The native token's symbol.
    pub symbol: String,
    /// How many decimals the native token is written with.
    pub decimals: u8,
    /// The prefix of its accounts in SS58.
    pub ss58_prefix: u16,
    /// Which properties it does not say, or not in a way that can be read: what stands here for them is assumed.
    pub assumed: Vec<&'static str>,
    /// The least that an account can have.
    #[serde(serialize_with = "as_text")]
    pub existential_deposit: Balance,
    /// The bytes of its balances.
    pub balance_bytes: usize,
    /// What it says of contracts; `None` where it has no `pallet-contracts`.
    pub contracts: Option<ContractsFacts>,
}

/// What a chain says of `pallet-contracts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ContractsFacts {
    /// The version of `ContractsApi`, by which contracts are asked.
    pub api: Option<u32>,
    /// The most bytes of a code.
    pub max_code_len: Option<u32>,
    /// Whether contracts may use unstable host functions: a development chain.
    pub unstable_interface: bool,
    /// What the chain takes for one more stored item.
    #[serde(serialize_with = "as_text")]
    pub deposit_per_item: Balance,
    /// What the chain takes for one more stored byte.
    #[serde(serialize_with = "as_text")]
    pub deposit_per_byte: Balance,
}

/// Why a chain cannot host the suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has no `pallet-contracts`.
    NoContracts,
    /// It cannot be asked what a contract would do.
    NoContractsApi,
    /// Its balances have another width than the suite's.
    BalanceWidth {
        /// Bytes of the chain's balances.
        bytes: usize,
    },
    /// It does not say how large a code may be.
    NoCodeLimit,
    /// A code is too large for it.
    CodeTooLarge {
        /// The largest code.
        needed: usize,
        /// The most that the chain takes.
        max: u32,
    },
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoContracts => write!(f, "the chain has no pallet-contracts"),
            Self::NoContractsApi => write!(
                f,
                "the chain's runtime has no ContractsApi, by which contracts are asked"
            ),
            Self::BalanceWidth { bytes } => write!(
                f,
                "the chain's balances have {} bits, the suite's 128",
                bytes * 8
            ),
            Self::NoCodeLimit => write!(
                f,
                "the chain does not say how large a code may be (Contracts.MaxCodeLen)"
            ),
            Self::CodeTooLarge { needed, max } => {
                write!(f, "a code of {needed} bytes, and the chain takes {max}")
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl Facts {
    /// Refuses a chain that cannot host contracts of these code sizes, with the reason.
    pub fn suits(&self, largest_code: usize) -> Result<(), Refusal> {
        let contracts = self.contracts.ok_or(Refusal::NoContracts)?;
        if contracts.api.is_none() {
            return Err(Refusal::NoContractsApi);
        }
        if self.balance_bytes != size_of::<Balance>() {
            return Err(Refusal::BalanceWidth {
                bytes: self.balance_bytes,
            });
        }
        let max = contracts.max_code_len.ok_or(Refusal::NoCodeLimit)?;
        if usize::try_from(max).is_ok_and(|max| largest_code > max) {
            return Err(Refusal::CodeTooLarge {
                needed: largest_code,
                max,
            });
        }
        Ok(())
    }
}

impl Client {
    /// What an account needs to exist.
    pub fn existential_deposit(&self) -> Balance {
        number(self.constant("Balances", "ExistentialDeposit"))
    }

    /// The deposits for each item that a contract stores, and for each byte.
    pub fn storage_prices(&self) -> (Balance, Balance) {
        let of = |name| number(self.constant("Contracts", name));
        (of("DepositPerItem"), of("DepositPerByte"))
    }

    fn constant(&self, pallet: &str, name: &str) -> Option<Vec<u8>> {
        let metadata = self.runtime().metadata();
        let constant = metadata.pallet_by_name(pallet)?.constant_by_name(name)?;
        Some(constant.value().to_vec())
    }

    /// Asks the chain about itself.
    pub async fn facts(&self) -> Result<Facts> {
        let name = self.rpc.call("system_chain", json!([])).await?;
        let properties = self.rpc.call("system_properties", json!([])).await?;
        let version = self.rpc.call("state_getRuntimeVersion", json!([])).await?;
        let metadata = self.runtime().metadata();
        let deposit = self
            .constant("Balances", "ExistentialDeposit")
            .context("the chain has no pallet of balances")?;
        let contracts = metadata.pallet_by_name("Contracts").map(|_| {
            let flag = self.constant("Contracts", "UnsafeUnstableInterface");
            let (deposit_per_item, deposit_per_byte) = self.storage_prices();
            ContractsFacts {
                api: api_version(&version, "ContractsApi"),
                max_code_len: self
                    .constant("Contracts", "MaxCodeLen")
                    .and_then(|bytes| u32::decode(&mut &bytes[..]).ok()),
                unstable_interface: flag.is_some_and(|bytes| bytes == [1]),
                deposit_per_item,
                deposit_per_byte,
            }
        });
        let token = Token::of(&properties, self.constant("System", "SS58Prefix"));
        Ok(Facts {
            name: name.as_str().unwrap_or_default().to_owned(),
            genesis: self.genesis(),
            spec_version: self.spec_version(),
            symbol: token.symbol,
            decimals: token.decimals,
            ss58_prefix: token.ss58_prefix,
            assumed: token.assumed,
            existential_deposit: number(Some(deposit.clone())),
            balance_bytes: deposit.len(),
            contracts,
        })
    }
}

/// How a chain writes amounts and accounts.
#[derive(Debug, PartialEq, Eq)]
struct Token {
    symbol: String,
    decimals: u8,
    ss58_prefix: u16,
    assumed: Vec<&'static str>,
}

impl Token {
    /// From what a node says, and from the prefix that the runtime has. A node can be configured to say anything of it, so the
    /// runtime goes first. What nobody says is what a chain of the SDK's template has.
    fn of(properties: &Value, prefix: Option<Vec<u8>>) -> Self {
        // A chain of several tokens lists them, the native one first.
        let property = |name: &str| match &properties[name] {
            Value::Array(several) => several.first().cloned().unwrap_or_default(),
            one => one.clone(),
        };
        let mut assumed = Vec::new();
        let symbol = property(SYMBOL).as_str().map(str::to_owned);
        let symbol = symbol.unwrap_or_else(|| {
            assumed.push(SYMBOL);
            "UNIT".to_owned()
        });
        let decimals = property(DECIMALS).as_u64();
        let decimals = decimals.and_then(|decimals| decimals.try_into().ok());
        let decimals = decimals.unwrap_or_else(|| {
            assumed.push(DECIMALS);
            12
        });
        let constant = prefix.and_then(|bytes| u16::decode(&mut &bytes[..]).ok());
        let said = || property(PREFIX).as_u64()?.try_into().ok();
        let ss58_prefix = constant.or_else(said).unwrap_or_else(|| {
            assumed.push(PREFIX);
            42
        });
        Self {
            symbol,
            decimals,
            ss58_prefix,
            assumed,
        }
    }
}

/// The version of a runtime API, of which the runtime's version lists the hashes.
fn api_version(version: &Value, name: &str) -> Option<u32> {
    let id = hex(&blake2_64(name.as_bytes()));
    let mut apis = version["apis"].as_array()?.iter();
    let api = apis.find(|api| api[0] == id.as_str())?;
    api[1].as_u64()?.try_into().ok()
}

/// A balance of any width, encoded.
fn number(bytes: Option<Vec<u8>>) -> Balance {
    let mut wide = [0; size_of::<Balance>()];
    let bytes = bytes.unwrap_or_default();
    let width = bytes.len().min(wide.len());
    wide[..width].copy_from_slice(&bytes[..width]);
    Balance::from_le_bytes(wide)
}

fn as_hex<S: serde::Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(hash))
}

/// Amounts are texts in JSON, whose numbers many programs read with 53 bits.
fn as_text<S: serde::Serializer>(amount: &Balance, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            name: "Development".into(),
            genesis: [7; 32],
            spec_version: 1,
            symbol: "UNIT".into(),
            decimals: 12,
            ss58_prefix: 42,
            assumed: Vec::new(),
            existential_deposit: 1,
            balance_bytes: 16,
            contracts: Some(ContractsFacts {
                api: Some(2),
                max_code_len: Some(1_000),
                unstable_interface: false,
                deposit_per_item: 1,
                deposit_per_byte: 1,
            }),
        }
    }

    #[test]
    fn a_chain_that_cannot_host_the_suite_is_refused_with_the_reason() {
        assert_eq!(facts().suits(1_000), Ok(()));
        let too_large = Refusal::CodeTooLarge {
            needed: 1_001,
            max: 1_000,
        };
        assert_eq!(facts().suits(1_001), Err(too_large));
        let mut narrow = facts();
        narrow.balance_bytes = 8;
        assert_eq!(narrow.suits(1), Err(Refusal::BalanceWidth { bytes: 8 }));
        let mut without = facts();
        without.contracts = None;
        assert_eq!(without.suits(1), Err(Refusal::NoContracts));
        let mut silent = facts();
        silent.contracts.as_mut().expect("some").api = None;
        assert_eq!(silent.suits(1), Err(Refusal::NoContractsApi));
        let mut endless = facts();
        endless.contracts.as_mut().expect("some").max_code_len = None;
        assert_eq!(endless.suits(1), Err(Refusal::NoCodeLimit));
    }

    #[test]
    fn symbol_decimals_and_prefix_are_read() {
        let token = |symbol: &str, decimals, ss58_prefix, assumed: &[&'static str]| Token {
            symbol: symbol.to_owned(),
            decimals,
            ss58_prefix,
            assumed: assumed.to_vec(),
        };
        let said = json!({ "tokenSymbol": "AZERO", "tokenDecimals": 10, "ss58Format": 5 });
        assert_eq!(Token::of(&said, None), token("AZERO", 10, 5, &[]));
        // The runtime's own prefix goes before what the node is configured to say.
        let of_runtime = Token::of(&said, Some(vec![0x39, 0x05]));
        assert_eq!(of_runtime, token("AZERO", 10, 1_337, &[]));
        // Several tokens, the native one first.
        let several =
            json!({ "tokenSymbol": ["ACA", "AUSD"], "tokenDecimals": [18, 6], "ss58Format": 10 });
        assert_eq!(Token::of(&several, None), token("ACA", 18, 10, &[]));
        // What is not said is known to be assumed; so is what cannot be.
        let nothing = token("UNIT", 12, 42, &[SYMBOL, DECIMALS, PREFIX]);
        let strange = json!({ "tokenSymbol": [], "tokenDecimals": 256, "ss58Format": -1 });
        for properties in [json!({}), Value::Null, strange] {
            assert_eq!(Token::of(&properties, None), nothing);
        }
        // A prefix that is not of two bytes is none.
        assert_eq!(Token::of(&json!({}), Some(vec![7])), nothing);
        let prefix = token("UNIT", 12, 7, &[SYMBOL, DECIMALS]);
        assert_eq!(Token::of(&json!({}), Some(vec![7, 0])), prefix);
    }

    #[test]
    fn a_refusal_says_what_is_missing() {
        let told = |refusal: Refusal| refusal.to_string();
        assert!(told(Refusal::NoContracts).ends_with("no pallet-contracts"));
        assert!(told(Refusal::NoContractsApi).contains("no ContractsApi"));
        assert!(told(Refusal::BalanceWidth { bytes: 8 }).contains("have 64 bits"));
        assert!(told(Refusal::NoCodeLimit).contains("Contracts.MaxCodeLen"));
        let (needed, max) = (1_001, 1_000);
        assert_eq!(
            told(Refusal::CodeTooLarge { needed, max }),
            "a code of 1001 bytes, and the chain takes 1000"
        );
    }

    #[test]
    fn the_version_of_an_api_is_found_by_its_hash() {
        // The first 8 bytes of the BLAKE2b-64 of "ContractsApi", as polkadot-sdk has it.
        let version = json!({ "apis": [["0xdf6acb689907609b", 5], ["0x68b66ba122c93fa7", 2]] });
        assert_eq!(api_version(&version, "ContractsApi"), Some(2));
        assert_eq!(api_version(&version, "Core"), Some(5));
        assert_eq!(api_version(&version, "GrandpaApi"), None);
        assert_eq!(api_version(&json!({}), "Core"), None);
    }

    #[test]
    fn balances_of_any_width_are_read() {
        assert_eq!(number(None), 0);
        assert_eq!(number(Some(vec![1, 2])), 0x0201);
        assert_eq!(number(Some(vec![0xff; 16])), Balance::MAX);
        // What is wider than a balance is cut.
        assert_eq!(number(Some([vec![3], vec![0; 31]].concat())), 3);
    }

    #[test]
    fn facts_are_told_as_text() {
        let told = serde_json::to_value(facts()).expect("is JSON");
        assert_eq!(told["genesis"], hex(&[7; 32]));
        assert_eq!(told["existential_deposit"], "1");
        assert_eq!(told["contracts"]["deposit_per_byte"], "1");
    }
}
