//! Ownership, delayed changes and wiring, the same in every contract.

use super::{AdminCall, Contracts, Model, Part, Value};
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
}

/// Which slots of a wiring are filled: registry, pricing, payments, meter.
type Slots = [bool; 4];

fn filled(wiring: &Wiring) -> Slots {
    [
        wiring.registry.is_some(),
        wiring.pricing.is_some(),
        wiring.payments.is_some(),
        wiring.meter.is_some(),
    ]
}

/// What a contract must be wired to; `None` if it calls nobody.
fn needed(part: Part) -> Option<Slots> {
    match part {
        Part::Token(_) | Part::Registry => None,
        Part::Pricing => Some([true, false, true, false]),
        Part::Meter => Some([true, true, true, false]),
        Part::Payments => Some([false, false, false, true]),
    }
}

/// What of it can be changed later; `None` if nothing.
fn changeable(part: Part) -> Option<Slots> {
    match part {
        Part::Pricing => Some([true, false, true, false]),
        Part::Meter => Some([true, true, false, false]),
        Part::Token(_) | Part::Registry | Part::Payments => None,
    }
}

/// What the deployment wires a contract to.
pub(super) fn first_wiring(part: Part, contracts: &Contracts) -> Option<Wiring> {
    let [registry, pricing, payments, meter] = needed(part)?;
    Some(Wiring {
        registry: registry.then_some(contracts.registry),
        pricing: pricing.then_some(contracts.pricing),
        payments: payments.then_some(contracts.payments),
        meter: meter.then_some(contracts.meter),
    })
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
                if filled(wiring) != needed {
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
            (_, Change::Wiring(wiring)) => {
                let slots = changeable(part).ok_or(AdminError::UnsupportedChange)?;
                if filled(wiring) != slots || self.admin(part).wired.is_none() {
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
            (Part::Payments, Change::Treasury(_)) | (Part::Meter, Change::Lifecycle(_)) => true,
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
                let old = self.wiring(part);
                self.admin_mut(part).wired = Some(Wiring {
                    registry: new.registry.or(old.registry),
                    pricing: new.pricing.or(old.pricing),
                    payments: new.payments.or(old.payments),
                    meter: new.meter.or(old.meter),
                });
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
            Change::Lifecycle(_) => {} // the same code by another name: nothing here depends on it
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
