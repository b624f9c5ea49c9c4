//! The other contracts, as the pricing engine asks them. Every failed call is an error, never a zero; but for what is at stake, which
//! a contract of somebody else tells.

use crate::{rules::End, Result};
use ink::{
    codegen::TraitCallBuilder as _,
    env::{
        call::{
            build_call,
            utils::{ReturnType, Set},
            Call, CallBuilder, ExecutionInput, Selector,
        },
        DefaultEnvironment,
    },
    prelude::{vec, vec::Vec},
    scale::{Decode, DecodeAll, Encode, Error as CodecError, Input, Output},
};
use vilokanam_interfaces::{
    AccountId, AssetId, ChargeItem, Millis, PassDiscount, PassOffice, PaymentHandler,
    PricingEngineError as Error, Stake, StakeView, StreamFacts, StreamId, StreamRegistry, Wiring,
};

/// A message to another contract.
type Message<Args, R> = CallBuilder<
    DefaultEnvironment,
    Set<Call<DefaultEnvironment>>,
    Set<ExecutionInput<Args>>,
    Set<ReturnType<R>>,
>;

/// Bytes as they are.
struct Raw(Vec<u8>);

impl Encode for Raw {
    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        output.write(&self.0);
    }
}

impl Decode for Raw {
    fn decode<I: Input>(input: &mut I) -> core::result::Result<Self, CodecError> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap_or(0)];
        input.read(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// What a call may use of the caller's gas, in reference time and proof; zeros: all that is left.
type GasLimit = (u64, u64);

/// Sends a message, and returns the bytes of the answer. One for all: each type of its own would be a copy of this code.
#[inline(never)]
fn send(to: AccountId, input: &[u8], (ref_time, proof): GasLimit) -> Option<Vec<u8>> {
    let (selector, arguments) = input.split_first_chunk()?;
    let sent = build_call::<DefaultEnvironment>()
        .call(to)
        .ref_time_limit(ref_time)
        .proof_size_limit(proof)
        .exec_input(ExecutionInput::new(Selector::new(*selector)).push_arg(Raw(arguments.to_vec())))
        .returns::<Raw>()
        .try_invoke();
    match sent {
        Ok(Ok(Raw(answer))) => Some(answer),
        _ => None,
    }
}

/// What a contract answers.
fn answer<Args: Encode, T: Decode>(message: Message<Args, T>) -> Result<T> {
    answer_within(message, (0, 0))
}

/// What a contract answers within a limit.
fn answer_within<Args: Encode, T: Decode>(message: Message<Args, T>, limit: GasLimit) -> Result<T> {
    let message = message.params();
    let answer = send(*message.callee(), &message.exec_input().encode(), limit);
    match answer.map(|answer| T::decode_all(&mut &answer[..])) {
        Some(Ok(answer)) => Ok(answer),
        _ => Err(Error::CallFailed),
    }
}

/// What a staking contract may use: 20 ms of reference time, half a megabyte of proof.
const STAKE_LIMIT: GasLimit = (20_000_000_000, 524_288);

/// The other contracts, known to be wired.
#[derive(Debug, Clone, Copy)]
pub struct Wired {
    registry: AccountId,
    payments: AccountId,
    passes: AccountId,
}

impl Wired {
    /// All of them, or `NotWired`.
    pub fn new(wiring: Wiring) -> Result<Self> {
        match (wiring.registry, wiring.payments, wiring.passes) {
            (Some(registry), Some(payments), Some(passes)) => Ok(Self {
                registry,
                payments,
                passes,
            }),
            _ => Err(Error::NotWired),
        }
    }

    /// What the registry knows of a stream, if it has it.
    pub fn facts(&self, stream: StreamId) -> Result<Option<StreamFacts>> {
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) = self.registry.into();
        answer(registry.call().facts(stream))
    }

    /// The ends of the items' broadcasts: one call, whatever their number. One to come by the clock of `now_ms` is none yet.
    pub fn ends(&self, items: &[ChargeItem], now_ms: Millis) -> Result<Vec<End>> {
        let mut broadcasts = Vec::new();
        for item in items {
            let broadcast = (item.stream, item.broadcast);
            if !broadcasts.contains(&broadcast) {
                broadcasts.push(broadcast);
            }
        }
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) = self.registry.into();
        let ends = answer(registry.call().broadcast_ends(broadcasts.clone()))?;
        if ends.len() != broadcasts.len() {
            return Err(Error::CallFailed);
        }
        let known = |end_ms: Millis| if end_ms > now_ms { Millis::MAX } else { end_ms };
        broadcasts
            .into_iter()
            .zip(ends)
            .map(|(broadcast, end_ms)| Some((broadcast, known(end_ms?))))
            .collect::<Option<_>>()
            .ok_or(Error::BroadcastNotFound)
    }

    /// What the registry knows of a stream that `account` owns or operates.
    pub fn operated(&self, stream: StreamId, account: AccountId) -> Result<StreamFacts> {
        let facts = self.facts(stream)?.ok_or(Error::StreamNotFound)?;
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) = self.registry.into();
        if !answer(registry.call().may_operate(stream, account))? {
            return Err(Error::NotOperator);
        }
        Ok(facts)
    }

    /// Whether new money is taken in an asset.
    pub fn is_allowed(&self, asset: AssetId) -> Result<bool> {
        let payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) = self.payments.into();
        let asset = answer(payments.call().asset(asset))?;
        Ok(asset.is_some_and(|asset| asset.allowed))
    }

    /// Until when deposits and new holds are paused.
    pub fn paused_until(&self) -> Result<Millis> {
        let payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) = self.payments.into();
        answer(payments.call().paused_until())
    }

    /// The best that a viewer's passes give now on a stream of `owner`.
    pub fn pass(
        &self,
        viewer: AccountId,
        stream: StreamId,
        owner: AccountId,
    ) -> Result<Option<PassDiscount>> {
        let passes: ink::contract_ref!(PassOffice, DefaultEnvironment) = self.passes.into();
        answer(passes.call().discount(viewer, stream, owner))
    }
}

/// What an account has at stake, if its contract tells.
pub fn stake(contract: AccountId, account: AccountId) -> Option<Stake> {
    let staking: ink::contract_ref!(StakeView, DefaultEnvironment) = contract.into();
    answer_within(staking.call().stake(account), STAKE_LIMIT).ok()
}
