//! The other contracts, as this one asks them. Every failed call is an error, never a zero.

use ink::{
    codegen::TraitCallBuilder as _,
    env::{DefaultEnvironment, Error as EnvError},
    LangError,
};
use vilokanam_interfaces::{
    AccountId, Balance, Directory, External, ExternalId, PatronageError as Error, Payment,
    PaymentDesk, Shift, StreamFacts, StreamId, StreamRegistry, Wiring,
};

/// The other contracts, known to be wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wired {
    registry: AccountId,
    payments: AccountId,
    directory: AccountId,
}

/// What a contract answered, or `failed` if it did not.
fn answer<T>(result: Result<Result<T, LangError>, EnvError>, failed: Error) -> Result<T, Error> {
    match result {
        Ok(Ok(answer)) => Ok(answer),
        _ => Err(failed),
    }
}

impl Wired {
    /// All of them, or `NotWired`.
    pub fn new(wiring: Wiring) -> Result<Self, Error> {
        match (wiring.registry, wiring.payments, wiring.directory) {
            (Some(registry), Some(payments), Some(directory)) => Ok(Self {
                registry,
                payments,
                directory,
            }),
            _ => Err(Error::NotWired),
        }
    }

    /// What the registry knows of a stream.
    pub fn facts(&self, stream: StreamId) -> Result<StreamFacts, Error> {
        let registry: ink::contract_ref!(StreamRegistry, DefaultEnvironment) = self.registry.into();
        let facts = registry.call().facts(stream).try_invoke();
        answer(facts, Error::RegistryFailed)?.ok_or(Error::StreamNotFound)
    }

    /// What the directory knows of an external stream.
    pub fn external(&self, external: ExternalId) -> Result<Option<External>, Error> {
        let directory: ink::contract_ref!(Directory, DefaultEnvironment) = self.directory.into();
        let external = directory.call().external(external).try_invoke();
        answer(external, Error::DirectoryFailed)
    }

    /// Pays from a pool to payees, and returns the fee.
    pub fn pay(&self, payment: Payment) -> Result<Balance, Error> {
        let mut payments: ink::contract_ref!(PaymentDesk, DefaultEnvironment) =
            self.payments.into();
        let fee = payments.call_mut().pay(payment).try_invoke();
        answer(fee, Error::PaymentsFailed)?.map_err(Error::Payments)
    }

    /// Moves money between pools.
    pub fn shift(&self, shift: Shift) -> Result<(), Error> {
        let mut payments: ink::contract_ref!(PaymentDesk, DefaultEnvironment) =
            self.payments.into();
        let done = payments.call_mut().shift(shift).try_invoke();
        answer(done, Error::PaymentsFailed)?.map_err(Error::Payments)
    }
}
