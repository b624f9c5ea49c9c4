//! Content identifiers: whether a text is one, decoded to its last bit.
//!
//! Two forms are taken. CIDv0 is `Qm` and 44 more characters of base58btc, 34 bytes in all. CIDv1 is `b` and
//! base32 (RFC 4648, lower case, unpadded) of version 1, a codec and a multihash. Either way the multihash is
//! sha2-256, its length, and 32 bytes.

/// Why a text is no content identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CidError {
    /// Neither `Qm…` of 46 characters nor `b…`.
    UnknownForm,
    /// A character that its base does not have.
    BadCharacter,
    /// The base32 text does not end on a whole byte, or its last bits are not zero.
    BadPadding,
    /// Not CID version 1.
    BadVersion,
    /// What follows the version is not a codec and sha2-256 of 32 bytes.
    BadHash,
}

/// The characters of a CIDv0.
const V0_CHARS: usize = 46;
/// Multihash code and length of sha2-256.
const SHA2_256: [u8; 2] = [0x12, 0x20];
/// The bytes of a sha2-256 multihash.
const MULTIHASH_BYTES: usize = 34;
/// The bytes of the longest unsigned varint.
const MAX_VARINT_BYTES: usize = 9;
/// The bytes of the longest CIDv1: version, codec, multihash.
const MAX_V1_BYTES: usize = 1 + MAX_VARINT_BYTES + MULTIHASH_BYTES;

/// Fails unless `text` is a CIDv0 or CIDv1 in one of the forms above. Characters are judged first, then padding,
/// version, and hash.
pub fn check(text: &[u8]) -> Result<(), CidError> {
    if let Some(digits) = text.strip_prefix(b"b") {
        return check_v1(digits);
    }
    if text.len() == V0_CHARS && text.starts_with(b"Qm") {
        return check_v0(text);
    }
    Err(CidError::UnknownForm)
}

/// `text`: all the 46 characters.
fn check_v0(text: &[u8]) -> Result<(), CidError> {
    // 58^46 is below 2^272, so nothing is ever carried out of the first byte.
    let mut bytes = [0u8; MULTIHASH_BYTES];
    for c in text {
        let mut carry = base58_digit(*c).ok_or(CidError::BadCharacter)?;
        for byte in bytes.iter_mut().rev() {
            // Cannot overflow: at most 255 × 58 + 57, and at most 57 is carried on.
            carry = carry.saturating_add(u32::from(*byte).saturating_mul(58));
            *byte = low_byte(carry);
            carry >>= 8;
        }
    }
    ensure_multihash(&bytes)
}

/// `digits`: what follows the `b`.
fn check_v1(digits: &[u8]) -> Result<(), CidError> {
    let mut bytes = [0u8; MAX_V1_BYTES];
    let mut places = bytes.iter_mut();
    let mut written = 0usize;
    let mut too_long = false;
    // The bits read and not yet written: fewer than 8 before each digit.
    let mut bits = 0u32;
    let mut count = 0u32;
    for c in digits {
        let digit = base32_digit(*c).ok_or(CidError::BadCharacter)?;
        bits = (bits << 5) | digit;
        count = count.saturating_add(5);
        if count >= 8 {
            count = count.saturating_sub(8);
            match places.next() {
                Some(place) => {
                    *place = low_byte(bits >> count);
                    written = written.saturating_add(1);
                }
                None => too_long = true,
            }
            bits &= (1_u32 << count).saturating_sub(1);
        }
    }
    if count >= 5 || bits != 0 {
        return Err(CidError::BadPadding);
    }
    let Some((1, rest)) = bytes.get(..written).and_then(<[u8]>::split_first) else {
        return Err(CidError::BadVersion);
    };
    if too_long {
        return Err(CidError::BadHash);
    }
    ensure_multihash(after_varint(rest).ok_or(CidError::BadHash)?)
}

/// What follows the unsigned varint at the start of `bytes`; `None` without one that is minimal and of at most 9 bytes.
fn after_varint(bytes: &[u8]) -> Option<&[u8]> {
    let last = bytes
        .iter()
        .take(MAX_VARINT_BYTES)
        .position(|byte| byte & 0x80 == 0)?;
    let (varint, rest) = bytes.split_at_checked(last.checked_add(1)?)?;
    // A zero at the end adds nothing: the number had a shorter form.
    let minimal = last == 0 || varint.last() != Some(&0);
    minimal.then_some(rest)
}

/// Fails unless `bytes` are a multihash of sha2-256.
fn ensure_multihash(bytes: &[u8]) -> Result<(), CidError> {
    if bytes.len() == MULTIHASH_BYTES && bytes.starts_with(&SHA2_256) {
        return Ok(());
    }
    Err(CidError::BadHash)
}

/// The lowest 8 bits.
fn low_byte(number: u32) -> u8 {
    let [byte, ..] = number.to_le_bytes();
    byte
}

/// The value of a base58btc character: no 0, I, O, l.
fn base58_digit(c: u8) -> Option<u32> {
    let (first, value) = match c {
        b'1'..=b'9' => (b'1', 0),
        b'A'..=b'H' => (b'A', 9),
        b'J'..=b'N' => (b'J', 17),
        b'P'..=b'Z' => (b'P', 22),
        b'a'..=b'k' => (b'a', 33),
        b'm'..=b'z' => (b'm', 44),
        _ => return None,
    };
    Some(u32::from(c.saturating_sub(first)).saturating_add(value))
}

/// The value of a base32 character in lower case.
fn base32_digit(c: u8) -> Option<u32> {
    let (first, value) = match c {
        b'a'..=b'z' => (b'a', 0),
        b'2'..=b'7' => (b'2', 26),
        _ => return None,
    };
    Some(u32::from(c.saturating_sub(first)).saturating_add(value))
}
