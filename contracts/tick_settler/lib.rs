//! `tick_settler`: what happens to a session once it is open. The second half of the meter's code.
//!
//! `tick_stream` is the meter: its address, its storage, its messages. Those of `TickSettler` it hands over to this code, which
//! runs on `tick_stream`'s storage and under its address (a delegate call), because one code for all would be
//! too large. Nobody calls an instance of this contract: it would have no sessions.
//!
//! Who may do what, and where money flows: see `TickSettler`.
//!
//! Units: milliseconds of chain time, base units of the session's asset, accrued amounts in 10^9ths.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

#[cfg(test)]
mod tests;

#[ink::contract]
mod tick_settler {
    use ink::prelude::{boxed::Box, vec, vec::Vec};
    use vilokanam_admin::Admin;
    use vilokanam_interfaces::{
        events::tick_stream::{
            ExitBegun, KeyChanged, SessionPaused, SessionResumed, SessionToppedUp,
        },
        AssetId, Charged, Millis, Outcome, PageNo, Seated, SessionId, SessionNo, SignedVoucher,
        StreamId, TickSettler, TickStreamError as Error, VoucherOutcome, MAX_BATCH, MAX_HOLD,
    };
    use vilokanam_sessions::{
        batch::{Batch, BatchSeat},
        calls::Wired,
        ledger::{caller, emit, ensure_not_ended, now, Found, Ledger},
        seats::{some, Seat, NOBODY},
        Checked,
    };

    /// The cells of `tick_stream`, by the same keys.
    #[ink(storage)]
    #[derive(Default)]
    pub struct TickSettlerContract {
        /// Owner, pending changes, wiring.
        admin: Admin,
        /// Sessions.
        ledger: Ledger,
    }

    impl TickSettlerContract {
        /// An instance has nothing to settle; chains ask for a constructor.
        #[ink(constructor)]
        pub fn new() -> Self {
            Self::default()
        }
    }

    impl TickSettler for TickSettlerContract {
        #[ink(message)]
        fn owed(&self, id: SessionId) -> Result<Balance, Error> {
            let (mut seat, charged) = self.charged(id)?;
            seat.advance(&charged);
            Ok(seat.unsettled()?)
        }

        #[ink(message)]
        fn refundable(&self, id: SessionId) -> Result<Balance, Error> {
            let (mut seat, charged) = self.charged(id)?;
            seat.advance(&charged);
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
            if amount == 0 {
                return Err(Error::ZeroAmount);
            }
            let too_large = Error::HoldTooLarge { max: MAX_HOLD };
            let hold = found.seat.hold.checked_add(amount);
            let hold = hold.filter(|hold| *hold <= MAX_HOLD).ok_or(too_large)?;
            ensure_not_ended(&self.ledger.charge_one(&wired, &found)?)?;

            found.seat.hold = hold;
            self.ledger.write(&mut found);
            let payer = caller();
            wired.top_up(payer, found.seat.asset, amount)?;
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
            found.seat.advance(&charged);
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
            found.seat.advance(&charged);
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
                return Ok(self.ledger.finish(&wired, found, Some(&charged))?);
            }
            found.seat.advance(&charged);
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
            Ok(self.ledger.finish(&wired, found, Some(&charged))?)
        }

        #[ink(message)]
        fn settle(&mut self, id: SessionId) -> Result<Balance, Error> {
            let wired = self.wired()?;
            let found = self.ledger.find(id)?;
            let mut batch = Batch::default();
            let seat = BatchSeat {
                page: batch.add((found.place.stream, found.place.page), found.page),
                place: found.place.seat,
                seat: found.seat,
            };
            let amounts = self.ledger.settle_batch(&wired, batch, vec![seat])?;
            Ok(amounts.first().copied().unwrap_or(0))
        }

        #[ink(message)]
        fn settle_many(&mut self, ids: Vec<SessionId>) -> Result<Vec<Outcome>, Error> {
            let wired = self.wired()?;
            if ids.len() > MAX_BATCH as usize {
                return Err(Error::TooMany { max: MAX_BATCH });
            }
            let mut batch = Batch::default();
            let mut seats = Vec::new();
            let mut outcomes = Vec::new();
            for (position, id) in ids.iter().enumerate() {
                let outcome = if ids.iter().take(position).any(|earlier| earlier == id) {
                    Outcome::Duplicate
                } else {
                    match self.ledger.find_in(&mut batch, *id) {
                        Ok(seat) => {
                            seats.push(seat);
                            Outcome::Settled(0)
                        }
                        Err(outcome) => outcome,
                    }
                };
                outcomes.push(outcome);
            }
            let mut amounts = self.ledger.settle_batch(&wired, batch, seats)?.into_iter();
            for outcome in &mut outcomes {
                if let Outcome::Settled(amount) = outcome {
                    *amount = amounts.next().unwrap_or(0);
                }
            }
            Ok(outcomes)
        }

