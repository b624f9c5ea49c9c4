//! Rules that are wrong on purpose: each must be found. They change what the model does here, in the test; the model itself is not touched.

use crate::{bounds::EXIT_DELAY_MS, scene::STREAM};
use vilokanam_e2e::model::{Action, Life, MeterCall, Model, Outcome, RegistryCall, Value};
use vilokanam_interfaces::{AccountId, EndCause, SessionId, TickStreamError, NATIVE};

/// A mistake that a contract could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A session that closes is finished before its grace is over.
    GraceSkipped,
    /// A revoked key counts no more at once.
    RevokedAtOnce,
    /// What is left of a hold is given back twice.
    HoldReleasedTwice,
    /// What vouchers paid is not remembered as theirs.
    VoucherPaidTwice,
    /// A voucher of one session pays for another.
    VoucherElsewhere,
    /// A pause is forgotten.
    PauseForgotten,
    /// A heartbeat after the end makes the broadcast go on.
    EndTakenBack,
    /// A repricing lifts the viewer's ceiling.
    CeilingLifted,
    /// An exit does not wait.
    ExitAtOnce,
    /// What was settled is not remembered.
    SettlementForgotten,
    /// A refused pause writes down what has accrued.
    RefusalWrites,
    /// A suspended stream's sessions cannot be left.
    SuspendedIsStuck,
    /// Settling while paused charges a millisecond.
    SettlingCharges,
    /// A pause and a resume lose the run before.
    ResumeForgets,
}

pub const FAULTS: [Fault; 14] = [
    Fault::GraceSkipped,
    Fault::RevokedAtOnce,
    Fault::HoldReleasedTwice,
    Fault::VoucherPaidTwice,
    Fault::VoucherElsewhere,
    Fault::PauseForgotten,
    Fault::EndTakenBack,
    Fault::CeilingLifted,
    Fault::ExitAtOnce,
    Fault::SettlementForgotten,
    Fault::RefusalWrites,
    Fault::SuspendedIsStuck,
    Fault::SettlingCharges,
    Fault::ResumeForgets,
];

/// What the model answers, with a fault or without.
pub fn apply(fault: Option<Fault>, model: &mut Model, caller: AccountId, action: &Action) -> Outcome {
    let Some(fault) = fault else {
        return model.apply(caller, 0, action);
    };
    if let Some(outcome) = instead(fault, model, action) {
        return outcome;
    }
    let action = before(fault, model, caller, action);
    let outcome = model.apply(caller, 0, &action);
    after(fault, model, caller, &action, &outcome);
    outcome
}

fn own(caller: AccountId, number: u32) -> SessionId {
    SessionId {
        viewer: caller,
        number,
    }
}

fn life_mut(model: &mut Model, id: SessionId) -> Option<&mut Life> {
    model.meter.lives.get_mut(&(id.viewer, id.number))
}

/// Answers in the model's place.
fn instead(fault: Fault, model: &mut Model, action: &Action) -> Option<Outcome> {
    match (fault, action) {
        (Fault::SuspendedIsStuck, Action::Meter(MeterCall::Close(_) | MeterCall::FinishExit(_)))
            if model.stream(STREAM)?.suspended =>
        {
            Some(Outcome::Meter(Err(TickStreamError::RegistryFailed)))
        }
        (Fault::EndTakenBack, Action::Registry(RegistryCall::Heartbeat { stream })) => {
            let now = model.now_ms;
            let record = model.registry.records.get_mut(stream)?;
            let broadcast = record.broadcasts.last_mut()?;
            let over = broadcast.end_ms <= now;
            if !over {
                return None;
            }
            (broadcast.heartbeat_ms, broadcast.end_ms) = (now, now + broadcast.grace_ms);
            broadcast.cause = EndCause::None;
            record.listed = true;
            Some(Outcome::Registry(Ok(Value::Unit)))
        }
        _ => None,
    }
}

