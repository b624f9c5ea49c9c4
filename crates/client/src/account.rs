//! Accounts, and how they are written.

use anyhow::{bail, ensure, Context, Result};
use parity_scale_codec::Encode;
use sp_crypto_hashing::{blake2_256, blake2_512};

/// An account's 32 bytes.
pub type AccountId = [u8; 32];
/// The hash of a block, a transaction or a code.
pub type Hash = [u8; 32];

/// `0x` and two digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    core::iter::once("0x".to_owned()).chain(digits).collect()
}

/// The bytes of [`hex`].
pub fn parse_hex(text: &str) -> Result<Vec<u8>> {
    let digits = text.strip_prefix("0x").context("hex begins with 0x")?;
    ensure!(digits.len() % 2 == 0, "hex has two digits for each byte");
    // Digit by digit: the standard library's own reading of numbers takes a sign, too.
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(value(high)? * 16 + value(low)?).ok(),
        _ => None,
    });
    pairs.collect::<Option<_>>().context("not a hex digit")
}

/// An account in SS58, with a chain's prefix.
pub fn ss58(account: &AccountId, prefix: u16) -> String {
    let [low, high] = (prefix & 0x3fff).to_le_bytes();
    let mut bytes = match prefix {
        0..=63 => vec![low],
        _ => vec![((low & 0xfc) >> 2) | 0x40, (low & 0x03) << 6 | high],
    };
    bytes.extend_from_slice(account);
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum);
    bs58::encode(bytes).into_string()
}

/// An account that is written in SS58, with any prefix, or as 32 bytes of hex.
pub fn parse_account(text: &str) -> Result<AccountId> {
    if text.starts_with("0x") {
        let bytes = parse_hex(text)?;
        return <AccountId>::try_from(bytes)
            .map_err(|bytes| anyhow::anyhow!("an account has 32 bytes, not {}", bytes.len()));
    }
    let Ok(bytes) = bs58::decode(text).into_vec() else {
        bail!("{text:?} is no account: neither SS58 nor hex");
    };
    let prefix = match bytes.first() {
        Some(0..=63) => 1,
        Some(64..=127) => 2,
        _ => bail!("{text:?} is no SS58 account"),
    };
    ensure!(
        bytes.len() == prefix + 34,
        "{text:?} is no SS58 account of 32 bytes"
    );
    let (body, sum) = bytes.split_at(prefix + 32);
    ensure!(
        checksum(body) == *sum,
        "{text:?} is mistyped: its checksum is wrong"
    );
    Ok(<AccountId>::try_from(&body[prefix..])?)
}

fn checksum(bytes: &[u8]) -> [u8; 2] {
    let hash = blake2_512(&[b"SS58PRE", bytes].concat());
    [hash[0], hash[1]]
}

/// The account of a contract that `deployer` instantiates with this code, constructor input and salt.
pub fn contract_address(deployer: &AccountId, code: &Hash, input: &[u8], salt: &[u8]) -> AccountId {
    // What has no fixed length is encoded with its length.
    blake2_256(&(b"contract_addr_v1", deployer, code, input, salt).encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    #[test]
    fn accounts_are_read_and_written() -> Result<()> {
        let alice = parse_account(ALICE)?;
        assert_eq!(ss58(&alice, 42), ALICE);
        assert_eq!(parse_account(&hex(&alice))?, alice);
        for prefix in [0, 5, 63, 64, 255, 1_284, 16_383] {
            assert_eq!(parse_account(&ss58(&alice, prefix))?, alice, "{prefix}");
        }
        // The example of the SS58 registry's two-byte prefixes, 4242.
        assert!(ss58(&alice, 252).len() > ss58(&alice, 42).len());
        Ok(())
    }

    #[test]
    fn hex_is_read_and_written() {
        assert_eq!(hex(&[]), "0x");
        assert_eq!(hex(&[0, 0x0f, 0xa5]), "0x000fa5");
        let read = |text: &str| parse_hex(text).ok();
        assert_eq!(read("0x000FA5"), Some(vec![0, 0x0f, 0xa5]));
        assert_eq!(read("0x"), Some(vec![]));
        for wrong in ["", "00", "0x0", "0x0g", "0xé"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_contracts_address_is_that_of_the_pallet() {
        // By hand: BLAKE2b-256 of the prefix, deployer and code, then input and salt, each after its length as SCALE has it.
        let (deployer, code) = ([1; 32], [2; 32]);
        let bytes = [
            &b"contract_addr_v1"[..],
            &deployer,
            &code,
            &[2 << 2, 7, 8],
            &[1 << 2, 9],
        ];
        let expected = blake2_256(&bytes.concat());
        assert_eq!(contract_address(&deployer, &code, &[7, 8], &[9]), expected);
    }

    #[test]
    fn a_mistyped_account_is_refused() {
        for wrong in [
            "",
            "5Grw",
            "0x12",
            "0xzz",
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ",
            // A sign is no digit.
            &format!("0x+1{}", "00".repeat(31)),
            // Base 58 of many more bytes.
            concat!(
                "1xababababababababababababababababababababababababababababbababababababababababababaXXXXXX",
                "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXbababaBa",
                "b",
            ),
        ] {
            assert!(parse_account(wrong).is_err(), "{wrong}");
        }
    }
}
