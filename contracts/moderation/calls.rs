//! The registry, as moderation asks and tells it. Every failed call is an error, never a zero.

use ink::{
    codegen::TraitCallBuilder as _,
    env::{DefaultEnvironment, Error as EnvError},
    prelude::string::String,
    LangError,
};
use vilokanam_interfaces::{
    AccountId, ModerationError as Error, Stream, StreamId, StreamRegistry, StreamRegistryError,
    Wiring,
};

type Called = ink::contract_ref!(StreamRegistry, DefaultEnvironment);

fn answer<T>(result: Result<Result<T, LangError>, EnvError>) -> Result<T, Error> {
    match result {
        Ok(Ok(answer)) => Ok(answer),
        _ => Err(Error::RegistryFailed),
    }
}

fn done(result: Result<(), StreamRegistryError>) -> Result<(), Error> {
    result.map_err(|_| Error::RegistryFailed)
}

/// The registry, known to be wired.
#[derive(Debug, Clone, Copy)]
pub struct Registry(AccountId);

impl Registry {
    /// It, or `NotWired`.
    pub fn new(wiring: Wiring) -> Result<Self, Error> {
        wiring.registry.map(Self).ok_or(Error::NotWired)
    }

    /// A stream.
    pub fn stream(&self, stream: StreamId) -> Result<Stream, Error> {
        let registry: Called = self.0.into();
        answer(registry.call().stream(stream).try_invoke())?.ok_or(Error::StreamNotFound)
    }

    /// Fails unless `account` is a moderator.
    pub fn ensure_moderator(&self, account: AccountId) -> Result<(), Error> {
        let registry: Called = self.0.into();
        if !answer(registry.call().is_moderator(account).try_invoke())? {
            return Err(Error::NotModerator);
        }
        Ok(())
    }

    /// Suspends a stream.
    pub fn suspend(&self, stream: StreamId, reason: String) -> Result<(), Error> {
        let mut registry: Called = self.0.into();
        done(answer(
            registry.call_mut().suspend(stream, reason).try_invoke(),
        )?)
    }

    /// Lifts a suspension.
    pub fn reinstate(&self, stream: StreamId, reason: String) -> Result<(), Error> {
        let mut registry: Called = self.0.into();
        done(answer(
            registry.call_mut().reinstate(stream, reason).try_invoke(),
        )?)
    }
}
