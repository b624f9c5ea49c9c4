//! Sessions: where they sit, what a call does to many of them at once, and the storage that holds them.
//!
//! The meter is one contract in two codes: `tick_stream`, which is called and settles, and `tick_lifecycle`, by which sessions open,
//! change and close, and which runs on `tick_stream`'s storage. What both need is here, once.

#![cfg_attr(not(feature = "std"), no_std)]

pub mod batch;
pub mod calls;
pub mod ledger;
pub mod seats;
pub mod vouchers;

/// A result inside the meter. The error is boxed: it is large and rare, and would be copied at every step.
pub type Checked<T> = Result<T, ink::prelude::boxed::Box<vilokanam_interfaces::TickStreamError>>;
