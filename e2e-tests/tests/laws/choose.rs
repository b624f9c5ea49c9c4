//! What a step of plain numbers means in the world as it is: mostly something sensible, sometimes not.

use crate::{
    script::{Dice, Step},
    world::{name_of, Start, World, CAST, CID, GHOST, POOL, PUPPET, RATE},
};
use std::ops::Range;
use vilokanam_chain::account;
use vilokanam_e2e::model::{
    Action, AdminCall, MeterCall, Part, PaymentsCall, PricingCall, RegistryCall, TokenCall,
};
use vilokanam_interfaces::{
    AccountId, AssetId, AssetRate, Balance, Change, ChargeItem, Class, FeeSchedule, FeeTerms,
    Hash, Millis, OpenRequest, PayTerms, PlanKind, SessionId, SettleItem, Share, StreamId, Wiring,
    MAX_CHANGE_DELAY_MS, MAX_HOLD, MAX_PAUSE_MS, MAX_RATE, MIN_CHANGE_DELAY_MS, MIN_REPRICE_MS,
    NATIVE, PAUSE_REST_MS,
};

const SECOND: Millis = 1_000;
const DAY: Millis = 86_400_000;

/// What is done next.
pub enum Choice {
    Wait(Millis),
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
    (2, |c| c.unpause_payments()),
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
    (1, |c| c.set_plan()),
    (9, |c| c.set_rates()),
    (1, |c| c.open_price()),
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
    (1, |c| c.raise_change_delay()),
    (8, |c| c.announce()),
    (1, |c| c.cancel()),
    (6, |c| c.apply()),
    (1, |c| c.wire()),
];

