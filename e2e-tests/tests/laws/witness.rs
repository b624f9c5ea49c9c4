//! The laws over what the chain itself says: events, sessions, totals. Knows nothing of the model.

use crate::world::{ensure, Checked};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_chain::Receipt;
use vilokanam_e2e::model::{Action, MeterCall, Outcome, PaymentsCall, TokenCall, Value};
use vilokanam_interfaces::{
    events::{
        moderation as court, pass_office as passes, patronage, payment_handler as money,
        tick_stream as meter,
    },
    AccountId, AssetId, Balance, GoalId, Millis, ReportId, Session, SessionId, SessionNo, Spending,
    StreamId, Totals,
};

/// A base unit, as it accrues.
const UNIT: u128 = 1_000_000_000;

/// What was seen of a session.
#[derive(Debug, Clone, Default)]
struct Seen {
    stream: StreamId,
    asset: AssetId,
    hold: Balance,
    settled: Balance,
    /// The most that was ever owed in all.
    due: Balance,
    since_ms: Millis,
    accrued: u128,
    watched_ms: Millis,
    opened_ms: Millis,
    /// Since when its clock stands still.
    paused_at: Option<Millis>,
    paused_ms: Millis,
    until_ms: Option<Millis>,
    ceiling: Balance,
    key: Option<AccountId>,
    /// Since when it takes vouchers.
    vouchers_from: Option<Millis>,
    voucher_amount: Balance,
    voucher_ms: Millis,
    closing: bool,
    closed: bool,
}

/// What came and went in an asset.
#[derive(Debug, Clone, Copy, Default)]
struct Ledger {
    deposited: Balance,
    withdrawn: Balance,
    settled: Balance,
    /// To payees and the treasury.
    paid_out: Balance,
    /// From pools to payees and the platform, without a hold.
    at_once: Balance,
    /// From payees back to pools.
    refunded: Balance,
}

/// What was seen of a viewer's spending in an asset, and when.
#[derive(Debug, Clone)]
struct Spent {
    at_ms: Millis,
    spending: Spending,
}

#[derive(Debug, Clone, Default)]
pub struct Witness {
    sessions: BTreeMap<(AccountId, SessionNo), Seen>,
    ledgers: BTreeMap<AssetId, Ledger>,
    burned: BTreeMap<usize, Balance>,
    goals: BTreeMap<GoalId, AssetId>,
    /// What accounts gave to goals and did not get back.
    given: BTreeMap<(GoalId, AccountId), Balance>,
    /// Who had a session from whose budget.
    sponsored: BTreeSet<(AccountId, StreamId, AssetId, AccountId)>,
    /// The bonds of reports that are nobody's yet, or in whose hands.
    bonds: BTreeMap<ReportId, Balance>,
    /// The reports whose bonds are the treasury's.
    forfeited: BTreeSet<ReportId>,
    /// All bonds that were paid out.
    collected: Balance,
    spent: BTreeMap<(AccountId, AssetId), Spent>,
}

impl Witness {
    /// Takes a transaction in.
    pub fn see(
        &mut self,
        now_ms: Millis,
        action: &Action,
        outcome: &Outcome,
        receipt: &Receipt,
    ) -> Checked {
        if !outcome.is_ok() {
            return ensure(receipt.events.is_empty() && receipt.deposit == 0, || {
                format!("law 13: a refusal left {receipt:?}")
            });
        }
        for e in receipt.events_of::<money::Deposited>() {
            self.ledger(e.asset).deposited += e.amount;
        }
        for e in receipt.events_of::<money::Withdrawn>() {
            self.ledger(e.asset).withdrawn += e.amount;
        }
        let paid = receipt.events_of::<money::PaidOut>();
        let fees = receipt.events_of::<money::FeesWithdrawn>();
        let paid = paid.into_iter().map(|e| (e.asset, e.amount));
        for (asset, amount) in paid.chain(fees.into_iter().map(|e| (e.asset, e.amount))) {
            self.ledger(asset).withdrawn += amount;
            self.ledger(asset).paid_out += amount;
        }
        self.see_at_once(receipt);
        self.see_goals(receipt)?;
        self.see_bonds(receipt)?;
        self.see_sessions(now_ms, receipt)?;
        match (action, outcome) {
            (Action::Meter(MeterCall::Owed(id)), Outcome::Meter(Ok(Value::Amount(owed)))) => {
                let seen = self.open(*id)?;
                let due = seen.settled + owed;
                ensure(due >= seen.due && due <= seen.hold, || {
                    format!("law 6: {id:?} owes {due} after {seen:?}")
                })?;
                seen.due = due;
            }
            (Action::Payments(PaymentsCall::Pay(payment)), _) => {
                self.ledger(payment.asset).at_once += payment.amount;
            }
            (Action::Token(token, TokenCall::Burn { amount }), _) => {
                *self.burned.entry(*token).or_default() += amount;
            }
            _ => {}
        }
        Ok(())
    }

