//! Spending limits: what binds a viewer, what counts against it, and what waits. Pure: the time is an argument.
//!
//! A book has the same size whatever is spent or given back, so that nobody's call but the viewer's own changes its storage deposit:
//! limits that have waited long enough bind without being moved, and are moved when the viewer sets new ones.

use crate::Result;
use ink::prelude::vec::Vec;
use vilokanam_interfaces::{
    Balance, LimitKind, Millis, PaymentHandlerError, Spending, SpendingLimits, LOOSEN_DELAY_MS,
    MAX_CATEGORY_LIMITS,
};
use vilokanam_math::calendar::{day, month, week};

/// What was spent on a category in the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct CategorySum {
    /// How much.
    pub spent: Balance,
    /// From when it is counted.
    pub since_ms: Millis,
}

/// A viewer's limits in an asset, and what counts against them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Book {
    /// What binds until `next` does.
    pub limits: SpendingLimits,
    /// What is looser, and from when it binds. All its categories are in `limits` too.
    pub next: Option<(SpendingLimits, Millis)>,
    /// From when all spending is counted: what was placed until then is not given back.
    pub since_ms: Millis,
    /// An instant of the windows that the sums are of: when the last was counted.
    pub counted_ms: Millis,
    /// Spent on that day.
    pub day: Balance,
    /// Spent in that week.
    pub week: Balance,
    /// Spent in that month.
    pub month: Balance,
    /// Spent in that month on the categories of `limits`, in their order.
    pub categories: Vec<CategorySum>,
}

/// What is spent, for its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expense {
    /// How much.
    pub amount: Balance,
    /// Of a session: what its hold has of the viewer already.
    pub held: Option<Balance>,
    /// For what category.
    pub category: Option<u16>,
}

impl Book {
    /// The limits that bind at `now_ms`.
    pub fn binding(&self, now_ms: Millis) -> &SpendingLimits {
        match &self.next {
            Some((limits, due_ms)) if *due_ms <= now_ms => limits,
            _ => &self.limits,
        }
    }

    /// Whether nothing binds at `now_ms`, and nothing waits to.
    pub fn is_over(&self, now_ms: Millis) -> bool {
        let waits = matches!(&self.next, Some((_, due_ms)) if *due_ms > now_ms);
        !waits && *self.binding(now_ms) == SpendingLimits::default()
    }

    /// Starts the sums of windows that are over anew.
    fn roll(&mut self, now_ms: Millis) {
        if day(self.counted_ms) != day(now_ms) {
            self.day = 0;
        }
        if week(self.counted_ms) != week(now_ms) {
            self.week = 0;
        }
        if month(self.counted_ms) != month(now_ms) {
            self.month = 0;
            for sum in &mut self.categories {
                sum.spent = 0;
            }
        }
        self.counted_ms = now_ms;
    }

    /// The sum of a category, if it is counted.
    fn category(&mut self, category: Option<u16>) -> Option<&mut CategorySum> {
        let position = position(&self.limits, category?)?;
        self.categories.get_mut(position)
    }

    /// Counts what is spent at `now_ms`, if no limit is passed. The first that would be is named, in the order of `LimitKind`.
    pub fn spend(&mut self, now_ms: Millis, expense: Expense) -> Result<()> {
        self.roll(now_ms);
        let Expense {
            amount,
            held,
            category,
        } = expense;
        let limits = self.binding(now_ms);
        let (per_session, per_day) = (limits.session, limits.day);
        let (per_week, per_month) = (limits.week, limits.month);
        let per_category = category.and_then(|category| limit_of(limits, category));
        let ensure = |kind, limit: Option<Balance>, spent: Balance| {
            let left = limit.map(|limit| limit.saturating_sub(spent));
            match left {
                Some(left) if left < amount => Err(PaymentHandlerError::AboveLimit { kind, left }),
                _ => Ok(()),
            }
        };
        if let Some(held) = held {
            ensure(LimitKind::Session, per_session, held)?;
        }
        ensure(LimitKind::Day, per_day, self.day)?;
        ensure(LimitKind::Week, per_week, self.week)?;
        ensure(LimitKind::Month, per_month, self.month)?;
        if let (Some(number), Some(sum)) = (category, self.category(category)) {
            ensure(LimitKind::Category(number), per_category, sum.spent)?;
            sum.spent = sum.spent.saturating_add(amount);
        }
        self.day = self.day.saturating_add(amount);
        self.week = self.week.saturating_add(amount);
        self.month = self.month.saturating_add(amount);
        Ok(())
    }

