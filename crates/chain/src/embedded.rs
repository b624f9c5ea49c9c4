//! The embedded chain: `pallet-contracts` in this process, with a clock that obeys.

use crate::{Chain, RawEvent, Receipt, Trap};
use drink::{
    frame_support::{
        storage::{storage_prefix, unhashed, with_transaction, TransactionOutcome},
        traits::{
            fungible::{Inspect, Mutate},
            tokens::{Fortitude, Preservation},
        },
        Blake2_128Concat, StorageHasher,
    },
    minimal::{Balances, Contracts, MinimalSandbox, RuntimeEvent, System, Timestamp},
    pallet_contracts::{self, Code, CollectEvents, DebugInfo, Determinism, ExecReturnValue},
    sandbox_api::prelude::*,
    AccountId32, DispatchError, Sandbox, Weight,
};
use std::sync::Arc;
use vilokanam_interfaces::{AccountId, Balance, Hash, Millis};

/// When the embedded chain begins: a fixed instant in January 2027, so that every run is the same.
pub const START_MS: Millis = 1_800_000_000_000;

/// Ten seconds of reference time and a GiB of proof: more than any block has.
const GAS_LIMIT: (u64, u64) = (10_000_000_000_000, 1 << 30);

/// A chain inside this process.
///
/// Blocks are as long as [`Chain::advance`] says. Transactions cost no fee, so that native balances
/// change by transfers and storage deposits only.
pub struct Embedded {
    sandbox: MinimalSandbox,
    now_ms: Millis,
    genesis_hash: Hash,
    gas_limit: (u64, u64),
}

/// A state to return to, cheap to clone and to share between tests.
#[derive(Clone)]
pub struct Snapshot {
    restore: Arc<dyn Fn(&mut MinimalSandbox) + Send + Sync>,
    now_ms: Millis,
}

impl Default for Embedded {
    fn default() -> Self {
        Self::new()
    }
}

impl From<&Snapshot> for Embedded {
    fn from(snapshot: &Snapshot) -> Self {
        let mut chain = Self::new();
        chain.restore(snapshot);
        chain
    }
}

impl Embedded {
    /// A chain in its first block, at [`START_MS`].
    pub fn new() -> Self {
        let mut sandbox = MinimalSandbox::default();
        sandbox.set_timestamp(START_MS);
        let genesis_hash = sandbox.execute_with(|| System::block_hash(0));
        Self {
            sandbox,
            now_ms: START_MS,
            genesis_hash: genesis_hash.0.into(),
            gas_limit: GAS_LIMIT,
        }
    }

    /// The state now.
    pub fn snapshot(&mut self) -> Snapshot {
        let state = self.sandbox.take_snapshot();
        Snapshot {
            restore: Arc::new(move |sandbox| sandbox.restore_snapshot(state.clone())),
            now_ms: self.now_ms,
        }
    }