    /// What is paid without a hold, and what comes back.
    fn see_at_once(&mut self, receipt: &Receipt) {
        let mut paid = Vec::new();
        let tips = receipt.events_of::<patronage::Tipped>();
        paid.extend(tips.into_iter().map(|e| (e.asset, e.amount)));
        let external = receipt.events_of::<patronage::ExternalPaid>();
        paid.extend(external.into_iter().map(|e| (e.asset, e.amount)));
        let bought = receipt.events_of::<passes::PassBought>();
        paid.extend(bought.into_iter().map(|e| (e.asset, e.price)));
        for (asset, amount) in paid {
            self.ledger(asset).at_once += amount;
        }
        for e in receipt.events_of::<money::Refunded>() {
            self.ledger(e.asset).refunded += e.amount;
        }
    }

    /// A contribution comes back once, whole, and only of a goal that was not reached.
    fn see_goals(&mut self, receipt: &Receipt) -> Checked {
        for e in receipt.events_of::<patronage::GoalMade>() {
            self.goals.insert(e.goal, e.asset);
        }
        for e in receipt.events_of::<patronage::Contributed>() {
            *self.given.entry((e.goal, e.from)).or_default() += e.amount;
            let raised = self.raised(e.goal);
            ensure(raised == e.raised && e.amount > 0, || {
                format!("goals: {e:?}, and {raised} was given")
            })?;
        }
        for e in receipt.events_of::<patronage::GoalReached>() {
            let raised = self.raised(e.goal);
            ensure(raised == e.amount && e.fee <= e.amount, || {
                format!("goals: {e:?}, and {raised} was given")
            })?;
            self.given.retain(|of, _| of.0 != e.goal); // nothing of it is to come back
            let asset = self.goals.get(&e.goal).copied();
            let asset = asset.ok_or_else(|| format!("goals: {e:?} of none"))?;
            self.ledger(asset).at_once += e.amount;
        }
        for e in receipt.events_of::<patronage::ContributionReturned>() {
            let given = self.given.remove(&(e.goal, e.to));
            ensure(given == Some(e.amount), || {
                format!("goals: {e:?}, and {given:?} was given")
            })?;
        }
        Ok(())
    }

    fn raised(&self, goal: GoalId) -> Balance {
        let given = self.given.iter().filter(|(of, _)| of.0 == goal);
        given.map(|(_, amount)| amount).sum()
    }

    /// A bond is paid once.
    fn see_bonds(&mut self, receipt: &Receipt) -> Checked {
        for e in receipt.events_of::<court::StreamReported>() {
            let twice = self.bonds.insert(e.report, e.bond).is_some();
            ensure(!twice, || format!("law 16: {e:?}"))?;
        }
        for e in receipt.events_of::<court::BondForfeited>() {
            let once = self.forfeited.insert(e.report);
            let bond = self.bonds.get(&e.report);
            ensure(once && bond == Some(&e.amount), || {
                format!("bonds: {e:?}, and it was {bond:?}")
            })?;
        }
        for e in receipt.events_of::<court::BondCollected>() {
            self.collected += e.amount;
        }
        Ok(())
    }

    /// Moderation has what was placed and not collected.
    pub fn check_bonds(&self, vault: Balance) -> Checked {
        let placed: Balance = self.bonds.values().sum();
        let left = placed.checked_sub(self.collected);
        ensure(left == Some(vault), || {
            let collected = self.collected;
            format!("bonds: {placed} placed, {collected} collected, {vault} there")
        })
    }

