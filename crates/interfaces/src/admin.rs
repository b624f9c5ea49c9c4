//! What every contract of the suite has: an owner, and changes that are announced before they act.

use crate::{AccountId, AssetId, FeeSchedule, Hash, Millis};
use ink::{
    prelude::vec::Vec,
    scale::{Decode, Encode, Error as CodecError, Input, Output},
};

/// The most changes that may be pending at once.
pub const MAX_PENDING_CHANGES: u32 = 8;

/// The other contracts that a contract calls, or obeys. A contract refuses slots it has no use for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Wiring {
    /// `stream_registry`: wired into `pricing_engine` and `tick_stream`.
    pub registry: Option<AccountId>,
    /// `pricing_engine`: wired into `tick_stream`.
    pub pricing: Option<AccountId>,
    /// `payment_handler`: wired into `pricing_engine`, `tick_stream`, `pass_office` and `patronage`.
    pub payments: Option<AccountId>,
    /// `tick_stream`: wired into `payment_handler` and `patronage`.
    pub meter: Option<AccountId>,
    /// `pass_office`: wired into `pricing_engine` and `payment_handler`.
    pub passes: Option<AccountId>,
    /// `patronage`: wired into `payment_handler` and `tick_stream`.
    pub patronage: Option<AccountId>,
    /// `directory`: wired into `patronage`.
    pub directory: Option<AccountId>,
}

/// What the derive would make, as a loop: every contract has this code.
impl Encode for Wiring {
    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        for slot in [
            &self.registry,
            &self.pricing,
            &self.payments,
            &self.meter,
            &self.passes,
            &self.patronage,
            &self.directory,
        ] {
            slot.encode_to(output);
        }
    }
}

impl Decode for Wiring {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        let mut wiring = Self::default();
        for slot in [
            &mut wiring.registry,
            &mut wiring.pricing,
            &mut wiring.payments,
            &mut wiring.meter,
            &mut wiring.passes,
            &mut wiring.patronage,
            &mut wiring.directory,
        ] {
            *slot = Option::decode(input)?;
        }
        Ok(wiring)
    }
}

/// A change that only acts after it has been announced for the change delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum Change {
    /// Run the code with this hash. Every contract.
    Code(Hash),
    /// Call, or obey, other contracts. `pricing_engine`: registry, payments and passes; `payment_handler`: passes and patronage;
    /// `tick_stream`: registry, pricing and patronage; `pass_office`: registry; `patronage`: registry, meter and directory;
    /// `directory` and `moderation`: registry. The other slots are wired once, for ever: they hold the money together.
    Wiring(Wiring),
    /// List a PSP22 token as a new asset. `payment_handler` only.
    ListToken(AccountId),
    /// Accept or stop accepting an asset for new money; its exits always stay. `payment_handler` only.
    SetAsset {
        /// The asset.
        asset: AssetId,
        /// Whether deposits and new holds in it are accepted.
        allowed: bool,
    },
    /// New platform fees, for sessions opened after it. `payment_handler` only.
    Fees(FeeSchedule),
    /// Where platform fees and donations go. `payment_handler` only.
    Treasury(AccountId),
    /// The hash of the second code, which the contract hands messages over to. `tick_stream`: `tick_lifecycle`; `payment_handler`:
    /// `payment_desk`; `pricing_engine`: `pricing_plans`; `vlk_token`: `vlk_permit`.
    SecondCode(Hash),
    /// Let changes wait longer from now on; those that wait already keep their time. Every contract. It can never be
    /// lowered.
    Delay(Millis),
}

/// A change that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct PendingChange {
    /// Its number, never reused.
    pub id: u32,
    /// What will change.
    pub change: Change,
    /// From when it may be applied.
    pub due_ms: Millis,
}

/// How a contract is administered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Administration {
    /// The owner: an account at first, a governor later.
    pub owner: AccountId,
    /// The account that was offered ownership and has not accepted yet.
    pub proposed_owner: Option<AccountId>,
    /// How long a change is announced before it can be applied.
    pub change_delay_ms: Millis,
    /// The contracts that this one is wired to.
    pub wiring: Wiring,
    /// The changes that wait, in the order of their numbers.
    pub pending: Vec<PendingChange>,
    /// The version of the storage layout: raised by every release that changes it.
    pub layout_version: u32,
    /// The hash of the code that runs.
    pub code_hash: Hash,
    /// The hash of the second code, of a contract that has one.
    pub second_code: Option<Hash>,
}

