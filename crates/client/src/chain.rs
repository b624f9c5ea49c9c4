//! The connection, and what can be read through it.

use crate::{
    rpc::{Options, Rpc},
    AccountId, Balance, Hash,
};
use anyhow::{anyhow, bail, Context, Result};
use parity_scale_codec::{Decode, Encode};
use serde_json::{json, Value};
use std::sync::{PoisonError, RwLock};
use subxt::{
    client::RuntimeVersion,
    config::SubstrateConfig,
    dynamic,
    error::DispatchError as LowDispatchError,
    events::{Events, Phase},
    ext::{
        scale_decode::{self, DecodeAsType},
        scale_value,
    },
    metadata::Metadata,
    utils::H256,
    OfflineClient,
};

/// A chain, as far as its metadata and version tell how to speak to it.
pub(crate) type Runtime = OfflineClient<SubstrateConfig>;

/// A connection to a chain.
pub struct Client {
    pub(crate) rpc: Rpc,
    runtime: RwLock<Runtime>,
    genesis: Hash,
}

/// A block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The state of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// How many transactions of it blocks have.
    pub nonce: u64,
    /// Its free tokens.
    pub free: Balance,
    /// Its tokens that deposits hold.
    pub reserved: Balance,
}

/// An event of any pallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEvent {
    /// The place of the extrinsic that emitted it in the block, if one did.
    pub extrinsic: Option<u32>,
    /// The pallet.
    pub pallet: String,
    /// The event's name in it.
    pub name: String,
    /// Its fields, encoded one after the other.
    pub fields: Vec<u8>,
    /// Its topics.
    pub topics: Vec<Hash>,
}

/// An event of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractEvent {
    /// The contract.
    pub contract: AccountId,
    /// The signature, and the fields that are topics.
    pub topics: Vec<Hash>,
    /// All fields, encoded.
    pub data: Vec<u8>,
}

/// Why the chain, and not a contract, refused: by the pallet's own name and documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchError {
    /// Such as `Contracts::CodeRejected`.
    pub name: String,
    /// What the pallet's documentation says of it.
    pub docs: String,
}

impl core::fmt::Display for DispatchError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.docs.as_str() {
            "" => write!(f, "the chain refused: {}", self.name),
            docs => write!(f, "the chain refused: {}: {docs}", self.name),
        }
    }
}

impl std::error::Error for DispatchError {}

impl ChainEvent {
    /// Whether it is this event of this pallet.
    pub fn is(&self, pallet: &str, name: &str) -> bool {
        self.pallet == pallet && self.name == name
    }

    /// The contract's event, if it is one.
    pub fn of_contract(&self) -> Option<ContractEvent> {
        if !self.is("Contracts", "ContractEmitted") {
            return None;
        }
        let (contract, data) = Decode::decode(&mut &self.fields[..]).ok()?;
        Some(ContractEvent {
            contract,
            topics: self.topics.clone(),
            data,
        })
    }
}

impl Client {
    /// Connects to the first endpoint that answers, and learns the chain's metadata.
    pub async fn connect(endpoints: &[String], options: Options) -> Result<Self> {
        let rpc = Rpc::connect(endpoints, options).await?;
        let genesis = hash_of(&rpc, 0).await?.context("a chain without genesis")?;
        let runtime = RwLock::new(fetch_runtime(&rpc, genesis).await?);
        Ok(Self {
            rpc,
            runtime,
            genesis,
        })
    }

    /// How patient it is.
    pub fn options(&self) -> &Options {
        self.rpc.options()
    }

    /// The hash of block 0.
    pub fn genesis(&self) -> Hash {
        self.genesis
    }

    /// The version of the runtime that its metadata was read of.
    pub fn spec_version(&self) -> u32 {
        self.runtime().runtime_version().spec_version
    }