    /// What is counted in a window only grows within its limit.
    pub fn see_spending(
        &mut self,
        now_ms: Millis,
        viewer: AccountId,
        asset: AssetId,
        spending: &Spending,
    ) -> Checked {
        let day = |ms: Millis| ms / 86_400_000;
        // 1970 began on a Thursday.
        let week = |ms: Millis| (day(ms) + 3) / 7;
        let before = self.spent.get(&(viewer, asset));
        let same_day = before.filter(|before| day(before.at_ms) == day(now_ms));
        let same_week = before.filter(|before| week(before.at_ms) == week(now_ms));
        let days = same_day.map_or(0, |before| before.spending.day);
        let weeks = same_week.map_or(0, |before| before.spending.week);
        let limits = &spending.limits;
        for (before, now, limit) in [
            (days, spending.day, limits.day),
            (weeks, spending.week, limits.week),
        ] {
            let within = now <= before || limit.is_none_or(|limit| now <= limit);
            ensure(within, || {
                format!("limits: {viewer:?} had spent {before} of asset {asset}: {spending:?}")
            })?;
        }
        let (at_ms, spending) = (now_ms, spending.clone());
        let spent = Spent { at_ms, spending };
        self.spent.insert((viewer, asset), spent);
        Ok(())
    }

    fn see_sessions(&mut self, now_ms: Millis, receipt: &Receipt) -> Checked {
        for e in receipt.events_of::<meter::SessionOpened>() {
            let newest = self.numbers(e.viewer).last();
            ensure(e.number == newest.unwrap_or(0) + 1, || {
                format!("law 16: {} after {newest:?}", e.number)
            })?;
            if let Some(sponsor) = e.extras.and_then(|extras| extras.sponsor) {
                let of = (sponsor, e.stream, e.asset, e.viewer);
                let first = self.sponsored.insert(of);
                ensure(first && sponsor != e.viewer && e.key.is_none(), || {
                    format!("sponsors: {e:?}")
                })?;
            }
            let seen = Seen {
                stream: e.stream,
                asset: e.asset,
                hold: e.hold,
                opened_ms: now_ms,
                since_ms: now_ms,
                until_ms: e.until_ms,
                ceiling: e.ceiling,
                key: e.key,
                vouchers_from: e.key.map(|_| now_ms),
                paused_at: e.key.map(|_| now_ms),
                ..Seen::default()
            };
            self.sessions.insert((e.viewer, e.number), seen);
        }
        for e in receipt.events_of::<meter::SessionToppedUp>() {
            let (viewer, number) = (e.viewer, e.number);
            let seen = self.open(SessionId { viewer, number })?;
            seen.hold += e.amount;
            ensure(seen.hold == e.hold, || format!("law 3: {e:?} of {seen:?}"))?;
        }
        for e in receipt.events_of::<meter::SessionPaused>() {
            let (viewer, number) = (e.viewer, e.number);
            self.open(SessionId { viewer, number })?.paused_at = Some(now_ms);
        }
        for e in receipt.events_of::<meter::SessionResumed>() {
            let (viewer, number) = (e.viewer, e.number);
            let seen = self.open(SessionId { viewer, number })?;
            let from = seen.paused_at.take().unwrap_or(now_ms);
            seen.paused_ms += now_ms - from;
        }
        for e in receipt.events_of::<meter::KeyChanged>() {
            let (viewer, number) = (e.viewer, e.number);
            let seen = self.open(SessionId { viewer, number })?;
            ensure(!seen.closing && e.old == seen.key && e.new != e.old, || {
                format!("{e:?} of {seen:?}")
            })?;
            seen.key = e.new;
            seen.vouchers_from.get_or_insert(now_ms);
            seen.paused_at.get_or_insert(now_ms);
        }
        for e in receipt.events_of::<meter::SessionClosing>() {
            let (viewer, number) = (e.viewer, e.number);
            let seen = self.open(SessionId { viewer, number })?;
            ensure(!seen.closing && seen.vouchers_from.is_some(), || {
                format!("law 10: {e:?} of {seen:?}")
            })?;
            seen.closing = true;
            seen.until_ms = Some(seen.until_ms.map_or(now_ms, |until| until.min(now_ms)));
            seen.paused_at.get_or_insert(now_ms);
        }
        for e in receipt.events_of::<meter::ExitBegun>() {
            let (viewer, number) = (e.viewer, e.number);
            let seen = self.open(SessionId { viewer, number })?;
            seen.until_ms = Some(seen.until_ms.map_or(now_ms, |until| until.min(now_ms)));
        }
        self.see_vouchers(now_ms, receipt)?;
        for e in receipt.events_of::<meter::Settled>() {
            for part in e.settlements {
                let seen = self.open(part.session)?;
                seen.settled += part.amount;
                seen.due = seen.due.max(seen.settled);
                let holds = seen.settled == part.settled
                    && part.amount > 0
                    && seen.due == seen.settled
                    && part.upto_ms >= seen.since_ms;
                ensure(holds, || format!("law 3, 6 or 9: {part:?} of {seen:?}"))?;
                let (asset, amount) = (seen.asset, part.amount);
                self.ledger(asset).settled += amount;
            }
        }
        for e in receipt.events_of::<meter::SessionClosed>() {
            let (viewer, number) = (e.viewer, e.number);
            let seen = self.open(SessionId { viewer, number })?;
            let paused = seen.paused_at.map_or(0, |from| now_ms - from) + seen.paused_ms;
            let open_ms = now_ms - seen.opened_ms;
            ensure(e.settled + e.released == seen.hold, || {
                format!("law 3: {e:?} of {seen:?}")
            })?;
            ensure(e.settled >= seen.settled, || {
                format!("law 6: {e:?} of {seen:?}")
            })?;
            // Clock and vouchers count apart.
            let clock_ms = e.watched_ms.checked_sub(seen.voucher_ms);
            ensure(clock_ms.is_some_and(|ms| ms + paused <= open_ms), || {
                format!("law 7: {e:?} of {seen:?}")
            })?;
            ensure(clock_ms >= Some(seen.watched_ms), || {
                format!("law 9: {e:?} of {seen:?}")
            })?;
            let (asset, amount) = (seen.asset, e.settled - seen.settled);
            seen.settled = e.settled;
            seen.closed = true;
            self.ledger(asset).settled += amount;
        }
        Ok(())
    }

