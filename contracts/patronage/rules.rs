//! The rules of tips, goals and budgets, apart from storage and other contracts.

use vilokanam_interfaces::{
    AccountId, AssetId, Balance, BroadcastNo, Class, Contribution, External, Goal, GoalState, Hash,
    Millis, PatronageError as Error, Payment, Sponsorship, StreamFacts, StreamId, MAX_GOAL_MS,
    MAX_HOLD,
};

type Result<T> = core::result::Result<T, Error>;

/// What somebody gave to a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Given {
    /// How much, and since when.
    pub contribution: Contribution,
    /// In what category all of it was given; `None`: in several.
    pub category: Option<u16>,
}

/// What a sponsor set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Purse {
    /// For what sessions.
    pub terms: Sponsorship,
    /// What was added, less what was taken back.
    pub added: Balance,
    /// When the first of that was added.
    pub placed_ms: Millis,
    /// In what category all of it was added; `None`: in several, or nothing yet.
    pub category: Option<u16>,
}

/// The category of what was given in `before` and `now`.
fn common(before: Option<u16>, now: u16) -> Option<u16> {
    before.filter(|category| *category == now)
}

/// The broadcast of a stream that is on air.
pub fn on_air(facts: &StreamFacts, now_ms: Millis) -> Result<BroadcastNo> {
    if facts.suspended || facts.broadcast_no == 0 || now_ms >= facts.end_ms {
        return Err(Error::NotLive);
    }
    Ok(facts.broadcast_no)
}

/// An external stream that can be paid for.
pub fn ensure_active(external: Option<External>) -> Result<External> {
    external
        .filter(|external| external.active)
        .ok_or(Error::ExternalNotFound)
}

