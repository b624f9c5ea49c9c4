//! The laws of design part 6, as the model can check them over its own state.

use super::{clock::SCALE, payments::split, Life, Model};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Millis, SessionId, MAX_HOLD, MAX_OPEN, PAGE_SEATS, PAGE_TERMS,
};

/// Fails with the law's number and what was found.
fn ensure(holds: bool, law: u32, found: impl FnOnce() -> String) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(format!("law {law}: {}", found())),
    }
}

impl Model {
    /// Whether the laws hold. Goes through everything that ever was: cheap for a run, not for a message.
    pub fn laws(&self) -> Result<(), String> {
        for asset in 0..self.asset_count() {
            self.law_money(asset)?;
        }
        for ((viewer, number), life) in &self.meter.lives {
            let (viewer, number) = (*viewer, *number);
            self.law_session(SessionId { viewer, number }, life)?;
        }
        self.law_payees()?;
        self.law_seats()?;
        self.law_tokens()
    }

    /// Laws 1 and 2: the contract has what it owes, and owes what came in and did not go out.
    fn law_money(&self, asset: AssetId) -> Result<(), String> {
        let owing = self.owing(asset);
        let book = self.payments.books.get(&asset).copied();
        let book = book.unwrap_or_default();
        ensure(owing + book.withdrawn == book.deposited, 2, || {
            format!("asset {asset}: owing {owing}, {book:?}")
        })?;
        let vault = self.vault(asset);
        ensure(vault.unwrap_or(0) >= owing, 1, || {
            format!("asset {asset}: owing {owing}, has {vault:?}")
        })
    }

    /// Laws 3, 5 to 7, 9 and 11, for one session.
    fn law_session(&self, id: SessionId, life: &Life) -> Result<(), String> {
        let at_ms = life.closed.map_or(self.now_ms, |c| c.at_ms);
        let (upto_ms, accrued, watched_ms) = self.charged(life, at_ms);
        let (hold, settled) = (life.hold(), life.settled());
        let say = || format!("{id:?}: accrued {accrued} in {watched_ms} ms, {life:?}");
        let vouchers = life.voucher_amount();
        let due = accrued / SCALE + vouchers;
        ensure(vouchers <= hold && hold <= MAX_HOLD, 6, say)?;
        ensure(accrued <= (hold - vouchers) * SCALE, 6, say)?;
        let dearest = life.ceiling.saturating_mul(1_000_000);
        let dearest = dearest.saturating_mul(watched_ms.into());
        ensure(accrued <= dearest, 6, say)?;
        match life.closed {
            None => ensure(settled <= due, 3, say)?,
            Some(closed) => {
                ensure(settled + closed.released == hold, 3, say)?;
                ensure(settled == due || (closed.by_exit && settled < due), 5, say)?;
                let watched_ms = watched_ms + life.voucher_ms();
                let watched = closed.watched_ms == watched_ms;
                ensure(
                    watched || (closed.by_exit && closed.watched_ms < watched_ms),
                    5,
                    say,
                )?;
            }
        }
        // Nobody pays past their own end, or the broadcast's, or while paused.
        let broadcast = self.broadcast(life.stream, life.broadcast);
        let over_ms = broadcast.map_or(0, |b| b.end_ms);
        let stop_ms = life.until_ms.map_or(over_ms, |until| until.min(over_ms));
        ensure(upto_ms <= stop_ms.max(life.opened_ms), 7, say)?;
        let ran = |r: &super::Run| r.to_ms.unwrap_or(upto_ms).saturating_sub(r.from_ms);
        ensure(life.runs.iter().map(ran).sum::<u64>() == watched_ms, 7, say)?;
        // Stopping and starting with no time between changes nothing; runs do not overlap.
        let in_order = |w: &[super::Run]| w[0].to_ms.is_some_and(|to| to <= w[1].from_ms);
        ensure(life.runs.windows(2).all(in_order), 9, say)?;
        ensure(life.since_ms <= upto_ms, 9, say)?;
        self.law_vouchers(id, life)
    }

    /// Laws 7, 9 and 11, for one session's vouchers: each was worth what it added, and none more than its time allowed.
    fn law_vouchers(&self, id: SessionId, life: &Life) -> Result<(), String> {
        let (mut amount, mut ms) = (0, 0);
        for paid in &life.vouchers {
            let say = || format!("{id:?}: {paid:?} after {amount} in {ms} ms, {life:?}");
            ensure(
                paid.amount == amount + paid.moved && paid.moved > 0,
                11,
                say,
            )?;
            ensure(paid.ms >= ms, 9, say)?;
            let dearest = life.ceiling.saturating_mul(paid.ms.into());
            ensure(paid.amount.saturating_mul(1_000) <= dearest, 7, say)?;
            let from_ms = life.vouchers_from_ms().unwrap_or(Millis::MAX);
            let at_ms = paid.at_ms.min(life.until_ms.unwrap_or(Millis::MAX));
            // `until_ms` may have moved down since: to when the session began to leave, not before what was paid then.
            let passed_ms = at_ms.saturating_sub(from_ms) + 12_000;
            ensure(from_ms <= paid.at_ms && paid.ms <= passed_ms, 7, say)?;
            (amount, ms) = (paid.amount, paid.ms);
        }
        let all: Balance = life.vouchers.iter().map(|paid| paid.moved).sum();
        ensure(all == life.voucher_amount(), 11, || {
            format!("{id:?}: {life:?}")
        })
    }

