//! `PaymentDesk` as this code has it: every message is handed over undecoded.
//!
//! `vilokanam_interfaces::PaymentDesk` is the trait, with its documentation. This one has the same name, messages and types, so the same
//! selectors and metadata; only the arguments are not decoded here, which would be 3 KB of code that everyone who settles would load.

use core::marker::PhantomData;
use ink::scale::{Decode, Encode, Error, Input, Output};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Payment, PermittedDeposit, SessionId, Shift, Spending,
    SpendingLimits,
};
use vilokanam_money::Result;

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

/// See `vilokanam_interfaces::PaymentDesk`.
#[ink::trait_definition]
pub trait PaymentDesk {
    /// See there.
    #[ink(message)]
    fn pay(&mut self, payment: Handed<Payment>) -> Result<Balance>;

    /// See there.
    #[ink(message)]
    fn shift(&mut self, shift: Handed<Shift>) -> Result<()>;

    /// See there.
    #[ink(message)]
    fn refund(
        &mut self,
        session: Handed<SessionId>,
        asset: Handed<AssetId>,
        amount: Handed<Balance>,
    ) -> Result<()>;

    /// See there.
    #[ink(message)]
    fn set_spending_limits(
        &mut self,
        asset: Handed<AssetId>,
        limits: Handed<SpendingLimits>,
    ) -> Result<()>;

    /// See there.
    #[ink(message)]
    fn spending(&self, viewer: Handed<AccountId>, asset: Handed<AssetId>) -> Result<Spending>;

    /// See there.
    #[ink(message)]
    fn deposit_permitted(
        &mut self,
        viewer: Handed<AccountId>,
        asset: Handed<AssetId>,
        deposit: Handed<PermittedDeposit>,
    ) -> Result<()>;
}
