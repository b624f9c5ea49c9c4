//! The cells that $VLK shares with `vlk_permit`, its second code, besides `Admin` and what the `psp22` crate keeps under keys of its own.

use ink::{
    primitives::{AccountId, Hash},
    storage::{traits::ManualKey, Lazy, Mapping},
};

/// The chain's genesis hash, which permits commit to; the constructor sets it.
pub type GenesisHash = Lazy<Hash, ManualKey<0x0070_0003>>;
/// How many permits of an owner were taken. No cell is ever freed, so that no nonce comes again.
pub type Nonces = Mapping<AccountId, u64, ManualKey<0x0070_0004>>;
