//! A real chain: a `substrate-contracts-node` of its own, which is started here and stopped when the value is dropped.
//!
//! It seals a block for each transaction, at the machine's own time, and none without one: a dry run sees the last
//! block's time. Transactions cost fees. It is spoken to in plain JSON-RPC, by what its metadata says: a client
//! library would compile the embedded chain's dependencies a second time, with other features.

mod runtime;

use crate::{Chain, RawEvent, Receipt, Trap};
use anyhow::{anyhow, Context, Result};
use drink::{
    frame_support::{Blake2_128Concat, StorageHasher, Twox128},
    DispatchError,
};
use ink::scale::{Compact, Decode, Encode};
use runtime::{PalletEvent, Runtime};
use serde_json::json;
use sp_core::{sr25519, Pair};
use std::{
    collections::HashMap,
    thread::sleep,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use vilokanam_interfaces::{AccountId, Balance, Hash, Millis};
use vilokanam_node::{hex, Process, Rpc};

pub use vilokanam_node::{node_binary, NO_NODE};

/// A transaction that no block has taken up after this long is lost.
const INCLUSION: Duration = Duration::from_secs(30);
/// How often to look for the next block, which takes some 10 ms.
const LOOK: Duration = Duration::from_millis(2);

/// A node, and the keys of the accounts that [`Chain::account`] named.
pub struct Node {
    rpc: Rpc,
    runtime: Runtime,
    keys: HashMap<AccountId, sr25519::Pair>,
    /// The rich account of development chains, which may also set balances.
    alice: sr25519::Pair,
    /// Stopped last, when everything else is gone.
    _process: Process,
}

impl Node {
    /// Starts a node on a free port; `None` if this machine has none (see [`node_binary`]).
    pub fn start() -> Result<Option<Self>> {
        let Some(binary) = node_binary() else {
            return Ok(None);
        };
        let process = Process::start(&binary)?;
        let rpc = Rpc::new(process.port());
        let hash = |n: u32| rpc.bytes("chain_getBlockHash", json!([n]));
        let genesis_hash = decode::<Hash>(&hash(0)?.context("the node has no genesis block")?)?;
        let metadata = rpc.bytes("state_getMetadata", json!([]))?;
        let version = rpc.call("state_getRuntimeVersion", json!([]))?;
        let number = |name: &str| -> Result<u32> {
            let number = version[name].as_u64().context("the node has no version")?;
            Ok(u32::try_from(number)?)
        };
        let runtime = Runtime::new(
            &metadata.context("the node has no metadata")?,
            genesis_hash,
            number("specVersion")?,
            number("transactionVersion")?,
        )?;
        let alice = sr25519::Pair::from_string("//Alice", None)
            .map_err(|e| anyhow!("no development key: {e:?}"))?;
        Ok(Some(Self {
            rpc,
            runtime,
            keys: HashMap::new(),
            alice,
            _process: process,
        }))
    }

    /// Lets `pair` sign for its account.
    pub fn add_key(&mut self, pair: sr25519::Pair) -> AccountId {
        let account = AccountId::from(pair.public().0);
        self.keys.insert(account, pair);
        account
    }

    /// The port of its JSON-RPC.
    pub fn port(&self) -> u16 {
        self.rpc.port()
    }

    fn key(&self, account: AccountId) -> Result<sr25519::Pair> {
        let key = self.keys.get(&account).cloned();
        key.ok_or_else(|| anyhow!("nobody has named the account {account:?} to this node"))
    }

    fn stored(&self, key: &[u8], at: Option<&str>) -> Result<Option<Vec<u8>>> {
        self.rpc.bytes("state_getStorage", json!([hex(key), at]))
    }

    /// The nonce and the free tokens of an account.
    fn account_state(&self, account: AccountId) -> Result<(u32, Balance)> {
        let map = system_key(b"Account");
        let key = [map, Blake2_128Concat::hash(account.as_ref())].concat();
        let Some(stored) = self.stored(&key, None)? else {
            return Ok((0, 0));
        };
        // The nonce; consumers, providers, sufficients; what is free.
        let (nonce, _, free) = <(u32, [u32; 3], Balance)>::decode(&mut &stored[..])?;
        Ok((nonce, free))
    }

    /// Calls a function of the runtime, which changes nothing.
    fn ask<T: Decode>(&self, function: &str, args: Vec<u8>) -> Result<T> {
        let answer = self
            .rpc
            .bytes("state_call", json!([function, hex(&args)]))?
            .with_context(|| format!("{function} answered nothing"))?;
        T::decode(&mut &answer[..]).with_context(|| format!("{function} answered something else"))
    }

    /// Sends a transaction and returns its events, once a block has it.
    fn submit(&self, key: &sr25519::Pair, call: &[u8]) -> Result<Vec<PalletEvent>, Trap> {
        let before = self.height()?;
        let (nonce, _) = self.account_state(key.public().0.into())?;
        let extrinsic = hex(&self.runtime.sign(call, nonce, key)?);
        self.rpc
            .call("author_submitExtrinsic", json!([&extrinsic]))
            .map_err(|e| Trap::new("TransactionRefused", format!("{e:#}")))?;
        let (block, index) = self.included(&extrinsic, before)?;
        let stored = self.stored(&system_key(b"Events"), Some(&block))?;
        let mut events = self.runtime.events(&stored.unwrap_or_default())?;
        events.retain(|event| event.extrinsic == Some(index));
        for event in &events {
            let mut fields = event.fields.as_slice();
            let failed = match (event.name.0.as_str(), event.name.1.as_str()) {
                ("System", "ExtrinsicFailed") => Some(decode_part(&mut fields)?),
                ("Sudo", "Sudid") => decode_part::<Result<(), DispatchError>>(&mut fields)?.err(),
                _ => None,
            };
            if let Some(error) = failed {
                return Err(self.trap(&error, &[]));
            }
        }
        Ok(events)
    }

    /// The block that took the extrinsic up, and its place there.
    fn included(&self, extrinsic: &str, before: u32) -> Result<(String, u32)> {
        let deadline = Instant::now() + INCLUSION;
        let mut looked_at = before;
        while Instant::now() < deadline {
            if self.height()? == looked_at {
                sleep(LOOK);
                continue;
            }
            looked_at = looked_at.saturating_add(1);
            let hash = self.rpc.call("chain_getBlockHash", json!([looked_at]))?;
            let block = self.rpc.call("chain_getBlock", json!([hash]))?;
            let extrinsics = block["block"]["extrinsics"].as_array();
            let place = extrinsics.and_then(|all| all.iter().position(|one| one == extrinsic));
            if let (Some(place), Some(hash)) = (place, hash.as_str()) {
                return Ok((hash.to_owned(), u32::try_from(place)?));
            }
        }
        Err(anyhow!("no block took the transaction up"))
    }

    fn height(&self) -> Result<u32> {
        let header = self.rpc.call("chain_getHeader", json!([]))?;
        let number = header["number"].as_str().unwrap_or_default();
        u32::from_str_radix(number.trim_start_matches("0x"), 16).context("a header has no number")
    }

    fn trap(&self, error: &DispatchError, debug_message: &[u8]) -> Trap {
        Trap::new(
            self.runtime.name_of(error),
            String::from_utf8_lossy(debug_message).trim(),
        )
    }

    fn contracts(
        &self,
        origin: AccountId,
        call: &str,
        args: Vec<u8>,
    ) -> Result<Vec<PalletEvent>, Trap> {
        let call = self.runtime.call("Contracts", call, &args)?;
        self.submit(&self.key(origin)?, &call)
    }

    fn try_dry_run(
        &self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: &[u8],
    ) -> Result<(Receipt, Gas), Trap> {
        let args = (origin, to, value, NO_LIMIT, NO_DEPOSIT_LIMIT, data).encode();
        let done: Done<ExecReturn> = self.ask("ContractsApi_call", args)?;
        let returned = done.result.clone();
        let returned = returned.map_err(|e| self.trap(&e, &done.debug_message))?;
        Ok((done.receipt(returned), done.gas_required))
    }
}

impl Chain for Node {
    fn name(&self) -> &str {
        "node"
    }

    fn account(&mut self, name: &str) -> AccountId {
        // What is the account itself on the embedded chain is the seed of its key here.
        let seed: [u8; 32] = *crate::account(name).as_ref();
        self.add_key(sr25519::Pair::from_seed(&seed))
    }

    fn now_ms(&self) -> Millis {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| {
            Millis::try_from(now.as_millis()).unwrap_or(Millis::MAX)
        })
    }

    /// Really lets `ms` pass.
    fn advance(&mut self, ms: Millis) {
        sleep(Duration::from_millis(ms));
        let remark = self
            .runtime
            .call("System", "remark", &Vec::<u8>::new().encode());
        let sealed = remark
            .map_err(Trap::from)
            .and_then(|remark| self.submit(&self.alice, &remark));
        if let Err(e) = sealed {
            panic!("the node makes no block: {e}");
        }
    }

    fn genesis_hash(&self) -> Hash {
        self.runtime.genesis_hash()
    }

    fn fund(&mut self, account: AccountId, amount: Balance) -> Result<(), Trap> {
        let (_, free) = self.account_state(account)?;
        let args = (address(account), Compact(free.saturating_add(amount))).encode();
        let set = self
            .runtime
            .call("Balances", "force_set_balance", &args)
            .and_then(|set| self.runtime.call("Sudo", "sudo", &set))?;
        self.submit(&self.alice, &set).map(drop)
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Trap> {
        let args = (address(to), Compact(amount)).encode();
        let transfer = self
            .runtime
            .call("Balances", "transfer_allow_death", &args)?;
        self.submit(&self.key(from)?, &transfer).map(drop)
    }

    fn native_balance(&mut self, account: AccountId) -> Balance {
        match self.account_state(account) {
            Ok((_, free)) => free,
            Err(e) => panic!("the node says no balance: {e:#}"),
        }
    }

    fn upload(&mut self, origin: AccountId, wasm: &[u8]) -> Result<Hash, Trap> {
        const ENFORCED: u8 = 0; // of Determinism
        let args = (origin, wasm, NO_DEPOSIT_LIMIT, ENFORCED).encode();
        let would: Result<(Hash, Balance), DispatchError> =
            self.ask("ContractsApi_upload_code", args)?;
        let (hash, _) = would.map_err(|e| self.trap(&e, &[]))?;
        let args = (wasm, NO_DEPOSIT_LIMIT, ENFORCED).encode();
        self.contracts(origin, "upload_code", args)?;
        Ok(hash)
    }

    fn instantiate(
        &mut self,
        origin: AccountId,
        code: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: &[u8],
    ) -> Result<(AccountId, Receipt), Trap> {
        const EXISTING: u8 = 1; // of Code
        let limits = (NO_LIMIT, NO_DEPOSIT_LIMIT);
        let args = (origin, value, limits, EXISTING, code, &data, salt).encode();
        let done: Done<(ExecReturn, AccountId)> = self.ask("ContractsApi_instantiate", args)?;
        let returned = done.result.clone();
        let (returned, address) = returned.map_err(|e| self.trap(&e, &done.debug_message))?;
        let mut receipt = done.receipt(returned);
        if !receipt.reverted {
            let gas = done.gas_required.doubled();
            let args = (Compact(value), gas, NO_DEPOSIT_LIMIT, code, data, salt).encode();
            receipt.events = emitted(self.contracts(origin, "instantiate", args)?)?;
        }
        Ok((address, receipt))
    }

    /// What the call returns and costs is what a dry run said just before; a call that it says would fail is not sent.
    fn call(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        let (mut receipt, gas) = self.try_dry_run(origin, to, value, &data)?;
        if !receipt.reverted {
            let to = address(to);
            let args = (to, Compact(value), gas.doubled(), NO_DEPOSIT_LIMIT, data).encode();
            receipt.events = emitted(self.contracts(origin, "call", args)?)?;
        }
        Ok(receipt)
    }

    /// As of the last block's time; without events.
    fn dry_run(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        let (receipt, _) = self.try_dry_run(origin, to, value, &data)?;
        Ok(receipt)
    }
}

/// As much gas as a block has, in a dry run.
const NO_LIMIT: Option<Gas> = None;
/// As much deposit as the pallet's default allows: more than any of the suite's cells needs.
const NO_DEPOSIT_LIMIT: Option<Compact<Balance>> = None;

/// A weight.
#[derive(Debug, Clone, Copy, Encode, Decode)]
#[codec(crate = ink::scale)]
struct Gas {
    #[codec(compact)]
    ref_time: u64,
    #[codec(compact)]
    proof_size: u64,
}

impl Gas {
    /// The limit of a transaction whose dry run needed this: its block's time is later than what the dry run saw.
    fn doubled(self) -> Self {
        Self {
            ref_time: self.ref_time.saturating_mul(2),
            proof_size: self.proof_size.saturating_mul(2),
        }
    }
}

/// What the pallet says of a dry run.
#[derive(Debug, Clone, Decode)]
#[codec(crate = ink::scale)]
struct Done<R> {
    gas_consumed: Gas,
    gas_required: Gas,
    deposit: Deposit,
    debug_message: Vec<u8>,
    result: Result<R, DispatchError>,
    // Events follow, which are not read: a dry run's are nobody's.
}

#[derive(Debug, Clone, Decode)]
#[codec(crate = ink::scale)]
enum Deposit {
    Refund(Balance),
    Charge(Balance),
}

#[derive(Debug, Clone, Decode)]
#[codec(crate = ink::scale)]
struct ExecReturn {
    flags: u32,
    data: Vec<u8>,
}

impl<R> Done<R> {
    fn receipt(&self, returned: ExecReturn) -> Receipt {
        let signed = |amount: Balance| i128::try_from(amount).unwrap_or(i128::MAX);
        const REVERTED: u32 = 1;
        Receipt {
            reverted: returned.flags & REVERTED != 0,
            output: returned.data,
            events: Vec::new(),
            ref_time: self.gas_consumed.ref_time,
            proof_size: self.gas_consumed.proof_size,
            deposit: match self.deposit {
                Deposit::Charge(paid) => signed(paid),
                Deposit::Refund(back) => signed(back).saturating_neg(),
            },
        }
    }
}

/// A failure to talk with the node.
impl From<anyhow::Error> for Trap {
    fn from(error: anyhow::Error) -> Self {
        Trap::new("NodeFailed", format!("{error:#}"))
    }
}

/// What contracts emitted.
fn emitted(events: Vec<PalletEvent>) -> Result<Vec<RawEvent>> {
    let of_contracts =
        |event: &PalletEvent| event.name.0 == "Contracts" && event.name.1 == "ContractEmitted";
    let events = events.into_iter().filter(of_contracts);
    events
        .map(|event| {
            let (contract, data) = decode::<(AccountId, Vec<u8>)>(&event.fields)?;
            Ok(RawEvent {
                contract,
                topics: event.topics,
                data,
            })
        })
        .collect()
}

/// An account as `MultiAddress`.
fn address(account: AccountId) -> (u8, AccountId) {
    (0, account)
}

fn system_key(item: &[u8]) -> Vec<u8> {
    [Twox128::hash(b"System"), Twox128::hash(item)].concat()
}

fn decode<T: Decode>(bytes: &[u8]) -> Result<T> {
    decode_part(&mut &*bytes)
}

fn decode_part<T: Decode>(input: &mut &[u8]) -> Result<T> {
    T::decode(input).context("the node says something else than expected")
}
