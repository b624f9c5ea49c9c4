//! The other contracts, as this one asks them. Every failed call is an error, never a zero.
//!
//! What they answer is decoded, what they refuse is not: a refusal ends the call at once, and goes to the caller as it came. The meter
//! could only do the same with it, by the code of all their errors, which every call would load.

use crate::{seats::NOBODY, Checked};
use ink::{
    codegen::TraitCallBuilder as _,
    env::{
        call::{
            build_call,
            utils::{ReturnType, Set},
            Call, CallBuilder, ExecutionInput, Selector,
        },
        DefaultEnvironment, ReturnFlags,
    },
    prelude::{vec, vec::Vec},
    scale::{Decode, DecodeAll, Encode, Error as CodecError, Input, Output},
};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, ChargeItem, Charged, FeeTerms, Holds, Millis, Offer, OpenRequest,
    Patronage, PayTerms, PaymentDesk, PaymentHandler, PermittedDeposit, PricingPlans, SettleItem,
    SponsoredHold, StreamId, StreamRegistry, TickStreamError as Error, Wiring,
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
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap_or(0)];
        input.read(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// Sends a message, and returns the bytes of the answer. One for all: each type of its own would be a copy of this code.
#[inline(never)]
fn send(to: AccountId, input: &[u8]) -> Option<Vec<u8>> {
    let (selector, arguments) = input.split_first_chunk()?;
    let sent = build_call::<DefaultEnvironment>()
        .call(to)
        .exec_input(ExecutionInput::new(Selector::new(*selector)).push_arg(Raw(arguments.to_vec())))
        .returns::<Raw>()
        .try_invoke();
    match sent {
        Ok(Ok(Raw(answer))) => Some(answer),
        _ => None,
    }
}

/// What a contract answers to a message that it does not refuse, or `failed`.
fn told<Args: Encode, T: Decode>(message: Message<Args, T>, failed: Error) -> Checked<T> {
    let message = message.params();
    let answer = send(*message.callee(), &message.exec_input().encode());
    match answer.map(|answer| T::decode_all(&mut &answer[..])) {
        Some(Ok(answer)) => Ok(answer),
        _ => Err(failed.into()),
    }
}

/// Which error a refusal becomes: its place in `TickStreamError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// `Pricing(_)`.
    Pricing = 4,
    /// `Payments(_)`.
    Payments = 5,
    /// `Patronage(_)`.
    Patronage = 36,
}

/// What a contract answers, or `failed`. If it refuses, the call ends with that.
fn answer<Args: Encode, T: Decode, E>(
    message: Message<Args, Result<T, E>>,
    failed: Error,
    refused: Refused,
) -> Checked<T> {
    let message = message.params();
    let answer = send(*message.callee(), &message.exec_input().encode()).unwrap_or_default();
    match answer.split_first() {
        Some((0, mut answer)) => T::decode_all(&mut answer).map_err(|_| failed.into()),
        Some((1, refusal)) => refuse(refused, refusal),
        _ => Err(failed.into()),
    }
}

/// Ends the call, and answers what another contract refused.
fn refuse(refused: Refused, refusal: &[u8]) -> ! {
    // `Ok` of the call, `Err` of the message.
    let mut answer = vec![0, 1, refused as u8];
    answer.extend_from_slice(refusal);
    ink::env::return_value(ReturnFlags::REVERT, &Raw(answer))
}

/// The other contracts, known to be wired.
#[derive(Debug, Clone, Copy)]
pub struct Wired(Wiring);

/// A slot that is known to be filled.
#[inline(never)]
fn filled(slot: &Option<AccountId>) -> AccountId {
    slot.unwrap_or(NOBODY.into())
}

impl Wired {
    /// All of them, or `NotWired`.
    pub fn new(wiring: Wiring) -> Checked<Self> {
        let slots = [
            &wiring.registry,
            &wiring.pricing,
            &wiring.payments,
            &wiring.patronage,
        ];
        if slots.into_iter().any(Option::is_none) {
            return Err(Error::NotWired.into());
        }
        Ok(Self(wiring))
    }

    /// Moves the money.
    pub fn payments(&self) -> AccountId {
        filled(&self.0.payments)
    }

