//! What a step of plain numbers means in the world as it is: mostly something sensible, sometimes not.

mod admin;
mod civics;
mod meter;
mod patrons;
mod payments;
mod pricing;
mod registry;
mod tokens;
pub mod vouchers;

use crate::{
    base::Start,
    script::{Dice, Step},
    world::{World, CAST, GHOST, RATE},
};
use std::ops::Range;
use vilokanam_chain::account;
use vilokanam_e2e::model::{self, Action, Life};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Millis, SessionId, StreamId, MIN_REPRICE_MS, PAUSE_REST_MS,
    RENEW_AHEAD_MS, RENEW_LATE_MS,
};

const SECOND: Millis = 1_000;
const DAY: Millis = 86_400_000;

/// What is done next. One lives at a time, so that its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum Choice {
    Wait(Millis),
    /// The hostile token does something, and calls something back.
    Mischief(usize, usize),
    Act(AccountId, Balance, Action),
}

/// Chooses with the numbers of one step.
type Choose = fn(&mut Chooser) -> Choice;

/// All that can be done, and how often it is.
const VERBS: &[(u16, Choose)] = &[
    (28, |c| c.time()),
    (36, |c| c.open()),
    (3, |c| c.can_open()),
    (8, |c| c.meter_top_up()),
    (7, |c| c.pause()),
    (8, |c| c.resume()),
    (5, |c| c.close()),
    (5, |c| c.close_ended()),
    (8, |c| c.settle()),
    (6, |c| c.settle_many()),
    (5, |c| c.settle_page()),
    (4, |c| c.begin_exit()),
    (8, |c| c.finish_exit()),
    (14, |c| c.set_key()),
    (26, |c| c.redeem()),
    (10, |c| c.redeem_many()),
    (3, |c| c.dismiss()),
    (8, |c| c.finish_close()),
    (3, |c| c.owed()),
    (1, |c| c.refundable()),
    (3, |c| c.runs_out_at()),
    (3, |c| c.provide_seats()),
    (3, |c| c.clear_page()),
    (3, |c| c.deposit()),
    (4, |c| c.deposit_token()),
    (4, |c| c.withdraw()),
    (4, |c| c.withdraw_payable()),
    (3, |c| c.push_payable()),
    (2, |c| c.withdraw_fees()),
    (2, |c| c.sweep()),
    (2, |c| c.pause_payments()),
    (4, |c| c.unpause_payments()),
    (2, |c| c.direct_hold()),
    (2, |c| c.direct_top_up()),
    (3, |c| c.direct_settle()),
    (2, |c| c.donate()),
    (2, |c| c.register()),
    (2, |c| c.update()),
    (4, |c| c.set_terms()),
    (2, |c| c.set_operators()),
    (2, |c| c.offer_stream()),
    (2, |c| c.accept_stream()),
    (14, |c| c.go_live()),
    (7, |c| c.heartbeat()),
    (3, |c| c.end_broadcast()),
    (3, |c| c.unlist()),
    (1, |c| c.set_moderator()),
    (2, |c| c.suspend()),
    (4, |c| c.reinstate()),
    (7, |c| c.set_plan()),
    (9, |c| c.set_rates()),
    (1, |c| c.offer()),
    (3, |c| c.charge()),
    (2, |c| c.quote()),
    (2, |c| c.transfer()),
    (2, |c| c.transfer_from()),
    (2, |c| c.approve()),
    (1, |c| c.increase_allowance()),
    (1, |c| c.decrease_allowance()),
    (1, |c| c.burn()),
    (2, |c| c.propose_owner()),
    (3, |c| c.accept_owner()),
    (1, |c| c.announce_delay()),
    (8, |c| c.announce()),
    (4, |c| c.cancel()),
    (6, |c| c.apply()),
    (1, |c| c.wire()),
    (12, |c| c.deposit_and_open()),
    (4, |c| c.permit()),
    (10, |c| c.set_spending_limits()),
    (1, |c| c.spending()),
    (3, |c| c.refund()),
    (2, |c| c.direct_pay()),
    (1, |c| c.direct_shift()),
    (1, |c| c.direct_deposit()),
    (4, |c| c.set_offer()),
    (9, |c| c.buy()),
    (5, |c| c.set_renewal()),
    (8, |c| c.renew()),
    (6, |c| c.tip()),
    (3, |c| c.pay_external()),
    (5, |c| c.make_goal()),
    (9, |c| c.contribute()),
    (2, |c| c.cancel_goal()),
    (5, |c| c.return_contribution()),
    (3, |c| c.sponsor()),
    (3, |c| c.withdraw_budget()),
    (2, |c| c.would_sponsor()),
    (2, |c| c.set_staking()),
    (1, |c| c.name_category()),
    (3, |c| c.list_stream()),
    (4, |c| c.schedule()),
    (2, |c| c.cancel_scheduled()),
    (1, |c| c.set_gateway()),
    (3, |c| c.register_external()),
    (2, |c| c.update_external()),
    (1, |c| c.set_bond()),
    (7, |c| c.report()),
    (9, |c| c.decide()),
    (2, |c| c.lapse()),
    (9, |c| c.appeal()),
    (9, |c| c.resolve()),
    (3, |c| c.collect()),
    (3, |c| c.forfeit()),
    (2, |c| Choice::Mischief(c.dice.roll(8), c.dice.roll(36))),
    (3, |c| c.wait_for_change()),
];

