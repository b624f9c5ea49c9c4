//! Ownership, delayed changes, wiring and versions: the part of storage and the rules that every
//! contract of the suite keeps, so that they are written once.
//!
//! A contract holds an [`Admin`], forwards the messages of `Administered` to it, and checks and carries out
//! itself the changes that only it knows. All of it lives in three cells under fixed keys, which no contract may
//! use for anything else: `0xAD_0001` to `0xAD_0003`.
//!
//! A contract may have a *second code*, to which it hands messages over by a delegate call: that code runs on the contract's
//! storage and under its address. Its hash is kept here, and changes by announcement, as the first code does.

#![cfg_attr(not(feature = "std"), no_std)]

use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        CallFlags, DefaultEnvironment, ReturnFlags,
    },
    prelude::vec::Vec,
    scale::Encode,
    storage::{traits::ManualKey, Lazy},
    LangError,
};
use vilokanam_interfaces::{
    events::admin::*, AccountId, AdminError, Administration, Change, Hash, Millis, PendingChange,
    Wiring, MAX_CHANGE_DELAY_MS, MAX_PENDING_CHANGES, MIN_CHANGE_DELAY_MS,
};

/// Who owns the contract, and its changes.
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
    /// The changes that wait, oldest first.
    pub pending: Vec<PendingChange>,
}

/// The administrative part of a contract's storage.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Admin {
    /// Set by the constructor.
    authority: Lazy<Authority, ManualKey<0x00AD_0001>>,
    /// The other contracts; unset until the first wiring. Apart, because messages that bill read it.
    wiring: Lazy<Wiring, ManualKey<0x00AD_0002>>,
    /// The hash of the second code; unset where there is none.
    second_code: Lazy<Hash, ManualKey<0x00AD_0003>>,
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
    /// Needs the pass office.
    pub passes: bool,
    /// Needs patronage.
    pub patronage: bool,
    /// Needs the directory.
    pub directory: bool,
    /// Has a second code. No slot of a wiring, but as constant: what a contract has no use for is not in its code.
    pub second_code: bool,
}

impl Slots {
    /// Calls nobody.
    pub const NONE: Self = Self {
        registry: false,
        pricing: false,
        payments: false,
        meter: false,
        passes: false,
        patronage: false,
        directory: false,
        second_code: false,
    };

    /// Whether the contract calls nobody.
    fn is_unwired(self) -> bool {
        !(self.registry
            || self.pricing
            || self.payments
            || self.meter
            || self.passes
            || self.patronage
            || self.directory)
    }

