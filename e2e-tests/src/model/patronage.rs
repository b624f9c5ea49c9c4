//! `patronage`: tips, goals with all that was given, budgets with all that moved.

use super::{Model, Part, PatronageCall, Sponsored, Value};
use ink::scale::Encode;
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Budget, Class, Contribution, Goal, GoalId, GoalState, Hash,
    Millis, PatronageError as Error, Payment, Shift, SponsoredHold, Sponsorship, StreamFacts,
    StreamId, MAX_GOAL_MS, MAX_HOLD,
};

/// Something that was given to a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// By whom.
    pub by: AccountId,
    /// When.
    pub at_ms: Millis,
    /// How much.
    pub amount: Balance,
    /// What category the stream had then.
    pub category: u16,
    /// Whether it went back.
    pub returned: bool,
}

/// A goal and all that was given to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aim {
    /// The stream.
    pub stream: StreamId,
    /// Who made it.
    pub creator: AccountId,
    /// The asset.
    pub asset: AssetId,
    /// The sum to reach.
    pub target: Balance,
    /// Until when it takes contributions.
    pub end_ms: Millis,
    /// What it is for.
    pub about: Hash,
    /// Whether its creator gave it up.
    pub cancelled: bool,
    /// All that was given.
    pub given: Vec<Given>,
}

/// Money that was added to a budget, or taken out by its sponsor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Added, and what category the stream had then.
    Added(Millis, Balance, u16),
    /// Taken.
    Taken(Balance),
}

/// A sponsor's budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fund {
    /// On what terms.
    pub terms: Sponsorship,
    /// What moved.
    pub moves: Vec<Move>,
}

/// What is left of what a sponsor added, since when, and in what category all of it was added.
type Rest = (Balance, Millis, Option<u16>);

/// Patronage's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patronage {
    /// The goals, from number 1.
    pub goals: Vec<Aim>,
    /// The budgets.
    pub budgets: BTreeMap<(AccountId, StreamId, AssetId), Fund>,
    /// Who had a session from which budget.
    pub served: BTreeSet<(AccountId, StreamId, AssetId, AccountId)>,
}

impl Aim {
    fn raised(&self) -> Balance {
        let left = self.given.iter().filter(|g| !g.returned);
        left.map(|g| g.amount).sum()
    }

    fn state(&self) -> GoalState {
        match (self.cancelled, self.raised() == self.target) {
            (true, _) => GoalState::Cancelled,
            (_, true) => GoalState::Reached,
            _ => GoalState::Open,
        }
    }

    /// What an account gave, and in what category all of it.
    fn of(&self, account: AccountId) -> (Contribution, Option<u16>) {
        let mine = || self.given.iter().filter(move |g| g.by == account);
        let categories: BTreeSet<_> = mine().map(|g| g.category).collect();
        let left = mine().filter(|g| !g.returned).map(|g| g.amount);
        let contribution = Contribution {
            amount: left.sum(),
            placed_ms: mine().next().map_or(0, |g| g.at_ms),
        };
        let one = categories.first().copied();
        (contribution, one.filter(|_| categories.len() == 1))
    }
}

impl Fund {
    fn rest(&self) -> Rest {
        let mut rest: Rest = (0, 0, None);
        for moved in &self.moves {
            rest = match (*moved, rest) {
                (Move::Added(at_ms, amount, category), (0, ..)) => (amount, at_ms, Some(category)),
                (Move::Added(_, amount, category), (left, at_ms, before)) => {
                    let before = before.filter(|before| *before == category);
                    (left + amount, at_ms, before)
                }
                (Move::Taken(amount), (left, at_ms, category)) => {
                    (left.saturating_sub(amount), at_ms, category)
                }
            };
        }
        rest
    }
}

fn hashed(of: impl Encode) -> AccountId {
    AccountId::from(sp_core::blake2_256(&of.encode()))
}

impl Model {
    /// The account whose pool has what was given to a goal.
    pub fn goal_pool(&self, goal: GoalId) -> AccountId {
        hashed((*b"vilokanam/goal", self.contracts.patronage, goal))
    }

    /// The account whose pool is a budget.
    pub fn budget_pool(&self, sponsor: AccountId, stream: StreamId, asset: AssetId) -> AccountId {
        let patronage = self.contracts.patronage;
        hashed((*b"vilokanam/budget", patronage, sponsor, stream, asset))
    }

