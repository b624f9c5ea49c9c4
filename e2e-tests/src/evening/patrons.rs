//! What is given besides paying for seconds: plans and passes, tips, goals, minutes on the house, and a limit that somebody
//! set for himself.

use super::{
    cast::{
        self, ASHA, BRUNO, CHEN, CREATORS, EMEKA, FREYA, NADIA, PASS_FACTOR, PAVEL, PREVIEW_SECS,
        QUYEN, RAVI, SELMA, TIER,
    },
    report::{money, time},
    story::{Story, STRANGER},
};
use crate::model::{
    Action, DirectoryCall, MeterCall, PassCall, PatronageCall, PaymentsCall, PricingCall, Value,
};
use anyhow::{bail, ensure, Result};
use sp_core::hashing::blake2_256;
use vilokanam_chain::{Chain, VLK};
use vilokanam_interfaces::{
    AssetId, Balance, Discount, GoalId, Hash, LimitKind, PassLevel, PassOffer, PassOrder,
    PassPeriod, PassScope, PaymentHandlerError, PlanKind, PlanRules, Scheduled, SpendingLimits,
    Sponsorship, TickStreamError, Tier, FACTOR_ONE, NATIVE,
};

/// One whole token.
const ONE: Balance = 1_000_000_000_000;
/// The names of the creators' categories.
const CATEGORIES: [(u16, &str); 5] = [
    (1, "music"),
    (2, "cooking"),
    (3, "chess"),
    (4, "languages"),
    (5, "gardens"),
];
/// The price of a day's pass for Bruno's stream, in $VLK.
const PASS_PRICE: Balance = 9 * ONE;
/// Of whose stream, in what asset, the sum, and the minute in which it ends.
const GOALS: [(usize, AssetId, Balance, u64, &str); 2] = [
    (ASHA, VLK, 30 * ONE, 200, "a better microphone"),
    (CHEN, NATIVE, 400 * ONE, 230, "a studio of her own"),
];
/// How many seconds of a viewer Selma pays.
const ON_THE_HOUSE_SECS: u64 = 600;
/// What she puts aside for that, in seconds at Freya's first price.
const BUDGET_SECS: u64 = 6_000;

/// The hash of a short text, which is kept elsewhere.
fn hash_of(text: &str) -> Hash {
    blake2_256(text.as_bytes()).into()
}

