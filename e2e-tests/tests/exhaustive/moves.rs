//! What can happen next.

use crate::{
    bounds::{Bounds, Cheque, DEARER, EXIT_DELAY_MS, MINUTE, RATE},
    scene::{rates, CREATOR, MODERATOR, OWNER, REFERRER, STRANGER, STREAM, UPGRADED, VIEWERS},
};
use std::{collections::BTreeSet, sync::OnceLock};
use vilokanam_chain::account;
use vilokanam_e2e::model::{
    Action, AdminCall, MeterCall, Model, PaymentsCall, PricingCall, RegistryCall, Signed,
};
use vilokanam_interfaces::{
    AccountId, Change, Discount, Hash, Millis, OpenRequest, Seated, SessionId, SignedVoucher,
    MIN_REPRICE_MS, NATIVE,
};
use vilokanam_voucher::{
    sign::{self, Form, Keypair},
    Domain, Voucher,
};

/// A session: which viewer, and the viewer's own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Of(pub u8, pub u32);

/// Something that happens: a message, or time passing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// A minute passes.
    Wait,
    /// Time passes to the next instant at which something begins or ends.
    WaitToNext,
    /// To one millisecond before it.
    WaitToJustBefore,
    Open(u8, Option<u8>),
    TopUp(Of),
    Pause(Of),
    Resume(Of),
    Close(Of),
    CloseEnded(Of),
    Settle(Of),
    BeginExit(Of),
    FinishExit(Of),
    SetKey(Of, Option<u8>),
    /// The voucher of this number.
    Redeem(Of, u8),
    /// A voucher of the first session, shown as one of the second.
    RedeemElsewhere(Of, Of, u8),
    Dismiss(Of),
    FinishClose(Of),
    /// The second price, or the first.
    SetRates(bool),
    Heartbeat,
    EndBroadcast,
    GoLive,
    Suspend,
    Reinstate,
    AnnounceCode,
    ApplyCode,
    Withdraw(u8),
    WithdrawPayable,
    WithdrawFees,
}

/// How many session keys there are.
pub const KEYS: u8 = 2;

fn pairs() -> &'static [Keypair; KEYS as usize] {
    static PAIRS: OnceLock<[Keypair; KEYS as usize]> = OnceLock::new();
    let pair = |n| sign::pair(&[n as u8 + 1; 32]).expect("any 32 bytes are a seed");
    PAIRS.get_or_init(|| std::array::from_fn(pair))
}

/// A session key.
pub fn key_of(key: u8) -> AccountId {
    pairs()[usize::from(key)].public.to_bytes().into()
}

impl Of {
    pub fn id(self) -> SessionId {
        SessionId {
            viewer: viewer(self.0),
            number: self.1,
        }
    }
}

pub fn viewer(place: u8) -> AccountId {
    account(VIEWERS[usize::from(place)])
}

/// All sessions that there ever were.
pub fn sessions(model: &Model, bounds: &Bounds) -> Vec<Of> {
    let of = |place| (1..=model.viewer(viewer(place)).sessions).map(move |number| Of(place, number));
    (0..bounds.viewers).flat_map(of).collect()
}

impl Move {
    /// All that may happen in a state, whether it is refused or not. The bounds are here: what is counted by them is not
    /// tried any more.
    pub fn all(model: &Model, bounds: &Bounds) -> Vec<Self> {
        let mut all = vec![Self::Wait];
        if next_instant(model, bounds).is_some() {
            all.push(Self::WaitToNext);
            if bounds.edges {
                all.push(Self::WaitToJustBefore);
            }
        }
        let sessions = sessions(model, bounds);
        for place in 0..bounds.viewers {
            if model.viewer(viewer(place)).sessions < bounds.sessions {
                all.extend(bounds.opens.iter().map(|key| Self::Open(place, *key)));
            }
            if bounds.withdraw {
                all.push(Self::Withdraw(place));
            }
        }
        for of in &sessions {
            all.extend(Self::of_session(*of, bounds));
            let others = sessions.iter().filter(|other| *other != of);
            for other in others.filter(|_| !bounds.cheques.is_empty()) {
                all.push(Self::RedeemElsewhere(*of, *other, 0));
            }
        }
        let broadcast = model.stream(STREAM).map_or(0, |s| s.broadcast);
        if model.track(STREAM, broadcast).len() < bounds.reprices {
            all.extend([true, false].map(Self::SetRates));
        }
        if broadcast < bounds.broadcasts {
            all.push(Self::GoLive);
        }
        if bounds.suspend {
            all.extend([Self::Suspend, Self::Reinstate]);
        }
        let may = [
            (bounds.heartbeat, Self::Heartbeat),
            (bounds.end, Self::EndBroadcast),
            (bounds.withdraw, Self::WithdrawPayable),
            (bounds.withdraw, Self::WithdrawFees),
            (
                bounds.upgrade && model.admin(UPGRADED).announced == 0,
                Self::AnnounceCode,
            ),
            (
                bounds.upgrade && model.admin(UPGRADED).announced > 0,
                Self::ApplyCode,
            ),
        ];
        all.extend(may.into_iter().filter(|m| m.0).map(|m| m.1));
        all
    }

