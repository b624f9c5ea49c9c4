//! Vouchers: what a viewer signs for the seconds it watches, off the chain. This crate is the one definition of their bytes,
//! for the contract that redeems them and for every client; `docs/vouchers.md` has the table for other languages. So it is of
//! permits, by which a holder of tokens approves a spender: see `Permit`.
//!
//! A voucher is cumulative: it names all the time delivered and all the money owed since its session took vouchers, so the newest
//! replaces all before it. Times are in milliseconds, amounts in base units of the session's asset. Nothing here panics,
//! allocates or formats.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

mod permit;
#[cfg(feature = "sign")]
pub mod sign;

pub use permit::{Permit, PERMIT_LEN, PERMIT_TAG, PERMIT_VERSION, WRAPPED_PERMIT_LEN};

/// The version of the format. Another one is another message: no signature counts in both.
pub const VERSION: u8 = 1;

/// What the signature is for: no other message of a wallet begins so.
pub const TAG: &[u8; 17] = b"vilokanam/voucher";

/// The milliseconds by which a voucher may be ahead of the chain's clock: two blocks of 6 seconds, since the newest block that
/// a viewer or creator has seen is already old.
pub const TOLERANCE_MS: u64 = 12_000;

/// The one key that must not be authorised: it is the group's neutral element, for which anyone can make signatures
/// that chains accept.
pub const NO_KEY: [u8; 32] = [0; 32];

// Where each field begins in the message. Integers are little-endian.
const VERSION_AT: usize = TAG.len();
const GENESIS_HASH_AT: usize = VERSION_AT + 1;
const CONTRACT_AT: usize = GENESIS_HASH_AT + 32;
const VIEWER_AT: usize = CONTRACT_AT + 32;
const NUMBER_AT: usize = VIEWER_AT + 32;
const STREAM_AT: usize = NUMBER_AT + 4;
const ASSET_AT: usize = STREAM_AT + 4;
const MS_AT: usize = ASSET_AT + 2;
const AMOUNT_AT: usize = MS_AT + 8;

/// The length of a voucher's message, in bytes.
pub const MESSAGE_LEN: usize = AMOUNT_AT + 16;

// What wallets put around raw bytes, so that nobody takes them for a transaction.
const OPEN: &[u8; 7] = b"<Bytes>";
const CLOSE: &[u8; 8] = b"</Bytes>";

/// The length of a message within `<Bytes>` and `</Bytes>`.
pub const WRAPPED_LEN: usize = OPEN.len() + MESSAGE_LEN + CLOSE.len();

/// Where a voucher or permit counts: nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    /// The hash of the chain's first block.
    pub genesis_hash: [u8; 32],
    /// The account of the contract that redeems the voucher, or of the token.
    pub contract: [u8; 32],
}

/// What a viewer promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voucher {
    /// The account whose hold pays, whichever key signs.
    pub viewer: [u8; 32],
    /// The viewer's own number of the session.
    pub number: u32,
    pub stream: u32,
    pub asset: u16,
    /// All the time delivered so far.
    pub ms: u64,
    /// All the money owed so far.
    pub amount: u128,
}

impl Voucher {
    /// The bytes to sign.
    pub fn message(&self, domain: &Domain) -> [u8; MESSAGE_LEN] {
        let mut message = [0; MESSAGE_LEN];
        message[..VERSION_AT].copy_from_slice(TAG);
        message[VERSION_AT] = VERSION;
        message[GENESIS_HASH_AT..CONTRACT_AT].copy_from_slice(&domain.genesis_hash);
        message[CONTRACT_AT..VIEWER_AT].copy_from_slice(&domain.contract);
        message[VIEWER_AT..NUMBER_AT].copy_from_slice(&self.viewer);
        message[NUMBER_AT..STREAM_AT].copy_from_slice(&self.number.to_le_bytes());
        message[STREAM_AT..ASSET_AT].copy_from_slice(&self.stream.to_le_bytes());
        message[ASSET_AT..MS_AT].copy_from_slice(&self.asset.to_le_bytes());
        message[MS_AT..AMOUNT_AT].copy_from_slice(&self.ms.to_le_bytes());
        message[AMOUNT_AT..].copy_from_slice(&self.amount.to_le_bytes());
        message
    }

