//! Ownership, delayed changes and wiring, the same in every contract.

use super::{AdminCall, Contracts, Model, Part, Value};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_interfaces::{
    AccountId, AdminError, Asset, Change, Hash, Millis, PendingChange, Wiring, MAX_CHANGE_DELAY_MS,
    MAX_PENDING_CHANGES, MIN_CHANGE_DELAY_MS,
};

/// A contract's administration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// The owner.
    pub owner: AccountId,
    /// Who was offered ownership.
    pub proposed: Option<AccountId>,
    /// How long changes wait.
    pub change_delay_ms: Millis,
    /// How many changes were announced.
    pub announced: u32,
    /// Those that wait, oldest first.
    pub pending: Vec<PendingChange>,
    /// The wiring; `None` before the first.
    pub wired: Option<Wiring>,
    /// The code that runs.
    pub code: Hash,
    /// The second code, if there is one.
    pub second_code: Option<Hash>,
}

/// The slots of a wiring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Registry,
    Pricing,
    Payments,
    Meter,
    Passes,
    Patronage,
    Directory,
}
use Slot::{Directory, Meter, Passes, Patronage, Payments, Pricing, Registry};

/// What fills each slot, of those that are filled.
fn filled(wiring: &Wiring) -> BTreeMap<Slot, AccountId> {
    let slots = [
        (Registry, wiring.registry),
        (Pricing, wiring.pricing),
        (Payments, wiring.payments),
        (Meter, wiring.meter),
        (Passes, wiring.passes),
        (Patronage, wiring.patronage),
        (Directory, wiring.directory),
    ];
    let filled = slots.into_iter();
    filled.filter_map(|(slot, at)| Some((slot, at?))).collect()
}

fn from_slots(slots: &BTreeMap<Slot, AccountId>) -> Wiring {
    let at = |slot| slots.get(&slot).copied();
    Wiring {
        registry: at(Registry),
        pricing: at(Pricing),
        payments: at(Payments),
        meter: at(Meter),
        passes: at(Passes),
        patronage: at(Patronage),
        directory: at(Directory),
    }
}

fn fills_exactly(wiring: &Wiring, slots: &[Slot]) -> bool {
    let slots = slots.iter().copied().collect::<BTreeSet<_>>();
    filled(wiring).into_keys().eq(slots)
}

/// What a contract must be wired to; `None` if it calls nobody.
fn needed(part: Part) -> Option<&'static [Slot]> {
    match part {
        Part::Token(_) | Part::Registry => None,
        Part::Pricing => Some(&[Registry, Payments, Passes]),
        Part::Meter => Some(&[Registry, Pricing, Payments, Patronage]),
        Part::Payments => Some(&[Meter, Passes, Patronage]),
        Part::Passes => Some(&[Registry, Payments]),
        Part::Patronage => Some(&[Registry, Payments, Meter, Directory]),
        Part::Directory | Part::Moderation => Some(&[Registry]),
    }
}

/// What of it can be changed later; `None` if nothing.
fn changeable(part: Part) -> Option<&'static [Slot]> {
    match part {
        Part::Token(_) | Part::Registry => None,
        Part::Pricing => Some(&[Registry, Payments, Passes]),
        Part::Meter => Some(&[Registry, Pricing, Patronage]),
        Part::Payments => Some(&[Passes, Patronage]),
        Part::Passes | Part::Directory | Part::Moderation => Some(&[Registry]),
        Part::Patronage => Some(&[Registry, Meter, Directory]),
    }
}

/// What the deployment wires a contract to.
pub(super) fn first_wiring(part: Part, contracts: &Contracts) -> Option<Wiring> {
    let all = filled(&Wiring {
        registry: Some(contracts.registry),
        pricing: Some(contracts.pricing),
        payments: Some(contracts.payments),
        meter: Some(contracts.meter),
        passes: Some(contracts.passes),
        patronage: Some(contracts.patronage),
        directory: Some(contracts.directory),
    });
    let needed = needed(part)?.iter();
    Some(from_slots(&needed.map(|slot| (*slot, all[slot])).collect()))
}