    /// Fails unless the registry has the stream: they are numbered from 1, without gaps.
    pub fn ensure_stream(&self, stream: StreamId) -> Checked<()> {
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) =
            filled(&self.0.registry).into();
        let count = told(registry.call().stream_count(), Error::RegistryFailed)?;
        if !(1..=count).contains(&stream) {
            return Err(Error::StreamNotFound.into());
        }
        Ok(())
    }

    /// What a session would be opened on.
    pub fn offer(&self, viewer: AccountId, audience: u32, request: &OpenRequest) -> Checked<Offer> {
        let pricing: ink::contract_ref!(PricingPlans, DefaultEnvironment) =
            filled(&self.0.pricing).into();
        let offer = pricing.call().offer(viewer, audience, *request);
        answer(offer, Error::PricingFailed, Refused::Pricing)
    }

    /// Charges sessions up to `now_ms`, in order.
    pub fn charge(&self, now_ms: Millis, items: Vec<ChargeItem>) -> Checked<Vec<Charged>> {
        let asked = items.len();
        let pricing: ink::contract_ref!(PricingPlans, DefaultEnvironment) =
            filled(&self.0.pricing).into();
        let charge = pricing.call().charge(now_ms, items);
        let charged = answer(charge, Error::PricingFailed, Refused::Pricing)?;
        if charged.len() != asked {
            return Err(Error::PricingFailed.into());
        }
        Ok(charged)
    }

    /// Opens a hold on a payer's pool.
    pub fn hold(
        &self,
        payer: AccountId,
        request: &OpenRequest,
        offer: &Offer,
    ) -> Checked<FeeTerms> {
        let mut payments: ink::contract_ref!(Holds, DefaultEnvironment) = self.payments().into();
        let (class, category) = (offer.class, offer.category);
        paid(
            payments
                .call_mut()
                .hold(payer, request.asset, request.hold, class, category),
        )
    }

    /// What `hold` would answer.
    pub fn would_hold(
        &self,
        payer: AccountId,
        request: &OpenRequest,
        offer: &Offer,
    ) -> Checked<FeeTerms> {
        let payments: ink::contract_ref!(Holds, DefaultEnvironment) = self.payments().into();
        let (class, category) = (offer.class, offer.category);
        paid(
            payments
                .call()
                .would_hold(payer, request.asset, request.hold, class, category),
        )
    }

    /// Adds to a hold from a payer's pool; `held` is what the payer's limit of a session counts besides.
    pub fn top_up(
        &self,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        category: u16,
        held: Balance,
    ) -> Checked<()> {
        let mut payments: ink::contract_ref!(Holds, DefaultEnvironment) = self.payments().into();
        paid(
            payments
                .call_mut()
                .top_up(payer, asset, amount, category, held),
        )
    }

    /// Moves tokens of a viewer to their pool.
    pub fn deposit(
        &self,
        viewer: AccountId,
        asset: AssetId,
        deposit: PermittedDeposit,
    ) -> Checked<()> {
        let mut payments: ink::contract_ref!(PaymentDesk, DefaultEnvironment) =
            self.payments().into();
        paid(
            payments
                .call_mut()
                .deposit_permitted(viewer, asset, deposit),
        )
    }

    /// The pool of a sponsor's budget and the latest end that it sets, for a session of `viewer` that is noted there.
    pub fn sponsor(
        &self,
        sponsor: AccountId,
        viewer: AccountId,
        request: &OpenRequest,
    ) -> Checked<SponsoredHold> {
        let mut patronage: ink::contract_ref!(Patronage, DefaultEnvironment) =
            filled(&self.0.patronage).into();
        let message = patronage.call_mut().sponsor_session(
            sponsor,
            viewer,
            request.stream,
            request.asset,
            request.hold,
            request.ceiling,
        );
        answer(message, Error::PatronageFailed, Refused::Patronage)
    }

    /// What `sponsor` would answer.
    pub fn would_sponsor(
        &self,
        sponsor: AccountId,
        viewer: AccountId,
        request: &OpenRequest,
    ) -> Checked<SponsoredHold> {
        let patronage: ink::contract_ref!(Patronage, DefaultEnvironment) =
            filled(&self.0.patronage).into();
        let message = patronage.call().would_sponsor(
            sponsor,
            viewer,
            request.stream,
            request.asset,
            request.hold,
            request.ceiling,
        );
        answer(message, Error::PatronageFailed, Refused::Patronage)
    }
}

/// What the payment handler answers.
fn paid<Args: Encode, T: Decode, E>(message: Message<Args, Result<T, E>>) -> Checked<T> {
    answer(message, Error::PaymentsFailed, Refused::Payments)
}

/// Moves what sessions owe, and releases the holds that end.
pub fn settle(payments: AccountId, terms: Vec<PayTerms>, items: Vec<SettleItem>) -> Checked<()> {
    let mut payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) = payments.into();
    paid(payments.call_mut().settle(terms, items))
}
