//! Accounts as people write them: base 58 with the chain's prefix and a checksum.

use anyhow::{anyhow, bail, ensure, Result};
use blake2::{Blake2b512, Digest};

const KEY_LEN: usize = 32;
const CHECKSUM_LEN: usize = 2;

/// The prefix's bytes: one below 64, else two with the bits in an order of their own.
fn prefix_bytes(prefix: u16) -> Vec<u8> {
    let [high, low] = (prefix & 0x3fff).to_be_bytes();
    match prefix {
        0..64 => vec![low],
        _ => vec![
            ((low & 0xfc) >> 2) | 0x40,
            (high & 0x3f) | ((low & 0x03) << 6),
        ],
    }
}

fn checksum(body: &[u8]) -> Vec<u8> {
    let hash = Blake2b512::new()
        .chain_update(b"SS58PRE")
        .chain_update(body);
    hash.finalize().iter().take(CHECKSUM_LEN).copied().collect()
}

/// Writes an account for the chain with this prefix.
pub fn to_ss58(account: &[u8; KEY_LEN], prefix: u16) -> String {
    let mut body = prefix_bytes(prefix);
    body.extend(account);
    let checksum = checksum(&body);
    body.extend(checksum);
    bs58::encode(body).into_string()
}

/// Reads an account, of whatever chain.
pub fn from_ss58(text: &str) -> Result<[u8; KEY_LEN]> {
    let bytes = bs58::decode(text).into_vec();
    let bytes = bytes.map_err(|_| anyhow!("`{text}` is not an address: not base 58"))?;
    let prefix_len = match bytes.first() {
        Some(0..64) => 1,
        Some(64..128) => 2,
        _ => bail!("`{text}` is not an address: no prefix"),
    };
    ensure!(
        bytes.len() == prefix_len + KEY_LEN + CHECKSUM_LEN,
        "`{text}` is not an address of 32 bytes"
    );
    let (body, sum) = bytes.split_at(prefix_len + KEY_LEN);
    ensure!(
        checksum(body) == sum,
        "`{text}` has a wrong checksum: is it misspelt?"
    );
    let key = body.last_chunk::<KEY_LEN>();
    key.copied().ok_or_else(|| anyhow!("`{text}` is too short"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The published addresses of the development account Alice.
    const ALICE: [u8; 32] = [
        0xd4, 0x35, 0x93, 0xc7, 0x15, 0xfd, 0xd3, 0x1c, 0x61, 0x14, 0x1a, 0xbd, 0x04, 0xa9, 0x9f,
        0xd6, 0x82, 0x2c, 0x85, 0x58, 0x85, 0x4c, 0xcd, 0xe3, 0x9a, 0x56, 0x84, 0xe7, 0xa5, 0x6d,
        0xa2, 0x7d,
    ];
    const ON_SUBSTRATE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    const ON_POLKADOT: &str = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";

    #[test]
    fn addresses_are_the_published_ones() {
        assert_eq!(to_ss58(&ALICE, 42), ON_SUBSTRATE);
        assert_eq!(to_ss58(&ALICE, 0), ON_POLKADOT);
        for address in [ON_SUBSTRATE, ON_POLKADOT] {
            assert_eq!(from_ss58(address).expect("is good"), ALICE);
        }
    }

    #[test]
    fn every_prefix_is_read_back() {
        for prefix in 0..=16_383 {
            let address = to_ss58(&ALICE, prefix);
            assert_eq!(from_ss58(&address).expect("is good"), ALICE, "{prefix}");
        }
    }

    #[test]
    fn misspelt_addresses_are_refused() {
        let wrong = ON_SUBSTRATE.replace("QY", "QZ");
        let error = from_ss58(&wrong).expect_err("is misspelt").to_string();
        assert!(
            error.ends_with("has a wrong checksum: is it misspelt?"),
            "{error}"
        );
        assert!(from_ss58("alice").is_err());
        assert!(from_ss58("").is_err());
        assert!(from_ss58(&ON_SUBSTRATE[..40]).is_err());
    }
}