/// What a rewiring that is allowed names, with the addresses of the deployment.
pub fn rewiring(part: Part, contracts: &Contracts) -> Option<Wiring> {
    let all = filled(&first_wiring(part, contracts)?);
    let slots = changeable(part)?.iter();
    Some(from_slots(&slots.map(|slot| (*slot, all[slot])).collect()))
}

const OUT_OF_RANGE: AdminError = AdminError::DelayOutOfRange {
    min_ms: MIN_CHANGE_DELAY_MS,
    max_ms: MAX_CHANGE_DELAY_MS,
};

/// What the constructors of the registry and the pricing engine answer: only the delay can be wrong.
pub fn check_delay(change_delay_ms: Millis) -> Result<(), AdminError> {
    match change_delay_ms {
        0 | MIN_CHANGE_DELAY_MS..=MAX_CHANGE_DELAY_MS => Ok(()),
        _ => Err(OUT_OF_RANGE),
    }
}

impl Admin {
    pub(super) fn new(
        owner: AccountId,
        change_delay_ms: Millis,
        code: Hash,
        second_code: Option<Hash>,
        wired: Option<Wiring>,
    ) -> Self {
        Self {
            owner,
            proposed: None,
            change_delay_ms,
            announced: 0,
            pending: Vec::new(),
            wired,
            code,
            second_code,
        }
    }
}

impl Model {
    /// A contract's administration. The reads of `Administered` are its fields, and [`Model::wiring`].
    pub fn admin(&self, part: Part) -> &Admin {
        &self.admins[&part]
    }

    /// The contracts that one is wired to.
    pub fn wiring(&self, part: Part) -> Wiring {
        self.admin(part).wired.unwrap_or_default()
    }

    pub(super) fn admin_call(
        &mut self,
        part: Part,
        caller: AccountId,
        call: &AdminCall,
    ) -> Result<Value, AdminError> {
        let now = self.now_ms;
        if let AdminCall::AcceptOwner = call {
            let admin = self.admin_mut(part);
            if admin.proposed != Some(caller) {
                return Err(AdminError::NotProposedOwner);
            }
            (admin.owner, admin.proposed) = (caller, None);
            return Ok(Value::Unit);
        }
        if caller != self.admin(part).owner {
            return Err(AdminError::NotOwner);
        }
        match call {
            AdminCall::AcceptOwner => unreachable!("answered above"),
            AdminCall::ProposeOwner(account) => self.admin_mut(part).proposed = *account,
            AdminCall::Announce(change) => {
                self.check_change(part, change)?;
                let current_ms = self.admin(part).change_delay_ms;
                match change {
                    Change::Delay(delay_ms) if *delay_ms == 0 => return Err(OUT_OF_RANGE),
                    Change::Delay(delay_ms) => {
                        check_delay(*delay_ms)?;
                        if *delay_ms <= current_ms {
                            return Err(AdminError::DelayNotRaised { current_ms });
                        }
                    }
                    _ => {}
                }
                let admin = self.admin_mut(part);
                if admin.pending.len() >= MAX_PENDING_CHANGES as usize {
                    let max = MAX_PENDING_CHANGES;
                    return Err(AdminError::TooManyChanges { max });
                }
                admin.announced += 1;
                admin.pending.push(PendingChange {
                    id: admin.announced,
                    change: *change,
                    due_ms: now + admin.change_delay_ms,
                });
                return Ok(Value::Number(admin.announced));
            }
            AdminCall::Cancel(id) => {
                let place = self.pending_place(part, *id)?;
                self.admin_mut(part).pending.remove(place);
            }
            AdminCall::Apply(id) => {
                let place = self.pending_place(part, *id)?;
                let PendingChange { change, due_ms, .. } = self.admin(part).pending[place];
                if now < due_ms {
                    return Err(AdminError::ChangeNotDue { due_ms });
                }
                self.carry_out(part, change)?;
                self.admin_mut(part).pending.remove(place);
            }
            AdminCall::Wire(wiring) => {
                let needed = needed(part).ok_or(AdminError::UnsupportedChange)?;
                let admin = self.admin_mut(part);
                if admin.wired.is_some() {
                    return Err(AdminError::AlreadyWired);
                }
                if !fills_exactly(wiring, needed) {
                    return Err(AdminError::WiringMismatch);
                }
                admin.wired = Some(*wiring);
            }
        }
        Ok(Value::Unit)
    }

