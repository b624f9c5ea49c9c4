//! Spending limits: what binds a viewer in an asset, and all that was counted since they first set any.
//!
//! A purse keeps every entry that was ever counted; what counts against a limit is found by going through them again.

use super::Model;
use std::collections::BTreeMap;
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, LimitKind, Millis, PaymentHandlerError as Error, Spending,
    SpendingLimits, LOOSEN_DELAY_MS, MAX_CATEGORY_LIMITS,
};

/// Something that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at_ms: Millis,
    /// How much.
    pub amount: Balance,
    /// For what category.
    pub category: Option<u16>,
    /// `None`: it was spent. When what comes back was placed.
    pub back_of_ms: Option<Millis>,
}

/// A viewer's limits in an asset, and what was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purse {
    /// What binds until `next` does.
    pub limits: SpendingLimits,
    /// What binds later.
    pub next: Option<(SpendingLimits, Millis)>,
    /// From when all spending is counted: what was placed until then never counts off.
    pub since_ms: Millis,
    /// All that was counted.
    pub entries: Vec<Entry>,
    /// The categories that are counted: from which entry, and from when.
    pub categories: BTreeMap<u16, (usize, Millis)>,
}

const DAY_MS: Millis = 86_400_000;

/// The number of the day, of UTC.
fn day_of(ms: Millis) -> u64 {
    ms / DAY_MS
}

/// The number of the week, which begins on Monday: the first day of all was a Thursday.
fn week_of(ms: Millis) -> u64 {
    (day_of(ms) + 3) / 7
}

/// The year and the month, found by counting.
pub fn month_of(ms: Millis) -> (u64, usize) {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    // 400 years have the same number of days, whichever they are.
    const CYCLE: u64 = 146_097;
    let mut day = day_of(ms);
    let mut year = 1970 + day / CYCLE * 400;
    day %= CYCLE;
    loop {
        let february = if leap(year) { 29 } else { 28 };
        let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (month, days) in months.into_iter().enumerate() {
            if day < days {
                return (year, month + 1);
            }
            day -= days;
        }
        year += 1;
    }
}

/// The sum of entries, each of which adds or, never below zero, takes off.
fn sum<'a>(entries: impl Iterator<Item = &'a Entry>) -> Balance {
    entries.fold(0, |sum: Balance, entry| match entry.back_of_ms {
        None => sum.saturating_add(entry.amount),
        Some(_) => sum.saturating_sub(entry.amount),
    })
}

fn limit_of(limits: &SpendingLimits, category: u16) -> Option<Balance> {
    let mut limits = limits.categories.iter();
    limits
        .find(|limit| limit.0 == category)
        .map(|limit| limit.1)
}

fn least(limits: [Option<Balance>; 2]) -> Option<Balance> {
    limits.into_iter().flatten().min()
}

impl Purse {
    /// The limits that bind now.
    pub fn binding(&self, now_ms: Millis) -> &SpendingLimits {
        match &self.next {
            Some((limits, from_ms)) if *from_ms <= now_ms => limits,
            _ => &self.limits,
        }
    }

    /// Whether limits bind now, or will.
    pub fn counts(&self, now_ms: Millis) -> bool {
        let waits = self.next.as_ref().is_some_and(|next| now_ms < next.1);
        waits || *self.binding(now_ms) != SpendingLimits::default()
    }

    /// What counts in the window that `now_ms` is in.
    fn spent<T: PartialEq>(&self, now_ms: Millis, window: impl Fn(Millis) -> T) -> Balance {
        let now = window(now_ms);
        let mine = self.entries.iter().filter(|entry| {
            let placed = entry.back_of_ms.unwrap_or(entry.at_ms);
            window(entry.at_ms) == now && window(placed) == now
        });
        sum(mine)
    }

    /// What counts in this month on a category.
    fn spent_on(&self, now_ms: Millis, category: u16) -> Balance {
        let Some((first, since_ms)) = self.categories.get(&category) else {
            return 0;
        };
        let now = month_of(now_ms);
        let mine = self.entries[*first..].iter().filter(|entry| {
            let placed = entry.back_of_ms.unwrap_or(entry.at_ms);
            entry.category == Some(category)
                && month_of(entry.at_ms) == now
                && month_of(placed) == now
                && entry.back_of_ms.is_none_or(|placed| placed > *since_ms)
        });
        sum(mine)
    }

    /// The first limit that spending would pass. `held`: of a session, what its hold has of the viewer already.
    fn check(
        &self,
        now_ms: Millis,
        amount: Balance,
        held: Option<Balance>,
        category: Option<u16>,
    ) -> Result<(), Error> {
        let limits = self.binding(now_ms);
        let per_category = category.filter(|c| self.categories.contains_key(c));
        let all = [
            held.map(|held| (LimitKind::Session, limits.session, held)),
            Some((LimitKind::Day, limits.day, self.spent(now_ms, day_of))),
            Some((LimitKind::Week, limits.week, self.spent(now_ms, week_of))),
            Some((LimitKind::Month, limits.month, self.spent(now_ms, month_of))),
            per_category.map(|c| {
                let spent = self.spent_on(now_ms, c);
                (LimitKind::Category(c), limit_of(limits, c), spent)
            }),
        ];
        for (kind, limit, spent) in all.into_iter().flatten() {
            let left = limit.map(|limit| limit.saturating_sub(spent));
            if let Some(left) = left.filter(|left| *left < amount) {
                return Err(Error::AboveLimit { kind, left });
            }
        }
        Ok(())
    }

