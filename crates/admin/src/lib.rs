//! Ownership, delayed changes, wiring and versions: the part of storage and the rules that every
//! contract of the suite keeps, so that they are written once.
//!
//! A contract holds an [`Admin`], forwards the messages of `Administered` to it, and carries out itself
//! the changes that only it knows. All of it lives in three cells under fixed keys, which no contract may
//! use for anything else: `0xAD_0001` to `0xAD_0003`.

#![cfg_attr(not(feature = "std"), no_std)]

use ink::{
    env::DefaultEnvironment,
    prelude::vec::Vec,
    storage::{traits::ManualKey, Lazy},
};
use vilokanam_interfaces::{
    events::admin::*, AccountId, AdminError, Change, Hash, Millis, PendingChange, Wiring,
    MAX_CHANGE_DELAY_MS, MAX_PENDING_CHANGES, MIN_CHANGE_DELAY_MS,
};

/// Who owns the contract, and how long its changes wait.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Authority {
    /// The owner.
    pub owner: AccountId,
    /// Who was offered ownership.
    pub proposed: Option<AccountId>,
    /// How long a change is announced before it can be applied.
    pub change_delay_ms: Millis,
    /// The number of the last change that was announced.
    pub last_change: u32,
}

/// The administrative part of a contract's storage.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Admin {
    /// Set by the constructor.
    authority: Lazy<Authority, ManualKey<0x00AD_0001>>,
    /// The changes that wait, oldest first.
    pending: Lazy<Vec<PendingChange>, ManualKey<0x00AD_0002>>,
    /// The other contracts; unset until the first wiring.
    wiring: Lazy<Wiring, ManualKey<0x00AD_0003>>,
}

/// The slots of a wiring that a contract needs, and those that it may change later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// Needs the registry.
    pub registry: bool,
    /// Needs the pricing engine.
    pub pricing: bool,
    /// Needs the payment handler.
    pub payments: bool,
    /// Needs the meter.
    pub meter: bool,
}

impl Slots {
    /// Calls nobody.
    pub const NONE: Self = Self {
        registry: false,
        pricing: false,
        payments: false,
        meter: false,
    };

    /// Whether `wiring` fills exactly these slots.
    pub fn fit(self, wiring: &Wiring) -> bool {
        self.registry == wiring.registry.is_some()
            && self.pricing == wiring.pricing.is_some()
            && self.payments == wiring.payments.is_some()
            && self.meter == wiring.meter.is_some()
    }
}

fn caller() -> AccountId {
    ink::env::caller::<DefaultEnvironment>()
}

fn now() -> Millis {
    ink::env::block_timestamp::<DefaultEnvironment>()
}

fn emit(event: impl ink::env::Event) {
    ink::env::emit_event::<DefaultEnvironment, _>(event);
}

/// Whether a constructor may set this change delay: a proper one, or zero for development.
pub fn ensure_delay(change_delay_ms: Millis) -> Result<(), AdminError> {
    if change_delay_ms == 0
        || (MIN_CHANGE_DELAY_MS..=MAX_CHANGE_DELAY_MS).contains(&change_delay_ms)
    {
        return Ok(());
    }
    Err(AdminError::DelayOutOfRange {
        min_ms: MIN_CHANGE_DELAY_MS,
        max_ms: MAX_CHANGE_DELAY_MS,
    })
}

impl Admin {
    /// In a constructor: the caller becomes the owner.
    pub fn init(&mut self, change_delay_ms: Millis) -> Result<(), AdminError> {
        ensure_delay(change_delay_ms)?;
        self.authority.set(&Authority {
            owner: caller(),
            proposed: None,
            change_delay_ms,
            last_change: 0,
        });
        Ok(())
    }

    /// The authority. A contract without one was never constructed: nobody owns it.
    pub fn authority(&self) -> Authority {
        self.authority.get().unwrap_or(Authority {
            owner: AccountId::from([0; 32]),
            proposed: None,
            change_delay_ms: MAX_CHANGE_DELAY_MS,
            last_change: 0,
        })
    }

    /// Fails unless the caller is the owner.
    pub fn ensure_owner(&self) -> Result<Authority, AdminError> {
        let authority = self.authority();
        if caller() != authority.owner {
            return Err(AdminError::NotOwner);
        }
        Ok(authority)
    }

    /// See `Administered::propose_owner`.
    pub fn propose_owner(&mut self, account: Option<AccountId>) -> Result<(), AdminError> {
        let mut authority = self.ensure_owner()?;
        authority.proposed = account;
        self.authority.set(&authority);
        emit(OwnerProposed {
            owner: authority.owner,
            proposed: account,
        });
        Ok(())
    }

    /// See `Administered::accept_owner`.
    pub fn accept_owner(&mut self) -> Result<(), AdminError> {
        let mut authority = self.authority();
        let caller = caller();
        if authority.proposed != Some(caller) {
            return Err(AdminError::NotProposedOwner);
        }
        let old = authority.owner;
        authority.owner = caller;
        authority.proposed = None;
        self.authority.set(&authority);
        emit(OwnerChanged { old, new: caller });
        Ok(())
    }