/// Why an administrative message was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum AdminError {
    /// The caller is not the contract's owner.
    NotOwner,
    /// The caller is not the proposed owner.
    NotProposedOwner,
    /// A change delay must lie within these bounds (or be zero at construction, for development).
    DelayOutOfRange {
        /// The shortest delay.
        min_ms: Millis,
        /// The longest delay.
        max_ms: Millis,
    },
    /// The change delay can only be raised.
    DelayNotRaised {
        /// The delay now.
        current_ms: Millis,
    },
    /// This contract has no such thing to change, or not in this way.
    UnsupportedChange,
    /// Too many changes are pending.
    TooManyChanges {
        /// The most that may be pending.
        max: u32,
    },
    /// No pending change has this number.
    UnknownChange,
    /// The change may not be applied yet.
    ChangeNotDue {
        /// From when it may be.
        due_ms: Millis,
    },
    /// The first wiring was done already; later ones are announced.
    AlreadyWired,
    /// The wiring leaves out a contract that is needed, or names one that is not.
    WiringMismatch,
    /// The chain refused the code hash: no code with it is uploaded.
    SetCodeRefused,
    /// The values of the change are out of their limits.
    InvalidChange,
    /// The constructor's arguments are out of their limits.
    InvalidSetup,
}

/// Ownership, delayed changes, wiring and versions: the same in every contract.
#[ink::trait_definition]
pub trait Administered {
    /// All there is to know of the contract's administration.
    #[ink(message)]
    fn administration(&self) -> Administration;

    /// Offers ownership to `account`, or withdraws the offer with `None`. Nothing changes until it accepts.
    ///
    /// Caller: the owner.
    ///
    /// # Events
    /// `OwnerProposed { owner, proposed }`.
    ///
    /// # Errors
    /// - `NotOwner`.
    #[ink(message)]
    fn propose_owner(&mut self, account: Option<AccountId>) -> Result<(), AdminError>;

    /// Takes ownership.
    ///
    /// Caller: the proposed owner.
    ///
    /// # Events
    /// `OwnerChanged { old, new }`.
    ///
    /// # Errors
    /// - `NotProposedOwner`.
    #[ink(message)]
    fn accept_owner(&mut self) -> Result<(), AdminError>;

    /// Announces a change, which may be applied once the change delay has passed. Returns its number, counted from 1.
    ///
    /// Caller: the owner.
    ///
    /// # Events
    /// `ChangeAnnounced { id, change, due_ms }`.
    ///
    /// # Errors
    /// - `NotOwner`;
    /// - `UnsupportedChange`: see `Change` for who takes what;
    /// - `WiringMismatch`: a wiring that is not exactly the slots that this contract may change;
    /// - `WiringMismatch`: a wiring before the first, which `wire` does;
    /// - `DelayOutOfRange`: a delay that is not within `MIN_CHANGE_DELAY_MS..=MAX_CHANGE_DELAY_MS`;
    /// - `DelayNotRaised`: a delay that is not above the present one;
    /// - `InvalidChange`: values out of limits (fees above `MAX_FEE_BPS`, an unknown asset, a token already listed, the
    ///   payment handler itself);
    /// - `TooManyChanges`: `MAX_PENDING_CHANGES` wait already.
    #[ink(message)]
    fn announce(&mut self, change: Change) -> Result<u32, AdminError>;

    /// Drops a pending change.
    ///
    /// Caller: the owner.
    ///
    /// # Events
    /// `ChangeCancelled { id }`.
    ///
    /// # Errors
    /// - `NotOwner`;
    /// - `UnknownChange`.
    #[ink(message)]
    fn cancel(&mut self, id: u32) -> Result<(), AdminError>;

    /// Carries out a pending change whose time has come.
    ///
    /// Caller: the owner.
    ///
    /// # Events
    /// `ChangeApplied { id, old, new }`, for a token after `AssetListed { asset, token }`.
    ///
    /// # Errors
    /// - `NotOwner`;
    /// - `UnknownChange`;
    /// - `ChangeNotDue { due_ms }`: earlier than `due_ms`;
    /// - `InvalidChange`: what it would change has changed since it was announced: a delay would no longer be raised, a
    ///   token is listed already;
    /// - `SetCodeRefused`: the chain has no such code.
    #[ink(message)]
    fn apply(&mut self, id: u32) -> Result<(), AdminError>;

    /// Wires this contract to the others, the first time, at once. Later changes are announced.
    ///
    /// Caller: the owner.
    ///
    /// # Events
    /// `Wired { wiring }`.
    ///
    /// # Errors
    /// - `NotOwner`;
    /// - `UnsupportedChange`: the registry and the token call nobody;
    /// - `AlreadyWired`;
    /// - `WiringMismatch`: not exactly the slots that this contract needs.
    #[ink(message)]
    fn wire(&mut self, wiring: Wiring) -> Result<(), AdminError>;
}