/// A payment to a stream's payees.
pub fn to_stream(
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

/// A payment to an external stream's payee.
pub fn to_external(
    payer: AccountId,
    asset: AssetId,
    amount: Balance,
    external: &External,
) -> Payment {
    Payment {
        payer,
        asset,
        amount,
        class: Class::Tips,
        category: Some(external.category),
        owner: external.payee,
        cohosts: Default::default(),
    }
}

/// A new goal of `creator`, on a stream with these facts.
pub fn new_goal(
    creator: AccountId,
    facts: &StreamFacts,
    now_ms: Millis,
    (stream, asset): (StreamId, AssetId),
    target: Balance,
    end_ms: Millis,
    about: Hash,
) -> Result<Goal> {
    if facts.terms.owner != creator {
        return Err(Error::NotCreator);
    }
    if target == 0 || target > MAX_HOLD {
        return Err(Error::TargetOutOfRange);
    }
    let max_ms = now_ms.saturating_add(MAX_GOAL_MS);
    if end_ms <= now_ms || end_ms > max_ms {
        return Err(Error::EndOutOfRange { max_ms });
    }
    Ok(Goal {
        stream,
        creator,
        asset,
        target,
        raised: 0,
        end_ms,
        state: GoalState::Open,
        about,
    })
}

/// Fails unless a goal takes contributions now.
pub fn ensure_takes(goal: &Goal, now_ms: Millis) -> Result<()> {
    if goal.state != GoalState::Open || now_ms >= goal.end_ms {
        return Err(Error::GoalClosed);
    }
    Ok(())
}

/// Takes what is missing of `amount` for a goal, and returns it. What reaches the sum closes the goal.
///
/// A goal that takes contributions is open and not over: `ensure_takes`.
pub fn take(
    goal: &mut Goal,
    given: Option<Given>,
    facts: &StreamFacts,
    now_ms: Millis,
    amount: Balance,
) -> Result<(Balance, Given)> {
    if facts.terms.owner != goal.creator {
        return Err(Error::OwnerChanged);
    }
    let missing = goal
        .target
        .checked_sub(goal.raised)
        .ok_or(Error::Overflow)?;
    let taken = amount.min(missing);
    goal.raised = goal.raised.checked_add(taken).ok_or(Error::Overflow)?;
    if goal.raised == goal.target {
        goal.state = GoalState::Reached;
    }
    let before = given.unwrap_or(Given {
        contribution: Contribution {
            amount: 0,
            placed_ms: now_ms,
        },
        category: Some(facts.category),
    });
    let given = Given {
        contribution: Contribution {
            amount: before
                .contribution
                .amount
                .checked_add(taken)
                .ok_or(Error::Overflow)?,
            ..before.contribution
        },
        category: common(before.category, facts.category),
    };
    Ok((taken, given))
}

/// Gives a goal up.
pub fn cancel(goal: &mut Goal, caller: AccountId) -> Result<()> {
    if goal.creator != caller {
        return Err(Error::NotCreator);
    }
    if goal.state != GoalState::Open {
        return Err(Error::GoalClosed);
    }
    goal.state = GoalState::Cancelled;
    Ok(())
}

/// Takes a contribution out of a goal that was missed or cancelled, and returns what it was.
pub fn give_back(goal: &mut Goal, given: Option<Given>, now_ms: Millis) -> Result<(Given, Given)> {
    let missed = goal.state == GoalState::Open && now_ms >= goal.end_ms;
    if !missed && goal.state != GoalState::Cancelled {
        return Err(Error::NotReturnable);
    }
    let before = given
        .filter(|given| given.contribution.amount > 0)
        .ok_or(Error::NothingContributed)?;
    goal.raised = goal
        .raised
        .checked_sub(before.contribution.amount)
        .ok_or(Error::Overflow)?;
    let after = Given {
        contribution: Contribution {
            amount: 0,
            ..before.contribution
        },
        ..before
    };
    Ok((before, after))
}

/// A budget's purse, once `amount` is added to it.
pub fn fill(
    purse: Option<Purse>,
    terms: Sponsorship,
    now_ms: Millis,
    amount: Balance,
    category: u16,
) -> Result<Purse> {
    if terms.until_ms <= now_ms {
        return Err(Error::EndOutOfRange {
            max_ms: Millis::MAX,
        });
    }
    let before = purse.unwrap_or(Purse {
        terms,
        added: 0,
        placed_ms: now_ms,
        category: None,
    });
    if amount == 0 {
        return Ok(Purse { terms, ..before });
    }
    let is_first = before.added == 0;
    Ok(Purse {
        terms,
        added: before.added.checked_add(amount).ok_or(Error::Overflow)?,
        placed_ms: if is_first { now_ms } else { before.placed_ms },
        category: if is_first {
            Some(category)
        } else {
            common(before.category, category)
        },
    })
}

/// A purse once `amount` is taken back, and when that was placed for the windows of limits: 0 if it is more than the sponsor added, since
/// it then is not all the sponsor's own.
pub fn empty(purse: Option<Purse>, amount: Balance) -> Result<(Purse, Millis)> {
    let before = purse.ok_or(Error::NoSponsorship)?;
    let (added, placed_ms) = match before.added.checked_sub(amount) {
        Some(added) => (added, before.placed_ms),
        None => (0, 0),
    };
    Ok((Purse { added, ..before }, placed_ms))
}

/// What a viewer wants of a sponsor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The sponsor.
    pub sponsor: AccountId,
    /// The viewer.
    pub viewer: AccountId,
    /// The session's hold.
    pub hold: Balance,
    /// The session's ceiling.
    pub ceiling: Balance,
}

/// Until when a budget pays for such a session. Fails unless it opens it now, for a viewer who had one from it or not.
pub fn ensure_sponsors(
    terms: Option<Sponsorship>,
    wish: Wish,
    had_one: bool,
    now_ms: Millis,
) -> Result<Millis> {
    let terms = terms
        .filter(|terms| now_ms < terms.until_ms)
        .ok_or(Error::NoSponsorship)?;
    if wish.sponsor == wish.viewer {
        return Err(Error::OwnSponsor);
    }
    if had_one {
        return Err(Error::AlreadySponsored);
    }
    if wish.hold > terms.max_hold {
        return Err(Error::AboveHold {
            max: terms.max_hold,
        });
    }
    if wish.ceiling > terms.max_ceiling {
        return Err(Error::AboveCeiling {
            max: terms.max_ceiling,
        });
    }
    Ok(terms.until_ms)
}