/// Where `open` is among them.
const OPEN: usize = 1;
/// Those of them that are about a session.
const ABOUT_SESSIONS: Range<usize> = 3..21;

/// What `step` does in `world`.
pub fn choose(world: &World, step: &Step) -> Choice {
    let mut chooser = Chooser {
        world,
        dice: Dice::new(step),
    };
    let weights: u16 = VERBS.iter().map(|verb| verb.0).sum();
    let mut place = step[0] % weights;
    let mut verb = 0;
    while place >= VERBS[verb].0 {
        place -= VERBS[verb].0;
        verb += 1;
    }
    if world.start == Start::Puppet && (verb == OPEN || ABOUT_SESSIONS.contains(&verb)) {
        return match step[step.len() - 1] % 8 {
            0..=2 => chooser.direct_hold(),
            3 | 4 => chooser.direct_top_up(),
            5 => chooser.direct_pay(),
            6 => chooser.direct_deposit(),
            _ => chooser.direct_settle(),
        };
    }
    // With no session to speak of, one is opened instead, most of the time.
    let idle = world.model.seated_sessions().is_empty();
    if idle && ABOUT_SESSIONS.contains(&verb) && !step[step.len() - 1].is_multiple_of(4) {
        return chooser.open();
    }
    // Nothing else shows that a change can be applied before it is due.
    if !step[step.len() - 1].is_multiple_of(4) {
        if let Some(choice) = chooser.apply_at_hand() {
            return choice;
        }
    }
    VERBS[verb].1(&mut chooser)
}

/// Whether a session has ended, and only waits to be closed.
fn ended(world: &World, id: SessionId) -> bool {
    let end = world.model.runs_out_at(id);
    matches!(end, Ok(Some(at)) if at <= world.model.now_ms)
}

struct Chooser<'a> {
    world: &'a World,
    dice: Dice<'a>,
}

