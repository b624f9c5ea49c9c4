//! A node whose clock obeys, and which takes transactions for any account: its root directs it.
//!
//! Each transaction is a batch of the root's. It sets the time of the block that it is in, and then calls as the account that
//! the story names. So a story is told on a real chain as on the embedded one: at the same instants, and without fees. What
//! is sent by the people themselves, pays fees, and takes the time that it takes, is [`Node`]'s.

use crate::{
    embedded::START_MS,
    node::{doubled, Node},
    Chain, Receipt, Trap,
};
use anyhow::{Context, Result};
use drink::frame_support::{Blake2_256, StorageHasher};
use ink::scale::{Compact, Encode};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use vilokanam_client::{Call, Included};
use vilokanam_interfaces::{AccountId, Balance, Hash, Millis};

/// A node of one's own, or another development chain, whose root's key is at hand.
pub struct Directed {
    node: Node,
    now_ms: Millis,
    /// How many stories began here. Part of every salt, so that each may deploy the same contracts.
    take: u64,
    /// Whose accounts cannot be emptied.
    contracts: HashSet<AccountId>,
    /// What was uploaded.
    codes: HashSet<Hash>,
    /// What accounts shall have: many are funded together, in the next transaction.
    funds: BTreeMap<AccountId, Balance>,
}

impl Directed {
    /// Starts a node on a free port; `None` if this machine has none.
    pub fn start() -> Result<Option<Self>> {
        let node = Node::start()?;
        Ok(node.map(Self::direct).transpose()?)
    }

    /// Goes on from the time of the chain's last block.
    pub fn direct(mut node: Node) -> Result<Self, Trap> {
        Ok(Self {
            now_ms: node.block_ms()?,
            node,
            take: 0,
            contracts: HashSet::new(),
            codes: HashSet::new(),
            funds: BTreeMap::new(),
        })
    }

    /// Begins again: at [`START_MS`], and nobody but the root and the contracts of before has anything.
    pub fn start_afresh(&mut self) -> Result<()> {
        self.now_ms = START_MS;
        self.take = self.take.saturating_add(1);
        let rich = self.node.rich();
        let mut people = self.accounts()?;
        people.retain(|account| *account != rich && !self.contracts.contains(account));
        self.funds = people.into_iter().map(|account| (account, 0)).collect();
        Ok(self.settle_funds()?)
    }

    /// Every account of the chain.
    fn accounts(&self) -> Result<Vec<AccountId>> {
        const PAGE: usize = 1_000;
        let prefix = vilokanam_client::hex(&self.node.client().prefix("System", "Account")?);
        let (mut all, mut last) = (Vec::new(), None::<String>);
        loop {
            let page = json!([prefix, PAGE, last]);
            let page = self.node.ask("state_getKeysPaged", page)?;
            let page = page.as_array().context("the node lists no keys")?.clone();
            for key in &page {
                let key = key.as_str().context("a key is text")?;
                let bytes = vilokanam_client::parse_hex(key)?;
                // The account ends its key.
                let account = bytes.last_chunk::<32>().context("a key is short")?;
                all.push(AccountId::from(*account));
                last = Some(key.to_owned());
            }
            if page.len() < PAGE {
                return Ok(all);
            }
        }
    }

    /// One transaction, in a block of its own whose time is now.
    fn transact(&mut self, calls: Vec<Call>) -> Result<Included, Trap> {
        let funds = core::mem::take(&mut self.funds).into_iter();
        let funds = funds.map(|(account, free)| self.setting(account, free));
        let calls: Vec<_> = funds
            .chain(calls.into_iter().map(Ok))
            .collect::<Result<_>>()?;
        let client = self.node.client();
        let now = client.prefix("Timestamp", "Now")?;
        let set = vec![(now, self.now_ms.encode())].encode();
        let clock = self.by_root(&Call::new("System", "set_storage", set))?;
        let mut batch =
            Compact(u32::try_from(calls.len().saturating_add(1)).unwrap_or(u32::MAX)).encode();
        for call in core::iter::once(&clock).chain(&calls) {
            batch.extend(client.encoded(call)?);
        }
        self.node
            .submit_as_root(&Call::new("Utility", "batch_all", batch))
    }