    /// The bytes that a wallet signs when it is given `message`.
    pub fn wrapped(message: &[u8; MESSAGE_LEN]) -> [u8; WRAPPED_LEN] {
        wrap(message)
    }
}

/// `message` within one layer of `<Bytes>`; `W` is the length of that.
fn wrap<const N: usize, const W: usize>(message: &[u8; N]) -> [u8; W] {
    const { assert!(W == OPEN.len() + N + CLOSE.len()) };
    let mut wrapped = [0; W];
    wrapped[..OPEN.len()].copy_from_slice(OPEN);
    wrapped[OPEN.len()..const { OPEN.len() + N }].copy_from_slice(message);
    wrapped[const { OPEN.len() + N }..].copy_from_slice(CLOSE);
    wrapped
}

/// A message of which this crate knows the bytes: a voucher's or a permit's.
pub trait Message: AsRef<[u8]> {
    /// What `wrapped` makes.
    type Wrapped: AsRef<[u8]>;

    /// The bytes that a wallet signs when it is given the message.
    fn wrapped(&self) -> Self::Wrapped;
}

impl Message for [u8; MESSAGE_LEN] {
    type Wrapped = [u8; WRAPPED_LEN];

    fn wrapped(&self) -> Self::Wrapped {
        wrap(self)
    }
}

impl Message for [u8; PERMIT_LEN] {
    type Wrapped = [u8; WRAPPED_PERMIT_LEN];

    fn wrapped(&self) -> Self::Wrapped {
        wrap(self)
    }
}

/// Whether `check` accepts a signature over the message, raw or within one layer of `<Bytes>`.
///
/// `check` is told the bytes and verifies the signature at hand. The raw form comes first, since session keys sign it:
/// the second check costs only those who sign by wallet, or wrongly.
pub fn signed(message: &impl Message, mut check: impl FnMut(&[u8]) -> bool) -> bool {
    check(message.as_ref()) || check(message.wrapped().as_ref())
}

/// What a session allows its vouchers, and what it has paid on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The viewer's ceiling, in base units a second.
    pub ceiling: u128,
    /// Since when vouchers count time.
    pub from_ms: u64,
    /// Until when at the latest; `u64::MAX` without an end.
    pub until_ms: u64,
    /// What the hold covers for vouchers in all, those already paid included: the hold less what the clock owes.
    pub available: u128,
    /// The amount of the newest voucher paid.
    pub paid: u128,
    /// The time of the newest voucher paid.
    pub paid_ms: u64,
}

/// Why a voucher is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Its amount is not above what is paid.
    NotNewer,
    /// Its time is below what is paid for.
    TimeFallsBack,
    /// Its amount is above ceiling × time.
    AboveCeiling,
    /// Its time is beyond what the chain's clock and the session's end allow.
    AheadOfTime {
        /// The most that is acceptable now.
        latest_ms: u64,
    },
    /// Its amount is above what the hold covers for vouchers.
    AboveHold {
        /// What it covers, in all.
        available: u128,
    },
}

/// What an acceptable voucher adds to what is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    pub amount: u128,
    pub ms: u64,
}

