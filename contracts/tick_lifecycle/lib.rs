//! `tick_lifecycle`: how a session comes to be, changes, ends, and is read. The second half of the meter's code.
//!
//! `tick_stream` is the meter: its address, its storage, its messages. Those of `TickLifecycle` it hands over to this code, which
//! runs on `tick_stream`'s storage and under its address (a delegate call), because one code for all would be
//! too large. Nobody calls an instance of this contract: it would have no sessions.
//!
//! Who may do what, and where money flows: see `TickLifecycle`.
//!
//! Units: milliseconds of chain time, base units of the session's asset, accrued amounts in 10^9ths.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

#[cfg(test)]
mod tests;

#[ink::contract]
mod tick_lifecycle {
    use ink::prelude::{boxed::Box, vec};
    use vilokanam_admin::Admin;
    use vilokanam_interfaces::{
        events::tick_stream::*, BroadcastNo, Charged, Footprint, Millis, Offer, OpenQuote,
        OpenRequest, OpenSession, PageNo, PermittedDeposit, Seated, Session, SessionId, SessionNo,
        StreamId, TickLifecycle, TickStreamError as Error, FACTOR_ONE, MAX_HOLD, MAX_OPEN,
        MAX_PROVIDED,
    };
    use vilokanam_math::charge as math;
    use vilokanam_sessions::{
        calls::Wired,
        ledger::{
            caller, emit, ensure_not_ended, now, Found, Ledger, Sponsor, PREVIEW_LEN, SPONSOR_LEN,
        },
        seats::{
            some, Account, Page, Seat, StreamMeter, TermsSlot, ACCOUNT_LEN, NOBODY, NO_END,
            PAGE_LEN,
        },
        Checked,
    };

    /// The cells of `tick_stream`, by the same keys.
    #[ink(storage)]
    #[derive(Default)]
    pub struct TickLifecycleContract {
        /// Owner, pending changes, wiring.
        admin: Admin,
        /// Sessions.
        ledger: Ledger,
    }

    /// What opening needs, once all checks have passed.
    struct Opening {
        account: Account,
        number: SessionNo,
        offer: Offer,
        meter: StreamMeter,
    }

    impl TickLifecycleContract {
        /// An instance has nothing to settle; chains ask for a constructor.
        #[ink(constructor)]
        pub fn new() -> Self {
            Self::default()
        }
    }

    impl TickLifecycle for TickLifecycleContract {
        #[ink(message)]
        fn session(&self, id: SessionId) -> Option<Session> {
            self.view(&self.ledger.find(id).ok()?)
        }

        #[ink(message)]
        fn session_at(&self, at: Seated) -> Option<Session> {
            self.view(&self.ledger.find_at(&at).ok()?)
        }

        #[ink(message)]
        fn open_session(&self, viewer: AccountId, stream: StreamId) -> Option<Session> {
            let account = self.ledger.account(&viewer);
            let number = account.open().find(|open| open.stream == stream)?.number;
            self.session(SessionId { viewer, number })
        }

        #[ink(message)]
        fn can_open(&self, viewer: AccountId, request: OpenRequest) -> Result<OpenQuote, Error> {
            let wired = self.wired()?;
            let mut opening = self.prepare(&wired, viewer, &request)?;
            let payer = match request.sponsor {
                None => viewer,
                Some(sponsor) => wired.would_sponsor(sponsor, viewer, &request)?.pool,
            };
            let fees = wired.would_hold(payer, &request, &opening.offer)?;
            let terms = TermsSlot::new(&opening.offer, fees)?;
            let before = opening.meter.bytes();
            let (_, _, _, new_page) =
                self.page_for(request.stream, &mut opening.meter, &terms, viewer)?;
            let (rate, factor) = (opening.offer.rate_per_sec, opening.offer.factor);
            let at = (viewer, request.stream);
            let previews = request.key.is_none()
                && opening.offer.preview_ms > 0
                && !self.ledger.previews.contains(at);
            let sponsors = request.sponsor.is_some() && !self.ledger.sponsors.contains(at);
            Ok(OpenQuote {
                number: opening.number,
                broadcast: opening.offer.broadcast,
                price_per_sec: math::price(rate, factor).ok_or(Error::Overflow)?,
                lasts_ms: math::lasts_ms(request.hold, rate, factor),
                deposit: footprint(
                    &[
                        (!self.ledger.accounts.contains(viewer), ACCOUNT_LEN),
                        (new_page, PAGE_LEN),
                        (!self.ledger.meters.contains(request.stream), before),
                        (previews, PREVIEW_LEN),
                        (sponsors, SPONSOR_LEN),
                        // What patronage notes: that this viewer was served.
                        (request.sponsor.is_some(), 0),
                    ],
                    opening.meter.bytes().saturating_sub(before),
                ),
            })
        }

