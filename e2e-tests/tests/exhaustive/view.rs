//! What makes two situations the same: all that decides what can happen, whatever led there.
//!
//! The model keeps whole lives; this keeps what is left to matter of them, and every instant as the time until or since it, as far as that
//! still decides anything. That nothing is forgotten is tested: where two histories meet in one view, they answer alike ([`crate::twins`]).

use crate::{
    bounds::{Bounds, EXIT_DELAY_MS},
    moves::{self, key_of, Of, KEYS},
    scene::{PAYEES, STREAM, UPGRADED},
};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Life, Model};
use vilokanam_interfaces::{AccountId, Balance, Millis, MIN_REPRICE_MS, NATIVE};

/// A situation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct View {
    /// What each viewer's pool has free, and how many holds.
    pools: Vec<(Balance, u32)>,
    payable: Vec<Balance>,
    fees: Balance,
    held: Balance,
    /// What the contract has and owes to nobody.
    stray: Balance,
    /// The rate at which sessions open.
    rate: Balance,
    /// How many broadcasts there were.
    broadcasts: u32,
    /// How long the last goes on; 0: it is over.
    on_air_ms: Millis,
    suspended: bool,
    /// How often the last was repriced, and how long it cannot be again.
    repriced: (usize, Millis),
    /// Whether the meter's code was replaced; what waits; how many changes there were.
    code: (bool, usize, u32),
    /// How many sessions each viewer opened, and whether the stream has a page.
    opened: Vec<u32>,
    paged: bool,
    sessions: Vec<Seat>,
}

/// A session that is not closed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seat {
    of: Of,
    seat: u8,
    /// Whether it is of the last broadcast.
    current: bool,
    running: bool,
    closing: bool,
    hold: Balance,
    settled: Balance,
    /// By its clock: accrued, and milliseconds; the same as it is written down.
    charged: (u128, Millis),
    written: (u128, Millis),
    /// What a second costs it; 0 once it has ended.
    price: Balance,
    key: Option<u8>,
    /// The key before, and how long it still counts.
    old_key: Option<(u8, Millis)>,
    had_key: bool,
    /// What vouchers paid, and their milliseconds; the most that they may have now, as far as any has so many.
    vouchers: (Balance, Millis, Millis),
    /// How long until its own latest end; 0: it is past.
    until_ms: Option<Millis>,
    /// How long until it can be left; 0: it can.
    exit_ms: Option<Millis>,
    /// How long ago it ended, up to the grace of its vouchers; they are over: any time.
    ended_ms: Option<Millis>,
}

fn number_of(key: AccountId) -> u8 {
    let found = (0..KEYS).find(|n| key_of(*n) == key);
    found.expect("one of ours")
}

impl View {
    pub fn of(model: &Model, bounds: &Bounds) -> Self {
        let now = model.now_ms;
        let stream = model.stream(STREAM).expect("it was registered");
        let broadcast = model.broadcast(STREAM, stream.broadcast);
        let on_air_ms = broadcast.map_or(0, |b| b.end_ms.saturating_sub(now));
        let track = model.track(STREAM, stream.broadcast);
        let since = track.last().map_or(0, |entry| entry.from_ms);
        let admin = model.admin(UPGRADED);
        let rate = model.open_rate(STREAM, NATIVE).unwrap_or(0);
        let totals = model.totals(NATIVE);
        let owing = totals.pools + totals.holds + totals.payable + totals.fees;
        let viewers = || (0..bounds.viewers).map(moves::viewer);
        let pools = viewers().map(|viewer| model.pool(viewer, NATIVE));
        let payees = PAYEES.map(account);
        let sessions = moves::sessions(model, bounds).into_iter();
        Self {
            pools: pools.map(|pool| (pool.free, pool.holds)).collect(),
            payable: payees.map(|payee| model.payable(payee, NATIVE)).into(),
            fees: totals.fees,
            held: totals.holds,
            stray: model.vault(NATIVE).unwrap_or(0).saturating_sub(owing),
            rate,
            broadcasts: stream.broadcast,
            on_air_ms,
            suspended: stream.suspended,
            repriced: (track.len(), (since + MIN_REPRICE_MS).saturating_sub(now)),
            code: (
                admin.announced > 0 && admin.pending.is_empty(),
                admin.pending.len(),
                admin.announced,
            ),
            opened: viewers().map(|v| model.viewer(v).sessions).collect(),
            paged: model.page(STREAM, 0).is_some(),
            sessions: sessions.filter_map(|of| Seat::of(model, bounds, of)).collect(),
        }
    }
}

