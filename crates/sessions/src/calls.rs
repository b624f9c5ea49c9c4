//! The other contracts, as this one asks them. Every failed call is an error, never a zero.

use crate::Checked;
use ink::{
    codegen::TraitCallBuilder as _,
    env::{DefaultEnvironment, Error as EnvError},
    prelude::vec::Vec,
    LangError,
};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, ChargeItem, Charged, FeeTerms, Holds, Millis, Offer, OpenRequest,
    Patronage, PayTerms, PaymentDesk, PaymentHandler, PaymentHandlerError, PermittedDeposit,
    PricingPlans, SettleItem, StreamId, StreamRegistry, TickStreamError as Error, Wiring,
};

/// What the payment handler answered.
fn paid<T>(result: Result<Answer<T, PaymentHandlerError>, EnvError>) -> Checked<T> {
    answer(result, Error::PaymentsFailed)?.map_err(|refusal| Error::Payments(refusal).into())
}

/// What a message that can refuse answers.
type Answer<T, E> = Result<Result<T, E>, LangError>;

/// The other contracts, known to be wired.
#[derive(Debug, Clone, Copy)]
pub struct Wired {
    registry: AccountId,
    pricing: AccountId,
    /// Moves the money.
    pub payments: AccountId,
    patronage: AccountId,
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
        let Wiring {
            registry: Some(registry),
            pricing: Some(pricing),
            payments: Some(payments),
            patronage: Some(patronage),
            ..
        } = wiring
        else {
            return Err(Error::NotWired.into());
        };
        Ok(Self {
            registry,
            pricing,
            payments,
            patronage,
        })
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
    pub fn offer(&self, viewer: AccountId, audience: u32, request: &OpenRequest) -> Checked<Offer> {
        let pricing: ink::contract_ref!(PricingPlans, DefaultEnvironment) = self.pricing.into();
        let offer = pricing
            .call()
            .offer(viewer, audience, *request)
            .try_invoke();
        answer(offer, Error::PricingFailed)?.map_err(|refusal| Error::Pricing(refusal).into())
    }

    /// Charges sessions up to `now_ms`, in order.
    pub fn charge(&self, now_ms: Millis, items: Vec<ChargeItem>) -> Checked<Vec<Charged>> {
        let asked = items.len();
        let pricing: ink::contract_ref!(PricingPlans, DefaultEnvironment) = self.pricing.into();
        let charged = pricing.call().charge(now_ms, items).try_invoke();
        let charged = answer(charged, Error::PricingFailed)?.map_err(Error::Pricing)?;
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
        let mut payments: ink::contract_ref!(Holds, DefaultEnvironment) = self.payments.into();
        let (class, category) = (offer.class, offer.category);
        let fees = payments
            .call_mut()
            .hold(payer, request.asset, request.hold, class, category)
            .try_invoke();
        paid(fees)
    }

    /// What `hold` would answer.
    pub fn would_hold(
        &self,
        payer: AccountId,
        request: &OpenRequest,
        offer: &Offer,
    ) -> Checked<FeeTerms> {
        let payments: ink::contract_ref!(Holds, DefaultEnvironment) = self.payments.into();
        let (class, category) = (offer.class, offer.category);
        let fees = payments
            .call()
            .would_hold(payer, request.asset, request.hold, class, category)
            .try_invoke();
        paid(fees)
    }

    /// Adds to a hold from a payer's pool; `held` is what the payer's limit of the session counts besides.
    pub fn top_up(
        &self,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        category: u16,
        held: Balance,
    ) -> Checked<()> {
        let mut payments: ink::contract_ref!(Holds, DefaultEnvironment) = self.payments.into();
        let done = payments
            .call_mut()
            .top_up(payer, asset, amount, category, held)
            .try_invoke();
        paid(done)
    }

    /// Moves tokens of a viewer to their pool.
    pub fn deposit(
        &self,
        viewer: AccountId,
        asset: AssetId,
        deposit: PermittedDeposit,
    ) -> Checked<()> {
        let mut payments: ink::contract_ref!(PaymentDesk, DefaultEnvironment) =
            self.payments.into();
        let done = payments
            .call_mut()
            .deposit_permitted(viewer, asset, deposit)
            .try_invoke();
        paid(done)
    }

    /// The pool of a sponsor's budget, for a session of `viewer`; noted there if it opens.
    pub fn sponsor(
        &self,
        sponsor: AccountId,
        viewer: AccountId,
        request: &OpenRequest,
        opens: bool,
    ) -> Checked<AccountId> {
        let mut patronage: ink::contract_ref!(Patronage, DefaultEnvironment) =
            self.patronage.into();
        let OpenRequest {
            stream,
            asset,
            hold,
            ceiling,
            ..
        } = *request;
        let pool = if opens {
            patronage
                .call_mut()
                .sponsor_session(sponsor, viewer, stream, asset, hold, ceiling)
                .try_invoke()
        } else {
            patronage
                .call()
                .would_sponsor(sponsor, viewer, stream, asset, hold, ceiling)
                .try_invoke()
        };
        answer(pool, Error::PatronageFailed)?.map_err(|refusal| Error::Patronage(refusal).into())
    }
}

/// Moves what sessions owe, and releases the holds that end.
pub fn settle(payments: AccountId, terms: Vec<PayTerms>, items: Vec<SettleItem>) -> Checked<()> {
    let mut payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) = payments.into();
    let done = payments.call_mut().settle(terms, items).try_invoke();
    paid(done)
}