        #[ink(message)]
        fn open(&mut self, request: OpenRequest) -> Result<SessionNo, Error> {
            let wired = self.wired()?;
            Ok(self.open_by(&wired, &request)?)
        }

        #[ink(message)]
        fn deposit_and_open(
            &mut self,
            request: OpenRequest,
            deposit: PermittedDeposit,
        ) -> Result<SessionNo, Error> {
            let wired = self.wired()?;
            wired.deposit(caller(), request.asset, deposit)?;
            Ok(self.open_by(&wired, &request)?)
        }

        #[ink(message)]
        fn preview_left(
            &self,
            viewer: AccountId,
            stream: StreamId,
            broadcast: BroadcastNo,
            preview_ms: u32,
        ) -> u32 {
            self.ledger
                .preview_left(viewer, stream, broadcast, preview_ms)
        }

        #[ink(message)]
        fn provide_seats(&mut self, stream: StreamId, pages: u32) -> Result<(), Error> {
            let wired = self.wired()?;
            if pages == 0 {
                return Err(Error::ZeroAmount);
            }
            if pages > MAX_PROVIDED {
                return Err(Error::TooMany { max: MAX_PROVIDED });
            }
            wired.ensure_stream(stream)?;
            let payer = caller();
            let mut meter = self.ledger.meter(stream);
            for _ in 0..pages {
                let page = meter.next_page().ok_or(Error::StreamFull)?;
                meter.add_page(page);
                self.ledger.pages.insert((stream, page), &Page::new(payer));
                emit(PageProvided {
                    stream,
                    page,
                    payer,
                });
            }
            self.ledger.meters.insert(stream, &meter);
            Ok(())
        }

        #[ink(message)]
        fn clear_page(&mut self, stream: StreamId, page: PageNo) -> Result<(), Error> {
            let found = self
                .ledger
                .pages
                .get((stream, page))
                .ok_or(Error::PageNotFound)?;
            let payer = caller();
            if found.payer != payer {
                return Err(Error::NotPagePayer);
            }
            if found.taken() > 0 {
                return Err(Error::PageNotEmpty);
            }
            let mut meter = self.ledger.meter(stream);
            meter.remove_page(page);
            self.ledger.meters.insert(stream, &meter);
            self.ledger.pages.remove((stream, page));
            emit(PageCleared {
                stream,
                page,
                payer,
            });
            Ok(())
        }

        #[ink(message)]
        fn owed(&self, id: SessionId) -> Result<Balance, Error> {
            let (mut seat, charged) = self.charged(id)?;
            seat.advance(&charged, now())?;
            Ok(seat.unsettled()?)
        }

        #[ink(message)]
        fn refundable(&self, id: SessionId) -> Result<Balance, Error> {
            let (mut seat, charged) = self.charged(id)?;
            seat.advance(&charged, now())?;
            let earned = seat.earned()?;
            seat.hold.checked_sub(earned).ok_or(Error::Overflow)
        }

        #[ink(message)]
        fn runs_out_at(&self, id: SessionId) -> Result<Option<Millis>, Error> {
            let found = self.ledger.find(id)?;
            let wired = self.wired()?;
            let charged = self.ledger.charge_one(&wired, &found)?;
            if charged.ended_ms.is_some() || found.seat.paused {
                return Ok(charged.ended_ms);
            }
            let seat = &found.seat;
            let item = seat.charge_item(found.place.stream);
            let charged = wired.charge(Millis::MAX, vec![item])?;
            let end = charged.first().and_then(|charged| charged.ended_ms);
            Ok(end.filter(|end| *end < Millis::MAX))
        }

