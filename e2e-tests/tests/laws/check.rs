//! Reads of the chain, compared with the model's.

use crate::base::Start;
use crate::world::{ensure, Checked, World, CAST, GHOST};
use psp22::PSP22;
use std::{collections::BTreeSet, fmt::Debug};
use vilokanam_chain::{account, administered, psp22};
use vilokanam_e2e::model::{
    Action, MeterCall, Model, Outcome, Part, PaymentsCall, PricingCall, RegistryCall, TokenCall,
    Value,
};
use vilokanam_interfaces::{
    AccountId, Administered, Administration, AssetId, Listing, PageNo, PaymentHandler, Pool,
    PricingEngine, SessionId, StreamId, StreamRegistry, TickStream, VlkToken, MAX_LISTING,
};

fn same<T: PartialEq + Debug>(what: impl Debug, predicted: T, real: T) -> Checked {
    ensure(predicted == real, || {
        format!("{what:?}: predicted {predicted:?}, found {real:?}")
    })
}

/// What an action could have changed.
#[derive(Debug, Default)]
struct Touched {
    assets: BTreeSet<AssetId>,
    pools: BTreeSet<(AccountId, AssetId)>,
    payables: BTreeSet<(AccountId, AssetId)>,
    sessions: BTreeSet<(AccountId, u32)>,
    viewers: BTreeSet<AccountId>,
    streams: BTreeSet<StreamId>,
    audiences: BTreeSet<StreamId>,
    pages: BTreeSet<(StreamId, PageNo)>,
    rates: BTreeSet<StreamId>,
    balances: BTreeSet<(usize, AccountId)>,
}

impl Touched {
    /// `before` knows what sessions were open.
    fn by(before: &Model, caller: AccountId, action: &Action, outcome: &Outcome) -> Self {
        let mut all = Self::default();
        match action {
            Action::Token(token, call) => {
                all.balances.insert((*token, caller));
                match call {
                    TokenCall::Transfer { to, .. } => {
                        all.balances.insert((*token, *to));
                    }
                    TokenCall::TransferFrom { from, to, .. } => {
                        all.balances.extend([(*token, *from), (*token, *to)]);
                    }
                    _ => {}
                }
            }
            Action::Registry(call) => all.registry(before, call),
            Action::Pricing(PricingCall::SetRates { stream, .. })
            | Action::Pricing(PricingCall::SetPlan { stream, .. }) => {
                all.rates.insert(*stream);
            }
            Action::Pricing(_) => {}
            Action::Meter(call) => all.meter(before, caller, call, outcome),
            Action::Payments(call) => all.payments(caller, call),
            Action::Admin(..) => {}
            Action::DonateNative(_) => {
                all.assets.insert(0);
            }
        }
        all
    }

    fn registry(&mut self, before: &Model, call: &RegistryCall) {
        use RegistryCall as R;
        let stream = match call {
            R::Register { .. } => before.stream_count() + 1,
            R::SetModerator { .. } => return,
            R::Update { stream, .. }
            | R::SetTerms { stream, .. }
            | R::SetOperators { stream, .. }
            | R::OfferStream { stream, .. }
            | R::AcceptStream { stream }
            | R::GoLive { stream, .. }
            | R::Heartbeat { stream }
            | R::EndBroadcast { stream }
            | R::Unlist { stream }
            | R::Suspend { stream, .. }
            | R::Reinstate { stream, .. } => *stream,
        };
        self.streams.insert(stream);
    }

    fn session(&mut self, before: &Model, id: SessionId, closes: bool) {
        self.sessions.insert((id.viewer, id.number));
        let Some(life) = before.life(id) else {
            return;
        };
        self.assets.insert(life.asset);
        self.payables.insert((life.terms.owner, life.asset));
        let others = life.terms.cohosts.iter().map(|c| c.account);
        let others = others.chain(life.referrer);
        self.payables.extend(others.map(|o| (o, life.asset)));
        if closes {
            self.pools.insert((id.viewer, life.asset));
            self.viewers.insert(id.viewer);
            self.audiences.insert(life.stream);
        }
    }

