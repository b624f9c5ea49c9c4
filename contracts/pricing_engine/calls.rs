//! The other contracts, as this one asks them. Every failed call is an error, never a zero.

use ink::{
    codegen::TraitCallBuilder as _,
    env::{DefaultEnvironment, Error as EnvError},
    prelude::vec::Vec,
    LangError,
};
use vilokanam_interfaces::{
    AccountId, AssetId, BroadcastNo, Millis, PaymentHandler, PricingEngineError as Error,
    StreamFacts, StreamId, StreamRegistry, Wiring,
};

/// The other contracts, known to be wired.
#[derive(Debug, Clone, Copy)]
pub struct Wired {
    registry: AccountId,
    payments: AccountId,
}

fn answer<T>(result: Result<Result<T, LangError>, EnvError>) -> Result<T, Error> {
    match result {
        Ok(Ok(answer)) => Ok(answer),
        _ => Err(Error::CallFailed),
    }
}

impl Wired {
    /// Both of them, or `NotWired`.
    pub fn new(wiring: Wiring) -> Result<Self, Error> {
        match (wiring.registry, wiring.payments) {
            (Some(registry), Some(payments)) => Ok(Self { registry, payments }),
            _ => Err(Error::NotWired),
        }
    }

    /// What the registry knows of a stream, if it has it.
    pub fn facts(&self, stream: StreamId) -> Result<Option<StreamFacts>, Error> {
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) = self.registry.into();
        answer(registry.call().facts(stream).try_invoke())
    }

    /// When broadcasts end or ended, in order.
    pub fn ends(&self, broadcasts: Vec<(StreamId, BroadcastNo)>) -> Result<Vec<Millis>, Error> {
        let asked = broadcasts.len();
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) = self.registry.into();
        let ends = answer(registry.call().broadcast_ends(broadcasts).try_invoke())?;
        if ends.len() != asked {
            return Err(Error::CallFailed);
        }
        let ends: Option<_> = ends.into_iter().collect();
        ends.ok_or(Error::BroadcastNotFound)
    }

    /// What the registry knows of a stream that `account` owns or operates.
    pub fn operated(&self, stream: StreamId, account: AccountId) -> Result<StreamFacts, Error> {
        let facts = self.facts(stream)?.ok_or(Error::StreamNotFound)?;
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) = self.registry.into();
        if !answer(registry.call().may_operate(stream, account).try_invoke())? {
            return Err(Error::NotOperator);
        }
        Ok(facts)
    }

    /// Whether new money is taken in an asset.
    pub fn is_allowed(&self, asset: AssetId) -> Result<bool, Error> {
        let payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) = self.payments.into();
        let asset = answer(payments.call().asset(asset).try_invoke())?;
        Ok(asset.is_some_and(|asset| asset.allowed))
    }

    /// Until when deposits and new holds are paused.
    pub fn paused_until(&self) -> Result<Millis, Error> {
        let payments: ink::contract_ref!(PaymentHandler, DefaultEnvironment) = self.payments.into();
        answer(payments.call().paused_until().try_invoke())
    }
}
