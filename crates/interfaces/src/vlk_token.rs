//! $VLK: the part of the token that PSP22 does not name.

use crate::Balance;

/// The most accounts that the constructor mints to.
pub const MAX_ALLOCATIONS: u32 = 32;

/// $VLK beside PSP22, PSP22Metadata and PSP22Burnable (of the `psp22` crate).
///
/// Constructor `new(allocations: Vec<(AccountId, Balance)>, change_delay_ms: Millis) -> Result<Self, AdminError>`: mints
/// the cap, once, to the named accounts; the caller becomes the owner, who can change nothing but the code, after the
/// change delay. `InvalidSetup`: no allocation, more than `MAX_ALLOCATIONS`, a zero amount, an account named twice,
/// or a sum above `u128::MAX`; `DelayOutOfRange`: the delay.
#[ink::trait_definition]
pub trait VlkToken {
    /// The most that can ever exist: what the constructor minted.
    #[ink(message)]
    fn cap(&self) -> Balance;
}
