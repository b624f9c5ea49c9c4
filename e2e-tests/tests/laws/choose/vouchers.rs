//! Keys and vouchers: good ones, really signed, and bad ones of every kind.

use super::{ended, Choice, Chooser};
use crate::world::{World, RATE};
use std::sync::OnceLock;
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, Life, MeterCall, Signed};
use vilokanam_interfaces::{
    AccountId, Balance, Millis, Seated, SessionId, SignedVoucher, MAX_BATCH,
};
use vilokanam_voucher::{
    sign::{self, Form, Keypair},
    Domain, Voucher,
};

/// How many session keys there are: few, so that they come back.
const KEYS: usize = 5;

fn pairs() -> &'static [Keypair; KEYS] {
    static PAIRS: OnceLock<[Keypair; KEYS]> = OnceLock::new();
    let pair = |n| sign::pair(&[n as u8 + 1; 32]).expect("any 32 bytes are a seed");
    PAIRS.get_or_init(|| std::array::from_fn(pair))
}

fn public(pair: &Keypair) -> AccountId {
    pair.public.to_bytes().into()
}

/// One of the session keys.
pub fn key_of(n: usize) -> AccountId {
    public(&pairs()[n % KEYS])
}

/// The pair of a key; the first pair, if it is none of ours.
pub fn pair_of(key: AccountId) -> &'static Keypair {
    let found = pairs().iter().find(|pair| public(pair) == key);
    found.unwrap_or(&pairs()[0])
}

/// What a voucher's numbers refer to.
struct Numbers {
    /// Since vouchers count.
    passed_ms: Millis,
    latest_ms: Millis,
    paid_ms: Millis,
    paid: Balance,
    available: Balance,
    rate: Balance,
    ceiling: Balance,
}

impl Numbers {
    fn of(world: &World, life: &Life) -> Self {
        let model = &world.model;
        let at_ms = model.now_ms.min(life.until_ms.unwrap_or(Millis::MAX));
        let from_ms = life.vouchers_from_ms().unwrap_or(life.opened_ms);
        Self {
            passed_ms: at_ms.saturating_sub(from_ms),
            latest_ms: model.voucher_latest_ms(life),
            paid_ms: life.voucher_ms(),
            paid: life.voucher_amount(),
            available: model.voucher_available(life),
            rate: life.rate_per_sec,
            ceiling: life.ceiling,
        }
    }

    /// The price of so much time, within the hold.
    fn price(&self, ms: Millis) -> Balance {
        let price = self.rate.saturating_mul(ms.into()) / 1_000;
        price.min(self.available)
    }

    /// About the most that so much time may cost.
    fn most(&self, ms: Millis) -> Balance {
        let ms = Balance::from(ms);
        match self.ceiling.checked_mul(ms) {
            Some(all) => all / 1_000,
            None => (self.ceiling / 1_000).saturating_mul(ms),
        }
    }
}

/// Where a session sits, or would.
fn seat_of(world: &World, id: SessionId) -> Seated {
    let nowhere = Seated {
        id,
        stream: 1,
        page: 0,
        seat: 0,
    };
    world.model.seat_of(id).unwrap_or(nowhere)
}

/// Where vouchers are redeemed: this chain, this contract.
fn domain(world: &World) -> Domain {
    Domain {
        genesis_hash: world.model.genesis_hash.into(),
        contract: *world.model.contracts.meter.as_ref(),
    }
}

/// The fields of a session's voucher.
fn fields(world: &World, id: SessionId, ms: Millis, amount: Balance) -> Voucher {
    Voucher {
        viewer: *id.viewer.as_ref(),
        number: id.number,
        stream: seat_of(world, id).stream,
        asset: world.model.life(id).map_or(0, |life| life.asset),
        ms,
        amount,
    }
}

/// The key that an honest client would sign with.
fn signer(world: &World, id: SessionId) -> AccountId {
    let life = world.model.life(id);
    let old = life.and_then(|life| life.replaced().map(|old| old.0));
    life.and_then(Life::key).or(old).unwrap_or(key_of(0))
}

