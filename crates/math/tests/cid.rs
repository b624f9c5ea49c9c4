//! Content identifiers against real ones, and against an encoder and decoder written here another way.

use proptest::prelude::*;
use vilokanam_math::cid::{check, CidError};

const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE32: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
const V0: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";
const V1: &str = "bafybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34";

fn cases() -> u32 {
    std::env::var("CASES").map_or(5_000, |cases| cases.parse().expect("CASES is a number"))
}

/// Base58btc by long division, the way numbers are written on paper.
fn base58(bytes: &[u8]) -> String {
    let mut number = bytes.to_vec();
    let mut digits = Vec::new();
    while number.iter().any(|byte| *byte != 0) {
        let mut remainder = 0usize;
        for byte in &mut number {
            let value = remainder * 256 + *byte as usize;
            *byte = (value / 58) as u8;
            remainder = value % 58;
        }
        digits.push(BASE58[remainder] as char);
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    digits.extend(std::iter::repeat_n('1', zeros));
    digits.iter().rev().collect()
}

/// Base32 by a string of ones and zeros.
fn base32(bytes: &[u8]) -> String {
    let mut bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    while !bits.len().is_multiple_of(5) {
        bits.push('0');
    }
    (0..bits.len())
        .step_by(5)
        .map(|at| BASE32[usize::from_str_radix(&bits[at..at + 5], 2).unwrap()] as char)
        .collect()
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 128 {
        bytes.push((number % 128) as u8 + 128);
        number /= 128;
    }
    bytes.push(number as u8);
    bytes
}

fn multihash(digest: [u8; 32]) -> Vec<u8> {
    [&[0x12, 0x20], &digest[..]].concat()
}

fn v0(digest: [u8; 32]) -> String {
    base58(&multihash(digest))
}

fn v1_of(parts: &[&[u8]]) -> String {
    format!("b{}", base32(&parts.concat()))
}

fn v1(codec: u64, digest: [u8; 32]) -> String {
    v1_of(&[&[1], &varint(codec), &multihash(digest)])
}

/// Whether a text of valid characters is valid, by decoding it to bytes and encoding these again.
fn is_cid(text: &str) -> bool {
    if let Some(digits) = text.strip_prefix('b') {
        let Some(bits) = digits
            .bytes()
            .map(|c| BASE32.iter().position(|b| *b == c))
            .map(|digit| digit.map(|digit| format!("{digit:05b}")))
            .collect::<Option<String>>()
        else {
            return false;
        };
        let bytes: Vec<u8> = (0..bits.len() / 8)
            .map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap())
            .collect();
        let Some(hash_at) = bytes.len().checked_sub(34) else {
            return false;
        };
        let (head, hash) = bytes.split_at(hash_at);
        if head.len() < 2 || head.len() > 10 || head[0] != 1 || hash[..2] != [0x12, 0x20] {
            return false;
        }
        let codec = head[1..]
            .iter()
            .rev()
            .fold(0u64, |codec, byte| codec * 128 + u64::from(byte % 128));
        return base32(&bytes) == digits && varint(codec) == head[1..];
    }
    // One above and one below the texts of sha2-256 hashes: CIDv0 is an interval of equally long texts.
    let value = |text: &str| -> Option<Vec<usize>> {
        text.bytes()
            .map(|c| BASE58.iter().position(|b| *b == c))
            .collect()
    };
    let Some(digits) = value(text) else {
        return false;
    };
    text.len() == 46
        && value(&v0([0; 32])).unwrap() <= digits
        && digits <= value(&v0([255; 32])).unwrap()
}

#[test]
fn real_identifiers_are_accepted() {
    for cid in [
        V0,
        V1,
        // The empty directory, in both forms, and the empty file.
        "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn",
        "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354",
        "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
        // dag-cbor, raw and libp2p-key.
        "bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae",
        "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy",
        "bafzbeigai3eoy2ccc7ybwjfz5r3rdxqrinwi4rwytly24tdbh6yk7zslrm",
    ] {
        assert_eq!(check(cid.as_bytes()), Ok(()), "{cid}");
        assert!(is_cid(cid), "{cid}");
    }
}

#[test]
fn both_forms_of_one_identifier_hold_the_same_hash() {
    let bits: String = V1[1..]
        .bytes()
        .map(|c| format!("{:05b}", BASE32.iter().position(|b| *b == c).unwrap()))
        .collect();
    let bytes: Vec<u8> = (0..36)
        .map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap())
        .collect();
    assert_eq!(base58(&bytes[2..]), V0);
}

#[test]
fn check_fails_when_form_is_unknown() {
    let longer = format!("{V0}1");
    let upper = V1.to_uppercase();
    for text in [
        "",
        "Q",
        "Qm",
        &V0[..45],
        &longer,
        &upper,
        &V1[1..],
        "zdj7WWeQ43G6JJvLWQWZpyHuAMq6uYWRjkBXFad11vE2LHhQ7",
        "QnYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
        "ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79oj",
    ] {
        assert_eq!(
            check(text.as_bytes()),
            Err(CidError::UnknownForm),
            "{text:?}"
        );
    }
}

#[test]
fn check_fails_when_a_character_is_not_in_its_base() {
    for wrong in ['0', 'I', 'O', 'l', ' ', '-', '\0', '='] {
        let text = format!("{}{wrong}", &V0[..45]);
        assert_eq!(check(text.as_bytes()), Err(CidError::BadCharacter));
    }
    for wrong in ['0', '1', '8', '9', 'A', ' ', '=', '\0'] {
        let text = format!("{}{wrong}", &V1[..58]);
        assert_eq!(check(text.as_bytes()), Err(CidError::BadCharacter));
    }
    assert_eq!(check(&[b'b', 0xc3, 0xa9]), Err(CidError::BadCharacter));
}

