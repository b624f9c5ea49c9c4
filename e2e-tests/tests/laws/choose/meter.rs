//! Messages to `tick_stream`.

use super::{ended, vouchers::key_of, Choice, Chooser, DAY, SECOND};
use crate::world::{World, GHOST, RATE};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, MeterCall};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Discount, OpenRequest, SessionId, StreamId, MAX_HOLD, MAX_RATE,
    NATIVE,
};

impl Chooser<'_> {
    pub(super) fn request(&mut self, viewer: AccountId) -> OpenRequest {
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
        let price = self.world.model.open_rate(stream, asset);
        let price = price.unwrap_or(RATE);
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
        let (referrer, key) = self.dice.roll2(6, 10);
        let key = match key {
            0..=3 => None,
            9 if odd_units == 0 => Some([0; 32].into()),
            seed => Some(key_of(seed)),
        };
        let referrer = match referrer {
            0 => Some(self.payee()),
            1 => Some(account(GHOST)),
            _ => None,
        };
        let (discount, sponsor) = self.dice.roll2(12, 12);
        let request = OpenRequest {
            stream,
            asset,
            hold,
            ceiling,
            until_ms,
            referrer,
            key,
            discount: self.discount(viewer, stream, discount),
            sponsor: None,
        };
        match sponsor {
            0 => OpenRequest {
                sponsor: Some(self.someone()),
                ..request
            },
            1 | 2 => self.sponsored(request, viewer),
            _ => request,
        }
    }

    /// What the viewer has, most of the time.
    fn discount(&self, viewer: AccountId, stream: StreamId, kind: usize) -> Discount {
        let model = &self.world.model;
        let owner = model.stream(stream).map(|s| s.owner);
        let pass = owner.and_then(|owner| model.pass_discount(viewer, stream, owner));
        let staked = model.stakes.values().any(|all| all.contains_key(&viewer));
        match kind {
            0 => Discount::Pass,
            1 => Discount::Stake,
            2..=7 if pass.is_some() => Discount::Pass,
            8..=9 if staked => Discount::Stake,
            _ => Discount::None,
        }
    }

    /// On a budget of somebody's, and within it most of the time.
    fn sponsored(&mut self, request: OpenRequest, viewer: AccountId) -> OpenRequest {
        let mut served = self.world.model.patronage.served.iter();
        let served = served
            .find(|of| of.3 == viewer)
            .map(|of| (of.0, of.1, of.2));
        let again = served.filter(|_| self.dice.rarely(3));
        let (sponsor, stream, asset) = again.unwrap_or_else(|| self.a_budget());
        let budget = self.world.model.budget(sponsor, stream, asset);
        let (most, dearest) = budget.map_or((MAX_HOLD, MAX_HOLD), |budget| {
            (budget.terms.max_hold, budget.terms.max_ceiling)
        });
        let (odd, keyed) = self.dice.roll2(9, 8);
        OpenRequest {
            stream,
            asset,
            hold: if odd == 0 {
                request.hold
            } else {
                request.hold.min(most)
            },
            ceiling: if odd == 1 { request.ceiling } else { dearest },
            key: request.key.filter(|_| keyed == 0),
            sponsor: Some(sponsor),
            ..request
        }
    }

    pub(super) fn open(&mut self) -> Choice {
        let viewer = self.viewer();
        let request = self.request(viewer);
        Choice::Act(viewer, 0, Action::Meter(MeterCall::Open(request)))
    }

    /// Tokens of one whose key tests have come in the same transaction; or somebody's who gave an allowance.
    pub(super) fn deposit_and_open(&mut self) -> Choice {
        let signer = self.signer();
        let viewer = match self.dice.roll(4) {
            0 => self.viewer(),
            _ => signer,
        };
        let mut request = self.request(viewer);
        let (asset, odd) = self.dice.roll2(8, 5);
        request.asset = AssetId::from(asset > 0);
        let amount = match odd {
            0 => request.hold.saturating_add(1),
            1 => 0,
            2 => RATE * 60,
            _ => request.hold.max(1),
        };
        let deposit = self.brought(viewer, request.asset, amount);
        let call = MeterCall::DepositAndOpen { request, deposit };
        self.act(viewer, Action::Meter(call))
    }

    pub(super) fn can_open(&mut self) -> Choice {
        let viewer = self.viewer();
        let request = self.request(viewer);
        let call = MeterCall::CanOpen { viewer, request };
        Choice::Act(account("stranger"), 0, Action::Meter(call))
    }

    pub(super) fn meter_top_up(&mut self) -> Choice {
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
    pub(super) fn own(&mut self, id: SessionId, call: fn(u32) -> MeterCall) -> Choice {
        let caller = self.mostly(id.viewer);
        self.act(caller, Action::Meter(call(id.number)))
    }

    pub(super) fn pause(&mut self) -> Choice {
        let running = self.going(true).filter(|_| !self.dice.rarely(8));
        let id = running.unwrap_or_else(|| self.session());
        self.own(id, MeterCall::Pause)
    }

    pub(super) fn resume(&mut self) -> Choice {
        match self.going(false).filter(|_| !self.dice.rarely(8)) {
            Some(id) => self.own(id, MeterCall::Resume),
            None if self.dice.rarely(3) => {
                let id = self.session();
                self.own(id, MeterCall::Resume)
            }
            None => self.pause(),
        }
    }

    pub(super) fn close(&mut self) -> Choice {
        let id = self.session();
        self.own(id, MeterCall::Close)
    }

    pub(super) fn close_ended(&mut self) -> Choice {
        let id = self.session_where(ended);
        let caller = self.someone();
        self.act(caller, Action::Meter(MeterCall::CloseEnded(id)))
    }

    pub(super) fn settle(&mut self) -> Choice {
        let id = self.session();
        let caller = self.someone();
        self.act(caller, Action::Meter(MeterCall::Settle(id)))
    }

    pub(super) fn settle_many(&mut self) -> Choice {
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

    pub(super) fn settle_page(&mut self) -> Choice {
        let id = self.session();
        let life = self.world.model.life(id);
        let (stream, mut page) = life.map_or((1, 0), |life| (life.stream, life.page));
        page += u16::from(self.dice.rarely(8));
        let caller = self.someone();
        let call = MeterCall::SettlePage { stream, page };
        self.act(caller, Action::Meter(call))
    }

    pub(super) fn begin_exit(&mut self) -> Choice {
        let id = self.session();
        self.own(id, MeterCall::BeginExit)
    }

    pub(super) fn finish_exit(&mut self) -> Choice {
        let begun = |w: &World, id| w.model.life(id).is_some_and(|l| l.exit_ms.is_some());
        let id = self.session_where(begun);
        if !begun(self.world, id) && !self.dice.rarely(3) {
            return self.own(id, MeterCall::BeginExit);
        }
        self.own(id, MeterCall::FinishExit)
    }

    pub(super) fn provide_seats(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        const PAGES: [u32; 7] = [1, 2, 1, 8, 0, 9, 1];
        let pages = PAGES[self.dice.roll(PAGES.len())];
        let call = MeterCall::ProvideSeats { stream, pages };
        self.act(caller, Action::Meter(call))
    }

    pub(super) fn clear_page(&mut self) -> Choice {
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

    pub(super) fn owed(&mut self) -> Choice {
        let call = MeterCall::Owed(self.session());
        Choice::Act(account("stranger"), 0, Action::Meter(call))
    }

    pub(super) fn refundable(&mut self) -> Choice {
        let call = MeterCall::Refundable(self.session());
        Choice::Act(account("stranger"), 0, Action::Meter(call))
    }

    pub(super) fn runs_out_at(&mut self) -> Choice {
        let call = MeterCall::RunsOutAt(self.session());
        Choice::Act(account("stranger"), 0, Action::Meter(call))
    }
}