    /// Before anything is read that they change.
    fn settle_funds(&mut self) -> Result<(), Trap> {
        match self.funds.is_empty() {
            true => Ok(()),
            false => self.transact(Vec::new()).map(drop),
        }
    }

    fn by_root(&self, call: &Call) -> Result<Call> {
        Ok(Call::new("Sudo", "sudo", self.node.client().encoded(call)?))
    }

    fn by(&self, who: AccountId, call: &Call) -> Result<Call> {
        let mut args = (0_u8, who).encode(); // of MultiAddress
        args.extend(self.node.client().encoded(call)?);
        Ok(Call::new("Sudo", "sudo_as", args))
    }

    fn setting(&self, account: AccountId, free: Balance) -> Result<Call> {
        let set = ((0_u8, account), Compact(free)).encode();
        self.by_root(&Call::new("Balances", "force_set_balance", set))
    }

    /// What the dry run of just now said is what happens: neither state nor time is another.
    fn happened(&mut self, receipt: &mut Receipt, call: Call, who: AccountId) -> Result<(), Trap> {
        let call = self.by(who, &call)?;
        let included = self.transact(vec![call])?;
        receipt.events = crate::node::emitted(&included);
        Ok(())
    }
}

impl Chain for Directed {
    fn name(&self) -> &str {
        "directed node"
    }

    fn now_ms(&self) -> Millis {
        self.now_ms
    }

    fn advance(&mut self, ms: Millis) -> Result<(), Trap> {
        self.now_ms = self.now_ms.saturating_add(ms);
        self.transact(Vec::new()).map(drop)
    }

    fn genesis_hash(&self) -> Hash {
        self.node.genesis_hash()
    }

    fn fund(&mut self, account: AccountId, amount: Balance) -> Result<(), Trap> {
        let has = match self.funds.get(&account) {
            Some(has) => *has,
            None => self.node.native_balance(account)?,
        };
        self.funds.insert(account, has.saturating_add(amount));
        Ok(())
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Trap> {
        let transfer = ((0_u8, to), Compact(amount)).encode();
        let transfer = Call::new("Balances", "transfer_allow_death", transfer);
        let transfer = self.by(from, &transfer)?;
        self.transact(vec![transfer]).map(drop)
    }

    fn native_balance(&mut self, account: AccountId) -> Result<Balance, Trap> {
        self.settle_funds()?;
        self.node.native_balance(account)
    }

    fn existential_deposit(&self) -> Balance {
        self.node.existential_deposit()
    }

    fn storage_prices(&self) -> (Balance, Balance) {
        self.node.storage_prices()
    }

    /// By the root: who uploads code has a deposit in it, and could not be emptied.
    fn upload(&mut self, _origin: AccountId, wasm: &[u8]) -> Result<Hash, Trap> {
        let hash = Hash::from(Blake2_256::hash(wasm));
        if !self.codes.contains(&hash) {
            let (_, new) = self.node.would_upload(self.node.rich(), wasm)?;
            if new {
                self.transact(vec![Call::upload(wasm)])?;
            }
            self.codes.insert(hash);
        }
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
        self.settle_funds()?;
        let salt = (self.take, salt).encode();
        let would = self
            .node
            .would_instantiate(origin, code, value, &data, &salt)?;
        let (address, mut receipt, gas) = would;
        if !receipt.reverted {
            let call = Call::instantiate(value, doubled(gas), &code.into(), &data, &salt);
            self.happened(&mut receipt, call, origin)?;
            self.contracts.insert(address);
        }
        Ok((address, receipt))
    }

    fn call(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        self.settle_funds()?;
        let (mut receipt, gas) = self.node.would_call(origin, to, value, &data)?;
        if !receipt.reverted {
            let call = Call::call(to.as_ref(), value, doubled(gas), &data);
            self.happened(&mut receipt, call, origin)?;
        }
        Ok(receipt)
    }

    /// Without events.
    fn dry_run(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        self.settle_funds()?;
        self.node.dry_run(origin, to, value, data)
    }

    fn limit_gas(&mut self, ref_time: u64, proof_size: u64) {
        self.node.limit_gas(ref_time, proof_size);
    }

    fn unlimit_gas(&mut self) {
        self.node.unlimit_gas();
    }
}