    /// Takes off what was placed at `placed_ms` and comes back at `now_ms`, in the windows that have not ended since. What was placed
    /// at the very instant from which spending counts may have been placed before, uncounted: it is not taken off.
    pub fn give_back(
        &mut self,
        now_ms: Millis,
        amount: Balance,
        placed_ms: Millis,
        category: Option<u16>,
    ) {
        if placed_ms <= self.since_ms {
            return;
        }
        self.roll(now_ms);
        if day(placed_ms) == day(now_ms) {
            self.day = self.day.saturating_sub(amount);
        }
        if week(placed_ms) == week(now_ms) {
            self.week = self.week.saturating_sub(amount);
        }
        if month(placed_ms) == month(now_ms) {
            self.month = self.month.saturating_sub(amount);
            if let Some(sum) = self.category(category) {
                if placed_ms > sum.since_ms {
                    sum.spent = sum.spent.saturating_sub(amount);
                }
            }
        }
    }

    /// Sets new limits. `counting` tells whether what was spent until now was counted: it is while limits bind, and not between.
    pub fn set(&mut self, now_ms: Millis, new: SpendingLimits, counting: bool) -> Result<()> {
        if !fit(&new) {
            return Err(PaymentHandlerError::InvalidLimits);
        }
        self.roll(now_ms);
        if !counting {
            self.since_ms = now_ms;
        }
        let limits = tighter(self.binding(now_ms), &new);
        if limits.categories.len() > MAX_CATEGORY_LIMITS as usize {
            return Err(PaymentHandlerError::InvalidLimits);
        }
        let sum_of = |(category, _): &(u16, Balance)| {
            let known = position(&self.limits, *category);
            let sum = known.and_then(|position| self.categories.get(position));
            sum.copied().unwrap_or(CategorySum {
                spent: 0,
                since_ms: now_ms,
            })
        };
        self.categories = limits.categories.iter().map(sum_of).collect();
        self.next = None;
        if new != limits {
            self.next = Some((new, now_ms.saturating_add(LOOSEN_DELAY_MS)));
        }
        self.limits = limits;
        Ok(())
    }

    /// As readers see it at `now_ms`.
    pub fn view(mut self, now_ms: Millis) -> Spending {
        self.roll(now_ms);
        let limits = self.binding(now_ms).clone();
        let categories = limits
            .categories
            .iter()
            .map(|(category, _)| {
                let sum = self.category(Some(*category));
                sum.map_or(0, |sum| sum.spent)
            })
            .collect();
        Spending {
            limits,
            next: self.next.filter(|(_, due_ms)| *due_ms > now_ms),
            day: self.day,
            week: self.week,
            month: self.month,
            categories,
        }
    }
}

/// Where a category's limit is.
fn position(limits: &SpendingLimits, category: u16) -> Option<usize> {
    limits.categories.iter().position(|(of, _)| *of == category)
}

/// A category's limit.
fn limit_of(limits: &SpendingLimits, category: u16) -> Option<Balance> {
    let found = limits.categories.iter().find(|(of, _)| *of == category);
    found.map(|(_, limit)| *limit)
}

/// Whether the categories are few enough, and ascending.
fn fit(limits: &SpendingLimits) -> bool {
    let ascending = limits
        .categories
        .windows(2)
        .all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
    ascending && limits.categories.len() <= MAX_CATEGORY_LIMITS as usize
}

/// The lower of both; none is the highest.
fn lower(a: Option<Balance>, b: Option<Balance>) -> Option<Balance> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The tighter of each limit.
pub fn tighter(old: &SpendingLimits, new: &SpendingLimits) -> SpendingLimits {
    let mut categories: Vec<_> = old
        .categories
        .iter()
        .chain(&new.categories)
        .map(|(category, _)| *category)
        .collect();
    categories.sort_unstable();
    categories.dedup();
    let limit = |category| {
        let limit = lower(limit_of(old, category), limit_of(new, category));
        (category, limit.unwrap_or(Balance::MAX))
    };
    SpendingLimits {
        session: lower(old.session, new.session),
        day: lower(old.day, new.day),
        week: lower(old.week, new.week),
        month: lower(old.month, new.month),
        categories: categories.into_iter().map(limit).collect(),
    }
}
