//! Puts the Vilokanam suite on a chain with `pallet-contracts`, and keeps it right.
//!
//! - [`Network`]: what the suite should be on a network, from its file.
//! - [`Target`]: what that comes to: codes, contracts at their addresses, messages that tie them together.
//! - [`deploy()`]: does what is missing of it, and writes the [`Record`].
//! - [`plan()`]: says what that would be and cost. [`verify()`]: says where the chain differs from it.

mod chain;
mod config;
mod deploy;
mod plan;
mod progress;
mod record;
mod target;
mod verify;

pub use chain::{read, tokens, Cost, Short, Site, Step};
pub use config::{
    Allocation, Delays, Directory, Fees, Moderation, Network, Roles, Staking, Vlk, ONE_VLK,
};
pub use deploy::{deploy, open, Deployed, Paths};
pub use plan::{plan, Plan};
pub use progress::{Progress, Silent, Teller, Watcher};
pub use record::{
    CodeEntry, Constructor, ContractEntry, Damaged, Hex32, HexBytes, Lock, Place, Record,
};
pub use target::{codes, Code, Contract, Target, Tie, TieKind};
pub use verify::{verify, Drift, Verified};