        #[ink(message)]
        fn top_up(&mut self, id: SessionId, amount: Balance) -> Result<(), Error> {
            let wired = self.wired()?;
            let mut found = self.ledger.find(id)?;
            ensure_own_hold(&found)?;
            if amount == 0 {
                return Err(Error::ZeroAmount);
            }
            let too_large = Error::HoldTooLarge { max: MAX_HOLD };
            let hold = found.seat.hold.checked_add(amount);
            let hold = hold.filter(|hold| *hold <= MAX_HOLD).ok_or(too_large)?;
            ensure_not_ended(&self.ledger.charge_one(&wired, &found)?)?;

            let payer = caller();
            let held = match payer == id.viewer {
                true => found.seat.own_hold(),
                false => {
                    found.seat.add_gift(amount);
                    0
                }
            };
            found.seat.hold = hold;
            self.ledger.write(&mut found);
            wired.top_up(payer, found.seat.asset, amount, found.seat.category, held)?;
            emit(SessionToppedUp {
                viewer: id.viewer,
                number: id.number,
                payer,
                amount,
                hold,
            });
            Ok(())
        }

        #[ink(message)]
        fn pause(&mut self, number: SessionNo) -> Result<(), Error> {
            let wired = self.wired()?;
            let viewer = caller();
            let mut found = self.ledger.find(SessionId { viewer, number })?;
            if found.seat.paused {
                return Err(Error::NotRunning);
            }
            let charged = self.ledger.charge_one(&wired, &found)?;
            ensure_not_ended(&charged)?;
            found.seat.advance(&charged, now())?;
            found.seat.paused = true;
            self.ledger.write(&mut found);
            emit(SessionPaused {
                viewer,
                number,
                at_ms: found.seat.since_ms,
            });
            Ok(())
        }

        #[ink(message)]
        fn resume(&mut self, number: SessionNo) -> Result<(), Error> {
            let wired = self.wired()?;
            let viewer = caller();
            let mut found = self.ledger.find(SessionId { viewer, number })?;
            if !found.seat.paused || some(found.seat.key).is_some() {
                return Err(Error::NotPaused);
            }
            // Else the clock could use the hold up, and what is signed would be above the rest.
            if found.seat.takes_vouchers(now()) {
                return Err(Error::KeyChanging {
                    until_ms: found.seat.old_until_ms,
                });
            }
            let charged = self.ledger.charge_one(&wired, &found)?;
            ensure_not_ended(&charged)?;
            if charged.above_ceiling {
                return Err(Error::AboveCeiling {
                    price_per_sec: charged.price_per_sec,
                    ceiling: found.seat.ceiling,
                });
            }
            found.seat.paused = false;
            found.seat.since_ms = now();
            self.ledger.write(&mut found);
            emit(SessionResumed {
                viewer,
                number,
                at_ms: found.seat.since_ms,
            });
            Ok(())
        }

        #[ink(message)]
        fn set_key(&mut self, number: SessionNo, key: Option<AccountId>) -> Result<(), Error> {
            let wired = self.wired()?;
            let viewer = caller();
            let now_ms = now();
            let mut found = self.ledger.find(SessionId { viewer, number })?;
            let old = some(found.seat.key);
            if key == old || key == Some(NOBODY.into()) {
                return Err(Error::InvalidKey);
            }
            ensure_own_hold(&found)?;
            if found.seat.exit_ms > 0 {
                return Err(Error::ExitBegun {
                    finish_ms: found.seat.exit_ms,
                });
            }
            if old.is_some() {
                let until_ms = found.seat.old_until_ms;
                if now_ms < until_ms {
                    return Err(Error::KeyChanging { until_ms });
                }
                found.seat.old_key = found.seat.key;
                found.seat.old_until_ms = now_ms.saturating_add(self.exit_delay());
            }
            let charged = self.ledger.charge_one(&wired, &found)?;
            ensure_not_ended(&charged)?;
            found.seat.advance(&charged, now())?;
            found.seat.paused = true;
            found.seat.key = key.unwrap_or(NOBODY.into());
            if found.seat.voucher_from_ms == 0 {
                found.seat.voucher_from_ms = now_ms;
            }
            self.ledger.write(&mut found);
            emit(KeyChanged {
                viewer,
                number,
                old,
                new: key,
                old_until_ms: if old.is_some() {
                    found.seat.old_until_ms
                } else {
                    0
                },
            });
            Ok(())
        }

