//! `VlkPermit` as this code has it: every message is handed over undecoded.
//!
//! `vilokanam_interfaces::VlkPermit` is the trait, with its documentation. This one has the same name, messages and types, so the same
//! selectors and metadata; only the arguments are not decoded here, which would be code that every transfer loads.

use core::marker::PhantomData;
use ink::scale::{Decode, Encode, Error, Input, Output};
use vilokanam_interfaces::{AccountId, Balance, Hash, Millis, PermitError};

/// An argument that goes on as it came. Nothing is read of it.
#[derive(Debug)]
pub struct Handed<T>(PhantomData<T>);

impl<T> Decode for Handed<T> {
    fn decode<I: Input>(_: &mut I) -> core::result::Result<Self, Error> {
        Ok(Self(PhantomData))
    }
}

// ink! asks for it, to call this trait; nobody does.
impl<T> Encode for Handed<T> {
    fn encode_to<O: Output + ?Sized>(&self, _: &mut O) {}
}

#[cfg(feature = "std")]
impl<T: ink::scale_info::TypeInfo + 'static> ink::scale_info::TypeInfo for Handed<T> {
    // In metadata it is the argument.
    type Identity = T::Identity;

    fn type_info() -> ink::scale_info::Type {
        T::type_info()
    }
}

/// See `vilokanam_interfaces::VlkPermit`.
#[ink::trait_definition]
pub trait VlkPermit {
    /// See there.
    #[ink(message)]
    fn nonce(&self, owner: Handed<AccountId>) -> u64;

    /// See there.
    #[ink(message)]
    fn permit_genesis(&self) -> Hash;

    /// See there.
    #[ink(message)]
    fn permit(
        &mut self,
        owner: Handed<AccountId>,
        spender: Handed<AccountId>,
        value: Handed<Balance>,
        deadline_ms: Handed<Millis>,
        signature: Handed<[u8; 64]>,
    ) -> Result<(), PermitError>;
}