/// A voucher that is signed as it should be.
pub fn plain(world: &World, id: SessionId, ms: Millis, amount: Balance) -> Signed {
    let (by, at) = (signer(world, id), seat_of(world, id));
    let message = fields(world, id, ms, amount).message(&domain(world));
    Signed {
        voucher: SignedVoucher {
            at,
            ms,
            amount,
            signature: sign::sign(pair_of(by), &message, Form::Raw),
        },
        by: Some(by),
        over: message.to_vec(),
    }
}

impl Chooser<'_> {
    /// One that takes vouchers, most of the time; open, or closing.
    fn vouched(&mut self) -> SessionId {
        let seated = self.world.model.seated_sessions();
        self.session_among(seated, |world, id| {
            let life = world.model.life(id);
            life.is_some_and(|life| world.model.takes_vouchers(life))
        })
    }

    /// The voucher of all the time that passed, at the session's price.
    fn due(&self, id: SessionId) -> Option<Signed> {
        let life = self.world.model.life(id)?;
        let numbers = Numbers::of(self.world, life);
        let ms = numbers.passed_ms.max(numbers.paid_ms);
        Some(plain(self.world, id, ms, numbers.price(ms)))
    }

    /// Time and amount, mostly acceptable.
    fn time_and_amount(&mut self, id: SessionId) -> (Millis, Balance) {
        let (time, money) = self.dice.roll2(20, 20);
        let Some(life) = self.world.model.life(id) else {
            return (1_000, RATE);
        };
        let n = Numbers::of(self.world, life);
        let ms = match time {
            7..=9 => n.latest_ms,
            10 => n.latest_ms + 1,
            11 => n.paid_ms,
            12 | 19 => n.paid_ms.saturating_sub(1),
            13 => n.paid_ms + 1_000,
            14 | 15 => (n.paid_ms + n.latest_ms) / 2,
            16 => n.passed_ms + 1_000,
            17 if money == 17 => Millis::MAX,
            18 => n.latest_ms.saturating_sub(1),
            _ if n.passed_ms > n.paid_ms => n.passed_ms,
            _ => n.latest_ms,
        };
        let amount = match money {
            9 => n.most(ms),
            10 => n.most(ms).saturating_add(1),
            11 => n.paid,
            12 => n.paid.saturating_sub(1),
            13 => n.available,
            14 => n.available + 1,
            15 => n.paid + 1,
            16 => (n.paid + n.price(ms)) / 2,
            17 if time == 17 => Balance::MAX,
            _ if ms < n.paid_ms => n.paid + 1,
            _ => n.price(ms),
        };
        (ms, amount)
    }

    /// A voucher, good more often than not.
    fn voucher(&mut self) -> Signed {
        let id = self.vouched();
        let (ms, amount) = self.time_and_amount(id);
        let (flaw, place) = self.dice.roll2(56, 512);
        let (mut fields, mut domain) = (fields(self.world, id, ms, amount), domain(self.world));
        let mut by = signer(self.world, id);
        let life = self.world.model.life(id);
        match flaw {
            30 => fields.viewer[place % 32] ^= 1,
            31 => fields.number ^= 1,
            32 => fields.stream += 1,
            33 => fields.asset ^= 1,
            34 => fields.ms = ms.wrapping_add(1),
            35 => fields.amount = amount.wrapping_add(1),
            36 => domain.contract = *self.world.suite.payments.as_ref(),
            37 => domain.genesis_hash[place % 32] ^= 1,
            38 => by = key_of(place),
            39..=43 => by = life.and_then(Life::replaced).map_or(by, |old| old.0),
            _ => {}
        }
        let (message, pair) = (fields.message(&domain), pair_of(by));
        let wrapped = Voucher::wrapped(&message);
        let layers = match flaw {
            24..=28 => wrapped.to_vec(),
            44 => [b"<Bytes>", &wrapped[..], b"</Bytes>"].concat(),
            45 => [b"<Bytes>", &message[..]].concat(),
            46 => message[1..].to_vec(),
            _ => message.to_vec(),
        };
        let mut signed = plain(self.world, id, ms, amount);
        signed.voucher.signature = match flaw {
            24..=28 => sign::sign(pair, &message, Form::Wrapped),
            44..=46 => pair.sign_simple(b"substrate", &layers).to_bytes(),
            _ => sign::sign(pair, &message, Form::Raw),
        };
        (signed.by, signed.over) = (Some(by), layers);
        match flaw {
            47 => (signed.by, signed.voucher.signature) = (None, [0; 64]),
            48 | 49 => {
                signed.by = None;
                signed.voucher.signature[place / 8] ^= 1 << (place % 8);
            }
            50 => signed.voucher.at.seat ^= 1 << (place % 8),
            51 => signed.voucher.at.page += 1,
            52 => signed.voucher.at.stream ^= 1,
            53 => signed.voucher.at.id.number ^= 1,
            _ => {}
        }
        signed
    }

    /// Whether no session takes vouchers: one is given a key instead of redeeming, most of the time.
    fn keyless(&self) -> bool {
        let model = &self.world.model;
        let mut seated = model.seated_sessions().into_iter();
        !seated.any(|id| {
            model
                .life(id)
                .is_some_and(|life| model.takes_vouchers(life))
        })
    }

    pub(super) fn redeem(&mut self) -> Choice {
        if self.keyless() && !self.dice.rarely(6) {
            return self.set_key();
        }
        let (voucher, caller) = (self.voucher(), self.someone());
        self.act(caller, Action::Meter(MeterCall::Redeem(voucher)))
    }

    pub(super) fn redeem_many(&mut self) -> Choice {
        let (shape, caller) = (self.dice.roll(24), self.someone());
        let most = MAX_BATCH as usize;
        let first = self.voucher();
        let (id, ms) = (first.voucher.at.id, first.voucher.ms);
        let less = || plain(self.world, id, ms, first.voucher.amount / 2);
        let all = || {
            let seated = self.world.model.seated_sessions();
            seated.into_iter().filter_map(|id| self.due(id)).collect()
        };
        let vouchers: Vec<Signed> = match shape {
            0..=6 => {
                let second = self.voucher();
                vec![first, second]
            }
            7..=11 => all(),
            12 | 13 => vec![first.clone(), first],
            14..=16 => vec![less(), first],
            17 | 18 => vec![first.clone(), less(), first],
            19 => Vec::new(),
            20 => vec![first; most + 1],
            21 => vec![first; most],
            _ => {
                let mut vouchers: Vec<Signed> = all();
                vouchers.push(first);
                vouchers.truncate(most);
                vouchers
            }
        };
        self.act(caller, Action::Meter(MeterCall::RedeemMany(vouchers)))
    }

    pub(super) fn set_key(&mut self) -> Choice {
        let id = self.session_where(|world, id| !ended(world, id));
        let now = self.world.model.life(id).and_then(Life::key);
        let (kind, seed) = self.dice.roll2(12, KEYS);
        let key = match kind {
            6..=8 => None,
            9 => now,
            10 if seed == 0 => Some([0; 32].into()),
            // Another than the one that is set.
            _ if now == Some(key_of(seed)) => Some(key_of(seed + 1)),
            _ => Some(key_of(seed)),
        };
        let (caller, number) = (self.mostly(id.viewer), id.number);
        self.act(caller, Action::Meter(MeterCall::SetKey { number, key }))
    }

    /// Where a session sits, most of the time.
    fn mostly_at(&mut self, id: SessionId) -> Seated {
        let at = seat_of(self.world, id);
        match self.dice.roll(24) {
            22 => Seated {
                seat: at.seat ^ 1,
                ..at
            },
            23 => Seated {
                page: at.page + 1,
                ..at
            },
            _ => at,
        }
    }

    pub(super) fn dismiss(&mut self) -> Choice {
        let id = self.session_among(self.world.model.seated_sessions(), |_, _| true);
        let at = self.mostly_at(id);
        let owner = self.world.model.life(id).map(|life| life.terms.owner);
        let caller = self.mostly(owner.unwrap_or(account("alice")));
        self.act(caller, Action::Meter(MeterCall::Dismiss(at)))
    }

    pub(super) fn finish_close(&mut self) -> Choice {
        let model = &self.world.model;
        let closing = |world: &World, id| {
            let life = world.model.life(id);
            life.is_some_and(|life| life.closing_ms.is_some())
        };
        let id = self.session_among(model.seated_sessions(), closing);
        if !closing(self.world, id) && !self.dice.rarely(3) {
            return self.own(id, MeterCall::Close);
        }
        let (at, caller) = (self.mostly_at(id), self.someone());
        self.act(caller, Action::Meter(MeterCall::FinishClose(at)))
    }
}
