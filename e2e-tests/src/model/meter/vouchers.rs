//! Vouchers: which keys count, what is paid for, and how a session that takes them closes.

use super::{
    calls::{ensure_due, ensure_key},
    *,
};
use crate::model::{Signed, Value};
use vilokanam_interfaces::{
    SettleItem, VoucherOutcome, VoucherRefusal as Refusal, MAX_BATCH, MAX_BATCH_PAGES,
};

/// How far a voucher may be ahead of the chain's clock.
const TOLERANCE_MS: Millis = 12_000;

impl Life {
    /// The key that signs its vouchers now.
    pub fn key(&self) -> Option<AccountId> {
        self.keys.last().and_then(|set| set.key)
    }

    /// The key that was replaced last, and when.
    pub fn replaced(&self) -> Option<(AccountId, Millis)> {
        let changes = self.keys.windows(2).rev();
        changes
            .filter_map(|two| Some((two[0].key?, two[1].at_ms)))
            .next()
    }

    /// Since when vouchers count time; `None`: it never had a key.
    pub fn vouchers_from_ms(&self) -> Option<Millis> {
        self.keys.first().map(|set| set.at_ms)
    }

    /// What vouchers have paid.
    pub fn voucher_amount(&self) -> Balance {
        self.vouchers.last().map_or(0, |paid| paid.amount)
    }

    /// Milliseconds watched on vouchers.
    pub fn voucher_ms(&self) -> Millis {
        self.vouchers.last().map_or(0, |paid| paid.ms)
    }
}

/// floor(a second's price × milliseconds / 1,000): the most that so much time can cost. Saturates, above any amount.
fn most_for(ceiling: Balance, ms: Millis) -> Balance {
    let ms = u128::from(ms);
    let (whole, rest) = (ceiling / 1_000, ceiling % 1_000);
    whole.saturating_mul(ms).saturating_add(rest * ms / 1_000)
}

impl Model {
    /// The key that was replaced last, and until when what it signed counts.
    pub fn old_key(&self, life: &Life) -> Option<(AccountId, Millis)> {
        let (key, at_ms) = life.replaced()?;
        Some((key, at_ms + self.meter.exit_delay_ms))
    }

    /// The keys whose vouchers count now.
    fn keys_that_count(&self, life: &Life) -> Vec<AccountId> {
        let old = self.old_key(life);
        let old = old.filter(|(_, until_ms)| self.now_ms < *until_ms);
        life.key().into_iter().chain(old.map(|o| o.0)).collect()
    }

    /// Whether some key's vouchers count now.
    pub fn takes_vouchers(&self, life: &Life) -> bool {
        !self.keys_that_count(life).is_empty()
    }

    /// The most milliseconds that a voucher may have now.
    pub fn voucher_latest_ms(&self, life: &Life) -> Millis {
        let at_ms = self.now_ms.min(life.until_ms.unwrap_or(Millis::MAX));
        let counted = life
            .vouchers_from_ms()
            .map(|from| at_ms.saturating_sub(from));
        counted.unwrap_or(0) + TOLERANCE_MS
    }

    /// What the hold covers for vouchers: all but what the clock accrued as it is written down, rounded up.
    pub fn voucher_available(&self, life: &Life) -> Balance {
        let (_, accrued, _) = self.charged(life, life.since_ms);
        life.hold() - accrued.div_ceil(SCALE)
    }

    /// The bytes that a voucher's key must have signed, as they are or within `<Bytes>`.
    fn voucher_bytes(&self, life: &Life, voucher: &Signed) -> Vec<u8> {
        let (at, mut bytes) = (&voucher.voucher.at, b"vilokanam/voucher\x01".to_vec());
        let hash: &[u8] = self.genesis_hash.as_ref();
        let contract: &[u8] = self.contracts.meter.as_ref();
        let viewer: &[u8] = at.id.viewer.as_ref();
        for account in [hash, contract, viewer] {
            bytes.extend(account);
        }
        bytes.extend(at.id.number.to_le_bytes());
        bytes.extend(life.stream.to_le_bytes());
        bytes.extend(life.asset.to_le_bytes());
        bytes.extend(voucher.voucher.ms.to_le_bytes());
        bytes.extend(voucher.voucher.amount.to_le_bytes());
        bytes
    }

    fn is_signed(&self, life: &Life, voucher: &Signed) -> bool {
        let bytes = self.voucher_bytes(life, voucher);
        let wrapped = [b"<Bytes>", &bytes[..], b"</Bytes>"].concat();
        let counts = |key| self.keys_that_count(life).contains(&key);
        voucher.by.is_some_and(counts) && [bytes, wrapped].contains(&voucher.over)
    }

    /// What a voucher adds to what its session's vouchers have paid.
    fn check_voucher(&self, life: &Life, voucher: &Signed) -> Result<Balance, Refusal> {
        if !self.takes_vouchers(life) {
            return Err(Refusal::NoKey);
        }
        let (ms, amount) = (voucher.voucher.ms, voucher.voucher.amount);
        let paid = life.voucher_amount();
        let latest_ms = self.voucher_latest_ms(life);
        let available = self.voucher_available(life);
        if amount <= paid {
            return Err(Refusal::NotNewer);
        }
        if ms < life.voucher_ms() {
            return Err(Refusal::TimeFallsBack);
        }
        if amount > most_for(life.ceiling, ms) {
            return Err(Refusal::AboveCeiling);
        }
        if ms > latest_ms {
            return Err(Refusal::AheadOfTime { latest_ms });
        }
        if amount > available {
            return Err(Refusal::AboveHold { available });
        }
        if !self.is_signed(life, voucher) {
            return Err(Refusal::BadSignature);
        }
        Ok(amount - paid)
    }

