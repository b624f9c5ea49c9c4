//! What Vilokanam's contracts share: one trait, one error enum and the ABI types of each.
//!
//! A contract never depends on another contract's crate; it calls these traits through
//! `ink::contract_ref!`. The traits carry the documentation: what each message does, who may call
//! it, units, rounding, events, and its errors **in the order in which they are checked**.
//!
//! Units everywhere: milliseconds of chain time (`block_timestamp`), base units of an asset, rates
//! in base units a second, shares in basis points (1/10,000), price factors in millionths.

#![cfg_attr(not(feature = "std"), no_std)]

pub mod admin;
pub mod directory;
pub mod events;
pub mod moderation;
pub mod pass_office;
pub mod patronage;
pub mod payment_handler;
pub mod pricing_engine;
pub mod stream_registry;
pub mod tick_stream;
pub mod vlk_token;

pub use admin::*;
pub use directory::*;
pub use moderation::*;
pub use pass_office::*;
pub use patronage::*;
pub use payment_handler::*;
pub use pricing_engine::*;
pub use stream_registry::*;
pub use tick_stream::*;
pub use vlk_token::*;

pub use ink::primitives::{AccountId, Hash};

/// The chain's balance type: the one alias to change for a chain of another width.
pub type Balance = u128;
/// Milliseconds of chain time.
pub type Millis = u64;
/// A stream: numbered from 1 by the registry, never reused.
pub type StreamId = u32;
/// One run of a stream, numbered from 1 within the stream, never reused.
pub type BroadcastNo = u32;
/// Terms of a stream, numbered from 1 within the stream, immutable.
pub type TermsNo = u32;
/// A version of a stream's plan; 0 is the flat plan that every stream starts with.
pub type PlanNo = u32;
/// A viewer's own session number, counted from 1, never reused.
pub type SessionNo = u32;
/// An asset: 0 is the chain's native token, others are numbered as the payment handler lists them.
pub type AssetId = u16;
/// A page of seats within a stream.
pub type PageNo = u16;

/// The chain's native token.
pub const NATIVE: AssetId = 0;
/// All of it, in basis points.
pub const FULL_BPS: u16 = 10_000;
/// The shortest heartbeat grace that a creator may choose.
pub const MIN_GRACE_MS: Millis = 10_000;
/// The longest heartbeat grace that a creator may choose: one day.
pub const MAX_GRACE_MS: Millis = 86_400_000;
/// The shortest change delay, other than the zero of a development chain: the longest grace plus a day.
pub const MIN_CHANGE_DELAY_MS: Millis = MAX_GRACE_MS + 86_400_000;
/// The longest change delay: a year. Beyond it a mistake could never be mended.
pub const MAX_CHANGE_DELAY_MS: Millis = 31_536_000_000;
/// The most ids that one listing call returns.
pub const MAX_LISTING: u32 = 50;
