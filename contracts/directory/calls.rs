//! The registry, as the directory asks it. Every failed call is an error, never a zero.

use ink::{
    codegen::TraitCallBuilder as _,
    env::{DefaultEnvironment, Error as EnvError},
    LangError,
};
use vilokanam_interfaces::{AccountId, DirectoryError as Error, StreamId, StreamRegistry, Wiring};

type Asked = ink::contract_ref!(StreamRegistry, DefaultEnvironment);

fn answer<T>(result: Result<Result<T, LangError>, EnvError>) -> Result<T, Error> {
    match result {
        Ok(Ok(answer)) => Ok(answer),
        _ => Err(Error::RegistryFailed),
    }
}

/// The registry, known to be wired.
#[derive(Debug, Clone, Copy)]
pub struct Registry(AccountId);

impl Registry {
    /// It, or `NotWired`.
    pub fn new(wiring: Wiring) -> Result<Self, Error> {
        wiring.registry.map(Self).ok_or(Error::NotWired)
    }

    /// The category of a stream.
    pub fn category(&self, stream: StreamId) -> Result<u16, Error> {
        let registry: Asked = self.0.into();
        let facts = answer(registry.call().facts(stream).try_invoke())?;
        Ok(facts.ok_or(Error::StreamNotFound)?.category)
    }

    /// Fails unless `account` owns or operates the stream.
    pub fn ensure_operator(&self, stream: StreamId, account: AccountId) -> Result<(), Error> {
        let registry: Asked = self.0.into();
        if answer(registry.call().may_operate(stream, account).try_invoke())? {
            return Ok(());
        }
        self.category(stream)?;
        Err(Error::NotOperator)
    }
}