    fn meter(&mut self, before: &Model, caller: AccountId, call: &MeterCall, outcome: &Outcome) {
        use MeterCall as M;
        let own = |number| SessionId {
            viewer: caller,
            number,
        };
        match call {
            M::Owed(_) | M::Refundable(_) | M::RunsOutAt(_) | M::CanOpen { .. } => {}
            M::Open(request) => {
                self.assets.insert(request.asset);
                self.pools.insert((caller, request.asset));
                self.viewers.insert(caller);
                self.audiences.insert(request.stream);
                if let Outcome::Meter(Ok(Value::Number(number))) = outcome {
                    self.sessions.insert((caller, *number));
                }
            }
            M::TopUp { id, .. } => {
                self.session(before, *id, false);
                let asset = before.life(*id).map(|life| life.asset);
                self.pools.extend(asset.map(|asset| (caller, asset)));
            }
            M::Pause(number) | M::Resume(number) | M::BeginExit(number) => {
                self.session(before, own(*number), false);
            }
            M::Close(number) | M::FinishExit(number) => {
                self.session(before, own(*number), true);
            }
            M::CloseEnded(id) => self.session(before, *id, true),
            M::SetKey { number, .. } => self.session(before, own(*number), false),
            M::Redeem(signed) => self.session(before, signed.voucher.at.id, false),
            M::RedeemMany(all) => {
                for signed in all.iter().take(4) {
                    self.session(before, signed.voucher.at.id, false);
                }
            }
            M::Dismiss(at) | M::FinishClose(at) => self.session(before, at.id, true),
            M::Settle(id) => self.session(before, *id, false),
            M::SettleMany(ids) => {
                for id in ids.iter().take(4) {
                    self.session(before, *id, false);
                }
            }
            M::SettlePage { stream, page } => {
                let page = before.page(*stream, *page);
                let sessions = page.map(|page| page.sessions);
                for id in sessions.unwrap_or_default().into_iter().take(4) {
                    self.session(before, id, false);
                }
            }
            M::ProvideSeats { stream, .. } => {
                self.audiences.insert(*stream);
            }
            M::ClearPage { stream, page } => {
                self.audiences.insert(*stream);
                self.pages.insert((*stream, *page));
            }
        }
    }

    fn payments(&mut self, caller: AccountId, call: &PaymentsCall) {
        use PaymentsCall as P;
        match call {
            P::Deposit => {
                self.assets.insert(0);
                self.pools.insert((caller, 0));
            }
            P::DepositToken { asset, .. } | P::Withdraw { asset, .. } => {
                self.assets.insert(*asset);
                self.pools.insert((caller, *asset));
            }
            P::WithdrawPayable { asset } => {
                self.assets.insert(*asset);
                self.payables.insert((caller, *asset));
            }
            P::PushPayable { payee, asset } => {
                self.assets.insert(*asset);
                self.payables.insert((*payee, *asset));
            }
            P::WithdrawFees { asset } | P::Sweep { asset } => {
                self.assets.insert(*asset);
            }
            P::Pause { .. } | P::Unpause => {}
            P::Hold { viewer, asset, .. } => {
                self.assets.insert(*asset);
                self.pools.insert((*viewer, *asset));
            }
            P::TopUp { payer, asset, .. } => {
                self.assets.insert(*asset);
                self.pools.insert((*payer, *asset));
            }
            P::Settle { terms, items } => {
                for item in items {
                    self.assets.insert(item.asset);
                    self.pools.extend(item.release.map(|r| (r.0, item.asset)));
                    let owners = terms.iter().map(|t| (t.owner, item.asset));
                    self.payables.extend(owners);
                }
            }
        }
    }
}

impl World {
    /// Compares what an action could have changed.
    pub fn compare_touched(
        &mut self,
        before: &Model,
        caller: AccountId,
        action: &Action,
        outcome: &Outcome,
    ) -> Checked {
        let touched = Touched::by(before, caller, action, outcome);
        if let (Action::Admin(part, _), true) = (action, outcome.is_ok()) {
            self.compare_admin(*part)?;
        }
        self.compare(&touched)
    }

