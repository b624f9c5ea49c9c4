//! Typed calls: [`Calls`] sends messages to any chain.

use crate::{account, Chain, Message, Receipt, Trap};
use anyhow::{anyhow, Result};
use core::fmt::Debug;
use ink::{
    env::Event,
    primitives::MessageResult,
    scale::{Decode, DecodeAll},
};
use vilokanam_interfaces::AccountId;

/// Typed calls on any chain.
pub trait Calls: Chain {
    /// Sends a message, in a transaction of its own. A contract's refusal is a value, and not an error here.
    fn send<M: Message>(&mut self, origin: AccountId, message: M) -> Result<Sent<M::Output>, Trap> {
        let (to, value, data) = message.into_parts();
        Sent::decode(self.call(origin, to, value, data)?)
    }

    /// Sends a message that must succeed.
    fn must<T, E: Debug, M>(&mut self, origin: AccountId, message: M) -> Result<Sent<T>>
    where
        M: Message<Output = Result<T, E>>,
    {
        self.send(origin, message)?.accepted()
    }

    /// Sends a message that the contract must refuse, and returns why it did.
    fn refused<T: Debug, E, M>(&mut self, origin: AccountId, message: M) -> Result<E>
    where
        M: Message<Output = Result<T, E>>,
    {
        self.send(origin, message)?.refused()
    }

    /// Asks without changing anything, as nobody in particular.
    fn read<M: Message>(&mut self, message: M) -> Result<M::Output, Trap> {
        Ok(self.quote(account("nobody"), message)?.value)
    }

    /// What sending a message would give and cost now; nothing changes.
    fn quote<M: Message>(
        &mut self,
        origin: AccountId,
        message: M,
    ) -> Result<Sent<M::Output>, Trap> {
        let (to, value, data) = message.into_parts();
        Sent::decode(self.dry_run(origin, to, value, data)?)
    }
}

impl<C: Chain + ?Sized> Calls for C {}

/// What a message returned, and the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent<R> {
    /// What it returned.
    pub value: R,
    /// The receipt.
    pub receipt: Receipt,
}

impl<R> Sent<R> {
    /// The events of type `E`; see [`Receipt::events_of`].
    pub fn events_of<E: Event + DecodeAll>(&self) -> Vec<E> {
        self.receipt.events_of()
    }
}

impl<R: Decode> Sent<R> {
    /// Every message returns its value inside ink!'s own `Result`.
    fn decode(receipt: Receipt) -> Result<Self, Trap> {
        match MessageResult::<R>::decode_all(&mut receipt.output.as_slice()) {
            Ok(Ok(value)) => Ok(Self { value, receipt }),
            Ok(Err(e)) => Err(Trap::new(
                format!("{e:?}"),
                "said by the contract's dispatch",
            )),
            Err(e) => Err(Trap::new("UndecodableReply", e.to_string())),
        }
    }
}

impl<T, E: Debug> Sent<Result<T, E>> {
    /// The same without the `Result`, or the contract's refusal as an error.
    pub fn accepted(self) -> Result<Sent<T>> {
        let value = self
            .value
            .map_err(|e| anyhow!("the contract refused: {e:?}"))?;
        Ok(Sent {
            value,
            receipt: self.receipt,
        })
    }
}

impl<T: Debug, E> Sent<Result<T, E>> {
    /// Why the contract refused.
    pub fn refused(self) -> Result<E> {
        match self.value {
            Err(e) => Ok(e),
            Ok(value) => Err(anyhow!("should have been refused, and returned {value:?}")),
        }
    }
}
