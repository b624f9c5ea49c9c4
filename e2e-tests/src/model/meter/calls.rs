//! The messages of `tick_stream`.

use super::*;
use crate::model::{Brought, MeterCall, Part, Value};
use vilokanam_interfaces::{
    Outcome as Fate, Release, SettleItem, MAX_BATCH, MAX_BATCH_PAGES, MAX_HOLD, MAX_OPEN,
    MAX_PROVIDED,
};

impl Model {
    pub(in crate::model) fn meter_call(
        &mut self,
        caller: AccountId,
        call: &MeterCall,
    ) -> Result<Value, Error> {
        let own = |number| SessionId {
            viewer: caller,
            number,
        };
        match call {
            MeterCall::Owed(id) => self.owed(*id).map(Value::Amount),
            MeterCall::Refundable(id) => self.refundable(*id).map(Value::Amount),
            MeterCall::RunsOutAt(id) => self.runs_out_at(*id).map(Value::Instant),
            MeterCall::CanOpen { viewer, request } => {
                self.can_open(*viewer, request).map(Value::OpenQuote)
            }
            MeterCall::Open(request) => self.open(caller, request).map(Value::Number),
            MeterCall::DepositAndOpen { request, deposit } => {
                let before = self.clone();
                let opened = self.deposit_and_open(caller, request, deposit);
                if opened.is_err() {
                    let trapped = self.trapped.get();
                    *self = before;
                    self.trapped.set(trapped);
                }
                opened.map(Value::Number)
            }
            MeterCall::TopUp { id, amount } => self.top_up(caller, *id, *amount),
            MeterCall::Pause(number) => self.pause(own(*number)),
            MeterCall::Resume(number) => self.resume(own(*number)),
            MeterCall::Close(number) => self.close(own(*number), false),
            MeterCall::CloseEnded(id) => self.close(*id, true),
            MeterCall::Settle(id) => {
                self.ensure_meter_wired()?;
                self.open_life(*id)?;
                Ok(Value::Amount(self.settle_all(&[*id])?[0]))
            }
            MeterCall::SettleMany(ids) => self.settle_many(ids).map(Value::Fates),
            MeterCall::SettlePage { stream, page } => self.settle_page(*stream, *page),
            MeterCall::BeginExit(number) => self.begin_exit(own(*number)),
            MeterCall::FinishExit(number) => self.finish_exit(own(*number)),
            MeterCall::SetKey { number, key } => self.set_key(own(*number), *key),
            MeterCall::Redeem(voucher) => self.redeem(voucher).map(Value::Amount),
            MeterCall::RedeemMany(vouchers) => self.redeem_many(vouchers).map(Value::Vouchers),
            MeterCall::Dismiss(at) => self.dismiss(caller, at),
            MeterCall::FinishClose(at) => self.finish_close(at),
            MeterCall::ProvideSeats { stream, pages } => {
                self.provide_seats(caller, *stream, *pages)
            }
            MeterCall::ClearPage { stream, page } => self.clear_page(caller, *stream, *page),
        }
    }

    pub(super) fn ensure_meter_wired(&self) -> Result<(), Error> {
        let wiring = self.wiring(Part::Meter);
        let slots = [
            wiring.registry,
            wiring.pricing,
            wiring.payments,
            wiring.patronage,
        ];
        let wired = slots.iter().all(Option::is_some);
        wired.then_some(()).ok_or(Error::NotWired)
    }