/// Whether a voucher over `ms` and `amount`, whose signature is good, is acceptable at `now_ms`, and what it adds.
///
/// The ceiling is compared exactly, nothing is rounded: amount × 1,000 ≤ ceiling × ms, at any size of the numbers.
///
/// # Errors
/// The first that holds, in the order of `Refusal`.
pub fn accept(ms: u64, amount: u128, terms: &Terms, now_ms: u64) -> Result<Accepted, Refusal> {
    let added = match amount.checked_sub(terms.paid) {
        None | Some(0) => return Err(Refusal::NotNewer),
        Some(added) => added,
    };
    let added_ms = ms
        .checked_sub(terms.paid_ms)
        .ok_or(Refusal::TimeFallsBack)?;
    match (product(amount, 1_000), product(terms.ceiling, ms)) {
        (Some(asked), Some(most)) if asked <= most => {}
        _ => return Err(Refusal::AboveCeiling),
    }
    let latest_ms = now_ms
        .min(terms.until_ms)
        .saturating_sub(terms.from_ms)
        .saturating_add(TOLERANCE_MS);
    if ms > latest_ms {
        return Err(Refusal::AheadOfTime { latest_ms });
    }
    if amount > terms.available {
        return Err(Refusal::AboveHold {
            available: terms.available,
        });
    }
    Ok(Accepted {
        amount: added,
        ms: added_ms,
    })
}