impl Chooser<'_> {
    // Helpers.

    fn now(&self) -> Millis {
        self.world.model.now_ms
    }

    fn someone(&mut self) -> AccountId {
        account(CAST[self.dice.roll(CAST.len())])
    }

    /// Somebody who has money in pools, at first.
    fn viewer(&mut self) -> AccountId {
        const VIEWERS: [&str; 10] = [
            "carol",
            "erin",
            "dave",
            "stranger",
            "alice",
            "bob",
            "carol",
            "erin",
            "dave",
            "moderator",
        ];
        account(VIEWERS[self.dice.roll(VIEWERS.len())])
    }

    fn payee(&mut self) -> AccountId {
        let place = self.dice.roll(CAST.len() + 1);
        account(CAST.get(place).copied().unwrap_or(GHOST))
    }

    /// `right`, most of the time.
    fn mostly(&mut self, right: AccountId) -> AccountId {
        let place = self.dice.roll(CAST.len() * 8);
        match CAST.get(place.wrapping_sub(1)) {
            Some(other) => account(other),
            None => right,
        }
    }

    /// With value sent along, once in a while: no message but `deposit` takes any.
    fn act(&mut self, caller: AccountId, action: Action) -> Choice {
        let value = Balance::from(self.dice.rarely(60));
        Choice::Act(caller, value, action)
    }

    /// As their owner, most of the time.
    fn stream(&mut self) -> (StreamId, AccountId) {
        let count = self.world.model.stream_count();
        let stream = match self.dice.roll(25) {
            24 => count + 1,
            place => place as StreamId % count.max(1) + 1,
        };
        let owner = self.world.model.stream(stream).map(|s| s.owner);
        let owner = owner.unwrap_or(account("alice"));
        (stream, self.mostly(owner))
    }

    /// One on air, most of the time.
    fn live_stream(&mut self) -> StreamId {
        let live = self.world.model.live_streams();
        if live.is_empty() || self.dice.rarely(12) {
            return self.stream().0;
        }
        self.dice.pick(&live).unwrap_or(1)
    }

    /// One that is not.
    fn silent_stream(&mut self) -> (StreamId, AccountId) {
        let model = &self.world.model;
        let silent = 1..=model.stream_count();
        let silent: Vec<_> = silent.filter(|s| !model.is_live(*s)).collect();
        if self.dice.rarely(8) {
            return self.stream();
        }
        let Some(stream) = self.dice.pick(&silent) else {
            return self.stream();
        };
        let owner = self.world.model.stream(stream).map(|s| s.owner);
        (stream, self.mostly(owner.unwrap_or(account("alice"))))
    }

    fn asset(&mut self) -> AssetId {
        // 2 is the hostile token, 3 another once it is listed, 4 none.
        const ASSETS: [AssetId; 16] = [0, 1, 0, 1, 0, 1, 3, 0, 1, 2, 0, 1, 3, 0, 1, 4];
        ASSETS[self.dice.roll(ASSETS.len())]
    }

    fn session_where(&mut self, fits: impl Fn(&World, SessionId) -> bool) -> SessionId {
        self.session_among(self.world.model.open_sessions(), fits)
    }

    fn session_among(
        &mut self,
        mut open: Vec<SessionId>,
        fits: impl Fn(&World, SessionId) -> bool,
    ) -> SessionId {
        let world = self.world;
        let place = self.dice.roll(30);
        if place >= 28 {
            // Closed, or never opened.
            let mut all = world.model.meter.lives.keys();
            let last = all.next_back().copied();
            let (viewer, number) = last.unwrap_or((account("carol"), 1));
            let number = if place == 28 { number } else { number + 1 };
            return SessionId { viewer, number };
        }
        if place >= 4 {
            let fitting: Vec<_> = open.iter().filter(|id| fits(world, **id)).collect();
            if !fitting.is_empty() {
                open = fitting.into_iter().copied().collect();
            }
        }
        let nobody = SessionId {
            viewer: account("carol"),
            number: 1,
        };
        self.dice.pick(&open).unwrap_or(nobody)
    }

    fn session(&mut self) -> SessionId {
        self.session_where(|_, _| true)
    }

    /// One that goes on: running, or paused by its viewer.
    fn going(&mut self, running: bool) -> Option<SessionId> {
        let fits = |id: &SessionId| {
            let life = self.world.model.life(*id);
            let fits = |life: &Life| life.running() == running && (running || life.key().is_none());
            life.is_some_and(fits) && !ended(self.world, *id)
        };
        let mut open = self.world.model.open_sessions();
        open.retain(fits);
        self.dice.pick(&open)
    }

    /// What somebody could pay: all, a part, too much, nothing.
    fn part_of(&mut self, free: Balance) -> Balance {
        match self.dice.roll(9) {
            0 => free,
            1 => free / 3,
            2 => 1,
            3 => free / 1_000,
            4 => free.saturating_add(1),
            5 => 0,
            6 => RATE * 60,
            7 => free / 2,
            _ => free / 7,
        }
    }

    // Time.

    /// Instants at which something happens.
    fn instants(&self) -> Vec<Millis> {
        let model = &self.world.model;
        let mut at = Vec::new();
        for stream in model.live_streams() {
            at.extend(model.facts(stream).map(|facts| facts.end_ms));
            let broadcast = model.facts(stream).map_or(0, |facts| facts.broadcast_no);
            let last = model.track(stream, broadcast).last();
            at.extend(last.map(|entry| entry.from_ms + MIN_REPRICE_MS));
        }
        for id in model.seated_sessions() {
            let Some(life) = model.life(id) else {
                continue;
            };
            let end = model.runs_out_at(id).ok().flatten();
            at.extend(end);
            at.push(life.discount_until_ms);
            at.extend(life.until_ms);
            at.extend(life.exit_ms);
            at.extend(model.old_key(life).map(|(_, until_ms)| until_ms));
            if model.takes_vouchers(life) {
                at.extend(end.map(|end| end.saturating_add(model.meter.exit_delay_ms)));
            }
        }
        let pause = model.payments.pause_end_ms;
        at.extend(pause.into_iter().flat_map(|end| [end, end + PAUSE_REST_MS]));
        for admin in model.admins.values() {
            at.extend(admin.pending.iter().map(|change| change.due_ms));
        }
        let bought = model.passes.bought.iter();
        let passes = bought.filter_map(|b| model.pass(b.holder, b.scope, b.level));
        at.extend(passes.flat_map(|p| {
            let until = p.until_ms;
            [
                until,
                until.saturating_sub(RENEW_AHEAD_MS),
                until + RENEW_LATE_MS,
            ]
        }));
        at.extend(model.patronage.goals.iter().map(|aim| aim.end_ms));
        at.extend(
            model
                .patronage
                .budgets
                .values()
                .map(|fund| fund.terms.until_ms),
        );
        let purses = model.payments.purses.values();
        at.extend(purses.filter_map(|p| Some(p.next.as_ref()?.1)));
        // The next day, week and month, where limits count anew.
        let now = model.now_ms;
        let days = (1..=31).map(|day| (now / DAY + day) * DAY);
        let month = |at: Millis| model::month_of(at) != model::month_of(now);
        at.push((now / DAY + 1) * DAY);
        at.push(((now / DAY + 3) / 7 * 7 + 4) * DAY);
        at.extend(days.into_iter().find(|day| month(*day)));
        at.extend(self.civic_instants());
        at.retain(|at| *at > model.now_ms + 1 && *at < model.now_ms + 400 * DAY);
        at.sort_unstable();
        at
    }

    fn time(&mut self) -> Choice {
        let (kind, span) = (self.dice.roll(20), self.dice.roll(1_000) as Millis);
        let ms = match kind {
            0 => 1,
            1 | 2 => 1 + span,
            3..=10 => SECOND + span * 60,
            11 => SECOND * 60 + span * SECOND,
            12 if span > 980 => 365 * DAY * (1 + span % 5),
            12 if span > 800 => DAY * (1 + span % 9),
            _ => {
                let mut instants = self.instants();
                // Mostly one of the next few, and soon.
                if kind > 13 {
                    instants.retain(|at| *at < self.now() + 7_200_000);
                }
                let near = instants.len().min(3);
                let among = if kind == 13 { instants.len() } else { near };
                let Some(at) = self.dice.pick(&instants[..among]) else {
                    return Choice::Wait(SECOND + span);
                };
                let offset = self.dice.roll(4) as Millis; // before, then, or after
                let at = if offset == 3 { at } else { at - 1 + offset };
                at - self.now()
            }
        };
        Choice::Wait(ms)
    }
}