impl<C: Chain> Story<'_, C> {
    /// Where a regular is among the guests.
    pub fn regular(&self, regular: usize) -> usize {
        self.plan.viewers + regular
    }

    /// The categories get names, and a stranger lists the streams in them.
    pub fn name_categories(&mut self) -> Result<()> {
        for (category, name) in CATEGORIES {
            let name = name.into();
            let call = DirectoryCall::NameCategory { category, name };
            self.stage
                .must(self.config.owner, Action::Directory(call))?;
        }
        for stream in self
            .streams
            .iter()
            .map(|on_air| on_air.id)
            .collect::<Vec<_>>()
        {
            let call = DirectoryCall::ListStream { stream };
            let stranger = self.stage.account(STRANGER);
            self.stage.must(stranger, Action::Directory(call))?;
        }
        Ok(())
    }

    /// A creator's plan, if there is one: Emeka's lets try out, and is cheaper for those who stay.
    pub fn set_plan(&mut self, creator: usize) -> Result<()> {
        if creator != EMEKA {
            return Ok(());
        }
        let preview_ms = self.secs(PREVIEW_SECS);
        let (after_secs, factor) = TIER;
        let after_ms = self.secs(after_secs);
        let rules = PlanRules {
            preview_ms: u32::try_from(preview_ms)?,
            tiers: vec![Tier { after_ms, factor }],
            peaks: Vec::new(),
            standard: FACTOR_ONE,
            premium: FACTOR_ONE,
            subscription: FACTOR_ONE,
            categories: Vec::new(),
            audience: Vec::new(),
            stakers: FACTOR_ONE,
        };
        let call = PricingCall::SetPlan {
            stream: self.streams[EMEKA].id,
            kind: PlanKind::Rules(rules),
        };
        let host = self.streams[EMEKA].creator;
        self.stage.must(host, Action::Pricing(call))?;
        self.tell(format!(
            "Emeka lets everybody watch {} for nothing, and whoever stays for more than {} watches on at \
             {} % of the price",
            time(preview_ms),
            time(after_ms),
            factor / 10_000
        ));
        Ok(())
    }

    /// Bruno sells passes.
    pub fn sell_passes(&mut self) -> Result<()> {
        let call = PassCall::SetOffer {
            scope: PassScope::Stream(self.streams[BRUNO].id),
            level: PassLevel::Premium,
            offer: Some(PassOffer {
                asset: VLK,
                prices: [Some(PASS_PRICE), Some(5 * PASS_PRICE), None],
                factor: PASS_FACTOR,
            }),
        };
        let host = self.streams[BRUNO].creator;
        self.stage.must(host, Action::Passes(call)).map(drop)
    }

    /// Pavel buys a day's pass for himself, and one for Quyen.
    pub fn buys_passes(&mut self) -> Result<()> {
        let buyer = self.regular(PAVEL);
        self.brings(buyer, VLK, 2 * PASS_PRICE)?;
        for holder in [PAVEL, QUYEN] {
            let holder = self.guests[self.regular(holder)].account;
            let account = self.guests[buyer].account;
            let order = PassOrder {
                scope: PassScope::Stream(self.streams[BRUNO].id),
                level: PassLevel::Premium,
                period: PassPeriod::Day,
                periods: 1,
                asset: VLK,
                max_price: PASS_PRICE,
                max_factor: PASS_FACTOR,
                holder: (holder != account).then_some(holder),
            };
            let buy = Action::Passes(PassCall::Buy(order));
            self.stage.must(account, buy)?;
            let bought = self.stage.books.passes.last();
            let until_ms = self.stage.now_ms() + PassPeriod::Day.ms();
            ensure!(
                bought.is_some_and(|pass| pass.until_ms == until_ms),
                "a day's pass until {until_ms}: {bought:?}"
            );
        }
        self.counts.passes += 1;
        self.counts.passes_given += 1;
        let price = money(PASS_PRICE, VLK);
        self.say(
            buyer,
            &format!("buys a day's pass for Bruno's stream for {price}, and gives Quyen another"),
        );
        Ok(())
    }

    /// Selma puts money aside for others' first minutes at Freya's.
    pub fn sponsors(&mut self) -> Result<()> {
        let sponsor = self.regular(SELMA);
        let quote = self.quote(sponsor, FREYA, ON_THE_HOUSE_SECS, Discount::None)?;
        let all = self.quote(sponsor, FREYA, BUDGET_SECS, Discount::None)?;
        let terms = Sponsorship {
            max_hold: quote.hold,
            max_ceiling: 2 * quote.price_per_sec,
            until_ms: self.at_minute(330),
        };
        self.brings(sponsor, NATIVE, all.hold)?;
        let call = PatronageCall::Sponsor {
            stream: self.streams[FREYA].id,
            asset: NATIVE,
            amount: all.hold,
            terms,
        };
        let account = self.guests[sponsor].account;
        self.stage.must(account, Action::Patronage(call))?;
        self.on_the_house = Some(terms);
        let budget = money(all.hold, NATIVE);
        let length = time(self.secs(ON_THE_HOUSE_SECS));
        self.say(
            sponsor,
            &format!("puts {budget} aside: everybody's first {length} at Freya's are on her"),
        );
        Ok(())
    }

    /// What is left of Selma's budget goes back to her.
    pub fn takes_budget_back(&mut self) -> Result<()> {
        let sponsor = self.regular(SELMA);
        let account = self.guests[sponsor].account;
        let stream = self.streams[FREYA].id;
        let patronage = self.stage.suite.patronage();
        let budget = vilokanam_interfaces::Patronage::budget(&patronage, account, stream, NATIVE);
        let budget = vilokanam_chain::Calls::read(self.stage.chain, budget)?;
        let Some(budget) = budget else {
            bail!("Selma's budget is gone");
        };
        let amount = self.stage.model.pool(budget.pool, NATIVE).free;
        let call = PatronageCall::WithdrawBudget {
            stream,
            asset: NATIVE,
            amount,
        };
        self.stage.must(account, Action::Patronage(call))?;
        let amount = money(amount, NATIVE);
        self.say(
            sponsor,
            &format!("takes back what nobody watched of it: {amount}"),
        );
        Ok(())
    }

    /// Ravi tips Asha in native tokens, with a message; Quyen tips Bruno in $VLK.
    pub fn tips(&mut self) -> Result<()> {
        for (from, creator, asset, amount, message) in [
            (RAVI, ASHA, NATIVE, 5 * ONE, Some("What a voice!")),
            (QUYEN, BRUNO, VLK, 7 * ONE, None),
        ] {
            let guest = self.regular(from);
            self.brings(guest, asset, amount)?;
            let call = PatronageCall::Tip {
                stream: self.streams[creator].id,
                asset,
                amount,
                message: message.map(hash_of),
            };
            let account = self.guests[guest].account;
            let fee = self.stage.must(account, Action::Patronage(call))?;
            // By hand: 5 %.
            ensure!(
                fee == Value::Amount(amount / 20),
                "the fee of a tip: {fee:?}"
            );
            self.counts.tips += 1;
            let host = CREATORS[creator].name;
            let said = message.map_or(String::new(), |text| format!(" (\"{text}\")"));
            let (amount, fee) = (money(amount, asset), money(amount / 20, asset));
            self.say(
                guest,
                &format!("tips {host} {amount}{said}, of which {fee} stay with the platform"),
            );
        }
        Ok(())
    }

    /// Asha and Chen each make a goal.
    pub fn make_goals(&mut self) -> Result<()> {
        for (goal, (creator, asset, target, minute, about)) in (1..).zip(GOALS) {
            let call = PatronageCall::MakeGoal {
                stream: self.streams[creator].id,
                asset,
                target,
                end_ms: self.at_minute(minute),
                about: hash_of(about),
            };
            let host = self.streams[creator].creator;
            let made = self.stage.must(host, Action::Patronage(call))?;
            ensure!(made == Value::Number(goal), "a goal's number: {made:?}");
            let (name, target) = (CREATORS[creator].name, money(target, asset));
            self.tell(format!(
                "{name} asks for {target} for {about}; if that is not reached in time, all of it goes back"
            ));
        }
        Ok(())
    }

    /// Gives to a goal, of which only `taken` is missing.
    fn gives(&mut self, from: usize, goal: GoalId, amount: Balance, taken: Balance) -> Result<()> {
        let (creator, asset, target, _, about) = GOALS[goal as usize - 1];
        let guest = self.regular(from);
        self.brings(guest, asset, amount)?;
        let call = PatronageCall::Contribute { goal, amount };
        let account = self.guests[guest].account;
        let gave = self.stage.must(account, Action::Patronage(call))?;
        ensure!(gave == Value::Amount(taken), "{gave:?} of {taken}");
        self.counts.contributions += 1;
        let host = CREATORS[creator].name;
        let gift = money(taken, asset);
        let text = match (taken == amount, money(target, asset)) {
            (true, _) => format!("gives {gift} to {host}'s goal, {about}"),
            (false, target) => format!(
                "would give {} to {host}'s goal, {about}: {gift} were missing, and {target} are paid out",
                money(amount, asset)
            ),
        };
        self.say(guest, &text);
        Ok(())
    }

    /// Asha's goal is reached.
    pub fn reaches_goal(&mut self) -> Result<()> {
        self.gives(PAVEL, 1, 12 * ONE, 12 * ONE)?;
        self.gives(QUYEN, 1, 15 * ONE, 15 * ONE)?;
        // By hand: 30 less 12 and 15.
        self.gives(PAVEL, 1, 10 * ONE, 3 * ONE)?;
        self.counts.goals_reached += 1;
        Ok(())
    }

    /// Chen's gets too little.
    pub fn falls_short(&mut self) -> Result<()> {
        self.gives(NADIA, 2, 20 * ONE, 20 * ONE)?;
        self.gives(RAVI, 2, 15 * ONE, 15 * ONE)
    }

    /// A stranger returns what was given for nothing.
    pub fn misses_goal(&mut self) -> Result<()> {
        let goal = 2;
        for (to, given) in [(NADIA, 20 * ONE), (RAVI, 15 * ONE)] {
            let guest = self.regular(to);
            let to = self.guests[guest].account;
            let before = self.stage.model.pool(to, NATIVE).free;
            let call = PatronageCall::ReturnContribution { goal, to };
            let stranger = self.stage.account(STRANGER);
            let back = self.stage.must(stranger, Action::Patronage(call))?;
            ensure!(back == Value::Amount(given), "{back:?} of {given}");
            let after = self.stage.model.pool(to, NATIVE).free;
            self.stage.compare("given back", before + given, after);
            self.counts.returned += 1;
        }
        self.counts.goals_missed += 1;
        self.tell(format!(
            "Chen's goal is missed: {STRANGER}, a stranger, returns {} to Nadia and {} to Ravi, to the unit",
            money(20 * ONE, NATIVE),
            money(15 * ONE, NATIVE)
        ));
        Ok(())
    }

    /// Ravi lets no session of his cost more than an hour at Bruno's, asks for two, and is refused.
    pub fn hits_limit(&mut self) -> Result<()> {
        let guest = self.regular(RAVI);
        let account = self.guests[guest].account;
        let visit = cast::ravis_visit();
        let limit = self.quote(guest, BRUNO, visit.secs, Discount::None)?.hold;
        let limits = SpendingLimits {
            session: Some(limit),
            ..SpendingLimits::default()
        };
        let set = PaymentsCall::SetSpendingLimits {
            asset: NATIVE,
            limits: limits.clone(),
        };
        self.stage.must(account, Action::Payments(set))?;
        let spending = self.stage.spending(account, NATIVE)?;
        ensure!(spending.limits == limits, "what binds now: {spending:?}");

        let twice = cast::Visit {
            hold_percent: 200,
            ..visit
        };
        let request = self.request(guest, BRUNO, twice)?;
        let refused = self.stage.meter(account, MeterCall::Open(request))?;
        let above = PaymentHandlerError::AboveLimit {
            kind: LimitKind::Session,
            left: limit,
        };
        ensure!(
            refused == Err(TickStreamError::Payments(above)),
            "above the own limit: {refused:?}"
        );
        self.counts.limits_hit += 1;
        let (asked, most) = (money(request.hold, NATIVE), money(limit, NATIVE));
        self.say(
            guest,
            &format!(
                "lets no session of his hold more than {most}; he asks for {asked}, and is refused"
            ),
        );
        ensure!(self.open(guest, BRUNO, visit)?, "within the limit he may");
        // He would add to it, and may not: what is placed already counts.
        let Some((&(_, number), _)) = self.watching.range((guest, 0)..(guest + 1, 0)).next_back()
        else {
            bail!("Ravi does not watch");
        };
        let top_up = MeterCall::TopUp {
            id: self.session(guest, number),
            amount: ONE,
        };
        self.fill_pool(guest, NATIVE, ONE)?;
        let refused = self.stage.meter(account, top_up)?;
        let above = PaymentHandlerError::AboveLimit {
            kind: LimitKind::Session,
            left: 0,
        };
        ensure!(
            refused == Err(TickStreamError::Payments(above)),
            "more than the own limit: {refused:?}"
        );
        self.counts.limits_hit += 1;
        Ok(())
    }

    /// Freya says when she will be back.
    pub fn schedules(&mut self) -> Result<()> {
        let day_ms = PassPeriod::Day.ms();
        let start_ms = self.stage.began_ms + day_ms;
        let broadcast = Scheduled {
            start_ms,
            end_ms: start_ms + day_ms / 6,
            cid: CREATORS[FREYA].cid.into(),
        };
        let stream = self.streams[FREYA].id;
        let call = DirectoryCall::Schedule { stream, broadcast };
        let host = self.streams[FREYA].creator;
        self.stage.must(host, Action::Directory(call))?;
        self.tell("Freya announces the next evening: the same time tomorrow".into());
        Ok(())
    }

    /// Deposits what the pool lacks.
    fn brings(&mut self, guest: usize, asset: AssetId, needed: Balance) -> Result<()> {
        let viewer = self.guests[guest].account;
        let free = self.stage.model.pool(viewer, asset).free;
        match needed.checked_sub(free) {
            None | Some(0) => Ok(()),
            Some(missing) => self.pays_in(guest, asset, missing),
        }
    }
}
