//! A `substrate-contracts-node` of one's own, for tests and benchmarks: where its program is, how it starts, that it ends.

mod process;
mod rpc;

pub use process::{node_binary, Process, Setup, NO_NODE};
pub use rpc::{from_hex, hex, Rpc};