/// a × b exactly, as the part from 2^64 up and the part below. Never `None`: each product is of factors below 2^64, and the
/// carry that is added to (2^64 - 1)^2 at most is below 2^64.
fn product(a: u128, b: u64) -> Option<(u128, u128)> {
    const LOW: u128 = u64::MAX as u128;
    let b = u128::from(b);
    let low = (a & LOW).checked_mul(b)?;
    let high = (a >> 64).checked_mul(b)?.checked_add(low >> 64)?;
    Some((high, low & LOW))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: Domain = Domain {
        genesis_hash: [0xaa; 32],
        contract: [0xbb; 32],
    };
    const VOUCHER: Voucher = Voucher {
        viewer: [0xcc; 32],
        number: 0x0403_0201,
        stream: 0x1413_1211,
        asset: 0x2221,
        ms: 0x3837_3635_3433_3231,
        amount: 0x504f_4e4d_4c4b_4a49_4847_4645_4443_4241,
    };
    /// One unit a second, from second 100, 10 s and 10 units paid.
    const TERMS: Terms = Terms {
        ceiling: 1,
        from_ms: 100_000,
        until_ms: u64::MAX,
        available: 1_000,
        paid: 10,
        paid_ms: 10_000,
    };

    #[test]
    fn message_has_the_documented_bytes() {
        let message = VOUCHER.message(&DOMAIN);
        assert_eq!(MESSAGE_LEN, 148);
        assert_eq!(message[..17], *b"vilokanam/voucher");
        assert_eq!(message[17], 1);
        assert_eq!(message[18..50], [0xaa; 32]);
        assert_eq!(message[50..82], [0xbb; 32]);
        assert_eq!(message[82..114], [0xcc; 32]);
        assert_eq!(message[114..118], [0x01, 0x02, 0x03, 0x04]);
        assert_eq!(message[118..122], [0x11, 0x12, 0x13, 0x14]);
        assert_eq!(message[122..124], [0x21, 0x22]);
        assert_eq!(
            message[124..132],
            [0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38]
        );
        assert_eq!(
            message[132..148],
            [
                0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e,
                0x4f, 0x50
            ]
        );
    }

    #[test]
    fn wrapped_has_one_layer() {
        let message = VOUCHER.message(&DOMAIN);
        let wrapped = Voucher::wrapped(&message);
        assert_eq!(WRAPPED_LEN, 163);
        assert_eq!(wrapped[..7], *b"<Bytes>");
        assert_eq!(wrapped[7..155], message);
        assert_eq!(wrapped[155..], *b"</Bytes>");
    }

    /// What `signed` asks when it gets these answers, and what it says.
    fn asked(answers: &[bool]) -> (Vec<Vec<u8>>, bool) {
        let mut seen = Vec::new();
        let mut answers = answers.iter();
        let said = signed(&VOUCHER.message(&DOMAIN), |bytes| {
            seen.push(bytes.to_vec());
            *answers.next().expect("an answer for each question")
        });
        (seen, said)
    }

    #[test]
    fn signed_takes_raw_first_and_wrapped_second_and_nothing_else() {
        let raw = VOUCHER.message(&DOMAIN).to_vec();
        let wrapped = Voucher::wrapped(&VOUCHER.message(&DOMAIN)).to_vec();
        assert_eq!(asked(&[true]), (vec![raw.clone()], true));
        assert_eq!(
            asked(&[false, true]),
            (vec![raw.clone(), wrapped.clone()], true)
        );
        assert_eq!(asked(&[false, false]), (vec![raw, wrapped], false));
    }

    #[test]
    fn accept_works() {
        // 11.5 s at one unit a second allow 11 units; 1 more than is paid, 1.5 s more.
        assert_eq!(
            accept(11_500, 11, &TERMS, 110_000),
            Ok(Accepted {
                amount: 1,
                ms: 1_500
            })
        );
    }

    #[test]
    fn accept_works_when_only_the_amount_grows() {
        let terms = Terms {
            ceiling: 2,
            ..TERMS
        };
        assert_eq!(
            accept(10_000, 20, &terms, 110_000),
            Ok(Accepted { amount: 10, ms: 0 })
        );
    }

    #[test]
    fn accept_fails_when_not_newer() {
        assert_eq!(accept(11_000, 10, &TERMS, 110_000), Err(Refusal::NotNewer));
        assert_eq!(accept(11_000, 9, &TERMS, 110_000), Err(Refusal::NotNewer));
        let nothing_paid = Terms {
            paid: 0,
            paid_ms: 0,
            ..TERMS
        };
        assert_eq!(
            accept(11_000, 0, &nothing_paid, 110_000),
            Err(Refusal::NotNewer)
        );
    }

    #[test]
    fn accept_fails_when_time_falls_back() {
        assert_eq!(
            accept(9_999, 11, &TERMS, 110_000),
            Err(Refusal::TimeFallsBack)
        );
    }

    #[test]
    fn accept_fails_above_the_ceiling() {
        assert_eq!(
            accept(11_999, 12, &TERMS, 110_000),
            Err(Refusal::AboveCeiling)
        );
        assert_eq!(
            accept(12_000, 12, &TERMS, 110_000),
            Ok(Accepted {
                amount: 2,
                ms: 2_000
            })
        );
    }

    #[test]
    fn accept_fails_ahead_of_time() {
        // 10 s since the session took vouchers, and 12 s of tolerance.
        let ahead = Err(Refusal::AheadOfTime { latest_ms: 22_000 });
        assert_eq!(accept(22_001, 11, &TERMS, 110_000), ahead);
        assert_eq!(
            accept(22_000, 11, &TERMS, 110_000),
            Ok(Accepted {
                amount: 1,
                ms: 12_000
            })
        );
        let ends = Terms {
            until_ms: 110_000,
            ..TERMS
        };
        assert_eq!(accept(22_001, 11, &ends, 999_000), ahead);
        assert!(accept(22_000, 11, &ends, 999_000).is_ok());
    }

    #[test]
    fn accept_leaves_only_the_tolerance_when_the_clock_is_before_the_start() {
        assert!(accept(12_000, 11, &TERMS, 0).is_ok());
        assert_eq!(
            accept(12_001, 11, &TERMS, 0),
            Err(Refusal::AheadOfTime { latest_ms: 12_000 })
        );
    }

    #[test]
    fn accept_fails_above_the_hold() {
        let terms = Terms {
            available: 11,
            ..TERMS
        };
        assert!(accept(12_000, 11, &terms, 110_000).is_ok());
        assert_eq!(
            accept(12_000, 12, &terms, 110_000),
            Err(Refusal::AboveHold { available: 11 })
        );
    }

    #[test]
    fn accept_names_the_first_reason() {
        // Each line mends the reason of the one before it.
        let terms = Terms {
            available: 10,
            ..TERMS
        };
        let refused = |ms, amount| accept(ms, amount, &terms, 110_000);
        assert_eq!(refused(9_999, 10), Err(Refusal::NotNewer));
        assert_eq!(refused(9_999, 1_000), Err(Refusal::TimeFallsBack));
        assert_eq!(refused(22_001, 1_000), Err(Refusal::AboveCeiling));
        assert_eq!(
            refused(22_001, 22),
            Err(Refusal::AheadOfTime { latest_ms: 22_000 })
        );
        assert_eq!(
            refused(22_000, 22),
            Err(Refusal::AboveHold { available: 10 })
        );
    }

    #[test]
    fn accept_is_exact_at_the_edge_of_u128() {
        let terms = Terms {
            ceiling: u128::MAX,
            from_ms: 0,
            until_ms: u64::MAX,
            available: u128::MAX,
            paid: 0,
            paid_ms: 0,
        };
        // The largest amount takes a second at the largest ceiling, not a millisecond less.
        assert_eq!(
            accept(1_000, u128::MAX, &terms, 0),
            Ok(Accepted {
                amount: u128::MAX,
                ms: 1_000
            })
        );
        assert_eq!(
            accept(999, u128::MAX, &terms, 0),
            Err(Refusal::AboveCeiling)
        );
        // Both products pass 2^128: (2^128 - 2) × 1,000 ms are one unit too few for (2^128 - 1) × 1,000.
        let below = Terms {
            ceiling: u128::MAX - 1,
            ..terms
        };
        assert_eq!(
            accept(1_000, u128::MAX, &below, 0),
            Err(Refusal::AboveCeiling)
        );
        assert!(accept(1_000, u128::MAX - 1, &below, 0).is_ok());
        // Only one of them does.
        assert!(accept(u64::MAX, 1, &terms, u64::MAX).is_ok());
        let least = Terms {
            ceiling: 1,
            ..terms
        };
        assert_eq!(
            accept(u64::MAX, u128::MAX, &least, u64::MAX),
            Err(Refusal::AboveCeiling)
        );
        // The last unit of all.
        let last = Terms {
            paid: u128::MAX - 1,
            ..terms
        };
        assert_eq!(
            accept(1_000, u128::MAX, &last, 0),
            Ok(Accepted {
                amount: 1,
                ms: 1_000
            })
        );
    }

    #[test]
    fn accept_is_exact_at_the_edge_of_u64() {
        let terms = Terms {
            ceiling: u128::MAX,
            from_ms: 0,
            until_ms: u64::MAX,
            available: u128::MAX,
            paid: 0,
            paid_ms: u64::MAX,
        };
        // The tolerance is not added beyond the last millisecond, nor before it.
        assert_eq!(
            accept(u64::MAX, 1, &terms, u64::MAX - TOLERANCE_MS),
            Ok(Accepted { amount: 1, ms: 0 })
        );
        assert_eq!(
            accept(u64::MAX, 1, &terms, u64::MAX - TOLERANCE_MS - 1),
            Err(Refusal::AheadOfTime {
                latest_ms: u64::MAX - 1
            })
        );
        assert_eq!(
            accept(u64::MAX - 1, 1, &terms, u64::MAX),
            Err(Refusal::TimeFallsBack)
        );
    }

    #[test]
    fn product_works() {
        assert_eq!(product(0, u64::MAX), Some((0, 0)));
        assert_eq!(product(3, 5), Some((0, 15)));
        // (2^64 - 1)^2 = 2^128 - 2^65 + 1 = (2^64 - 2) × 2^64 + 1.
        assert_eq!(
            product(u128::from(u64::MAX), u64::MAX),
            Some((u128::from(u64::MAX) - 1, 1))
        );
        // (2^128 - 1)(2^64 - 1) = 2^192 - 2^128 - 2^64 + 1 = (2^128 - 2^64 - 1) × 2^64 + 1.
        assert_eq!(
            product(u128::MAX, u64::MAX),
            Some((u128::MAX - u128::from(u64::MAX) - 1, 1))
        );
    }
}