    /// See `Administered::raise_change_delay`.
    pub fn raise_change_delay(&mut self, delay_ms: Millis) -> Result<(), AdminError> {
        let mut authority = self.ensure_owner()?;
        if delay_ms == 0 {
            // Zero is for constructors only.
            return Err(AdminError::DelayOutOfRange {
                min_ms: MIN_CHANGE_DELAY_MS,
                max_ms: MAX_CHANGE_DELAY_MS,
            });
        }
        ensure_delay(delay_ms)?;
        let old_ms = authority.change_delay_ms;
        if delay_ms <= old_ms {
            return Err(AdminError::DelayNotRaised { current_ms: old_ms });
        }
        authority.change_delay_ms = delay_ms;
        self.authority.set(&authority);
        emit(ChangeDelayRaised {
            old_ms,
            new_ms: delay_ms,
        });
        Ok(())
    }

    /// See `Administered::announce`. The contract has checked that it supports the change.
    pub fn announce(&mut self, change: Change) -> Result<u32, AdminError> {
        let mut authority = self.ensure_owner()?;
        // Before the first wiring an announced one would take its place, and leave slots empty for ever.
        if matches!(change, Change::Wiring(_)) && self.wiring.get().is_none() {
            return Err(AdminError::WiringMismatch);
        }
        let mut pending = self.pending();
        let too_many = AdminError::TooManyChanges {
            max: MAX_PENDING_CHANGES,
        };
        if pending.len() >= MAX_PENDING_CHANGES as usize {
            return Err(too_many);
        }
        let id = authority.last_change.checked_add(1).ok_or(too_many)?;
        let due_ms = now().saturating_add(authority.change_delay_ms);
        authority.last_change = id;
        self.authority.set(&authority);
        pending.push(PendingChange {
            id,
            change: change.clone(),
            due_ms,
        });
        self.pending.set(&pending);
        emit(ChangeAnnounced { id, change, due_ms });
        Ok(id)
    }

    /// See `Administered::cancel`.
    pub fn cancel(&mut self, id: u32) -> Result<(), AdminError> {
        self.ensure_owner()?;
        self.take(id, Millis::MAX)?;
        emit(ChangeCancelled { id });
        Ok(())
    }

    /// Takes a change that is due off the list, for the contract to carry out.
    pub fn take_due(&mut self, id: u32) -> Result<Change, AdminError> {
        self.ensure_owner()?;
        self.take(id, now())
    }

    /// Takes a change off the list that is due at `at_ms`.
    fn take(&mut self, id: u32, at_ms: Millis) -> Result<Change, AdminError> {
        let mut pending = self.pending();
        let Some(position) = pending.iter().position(|p| p.id == id) else {
            return Err(AdminError::UnknownChange);
        };
        let taken = pending.remove(position);
        if taken.due_ms > at_ms {
            return Err(AdminError::ChangeNotDue {
                due_ms: taken.due_ms,
            });
        }
        self.pending.set(&pending);
        Ok(taken.change)
    }

    /// Says that a change was carried out.
    pub fn note_applied(&self, id: u32, change: Change) {
        emit(ChangeApplied { id, change });
    }

    /// Runs other code from the next call on.
    pub fn set_code(&self, new: Hash) -> Result<(), AdminError> {
        let old = Self::code_hash();
        ink::env::set_code_hash::<DefaultEnvironment>(&new)
            .map_err(|_| AdminError::SetCodeRefused)?;
        emit(CodeChanged { old, new });
        Ok(())
    }

    /// The changes that wait.
    pub fn pending(&self) -> Vec<PendingChange> {
        self.pending.get_or_default()
    }

    /// The wiring; all empty before the first.
    pub fn wiring(&self) -> Wiring {
        self.wiring.get_or_default()
    }

    /// See `Administered::wire`.
    pub fn wire(&mut self, slots: Slots, wiring: Wiring) -> Result<(), AdminError> {
        self.ensure_owner()?;
        if slots == Slots::NONE {
            return Err(AdminError::UnsupportedChange);
        }
        if self.wiring.get().is_some() {
            return Err(AdminError::AlreadyWired);
        }
        if !slots.fit(&wiring) {
            return Err(AdminError::WiringMismatch);
        }
        self.set_wiring(wiring);
        Ok(())
    }

    /// Replaces the slots that `wiring` fills and keeps the others.
    pub fn rewire(&mut self, wiring: Wiring) {
        let old = self.wiring();
        self.set_wiring(Wiring {
            registry: wiring.registry.or(old.registry),
            pricing: wiring.pricing.or(old.pricing),
            payments: wiring.payments.or(old.payments),
            meter: wiring.meter.or(old.meter),
        });
    }

    fn set_wiring(&mut self, new: Wiring) {
        let old = self.wiring();
        self.wiring.set(&new);
        emit(WiringChanged { old, new });
    }

    /// The hash of the code that runs.
    pub fn code_hash() -> Hash {
        ink::env::own_code_hash::<DefaultEnvironment>().unwrap_or_default()
    }
}