        #[ink(message)]
        fn begin_exit(&mut self, number: SessionNo) -> Result<(), Error> {
            let viewer = caller();
            let mut found = self.ledger.find(SessionId { viewer, number })?;
            if found.seat.exit_ms > 0 {
                return Err(Error::ExitBegun {
                    finish_ms: found.seat.exit_ms,
                });
            }
            let now_ms = now();
            let finish_ms = now_ms.saturating_add(self.exit_delay());
            found.seat.exit_ms = finish_ms;
            found.seat.until_ms = found.seat.until_ms.min(now_ms);
            self.ledger.write(&mut found);
            emit(ExitBegun {
                viewer,
                number,
                stream: found.place.stream,
                finish_ms,
            });
            Ok(())
        }

        #[ink(message)]
        fn close(&mut self, number: SessionNo) -> Result<Balance, Error> {
            let wired = self.wired()?;
            let viewer = caller();
            let mut found = self.ledger.find(SessionId { viewer, number })?;
            let charged = self.ledger.charge_one(&wired, &found)?;
            if !found.seat.takes_vouchers(now()) {
                return Ok(self
                    .ledger
                    .finish(wired.payments(), found, Some(&charged))?);
            }
            found.seat.advance(&charged, now())?;
            self.ledger.begin_close(found)?;
            Ok(0)
        }

        #[ink(message)]
        fn close_ended(&mut self, id: SessionId) -> Result<Balance, Error> {
            let wired = self.wired()?;
            let found = self.ledger.find(id)?;
            let charged = self.ledger.charge_one(&wired, &found)?;
            if charged.ended_ms.is_none() {
                return Err(Error::SessionNotEnded);
            }
            self.ensure_vouchers_over(&found, &charged)?;
            Ok(self
                .ledger
                .finish(wired.payments(), found, Some(&charged))?)
        }

        #[ink(message)]
        fn finish_exit(&mut self, number: SessionNo) -> Result<(), Error> {
            let (_, payments) = self.ledger.wired_setup()?;
            let viewer = caller();
            let found = self.ledger.find(SessionId { viewer, number })?;
            let finish_ms = found.seat.exit_ms;
            if finish_ms == 0 {
                return Err(Error::ExitNotBegun);
            }
            ensure_due(finish_ms)?;
            self.ledger.finish(payments, found, None)?;
            Ok(())
        }

        #[ink(message)]
        fn dismiss(&mut self, at: Seated) -> Result<Balance, Error> {
            let (_, payments) = self.ledger.wired_setup()?;
            let found = self.ledger.find_at(&at)?;
            let terms = found.page.terms(found.seat.terms);
            if terms.ok_or(Error::PageNotFound)?.owner != caller() {
                return Err(Error::NotCreator);
            }
            // A clock that stands still has nothing to add, and asks nobody.
            let charged = match found.seat.paused {
                true => None,
                false => Some(self.ledger.charge_one(&self.wired()?, &found)?),
            };
            Ok(self.ledger.finish(payments, found, charged.as_ref())?)
        }

        #[ink(message)]
        fn finish_close(&mut self, at: Seated) -> Result<Balance, Error> {
            let (_, payments) = self.ledger.wired_setup()?;
            let found = self.ledger.find_at(&at)?;
            if !found.seat.closing {
                return Err(Error::NotClosing);
            }
            ensure_due(found.seat.exit_ms)?;
            Ok(self.ledger.finish(payments, found, None)?)
        }
    }

    impl TickLifecycleContract {
        fn wired(&self) -> Checked<Wired> {
            Wired::new(self.admin.wiring())
        }

        /// A session as readers see it.
        fn view(&self, found: &Found) -> Option<Session> {
            let terms = found.page.terms(found.seat.terms)?;
            let sponsor = self.ledger.sponsor_of(found.place.stream, &found.seat);
            let sponsor = sponsor.map(|sponsor| sponsor.account);
            Some(found.seat.view(&found.place, &terms, sponsor))
        }

