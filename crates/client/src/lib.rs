//! A small client of chains with `pallet-contracts`: what a deployer needs of one, and no more.
//!
//! - [`Client`]: a connection that comes back when it is lost, reads, dry runs, and transactions that are followed until a
//!   block has them, or until that block is final.
//! - [`Facts`]: what a chain says of itself, and whether it can host the suite ([`Facts::suits`]).
//! - [`Key`]: who signs. It comes from the environment or a file, and is never printed.
//!
//! Every read is of the best block. Everything is looked for by the names in the chain's metadata; no number of a pallet or a
//! call is guessed. Arguments and answers are SCALE bytes: who calls knows the contracts.
//!
//! Units: base units of the native token; picoseconds of reference time; milliseconds.

mod account;
mod chain;
mod contracts;
mod facts;
mod keys;
mod rpc;
mod submit;

pub use account::{contract_address, hex, parse_account, parse_hex, ss58, AccountId, Hash};
pub use chain::{Block, ChainEvent, Client, ContractEvent, DispatchError, State};
pub use contracts::{CodeInfo, ContractInfo, Dry, Gas, Returned};
pub use facts::{Facts, Refusal, DECIMALS};
pub use keys::{Key, SURI};
pub use rpc::{address as endpoint_address, Options, RpcError};
pub use submit::{Call, Included, NotIncluded, Signed, Until};

/// Native tokens, in base units.
pub type Balance = u128;
