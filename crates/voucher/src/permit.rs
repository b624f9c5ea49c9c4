//! Permits: what a holder of tokens signs to approve a spender, off the chain.

use crate::{wrap, Domain, CLOSE, NO_KEY, OPEN};

/// The version of the format. Another one is another message: no signature counts in both.
pub const PERMIT_VERSION: u8 = 1;

/// What the signature is for: no other message of a wallet begins so, no voucher either.
pub const PERMIT_TAG: &[u8; 16] = b"vilokanam/permit";

// Where each field begins in the message. Integers are little-endian.
const VERSION_AT: usize = PERMIT_TAG.len();
const GENESIS_HASH_AT: usize = VERSION_AT + 1;
const CONTRACT_AT: usize = GENESIS_HASH_AT + 32;
const OWNER_AT: usize = CONTRACT_AT + 32;
const SPENDER_AT: usize = OWNER_AT + 32;
const VALUE_AT: usize = SPENDER_AT + 32;
const NONCE_AT: usize = VALUE_AT + 16;
const DEADLINE_AT: usize = NONCE_AT + 8;

/// The length of a permit's message, in bytes.
pub const PERMIT_LEN: usize = DEADLINE_AT + 8;

/// The length of a permit's message within `<Bytes>` and `</Bytes>`.
pub const WRAPPED_PERMIT_LEN: usize = OPEN.len() + PERMIT_LEN + CLOSE.len();

/// What an owner of tokens approves, once. The domain's contract is the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// Whose tokens: the account whose key signs.
    pub owner: [u8; 32],
    /// Who may take them.
    pub spender: [u8; 32],
    /// How much, in base units: replaces what was approved before.
    pub value: u128,
    /// How many permits of the owner the token has taken before this one.
    pub nonce: u64,
    /// Until when the token takes it, in milliseconds of chain time; that instant included.
    pub deadline_ms: u64,
}

impl Permit {
    /// The bytes to sign.
    pub fn message(&self, domain: &Domain) -> [u8; PERMIT_LEN] {
        let mut message = [0; PERMIT_LEN];
        message[..VERSION_AT].copy_from_slice(PERMIT_TAG);
        message[VERSION_AT] = PERMIT_VERSION;
        message[GENESIS_HASH_AT..CONTRACT_AT].copy_from_slice(&domain.genesis_hash);
        message[CONTRACT_AT..OWNER_AT].copy_from_slice(&domain.contract);
        message[OWNER_AT..SPENDER_AT].copy_from_slice(&self.owner);
        message[SPENDER_AT..VALUE_AT].copy_from_slice(&self.spender);
        message[VALUE_AT..NONCE_AT].copy_from_slice(&self.value.to_le_bytes());
        message[NONCE_AT..DEADLINE_AT].copy_from_slice(&self.nonce.to_le_bytes());
        message[DEADLINE_AT..].copy_from_slice(&self.deadline_ms.to_le_bytes());
        message
    }

    /// The bytes that a wallet signs when it is given `message`.
    pub fn wrapped(message: &[u8; PERMIT_LEN]) -> [u8; WRAPPED_PERMIT_LEN] {
        wrap(message)
    }

    /// Whether it is too late for it.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        now_ms > self.deadline_ms
    }

    /// Whether its owner signed it in this domain, raw or within one layer of `<Bytes>`. `NO_KEY` owns nothing that could be approved:
    /// anyone could sign for it.
    ///
    /// `check` is told the bytes and verifies the signature at hand by the owner's key.
    pub fn is_signed(&self, domain: &Domain, check: impl FnMut(&[u8]) -> bool) -> bool {
        self.owner != NO_KEY && crate::signed(&self.message(domain), check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Voucher, MESSAGE_LEN, TAG, WRAPPED_LEN};

    const DOMAIN: Domain = Domain {
        genesis_hash: [0xaa; 32],
        contract: [0xbb; 32],
    };
    const PERMIT: Permit = Permit {
        owner: [0xcc; 32],
        spender: [0xdd; 32],
        value: 0x504f_4e4d_4c4b_4a49_4847_4645_4443_4241,
        nonce: 0x1817_1615_1413_1211,
        deadline_ms: 0x3837_3635_3433_3231,
    };

    #[test]
    fn message_has_the_documented_bytes() {
        let message = PERMIT.message(&DOMAIN);
        assert_eq!(PERMIT_LEN, 177);
        assert_eq!(message[..16], *b"vilokanam/permit");
        assert_eq!(message[16], 1);
        assert_eq!(message[17..49], [0xaa; 32]);
        assert_eq!(message[49..81], [0xbb; 32]);
        assert_eq!(message[81..113], [0xcc; 32]);
        assert_eq!(message[113..145], [0xdd; 32]);
        assert_eq!(
            message[145..161],
            [
                0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e,
                0x4f, 0x50
            ]
        );
        assert_eq!(
            message[161..169],
            [0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18]
        );
        assert_eq!(
            message[169..177],
            [0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38]
        );
    }

    #[test]
    fn wrapped_has_one_layer() {
        let message = PERMIT.message(&DOMAIN);
        let wrapped = Permit::wrapped(&message);
        assert_eq!(WRAPPED_PERMIT_LEN, 192);
        assert_eq!(wrapped[..7], *b"<Bytes>");
        assert_eq!(wrapped[7..184], message);
        assert_eq!(wrapped[184..], *b"</Bytes>");
    }

    #[test]
    fn law_11_no_permit_is_a_voucher_in_any_form() {
        // Of the four forms no two are equally long, nor does the purpose of one begin the other's.
        let mut lengths = [MESSAGE_LEN, WRAPPED_LEN, PERMIT_LEN, WRAPPED_PERMIT_LEN];
        lengths.sort_unstable();
        assert!(lengths.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(!TAG.starts_with(PERMIT_TAG) && !PERMIT_TAG.starts_with(TAG));
        let voucher = Voucher {
            viewer: PERMIT.owner,
            number: 1,
            stream: 2,
            asset: 3,
            ms: 4,
            amount: 5,
        };
        let voucher = voucher.message(&DOMAIN);
        let permit = PERMIT.message(&DOMAIN);
        assert_ne!(voucher[..PERMIT_TAG.len()], permit[..PERMIT_TAG.len()]);
    }

    #[test]
    fn is_expired_only_after_the_deadline() {
        let permit = Permit {
            deadline_ms: 5,
            ..PERMIT
        };
        assert!(!permit.is_expired(0));
        assert!(!permit.is_expired(5));
        assert!(permit.is_expired(6));
        let for_ever = Permit {
            deadline_ms: u64::MAX,
            ..PERMIT
        };
        assert!(!for_ever.is_expired(u64::MAX));
    }

    #[test]
    fn is_signed_takes_both_forms_but_nothing_of_no_key() {
        let message = PERMIT.message(&DOMAIN);
        assert!(PERMIT.is_signed(&DOMAIN, |bytes| bytes == message));
        assert!(PERMIT.is_signed(&DOMAIN, |bytes| bytes == Permit::wrapped(&message)));
        assert!(!PERMIT.is_signed(&DOMAIN, |_| false));
        let nobody = Permit {
            owner: NO_KEY,
            ..PERMIT
        };
        assert!(!nobody.is_signed(&DOMAIN, |_| true));
    }
}
