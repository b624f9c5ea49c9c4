//! $VLK: the part of the token that PSP22 does not name.

use crate::{AccountId, Balance, Hash, Millis};

/// The most accounts that the constructor mints to.
pub const MAX_ALLOCATIONS: u32 = 32;
/// The key of the cell with the genesis hash, which the constructor of `vlk_token` writes and `vlk_permit` reads.
pub const PERMIT_GENESIS_KEY: u32 = 0x0070_0003;
/// The key of the nonces, which `vlk_permit` keeps in the storage of `vlk_token`.
pub const PERMIT_NONCES_KEY: u32 = 0x0070_0004;

/// $VLK beside PSP22, PSP22Metadata and PSP22Burnable (of the `psp22` crate).
///
/// Constructor `new(allocations: Vec<(AccountId, Balance)>, change_delay_ms: Millis, genesis_hash: Hash, permit: Hash) -> Result<Self,
/// AdminError>`: mints the cap, once, to the named accounts; the caller becomes the owner, who can change nothing but the code, after the
/// change delay; `permit` is the hash of the uploaded code of `vlk_permit`. `InvalidSetup`: no allocation, more than
/// `MAX_ALLOCATIONS`, a zero amount, an account named twice, or a sum above `u128::MAX`; `DelayOutOfRange`: the delay.
#[ink::trait_definition]
pub trait VlkToken {
    /// The most that can ever exist: what the constructor minted.
    #[ink(message)]
    fn cap(&self) -> Balance;
}

/// Why a permit was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum PermitError {
    /// Its deadline is over.
    Expired {
        /// When it was.
        deadline_ms: Millis,
    },
    /// The owner did not sign this, with the nonce that is next.
    BadSignature {
        /// The nonce that is next.
        nonce: u64,
    },
    /// No more nonces.
    Overflow,
    /// The chain does not have the code of `vlk_permit`, or it trapped or ran out of gas.
    PermitFailed,
}

/// Approval by signature. Sent to `vlk_token`, which hands it over to a second code, `vlk_permit`, that runs on its storage.
///
/// If the chain lacks that code, or it traps or runs out of gas, `permit` ends with `PermitFailed`, and the call of a plain read fails.
#[ink::trait_definition]
pub trait VlkPermit {
    /// The nonce that the next permit of `owner` commits to; counted from 0.
    #[ink(message)]
    fn nonce(&self, owner: AccountId) -> u64;

    /// The genesis hash of the chain that this contract was made for, which permits commit to.
    #[ink(message)]
    fn permit_genesis(&self) -> Hash;

    /// Approves `spender` to take `value` of `owner`'s tokens, as `owner` signed it: what `approve` of `owner` does.
    ///
    /// Caller: anyone.
    /// The signature is sr25519, by the owner's own key, over the raw bytes of `vilokanam_voucher::Permit` or `<Bytes>` around them. Accounts of
    /// other kinds approve by a transaction.
    ///
    /// # Events
    /// `Approval { owner, spender, amount }`.
    ///
    /// # Errors
    /// - `Expired`: now is after the deadline;
    /// - `BadSignature`: used before, or never signed, or by the account of 32 zero bytes, which anyone could sign for;
    /// - `Overflow`.
    #[ink(message)]
    fn permit(
        &mut self,
        owner: AccountId,
        spender: AccountId,
        value: Balance,
        deadline_ms: Millis,
        signature: [u8; 64],
    ) -> Result<(), PermitError>;
}