        /// All that `open` checks before it asks the payment handler.
        fn prepare(
            &self,
            wired: &Wired,
            viewer: AccountId,
            request: &OpenRequest,
        ) -> Checked<Opening> {
            let now = now();
            let account = self.ledger.account(&viewer);
            if let Some(open) = account.open().find(|open| open.stream == request.stream) {
                return Err(Error::AlreadyOpen {
                    number: open.number,
                }
                .into());
            }
            if account.open().count() >= MAX_OPEN as usize {
                return Err(Error::TooManyOpen { max: MAX_OPEN }.into());
            }
            if request.until_ms.is_some_and(|until| until <= now) {
                return Err(Error::UntilPassed.into());
            }
            if request.key == Some(NOBODY.into()) {
                return Err(Error::InvalidKey.into());
            }
            if request.sponsor.is_some() && request.key.is_some() {
                return Err(Error::Sponsored.into());
            }
            let meter = self.ledger.meter(request.stream);
            let offer = wired.offer(viewer, meter.live, request)?;
            if meter.page_with_room().is_none() && meter.next_page().is_none() {
                return Err(Error::StreamFull.into());
            }
            let number = account.sessions.checked_add(1).ok_or(Error::Overflow)?;
            Ok(Opening {
                account,
                number,
                offer,
                meter,
            })
        }

        /// Opens a session of the caller.
        fn open_by(&mut self, wired: &Wired, request: &OpenRequest) -> Checked<SessionNo> {
            let viewer = caller();
            let opening = self.prepare(wired, viewer, request)?;
            let Opening {
                mut account,
                number,
                offer,
                mut meter,
            } = opening;

            // Neither sponsors nor payments call anybody back; what payments answer decides which page fits.
            let mut until_ms = request.until_ms.unwrap_or(NO_END);
            let payer = match request.sponsor {
                None => viewer,
                Some(sponsor) => {
                    let of = wired.sponsor(sponsor, viewer, request)?;
                    // Else a pause could keep the budget for ever.
                    until_ms = until_ms.min(of.until_ms);
                    of.pool
                }
            };
            let fees = wired.hold(payer, request, &offer)?;
            let terms = TermsSlot::new(&offer, fees)?;
            let (page_no, mut page, slot, new_page) =
                self.page_for(request.stream, &mut meter, &terms, viewer)?;
            let seat_no = page.vacant_seat().ok_or(Error::StreamFull)?;
            let now = now();
            let preview_ms = match request.key {
                None => self.ledger.take_preview(
                    viewer,
                    request.stream,
                    offer.broadcast,
                    offer.preview_ms,
                ),
                Some(_) => 0,
            };
            if let Some(account) = request.sponsor {
                let sponsor = Sponsor {
                    account,
                    pool: payer,
                };
                self.ledger
                    .sponsors
                    .insert((viewer, request.stream), &sponsor);
            }
            page.put(
                seat_no,
                &Seat {
                    number,
                    terms: slot,
                    paused: request.key.is_some(),
                    asset: request.asset,
                    viewer,
                    broadcast: offer.broadcast,
                    plan: offer.plan,
                    referrer: request.referrer.unwrap_or(NOBODY.into()),
                    hold: request.hold,
                    settled: 0,
                    rate_per_sec: offer.rate_per_sec,
                    factor: offer.factor,
                    ceiling: request.ceiling,
                    accrued: 0,
                    since_ms: now,
                    watched_ms: 0,
                    opened_ms: now,
                    until_ms,
                    exit_ms: 0,
                    closing: false,
                    key: request.key.unwrap_or(NOBODY.into()),
                    old_key: NOBODY.into(),
                    old_until_ms: 0,
                    voucher_amount: 0,
                    voucher_ms: 0,
                    voucher_from_ms: if request.key.is_some() { now } else { 0 },
                    class: offer.class,
                    category: offer.category,
                    step: offer.step,
                    discount: offer.discount,
                    discount_until_ms: offer.discount_until_ms,
                    preview_ms,
                    sponsored: request.sponsor.is_some(),
                    gifts: 0,
                    spare: [0; 2],
                },
            );
            meter.set_room(page_no, page.vacant_seat().is_some());
            meter.current = page_no;
            meter.live = meter.live.checked_add(1).ok_or(Error::Overflow)?;
            account.sessions = number;
            let listed = account.list(OpenSession {
                number,
                stream: request.stream,
                page: page_no,
                seat: seat_no,
            });
            if !listed {
                return Err(Error::TooManyOpen { max: MAX_OPEN }.into());
            }
            self.ledger.pages.insert((request.stream, page_no), &page);
            self.ledger.meters.insert(request.stream, &meter);
            self.ledger.accounts.insert(viewer, &account);

            if new_page {
                emit(PageProvided {
                    stream: request.stream,
                    page: page_no,
                    payer: viewer,
                });
            }
            emit(SessionOpened {
                viewer,
                number,
                stream: request.stream,
                broadcast: offer.broadcast,
                page: page_no,
                seat: seat_no,
                asset: request.asset,
                terms: offer.terms_no,
                fee_bps: fees.fee_bps,
                referral_bps: fees.referral_bps,
                referrer: request.referrer,
                hold: request.hold,
                rate_per_sec: offer.rate_per_sec,
                factor: offer.factor,
                ceiling: request.ceiling,
                until_ms: (until_ms != NO_END).then_some(until_ms),
                plan: offer.plan,
                key: request.key,
                extras: extras(&offer, preview_ms, request.sponsor),
            });
            Ok(number)
        }

