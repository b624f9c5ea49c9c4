//! The other contracts, as this one asks them. Every failed call is an error, never a zero.

use ink::{
    codegen::TraitCallBuilder as _,
    env::{DefaultEnvironment, Error as EnvError},
    LangError,
};
use vilokanam_interfaces::{
    AccountId, Balance, PassOfficeError as Error, Payment, PaymentDesk, StreamFacts, StreamId,
    StreamRegistry, Wiring,
};

/// The other contracts, known to be wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wired {
    registry: AccountId,
    payments: AccountId,
}

/// What a contract answered, or `failed` if it did not.
fn answer<T>(result: Result<Result<T, LangError>, EnvError>, failed: Error) -> Result<T, Error> {
    match result {
        Ok(Ok(answer)) => Ok(answer),
        _ => Err(failed),
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

    /// What the registry knows of a stream.
    pub fn facts(&self, stream: StreamId) -> Result<StreamFacts, Error> {
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) = self.registry.into();
        let facts = registry.call().facts(stream).try_invoke();
        answer(facts, Error::RegistryFailed)?.ok_or(Error::StreamNotFound)
    }

    /// Pays from a pool to payees, and returns the fee.
    pub fn pay(&self, payment: Payment) -> Result<Balance, Error> {
        let mut payments: ink::contract_ref!(PaymentDesk, DefaultEnvironment) =
            self.payments.into();
        let fee = payments.call_mut().pay(payment).try_invoke();
        answer(fee, Error::PaymentsFailed)?.map_err(Error::Payments)
    }
}