#[test]
fn check_fails_when_padding_is_wrong() {
    // 36 bytes are 288 bits in 58 digits, so the last two bits must be zero: "4" is 11100.
    for wrong in ["5", "6", "7"] {
        let text = format!("{}{wrong}", &V1[..58]);
        assert_eq!(check(text.as_bytes()), Err(CidError::BadPadding));
    }
    // A digit too many or too few: bits of it belong to no byte.
    for text in [
        "ba",
        "baaa",
        "baaaaaa",
        &format!("{V1}a"),
        &V1[..58],
        &V1[..57],
    ] {
        let left = (text.len() - 1) * 5 % 8;
        if left >= 5 {
            assert_eq!(check(text.as_bytes()), Err(CidError::BadPadding), "{text}");
        }
    }
}

#[test]
fn check_fails_when_version_is_not_1() {
    let hash = multihash([7; 32]);
    for version in [&[0u8][..], &[2], &[3], &[0x81, 0], &[0x12], &[]] {
        let text = v1_of(&[version, &[0x70], &hash]);
        assert_eq!(check(text.as_bytes()), Err(CidError::BadVersion), "{text}");
    }
    assert_eq!(check(b"b"), Err(CidError::BadVersion));
}

#[test]
fn check_fails_when_hash_is_not_sha2_256() {
    let digest = [7u8; 32];
    let good = multihash(digest);
    let keccak = [&[0x1b, 0x20], &digest[..]].concat();
    let wrong_length = [&[0x12, 0x1f], &digest[..]].concat();
    let trailing = [&good[..], &[0]].concat();
    for (codec, hash) in [
        (&[0x70][..], &keccak[..]),
        (&[0x70], &wrong_length),
        (&[0x70], &trailing),
        (&[0x70], &good[..33]),
        (&[0x70], &[]),
        (&[], &[]),
        // A codec that never ends, is of 10 bytes, or is longer than it need be.
        (&[0xff], &[]),
        (
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &good,
        ),
        (&[0xf0, 0], &good),
        (&[0x80, 0], &good),
        // Much longer than any identifier.
        (&[0x70], &[0x12; 200]),
    ] {
        let text = v1_of(&[&[1], codec, hash]);
        assert_eq!(check(text.as_bytes()), Err(CidError::BadHash), "{text}");
    }
    // CIDv0 that starts well, and is too small or too large for 0x12 0x20.
    for text in [
        "Qm11111111111111111111111111111111111111111111",
        "Qmzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
    ] {
        assert!(!is_cid(text));
        assert_eq!(check(text.as_bytes()), Err(CidError::BadHash), "{text}");
    }
}

#[test]
fn codec_may_take_one_to_nine_bytes() {
    for codec in [0, 1, 127, 128, 0x0129, 16_384, (1 << 63) - 1] {
        assert_eq!(check(v1(codec, [1; 32]).as_bytes()), Ok(()), "{codec}");
    }
    assert_eq!(
        check(v1(1 << 63, [1; 32]).as_bytes()),
        Err(CidError::BadHash)
    );
}

#[test]
fn extreme_digests_are_accepted() {
    for digest in [[0; 32], [255; 32]] {
        assert_eq!(check(v0(digest).as_bytes()), Ok(()));
        assert_eq!(check(v1(0x70, digest).as_bytes()), Ok(()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn every_digest_is_accepted_in_both_forms(digest: [u8; 32], codec in 0u64..1 << 63, shift in 0u32..63) {
        prop_assert_eq!(check(v0(digest).as_bytes()), Ok(()));
        prop_assert_eq!(check(v1(codec >> shift, digest).as_bytes()), Ok(()));
    }

    #[test]
    fn mutations_are_judged_as_by_decoding(
        digest: [u8; 32],
        codec in 0u64..100_000,
        form: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0usize..64, 0u8..4), 1..4),
    ) {
        let mut text = if form { v0(digest) } else { v1(codec, digest) }.into_bytes();
        for (at, letter, kind) in changes {
            let at = at.index(text.len());
            let letter = if form { BASE58[letter % 58] } else { BASE32[letter % 32] };
            match kind {
                0 => text.insert(at, letter),
                1 if text.len() > 1 => {
                    text.remove(at);
                }
                // Any printable character, now and then.
                2 => text[at] = letter.wrapping_add(1),
                _ => text[at] = letter,
            }
        }
        let text = String::from_utf8(text).unwrap();
        prop_assert_eq!(check(text.as_bytes()).is_ok(), is_cid(&text), "{}", text);
    }

    #[test]
    fn any_bytes_are_judged_without_panic(bytes: Vec<u8>, prefix in 0usize..3) {
        let text = [[&b""[..], b"b", b"Qm"][prefix], &bytes].concat();
        let verdict = check(&text);
        prop_assert_eq!(
            verdict.is_ok(),
            std::str::from_utf8(&text).is_ok_and(is_cid)
        );
    }

    #[test]
    fn other_multihashes_are_refused(digest: [u8; 32], code: u8, length: u8) {
        prop_assume!((code, length) != (0x12, 0x20));
        let head = [code, length];
        let text = v1_of(&[&[1, 0x55], &head, &digest]);
        prop_assert_eq!(check(text.as_bytes()), Err(CidError::BadHash));
        let text = base58(&[&head, &digest[..]].concat());
        prop_assert!(check(text.as_bytes()).is_err());
    }
}