        #[ink(message)]
        fn settle_page(
            &mut self,
            stream: StreamId,
            page: PageNo,
        ) -> Result<Vec<(AssetId, Balance)>, Error> {
            let wired = self.wired()?;
            let at = (stream, page);
            let page = self.ledger.pages.get(at).ok_or(Error::PageNotFound)?;
            let sessions = page.sessions();
            let assets: Vec<_> = sessions.iter().map(|(_, seat)| seat.asset).collect();
            let mut batch = Batch::default();
            let page = batch.add(at, page);
            let seats = sessions
                .into_iter()
                .map(|(place, seat)| BatchSeat { page, place, seat })
                .collect();
            let amounts = self.ledger.settle_batch(&wired, batch, seats)?;

            let mut sums: Vec<(AssetId, Balance)> = Vec::new();
            for (asset, amount) in assets.into_iter().zip(amounts).filter(|(_, a)| *a > 0) {
                match sums.iter_mut().find(|(of, _)| *of == asset) {
                    Some((_, sum)) => *sum = sum.checked_add(amount).ok_or(Error::Overflow)?,
                    None => sums.push((asset, amount)),
                }
            }
            Ok(sums)
        }

        #[ink(message)]
        fn finish_exit(&mut self, number: SessionNo) -> Result<(), Error> {
            let wired = self.wired()?;
            let viewer = caller();
            let found = self.ledger.find(SessionId { viewer, number })?;
            let finish_ms = found.seat.exit_ms;
            if finish_ms == 0 {
                return Err(Error::ExitNotBegun);
            }
            ensure_due(finish_ms)?;
            self.ledger.finish(&wired, found, None)?;
            Ok(())
        }

        #[ink(message)]
        fn redeem(&mut self, voucher: SignedVoucher) -> Result<Balance, Error> {
            let wired = self.wired()?;
            match self.ledger.redeem_batch(&wired, &[voucher])?.first() {
                Some(VoucherOutcome::Paid(amount)) => Ok(*amount),
                Some(VoucherOutcome::Refused(refusal)) => Err(Error::Voucher(*refusal)),
                None => Ok(0),
            }
        }

        #[ink(message)]
        fn redeem_many(
            &mut self,
            vouchers: Vec<SignedVoucher>,
        ) -> Result<Vec<VoucherOutcome>, Error> {
            let wired = self.wired()?;
            if vouchers.len() > MAX_BATCH as usize {
                return Err(Error::TooMany { max: MAX_BATCH });
            }
            Ok(self.ledger.redeem_batch(&wired, &vouchers)?)
        }

        #[ink(message)]
        fn dismiss(&mut self, at: Seated) -> Result<Balance, Error> {
            let wired = self.wired()?;
            let found = self.ledger.find_at(&at)?;
            let terms = found.page.terms(found.seat.terms);
            if terms.ok_or(Error::PageNotFound)?.owner != caller() {
                return Err(Error::NotCreator);
            }
            // A clock that stands still has nothing to add, and asks nobody.
            let charged = match found.seat.paused {
                true => None,
                false => Some(self.ledger.charge_one(&wired, &found)?),
            };
            Ok(self.ledger.finish(&wired, found, charged.as_ref())?)
        }

        #[ink(message)]
        fn finish_close(&mut self, at: Seated) -> Result<Balance, Error> {
            let wired = self.wired()?;
            let found = self.ledger.find_at(&at)?;
            if !found.seat.closing {
                return Err(Error::NotClosing);
            }
            ensure_due(found.seat.exit_ms)?;
            Ok(self.ledger.finish(&wired, found, None)?)
        }
    }

    impl TickSettlerContract {
        fn wired(&self) -> Checked<Wired> {
            Wired::new(self.admin.wiring())
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

    fn ensure_due(finish_ms: Millis) -> Checked<()> {
        if now() < finish_ms {
            return Err(Error::ExitNotDue { finish_ms }.into());
        }
        Ok(())
    }
}