    fn of_session(of: Of, bounds: &Bounds) -> Vec<Self> {
        let mut all = vec![Self::Close(of), Self::CloseEnded(of), Self::Settle(of)];
        if bounds.top_up.is_some() {
            all.push(Self::TopUp(of));
        }
        if bounds.pause {
            all.extend([Self::Pause(of), Self::Resume(of)]);
        }
        if bounds.exit {
            all.extend([Self::BeginExit(of), Self::FinishExit(of)]);
        }
        if !bounds.cheques.is_empty() {
            all.extend([Self::Dismiss(of), Self::FinishClose(of)]);
            all.extend((0..bounds.cheques.len()).map(|n| Self::Redeem(of, n as u8)));
        }
        if bounds.keys > 0 {
            let keys = (0..bounds.keys).map(Some).chain([None]);
            all.extend(keys.map(|key| Self::SetKey(of, key)));
        }
        all
    }

    /// How much time passes, if this is time.
    pub fn waits(self, model: &Model, bounds: &Bounds) -> Option<Millis> {
        let left = || next_instant(model, bounds).map(|at| at - model.now_ms);
        match self {
            Self::Wait => Some(MINUTE),
            Self::WaitToNext => left(),
            Self::WaitToJustBefore => left().map(|ms| ms - 1),
            _ => None,
        }
    }

    /// The message, and who sends it. Vouchers are not signed: see [`sign`].
    pub fn message(self, model: &Model, bounds: &Bounds, code: Hash) -> Option<(AccountId, Action)> {
        let by = |of: Of, call| (viewer(of.0), Action::Meter(call));
        let anyone = |call| (account(STRANGER), Action::Meter(call));
        let creator = |call| (account(CREATOR), Action::Registry(call));
        let moderator = |call| (account(MODERATOR), Action::Registry(call));
        let payments = |name: &str, call| (account(name), Action::Payments(call));
        let admin = |call| (account(OWNER), Action::Admin(UPGRADED, call));
        let (stream, asset) = (STREAM, NATIVE);
        let reason = || "a reason".to_owned();
        Some(match self {
            Self::Wait | Self::WaitToNext | Self::WaitToJustBefore => return None,
            Self::Open(place, key) => {
                let request = request(model, bounds, key);
                (viewer(place), Action::Meter(MeterCall::Open(request)))
            }
            Self::TopUp(of) => {
                let (id, amount) = (of.id(), bounds.top_up.unwrap_or(0));
                by(of, MeterCall::TopUp { id, amount })
            }
            Self::Pause(of) => by(of, MeterCall::Pause(of.1)),
            Self::Resume(of) => by(of, MeterCall::Resume(of.1)),
            Self::Close(of) => by(of, MeterCall::Close(of.1)),
            Self::CloseEnded(of) => anyone(MeterCall::CloseEnded(of.id())),
            Self::Settle(of) => anyone(MeterCall::Settle(of.id())),
            Self::BeginExit(of) => by(of, MeterCall::BeginExit(of.1)),
            Self::FinishExit(of) => by(of, MeterCall::FinishExit(of.1)),
            Self::SetKey(of, key) => {
                let (number, key) = (of.1, key.map(key_of));
                by(of, MeterCall::SetKey { number, key })
            }
            Self::Redeem(of, n) => anyone(MeterCall::Redeem(voucher(model, bounds, of, of, n))),
            Self::RedeemElsewhere(of, at, n) => {
                anyone(MeterCall::Redeem(voucher(model, bounds, of, at, n)))
            }
            Self::Dismiss(of) => {
                let call = MeterCall::Dismiss(seat(model, of));
                (account(CREATOR), Action::Meter(call))
            }
            Self::FinishClose(of) => anyone(MeterCall::FinishClose(seat(model, of))),
            Self::SetRates(dearer) => {
                let rates = rates(if dearer { DEARER } else { RATE });
                let call = PricingCall::SetRates { stream, rates };
                (account(CREATOR), Action::Pricing(call))
            }
            Self::Heartbeat => creator(RegistryCall::Heartbeat { stream }),
            Self::EndBroadcast => creator(RegistryCall::EndBroadcast { stream }),
            Self::GoLive => {
                let grace_ms = bounds.grace_ms;
                creator(RegistryCall::GoLive { stream, grace_ms })
            }
            Self::Suspend => {
                let reason = reason();
                moderator(RegistryCall::Suspend { stream, reason })
            }
            Self::Reinstate => {
                let reason = reason();
                moderator(RegistryCall::Reinstate { stream, reason })
            }
            Self::AnnounceCode => admin(AdminCall::Announce(Change::Code(code))),
            Self::ApplyCode => admin(AdminCall::Apply(1)),
            Self::Withdraw(place) => {
                let amount = model.pool(viewer(place), asset).free;
                let call = PaymentsCall::Withdraw { asset, amount };
                payments(VIEWERS[usize::from(place)], call)
            }
            Self::WithdrawPayable => payments(CREATOR, PaymentsCall::WithdrawPayable { asset }),
            Self::WithdrawFees => payments(STRANGER, PaymentsCall::WithdrawFees { asset }),
        })
    }