/// Changes the state before the message, or the message.
fn before(fault: Fault, model: &mut Model, caller: AccountId, action: &Action) -> Action {
    let now = model.now_ms;
    let mut action = action.clone();
    match (fault, &mut action) {
        (Fault::GraceSkipped, Action::Meter(MeterCall::FinishClose(at))) => {
            let life = life_mut(model, at.id);
            if let Some(life) = life.filter(|life| life.seated() && life.closing_ms.is_some()) {
                life.exit_ms = life.exit_ms.map(|exit| exit.min(now));
            }
        }
        (Fault::ExitAtOnce, Action::Meter(MeterCall::FinishExit(number))) => {
            if let Some(life) = life_mut(model, own(caller, *number)).filter(|l| l.open()) {
                life.exit_ms = life.exit_ms.map(|exit| exit.min(now));
            }
        }
        (Fault::VoucherElsewhere, Action::Meter(MeterCall::Redeem(signed))) => {
            // The number in the bytes is not compared.
            let number = signed.voucher.at.id.number.to_le_bytes();
            let place = signed.over.len() - 34;
            signed.over[place..place + 4].copy_from_slice(&number);
        }
        _ => {}
    }
    action
}

/// Changes the state after the message.
fn after(fault: Fault, model: &mut Model, caller: AccountId, action: &Action, outcome: &Outcome) {
    let now = model.now_ms;
    match (fault, action, outcome.is_ok()) {
        (Fault::RevokedAtOnce, Action::Meter(MeterCall::SetKey { number, key: None }), true) => {
            let life = life_mut(model, own(caller, *number));
            if let Some(set) = life.and_then(|life| life.keys.last_mut()) {
                set.at_ms = now - EXIT_DELAY_MS;
            }
        }
        (Fault::HoldReleasedTwice, Action::Meter(MeterCall::Close(number)), true) => {
            let life = model.life(own(caller, *number));
            let released = life.and_then(|life| Some(life.closed?.released)).unwrap_or(0);
            *model.payments.free.entry((caller, NATIVE)).or_default() += released;
        }
        (Fault::VoucherPaidTwice, Action::Meter(MeterCall::Redeem(signed)), true) => {
            let life = life_mut(model, signed.voucher.at.id);
            if let Some((life, paid)) = life.and_then(|l| l.vouchers.pop().map(|paid| (l, paid))) {
                life.paid.push(paid.moved);
            }
        }
        (Fault::PauseForgotten, Action::Meter(MeterCall::Pause(number)), true) => {
            let life = life_mut(model, own(caller, *number));
            if let Some(run) = life.and_then(|life| life.runs.last_mut()) {
                run.to_ms = None;
            }
        }
        (Fault::ResumeForgets, Action::Meter(MeterCall::Resume(number)), true) => {
            let life = life_mut(model, own(caller, *number));
            if let Some(life) = life.filter(|life| life.settled() == 0) {
                life.runs.drain(..life.runs.len() - 1);
            }
        }
        (Fault::CeilingLifted, Action::Pricing(_), true) => {
            for life in model.meter.lives.values_mut() {
                life.ceiling += 10_000;
            }
        }
        (Fault::SettlementForgotten, Action::Meter(MeterCall::Settle(id)), true) => {
            life_mut(model, *id).and_then(|life| life.paid.pop());
        }
        (Fault::SettlingCharges, Action::Meter(MeterCall::Settle(id)), true) => {
            let life = life_mut(model, *id).filter(|life| !life.running());
            if let Some(run) = life.and_then(|life| life.runs.last_mut()) {
                run.to_ms = run.to_ms.map(|to| to + 1);
            }
        }
        (Fault::RefusalWrites, Action::Meter(MeterCall::Pause(number)), false) => {
            if let Some(life) = life_mut(model, own(caller, *number)).filter(|l| l.open()) {
                life.since_ms = now;
            }
        }
        _ => {}
    }
}
