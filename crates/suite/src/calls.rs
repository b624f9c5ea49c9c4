//! The messages of the contracts, typed: ink!'s own call builders encode them, so that no message has a hand-written wrapper.

use ink::{
    codegen::TraitCallBuilder,
    env::{
        call::{
            utils::{ReturnType, Set},
            Call, CallBuilder, ExecutionInput,
        },
        DefaultEnvironment,
    },
    scale::{Decode, Encode},
};
use psp22::{PSP22Burnable, PSP22Metadata, PSP22};
use vilokanam_interfaces::{
    AccountId, Administered, Balance, Directory, Holds, Moderation, PassOffice, Patronage,
    PaymentDesk, PaymentHandler, PricingEngine, PricingPlans, StakeView, StreamRegistry,
    TickLifecycle, TickStream, VlkPermit, VlkToken,
};

/// The messages of a trait, on an account: what `ink::contract_ref!` gives, without its detour through `call()`.
macro_rules! calls_of {
    ($contract:path) => {
        <ink::contract_ref!($contract, DefaultEnvironment) as TraitCallBuilder>::Builder
    };
}

/// The messages of `Administered`.
pub type AdministeredCalls = calls_of!(Administered);
/// The messages of `Directory`.
pub type DirectoryCalls = calls_of!(Directory);
/// The messages of `Holds`.
pub type HoldsCalls = calls_of!(Holds);
/// The messages of `Moderation`.
pub type ModerationCalls = calls_of!(Moderation);
/// The messages of `PassOffice`.
pub type PassOfficeCalls = calls_of!(PassOffice);
/// The messages of `Patronage`.
pub type PatronageCalls = calls_of!(Patronage);
/// The messages of `PaymentDesk`.
pub type PaymentDeskCalls = calls_of!(PaymentDesk);
/// The messages of `PaymentHandler`.
pub type PaymentHandlerCalls = calls_of!(PaymentHandler);
/// The messages of `PricingEngine`.
pub type PricingEngineCalls = calls_of!(PricingEngine);
/// The messages of `PricingPlans`.
pub type PricingPlansCalls = calls_of!(PricingPlans);
/// The messages of `StakeView`.
pub type StakeViewCalls = calls_of!(StakeView);
/// The messages of `StreamRegistry`.
pub type StreamRegistryCalls = calls_of!(StreamRegistry);
/// The messages of `TickLifecycle`.
pub type TickLifecycleCalls = calls_of!(TickLifecycle);
/// The messages of `TickStream`.
pub type TickStreamCalls = calls_of!(TickStream);
/// The messages of `VlkPermit`.
pub type VlkPermitCalls = calls_of!(VlkPermit);
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