    /// Returns to a state, its clock included.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        (snapshot.restore)(&mut self.sandbox);
        self.now_ms = snapshot.now_ms;
    }

    /// [`Chain::advance`], which cannot fail here.
    pub fn advance(&mut self, ms: Millis) {
        self.now_ms = self.now_ms.saturating_add(ms);
        let now_ms = self.now_ms;
        self.sandbox.execute_with(|| {
            // The block before is not finalized: that only computes its storage root, which takes longer and
            // longer, and which nobody reads.
            let next = System::block_number().saturating_add(1);
            MinimalSandbox::initialize_block(next, Default::default());
            // A new block has the wall clock's time, in seconds.
            Timestamp::set_timestamp(now_ms);
        });
    }

    /// [`Chain::native_balance`], which cannot fail here.
    pub fn native_balance(&mut self, account: AccountId) -> Balance {
        self.sandbox.free_balance(&native(account))
    }

    /// What a contract has stored under a key: a root key and, in a mapping, what is mapped.
    pub fn stored(&mut self, contract: AccountId, key: &[u8]) -> Option<Vec<u8>> {
        let key = key.to_vec();
        self.sandbox
            .execute_with(|| Contracts::get_storage(native(contract), key))
            .ok()
            .flatten()
    }

    fn gas(&self) -> Weight {
        Weight::from_parts(self.gas_limit.0, self.gas_limit.1)
    }

    /// Runs a call in a storage transaction, and keeps what it did only if `keep` says so and it succeeded.
    fn call_and(
        &mut self,
        keep: bool,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        let gas = self.gas();
        self.transaction(keep, || {
            let origin = native(origin);
            let limit = affordable(&origin, value);
            let done = Contracts::bare_call(
                origin,
                native(to),
                value,
                gas,
                Some(limit),
                data,
                DebugInfo::UnsafeDebug,
                CollectEvents::Skip,
                Determinism::Enforced,
            );
            let returned = done.result.map_err(|e| trap(e, &done.debug_message))?;
            Ok((
                (),
                receipt(returned, done.gas_consumed, done.storage_deposit),
            ))
        })
        .map(|((), receipt)| receipt)
    }

    /// As the pallet's extrinsics are: a trap or a refusal leaves no trace.
    fn transaction<T>(
        &mut self,
        keep: bool,
        act: impl FnOnce() -> Result<(T, Receipt), Trap>,
    ) -> Result<(T, Receipt), Trap> {
        self.sandbox.execute_with(|| {
            reset_events();
            with_transaction(|| {
                let result = act();
                let succeeded = matches!(&result, Ok((_, receipt)) if !receipt.reverted);
                if keep && succeeded {
                    TransactionOutcome::Commit(Ok::<_, DispatchError>(result))
                } else {
                    TransactionOutcome::Rollback(Ok(result))
                }
            })
            .unwrap_or_else(|e| Err(trap(e, &[])))
        })
    }
}

impl Chain for Embedded {
    fn name(&self) -> &str {
        "embedded"
    }

    fn now_ms(&self) -> Millis {
        self.now_ms
    }

    fn advance(&mut self, ms: Millis) -> Result<(), Trap> {
        Self::advance(self, ms);
        Ok(())
    }

    fn genesis_hash(&self) -> Hash {
        self.genesis_hash
    }

    fn fund(&mut self, account: AccountId, amount: Balance) -> Result<(), Trap> {
        self.sandbox
            .execute_with(|| Balances::mint_into(&native(account), amount))
            .map(drop)
            .map_err(|e| trap(e, &[]))
    }

    fn transfer(&mut self, from: AccountId, to: AccountId, amount: Balance) -> Result<(), Trap> {
        let (from, to) = (native(from), native(to));
        self.sandbox
            .execute_with(|| Balances::transfer(&from, &to, amount, Preservation::Expendable))
            .map(drop)
            .map_err(|e| trap(e, &[]))
    }

    fn native_balance(&mut self, account: AccountId) -> Result<Balance, Trap> {
        Ok(Self::native_balance(self, account))
    }

    fn existential_deposit(&self) -> Balance {
        Balances::minimum_balance()
    }

    fn storage_prices(&self) -> (Balance, Balance) {
        // Of the runtime, which does not let them be read.
        (1, 1)
    }

    fn upload(&mut self, origin: AccountId, wasm: &[u8]) -> Result<Hash, Trap> {
        self.sandbox
            .execute_with(|| {
                let origin = native(origin);
                let limit = affordable(&origin, 0);
                Contracts::bare_upload_code(
                    origin,
                    wasm.to_vec(),
                    Some(limit),
                    Determinism::Enforced,
                )
            })
            .map(|uploaded| uploaded.code_hash.0.into())
            .map_err(|e| trap(e, &[]))
    }

