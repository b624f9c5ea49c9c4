//! What the suite is, for all that drive it on any chain: its contracts, where their built code is, and their messages,
//! typed.

mod artifacts;
mod calls;

pub use artifacts::{artifacts_dir, wasm, CODE_ONLY, CONTRACTS};
pub use calls::{
    administered, psp22, psp22_burnable, psp22_metadata, AdministeredCalls, Message,
    PaymentHandlerCalls, PricingEngineCalls, Psp22BurnableCalls, Psp22Calls, Psp22MetadataCalls,
    StreamRegistryCalls, TickSettlerCalls, TickStreamCalls, VlkTokenCalls,
};