/// Where `open` is among them.
const OPEN: usize = 1;
/// Those of them that are about a session.
const ABOUT_SESSIONS: Range<usize> = 3..16;

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
        return match step[step.len() - 1] % 4 {
            0 | 1 => chooser.direct_hold(),
            2 => chooser.direct_top_up(),
            _ => chooser.direct_settle(),
        };
    }
    // With no session to speak of, one is opened instead, most of the time.
    let idle = world.model.open_sessions().is_empty();
    if idle && ABOUT_SESSIONS.contains(&verb) && step[step.len() - 1] % 4 > 0 {
        return chooser.open();
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
            "carol", "erin", "dave", "stranger", "alice", "bob", "carol", "erin", "dave",
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
        const ASSETS: [AssetId; 8] = [0, 1, 0, 1, 2, 0, 1, 3];
        ASSETS[self.dice.roll(ASSETS.len())]
    }

    fn session_where(&mut self, fits: impl Fn(&World, SessionId) -> bool) -> SessionId {
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
        let mut open = world.model.open_sessions();
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

    /// One that goes on: running, or paused.
    fn going(&mut self, running: bool) -> Option<SessionId> {
        let fits = |id: &SessionId| {
            let life = self.world.model.life(*id);
            life.is_some_and(|life| life.running() == running) && !ended(self.world, *id)
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
        for id in model.open_sessions() {
            at.extend(model.runs_out_at(id).ok().flatten());
            let life = model.life(id);
            at.extend(life.and_then(|life| life.until_ms));
            at.extend(life.and_then(|life| life.exit_ms));
        }
        let pause = model.payments.pause_end_ms;
        at.extend(pause.into_iter().flat_map(|end| [end, end + PAUSE_REST_MS]));
        for admin in model.admins.values() {
            at.extend(admin.pending.iter().map(|change| change.due_ms));
        }
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
            12 if span > 800 => DAY * (1 + span % 3),
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

    // The meter.

    fn request(&mut self, viewer: AccountId) -> OpenRequest {
        let model = &self.world.model;
        let open = model.viewer(viewer).open;
        let mut stream = self.live_stream();
        if open.iter().any(|o| o.stream == stream) {
            stream = self.live_stream();
        }
        let rates = self.world.model.rates(stream);
        let asset = match self.dice.pick(&rates) {
            Some(rate) => rate.asset,
            None => NATIVE,
        };
        let (odd, kind) = self.dice.roll2(24, 16);
        let asset = if odd == 23 { asset + 1 } else { asset };
        let price = self.world.model.open_price(stream, asset);
        let price = price.map_or(RATE, |price| price.rate_per_sec);
        let free = self.world.model.pool(viewer, asset).free;
        let odd_units = self.dice.roll(3) as Balance;
        let hold = match kind {
            0 => price + odd_units,
            1 => price * 10 + odd_units,
            2 | 3 => price * 60 + odd_units * (price / 3),
            4..=7 => price * 600 + odd_units * (price / 7),
            8..=10 => price * 7_200,
            11 => price.saturating_sub(1),
            12 => free,
            13 => free.saturating_add(1),
            14 if odd_units == 0 => MAX_HOLD + 1,
            14 => 0,
            _ => price * 86_400 * 2,
        };
        let (ceiling, until) = self.dice.roll2(10, 20);
        let ceiling = match ceiling {
            0..=2 => Balance::MAX,
            3 | 4 => price * 2,
            5..=7 => price,
            8 => price + price / 2,
            _ if odd_units == 0 => price.saturating_sub(1),
            _ => MAX_RATE,
        };
        let now = self.now();
        let until_ms = match until {
            0 => Some(now + 1),
            1 => Some(now + SECOND * 5),
            2 => Some(now + SECOND * 90),
            3 => Some(now + SECOND * 600),
            4 => Some(now + DAY),
            5 if odd_units == 0 => Some(now),
            _ => None,
        };
        let referrer = match self.dice.roll(6) {
            0 => Some(self.payee()),
            1 => Some(account(GHOST)),
            _ => None,
        };
        OpenRequest {
            stream,
            asset,
            hold,
            ceiling,
            until_ms,
            referrer,
        }
    }

    fn open(&mut self) -> Choice {
        let viewer = self.viewer();
        let request = self.request(viewer);
        Choice::Act(viewer, 0, Action::Meter(MeterCall::Open(request)))
    }

    fn can_open(&mut self) -> Choice {
        let viewer = self.viewer();
        let request = self.request(viewer);
        let call = MeterCall::CanOpen { viewer, request };
        Choice::Act(account("stranger"), 0, Action::Meter(call))
    }

    fn meter_top_up(&mut self) -> Choice {
        let running = self.going(true).filter(|_| !self.dice.rarely(4));
        let id = running.unwrap_or_else(|| self.session());
        let payer = match self.dice.roll(3) {
            0 => self.viewer(),
            _ => id.viewer,
        };
        let life = self.world.model.life(id);
        let asset = life.map_or(NATIVE, |life| life.asset);
        let price = life.map_or(RATE, |life| life.rate_per_sec);
        let free = self.world.model.pool(payer, asset).free;
        let amount = match self.dice.roll(10) {
            0 => 1,
            1 => price / 3,
            2..=5 => price * 60,
            6 => free.saturating_add(1),
            7 => 0,
            8 => MAX_HOLD,
            _ => price * 7,
        };
        let call = MeterCall::TopUp { id, amount };
        self.act(payer, Action::Meter(call))
    }

    /// A message about one's own session.
    fn own(&mut self, id: SessionId, call: fn(u32) -> MeterCall) -> Choice {
        let caller = self.mostly(id.viewer);
        self.act(caller, Action::Meter(call(id.number)))
    }

    fn pause(&mut self) -> Choice {
        let running = self.going(true).filter(|_| !self.dice.rarely(8));
        let id = running.unwrap_or_else(|| self.session());
        self.own(id, MeterCall::Pause)
    }

    fn resume(&mut self) -> Choice {
        match self.going(false).filter(|_| !self.dice.rarely(8)) {
            Some(id) => self.own(id, MeterCall::Resume),
            None if self.dice.rarely(3) => {
                let id = self.session();
                self.own(id, MeterCall::Resume)
            }
            None => self.pause(),
        }
    }

    fn close(&mut self) -> Choice {
        let id = self.session();
        self.own(id, MeterCall::Close)
    }

    fn close_ended(&mut self) -> Choice {
        let id = self.session_where(ended);
        let caller = self.someone();
        self.act(caller, Action::Meter(MeterCall::CloseEnded(id)))
    }

    fn settle(&mut self) -> Choice {
        let id = self.session();
        let caller = self.someone();
        self.act(caller, Action::Meter(MeterCall::Settle(id)))
    }

    fn settle_many(&mut self) -> Choice {
        let caller = self.someone();
        let many = self.dice.roll(40);
        let mut ids = Vec::new();
        if many == 39 {
            ids = vec![self.session(); 65];
        } else if many > 30 {
            ids = self.world.model.open_sessions();
        } else {
            for _ in 0..many % 6 {
                ids.push(self.session());
            }
        }
        self.act(caller, Action::Meter(MeterCall::SettleMany(ids)))
    }

    fn settle_page(&mut self) -> Choice {
        let id = self.session();
        let life = self.world.model.life(id);
        let (stream, mut page) = life.map_or((1, 0), |life| (life.stream, life.page));
        page += u16::from(self.dice.rarely(8));
        let caller = self.someone();
        let call = MeterCall::SettlePage { stream, page };
        self.act(caller, Action::Meter(call))
    }

    fn begin_exit(&mut self) -> Choice {
        let id = self.session();
        self.own(id, MeterCall::BeginExit)
    }

    fn finish_exit(&mut self) -> Choice {
        let begun = |w: &World, id| w.model.life(id).is_some_and(|l| l.exit_ms.is_some());
        let id = self.session_where(begun);
        if !begun(self.world, id) && !self.dice.rarely(3) {
            return self.own(id, MeterCall::BeginExit);
        }
        self.own(id, MeterCall::FinishExit)
    }

    fn provide_seats(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        const PAGES: [u32; 7] = [1, 2, 1, 8, 0, 9, 1];
        let pages = PAGES[self.dice.roll(PAGES.len())];
        let call = MeterCall::ProvideSeats { stream, pages };
        self.act(caller, Action::Meter(call))
    }

    fn clear_page(&mut self) -> Choice {
        let model = &self.world.model;
        let vacant = |at: &&(StreamId, u16)| {
            let page = model.page(at.0, at.1);
            page.is_some_and(|page| page.sessions.is_empty())
        };
        let mut pages: Vec<_> = model.meter.pages.keys().filter(vacant).copied().collect();
        if pages.is_empty() || self.dice.rarely(3) {
            pages = model.meter.pages.keys().copied().collect();
        }
        let (stream, page) = self.dice.pick(&pages).unwrap_or((1, 0));
        let payer = self.world.model.page(stream, page).map(|p| p.payer);
        let caller = self.mostly(payer.unwrap_or(account("carol")));
        let page = page + u16::from(self.dice.rarely(20));
        let call = MeterCall::ClearPage { stream, page };
        self.act(caller, Action::Meter(call))
    }

    fn owed(&mut self) -> Choice {
        let call = MeterCall::Owed(self.session());
        Choice::Act(account("stranger"), 0, Action::Meter(call))
    }

    fn refundable(&mut self) -> Choice {
        let call = MeterCall::Refundable(self.session());
        Choice::Act(account("stranger"), 0, Action::Meter(call))
    }

    fn runs_out_at(&mut self) -> Choice {
        let call = MeterCall::RunsOutAt(self.session());
        Choice::Act(account("stranger"), 0, Action::Meter(call))
    }

    // The payment handler.

    fn deposit(&mut self) -> Choice {
        let caller = self.viewer();
        const AMOUNTS: [Balance; 4] = [1, RATE * 60, POOL, 0];
        let value = AMOUNTS[self.dice.roll(AMOUNTS.len())];
        Choice::Act(caller, value, Action::Payments(PaymentsCall::Deposit))
    }

    fn deposit_token(&mut self) -> Choice {
        let (caller, asset) = (self.viewer(), self.asset());
        const AMOUNTS: [Balance; 7] = [1, RATE * 60, POOL, 0, POOL, 10u128.pow(33), u128::MAX];
        let amount = AMOUNTS[self.dice.roll(AMOUNTS.len())];
        let call = PaymentsCall::DepositToken { asset, amount };
        self.act(caller, Action::Payments(call))
    }

    fn withdraw(&mut self) -> Choice {
        let (caller, asset) = (self.viewer(), self.asset());
        let free = self.world.model.pool(caller, asset).free;
        let amount = self.part_of(free);
        let call = PaymentsCall::Withdraw { asset, amount };
        self.act(caller, Action::Payments(call))
    }

    /// Somebody to whom something is payable, if there is anybody.
    fn owed_payee(&mut self) -> (AccountId, AssetId) {
        let payable = self.world.model.payments.payable.iter();
        let owed = payable.filter(|(_, amount)| **amount > 0);
        let owed: Vec<_> = owed.map(|(key, _)| *key).collect();
        if owed.is_empty() || self.dice.rarely(6) {
            return (self.payee(), self.asset());
        }
        self.dice.pick(&owed).unwrap_or((account("bob"), 0))
    }

    fn withdraw_payable(&mut self) -> Choice {
        let (payee, asset) = self.owed_payee();
        // Nothing pays the deposits of those who never act.
        let caller = match name_of(payee).as_str() {
            GHOST => account("stranger"),
            _ => payee,
        };
        let call = PaymentsCall::WithdrawPayable { asset };
        self.act(caller, Action::Payments(call))
    }

    fn push_payable(&mut self) -> Choice {
        let ((payee, asset), caller) = (self.owed_payee(), self.someone());
        let call = PaymentsCall::PushPayable { payee, asset };
        self.act(caller, Action::Payments(call))
    }

    fn withdraw_fees(&mut self) -> Choice {
        let (caller, asset) = (self.someone(), self.asset());
        let call = PaymentsCall::WithdrawFees { asset };
        self.act(caller, Action::Payments(call))
    }

    fn sweep(&mut self) -> Choice {
        let (caller, asset) = (self.someone(), self.asset());
        self.act(caller, Action::Payments(PaymentsCall::Sweep { asset }))
    }

    fn pause_payments(&mut self) -> Choice {
        let owner = self.world.model.admin(Part::Payments).owner;
        let caller = self.mostly(owner);
        const SPANS: [Millis; 6] = [60_000, 1_000, 600_000, MAX_PAUSE_MS, 0, MAX_PAUSE_MS + 1];
        let duration_ms = SPANS[self.dice.roll(SPANS.len())];
        let call = PaymentsCall::Pause { duration_ms };
        self.act(caller, Action::Payments(call))
    }

    fn unpause_payments(&mut self) -> Choice {
        let owner = self.world.model.admin(Part::Payments).owner;
        let caller = self.mostly(owner);
        self.act(caller, Action::Payments(PaymentsCall::Unpause))
    }

    /// Who calls what only the meter may.
    fn would_be_meter(&mut self) -> AccountId {
        match self.world.start {
            Start::Puppet => self.mostly(account(PUPPET)),
            _ => self.someone(),
        }
    }

    fn direct_hold(&mut self) -> Choice {
        let (caller, viewer, asset) = (self.would_be_meter(), self.viewer(), self.asset());
        const CLASSES: [Class; 4] = [
            Class::Standard,
            Class::Premium,
            Class::Subscription,
            Class::Tips,
        ];
        let class = CLASSES[self.dice.roll(CLASSES.len())];
        let free = self.world.model.pool(viewer, asset).free;
        let amount = match self.dice.roll(12) {
            11 => MAX_HOLD + 1,
            10 => free.saturating_add(1),
            9 => 0,
            part => free / (part as Balance + 2),
        };
        let call = PaymentsCall::Hold {
            viewer,
            asset,
            amount,
            class,
        };
        self.act(caller, Action::Payments(call))
    }

    fn direct_top_up(&mut self) -> Choice {
        let (caller, payer, asset) = (self.would_be_meter(), self.viewer(), self.asset());
        let free = self.world.model.pool(payer, asset).free;
        let amount = self.part_of(free);
        let call = PaymentsCall::TopUp {
            payer,
            asset,
            amount,
        };
        self.act(caller, Action::Payments(call))
    }

    fn direct_settle(&mut self) -> Choice {
        let caller = self.would_be_meter();
        let fees = FeeTerms {
            fee_bps: [1_000, 0, 3_000, 1, 9_999][self.dice.roll(5)],
            referral_bps: [1_000, 0, 5_000, 3][self.dice.roll(4)],
        };
        let terms = PayTerms {
            fees,
            owner: account("alice"),
            cohosts: [("cohost", 3_333), (GHOST, 1), ("bob", 6_666)]
                .iter()
                .take(self.dice.roll(4))
                .map(|(name, bps)| Share {
                    account: account(name),
                    bps: *bps,
                })
                .collect(),
        };
        let held = |asset| self.world.model.totals(asset).holds;
        let held = [held(0), held(1)];
        let mut items = Vec::new();
        let (count, odd) = self.dice.roll2(4, 30);
        let scale = self.dice.roll(1_000) as Balance;
        for place in 0..count as Balance {
            let asset = (place % 2) as AssetId;
            let part = held[usize::from(asset)] / 5;
            let before = part * scale / 777;
            let moved = part * (scale % 7) / 7 + place;
            let releases = place == 1 || (place == 0 && scale % 5 == 0);
            let viewer = self.viewer();
            items.push(SettleItem {
                terms: u8::from(odd == 29),
                asset,
                before: before + Balance::from(odd == 28) * (moved + 1),
                after: before + moved,
                referrer: (scale % 3 == 0).then(|| account(GHOST)),
                release: releases.then_some((viewer, part / 2)),
            });
        }
        if odd == 27 {
            let item = items.first().cloned();
            items = item.into_iter().cycle().take(65).collect();
        }
        let terms = vec![terms];
        let call = PaymentsCall::Settle { terms, items };
        self.act(caller, Action::Payments(call))
    }

    fn donate(&mut self) -> Choice {
        let caller = self.someone();
        let amount = 1 + self.dice.roll(5_000) as Balance;
        let to = self.world.suite.payments;
        let action = match self.dice.roll(3) {
            0 => Action::DonateNative(amount),
            token => Action::Token(token - 1, TokenCall::Transfer { to, amount }),
        };
        Choice::Act(caller, 0, action)
    }

    // The registry.

    fn details(&mut self) -> (String, Class, u16) {
        let (cid, odd) = self.dice.roll2(9, 16);
        let cid = match cid {
            0 => "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG".into(),
            1 if odd > 8 => CID[1..].into(),
            2 if odd > 8 => format!("{CID}aaaaaa"),
            3 if odd > 8 => CID.replace('y', "1"),
            _ => CID.into(),
        };
        let class = match odd {
            0 => Class::Tips,
            1..=5 => Class::Premium,
            6..=9 => Class::Subscription,
            _ => Class::Standard,
        };
        (cid, class, if odd == 15 { 256 } else { odd as u16 })
    }

    fn shares(&mut self) -> (u16, Vec<Share>) {
        let share = |name: &str, bps| Share {
            account: account(name),
            bps,
        };
        match self.dice.roll(9) {
            0 => (10_000, vec![]),
            1 => (9_999, vec![share(GHOST, 1)]),
            2 => (5_000, vec![share("cohost", 2_500), share("dave", 2_500)]),
            3 => (
                1,
                vec![
                    share("cohost", 3_333),
                    share("erin", 3_333),
                    share(GHOST, 3_333),
                ],
            ),
            4 => (0, vec![share("cohost", 10_000)]),
            5 => (5_000, vec![share("cohost", 4_999)]),
            6 => (8_000, vec![share("cohost", 1_000), share("cohost", 1_000)]),
            7 => (6_000, vec![share("alice", 2_000), share("bob", 2_000)]),
            _ => (6_000, vec![share("x", 1_000); 4]),
        }
    }

    fn register(&mut self) -> Choice {
        let caller = self.someone();
        let (cid, class, category) = self.details();
        let (owner_bps, cohosts) = self.shares();
        let call = RegistryCall::Register {
            cid,
            class,
            category,
            owner_bps,
            cohosts,
        };
        self.act(caller, Action::Registry(call))
    }

    fn update(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let (cid, class, category) = self.details();
        let call = RegistryCall::Update {
            stream,
            cid,
            class,
            category,
        };
        self.act(caller, Action::Registry(call))
    }

    fn set_terms(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let (owner_bps, cohosts) = self.shares();
        let call = RegistryCall::SetTerms {
            stream,
            owner_bps,
            cohosts,
        };
        self.act(caller, Action::Registry(call))
    }

    fn set_operators(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let many = [1, 2, 0, 8, 9][self.dice.roll(5)];
        let operators = (0..many).map(|_| self.someone()).collect();
        let call = RegistryCall::SetOperators { stream, operators };
        self.act(caller, Action::Registry(call))
    }

    fn offer_stream(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let account = match self.dice.roll(5) {
            0 => None,
            _ => Some(self.someone()),
        };
        let call = RegistryCall::OfferStream { stream, account };
        self.act(caller, Action::Registry(call))
    }

    fn accept_stream(&mut self) -> Choice {
        let model = &self.world.model;
        let offered = 1..=model.stream_count();
        let offered = offered.filter_map(|s| Some((s, model.stream(s)?.offered_to?)));
        let offered: Vec<_> = offered.collect();
        let found = self.dice.pick(&offered);
        let (stream, right) = found.unwrap_or((1, account("bob")));
        let caller = self.mostly(right);
        self.act(caller, Action::Registry(RegistryCall::AcceptStream { stream }))
    }

    fn go_live(&mut self) -> Choice {
        let (stream, caller) = self.silent_stream();
        const GRACES: [Millis; 8] = [
            600_000, 3_600_000, 86_400_000, 60_000, 10_000, 86_400_000, 9_999, 86_400_001,
        ];
        let grace_ms = GRACES[self.dice.roll(GRACES.len())];
        let call = RegistryCall::GoLive { stream, grace_ms };
        self.act(caller, Action::Registry(call))
    }

    fn heartbeat(&mut self) -> Choice {
        let stream = self.live_stream();
        let owner = self.world.model.stream(stream).map(|s| s.owner);
        let operators = self.world.model.operators(stream);
        let right = self.dice.pick(&operators).or(owner);
        let caller = self.mostly(right.unwrap_or(account("alice")));
        self.act(caller, Action::Registry(RegistryCall::Heartbeat { stream }))
    }

    fn end_broadcast(&mut self) -> Choice {
        let stream = self.live_stream();
        let owner = self.world.model.stream(stream).map(|s| s.owner);
        let caller = self.mostly(owner.unwrap_or(account("alice")));
        self.act(caller, Action::Registry(RegistryCall::EndBroadcast { stream }))
    }

    fn unlist(&mut self) -> Choice {
        let stream = self.silent_stream().0;
        let caller = self.someone();
        self.act(caller, Action::Registry(RegistryCall::Unlist { stream }))
    }

    fn set_moderator(&mut self) -> Choice {
        let caller = self.mostly(self.world.model.admin(Part::Registry).owner);
        let (other, moderator) = (self.someone(), self.dice.roll(3) < 2);
        let account = match moderator {
            true => account("moderator"),
            false => other,
        };
        let call = RegistryCall::SetModerator { account, moderator };
        self.act(caller, Action::Registry(call))
    }

    fn reason(&mut self) -> String {
        match self.dice.roll(12) {
            10 => String::new(),
            11 => "x".repeat(201),
            _ => "for a reason".into(),
        }
    }

    fn suspend(&mut self) -> Choice {
        let (stream, reason) = (self.stream().0, self.reason());
        let caller = self.mostly(account("moderator"));
        self.act(caller, Action::Registry(RegistryCall::Suspend { stream, reason }))
    }

    fn reinstate(&mut self) -> Choice {
        let model = &self.world.model;
        let suspended = |s: &StreamId| model.stream(*s).is_some_and(|s| s.suspended);
        let all: Vec<_> = (1..=model.stream_count()).filter(suspended).collect();
        let stream = match self.dice.pick(&all) {
            Some(stream) => stream,
            None => self.stream().0,
        };
        let (reason, caller) = (self.reason(), self.mostly(account("moderator")));
        let call = RegistryCall::Reinstate { stream, reason };
        self.act(caller, Action::Registry(call))
    }

    // The pricing engine.

    fn set_plan(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let kind = PlanKind::Flat;
        self.act(caller, Action::Pricing(PricingCall::SetPlan { stream, kind }))
    }

    fn set_rates(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let old = self.world.model.rates(stream);
        let old = old.first().map_or(RATE, |rate| rate.rate_per_sec);
        let (change, odd) = self.dice.roll2(10, 24);
        let rate_per_sec = match change {
            0 => RATE,
            1 => old,
            2 => (old * 2).min(MAX_RATE),
            3 => (old / 2).max(1),
            4 => old + 1,
            5 => 999_983,
            6 => 7,
            7 => RATE * 3 / 2,
            8 => MAX_RATE / 1_000_000,
            _ => RATE / 3,
        };
        let rate = |asset, rate_per_sec| AssetRate {
            asset,
            rate_per_sec,
        };
        let both = vec![rate(0, rate_per_sec), rate(1, rate_per_sec + 1)];
        let rates = match odd {
            0 => vec![],
            1 => vec![rate(0, rate_per_sec); 2],
            2 => vec![rate(0, 0)],
            3 => vec![rate(0, MAX_RATE + 1)],
            4 => (0..9).map(|asset| rate(asset, 1)).collect(),
            5 => vec![rate(77, rate_per_sec)],
            6..=8 => vec![rate(0, rate_per_sec)],
            9 => vec![rate(1, MAX_RATE)],
            10..=12 => vec![rate(1, rate_per_sec), rate(2, rate_per_sec)],
            _ => both,
        };
        self.act(caller, Action::Pricing(PricingCall::SetRates { stream, rates }))
    }

    fn open_price(&mut self) -> Choice {
        let (stream, asset) = (self.stream().0, self.asset());
        let call = PricingCall::OpenPrice { stream, asset };
        Choice::Act(account("stranger"), 0, Action::Pricing(call))
    }

    fn charge(&mut self) -> Choice {
        let now = self.now();
        let (count, over) = (self.dice.roll(6), self.dice.roll(30));
        let stream = self.stream().0;
        let track = self.world.model.facts(stream).map_or(0, |f| f.broadcast_no);
        let mut items = Vec::new();
        for place in 0..count {
            let (a, b) = self.dice.roll2(8, 9);
            let rate = [RATE, 7, MAX_RATE, 999_983][a % 4];
            let hold = rate * [1, 60, 600, 7_000][b % 4];
            let since_ms = now - [0, 1, 1_000, 3_600_000][a % 4];
            items.push(ChargeItem {
                stream,
                broadcast: track,
                asset: (place % 2) as AssetId,
                rate_per_sec: rate,
                factor: [1_000_000, 500_000, 1_500_001][b % 3],
                ceiling: if b > 5 { rate } else { Balance::MAX },
                hold,
                accrued: hold * [0, 1, 1_000, 999_999_999][a / 2],
                since_ms,
                running: b % 5 > 0,
                stop_ms: since_ms + [0, 1, 5_000, 7_200_000, Millis::MAX / 2][b % 5],
            });
        }
        match over {
            29 => items = items.into_iter().cycle().take(65).collect(),
            28 => items.iter_mut().for_each(|i| i.accrued = u128::MAX),
            _ => {}
        }
        let now_ms = [now, now + 1, now + 3_600_000][over % 3];
        let call = PricingCall::Charge { now_ms, items };
        Choice::Act(account("stranger"), 0, Action::Pricing(call))
    }

    fn quote(&mut self) -> Choice {
        let (stream, asset) = (self.live_stream(), self.asset());
        const SPANS: [Millis; 5] = [60_000, 1, 0, DAY * 400, Millis::MAX];
        let duration_ms = SPANS[self.dice.roll(SPANS.len())];
        let call = PricingCall::Quote {
            stream,
            asset,
            duration_ms,
        };
        Choice::Act(account("stranger"), 0, Action::Pricing(call))
    }

    // Tokens.

    fn transfer(&mut self) -> Choice {
        let (token, caller, to) = (self.dice.roll(2), self.someone(), self.payee());
        let has = self.world.model.tokens[token].balance_of(caller);
        let amount = self.part_of(has);
        self.act(caller, Action::Token(token, TokenCall::Transfer { to, amount }))
    }

    fn transfer_from(&mut self) -> Choice {
        let (token, from, to) = (self.dice.roll(2), self.someone(), self.payee());
        let allowances = &self.world.model.tokens[token].allowances;
        let payments = self.world.suite.payments;
        let pairs = allowances.keys().filter(|pair| pair.1 != payments);
        let pairs: Vec<_> = pairs.copied().collect();
        let random = (from, account("dave"));
        let (from, caller) = self.dice.pick(&pairs).unwrap_or(random);
        let allowed = self.world.model.tokens[token].allowance(from, caller);
        let amount = self.part_of(allowed);
        let call = TokenCall::TransferFrom { from, to, amount };
        self.act(caller, Action::Token(token, call))
    }

    fn allowance(&mut self) -> (usize, AccountId, AccountId, Balance) {
        let (token, caller) = (self.dice.roll(2), self.someone());
        let spender = match self.dice.roll(3) {
            0 => self.world.suite.payments,
            _ => self.someone(),
        };
        let amount = self.part_of(POOL * 5);
        (token, caller, spender, amount)
    }

    fn approve(&mut self) -> Choice {
        let (token, caller, spender, amount) = self.allowance();
        let call = TokenCall::Approve { spender, amount };
        self.act(caller, Action::Token(token, call))
    }

    fn increase_allowance(&mut self) -> Choice {
        let (token, caller, spender, delta) = self.allowance();
        let call = TokenCall::IncreaseAllowance { spender, delta };
        self.act(caller, Action::Token(token, call))
    }

    fn decrease_allowance(&mut self) -> Choice {
        let (token, caller, spender, delta) = self.allowance();
        let call = TokenCall::DecreaseAllowance { spender, delta };
        self.act(caller, Action::Token(token, call))
    }

    fn burn(&mut self) -> Choice {
        let (token, caller) = (self.dice.roll(2), self.someone());
        let has = self.world.model.tokens[token].balance_of(caller);
        let amount = match self.dice.roll(3) {
            0 => has.saturating_add(1),
            _ => has / 1_000,
        };
        self.act(caller, Action::Token(token, TokenCall::Burn { amount }))
    }

    // Administration.

    fn part(&mut self) -> Part {
        const PARTS: [Part; 10] = [
            Part::Payments,
            Part::Payments,
            Part::Payments,
            Part::Meter,
            Part::Meter,
            Part::Pricing,
            Part::Pricing,
            Part::Registry,
            Part::Token(0),
            Part::Token(1),
        ];
        PARTS[self.dice.roll(PARTS.len())]
    }

    /// A message of the owner, most of the time.
    fn administer(&mut self, part: Part, call: AdminCall) -> Choice {
        let caller = self.mostly(self.world.model.admin(part).owner);
        self.act(caller, Action::Admin(part, call))
    }

    fn propose_owner(&mut self) -> Choice {
        let part = self.part();
        let proposed = match self.dice.roll(5) {
            0 => None,
            _ => Some(self.someone()),
        };
        self.administer(part, AdminCall::ProposeOwner(proposed))
    }

    fn accept_owner(&mut self) -> Choice {
        let admins = self.world.model.admins.iter();
        let offers = admins.filter_map(|(part, admin)| Some((*part, admin.proposed?)));
        let offers: Vec<_> = offers.collect();
        let found = self.dice.pick(&offers);
        let (part, right) = found.unwrap_or((Part::Payments, account("erin")));
        let caller = self.mostly(right);
        self.act(caller, Action::Admin(part, AdminCall::AcceptOwner))
    }

    fn raise_change_delay(&mut self) -> Choice {
        let part = self.part();
        let now = self.world.model.admin(part).change_delay_ms;
        const DELAYS: [Millis; 4] = [
            MIN_CHANGE_DELAY_MS,
            0,
            MAX_CHANGE_DELAY_MS + 1,
            MIN_CHANGE_DELAY_MS + DAY,
        ];
        let delay_ms = DELAYS.get(self.dice.roll(5)).copied().unwrap_or(now);
        self.administer(part, AdminCall::RaiseChangeDelay(delay_ms))
    }

    /// What a contract may be wired to anew, with the right addresses most of the time.
    fn rewiring(&mut self, part: Part) -> Wiring {
        let first = self.world.first_wiring(part);
        let mut wiring = match part {
            Part::Meter => Wiring {
                payments: None,
                ..first
            },
            _ => first,
        };
        match self.dice.roll(16) {
            0 => wiring.registry = Some(account("stranger")),
            1 => wiring = Wiring::default(),
            3 if wiring.pricing.is_some() => wiring.pricing = Some(self.world.suite.token),
            2 => wiring.payments = first.payments.or(first.meter),
            _ => {}
        }
        wiring
    }

    fn announce(&mut self) -> Choice {
        let part = self.part();
        let (kind, odd) = self.dice.roll2(14, 12);
        let suite = &self.world.suite;
        let bps = |bps: u16| FeeSchedule {
            standard_bps: bps,
            premium_bps: bps / 2,
            subscription_bps: 2_000,
            tips_bps: 0,
            referral_bps: bps,
        };
        let change = match kind {
            0 if odd < 8 => Change::Code(self.world.model.admin(part).code),
            0 => Change::Code(Hash::from([7; 32])),
            1 | 2 => Change::Wiring(self.rewiring(part)),
            3 | 4 => Change::ListToken(match odd {
                0 => suite.payments,
                1 => suite.registry,
                2 => account("stranger"),
                3 => suite.token,
                _ => self.world.model.contracts.tokens[1],
            }),
            5..=8 => Change::SetAsset {
                asset: self.asset(),
                allowed: odd < 7,
            },
            9..=11 => Change::Fees(bps([1_000, 0, 3_000, 3_001, 1, 2_500][odd % 6])),
            _ => Change::Treasury(self.someone()),
        };
        // What only the payment handler takes goes there, most of the time.
        let part = match (&change, odd) {
            (Change::Code(_) | Change::Wiring(_), _) | (_, 11) => part,
            _ => Part::Payments,
        };
        self.administer(part, AdminCall::Announce(change))
    }

    /// A change that waits, due ones first; or none.
    fn pending(&mut self) -> (Part, u32) {
        let now = self.now();
        let mut waiting = Vec::new();
        for (part, admin) in &self.world.model.admins {
            let changes = admin.pending.iter();
            waiting.extend(changes.map(|change| (change.due_ms > now, *part, change.id)));
        }
        waiting.sort_unstable();
        let due = waiting.iter().filter(|w| !w.0).count();
        let among = match self.dice.roll(6) {
            0 => waiting.len(),
            _ => due.max(1).min(waiting.len()),
        };
        let found = self.dice.pick(&waiting[..among]);
        found.map_or((self.part(), 99), |(_, part, id)| (part, id))
    }

    fn cancel(&mut self) -> Choice {
        let (part, id) = self.pending();
        self.administer(part, AdminCall::Cancel(id))
    }

    fn apply(&mut self) -> Choice {
        let (part, id) = self.pending();
        self.administer(part, AdminCall::Apply(id))
    }

    fn wire(&mut self) -> Choice {
        let part = self.part();
        let mut wiring = self.world.first_wiring(part);
        if self.dice.rarely(4) {
            wiring.meter = Some(self.world.suite.registry);
        }
        self.administer(part, AdminCall::Wire(wiring))
    }
}