    fn instantiate(
        &mut self,
        origin: AccountId,
        code: Hash,
        value: Balance,
        data: Vec<u8>,
        salt: &[u8],
    ) -> Result<(AccountId, Receipt), Trap> {
        let gas = self.gas();
        self.transaction(true, || {
            let origin = native(origin);
            let limit = affordable(&origin, value);
            let code: [u8; 32] = code.into();
            let done = Contracts::bare_instantiate(
                origin,
                value,
                gas,
                Some(limit),
                Code::Existing(code.into()),
                data,
                salt.to_vec(),
                DebugInfo::UnsafeDebug,
                CollectEvents::Skip,
            );
            let made = done.result.map_err(|e| trap(e, &done.debug_message))?;
            let address: [u8; 32] = made.account_id.into();
            let receipt = receipt(made.result, done.gas_consumed, done.storage_deposit);
            Ok((address.into(), receipt))
        })
    }

    fn call(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        self.call_and(true, origin, to, value, data)
    }

    fn dry_run(
        &mut self,
        origin: AccountId,
        to: AccountId,
        value: Balance,
        data: Vec<u8>,
    ) -> Result<Receipt, Trap> {
        self.call_and(false, origin, to, value, data)
    }

    fn limit_gas(&mut self, ref_time: u64, proof_size: u64) {
        self.gas_limit = (ref_time, proof_size);
    }

    fn unlimit_gas(&mut self) {
        self.gas_limit = GAS_LIMIT;
    }

    fn state(&mut self) -> Option<Snapshot> {
        Some(self.snapshot())
    }
}

fn native(account: AccountId) -> AccountId32 {
    AccountId32::new(*account.as_ref())
}

/// The largest storage deposit that the pallet accepts as a limit. Its default limit is far too small.
fn affordable(origin: &AccountId32, value: Balance) -> Balance {
    Balances::reducible_balance(origin, Preservation::Preserve, Fortitude::Polite)
        .saturating_sub(value)
        .saturating_sub(Balances::minimum_balance())
}

fn receipt(
    returned: ExecReturnValue,
    gas: Weight,
    deposit: pallet_contracts::StorageDeposit<Balance>,
) -> Receipt {
    Receipt {
        reverted: returned.did_revert(),
        output: returned.data,
        events: emitted(),
        ref_time: gas.ref_time(),
        proof_size: gas.proof_size(),
        deposit: match deposit {
            pallet_contracts::StorageDeposit::Charge(paid) => signed(paid),
            pallet_contracts::StorageDeposit::Refund(back) => signed(back).saturating_neg(),
        },
        at_ms: Timestamp::get(),
        seen_ms: Timestamp::get(),
    }
}

fn signed(amount: Balance) -> i128 {
    i128::try_from(amount).unwrap_or(i128::MAX)
}

/// Forgets the block's events, which otherwise pile up, so that each call is slower than the one before. The pallet's own
/// `reset_events` looks for topics at every key that was ever written, and so does the same.
fn reset_events() {
    let key = |item: &[u8]| storage_prefix(b"System", item);
    let topics = System::read_events_no_consensus().flat_map(|record| record.topics);
    for topic in topics.collect::<Vec<_>>() {
        let topic = Blake2_128Concat::hash(topic.as_ref());
        unhashed::kill(&[&key(b"EventTopics")[..], &topic].concat());
    }
    unhashed::kill(&key(b"Events"));
    unhashed::kill(&key(b"EventCount"));
}

/// What contracts have emitted since the events were reset.
fn emitted() -> Vec<RawEvent> {
    System::read_events_no_consensus()
        .filter_map(|record| {
            let RuntimeEvent::Contracts(pallet_contracts::Event::ContractEmitted {
                contract,
                data,
            }) = record.event
            else {
                return None;
            };
            let contract: [u8; 32] = contract.into();
            Some(RawEvent {
                contract: contract.into(),
                topics: record
                    .topics
                    .into_iter()
                    .map(|topic| topic.0.into())
                    .collect(),
                data,
            })
        })
        .collect()
}

fn trap(error: DispatchError, debug_message: &[u8]) -> Trap {
    let name = match error {
        DispatchError::Module(module) => module.message.map(str::to_owned),
        _ => None,
    };
    Trap::new(
        name.unwrap_or_else(|| format!("{error:?}")),
        String::from_utf8_lossy(debug_message).trim(),
    )
}
