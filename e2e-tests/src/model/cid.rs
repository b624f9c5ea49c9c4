//! Content identifiers, by the multiformats specifications: what the registry takes, and why it refuses.

use vilokanam_interfaces::{CidError, MAX_CID_LEN};

/// The digits of base58 as Bitcoin and IPFS write them.
const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// The digits of base32 in lower case, without padding.
const BASE32: &str = "abcdefghijklmnopqrstuvwxyz234567";
/// Multihash: sha2-256, 32 bytes of it.
const SHA2_256: [u8; 2] = [0x12, 0x20];

/// Whether the registry takes this text as a content identifier.
pub fn check_cid(text: &str) -> Result<(), CidError> {
    if text.len() > MAX_CID_LEN as usize {
        return Err(CidError::TooLong);
    }
    if text.len() == 46 && text.starts_with("Qm") {
        return check_multihash(&from_base58(text)?);
    }
    let Some(text) = text.strip_prefix('b') else {
        return Err(CidError::UnknownForm);
    };
    let bytes = from_base32(text)?;
    let Some(([1], rest)) = bytes.split_at_checked(1) else {
        return Err(CidError::BadVersion);
    };
    // The content type is a number of one or more bytes, all but the last above 127.
    let codec = rest.iter().take_while(|byte| **byte > 127).count() + 1;
    // Written as short as it can be: no byte of zero adds anything at its end.
    if codec > 1 && rest.get(codec - 1) == Some(&0) {
        return Err(CidError::BadHash);
    }
    check_multihash(rest.get(codec..).ok_or(CidError::BadHash)?)
}

fn check_multihash(bytes: &[u8]) -> Result<(), CidError> {
    if bytes.len() == 34 && bytes.starts_with(&SHA2_256) {
        return Ok(());
    }
    Err(CidError::BadHash)
}

fn digit(alphabet: &str, character: char) -> Result<u32, CidError> {
    let place = alphabet.find(character).ok_or(CidError::BadCharacter)?;
    Ok(place as u32)
}

/// The number as bytes, without leading zeros (`Q` leads, which is none).
fn from_base58(text: &str) -> Result<Vec<u8>, CidError> {
    let mut bytes = Vec::<u8>::new(); // lowest first
    for character in text.chars() {
        let mut carry = digit(BASE58, character)?;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry as u8);
        }
    }
    bytes.reverse();
    Ok(bytes)
}

fn from_base32(text: &str) -> Result<Vec<u8>, CidError> {
    let digits = text.chars().map(|c| digit(BASE32, c));
    let digits = digits.collect::<Result<Vec<_>, _>>()?;
    let bits: Vec<bool> = digits
        .iter()
        .flat_map(|d| (0..5).rev().map(move |bit| d >> bit & 1 == 1))
        .collect();
    let (whole, rest) = bits.split_at(bits.len() / 8 * 8);
    if rest.len() >= 5 || rest.contains(&true) {
        return Err(CidError::BadPadding);
    }
    let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    Ok(whole.chunks(8).map(byte).collect())
}

#[cfg(test)]
#[test]
fn a_codec_is_written_as_short_as_it_can_be() {
    let text = |codec: &[u8]| {
        let bytes = [&[1], codec, &SHA2_256, &[7; 32]].concat();
        let bits = bytes
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        let bits: Vec<u8> = bits.collect();
        let digit =
            |bits: &[u8]| (0..5).fold(0, |n, at| n << 1 | bits.get(at).copied().unwrap_or(0));
        let digits = bits
            .chunks(5)
            .map(|bits| char::from(BASE32.as_bytes()[usize::from(digit(bits))]));
        core::iter::once('b').chain(digits).collect::<String>()
    };
    for good in [&[0x70][..], &[0], &[0xa9, 0x02]] {
        assert_eq!(check_cid(&text(good)), Ok(()), "{good:?}");
    }
    for longer in [&[0xf0, 0][..], &[0xa9, 0x82, 0], &[0x80, 0]] {
        assert_eq!(
            check_cid(&text(longer)),
            Err(CidError::BadHash),
            "{longer:?}"
        );
    }
}