        /// The page on which a session with these terms is seated, its terms slot, and whether the page is new.
        fn page_for(
            &self,
            stream: StreamId,
            meter: &mut StreamMeter,
            terms: &TermsSlot,
            payer: AccountId,
        ) -> Checked<(PageNo, Page, u8, bool)> {
            // Two are tried at most: a page whose terms slots are taken must not hide the fresh ones behind it.
            let first = meter.page_with_room();
            let last = meter.last_with_room().filter(|last| Some(*last) != first);
            for page_no in first.into_iter().chain(last) {
                let mut page = self
                    .ledger
                    .pages
                    .get((stream, page_no))
                    .ok_or(Error::PageNotFound)?;
                if let Some(slot) = page.slot_for(terms) {
                    return Ok((page_no, page, slot, false));
                }
            }
            let page_no = meter.next_page().ok_or(Error::StreamFull)?;
            meter.add_page(page_no);
            let mut page = Page::new(payer);
            let slot = page.slot_for(terms).ok_or(Error::StreamFull)?;
            Ok((page_no, page, slot, true))
        }

        /// A session with its charge up to now.
        fn charged(&self, id: SessionId) -> Checked<(Box<Seat>, Charged)> {
            let found = self.ledger.find(id)?;
            let wired = self.wired()?;
            let charged = self.ledger.charge_one(&wired, &found)?;
            Ok((found.seat, charged))
        }

        /// How long what is signed can be redeemed, and an exit takes.
        fn exit_delay(&self) -> Millis {
            self.ledger.setup.get_or_default().exit_delay_ms
        }

        /// Fails while vouchers of a session that has ended can still be redeemed.
        fn ensure_vouchers_over(&self, found: &Found, charged: &Charged) -> Checked<()> {
            match charged.ended_ms {
                Some(ended_ms) if found.seat.takes_vouchers(now()) => {
                    ensure_due(ended_ms.saturating_add(self.exit_delay()))
                }
                _ => Ok(()),
            }
        }
    }

    /// Fails for a session whose hold a sponsor placed.
    fn ensure_own_hold(found: &Found) -> Checked<()> {
        match found.seat.sponsored {
            true => Err(Error::Sponsored.into()),
            false => Ok(()),
        }
    }

    /// What makes the price of a session, and who pays, if that is more than rate, factor and viewer.
    fn extras(offer: &Offer, preview_ms: u32, sponsor: Option<AccountId>) -> Option<OpenedWith> {
        let extras = OpenedWith {
            step: offer.step,
            discount: offer.discount,
            discount_until_ms: offer.discount_until_ms,
            preview_ms,
            sponsor,
        };
        let plain = extras.step == 0
            && extras.discount == FACTOR_ONE
            && extras.discount_until_ms == 0
            && extras.preview_ms == 0
            && extras.sponsor.is_none();
        (!plain).then_some(extras)
    }

    fn ensure_due(finish_ms: Millis) -> Checked<()> {
        if now() < finish_ms {
            return Err(Error::ExitNotDue { finish_ms }.into());
        }
        Ok(())
    }

    /// The storage that new cells take, of those listed, and that others grow by. (The pool's cell exists: the money is in it.)
    fn footprint(cells: &[(bool, usize)], growth: usize) -> Footprint {
        let mut items = 0_u32;
        let mut bytes = growth;
        for (_, len) in cells.iter().filter(|(new, _)| *new) {
            items = items.saturating_add(1);
            bytes = bytes.saturating_add(*len);
        }
        Footprint {
            items,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
        }
    }
}
