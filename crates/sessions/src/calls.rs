//! The other contracts, as this one asks them. Every failed call is an error, never a zero.

use crate::Checked;
use ink::{
    codegen::TraitCallBuilder as _,
    env::{DefaultEnvironment, Error as EnvError},
    prelude::vec::Vec,
    LangError,
};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, ChargeItem, Charged, Class, FeeTerms, Millis, Offer, OpenRequest,
    PayTerms, PaymentHandler, PricingEngine, SettleItem, StreamId, StreamRegistry,
    TickStreamError as Error, Wiring,
};

/// The other contracts, known to be wired.
#[derive(Debug, Clone, Copy)]
pub struct Wired {
    registry: AccountId,
    pricing: AccountId,
    /// Moves the money.
    pub payments: AccountId,
}

/// What a contract answered, or `failed` if it did not.
fn answer<T>(result: Result<Result<T, LangError>, EnvError>, failed: Error) -> Checked<T> {
    match result {
        Ok(Ok(answer)) => Ok(answer),
        _ => Err(failed.into()),
    }
}

impl Wired {
    /// All of them, or `NotWired`.
    pub fn new(wiring: Wiring) -> Checked<Self> {
        match (wiring.registry, wiring.pricing, wiring.payments) {
            (Some(registry), Some(pricing), Some(payments)) => Ok(Self {
                registry,
                pricing,
                payments,
            }),
            _ => Err(Error::NotWired.into()),
        }
    }

    /// Fails unless the registry has the stream: they are numbered from 1, without gaps.
    pub fn ensure_stream(&self, stream: StreamId) -> Checked<()> {
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) = self.registry.into();
        let count = answer(
            registry.call().stream_count().try_invoke(),
            Error::RegistryFailed,
        )?;
        if !(1..=count).contains(&stream) {
            return Err(Error::StreamNotFound.into());
        }
        Ok(())
    }

    /// What a session would be opened on.
    pub fn offer(&self, viewer: AccountId, request: &OpenRequest) -> Checked<Offer> {
        let pricing: ink::contract_ref!(PricingEngine, DefaultEnvironment) = self.pricing.into();
        let offer = pricing.call().offer(viewer, *request).try_invoke();
        answer(offer, Error::PricingFailed)?.map_err(|refusal| Error::Pricing(refusal).into())
    }

    /// Charges sessions up to `now_ms`, in order.
    pub fn charge(&self, now_ms: Millis, items: Vec<ChargeItem>) -> Checked<Vec<Charged>> {
        let asked = items.len();
        let pricing: ink::contract_ref!(PricingEngine, DefaultEnvironment) = self.pricing.into();
        let charged = pricing.call().charge(now_ms, items).try_invoke();
        let charged = answer(charged, Error::PricingFailed)?.map_err(Error::Pricing)?;
        if charged.len() != asked {
            return Err(Error::PricingFailed.into());
        }
        Ok(charged)
    }

    /// Opens a hold on a viewer's pool.
    pub fn hold(
        &self,
        viewer: AccountId,
        request: &OpenRequest,
        class: Class,
    ) -> Checked<FeeTerms> {
        let mut payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) =
            self.payments.into();
        let fees = payments
            .call_mut()
            .hold(viewer, request.asset, request.hold, class)
            .try_invoke();
        answer(fees, Error::PaymentsFailed)?.map_err(|refusal| Error::Payments(refusal).into())
    }

    /// Adds to a hold from a payer's pool.
    pub fn top_up(&self, payer: AccountId, asset: AssetId, amount: Balance) -> Checked<()> {
        let mut payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) =
            self.payments.into();
        let done = payments
            .call_mut()
            .top_up(payer, asset, amount)
            .try_invoke();
        answer(done, Error::PaymentsFailed)?.map_err(|refusal| Error::Payments(refusal).into())
    }

    /// What `hold` would answer.
    pub fn would_hold(
        &self,
        viewer: AccountId,
        request: &OpenRequest,
        class: Class,
    ) -> Checked<FeeTerms> {
        let payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) = self.payments.into();
        let fees = payments
            .call()
            .would_hold(viewer, request.asset, request.hold, class)
            .try_invoke();
        answer(fees, Error::PaymentsFailed)?.map_err(|refusal| Error::Payments(refusal).into())
    }
}

/// Moves what sessions owe, and releases the holds that end.
pub fn settle(payments: AccountId, terms: Vec<PayTerms>, items: Vec<SettleItem>) -> Checked<()> {
    let mut payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) = payments.into();
    let done = payments.call_mut().settle(terms, items).try_invoke();
    answer(done, Error::PaymentsFailed)?.map_err(|refusal| Error::Payments(refusal).into())
}