    fn admin_mut(&mut self, part: Part) -> &mut Admin {
        self.admins.get_mut(&part).expect("every part has one")
    }

    fn pending_place(&self, part: Part, id: u32) -> Result<usize, AdminError> {
        let mut pending = self.admin(part).pending.iter();
        pending
            .position(|p| p.id == id)
            .ok_or(AdminError::UnknownChange)
    }

    /// Whether `part` takes this change, with these values, as things stand.
    fn check_change(&self, part: Part, change: &Change) -> Result<(), AdminError> {
        let valid = match (part, change) {
            (_, Change::Code(_) | Change::Delay(_)) => true,
            (_, Change::SecondCode(_)) => {
                let has_one = self.admin(part).second_code.is_some();
                return has_one.then_some(()).ok_or(AdminError::UnsupportedChange);
            }
            (_, Change::Wiring(wiring)) => {
                let slots = changeable(part).ok_or(AdminError::UnsupportedChange)?;
                if !fills_exactly(wiring, slots) || self.admin(part).wired.is_none() {
                    return Err(AdminError::WiringMismatch);
                }
                true
            }
            (Part::Payments, Change::ListToken(token)) => {
                *token != self.contracts.payments && self.payments.can_list(*token)
            }
            (Part::Payments, Change::SetAsset { asset, .. }) => {
                usize::from(*asset) < self.payments.assets.len()
            }
            (Part::Payments, Change::Fees(fees)) => super::payments::fees_in_limits(fees),
            (Part::Payments, Change::Treasury(_)) => true,
            _ => return Err(AdminError::UnsupportedChange),
        };
        valid.then_some(()).ok_or(AdminError::InvalidChange)
    }

    fn carry_out(&mut self, part: Part, change: Change) -> Result<(), AdminError> {
        self.check_change(part, &change)?;
        match change {
            Change::Code(hash) => {
                if !self.uploaded.contains(&hash) {
                    return Err(AdminError::SetCodeRefused);
                }
                self.admin_mut(part).code = hash;
            }
            Change::Wiring(new) => {
                let mut slots = filled(&self.wiring(part));
                slots.extend(filled(&new));
                self.admin_mut(part).wired = Some(from_slots(&slots));
            }
            Change::ListToken(token) => self.payments.assets.push(Asset {
                token: Some(token),
                allowed: true,
            }),
            Change::SetAsset { asset, allowed } => {
                self.payments.assets[usize::from(asset)].allowed = allowed;
            }
            Change::Fees(fees) => self.payments.fees = fees,
            Change::Treasury(account) => self.payments.treasury = account,
            Change::SecondCode(hash) => {
                // The chain refuses to keep what it does not have, and traps.
                if !self.uploaded.contains(&hash) {
                    self.trapped.set(true);
                    return Err(AdminError::SetCodeRefused);
                }
                self.admin_mut(part).second_code = Some(hash);
            }
            Change::Delay(delay_ms) => {
                let admin = self.admin_mut(part);
                if delay_ms <= admin.change_delay_ms {
                    return Err(AdminError::InvalidChange);
                }
                admin.change_delay_ms = delay_ms;
            }
        }
        Ok(())
    }
}
