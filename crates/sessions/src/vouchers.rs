//! Vouchers: what a viewer signed, moved from its session's hold to the payees.

use crate::{
    batch::{Batch, BatchSeat},
    calls::settle,
    ledger::{emit, now, Ledger, Setup},
    seats::Seat,
    Checked,
};
use ink::{env::DefaultEnvironment, prelude::vec::Vec};
use vilokanam_interfaces::{
    events::tick_stream::{Redeemed, Redemption},
    AccountId, Balance, Millis, Outcome, SignedVoucher, StreamId, VoucherOutcome,
    VoucherRefusal as Refusal,
};
use vilokanam_math::charge::owed_ceil;
use vilokanam_voucher::{accept, signed, Domain, Terms, Voucher};

impl Ledger {
    /// Pays the vouchers that are good, and says what became of each. Writes, calls and emits nothing if none is.
    pub fn redeem_batch(
        &mut self,
        (setup, payments): (Setup, AccountId),
        vouchers: &[SignedVoucher],
    ) -> Checked<Vec<VoucherOutcome>> {
        let domain = Domain {
            genesis_hash: setup.genesis_hash.into(),
            contract: *ink::env::account_id::<DefaultEnvironment>().as_ref(),
        };
        let now_ms = now();
        let mut batch = Batch::default();
        let mut outcomes = Vec::new();
        let mut redemptions = Vec::new();
        for voucher in vouchers {
            let checked = self.check(&mut batch, voucher, &domain, now_ms);
            outcomes.push(match checked {
                Err(refusal) => VoucherOutcome::Refused(refusal),
                Ok((mut of, amount)) => {
                    of.seat.voucher_amount = voucher.amount;
                    of.seat.voucher_ms = voucher.ms;
                    batch.pay(&mut of, amount, None)?;
                    batch.write(&of)?;
                    redemptions.push(Redemption {
                        session: voucher.at.id,
                        amount,
                        settled: of.seat.settled,
                        voucher_amount: voucher.amount,
                        voucher_ms: voucher.ms,
                    });
                    VoucherOutcome::Paid(amount)
                }
            });
        }
        if redemptions.is_empty() {
            return Ok(outcomes);
        }
        for read in batch.pages.iter().filter(|read| read.changed) {
            self.pages.insert(read.at, &read.page);
        }
        settle(payments, batch.terms, batch.items)?;
        emit(Redeemed { redemptions });
        Ok(outcomes)
    }

    /// The session of a voucher and what it adds, if it is good.
    fn check(
        &self,
        batch: &mut Batch,
        voucher: &SignedVoucher,
        domain: &Domain,
        now_ms: Millis,
    ) -> Result<(BatchSeat, Balance), Refusal> {
        let at = &voucher.at;
        let page = match self.page_in(batch, (at.stream, at.page)) {
            Ok(page) => page,
            Err(Outcome::TooManyPages) => return Err(Refusal::TooManyPages),
            Err(_) => return Err(Refusal::NotSeated),
        };
        let read = batch.pages.get(page);
        let seat = read
            .and_then(|read| read.page.seat(at.seat))
            .filter(|seat| seat.id() == at.id)
            .ok_or(Refusal::NotSeated)?;
        if !seat.takes_vouchers(now_ms) {
            return Err(Refusal::NoKey);
        }
        let amount = accepted(&seat, voucher, now_ms)?;
        if !is_signed(&seat, at.stream, voucher, domain, now_ms) {
            return Err(Refusal::BadSignature);
        }
        Ok((
            BatchSeat {
                page,
                place: at.seat,
                seat,
            },
            amount,
        ))
    }
}

/// What a voucher adds to what its session's vouchers have paid, if its numbers are acceptable.
fn accepted(seat: &Seat, voucher: &SignedVoucher, now_ms: Millis) -> Result<Balance, Refusal> {
    use vilokanam_voucher::Refusal as Bad;
    let terms = Terms {
        ceiling: seat.ceiling,
        from_ms: seat.voucher_from_ms,
        until_ms: seat.until_ms,
        // Rounded up: what the clock accrued, to its last fraction, stays within the rest of the hold.
        available: seat.hold.saturating_sub(owed_ceil(seat.accrued)),
        paid: seat.voucher_amount,
        paid_ms: seat.voucher_ms,
    };
    match accept(voucher.ms, voucher.amount, &terms, now_ms) {
        Ok(accepted) => Ok(accepted.amount),
        Err(Bad::NotNewer) => Err(Refusal::NotNewer),
        Err(Bad::TimeFallsBack) => Err(Refusal::TimeFallsBack),
        Err(Bad::AboveCeiling) => Err(Refusal::AboveCeiling),
        Err(Bad::AheadOfTime { latest_ms }) => Err(Refusal::AheadOfTime { latest_ms }),
        Err(Bad::AboveHold { available }) => Err(Refusal::AboveHold { available }),
    }
}

/// Whether a key that counts has signed.
fn is_signed(
    seat: &Seat,
    stream: StreamId,
    voucher: &SignedVoucher,
    domain: &Domain,
    now_ms: Millis,
) -> bool {
    let message = Voucher {
        viewer: *seat.viewer.as_ref(),
        number: seat.number,
        stream,
        asset: seat.asset,
        ms: voucher.ms,
        amount: voucher.amount,
    }
    .message(domain);
    let verify = |key: &[u8; 32], bytes: &[u8]| {
        ink::env::sr25519_verify(&voucher.signature, bytes, key).is_ok()
    };
    seat.keys(now_ms)
        .any(|key| signed(&message, |bytes| verify(key.as_ref(), bytes)))
}
