//! The arithmetic of Vilokanam, pure and without ink!: what sessions owe, who gets what of it, and which texts
//! are content identifiers. Nothing here panics: what does not fit is `None`.

#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

pub mod calendar;
pub mod charge;
pub mod cid;
pub mod plan;
pub mod split;
