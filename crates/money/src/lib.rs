//! The money: where it is kept, and the moves that the messages are made of.
//!
//! The payment handler is one contract in two codes: `payment_handler`, which is called, and `payment_desk`, which runs on its storage
//! for those with spending limits, for payments at once and refunds. What both need is here, once.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

pub mod config;
pub mod ledger;
pub mod spending;
pub mod token;

/// A result inside the payment handler.
pub type Result<T> = core::result::Result<T, vilokanam_interfaces::PaymentHandlerError>;
