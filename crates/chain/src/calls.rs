//! Typed calls: ink!'s call builders encode them, [`Calls`] sends them to any chain.

use crate::{account, Chain, Receipt, Trap};
use anyhow::{anyhow, Result};
use core::fmt::Debug;
use ink::{
    codegen::TraitCallBuilder,
    env::{
        call::{
            utils::{ReturnType, Set},
            Call, CallBuilder, ExecutionInput,
        },
        DefaultEnvironment, Event,
    },
    primitives::MessageResult,
    scale::{Decode, DecodeAll, Encode},
};
use psp22::{PSP22Burnable, PSP22Metadata, PSP22};
use vilokanam_interfaces::{
    AccountId, Administered, Balance, PaymentHandler, PricingEngine, StreamRegistry, TickLifecycle,
    TickStream, VlkToken,
};

/// The messages of a trait, on an account: what `ink::contract_ref!` gives, without its detour through `call()`.
macro_rules! calls_of {
    ($contract:path) => {
        <ink::contract_ref!($contract, DefaultEnvironment) as TraitCallBuilder>::Builder
    };
}

/// The messages of `Administered`.
pub type AdministeredCalls = calls_of!(Administered);
/// The messages of `PaymentHandler`.
pub type PaymentHandlerCalls = calls_of!(PaymentHandler);
/// The messages of `PricingEngine`.
pub type PricingEngineCalls = calls_of!(PricingEngine);
/// The messages of `StreamRegistry`.
pub type StreamRegistryCalls = calls_of!(StreamRegistry);
/// The messages of `TickLifecycle`.
pub type TickLifecycleCalls = calls_of!(TickLifecycle);
/// The messages of `TickStream`.
pub type TickStreamCalls = calls_of!(TickStream);
/// The messages of `VlkToken`.
pub type VlkTokenCalls = calls_of!(VlkToken);
/// The messages of `PSP22`.
pub type Psp22Calls = calls_of!(PSP22);
/// The messages of `PSP22Metadata`.
pub type Psp22MetadataCalls = calls_of!(PSP22Metadata);
/// The messages of `PSP22Burnable`.
pub type Psp22BurnableCalls = calls_of!(PSP22Burnable);

/// What every contract of the suite answers to.
pub fn administered(contract: AccountId) -> AdministeredCalls {
    contract.into()
}

/// A PSP22 token.
pub fn psp22(token: AccountId) -> Psp22Calls {
    token.into()
}

/// The name, symbol and decimals of a PSP22 token.
pub fn psp22_metadata(token: AccountId) -> Psp22MetadataCalls {
    token.into()
}

/// A PSP22 token that can be burned.
pub fn psp22_burnable(token: AccountId) -> Psp22BurnableCalls {
    token.into()
}

/// A call that is ready to be sent: whom to, with what value, which bytes. ink!'s call builders are this; add
/// `.transferred_value(x)` to pay.
pub trait Message {
    /// What the message returns.
    type Output: Decode;

    /// The contract, the value sent along, the selector with the arguments.
    fn into_parts(self) -> (AccountId, Balance, Vec<u8>);
}

impl<Args: Encode, R: Decode> Message
    for CallBuilder<
        DefaultEnvironment,
        Set<Call<DefaultEnvironment>>,
        Set<ExecutionInput<Args>>,
        Set<ReturnType<R>>,
    >
{
    type Output = R;

    fn into_parts(self) -> (AccountId, Balance, Vec<u8>) {
        let params = self.params();
        (
            *params.callee(),
            *params.transferred_value(),
            params.exec_input().encode(),
        )
    }
}

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