    /// Reads version and metadata again if the chain was upgraded since.
    pub async fn refresh(&self) -> Result<()> {
        if version(&self.rpc).await? != self.runtime().runtime_version() {
            let fresh = fetch_runtime(&self.rpc, self.genesis).await?;
            *self.runtime.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        Ok(())
    }

    /// A JSON-RPC method of the node, for what has no method here.
    pub async fn call_rpc(&self, method: &str, params: Value) -> Result<Value> {
        self.rpc.call(method, params).await
    }

    /// A function of the runtime on the best block; nothing changes. The answer is SCALE bytes.
    pub async fn ask(&self, function: &str, args: &[u8]) -> Result<Vec<u8>> {
        self.ask_at(function, args, None).await
    }

    /// The same on another block, whose state a node need not have any more.
    pub async fn ask_at(&self, function: &str, args: &[u8], at: Option<&Hash>) -> Result<Vec<u8>> {
        let at = at.map(|block| crate::hex(block));
        let args = json!([function, crate::hex(args), at]);
        let answer = self.rpc.bytes("state_call", args).await;
        let answer = answer.with_context(|| format!("asking the runtime for {function}"))?;
        answer.with_context(|| format!("{function} answered nothing"))
    }

    /// The best block.
    pub async fn best(&self) -> Result<Block> {
        let number = self.header_number(None).await?;
        let hash = self.block_hash(number).await?;
        let hash = hash.context("the best block went away")?;
        Ok(Block { number, hash })
    }

    /// The last block that can never be undone.
    pub async fn finalized(&self) -> Result<Block> {
        let hash = self.rpc.bytes("chain_getFinalizedHead", json!([])).await?;
        let hash = hash.context("no block is final")?;
        let number = self.header_number(Some(&hash)).await?;
        Ok(Block {
            number,
            hash: fixed(&hash)?,
        })
    }

    /// The hash of the block with this number, on the best chain.
    pub async fn block_hash(&self, number: u64) -> Result<Option<Hash>> {
        hash_of(&self.rpc, number).await
    }

    /// The extrinsics of a block, encoded.
    pub async fn extrinsics(&self, block: &Hash) -> Result<Vec<Vec<u8>>> {
        let block = crate::hex(block);
        let block = self.rpc.call("chain_getBlock", json!([block])).await?;
        let all = block["block"]["extrinsics"].as_array();
        let all = all.context("a block without extrinsics")?;
        all.iter()
            .map(|one| crate::parse_hex(one.as_str().unwrap_or_default()))
            .collect()
    }

    /// What a block's extrinsics, and the block itself, emitted.
    pub async fn events(&self, block: &Hash) -> Result<Vec<ChainEvent>> {
        let key = self.key("System", "Events", Vec::new())?;
        let stored = self.stored(&key, Some(block)).await?.unwrap_or_default();
        let events = Events::<SubstrateConfig>::decode_from(stored, self.runtime().metadata());
        let events = events.iter().map(|event| {
            let event = event?;
            Ok(ChainEvent {
                extrinsic: match event.phase() {
                    Phase::ApplyExtrinsic(index) => Some(index),
                    _ => None,
                },
                pallet: event.pallet_name().to_owned(),
                name: event.variant_name().to_owned(),
                fields: event.field_bytes().to_vec(),
                topics: event.topics().iter().map(|topic| topic.0).collect(),
            })
        });
        events.collect()
    }

    /// The nonce and the tokens of an account.
    pub async fn account(&self, account: &AccountId) -> Result<State> {
        self.account_of(account, None).await
    }

    /// The same on another block, whose state a node need not have any more.
    pub async fn account_at(&self, account: &AccountId, block: &Hash) -> Result<State> {
        self.account_of(account, Some(block)).await
    }

    async fn account_of(&self, account: &AccountId, at: Option<&Hash>) -> Result<State> {
        #[derive(DecodeAsType)]
        #[decode_as_type(crate_path = "scale_decode")]
        struct Info {
            nonce: u64,
            data: Data,
        }
        #[derive(DecodeAsType)]
        #[decode_as_type(crate_path = "scale_decode")]
        struct Data {
            free: u128,
            reserved: u128,
        }
        let info: Option<Info> = self.read_at("System", "Account", account, at).await?;
        Ok(info.map_or_else(State::default, |info| State {
            nonce: info.nonce,
            free: info.data.free,
            reserved: info.data.reserved,
        }))
    }

    /// The chain's clock: the time of the best block.
    pub async fn now_ms(&self) -> Result<u64> {
        self.time(None).await
    }

    /// The time of a block.
    pub async fn time_at(&self, block: &Hash) -> Result<u64> {
        self.time(Some(block)).await
    }

    async fn time(&self, at: Option<&Hash>) -> Result<u64> {
        let key = self.key("Timestamp", "Now", Vec::new())?;
        let stored = self.stored(&key, at).await?.unwrap_or_default();
        Ok(u64::decode(&mut &stored[..]).unwrap_or(0))
    }

    /// A value of a map whose key is 32 bytes, of the best block.
    pub(crate) async fn read<T: DecodeAsType>(
        &self,
        pallet: &str,
        item: &str,
        key: &[u8; 32],
    ) -> Result<Option<T>> {
        self.read_at(pallet, item, key, None).await
    }

    async fn read_at<T: DecodeAsType>(
        &self,
        pallet: &str,
        item: &str,
        key: &[u8; 32],
        at: Option<&Hash>,
    ) -> Result<Option<T>> {
        let key = self.key(pallet, item, vec![scale_value::Value::from_bytes(key)])?;
        let Some(stored) = self.stored(&key, at).await? else {
            return Ok(None);
        };
        let metadata = self.runtime().metadata();
        let entry = metadata
            .pallet_by_name(pallet)
            .and_then(|pallet| pallet.storage()?.entry_by_name(item));
        let entry = entry.with_context(|| format!("the chain has no {pallet}.{item}"))?;
        let ty = entry.entry_type().value_ty();
        let value = T::decode_as_type(&mut &stored[..], ty, metadata.types())
            .with_context(|| format!("{pallet}.{item} is not what was expected"))?;
        Ok(Some(value))
    }

    /// The key of an item in the chain's storage.
    pub(crate) fn key(
        &self,
        pallet: &str,
        item: &str,
        keys: Vec<scale_value::Value>,
    ) -> Result<Vec<u8>> {
        let address = dynamic::storage(pallet, item, keys);
        Ok(self.runtime().storage().address_bytes(&address)?)
    }

    /// The key of an item in the chain's storage; of a map, what the keys of its values begin with.
    pub fn prefix(&self, pallet: &str, item: &str) -> Result<Vec<u8>> {
        self.key(pallet, item, Vec::new())
    }

    /// What lies under a key in the chain's storage; of the best block where none is named.
    pub async fn stored(&self, key: &[u8], at: Option<&Hash>) -> Result<Option<Vec<u8>>> {
        let at = at.map(|block| crate::hex(block));
        let params = json!([crate::hex(key), at]);
        self.rpc.bytes("state_getStorage", params).await
    }

    pub(crate) fn runtime(&self) -> Runtime {
        let runtime = self.runtime.read();
        runtime.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A dispatch error by its name and documentation; `bytes` may go on after it.
    pub fn dispatch_error(&self, bytes: &[u8]) -> DispatchError {
        const MODULE: u8 = 3;
        let bytes = match bytes {
            [MODULE, ..] if bytes.len() > 6 => &bytes[..6],
            _ => bytes,
        };
        match LowDispatchError::decode_from(bytes, self.runtime().metadata()) {
            Ok(LowDispatchError::Module(error)) => match error.details() {
                Ok(details) => DispatchError {
                    name: format!("{}::{}", details.pallet.name(), details.variant.name),
                    docs: details.variant.docs.join(" ").trim().to_owned(),
                },
                Err(_) => DispatchError {
                    name: error.details_string(),
                    docs: String::new(),
                },
            },
            Ok(error) => {
                let docs = error.to_string();
                DispatchError {
                    name: format!("{error:?}"),
                    docs,
                }
            }
            Err(error) => DispatchError {
                name: "an error that its metadata does not know".to_owned(),
                docs: error.to_string(),
            },
        }
    }

    pub(crate) async fn header_number(&self, block: Option<&[u8]>) -> Result<u64> {
        let block = block.map(crate::hex);
        let header = self.rpc.call("chain_getHeader", json!([block])).await?;
        let number = header["number"].as_str().unwrap_or_default();
        u64::from_str_radix(number.trim_start_matches("0x"), 16)
            .map_err(|_| anyhow!("a header has no number"))
    }
}

pub(crate) fn fixed(bytes: &[u8]) -> Result<[u8; 32]> {
    <[u8; 32]>::try_from(bytes).map_err(|_| anyhow!("32 bytes were expected, not {}", bytes.len()))
}

async fn hash_of(rpc: &Rpc, number: u64) -> Result<Option<Hash>> {
    let hash = rpc.bytes("chain_getBlockHash", json!([number])).await?;
    hash.map(|hash| fixed(&hash)).transpose()
}

async fn version(rpc: &Rpc) -> Result<RuntimeVersion> {
    let version = rpc.call("state_getRuntimeVersion", json!([])).await?;
    let number = |name: &str| {
        let number = version[name].as_u64();
        let number = number.and_then(|number| u32::try_from(number).ok());
        number.with_context(|| format!("the runtime's version has no {name}"))
    };
    Ok(RuntimeVersion {
        spec_version: number("specVersion")?,
        transaction_version: number("transactionVersion")?,
    })
}

async fn fetch_runtime(rpc: &Rpc, genesis: Hash) -> Result<Runtime> {
    let version = version(rpc).await?;
    let metadata = fetch_metadata(rpc).await?;
    let metadata = Metadata::decode(&mut &metadata[..]).context("the chain's metadata")?;
    Ok(OfflineClient::new(H256(genesis), version, metadata))
}

/// Metadata of version 15 where the chain has it, or else 14.
async fn fetch_metadata(rpc: &Rpc) -> Result<Vec<u8>> {
    let args = crate::hex(&15u32.encode());
    let asked = rpc
        .bytes("state_call", json!(["Metadata_metadata_at_version", args]))
        .await;
    if let Ok(Some(answer)) = asked {
        if let Ok(Some(metadata)) = Option::<Vec<u8>>::decode(&mut &answer[..]) {
            return Ok(metadata);
        }
    }
    match rpc.bytes("state_getMetadata", json!([])).await? {
        Some(metadata) => Ok(metadata),
        None => bail!("the chain has no metadata"),
    }
}
