//! Content identifiers: the contract's check against the independent model's, error by error.

use crate::model_cid;
use vilokanam_interfaces::{CidError as Said, MAX_CID_LEN};
use vilokanam_math::cid::{check, CidError};

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// A text; or, after a byte of zero or one, the bytes that a text of base32 or base58 stands for, which is where the forms differ.
pub fn cid(data: &[u8]) {
    match data.split_first() {
        Some((0, bytes)) => judged(format!("b{}", digits(bytes, 5, BASE32)).as_bytes()),
        Some((1, bytes)) => judged(base58(bytes).as_bytes()),
        _ => judged(data),
    }
}

/// The bits of `bytes`, `width` at a time, the last padded with zeros.
fn digits(bytes: &[u8], width: usize, alphabet: &[u8]) -> String {
    let bits = bytes.len() * 8;
    let bit = |at: usize| at < bits && bytes[at / 8] >> (7 - at % 8) & 1 == 1;
    let digit = |from: usize| (from..from + width).fold(0, |n, at| n * 2 + usize::from(bit(at)));
    let all = (0..bits).step_by(width);
    all.map(|from| char::from(alphabet[digit(from)])).collect()
}

/// The number that the first bytes are, in base58, without leading zeros.
fn base58(bytes: &[u8]) -> String {
    let mut number = bytes[..bytes.len().min(36)].to_vec();
    let mut text = Vec::new();
    while number.iter().any(|byte| *byte != 0) {
        let mut rest = 0usize;
        for byte in &mut number {
            let value = rest * 256 + usize::from(*byte);
            *byte = u8::try_from(value / 58).expect("the rest is below 58");
            rest = value % 58;
        }
        text.push(char::from(BASE58[rest]));
    }
    text.iter().rev().collect()
}

/// Any bytes go through the check; those that are a text go through the model's, too.
fn judged(data: &[u8]) {
    let found = check(data);
    let Ok(text) = core::str::from_utf8(data) else {
        assert!(found.is_err(), "no text, and accepted");
        return;
    };
    if text.len() > MAX_CID_LEN as usize {
        // The registry refuses it before it looks.
        assert_eq!(model_cid::check_cid(text), Err(Said::TooLong));
        return;
    }
    let found = found.map_err(|error| match error {
        CidError::UnknownForm => Said::UnknownForm,
        CidError::BadCharacter => Said::BadCharacter,
        CidError::BadPadding => Said::BadPadding,
        CidError::BadVersion => Said::BadVersion,
        CidError::BadHash => Said::BadHash,
    });
    assert_eq!(found, model_cid::check_cid(text), "{text:?}");
    if found.is_ok() {
        // What is accepted stops being one when anything is put around it.
        for other in [
            format!("{text} "),
            format!(" {text}"),
            text[1..].to_owned(),
            text[..text.len() - 1].to_owned(),
            text.to_uppercase(),
        ] {
            assert!(
                check(other.as_bytes()).is_err(),
                "{other:?} beside {text:?}"
            );
        }
    }
}