    /// Law 4: all that was settled is in somebody's hands, and each has what all their sessions' totals give, shared
    /// once.
    fn law_payees(&self) -> Result<(), String> {
        if self.payments.other_meter {
            return Ok(());
        }
        let mut credited: BTreeMap<(AccountId, AssetId), Balance> = BTreeMap::new();
        let mut settled: BTreeMap<AssetId, (Balance, Balance)> = BTreeMap::new();
        for life in self.meter.lives.values() {
            let (terms, total) = (&life.terms, life.settled());
            let parts = split(total, life.fees, terms.owner, &terms.cohosts, life.referrer);
            let parts = parts.ok_or("law 4: terms that give away too much")?;
            let sum: Balance = parts.payees.iter().map(|p| p.1).sum();
            ensure(sum + parts.platform == total, 4, || {
                format!("{total} is shared as {parts:?}")
            })?;
            for (payee, amount) in parts.payees {
                *credited.entry((payee, life.asset)).or_default() += amount;
            }
            let sums = settled.entry(life.asset).or_default();
            *sums = (sums.0 + total, sums.1 + parts.platform);
        }
        for once in &self.payments.at_once {
            let (payment, total) = (&once.payment, once.payment.amount);
            let parts = split(total, once.fees, payment.owner, &payment.cohosts, None);
            let parts = parts.ok_or("law 4: a payment that gives away too much")?;
            let sum: Balance = parts.payees.iter().map(|p| p.1).sum();
            ensure(sum + parts.platform == total, 4, || {
                format!("{total} at once is shared as {parts:?}")
            })?;
            for (payee, amount) in parts.payees {
                *credited.entry((payee, payment.asset)).or_default() += amount;
            }
            let sums = settled.entry(payment.asset).or_default();
            *sums = (sums.0 + total, sums.1 + parts.platform);
        }
        credited.retain(|_, amount| *amount > 0);
        ensure(credited == self.payments.credited, 4, || {
            let booked = &self.payments.credited;
            format!("payees should have got {credited:?}, got {booked:?}")
        })?;
        for (asset, (total, platform)) in settled {
            let book = self.payments.books.get(&asset).copied();
            let book = book.unwrap_or_default();
            ensure(
                (book.settled, book.platform) == (total, platform),
                4,
                || format!("asset {asset}: {total}, {platform} and {book:?}"),
            )?;
            let lives = self.meter.lives.values().filter(|l| l.asset == asset);
            let seated = lives.filter(|l| l.seated());
            let held: Balance = seated.map(|l| l.hold() - l.settled()).sum();
            ensure(self.totals(asset).holds == held, 3, || {
                format!("asset {asset}: {held} is on hold, {:?}", self.totals(asset))
            })?;
        }
        Ok(())
    }

    /// Laws 15 and 16, and the limits of viewers and pages.
    fn law_seats(&self) -> Result<(), String> {
        let mut seats = BTreeSet::new();
        let mut terms: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut holds: BTreeMap<(AccountId, AssetId), u32> = BTreeMap::new();
        let mut streams: BTreeMap<AccountId, BTreeSet<_>> = BTreeMap::new();
        for id in self.seated_sessions() {
            let life = self.life(id).ok_or("a session has no life")?;
            let page = (life.stream, life.page);
            ensure(u32::from(life.seat) < PAGE_SEATS, 15, || format!("{id:?}"))?;
            ensure(seats.insert((page, life.seat)), 15, || {
                format!("two sit on {:?}", (page, life.seat))
            })?;
            ensure(self.meter.pages.contains_key(&page), 15, || {
                format!("{id:?} sits on no page")
            })?;
            let combination = (life.terms_no, life.fees.fee_bps, life.fees.referral_bps);
            terms.entry(page).or_default().insert(combination);
            *holds.entry((life.payer(), life.asset)).or_default() += 1;
            let twice = life.open() && !streams.entry(id.viewer).or_default().insert(life.stream);
            ensure(!twice, 15, || {
                format!("{:?} watches {} twice", id.viewer, life.stream)
            })?;
        }
        let full = terms.values().all(|t| t.len() <= PAGE_TERMS as usize);
        ensure(full, 15, || "a page has too many terms".into())?;
        let many = streams.values().all(|s| s.len() <= MAX_OPEN as usize);
        ensure(many, 15, || "a viewer has too many sessions".into())?;
        if !self.payments.other_meter {
            let mut booked = self.payments.holds.clone();
            booked.retain(|_, holds| *holds > 0);
            ensure(booked == holds, 15, || format!("{booked:?} is {holds:?}"))?;
        }
        let mut viewers: BTreeMap<AccountId, u32> = BTreeMap::new();
        for (viewer, number) in self.meter.lives.keys() {
            let last = viewers.entry(*viewer).or_default();
            *last += 1;
            ensure(last == number, 16, || format!("{viewer:?} skips {number}"))?;
        }
        Ok(())
    }

    /// Law 17.
    fn law_tokens(&self) -> Result<(), String> {
        for (place, token) in self.tokens.iter().enumerate() {
            let supply: Balance = token.balances.values().sum();
            let expected = token.cap.checked_sub(token.burned);
            ensure(expected == Some(supply), 17, || {
                format!("token {place}: {supply} of {} is held", token.cap)
            })?;
        }
        Ok(())
    }
}