    fn compare(&mut self, touched: &Touched) -> Checked {
        for (viewer, number) in &touched.sessions {
            let (viewer, number) = (*viewer, *number);
            self.compare_session(SessionId { viewer, number })?;
        }
        for asset in &touched.assets {
            self.compare_asset(*asset)?;
        }
        let payments = self.suite.payments();
        for (viewer, asset) in &touched.pools {
            let real = self.read(payments.pool(*viewer, *asset))?;
            same(
                ("pool", viewer, asset),
                self.model.pool(*viewer, *asset),
                real,
            )?;
        }
        for (payee, asset) in &touched.payables {
            let real = self.read(payments.payable(*payee, *asset))?;
            let predicted = self.model.payable(*payee, *asset);
            same(("payable", payee, asset), predicted, real)?;
        }
        let meter = self.suite.meter();
        for viewer in &touched.viewers {
            let mut real = self.read(meter.viewer(*viewer))?;
            real.open.sort_by_key(|open| open.number);
            same(("viewer", viewer), self.model.viewer(*viewer), real)?;
        }
        for stream in &touched.audiences {
            let real = self.read(meter.audience(*stream))?;
            same(("audience", stream), self.model.audience(*stream), real)?;
            self.witness.check_live(*stream, real.live)?;
        }
        for (stream, page) in &touched.pages {
            let real = self.read(meter.page(*stream, *page))?;
            same(
                ("page", stream, page),
                self.model.page(*stream, *page),
                real,
            )?;
        }
        for stream in &touched.streams {
            self.compare_stream(*stream)?;
        }
        let pricing = self.suite.pricing();
        for stream in &touched.rates {
            let real = self.read(pricing.rates(*stream))?;
            same(("rates", stream), self.model.rates(*stream), real)?;
            let broadcast = self.model.stream(*stream).map_or(0, |s| s.broadcast);
            let real = self.read(pricing.track(*stream, broadcast))?;
            let predicted = self.model.track(*stream, broadcast).to_vec();
            same(("track", stream, broadcast), predicted, real)?;
        }
        for (token, holder) in &touched.balances {
            let address = self.model.contracts.tokens[*token];
            let real = self.read(psp22(address).balance_of(*holder))?;
            let predicted = self.model.tokens[*token].balance_of(*holder);
            same(("balance", token, holder), predicted, real)?;
        }
        Ok(())
    }

    fn compare_asset(&mut self, asset: AssetId) -> Checked {
        let totals = self.read(self.suite.payments().totals(asset))?;
        same(("totals", asset), self.model.totals(asset), totals)?;
        let vault = self.vault(asset)?;
        if self.model.asset(asset).is_none() {
            return Ok(());
        }
        same(("vault", asset), self.model.vault(asset), vault)?;
        let puppet = self.start == Start::Puppet;
        self.witness.check_money(asset, totals, vault, puppet)
    }

    fn compare_stream(&mut self, stream: StreamId) -> Checked {
        let registry = self.suite.registry();
        let real = self.read(registry.stream(stream))?;
        let broadcast = real.as_ref().map_or(0, |s| s.broadcast);
        same(("stream", stream), self.model.stream(stream), real)?;
        let real = self.read(registry.broadcast(stream, broadcast))?;
        let predicted = self.model.broadcast(stream, broadcast);
        same(("broadcast", stream, broadcast), predicted, real)
    }

    fn compare_admin(&mut self, part: Part) -> Checked {
        let contract = crate::real::address(&self.suite, &self.model.contracts.tokens, part);
        let real = self.read(administered(contract).administration())?;
        let admin = self.model.admin(part);
        let predicted = Administration {
            owner: admin.owner,
            proposed_owner: admin.proposed,
            change_delay_ms: admin.change_delay_ms,
            wiring: self.model.wiring(part),
            pending: admin.pending.clone(),
            layout_version: self.layouts.get(&admin.code).copied().unwrap_or(1),
            code_hash: admin.code,
        };
        same((part, "administration"), predicted, real)
    }

