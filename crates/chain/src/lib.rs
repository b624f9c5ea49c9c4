//! One small trait between Vilokanam's stories and a chain, and what makes it pleasant to tell them.
//!
//! - [`Chain`]: a clock, native tokens, code, calls in bytes. The embedded chain ([`Embedded`]) implements it, and a real
//!   one: with its own time, fees and signatures ([`Node`]), or at the instants that a story names ([`Directed`]).
//! - [`Calls`]: typed calls on any [`Chain`]. ink!'s own call builders encode them, so that no message has a
//!   hand-written wrapper: `chain.must(alice, suite.meter().settle(session))?`.
//! - [`Suite`]: the nine contracts, deployed and wired.
//!
//! Units: milliseconds of chain time, base units of an asset, picoseconds of reference time.

mod calls;
mod directed;
mod embedded;
mod node;
mod suite;

pub use calls::{Calls, Sent};
pub use directed::Directed;
pub use embedded::{Embedded, Snapshot, START_MS};
pub use node::{node_binary, Node, NO_NODE};
pub use suite::{deploy, deploy_unwired, instantiate, Config, Suite, VLK};
pub use vilokanam_suite::*;

use drink::frame_support::{Blake2_256, StorageHasher};
use ink::{env::Event, scale::DecodeAll};
use vilokanam_interfaces::{AccountId, Balance, Hash, Millis};

/// A chain with `pallet-contracts`, as far as stories need one.
///
/// Every changing method is one transaction: it happens whole, or not at all.
pub trait Chain {
    /// What to call it in reports.
    fn name(&self) -> &str;

    /// The account of a person in a story, for which this chain takes transactions: [`account`] where they need no
    /// signature.
    fn account(&mut self, name: &str) -> AccountId {
        account(name)
    }

    /// The block time that the next call will see.
    fn now_ms(&self) -> Millis;

    /// Lets `ms` pass, and starts a new block.
    fn advance(&mut self, ms: Millis) -> Result<(), Trap>;

    /// The last block's time, which is what a dry run sees. Where the clock obeys, that is now.
    fn block_ms(&mut self) -> Result<Millis, Trap> {
        Ok(self.now_ms())
    }

    /// The hash that vouchers commit to.
    fn genesis_hash(&self) -> Hash;

    /// Gives `account` native tokens out of nowhere, or of a rich account.
    fn fund(&mut self, account: AccountId, amount: Balance) -> Result<(), Trap>;

    /// Transfers native tokens.
    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Trap>;

    /// The native tokens of `account` that no deposit holds.
    fn native_balance(&mut self, account: AccountId) -> Result<Balance, Trap>;

    /// What an account needs to exist.
    fn existential_deposit(&self) -> Balance;

    /// The deposits for each item that a contract stores, and for each byte.
    fn storage_prices(&self) -> (Balance, Balance);

    /// Uploads code, and returns its hash.
    fn upload(&mut self, origin: AccountId, wasm: &[u8]) -> Result<Hash, Trap>;

    /// Instantiates uploaded code: `data` is the constructor's selector and arguments. The account exists only
    /// if the receipt is not `reverted`.
    fn instantiate(
        &mut self,
        origin: AccountId,
        code: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: &[u8],
    ) -> Result<(AccountId, Receipt), Trap>;

    /// Calls a contract: `data` is the message's selector and arguments.
    fn call(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap>;

    /// What [`Chain::call`] would do now; nothing changes.
    fn dry_run(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap>;

    /// Gives calls from now on this much reference time and proof, to see what they do when it is not enough.
    fn limit_gas(&mut self, ref_time: u64, proof_size: u64);

    /// Gives calls from now on all the gas they may want.
    fn unlimit_gas(&mut self);

    /// The state now, where the chain can return to it.
    fn state(&mut self) -> Option<Snapshot> {
        None
    }
}

/// What came of a call that the chain carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What the contract returned, encoded.
    pub output: Vec<u8>,
    /// Whether the contract refused: nothing changed, and there are no events.
    pub reverted: bool,
    /// What contracts emitted, in order.
    pub events: Vec<RawEvent>,
    /// Reference time that was used, in picoseconds.
    pub ref_time: u64,
    /// Bytes of proof that were used.
    pub proof_size: u64,
    /// Storage deposit that the origin paid; negative if it got some back.
    pub deposit: i128,
    /// The time of the block in which it happened.
    pub at_ms: Millis,
    /// The block time that `output` is of: an earlier one than `at_ms` where a chain says what a call returns before it is
    /// sent only.
    pub seen_ms: Millis,
}

impl Receipt {
    /// The events of type `E`, of whatever contract, in order.
    ///
    /// Panics if an event with `E`'s signature is not an `E`: the contracts are older than the interfaces.
    pub fn events_of<E: Event + DecodeAll>(&self) -> Vec<E> {
        self.events.iter().filter_map(RawEvent::decode).collect()
    }
}

/// An event as the chain stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent {
    /// The contract that emitted it.
    pub contract: AccountId,
    /// The signature, and the fields that are topics.
    pub topics: Vec<Hash>,
    /// All fields.
    pub data: Vec<u8>,
}

impl RawEvent {
    /// The event, if its signature is `E`'s. Panics as [`Receipt::events_of`] does.
    pub fn decode<E: Event + DecodeAll>(&self) -> Option<E> {
        let signature = E::SIGNATURE_TOPIC.map(Hash::from)?;
        if self.topics.first() != Some(&signature) {
            return None;
        }
        let event = E::decode_all(&mut self.data.as_slice());
        Some(event.unwrap_or_else(|e| {
            panic!(
                "{} is not what was emitted ({e}): run `make contracts`",
                core::any::type_name::<E>()
            )
        }))
    }
}

/// Why the chain, and not the contract, ended a transaction: nothing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// The name of the dispatch error, such as `ContractTrapped` or `OutOfGas`.
    pub name: String,
    /// What else is known.
    pub detail: String,
}

impl Trap {
    fn new(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            detail: detail.into(),
        }
    }
}

impl core::fmt::Display for Trap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "the chain refused: {}", self.name)?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", self.detail)
    }
}

impl std::error::Error for Trap {}

/// The account of a person in a story: the same name is always the same account.
pub fn account(name: &str) -> AccountId {
    AccountId::from(Blake2_256::hash(name.as_bytes()))
}