    /// The name of the message, for statistics.
    pub fn kind(self) -> String {
        let text = format!("{self:?}");
        text.chars().take_while(char::is_ascii_alphanumeric).collect()
    }
}

fn request(model: &Model, bounds: &Bounds, key: Option<u8>) -> OpenRequest {
    OpenRequest {
        stream: STREAM,
        asset: NATIVE,
        hold: bounds.hold,
        ceiling: bounds.ceiling,
        until_ms: bounds.until.map(|ms| model.now_ms + ms),
        referrer: Some(account(REFERRER)),
        key: key.map(key_of),
        discount: Discount::None,
        sponsor: None,
    }
}

fn seat(model: &Model, of: Of) -> Seated {
    model.seat_of(of.id()).unwrap_or(Seated {
        id: of.id(),
        stream: STREAM,
        page: 0,
        seat: 0,
    })
}

/// A voucher of a session, shown as one of the session `at`.
fn voucher(model: &Model, bounds: &Bounds, of: Of, at: Of, place: u8) -> Signed {
    let Cheque { ms, amount, key } = bounds.cheques[usize::from(place)];
    let domain = Domain {
        genesis_hash: model.genesis_hash.into(),
        contract: *model.contracts.meter.as_ref(),
    };
    let fields = Voucher {
        viewer: *viewer(of.0).as_ref(),
        number: of.1,
        stream: STREAM,
        asset: NATIVE,
        ms,
        amount,
    };
    Signed {
        voucher: SignedVoucher {
            at: seat(model, at),
            ms,
            amount,
            signature: [0; 64],
        },
        by: Some(key_of(key)),
        over: fields.message(&domain).to_vec(),
    }
}

/// The message with its voucher really signed, as the contracts want it.
pub fn sign(action: Action) -> Action {
    let Action::Meter(MeterCall::Redeem(mut signed)) = action else {
        return action;
    };
    let pair = (0..KEYS).find(|key| signed.by == Some(key_of(*key)));
    let pair = &pairs()[usize::from(pair.expect("one of ours"))];
    let message = <[u8; vilokanam_voucher::MESSAGE_LEN]>::try_from(&signed.over[..]);
    let message = message.expect("a voucher's bytes");
    signed.voucher.signature = sign::sign(pair, &message, Form::Raw);
    Action::Meter(MeterCall::Redeem(signed))
}

/// The next instant at which something begins or ends without anybody's doing.
pub fn next_instant(model: &Model, bounds: &Bounds) -> Option<Millis> {
    let now = model.now_ms;
    let mut instants = BTreeSet::new();
    let stream = model.stream(STREAM)?;
    let broadcast = model.broadcast(STREAM, stream.broadcast);
    instants.extend(broadcast.map(|b| b.end_ms));
    let track = model.track(STREAM, stream.broadcast);
    if track.len() < bounds.reprices {
        instants.extend(track.last().map(|entry| entry.from_ms + MIN_REPRICE_MS));
    }
    for id in model.seated_sessions() {
        let Some(life) = model.life(id) else {
            continue;
        };
        instants.extend(life.exit_ms);
        instants.extend(life.until_ms);
        instants.extend(model.old_key(life).map(|old| old.1));
        let end = model.runs_out_at(id).ok().flatten();
        instants.extend(end);
        if model.takes_vouchers(life) {
            instants.extend(end.map(|end| end + EXIT_DELAY_MS));
            // When a voucher's time is reached.
            if life.until_ms.is_some_and(|until| until <= now) {
                continue;
            }
            let latest = model.voucher_latest_ms(life);
            let cheques = bounds.cheques.iter().filter_map(|c| c.ms.checked_sub(latest));
            instants.extend(cheques.map(|ms| now + ms));
        }
    }
    instants.into_iter().find(|at| *at > now)
}