    /// Laws 6, 7, 9 and 11: each voucher that is paid adds what it says, to what was paid before.
    fn see_vouchers(&mut self, now_ms: Millis, receipt: &Receipt) -> Checked {
        for e in receipt.events_of::<meter::Redeemed>() {
            for part in e.redemptions {
                let seen = self.open(part.session)?;
                let amount = part.amount;
                let adds = amount > 0
                    && part.voucher_amount == seen.voucher_amount + amount
                    && part.settled == seen.settled + amount
                    && part.settled <= seen.hold;
                ensure(adds, || format!("law 3 or 11: {part:?} of {seen:?}"))?;
                let at_ms = now_ms.min(seen.until_ms.unwrap_or(now_ms));
                let from_ms = seen
                    .vouchers_from
                    .ok_or("law 11: a voucher without a key")?;
                let in_time = part.voucher_ms >= seen.voucher_ms
                    && part.voucher_ms <= at_ms.saturating_sub(from_ms) + 12_000;
                ensure(in_time, || format!("law 7 or 9: {part:?} of {seen:?}"))?;
                let dearest = seen.ceiling.saturating_mul(part.voucher_ms.into());
                ensure(part.voucher_amount * 1_000 <= dearest, || {
                    format!("law 7: {part:?} of {seen:?}")
                })?;
                seen.settled = part.settled;
                seen.voucher_amount = part.voucher_amount;
                seen.voucher_ms = part.voucher_ms;
                // A voucher may take of the hold what a running clock counts on but has not written down.
                seen.due = match seen.paused_at {
                    Some(_) => seen.due + amount,
                    None => seen.settled,
                };
                ensure(seen.due <= seen.hold, || {
                    format!("law 6: {part:?} of {seen:?}")
                })?;
                let asset = seen.asset;
                self.ledger(asset).settled += amount;
            }
        }
        Ok(())
    }