    fn aim(&self, goal: GoalId) -> Option<&Aim> {
        self.patronage.goals.get(goal.checked_sub(1)? as usize)
    }

    fn aim_mut(&mut self, goal: GoalId) -> Result<&mut Aim, Error> {
        let place = goal.checked_sub(1).ok_or(Error::GoalNotFound)?;
        let aim = self.patronage.goals.get_mut(place as usize);
        aim.ok_or(Error::GoalNotFound)
    }

    /// A goal.
    pub fn goal(&self, goal: GoalId) -> Option<Goal> {
        let aim = self.aim(goal)?;
        Some(Goal {
            stream: aim.stream,
            creator: aim.creator,
            asset: aim.asset,
            target: aim.target,
            raised: aim.raised(),
            end_ms: aim.end_ms,
            state: aim.state(),
            about: aim.about,
        })
    }

    /// How many goals there are.
    pub fn goal_count(&self) -> u32 {
        self.patronage.goals.len() as u32
    }

    /// What an account has given to a goal.
    pub fn contribution(&self, goal: GoalId, account: AccountId) -> Contribution {
        self.aim(goal)
            .map(|aim| aim.of(account).0)
            .unwrap_or_default()
    }

    /// A sponsor's budget.
    pub fn budget(&self, sponsor: AccountId, stream: StreamId, asset: AssetId) -> Option<Budget> {
        let fund = self.patronage.budgets.get(&(sponsor, stream, asset))?;
        Some(Budget {
            terms: fund.terms,
            pool: self.budget_pool(sponsor, stream, asset),
        })
    }

    /// Whether a viewer had a session from a budget.
    pub fn was_sponsored(
        &self,
        sponsor: AccountId,
        stream: StreamId,
        asset: AssetId,
        viewer: AccountId,
    ) -> bool {
        let served = &self.patronage.served;
        served.contains(&(sponsor, stream, asset, viewer))
    }

    fn ensure_patronage_wired(&self) -> Result<(), Error> {
        let wiring = self.wiring(Part::Patronage);
        let slots = [
            wiring.registry,
            wiring.payments,
            wiring.meter,
            wiring.directory,
        ];
        let wired = slots.iter().all(Option::is_some);
        wired.then_some(()).ok_or(Error::NotWired)
    }

    fn patronage_facts(&self, stream: StreamId) -> Result<StreamFacts, Error> {
        let slot = self.wiring(Part::Patronage).registry;
        if !self.reaches(self.contracts.patronage, slot, self.contracts.registry) {
            return Err(Error::RegistryFailed);
        }
        self.facts(stream).ok_or(Error::StreamNotFound)
    }