    /// What counts against the limits now.
    pub fn view(&self, now_ms: Millis) -> Spending {
        let limits = self.binding(now_ms).clone();
        let categories = limits.categories.iter();
        Spending {
            categories: categories.map(|c| self.spent_on(now_ms, c.0)).collect(),
            limits,
            next: self.next.clone().filter(|next| now_ms < next.1),
            day: self.spent(now_ms, day_of),
            week: self.spent(now_ms, week_of),
            month: self.spent(now_ms, month_of),
        }
    }

    /// `counting`: whether all that was spent until now was counted.
    fn set(&mut self, now_ms: Millis, new: &SpendingLimits, counting: bool) -> Result<(), Error> {
        if !counting {
            self.since_ms = now_ms;
        }
        let old = self.binding(now_ms);
        let named = old.categories.iter().chain(&new.categories);
        let named: BTreeMap<u16, Balance> = named
            .map(|(category, _)| {
                let both = [limit_of(old, *category), limit_of(new, *category)];
                (*category, least(both).expect("one names it"))
            })
            .collect();
        if named.len() > MAX_CATEGORY_LIMITS as usize {
            return Err(Error::InvalidLimits);
        }
        let tight = SpendingLimits {
            session: least([old.session, new.session]),
            day: least([old.day, new.day]),
            week: least([old.week, new.week]),
            month: least([old.month, new.month]),
            categories: named.into_iter().collect(),
        };
        let fresh = (self.entries.len(), now_ms);
        let categories = tight.categories.iter();
        self.categories = categories
            .map(|(c, _)| (*c, self.categories.get(c).copied().unwrap_or(fresh)))
            .collect();
        let waits = (*new != tight).then(|| (new.clone(), now_ms + LOOSEN_DELAY_MS));
        (self.limits, self.next) = (tight, waits);
        Ok(())
    }
}

impl Model {
    /// A viewer's limits, and what counts against them.
    pub fn spending(&self, viewer: AccountId, asset: AssetId) -> Spending {
        let purse = self.payments.purses.get(&(viewer, asset));
        purse.map(|p| p.view(self.now_ms)).unwrap_or_default()
    }

    /// The purse that binds a pool.
    fn binding_purse(&self, viewer: AccountId, asset: AssetId) -> Option<&Purse> {
        let limited = self.payments.limited.contains(&(viewer, asset));
        let purse = self.payments.purses.get(&(viewer, asset));
        purse.filter(|_| limited)
    }

    /// Whether limits let so much leave a pool.
    pub(super) fn ensure_within_limits(
        &self,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        held: Option<Balance>,
        category: Option<u16>,
    ) -> Result<(), Error> {
        match self.binding_purse(payer, asset) {
            Some(purse) => purse.check(self.now_ms, amount, held, category),
            None => Ok(()),
        }
    }

    /// Counts what leaves a pool.
    pub(super) fn count_spent(
        &mut self,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        category: Option<u16>,
    ) {
        let key = (payer, asset);
        let purse = self.payments.purses.get(&key);
        if purse.is_some_and(|purse| !purse.counts(self.now_ms)) {
            // Limits that are over stop counting with the first that is spent after them.
            self.payments.limited.remove(&key);
        }
        let entry = Entry {
            at_ms: self.now_ms,
            amount,
            category,
            back_of_ms: None,
        };
        self.count(payer, asset, entry);
    }

    /// Counts off what comes back to a pool.
    pub(super) fn count_back(
        &mut self,
        to: AccountId,
        asset: AssetId,
        amount: Balance,
        placed_ms: Millis,
        category: Option<u16>,
    ) {
        let entry = Entry {
            at_ms: self.now_ms,
            amount,
            category,
            back_of_ms: Some(placed_ms),
        };
        self.count(to, asset, entry);
    }

    fn count(&mut self, account: AccountId, asset: AssetId, entry: Entry) {
        if self.binding_purse(account, asset).is_none() {
            return;
        }
        let purse = self.payments.purses.entry((account, asset)).or_default();
        if entry.back_of_ms.is_none_or(|ms| ms > purse.since_ms) {
            purse.entries.push(entry);
        }
    }

    pub(super) fn set_spending_limits(
        &mut self,
        viewer: AccountId,
        asset: AssetId,
        limits: &SpendingLimits,
    ) -> Result<(), Error> {
        self.asset(asset).ok_or(Error::UnknownAsset)?;
        let ascending = limits.categories.windows(2).all(|two| two[0].0 < two[1].0);
        if !ascending || limits.categories.len() > MAX_CATEGORY_LIMITS as usize {
            return Err(Error::InvalidLimits);
        }
        let key = (viewer, asset);
        let mut purse = self.payments.purses.get(&key).cloned().unwrap_or_default();
        let counting = self.payments.limited.contains(&key);
        purse.set(self.now_ms, limits, counting)?;
        if purse.counts(self.now_ms) {
            self.payments.limited.insert(key);
            self.payments.purses.insert(key, purse);
        } else {
            // No limits, and none that wait: nothing is kept.
            self.payments.limited.remove(&key);
            self.payments.purses.remove(&key);
        }
        Ok(())
    }
}
