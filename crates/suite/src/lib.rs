//! What the suite is, for all that drive it on any chain: its contracts, where their built code is, and their messages,
//! typed.

mod artifacts;
mod calls;

pub use artifacts::{artifacts_dir, runs_code, second_code_of, wasm, CONTRACTS, SECOND_CODES};
pub use calls::{
    administered, psp22, psp22_burnable, psp22_metadata, AdministeredCalls, DirectoryCalls,
    HoldsCalls, Message, ModerationCalls, PassOfficeCalls, PatronageCalls, PaymentDeskCalls,
    PaymentHandlerCalls, PricingEngineCalls, PricingPlansCalls, Psp22BurnableCalls, Psp22Calls,
    Psp22MetadataCalls, StakeViewCalls, StreamRegistryCalls, TickLifecycleCalls, TickStreamCalls,
    VlkPermitCalls, VlkTokenCalls,
};