    fn patronage_reaches_payments(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Patronage).payments;
        let answered = self.reaches(self.contracts.patronage, slot, self.contracts.payments);
        answered.then_some(()).ok_or(Error::PaymentsFailed)
    }

    fn patronage_pays(&mut self, payment: &Payment) -> Result<Balance, Error> {
        self.patronage_reaches_payments()?;
        self.pay(self.contracts.patronage, payment)
            .map_err(Error::Payments)
    }

    fn patronage_shifts(&mut self, shift: &Shift) -> Result<(), Error> {
        self.patronage_reaches_payments()?;
        self.shift(self.contracts.patronage, shift)
            .map_err(Error::Payments)
    }

    /// What opening a sponsored session would be answered.
    pub fn would_sponsor(&self, of: &Sponsored) -> Result<SponsoredHold, Error> {
        let (sponsor, stream, asset) = (of.sponsor, of.stream, of.asset);
        let fund = self.patronage.budgets.get(&(sponsor, stream, asset));
        let terms = fund.map(|fund| fund.terms);
        let terms = terms.filter(|terms| self.now_ms < terms.until_ms);
        let terms = terms.ok_or(Error::NoSponsorship)?;
        if of.viewer == sponsor {
            return Err(Error::OwnSponsor);
        }
        if self.was_sponsored(sponsor, stream, asset, of.viewer) {
            return Err(Error::AlreadySponsored);
        }
        if of.hold > terms.max_hold {
            let max = terms.max_hold;
            return Err(Error::AboveHold { max });
        }
        if of.ceiling > terms.max_ceiling {
            let max = terms.max_ceiling;
            return Err(Error::AboveCeiling { max });
        }
        Ok(SponsoredHold {
            pool: self.budget_pool(sponsor, stream, asset),
            until_ms: terms.until_ms,
        })
    }

    /// What `sponsor_session` answers to `caller`.
    pub(super) fn may_sponsor_session(
        &self,
        caller: AccountId,
        of: &Sponsored,
    ) -> Result<SponsoredHold, Error> {
        if self.wiring(Part::Patronage).meter != Some(caller) {
            return Err(Error::NotMeter);
        }
        self.would_sponsor(of)
    }

    /// Remembers a sponsored session.
    pub(super) fn note_sponsored(&mut self, of: &Sponsored) {
        let served = &mut self.patronage.served;
        served.insert((of.sponsor, of.stream, of.asset, of.viewer));
    }

    pub(super) fn patronage_call(
        &mut self,
        caller: AccountId,
        call: &PatronageCall,
    ) -> Result<Value, Error> {
        let now = self.now_ms;
        match *call {
            PatronageCall::Tip {
                stream,
                asset,
                amount,
                ..
            } => {
                self.ensure_patronage_wired()?;
                let facts = self.patronage_facts(stream)?;
                if !self.is_live(stream) {
                    return Err(Error::NotLive);
                }
                let category = Some(facts.category);
                let payment = to_payees(caller, asset, amount, category, facts);
                self.patronage_pays(&payment).map(Value::Amount)
            }
            PatronageCall::PayExternal {
                external,
                asset,
                amount,
                ..
            } => {
                self.ensure_patronage_wired()?;
                let slot = self.wiring(Part::Patronage).directory;
                if !self.reaches(self.contracts.patronage, slot, self.contracts.directory) {
                    return Err(Error::DirectoryFailed);
                }
                let external = self.external(external).filter(|external| external.active);
                let external = external.ok_or(Error::ExternalNotFound)?;
                let payment = Payment {
                    payer: caller,
                    asset,
                    amount,
                    class: Class::Tips,
                    category: Some(external.category),
                    owner: external.payee,
                    cohosts: Vec::new(),
                };
                self.patronage_pays(&payment).map(Value::Amount)
            }
            PatronageCall::MakeGoal {
                stream,
                asset,
                target,
                end_ms,
                about,
            } => {
                self.ensure_patronage_wired()?;
                let facts = self.patronage_facts(stream)?;
                if facts.terms.owner != caller {
                    return Err(Error::NotCreator);
                }
                if !(1..=MAX_HOLD).contains(&target) {
                    return Err(Error::TargetOutOfRange);
                }
                let max_ms = now + MAX_GOAL_MS;
                if end_ms <= now || end_ms > max_ms {
                    return Err(Error::EndOutOfRange { max_ms });
                }
                self.patronage.goals.push(Aim {
                    stream,
                    creator: caller,
                    asset,
                    target,
                    end_ms,
                    about,
                    cancelled: false,
                    given: Vec::new(),
                });
                Ok(Value::Number(self.goal_count()))
            }
            PatronageCall::Contribute { goal, amount } => {
                self.ensure_patronage_wired()?;
                let before = self.clone();
                let taken = self.contribute(caller, goal, amount);
                if taken.is_err() {
                    let trapped = self.trapped.get();
                    *self = before;
                    self.trapped.set(trapped);
                }
                taken.map(Value::Amount)
            }
            PatronageCall::CancelGoal { goal } => {
                let aim = self.aim_mut(goal)?;
                if aim.creator != caller {
                    return Err(Error::NotCreator);
                }
                if aim.state() != GoalState::Open {
                    return Err(Error::GoalClosed);
                }
                aim.cancelled = true;
                Ok(Value::Unit)
            }
            PatronageCall::ReturnContribution { goal, to } => {
                self.ensure_patronage_wired()?;
                let aim = self.aim_mut(goal)?.clone();
                let missed = aim.state() == GoalState::Open && now >= aim.end_ms;
                if !missed && aim.state() != GoalState::Cancelled {
                    return Err(Error::NotReturnable);
                }
                let (contribution, category) = aim.of(to);
                if contribution.amount == 0 {
                    return Err(Error::NothingContributed);
                }
                self.patronage_shifts(&Shift {
                    from: self.goal_pool(goal),
                    to,
                    asset: aim.asset,
                    amount: contribution.amount,
                    category,
                    back_of_ms: Some(contribution.placed_ms),
                })?;
                let given = self.aim_mut(goal)?.given.iter_mut();
                given.filter(|g| g.by == to).for_each(|g| g.returned = true);
                Ok(Value::Amount(contribution.amount))
            }
            PatronageCall::Sponsor {
                stream,
                asset,
                amount,
                terms,
            } => {
                self.ensure_patronage_wired()?;
                let category = self.patronage_facts(stream)?.category;
                if terms.until_ms <= now {
                    let max_ms = Millis::MAX;
                    return Err(Error::EndOutOfRange { max_ms });
                }
                if amount > 0 {
                    self.patronage_shifts(&Shift {
                        from: caller,
                        to: self.budget_pool(caller, stream, asset),
                        asset,
                        amount,
                        category: Some(category),
                        back_of_ms: None,
                    })?;
                }
                let key = (caller, stream, asset);
                let fund = self.patronage.budgets.entry(key).or_insert(Fund {
                    terms,
                    moves: Vec::new(),
                });
                fund.terms = terms;
                if amount > 0 {
                    fund.moves.push(Move::Added(now, amount, category));
                }
                Ok(Value::Unit)
            }
            PatronageCall::WithdrawBudget {
                stream,
                asset,
                amount,
            } => {
                self.ensure_patronage_wired()?;
                let key = (caller, stream, asset);
                let fund = self.patronage.budgets.get(&key);
                let (left, placed_ms, category) = fund.ok_or(Error::NoSponsorship)?.rest();
                // More than was added is not all the sponsor's own.
                let placed_ms = if amount > left { 0 } else { placed_ms };
                self.patronage_shifts(&Shift {
                    from: self.budget_pool(caller, stream, asset),
                    to: caller,
                    asset,
                    amount,
                    category,
                    back_of_ms: Some(placed_ms),
                })?;
                if let Some(fund) = self.patronage.budgets.get_mut(&key) {
                    fund.moves.push(Move::Taken(amount));
                }
                Ok(Value::Unit)
            }
            PatronageCall::SponsorSession(of) => {
                let hold = self.may_sponsor_session(caller, &of)?;
                self.note_sponsored(&of);
                Ok(Value::SponsoredHold(hold))
            }
            PatronageCall::WouldSponsor(of) => self.would_sponsor(&of).map(Value::SponsoredHold),
        }
    }

    fn contribute(
        &mut self,
        from: AccountId,
        goal: GoalId,
        amount: Balance,
    ) -> Result<Balance, Error> {
        let now = self.now_ms;
        let aim = self.aim_mut(goal)?.clone();
        if aim.state() != GoalState::Open || now >= aim.end_ms {
            return Err(Error::GoalClosed);
        }
        let facts = self.patronage_facts(aim.stream)?;
        if facts.terms.owner != aim.creator {
            return Err(Error::OwnerChanged);
        }
        let taken = amount.min(aim.target - aim.raised());
        let (pool, category) = (self.goal_pool(goal), facts.category);
        self.patronage_shifts(&Shift {
            from,
            to: pool,
            asset: aim.asset,
            amount: taken,
            category: Some(category),
            back_of_ms: None,
        })?;
        let given = Given {
            by: from,
            at_ms: now,
            amount: taken,
            category,
            returned: false,
        };
        let aim = self.aim_mut(goal)?;
        aim.given.push(given);
        if aim.state() == GoalState::Reached {
            let payment = to_payees(pool, aim.asset, aim.target, None, facts);
            self.patronage_pays(&payment)?;
        }
        Ok(taken)
    }
}

/// A payment to a stream's payees, by its newest terms.
fn to_payees(
    payer: AccountId,
    asset: AssetId,
    amount: Balance,
    category: Option<u16>,
    facts: StreamFacts,
) -> Payment {
    Payment {
        payer,
        asset,
        amount,
        class: Class::Tips,
        category,
        owner: facts.terms.owner,
        cohosts: facts.terms.cohosts,
    }
}
