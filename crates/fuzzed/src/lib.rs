//! What is fuzzed of the host's code: each target is one function that takes any bytes, and panics if a law of its own does not hold.
//!
//! `fuzz/` runs them under libFuzzer, guided by coverage; this crate's test replays the corpora that are kept there. What is sent to
//! the contracts themselves is fuzzed by `vilokanam-e2e`'s program `fuzz-dispatch`. See `docs/fuzzing.md`.

mod abi;
mod arithmetic;
mod cid;
mod config;
mod files;
mod input;
mod record;
mod voucher;

/// The independent model's own judgement of content identifiers.
#[path = "../../../e2e-tests/src/model/cid.rs"]
mod model_cid;

pub use abi::abi;
pub use arithmetic::arithmetic;
pub use cid::cid;
pub use config::config;
pub use files::files;
pub use record::record;
pub use voucher::voucher;

/// A target: its name, as `fuzz/` has it, and what takes its inputs.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 7] = [
    ("abi", abi),
    ("arithmetic", arithmetic),
    ("cid", cid),
    ("config", config),
    ("files", files),
    ("record", record),
    ("voucher", voucher),
];
