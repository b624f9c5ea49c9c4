//! Reads of the chain, compared with the model's.

use crate::base::Start;
use crate::world::{ensure, Checked, World, CAST, GHOST};
use crate::{base::PARTS, choose::vouchers::key_of, world::SIGNERS};
use psp22::PSP22;
use std::{collections::BTreeSet, fmt::Debug};
use vilokanam_chain::{account, administered, psp22, VlkPermitCalls};
use vilokanam_e2e::model::{
    Action, DirectoryCall, MeterCall, Model, ModerationCall, Outcome, Part, PassCall,
    PatronageCall, PaymentsCall, PricingCall, RegistryCall, TokenCall, Value,
};
use vilokanam_interfaces::{
    AccountId, Administered, Administration, AssetId, Directory, ExternalId, GoalId, Listing,
    Moderation, PageNo, PassLevel, PassOffice, PassScope, Patronage, PaymentDesk, PaymentHandler,
    Pool, PricingEngine, PricingPlans, ReportId, SessionId, StreamId, StreamRegistry,
    TickLifecycle, TickStream, VlkPermit, VlkToken, MAX_LISTING,
};

/// All who have anything.
pub fn people() -> impl Iterator<Item = AccountId> {
    let named = CAST.iter().chain([&GHOST]).map(|name| account(name));
    named.chain((0..SIGNERS).map(key_of))
}

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
    spending: BTreeSet<(AccountId, AssetId)>,
    passes: Vec<(AccountId, PassScope, PassLevel)>,
    goals: BTreeSet<GoalId>,
    given: BTreeSet<(GoalId, AccountId)>,
    budgets: BTreeSet<(AccountId, StreamId, AssetId)>,
    externals: BTreeSet<ExternalId>,
    calendars: BTreeSet<StreamId>,
    reports: BTreeSet<ReportId>,
    nonces: BTreeSet<(usize, AccountId)>,
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
                    TokenCall::Permit(permit) => {
                        all.nonces.insert((*token, permit.owner));
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
            Action::Passes(call) => all.of_passes(before, caller, call),
            Action::Patronage(call) => all.patronage(before, caller, call),
            Action::Directory(call) => all.directory(before, call),
            Action::Moderation(call) => all.moderation(before, call),
            Action::Admin(..) => {}
            Action::DonateNative(_) => {
                all.assets.insert(0);
            }
        }
        all
    }

    /// A pool, and what its owner spent.
    fn pool(&mut self, account: AccountId, asset: AssetId) {
        self.assets.insert(asset);
        self.pools.insert((account, asset));
        self.spending.insert((account, asset));
    }

    /// The payees of a stream.
    fn payees(&mut self, before: &Model, stream: StreamId, asset: AssetId) {
        if let Some(facts) = before.facts(stream) {
            self.payables.insert((facts.terms.owner, asset));
            let cohosts = facts.terms.cohosts.iter();
            self.payables.extend(cohosts.map(|c| (c.account, asset)));
        }
    }

    fn of_passes(&mut self, before: &Model, caller: AccountId, call: &PassCall) {
        let (holder, scope, level) = match call {
            PassCall::SetOffer { scope, level, .. } | PassCall::SetRenewal { scope, level, .. } => {
                (caller, *scope, *level)
            }
            PassCall::Buy(order) => {
                self.pool(caller, order.asset);
                let holder = order.holder.unwrap_or(caller);
                (holder, order.scope, order.level)
            }
            PassCall::Renew {
                holder,
                scope,
                level,
            } => {
                if let Some(offer) = before.pass_offer(*scope, *level) {
                    self.pool(*holder, offer.asset);
                }
                (*holder, *scope, *level)
            }
        };
        self.passes.push((holder, scope, level));
        for asset in self.assets.clone() {
            match scope {
                PassScope::Stream(stream) => self.payees(before, stream, asset),
                PassScope::Creator(creator) => {
                    self.payables.insert((creator, asset));
                }
            }
        }
    }

    fn goal(&mut self, before: &Model, goal: GoalId, account: AccountId) {
        self.goals.insert(goal);
        self.given.insert((goal, account));
        if let Some(of) = before.goal(goal) {
            self.pool(account, of.asset);
            self.pool(before.goal_pool(goal), of.asset);
            self.payees(before, of.stream, of.asset);
        }
    }

    fn patronage(&mut self, before: &Model, caller: AccountId, call: &PatronageCall) {
        use PatronageCall as P;
        match *call {
            P::Tip { stream, asset, .. } => {
                self.pool(caller, asset);
                self.payees(before, stream, asset);
            }
            P::PayExternal {
                external, asset, ..
            } => {
                self.pool(caller, asset);
                let payee = before.external(external).map(|of| (of.payee, asset));
                self.payables.extend(payee);
            }
            P::MakeGoal { .. } => {
                self.goals.insert(before.goal_count() + 1);
            }
            P::Contribute { goal, .. } => self.goal(before, goal, caller),
            P::CancelGoal { goal } => {
                self.goals.insert(goal);
            }
            P::ReturnContribution { goal, to } => self.goal(before, goal, to),
            P::Sponsor { stream, asset, .. } | P::WithdrawBudget { stream, asset, .. } => {
                self.pool(caller, asset);
                self.pool(before.budget_pool(caller, stream, asset), asset);
                self.budgets.insert((caller, stream, asset));
            }
            P::SponsorSession(_) | P::WouldSponsor(_) => {}
        }
    }

    fn directory(&mut self, before: &Model, call: &DirectoryCall) {
        use DirectoryCall as D;
        match call {
            D::NameCategory { .. } | D::SetGateway { .. } => {}
            D::ListStream { stream }
            | D::Schedule { stream, .. }
            | D::CancelScheduled { stream, .. } => {
                self.calendars.insert(*stream);
            }
            D::RegisterExternal { .. } => {
                self.externals.insert(before.external_count() + 1);
            }
            D::UpdateExternal { external, .. } => {
                self.externals.insert(*external);
            }
        }
    }

    fn moderation(&mut self, before: &Model, call: &ModerationCall) {
        use ModerationCall as M;
        let report = match call {
            M::SetBond(_) | M::Collect { .. } => 1,
            M::Report { .. } => before.report_count() + 1,
            M::Decide { report, .. }
            | M::Lapse { report }
            | M::Appeal { report, .. }
            | M::Resolve { report, .. }
            | M::Forfeit { report } => *report,
        };
        self.reports.insert(report);
        let stream = before.report(report).map(|of| of.stream);
        self.streams.extend(stream);
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
            self.pool(life.payer(), life.asset);
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
            M::Open(request) | M::DepositAndOpen { request, .. } => {
                let (stream, asset) = (request.stream, request.asset);
                self.pool(caller, asset);
                if let Some(sponsor) = request.sponsor {
                    self.pool(before.budget_pool(sponsor, stream, asset), asset);
                }
                if let M::DepositAndOpen { .. } = call {
                    let token = before.asset(asset).and_then(|a| a.token);
                    let mut tokens = before.contracts.tokens.iter();
                    let place = tokens.position(|t| Some(*t) == token);
                    self.nonces.extend(place.map(|token| (token, caller)));
                }
                self.viewers.insert(caller);
                self.audiences.insert(request.stream);
                if let Outcome::Meter(Ok(Value::Number(number))) = outcome {
                    self.sessions.insert((caller, *number));
                }
            }
            M::TopUp { id, .. } => {
                self.session(before, *id, false);
                let asset = before.life(*id).map(|life| life.asset);
                if let Some(asset) = asset {
                    self.pool(caller, asset);
                }
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
            P::WouldHold { .. } | P::Spending { .. } => {}
            P::Hold { payer, asset, .. } | P::TopUp { payer, asset, .. } => {
                self.pool(*payer, *asset);
            }
            P::Pay(payment) => self.pool(payment.payer, payment.asset),
            P::Shift(shift) => {
                self.pool(shift.from, shift.asset);
                self.pool(shift.to, shift.asset);
            }
            P::Refund { session, asset, .. } => {
                self.pool(session.viewer, *asset);
                self.payables.insert((caller, *asset));
            }
            P::SetSpendingLimits { asset, .. } => self.pool(caller, *asset),
            P::DepositPermitted { viewer, asset, .. } => self.pool(*viewer, *asset),
            P::Settle { terms, items } => {
                for item in items {
                    self.assets.insert(item.asset);
                    if let Some(release) = item.release {
                        self.pool(release.to, item.asset);
                    }
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
        self.compare_platform(touched)?;
        let pricing = self.suite.pricing();
        for stream in &touched.rates {
            let real = self.read(pricing.rates(*stream))?;
            same(("rates", stream), self.model.rates(*stream), real)?;
            let broadcast = self.model.stream(*stream).map_or(0, |s| s.broadcast);
            let plan = self.model.plan(*stream);
            let real = self.read(pricing.plan(*stream))?;
            same(("plan", stream), plan, real)?;
            let real = self.read(self.suite.plans().plan_kind(*stream, plan))?;
            let predicted = self.model.plan_kind(*stream, plan);
            same(("plan", stream, plan), predicted, real)?;
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

    /// Compares what is on top of the money path.
    fn compare_platform(&mut self, touched: &Touched) -> Checked {
        let now_ms = self.model.now_ms;
        for (viewer, asset) in &touched.spending {
            let real = self.read(self.suite.desk().spending(*viewer, *asset))?;
            let real = real.map_err(|e| format!("{e:?}"))?;
            self.witness.see_spending(now_ms, *viewer, *asset, &real)?;
            let predicted = self.model.spending(*viewer, *asset);
            same(("spending", viewer, asset), predicted, real)?;
        }
        let passes = self.suite.passes();
        for (holder, scope, level) in &touched.passes {
            let real = self.read(passes.pass(*holder, *scope, *level))?;
            let predicted = self.model.pass(*holder, *scope, *level);
            same(("pass", holder, scope, level), predicted, real)?;
            let real = self.read(passes.offer(*scope, *level))?;
            let predicted = self.model.pass_offer(*scope, *level);
            same(("pass offer", scope, level), predicted, real)?;
        }
        let patronage = self.suite.patronage();
        for goal in &touched.goals {
            let real = self.read(patronage.goal(*goal))?;
            same(("goal", goal), self.model.goal(*goal), real)?;
        }
        for (goal, account) in &touched.given {
            let real = self.read(patronage.contribution(*goal, *account))?;
            let predicted = self.model.contribution(*goal, *account);
            same(("contribution", goal, account), predicted, real)?;
        }
        for (sponsor, stream, asset) in &touched.budgets {
            let real = self.read(patronage.budget(*sponsor, *stream, *asset))?;
            let predicted = self.model.budget(*sponsor, *stream, *asset);
            same(("budget", sponsor, stream, asset), predicted, real)?;
        }
        let directory = self.suite.directory();
        for external in &touched.externals {
            let real = self.read(directory.external(*external))?;
            let predicted = self.model.external(*external);
            same(("external", external), predicted, real)?;
        }
        for stream in &touched.calendars {
            let real = self.read(directory.scheduled(*stream))?;
            let predicted = self.model.scheduled(*stream);
            same(("scheduled", stream), predicted, real)?;
            let real = self.read(directory.listed_in(*stream))?;
            same(("listed", stream), self.model.listed_in(*stream), real)?;
        }
        for report in &touched.reports {
            self.compare_report(*report)?;
        }
        for (token, owner) in &touched.nonces {
            let address = self.model.contracts.tokens[*token];
            let real = self.read(VlkPermitCalls::from(address).nonce(*owner))?;
            let predicted = self.model.tokens[*token].nonce(*owner);
            same(("nonce", token, owner), predicted, real)?;
        }
        Ok(())
    }

    /// Compares a report, who is in it, and the bonds.
    fn compare_report(&mut self, report: ReportId) -> Checked {
        let court = self.suite.moderation();
        let real = self.read(court.report(report))?;
        let predicted = self.model.report(report);
        same(("report", report), predicted, real)?;
        let treasury = self.model.moderation.treasury;
        let parties = predicted.map(|of| [of.creator, of.reporter]);
        for person in parties.into_iter().flatten().chain([treasury]) {
            let real = self.read(court.collectable(person))?;
            let predicted = self.model.collectable(person);
            same(("collectable", person), predicted, real)?;
            let real = self.read(court.offender(person))?;
            same(("offender", person), self.model.offender(person), real)?;
        }
        let vault = self.chain.native_balance(self.suite.moderation) - self.court_floor;
        same("bonds", self.model.moderation.native, vault)?;
        self.witness.check_bonds(vault)
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
            second_code: admin.second_code,
        };
        same((part, "administration"), predicted, real)
    }

    /// Compares all that the model knows something of; if `thorough`, what should be nothing too, and what only its own
    /// messages change, which are compared then.
    pub fn compare_all(&mut self, thorough: bool) -> Checked {
        self.model.laws()?;
        let model = &self.model;
        let mut all = Touched::default();
        all.assets.extend(0..model.asset_count());
        let pairs = people().flat_map(|p| (0..model.asset_count()).map(move |a| (p, a)));
        for (person, asset) in pairs {
            if thorough || model.pool(person, asset) != Pool::default() {
                all.pools.insert((person, asset));
                all.spending.insert((person, asset));
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
        let goals = 1..=model.goal_count();
        let pools = goals
            .clone()
            .filter_map(|goal| Some((model.goal_pool(goal), model.goal(goal)?.asset)));
        all.pools.extend(pools);
        all.goals.extend(goals);
        for (sponsor, stream, asset) in model.patronage.budgets.keys() {
            all.budgets.insert((*sponsor, *stream, *asset));
            all.pools
                .insert((model.budget_pool(*sponsor, *stream, *asset), *asset));
        }
        all.externals.extend(1..=model.external_count());
        all.reports.extend(1..=model.report_count());
        if thorough {
            all.calendars.extend(1..=model.stream_count());
            let given = model.patronage.goals.iter().zip(1..);
            let given = given.flat_map(|(aim, goal)| aim.given.iter().map(move |g| (goal, g.by)));
            all.given.extend(given);
            let bought = model.passes.bought.iter();
            all.passes
                .extend(bought.map(|b| (b.holder, b.scope, b.level)));
            all.nonces
                .extend(people().flat_map(|person| [(0, person), (1, person)]));
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
        let staking = self.read(self.suite.plans().staking())?;
        same("staking", self.model.pricing.staking, staking)?;
        self.compare_lists()?;
        self.compare_counts()?;
        for part in PARTS {
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

    /// How many there are of everything on top, and the directory's lists.
    fn compare_counts(&mut self) -> Checked {
        let (patronage, directory) = (self.suite.patronage(), self.suite.directory());
        let real = self.read(patronage.goal_count())?;
        same("goals", self.model.goal_count(), real)?;
        let real = self.read(self.suite.moderation().report_count())?;
        same("reports", self.model.report_count(), real)?;
        let real = self.read(self.suite.moderation().bond())?;
        same("bond", self.model.moderation.bond, real)?;
        let real = self.read(directory.external_count())?;
        same("externals", self.model.external_count(), real)?;
        for person in people() {
            let real = self.read(directory.is_gateway(person))?;
            same(("gateway", person), self.model.is_gateway(person), real)?;
        }
        for category in 0..16 {
            let real = self.read(directory.category_name(category))?;
            let predicted = self.model.category_name(category);
            same(("name", category), predicted, real)?;
            let mut real = self.walk(|start| directory.streams_in(category, start, MAX_LISTING))?;
            real.sort_unstable();
            same(
                ("category", category),
                self.model.streams_in(category),
                real,
            )?;
        }
        let served: Vec<_> = self.model.patronage.served.iter().copied().collect();
        for (sponsor, stream, asset, viewer) in served {
            let real = self.read(patronage.was_sponsored(sponsor, stream, asset, viewer))?;
            same(("sponsored", sponsor, stream, asset, viewer), true, real)?;
        }
        // What is left of previews, of those who watched.
        let lives: Vec<_> = self.model.meter.lives.iter().rev().take(8).collect();
        let lives: Vec<_> = lives
            .into_iter()
            .map(|(of, life)| (of.0, life.stream))
            .collect();
        for (viewer, stream) in lives {
            // Of a broadcast that is over nobody can have anything left.
            if !self.model.is_live(stream) {
                continue;
            }
            let broadcast = self.model.stream(stream).map_or(0, |s| s.broadcast);
            let left = self.suite.lifecycle();
            let real = self.read(left.preview_left(viewer, stream, broadcast, 3_600_000))?;
            let predicted = self
                .model
                .preview_left(viewer, stream, broadcast, 3_600_000);
            same(("preview", viewer, stream, broadcast), predicted, real)?;
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
