//! Rates, plans and price tracks: the storage that the two codes of the pricing engine share, and what both do with it.
//!
//! `pricing_engine` answers where all is flat; `pricing_plans` runs on its storage where a plan or a discount makes the price.

#![cfg_attr(not(feature = "std"), no_std)]

pub mod book;
pub mod calls;
pub mod rules;

/// A result of the pricing engine.
pub type Result<T> = core::result::Result<T, vilokanam_interfaces::PricingEngineError>;