    /// Pays the vouchers that are good.
    fn redeem_all(&mut self, vouchers: &[Signed]) -> Result<Vec<VoucherOutcome>, Error> {
        // Each session as it would be after the vouchers before.
        let mut changed: BTreeMap<(AccountId, SessionNo), Life> = BTreeMap::new();
        let mut pages = BTreeSet::new();
        let (mut terms, mut items) = (Vec::new(), Vec::new());
        let mut outcomes = Vec::new();
        for voucher in vouchers {
            let at = &voucher.voucher.at;
            let (page, key) = ((at.stream, at.page), (at.id.viewer, at.id.number));
            if pages.len() >= MAX_BATCH_PAGES as usize && !pages.contains(&page) {
                outcomes.push(VoucherOutcome::Refused(Refusal::TooManyPages));
                continue;
            }
            if self.meter.pages.contains_key(&page) {
                pages.insert(page);
            }
            let life = self.life_at(at);
            let life = life.map(|life| changed.get(&key).unwrap_or(life));
            let checked = life.ok_or(Refusal::NotSeated);
            let checked = checked.and_then(|life| Ok((life, self.check_voucher(life, voucher)?)));
            outcomes.push(match checked {
                Err(refusal) => VoucherOutcome::Refused(refusal),
                Ok((life, moved)) => {
                    let mut life = life.clone();
                    items.push(SettleItem {
                        terms: terms.len() as u8,
                        asset: life.asset,
                        before: life.settled(),
                        after: life.settled() + moved,
                        referrer: life.referrer,
                        release: None,
                    });
                    terms.push(life.pay_terms());
                    life.vouchers.push(PaidVoucher {
                        at_ms: self.now_ms,
                        ms: voucher.voucher.ms,
                        amount: voucher.voucher.amount,
                        moved,
                    });
                    changed.insert(key, life);
                    VoucherOutcome::Paid(moved)
                }
            });
        }
        if !items.is_empty() {
            self.meter_reaches_payments()?;
            self.payments_settle(self.contracts.meter, &terms, &items)
                .map_err(Error::Payments)?;
            self.meter.lives.extend(changed);
        }
        Ok(outcomes)
    }

    pub(super) fn redeem(&mut self, voucher: &Signed) -> Result<Balance, Error> {
        self.ensure_meter_wired()?;
        match self.redeem_all(std::slice::from_ref(voucher))?[0] {
            VoucherOutcome::Paid(moved) => Ok(moved),
            VoucherOutcome::Refused(refusal) => Err(Error::Voucher(refusal)),
        }
    }

    pub(super) fn redeem_many(
        &mut self,
        vouchers: &[Signed],
    ) -> Result<Vec<VoucherOutcome>, Error> {
        self.ensure_meter_wired()?;
        if vouchers.len() > MAX_BATCH as usize {
            return Err(Error::TooMany { max: MAX_BATCH });
        }
        self.redeem_all(vouchers)
    }

    pub(super) fn set_key(
        &mut self,
        id: SessionId,
        key: Option<AccountId>,
    ) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        let (life, now) = (self.open_life(id)?, self.now_ms);
        ensure_key(key)?;
        if key == life.key() {
            return Err(Error::InvalidKey);
        }
        if life.sponsor.is_some() {
            return Err(Error::Sponsored);
        }
        if let Some(finish_ms) = life.exit_ms {
            return Err(Error::ExitBegun { finish_ms });
        }
        let changing = self.old_key(life).filter(|old| now < old.1);
        if let (Some(_), Some((_, until_ms))) = (life.key(), changing) {
            return Err(Error::KeyChanging { until_ms });
        }
        self.ensure_can_charge()?;
        self.ensure_not_ended(life)?;
        self.life_mut(id).keys.push(KeySet { at_ms: now, key });
        self.stop_clock(id, now);
        Ok(Value::Unit)
    }

    /// Stops the clock of a session that was charged up to `upto_ms`, if it runs.
    fn stop_clock(&mut self, id: SessionId, upto_ms: Millis) {
        let life = self.life_mut(id);
        if let Some(run) = life.runs.last_mut().filter(|run| run.to_ms.is_none()) {
            run.to_ms = Some(upto_ms);
            life.since_ms = upto_ms;
        }
    }

    /// Takes a session off its viewer's list; it is finished later.
    pub(super) fn begin_close(&mut self, id: SessionId) {
        let (now, delay_ms) = (self.now_ms, self.meter.exit_delay_ms);
        let (upto_ms, ..) = self.charged(&self.meter.lives[&(id.viewer, id.number)], now);
        self.stop_clock(id, upto_ms);
        let life = self.life_mut(id);
        life.closing_ms = Some(now);
        life.until_ms = Some(life.until_ms.map_or(now, |until| until.min(now)));
        life.exit_ms.get_or_insert(now + delay_ms);
    }

    pub(super) fn dismiss(&mut self, caller: AccountId, at: &Seated) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        let life = self.life_at(at).ok_or(Error::SessionNotFound)?;
        if life.terms.owner != caller {
            return Err(Error::NotCreator);
        }
        if life.running() {
            self.ensure_can_charge()?;
        }
        self.finish(at.id)
    }

    pub(super) fn finish_close(&mut self, at: &Seated) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        let life = self.life_at(at).ok_or(Error::SessionNotFound)?;
        if life.closing_ms.is_none() {
            return Err(Error::NotClosing);
        }
        ensure_due(self.now_ms, life.exit_ms.unwrap_or(0))?;
        self.finish(at.id)
    }
}