    /// What the meter says of a session.
    pub fn see_session(&mut self, id: SessionId, real: Option<&Session>) -> Checked {
        let Some(real) = real else {
            let open = self.sessions.get(&(id.viewer, id.number));
            let open = open.is_some_and(|seen| !seen.closed && !seen.closing);
            return ensure(!open, || format!("law 10: {id:?} is gone"));
        };
        let seen = self.open(id)?;
        ensure(
            (real.hold, real.settled) == (seen.hold, seen.settled) && !seen.closing,
            || format!("law 3 or 10: {real:?} of {seen:?}"),
        )?;
        let vouchers = (real.key, real.voucher_amount, real.voucher_ms);
        ensure(
            vouchers == (seen.key, seen.voucher_amount, seen.voucher_ms),
            || format!("law 11: {real:?} of {seen:?}"),
        )?;
        let dearest = real.ceiling.saturating_mul(1_000_000);
        let dearest = dearest.saturating_mul(real.watched_ms.into());
        let whole = real.accrued / UNIT;
        ensure(
            real.accrued <= (real.hold - real.voucher_amount) * UNIT
                && real.accrued <= dearest
                && real.settled <= whole + real.voucher_amount,
            || format!("law 6: {real:?}"),
        )?;
        let goes_on = real.since_ms >= seen.since_ms
            && real.accrued >= seen.accrued
            && real.watched_ms >= seen.watched_ms;
        ensure(goes_on, || format!("law 9: {real:?} of {seen:?}"))?;
        let spent = real.since_ms - real.opened_ms;
        ensure(real.watched_ms + seen.paused_ms <= spent, || {
            format!("law 7: {real:?} of {seen:?}")
        })?;
        seen.since_ms = real.since_ms;
        seen.accrued = real.accrued;
        seen.watched_ms = real.watched_ms;
        Ok(())
    }

    /// Laws 1, 2 and 4: what the contract owes, and has. A puppet of a meter tells nobody what it settles.
    pub fn check_money(
        &mut self,
        asset: AssetId,
        totals: Totals,
        vault: Option<Balance>,
        puppet: bool,
    ) -> Checked {
        let ledger = *self.ledger(asset);
        let owing = totals.pools + totals.holds + totals.payable + totals.fees;
        ensure(vault.unwrap_or(0) >= owing, || {
            format!("law 1: {vault:?} for {totals:?} of asset {asset}")
        })?;
        ensure(owing + ledger.withdrawn == ledger.deposited, || {
            format!("law 2: {totals:?} after {ledger:?} of asset {asset}")
        })?;
        let shared = totals.payable + totals.fees + ledger.paid_out + ledger.refunded;
        let paid = ledger.settled + ledger.at_once;
        ensure(puppet || shared == paid, || {
            format!("law 4: {totals:?} after {ledger:?} of asset {asset}")
        })
    }

    /// Law 15.
    pub fn check_live(&self, stream: StreamId, live: u32) -> Checked {
        let open = self.sessions.values();
        let open = open.filter(|s| s.stream == stream && !s.closed && !s.closing);
        let open = open.count();
        ensure(open == live as usize, || {
            format!("law 15: {live} of {open} on stream {stream}")
        })
    }

    /// Law 17.
    pub fn check_supply(&self, token: usize, supply: Balance, cap: Balance) -> Checked {
        let burned = self.burned.get(&token).copied().unwrap_or(0);
        ensure(supply + burned == cap, || {
            format!("law 17: {supply} of {cap}, {burned} burned")
        })
    }

    fn numbers(&self, viewer: AccountId) -> impl Iterator<Item = SessionNo> + '_ {
        let mine = self.sessions.range((viewer, 0)..=(viewer, SessionNo::MAX));
        mine.map(|(key, _)| key.1)
    }

    fn ledger(&mut self, asset: AssetId) -> &mut Ledger {
        self.ledgers.entry(asset).or_default()
    }

    /// A session that must be open, or closing.
    fn open(&mut self, id: SessionId) -> Result<&mut Seen, String> {
        let seen = self.sessions.get_mut(&(id.viewer, id.number));
        let seen = seen.filter(|seen| !seen.closed);
        seen.ok_or_else(|| format!("law 10: {id:?} lives without being open"))
    }
}