    fn meter_reaches_registry(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Meter).registry;
        let answered = self.reaches(self.contracts.meter, slot, self.contracts.registry);
        answered.then_some(()).ok_or(Error::RegistryFailed)
    }

    fn meter_reaches_pricing(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Meter).pricing;
        let answered = self.reaches(self.contracts.meter, slot, self.contracts.pricing);
        answered.then_some(()).ok_or(Error::PricingFailed)
    }

    pub(super) fn meter_reaches_payments(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Meter).payments;
        let answered = self.reaches(self.contracts.meter, slot, self.contracts.payments);
        answered.then_some(()).ok_or(Error::PaymentsFailed)
    }

    pub(super) fn meter_reaches_patronage(&self) -> Result<(), Error> {
        let slot = self.wiring(Part::Meter).patronage;
        let answered = self.reaches(self.contracts.meter, slot, self.contracts.patronage);
        answered.then_some(()).ok_or(Error::PatronageFailed)
    }

    /// What charging needs: the pricing engine, and the registry behind it.
    pub(super) fn ensure_can_charge(&self) -> Result<(), Error> {
        self.meter_reaches_pricing()?;
        self.ensure_pricing_can_charge().map_err(Error::Pricing)
    }

    pub(super) fn read_life(&self, id: SessionId) -> Result<&Life, Error> {
        let life = self.open_life(id)?;
        self.ensure_meter_wired()?;
        self.ensure_can_charge()?;
        Ok(life)
    }

    pub(super) fn ensure_not_ended(&self, life: &Life) -> Result<(), Error> {
        match self.whole_clock(life).ended_ms(self.now_ms) {
            Some(ended_ms) => Err(Error::SessionEnded { ended_ms }),
            None => Ok(()),
        }
    }

    pub(super) fn check_open(
        &self,
        viewer: AccountId,
        request: &OpenRequest,
    ) -> Result<Opening, Error> {
        self.ensure_meter_wired()?;
        if let Some(number) = self.open_on(viewer, request.stream) {
            return Err(Error::AlreadyOpen { number });
        }
        if self.meter.open_of(viewer).count() >= MAX_OPEN as usize {
            return Err(Error::TooManyOpen { max: MAX_OPEN });
        }
        if request.until_ms.is_some_and(|until| until <= self.now_ms) {
            return Err(Error::UntilPassed);
        }
        ensure_key(request.key)?;
        if request.sponsor.is_some() && request.key.is_some() {
            return Err(Error::Sponsored);
        }
        self.meter_reaches_pricing()?;
        let audience = self.live_viewers(request.stream);
        let offer = self.offer(viewer, audience, request);
        let offer = offer.map_err(Error::Pricing)?;
        let per_ms = offer.rate_per_sec * u128::from(offer.factor);
        let fees = self.payments.fee_terms(offer.class);
        let combination = (offer.terms_no, fees.fee_bps, fees.referral_bps);
        let seat = self.meter.find_seat(request.stream, combination);
        let (page, seat, new_page) = seat.ok_or(Error::StreamFull)?;
        Ok(Opening {
            number: self.meter.lives_of(viewer).count() as SessionNo + 1,
            offer,
            per_ms,
            page,
            seat,
            new_page,
        })
    }

    fn open(&mut self, viewer: AccountId, request: &OpenRequest) -> Result<SessionNo, Error> {
        let opening = self.check_open(viewer, request)?;
        let sponsored = request.sponsor.map(|s| sponsored(s, viewer, request));
        let (payer, latest_ms) = match &sponsored {
            None => (viewer, None),
            Some(of) => {
                self.meter_reaches_patronage()?;
                let hold = self.may_sponsor_session(self.contracts.meter, of);
                let hold = hold.map_err(Error::Patronage)?;
                (hold.pool, Some(hold.until_ms))
            }
        };
        self.meter_reaches_payments()?;
        let (meter, now) = (self.contracts.meter, self.now_ms);
        let OpenRequest { stream, asset, .. } = *request;
        let (class, category) = (opening.offer.class, opening.offer.category);
        let fees = self
            .payments_hold(meter, payer, asset, request.hold, class, category)
            .map_err(Error::Payments)?;
        if let Some(of) = &sponsored {
            self.note_sponsored(of);
        }
        let preview_ms = match request.key {
            Some(_) => 0,
            None => {
                let (broadcast, preview_ms) = (opening.offer.broadcast, opening.offer.preview_ms);
                self.preview_left(viewer, stream, broadcast, preview_ms)
            }
        };
        if opening.new_page {
            self.meter.make_page(stream, opening.page, viewer);
        }
        let life = Life {
            stream,
            broadcast: opening.offer.broadcast,
            page: opening.page,
            seat: opening.seat,
            asset,
            terms_no: opening.offer.terms_no,
            terms: opening.offer.terms,
            fees,
            referrer: request.referrer,
            placed: vec![Placed {
                at_ms: now,
                payer,
                amount: request.hold,
            }],
            rate_per_sec: opening.offer.rate_per_sec,
            factor: opening.offer.factor,
            plan: opening.offer.plan,
            class,
            category,
            step: opening.offer.step,
            discount: opening.offer.discount,
            discount_until_ms: opening.offer.discount_until_ms,
            preview_ms,
            sponsor: request.sponsor,
            ceiling: request.ceiling,
            until_ms: request.until_ms.into_iter().chain(latest_ms).min(),
            opened_ms: now,
            // A key bills instead of the clock.
            runs: match request.key {
                Some(_) => Vec::new(),
                None => vec![Run {
                    from_ms: now,
                    to_ms: None,
                }],
            },
            exit_ms: None,
            paid: Vec::new(),
            keys: request
                .key
                .map(|_| KeySet {
                    at_ms: now,
                    key: request.key,
                })
                .into_iter()
                .collect(),
            vouchers: Vec::new(),
            closing_ms: None,
            since_ms: now,
            closed: None,
        };
        self.meter.current.insert(stream, opening.page);
        self.meter.lives.insert((viewer, opening.number), life);
        Ok(opening.number)
    }

    fn deposit_and_open(
        &mut self,
        viewer: AccountId,
        request: &OpenRequest,
        deposit: &Brought,
    ) -> Result<SessionNo, Error> {
        self.ensure_meter_wired()?;
        self.meter_reaches_payments()?;
        self.deposit_permitted(self.contracts.meter, viewer, request.asset, deposit)
            .map_err(Error::Payments)?;
        self.open(viewer, request)
    }

    fn top_up(&mut self, payer: AccountId, id: SessionId, amount: Balance) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        let life = self.open_life(id)?;
        if life.sponsor.is_some() {
            return Err(Error::Sponsored);
        }
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        let hold = life.hold().checked_add(amount);
        if hold.is_none_or(|hold| hold > MAX_HOLD) {
            return Err(Error::HoldTooLarge { max: MAX_HOLD });
        }
        self.ensure_can_charge()?;
        self.ensure_not_ended(life)?;
        self.meter_reaches_payments()?;
        let (asset, category, at_ms) = (life.asset, life.category, self.now_ms);
        let own = life.hold() - life.gifts().unwrap_or(0);
        let held = if payer == id.viewer { own } else { 0 };
        let meter = self.contracts.meter;
        self.payments_top_up(meter, payer, asset, amount, category, held)
            .map_err(Error::Payments)?;
        self.life_mut(id).placed.push(Placed {
            at_ms,
            payer,
            amount,
        });
        Ok(Value::Unit)
    }

    fn pause(&mut self, id: SessionId) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        let life = self.open_life(id)?;
        if !life.running() {
            return Err(Error::NotRunning);
        }
        self.ensure_can_charge()?;
        self.ensure_not_ended(life)?;
        let now = self.now_ms;
        let life = self.life_mut(id);
        life.since_ms = now;
        life.runs.last_mut().expect("it runs").to_ms = Some(now);
        Ok(Value::Unit)
    }

    fn resume(&mut self, id: SessionId) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        let life = self.open_life(id)?;
        if life.running() || life.key().is_some() {
            return Err(Error::NotPaused);
        }
        // Without a key, what still counts is what the one before it signed.
        if let Some((_, until_ms)) = self.old_key(life).filter(|old| self.now_ms < old.1) {
            return Err(Error::KeyChanging { until_ms });
        }
        self.ensure_can_charge()?;
        self.ensure_not_ended(life)?;
        let now = self.now_ms;
        let price = self.whole_clock(life).price_at(now);
        ensure_below_ceiling(price, life.ceiling)?;
        let life = self.life_mut(id);
        life.since_ms = now;
        life.runs.push(Run {
            from_ms: now,
            to_ms: None,
        });
        Ok(Value::Unit)
    }

    fn close(&mut self, id: SessionId, only_ended: bool) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        let life = self.open_life(id)?;
        self.ensure_can_charge()?;
        let takes_vouchers = self.takes_vouchers(life);
        if only_ended {
            let ended_ms = self.whole_clock(life).ended_ms(self.now_ms);
            let ended_ms = ended_ms.ok_or(Error::SessionNotEnded)?;
            if takes_vouchers {
                ensure_due(self.now_ms, ended_ms + self.meter.exit_delay_ms)?;
            }
        } else if takes_vouchers {
            self.begin_close(id);
            return Ok(Value::Amount(0));
        }
        self.finish(id)
    }

    /// Settles a session up to now and closes it.
    pub(super) fn finish(&mut self, id: SessionId) -> Result<Value, Error> {
        let life = self.seated_life(id).ok_or(Error::SessionNotFound)?;
        let (upto_ms, ..) = self.charged(life, self.now_ms);
        let moved = self.pay_and_release(id, upto_ms, false)?;
        self.life_mut(id).since_ms = upto_ms;
        Ok(Value::Amount(moved))
    }

    /// Closes a session at its vouchers and what its clock says at `upto_ms`; the rest of its hold goes to its viewer.
    fn pay_and_release(
        &mut self,
        id: SessionId,
        upto_ms: Millis,
        by_exit: bool,
    ) -> Result<Balance, Error> {
        self.meter_reaches_payments()?;
        let (meter, at_ms) = (self.contracts.meter, self.now_ms);
        let life = self.seated_life(id).ok_or(Error::SessionNotFound)?;
        let (_, accrued, clock_ms) = self.charged(life, upto_ms);
        let due = accrued / SCALE + life.voucher_amount();
        let watched_ms = clock_ms + life.voucher_ms();
        let (before, released) = (life.settled(), life.hold() - due);
        let item = SettleItem {
            terms: 0,
            asset: life.asset,
            before,
            after: due,
            referrer: life.referrer,
            release: Some(Release {
                to: life.payer(),
                amount: released,
                counted: life
                    .gifts()
                    .map_or(0, |gifts| released.saturating_sub(gifts)),
                placed_ms: life.opened_ms,
                category: life.category,
            }),
        };
        self.payments_settle(meter, &[life.pay_terms()], &[item])
            .map_err(Error::Payments)?;
        let life = self.life_mut(id);
        life.paid.push(due - before);
        life.closed = Some(Closed {
            at_ms,
            released,
            watched_ms,
            by_exit,
        });
        Ok(due - before)
    }

    /// Settles different seated sessions at once; what each paid.
    fn settle_all(&mut self, ids: &[SessionId]) -> Result<Vec<Balance>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.ensure_can_charge()?;
        let (mut terms, mut items) = (Vec::new(), Vec::new());
        let (mut amounts, mut marks) = (Vec::new(), Vec::new());
        for id in ids {
            let life = self.seated_life(*id).ok_or(Error::SessionNotFound)?;
            let (upto_ms, ..) = self.charged(life, self.now_ms);
            let (before, after) = (life.settled(), self.due(life));
            amounts.push(after - before);
            if after > before {
                items.push(SettleItem {
                    terms: terms.len() as u8,
                    asset: life.asset,
                    before,
                    after,
                    referrer: life.referrer,
                    release: None,
                });
                terms.push(life.pay_terms());
                marks.push((*id, upto_ms, after - before));
            }
        }
        if items.is_empty() {
            return Ok(amounts);
        }
        self.meter_reaches_payments()?;
        self.payments_settle(self.contracts.meter, &terms, &items)
            .map_err(Error::Payments)?;
        for (id, upto_ms, amount) in marks {
            let life = self.life_mut(id);
            life.paid.push(amount);
            life.since_ms = upto_ms;
        }
        Ok(amounts)
    }

    fn settle_many(&mut self, ids: &[SessionId]) -> Result<Vec<Fate>, Error> {
        self.ensure_meter_wired()?;
        if ids.len() > MAX_BATCH as usize {
            return Err(Error::TooMany { max: MAX_BATCH });
        }
        let mut taken: Vec<SessionId> = Vec::new();
        let mut pages = BTreeSet::new();
        let mut fates = Vec::new();
        for (place, id) in ids.iter().enumerate() {
            fates.push(match self.open_life(*id) {
                _ if ids[..place].contains(id) => Fate::Duplicate,
                Err(Error::SessionClosed) => Fate::SessionClosed,
                Err(_) => Fate::SessionNotFound,
                Ok(life) => {
                    let page = (life.stream, life.page);
                    if pages.len() >= MAX_BATCH_PAGES as usize && !pages.contains(&page) {
                        Fate::TooManyPages
                    } else {
                        pages.insert(page);
                        taken.push(*id);
                        Fate::Settled(0)
                    }
                }
            });
        }
        let mut amounts = self.settle_all(&taken)?.into_iter();
        for fate in &mut fates {
            if let Fate::Settled(amount) = fate {
                *amount = amounts.next().expect("one for each that was taken");
            }
        }
        Ok(fates)
    }

    fn settle_page(&mut self, stream: StreamId, page: PageNo) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        let view = self.page(stream, page).ok_or(Error::PageNotFound)?;
        let paid = self.settle_all(&view.sessions)?;
        let mut sums: Vec<(AssetId, Balance)> = Vec::new();
        for (id, amount) in view.sessions.iter().zip(paid) {
            let asset = self.seated_life(*id).expect("it was settled").asset;
            match sums.iter_mut().find(|s| s.0 == asset) {
                _ if amount == 0 => {}
                Some(sum) => sum.1 += amount,
                None => sums.push((asset, amount)),
            }
        }
        Ok(Value::Amounts(sums))
    }

    fn begin_exit(&mut self, id: SessionId) -> Result<Value, Error> {
        let (now, delay) = (self.now_ms, self.meter.exit_delay_ms);
        if let Some(finish_ms) = self.open_life(id)?.exit_ms {
            return Err(Error::ExitBegun { finish_ms });
        }
        let life = self.life_mut(id);
        life.until_ms = Some(life.until_ms.map_or(now, |until| until.min(now)));
        life.exit_ms = Some(now + delay);
        Ok(Value::Unit)
    }

    fn finish_exit(&mut self, id: SessionId) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        let life = self.open_life(id)?;
        let finish_ms = life.exit_ms.ok_or(Error::ExitNotBegun)?;
        ensure_due(self.now_ms, finish_ms)?;
        self.pay_and_release(id, life.since_ms, true)?;
        Ok(Value::Unit)
    }

    fn provide_seats(
        &mut self,
        payer: AccountId,
        stream: StreamId,
        pages: u32,
    ) -> Result<Value, Error> {
        self.ensure_meter_wired()?;
        if pages == 0 {
            return Err(Error::ZeroAmount);
        }
        if pages > MAX_PROVIDED {
            return Err(Error::TooMany { max: MAX_PROVIDED });
        }
        self.meter_reaches_registry()?;
        if self.stream(stream).is_none() {
            return Err(Error::StreamNotFound);
        }
        if self.meter.pages_of(stream).count() + pages as usize > MAX_PAGES as usize {
            return Err(Error::StreamFull);
        }
        for _ in 0..pages {
            let page = self.meter.vacant_number(stream).expect("there is room");
            self.meter.make_page(stream, page, payer);
        }
        Ok(Value::Unit)
    }

    fn clear_page(
        &mut self,
        caller: AccountId,
        stream: StreamId,
        page: PageNo,
    ) -> Result<Value, Error> {
        let view = self.page(stream, page).ok_or(Error::PageNotFound)?;
        if view.payer != caller {
            return Err(Error::NotPagePayer);
        }
        if !view.sessions.is_empty() {
            return Err(Error::PageNotEmpty);
        }
        self.meter.pages.remove(&(stream, page));
        Ok(Value::Unit)
    }
}

/// `InvalidKey`: the key that anyone can sign for.
pub(super) fn ensure_key(key: Option<AccountId>) -> Result<(), Error> {
    if key == Some(AccountId::from([0; 32])) {
        return Err(Error::InvalidKey);
    }
    Ok(())
}

/// `ExitNotDue`: it is not time yet.
pub(super) fn ensure_due(now_ms: Millis, finish_ms: Millis) -> Result<(), Error> {
    if now_ms < finish_ms {
        return Err(Error::ExitNotDue { finish_ms });
    }
    Ok(())
}

/// `AboveCeiling`: rate × factor > ceiling × 10^6.
fn ensure_below_ceiling(per_ms: u128, ceiling: Balance) -> Result<(), Error> {
    if per_ms > ceiling.saturating_mul(1_000_000) {
        let price_per_sec = per_ms / 1_000_000;
        return Err(Error::AboveCeiling {
            price_per_sec,
            ceiling,
        });
    }
    Ok(())
}
