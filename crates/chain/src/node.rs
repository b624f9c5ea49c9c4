//! A real chain: one that is there, or a `substrate-contracts-node` of its own, which is started here and stopped when the value
//! is dropped.
//!
//! Time is the chain's, and passes by itself. A node of one's own seals a block for each transaction, at the machine's time, and none
//! without one: a dry run sees the last block's time. Transactions cost fees.

use crate::{Chain, RawEvent, Receipt, Trap};
use anyhow::{Context, Result};
use ink::scale::{Compact, Encode};
use serde_json::Value;
use std::{
    collections::HashMap,
    future::Future,
    thread::sleep,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::runtime::Runtime;
use vilokanam_client::{
    Call, Client, ContractEvent, DispatchError, Dry, Gas, Included, Key, NotIncluded, Options,
    Returned, Until,
};
use vilokanam_interfaces::{AccountId, Balance, Hash, Millis};
use vilokanam_node::Process;

pub use vilokanam_node::{node_binary, NO_NODE};

/// A chain, and the keys of the accounts that [`Chain::account`] named.
pub struct Node {
    runtime: Runtime,
    client: Client,
    keys: HashMap<AccountId, Key>,
    /// The account that others' money comes from, which on a development chain may also set balances.
    rich: Key,
    /// What calls may use, if that is limited.
    limit: Option<Gas>,
    /// Stopped last, when everything else is gone.
    process: Option<Process>,
}

impl Node {
    /// Starts a node on a free port; `None` if this machine has none (see [`node_binary`]).
    pub fn start() -> Result<Option<Self>> {
        let Some(binary) = node_binary() else {
            return Ok(None);
        };
        let process = Process::start(&binary)?;
        let endpoint = format!("ws://127.0.0.1:{}", process.port());
        let options = Options {
            // A block takes some 10 ms.
            poll: Duration::from_millis(2),
            // Blocks are final a second after they are sealed, and that is some hundred later.
            mortal_blocks: 1_024,
            ..Options::default()
        };
        let mut node = Self::connect(&[endpoint], options, Key::parse("//Alice", true)?)?;
        node.process = Some(process);
        Ok(Some(node))
    }

    /// Connects to a development chain that is there, of whose root `rich` has the key.
    pub fn connect(endpoints: &[String], options: Options, rich: Key) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = runtime.block_on(Client::connect(endpoints, options))?;
        Ok(Self {
            runtime,
            client,
            keys: HashMap::new(),
            rich,
            limit: None,
            process: None,
        })
    }

    /// Lets `key` sign for its account.
    pub fn add_key(&mut self, key: Key) -> AccountId {
        let account = AccountId::from(key.account());
        self.keys.insert(account, key);
        account
    }

    /// The port of the node that was started.
    pub fn port(&self) -> Option<u16> {
        self.process.as_ref().map(Process::port)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The account of the root.
    pub(crate) fn rich(&self) -> AccountId {
        self.rich.account().into()
    }

    /// A JSON-RPC method of the node.
    pub(crate) fn ask(&self, method: &str, params: Value) -> Result<Value, Trap> {
        self.wait(self.client.call_rpc(method, params))
    }

    fn wait<T>(&self, asked: impl Future<Output = Result<T>>) -> Result<T, Trap> {
        Ok(self.runtime.block_on(asked)?)
    }

    /// Sends a transaction and waits until a block has it; returns that and the block's time.
    fn submit(&self, key: &Key, call: &Call) -> Result<(Included, Millis), Trap> {
        let included = self.include(key, call)?;
        let at_ms = self.wait(self.client.time_at(&included.block.hash))?;
        Ok((included, at_ms))
    }

    /// The same, signed by the root.
    pub(crate) fn submit_as_root(&self, call: &Call) -> Result<Included, Trap> {
        self.include(&self.rich, call)
    }

    fn include(&self, key: &Key, call: &Call) -> Result<Included, Trap> {
        let included = self.wait(self.client.submit(key, call, Until::InBlock))?;
        if let Err(error) = &included.result {
            return Err(trap(error, ""));
        }
        // A failure inside of a call that the root dispatches is in an event alone.
        for event in &included.events {
            let dispatched = event.is("Sudo", "Sudid") || event.is("Sudo", "SudoAsDone");
            if let ([1, error @ ..], true) = (&event.fields[..], dispatched) {
                return Err(trap(&self.client.dispatch_error(error), ""));
            }
        }
        Ok(included)
    }

    fn submit_as(&self, origin: AccountId, call: &Call) -> Result<(Included, Millis), Trap> {
        let key = self.keys.get(&origin);
        let key =
            key.with_context(|| format!("nobody has named the account {origin:?} to this chain"))?;
        self.submit(key, call)
    }

    /// The hash of a code, and whether the chain has not had it yet.
    pub(crate) fn would_upload(
        &self,
        origin: AccountId,
        wasm: &[u8],
    ) -> Result<(Hash, bool), Trap> {
        let would = self.wait(self.client.dry_upload(origin.as_ref(), wasm))?;
        let (hash, _) = would.map_err(|error| trap(&error, ""))?;
        let known = self.wait(self.client.code(&hash))?;
        Ok((hash.into(), known.is_none()))
    }

    /// What instantiating would come to: the address, the receipt, and the gas that it takes.
    pub(crate) fn would_instantiate(
        &self,
        origin: AccountId,
        code: Hash,
        value: Balance,
        data: &[u8],
        salt: &[u8],
    ) -> Result<(AccountId, Receipt, Gas), Trap> {
        let code = Ok(code.into());
        let dry = self
            .client
            .dry_instantiate(origin.as_ref(), value, code, data, salt);
        let dry = self.wait(dry)?;
        let (returned, address) = dry
            .result
            .clone()
            .map_err(|error| trap(&error, &dry.debug))?;
        let receipt = receipt(&dry, returned, self.time()?);
        Ok((address.into(), receipt, dry.gas))
    }

    /// What calling would come to, and the gas that it takes.
    pub(crate) fn would_call(
        &self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: &[u8],
    ) -> Result<(Receipt, Gas), Trap> {
        let dry =
            self.client
                .dry_call_within(self.limit, origin.as_ref(), to.as_ref(), value, data);
        let dry = self.wait(dry)?;
        let returned = dry
            .result
            .clone()
            .map_err(|error| trap(&error, &dry.debug))?;
        Ok((receipt(&dry, returned, self.time()?), dry.gas))
    }

    /// The last block's time.
    fn time(&self) -> Result<Millis, Trap> {
        self.wait(self.client.now_ms())
    }
}

impl Chain for Node {
    fn name(&self) -> &str {
        "node"
    }

    fn account(&mut self, name: &str) -> AccountId {
        // What is the account itself on the embedded chain is the seed of its key here.
        let seed = vilokanam_client::hex(crate::account(name).as_ref());
        let key = Key::parse(&seed, true);
        self.add_key(key.unwrap_or_else(|e| panic!("a hash is no seed: {e}")))
    }

    fn now_ms(&self) -> Millis {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| {
            Millis::try_from(now.as_millis()).unwrap_or(Millis::MAX)
        })
    }

    /// Really lets `ms` pass.
    fn advance(&mut self, ms: Millis) -> Result<(), Trap> {
        sleep(Duration::from_millis(ms));
        let nothing = Call::new("System", "remark", Vec::<u8>::new().encode());
        self.include(&self.rich, &nothing).map(drop)
    }

    fn block_ms(&mut self) -> Result<Millis, Trap> {
        self.time()
    }

    fn genesis_hash(&self) -> Hash {
        self.client.genesis().into()
    }

    fn fund(&mut self, account: AccountId, amount: Balance) -> Result<(), Trap> {
        let free = self.native_balance(account)?;
        let to = (0_u8, account); // of MultiAddress
        let set = (to, Compact(free.saturating_add(amount))).encode();
        let set = Call::new("Balances", "force_set_balance", set);
        let set = self.client.encoded(&set)?;
        self.submit(&self.rich, &Call::new("Sudo", "sudo", set))
            .map(drop)
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Trap> {
        let transfer = ((0_u8, to), Compact(amount)).encode();
        let transfer = Call::new("Balances", "transfer_allow_death", transfer);
        self.submit_as(from, &transfer).map(drop)
    }

    fn native_balance(&mut self, account: AccountId) -> Result<Balance, Trap> {
        Ok(self.wait(self.client.account(account.as_ref()))?.free)
    }

    fn existential_deposit(&self) -> Balance {
        self.client.existential_deposit()
    }

    fn storage_prices(&self) -> (Balance, Balance) {
        self.client.storage_prices()
    }

    fn upload(&mut self, origin: AccountId, wasm: &[u8]) -> Result<Hash, Trap> {
        let (hash, _) = self.would_upload(origin, wasm)?;
        self.submit_as(origin, &Call::upload(wasm))?;
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
        let (address, mut receipt, gas) =
            self.would_instantiate(origin, code, value, &data, salt)?;
        if !receipt.reverted {
            let call = Call::instantiate(value, doubled(gas), &code.into(), &data, salt);
            happened(&mut receipt, self.submit_as(origin, &call)?);
        }
        Ok((address, receipt))
    }

    /// What the call returns and costs is what a dry run said just before, at the last block's time; a call that it says
    /// would fail is not sent.
    fn call(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        let (mut receipt, gas) = self.would_call(origin, to, value, &data)?;
        if receipt.reverted {
            return Ok(receipt);
        }
        match self.submit_as(origin, &Call::call(to.as_ref(), value, doubled(gas), &data)) {
            Ok(done) => happened(&mut receipt, done),
            // Refused at its block's time only. It left that block's state as it was: the same call is refused there again.
            Err(trap) if trap.name == "ContractReverted" => {
                (receipt, _) = self.would_call(origin, to, value, &data)?;
                if !receipt.reverted {
                    return Err(trap);
                }
            }
            Err(trap) => return Err(trap),
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
        let (receipt, _) = self.would_call(origin, to, value, &data)?;
        Ok(receipt)
    }

    fn limit_gas(&mut self, ref_time: u64, proof_size: u64) {
        self.limit = Some(Gas {
            ref_time,
            proof_size,
        });
    }

    fn unlimit_gas(&mut self) {
        self.limit = None;
    }
}

/// The limit of a transaction whose dry run needed this: its block's time is later than what the dry run saw.
pub(crate) fn doubled(gas: Gas) -> Gas {
    Gas {
        ref_time: gas.ref_time.saturating_mul(2),
        proof_size: gas.proof_size.saturating_mul(2),
    }
}

fn receipt<R>(dry: &Dry<R>, returned: Returned, seen_ms: Millis) -> Receipt {
    Receipt {
        reverted: returned.reverted,
        output: returned.data,
        events: Vec::new(),
        ref_time: dry.used.ref_time,
        proof_size: dry.used.proof_size,
        deposit: dry.deposit,
        at_ms: seen_ms,
        seen_ms,
    }
}

/// Takes from the transaction what its dry run did not know.
fn happened(receipt: &mut Receipt, (included, at_ms): (Included, Millis)) {
    receipt.events = emitted(&included);
    receipt.at_ms = at_ms;
}

pub(crate) fn emitted(included: &Included) -> Vec<RawEvent> {
    included.contract_events().into_iter().map(raw).collect()
}

fn raw(event: ContractEvent) -> RawEvent {
    RawEvent {
        contract: event.contract.into(),
        topics: event.topics.into_iter().map(Hash::from).collect(),
        data: event.data,
    }
}

/// The error by its own name, without its pallet's.
fn trap(error: &DispatchError, debug: &str) -> Trap {
    let name = error.name.rsplit("::").next().unwrap_or(&error.name);
    Trap::new(name, if debug.is_empty() { &error.docs } else { debug })
}

/// A failure to talk with the chain, or one that its pool has.
impl From<anyhow::Error> for Trap {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast_ref() {
            Some(NotIncluded::Refused(refused)) => {
                Trap::new("TransactionRefused", refused.to_string())
            }
            _ => Trap::new("NodeFailed", format!("{error:#}")),
        }
    }
}