impl Seat {
    fn of(model: &Model, bounds: &Bounds, of: Of) -> Option<Self> {
        let now = model.now_ms;
        let life = model.life(of.id()).filter(|life| life.seated())?;
        let broadcast = model.stream(STREAM)?.broadcast;
        let (_, accrued, watched) = model.charged(life, now);
        let (_, accrued_then, watched_then) = model.charged(life, life.since_ms);
        let end = model.runs_out_at(of.id()).ok().flatten();
        let ended = end.filter(|end| *end <= now);
        let over = ended.is_some() || life.closing_ms.is_some();
        let takes = model.takes_vouchers(life);
        let longest = bounds.cheques.iter().map(|c| c.ms).max().unwrap_or(0);
        Some(Self {
            of,
            seat: life.seat,
            current: life.broadcast == broadcast,
            running: life.running(),
            closing: life.closing_ms.is_some(),
            hold: life.hold(),
            settled: life.settled(),
            charged: (accrued, watched),
            written: (accrued_then, watched_then),
            price: if over { 0 } else { price(model, life) },
            key: life.key().map(number_of),
            old_key: model
                .old_key(life)
                .filter(|(_, until)| now < *until)
                .map(|(key, until)| (number_of(key), until - now)),
            had_key: life.vouchers_from_ms().is_some(),
            vouchers: (
                life.voucher_amount(),
                life.voucher_ms(),
                model.voucher_latest_ms(life).min(longest),
            ),
            until_ms: life.until_ms.map(|until| until.saturating_sub(now)),
            exit_ms: life.exit_ms.map(|exit| exit.saturating_sub(now)),
            ended_ms: ended.map(|end| if takes { (now - end).min(EXIT_DELAY_MS) } else { 0 }),
        })
    }
}

/// What a second costs a session now, by the last repricing of its broadcast, or as it was opened.
pub fn price(model: &Model, life: &Life) -> Balance {
    let track = model.track(life.stream, life.broadcast);
    let listed = track.last().and_then(|entry| entry.rates.first());
    listed.map_or(life.rate_per_sec, |rate| rate.rate_per_sec)
}

/// What sessions are doing and how the broadcast is, roughly: to count what was tried where.
pub fn control(model: &Model, bounds: &Bounds) -> String {
    let view = View::of(model, bounds);
    let session = |seat: &Seat| {
        let doing = match (seat.closing, seat.running, seat.key.is_some()) {
            (true, ..) => "closing",
            (_, true, _) => "running",
            (.., true) => "voucher",
            _ => "paused",
        };
        let flags = [
            (seat.ended_ms.is_some(), "ended"),
            (seat.exit_ms.is_some_and(|ms| ms > 0), "leaving"),
            (seat.exit_ms == Some(0), "due"),
            (seat.old_key.is_some(), "rotated"),
            (seat.settled > 0, "paid"),
        ];
        let flags = flags.iter().filter(|f| f.0).map(|f| f.1);
        let words: Vec<_> = std::iter::once(doing).chain(flags).collect();
        words.join(" ")
    };
    let mut all: Vec<_> = view.sessions.iter().map(session).collect();
    all.push(match (view.suspended, view.on_air_ms > 0) {
        (true, _) => "suspended".into(),
        (_, true) => "on air".into(),
        _ => "over".into(),
    });
    if view.code.0 {
        all.push("new code".into());
    }
    let closed = view.opened.iter().sum::<u32>() > view.sessions.len() as u32;
    if closed {
        all.push("some closed".into());
    }
    all.join(", ")
}
