//! Any bytes into the dispatch of every contract, on the real Wasm of the embedded chain, in a world where much is going on.
//!
//! - [`Case`]: what is sent, in bytes that a corpus keeps.
//! - [`World`]: where it is sent: streams on air, sessions of both meters, passes, goals, budgets, reports.
//! - [`World::run`]: sends it, and judges every outcome: an answer that the metadata knows, or a trap that the design names; money as it
//!   must be.
//! - [`Mutator`]: makes new cases of old ones, by the metadata and against it.
//!
//! The program `fuzz-dispatch` does this for as long as it is told; `tests/dispatch.rs` replays the corpus.

#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

mod books;
mod case;
mod generate;
mod judge;
mod mutate;
mod run;
mod seeds;
mod setting;
mod world;

pub use case::{Case, Step, MAX_DATA, MAX_STEPS};
pub use mutate::Mutator;
pub use run::{Failure, Report};
pub use seeds::seeds;
pub use world::World;