    /// Whether `wiring` fills exactly these slots.
    pub fn fit(self, wiring: &Wiring) -> bool {
        self.registry == wiring.registry.is_some()
            && self.pricing == wiring.pricing.is_some()
            && self.payments == wiring.payments.is_some()
            && self.meter == wiring.meter.is_some()
            && self.passes == wiring.passes.is_some()
            && self.patronage == wiring.patronage.is_some()
            && self.directory == wiring.directory.is_some()
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

/// Fails unless changes may wait that long.
fn ensure_delay(delay_ms: Millis) -> Result<(), AdminError> {
    if (MIN_CHANGE_DELAY_MS..=MAX_CHANGE_DELAY_MS).contains(&delay_ms) {
        return Ok(());
    }
    Err(AdminError::DelayOutOfRange {
        min_ms: MIN_CHANGE_DELAY_MS,
        max_ms: MAX_CHANGE_DELAY_MS,
    })
}

/// The hash of the code that runs.
fn code_hash() -> Hash {
    // Off the chain, in unit tests, there is no code, and the environment panics when asked.
    if cfg!(feature = "std") {
        return Hash::default();
    }
    ink::env::own_code_hash::<DefaultEnvironment>().unwrap_or_default()
}

impl Admin {
    /// In a constructor: the caller becomes the owner. The delay is a proper one, or zero for development.
    pub fn init(&mut self, change_delay_ms: Millis) -> Result<(), AdminError> {
        if change_delay_ms != 0 {
            ensure_delay(change_delay_ms)?;
        }
        self.authority.set(&Authority {
            owner: caller(),
            proposed: None,
            change_delay_ms,
            last_change: 0,
            pending: Vec::new(),
        });
        Ok(())
    }

    /// The authority. A contract without one was never constructed: nobody owns it.
    fn authority(&self) -> Authority {
        self.authority.get().unwrap_or(Authority {
            owner: AccountId::from([0; 32]),
            proposed: None,
            change_delay_ms: MAX_CHANGE_DELAY_MS,
            last_change: 0,
            pending: Vec::new(),
        })
    }

    /// The authority, if the caller is the owner.
    fn owned(&self) -> Result<Authority, AdminError> {
        let authority = self.authority();
        if caller() != authority.owner {
            return Err(AdminError::NotOwner);
        }
        Ok(authority)
    }

    /// Fails unless the caller is the owner.
    pub fn ensure_owner(&self) -> Result<(), AdminError> {
        self.owned().map(|_| ())
    }

    /// The wiring; all empty before the first.
    pub fn wiring(&self) -> Wiring {
        self.wiring.get_or_default()
    }

    /// See `Administered::administration`.
    pub fn administration(&self, layout_version: u32, slots: Slots) -> Administration {
        let authority = self.authority();
        Administration {
            owner: authority.owner,
            proposed_owner: authority.proposed,
            change_delay_ms: authority.change_delay_ms,
            wiring: if slots.is_unwired() {
                Wiring::default()
            } else {
                self.wiring()
            },
            pending: authority.pending,
            layout_version,
            code_hash: code_hash(),
            second_code: if slots.second_code {
                self.second_code.get()
            } else {
                None
            },
        }
    }

    /// Makes `code` the second code, and keeps the chain from dropping it. Traps if the chain does not have it.
    pub fn set_second_code(&mut self, code: Hash) {
        // The mock chain of unit tests has no code to keep.
        #[cfg(not(feature = "std"))]
        {
            if let Some(old) = self.second_code.get() {
                ink::env::unlock_delegate_dependency::<DefaultEnvironment>(&old);
            }
            ink::env::lock_delegate_dependency::<DefaultEnvironment>(&code);
        }
        self.second_code.set(&code);
    }

    /// The second code; the zero hash where there is none.
    pub fn second_code(&self) -> Hash {
        self.second_code.get().unwrap_or_default()
    }

    /// Runs the message that was called in the second code, and answers what that answers. Answers `Err(failed)` if the chain has no
    /// such code, or it traps or runs out of gas. Nothing of storage may have been changed before, and nothing after it runs.
    pub fn hand_over(&self, failed: impl Encode) -> ! {
        let _ = build_call::<DefaultEnvironment>()
            .delegate(self.second_code())
            .call_flags(CallFlags::FORWARD_INPUT | CallFlags::TAIL_CALL)
            // Not sent: the input of this call is.
            .exec_input(ExecutionInput::new(Selector::new([0; 4])))
            .returns::<()>()
            .try_invoke();
        // Reached only if the chain has no such code, or it trapped or ran out of gas.
        let failed: Result<Result<(), _>, LangError> = Ok(Err(failed));
        ink::env::return_value(ReturnFlags::REVERT, &failed)
    }

    /// See `Administered::propose_owner`.
    pub fn propose_owner(&mut self, account: Option<AccountId>) -> Result<(), AdminError> {
        let mut authority = self.owned()?;
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

    /// See `Administered::announce`, of a contract that has no changes of its own. It may change the wiring of `slots`.
    pub fn announce(&mut self, change: Change, slots: Slots) -> Result<u32, AdminError> {
        if self.is_own(&change, slots)? {
            return Err(AdminError::UnsupportedChange);
        }
        self.enlist(change)
    }

    /// Checks a change for the owner to announce, if every contract knows its kind; tells whether it is the contract's
    /// own to check instead.
    pub fn is_own(&self, change: &Change, slots: Slots) -> Result<bool, AdminError> {
        let authority = self.owned()?;
        match change {
            Change::Code(_) => {}
            Change::Wiring(_) if slots.is_unwired() => return Err(AdminError::UnsupportedChange),
            Change::Wiring(wiring) => {
                // Before the first wiring an announced one would take its place, and leave slots empty for ever.
                if !slots.fit(wiring) || self.wiring.get().is_none() {
                    return Err(AdminError::WiringMismatch);
                }
            }
            Change::SecondCode(_) if slots.second_code => {}
            Change::Delay(delay_ms) => {
                ensure_delay(*delay_ms)?;
                let current_ms = authority.change_delay_ms;
                if *delay_ms <= current_ms {
                    return Err(AdminError::DelayNotRaised { current_ms });
                }
            }
            _ => return Ok(true),
        }
        Ok(false)
    }

    /// Puts a change that was checked on the list.
    pub fn enlist(&mut self, change: Change) -> Result<u32, AdminError> {
        let mut authority = self.owned()?;
        let too_many = AdminError::TooManyChanges {
            max: MAX_PENDING_CHANGES,
        };
        if authority.pending.len() >= MAX_PENDING_CHANGES as usize {
            return Err(too_many);
        }
        let id = authority.last_change.checked_add(1).ok_or(too_many)?;
        let due_ms = now().saturating_add(authority.change_delay_ms);
        authority.last_change = id;
        authority.pending.push(PendingChange { id, change, due_ms });
        self.authority.set(&authority);
        emit(ChangeAnnounced { id, change, due_ms });
        Ok(id)
    }

    /// See `Administered::cancel`.
    pub fn cancel(&mut self, id: u32) -> Result<(), AdminError> {
        self.take(id, Millis::MAX)?;
        emit(ChangeCancelled { id });
        Ok(())
    }

    /// See `Administered::apply`, of a contract that has no changes of its own.
    pub fn apply(&mut self, id: u32, slots: Slots) -> Result<(), AdminError> {
        match self.carry_out(id, slots)? {
            None => Ok(()),
            Some(_) => Err(AdminError::UnsupportedChange),
        }
    }

    /// Takes a change that is due off the list, and carries it out if every contract knows its kind. Otherwise hands it
    /// back, for the contract to carry out and to tell by `applied`.
    pub fn carry_out(&mut self, id: u32, slots: Slots) -> Result<Option<Change>, AdminError> {
        let (mut authority, new) = self.take(id, now())?;
        let mut old = new;
        match &mut old {
            Change::Code(hash) => {
                let new = core::mem::replace(hash, code_hash());
                ink::env::set_code_hash::<DefaultEnvironment>(&new)
                    .map_err(|_| AdminError::SetCodeRefused)?;
            }
            Change::Wiring(wiring) if !slots.is_unwired() => {
                let before = self.wiring();
                self.wiring.set(&Wiring {
                    registry: wiring.registry.or(before.registry),
                    pricing: wiring.pricing.or(before.pricing),
                    payments: wiring.payments.or(before.payments),
                    meter: wiring.meter.or(before.meter),
                    passes: wiring.passes.or(before.passes),
                    patronage: wiring.patronage.or(before.patronage),
                    directory: wiring.directory.or(before.directory),
                });
                *wiring = before;
            }
            Change::SecondCode(hash) if slots.second_code => {
                let new = core::mem::replace(hash, self.second_code());
                self.set_second_code(new);
            }
            Change::Delay(delay_ms) => {
                if *delay_ms <= authority.change_delay_ms {
                    return Err(AdminError::InvalidChange);
                }
                core::mem::swap(delay_ms, &mut authority.change_delay_ms);
                self.authority.set(&authority);
            }
            _ => return Ok(Some(new)),
        }
        Self::applied(id, Some(old), new);
        Ok(None)
    }

    /// Says that a change was carried out.
    pub fn applied(id: u32, old: Option<Change>, new: Change) {
        emit(ChangeApplied { id, old, new });
    }

    /// Takes a change off the owner's list that is due at `at_ms`.
    fn take(&mut self, id: u32, at_ms: Millis) -> Result<(Authority, Change), AdminError> {
        let mut authority = self.owned()?;
        let Some(position) = authority.pending.iter().position(|p| p.id == id) else {
            return Err(AdminError::UnknownChange);
        };
        // Not by `Vec::remove`, which brings a function to move memory that nothing else in most contracts needs.
        let rest = authority.pending.split_off(position);
        let (taken, later) = rest.split_first().ok_or(AdminError::UnknownChange)?;
        authority.pending.extend_from_slice(later);
        if taken.due_ms > at_ms {
            return Err(AdminError::ChangeNotDue {
                due_ms: taken.due_ms,
            });
        }
        self.authority.set(&authority);
        Ok((authority, taken.change))
    }

    /// See `Administered::wire`.
    pub fn wire(&mut self, slots: Slots, wiring: Wiring) -> Result<(), AdminError> {
        self.ensure_owner()?;
        if slots.is_unwired() {
            return Err(AdminError::UnsupportedChange);
        }
        if self.wiring.get().is_some() {
            return Err(AdminError::AlreadyWired);
        }
        if !slots.fit(&wiring) {
            return Err(AdminError::WiringMismatch);
        }
        self.wiring.set(&wiring);
        emit(Wired { wiring });
        Ok(())
    }
}