    /// Compares all that the model knows something of; if `thorough`, what should be nothing too, and what only its own
    /// messages change, which are compared then.
    pub fn compare_all(&mut self, thorough: bool) -> Checked {
        self.model.laws()?;
        let model = &self.model;
        let people = || CAST.iter().chain([&GHOST]).map(|name| account(name));
        let mut all = Touched::default();
        all.assets.extend(0..model.asset_count());
        let pairs = people().flat_map(|p| (0..model.asset_count()).map(move |a| (p, a)));
        for (person, asset) in pairs {
            if thorough || model.pool(person, asset) != Pool::default() {
                all.pools.insert((person, asset));
            }
            if thorough || model.payable(person, asset) > 0 {
                all.payables.insert((person, asset));
            }
        }
        for id in model.seated_sessions() {
            all.sessions.insert((id.viewer, id.number));
        }
        let watched = |viewer: &AccountId| thorough || model.viewer(*viewer).sessions > 0;
        all.viewers.extend(people().filter(watched));
        let streams = 1..=model.stream_count() + u32::from(thorough);
        all.streams.extend(streams.clone());
        all.audiences.extend(streams.clone());
        if thorough {
            all.rates.extend(streams);
            let both = |person| [(0, person), (1, person)];
            all.balances.extend(people().flat_map(both));
        }
        let pages = model.meter.pages.keys().take(20);
        all.pages.extend(pages.copied());
        self.compare(&all)?;
        match thorough {
            true => self.compare_rest(),
            false => Ok(()),
        }
    }

    fn compare_rest(&mut self) -> Checked {
        let payments = self.suite.payments();
        let fees = self.read(payments.fees())?;
        same("fees", self.model.payments.fees, fees)?;
        let treasury = self.read(payments.treasury())?;
        same("treasury", self.model.payments.treasury, treasury)?;
        let paused = self.read(payments.paused_until())?;
        same("pause", self.model.paused_until(), paused)?;
        for asset in 0..=self.model.asset_count() {
            let real = self.read(payments.asset(asset))?;
            same(("asset", asset), self.model.asset(asset), real)?;
        }
        self.compare_lists()?;
        let parts: Vec<_> = self.model.admins.keys().copied().collect();
        for part in parts {
            self.compare_admin(part)?;
        }
        for (place, token) in self.model.contracts.tokens.clone().into_iter().enumerate() {
            let supply = self.read(psp22(token).total_supply())?;
            let cap = self.read(vilokanam_chain::VlkTokenCalls::from(token).cap())?;
            same(
                ("supply", place),
                self.model.tokens[place].total_supply(),
                supply,
            )?;
            self.witness.check_supply(place, supply, cap)?;
        }
        Ok(())
    }

    /// The registry's lists, walked to their ends.
    fn compare_lists(&mut self) -> Checked {
        let registry = self.suite.registry();
        let count = self.read(registry.stream_count())?;
        same("streams", self.model.stream_count(), count)?;
        let mut live = self.walk(|start| registry.live_streams(start, MAX_LISTING))?;
        live.sort_unstable();
        same("live", self.model.live_streams(), live)?;
        for creator in CAST.iter().map(|name| account(name)) {
            let real = self.walk(|start| registry.streams_of(creator, start, MAX_LISTING))?;
            same(("streams", creator), self.model.streams_of(creator), real)?;
        }
        for stream in 1..=count {
            let real = self.read(registry.operators(stream))?;
            same(("operators", stream), self.model.operators(stream), real)?;
            let real = self.read(registry.facts(stream))?;
            same(("facts", stream), self.model.facts(stream), real)?;
        }
        Ok(())
    }

    fn walk<M>(&mut self, part: impl Fn(u32) -> M) -> Result<Vec<StreamId>, String>
    where
        M: vilokanam_chain::Message<Output = Listing>,
    {
        let (mut streams, mut start) = (Vec::new(), 0);
        loop {
            let listing = self.read(part(start))?;
            streams.extend(listing.streams);
            match listing.next {
                Some(next) => start = next,
                None => return Ok(streams),
            }
        }
    }
}
