//! Smaller formats that the programs read: metadata, Wasm, addresses, hex.

use vilokanam_abi::{can_upgrade, codec, from_ss58, imports, to_ss58, Abi};
use vilokanam_client::{hex, parse_account, parse_hex, ss58};

/// The first byte names the format, the rest is the file or the text.
pub fn files(data: &[u8]) {
    let Some((format, rest)) = data.split_first() else {
        return;
    };
    if format % 4 == 0 {
        if let Ok(names) = imports(rest) {
            let upgrades = names.iter().any(|(_, name)| name == "set_code_hash");
            assert_eq!(can_upgrade(rest).ok(), Some(upgrades));
        }
        return;
    }
    let Ok(text) = core::str::from_utf8(rest) else {
        return;
    };
    match format % 4 {
        1 => {
            if let Err(error) = Abi::parse(text) {
                assert!(!format!("{error:#}").is_empty());
            }
        }
        2 => address(text),
        _ => digits(text),
    }
}

/// Two crates read addresses, and agree.
fn address(text: &str) {
    let account = parse_account(text).ok();
    if !text.starts_with("0x") {
        assert_eq!(account, from_ss58(text).ok(), "{text:?}");
    }
    if let Some(account) = account {
        for prefix in [0, 42, 63, 64, 255, 16_383] {
            let written = ss58(&account, prefix);
            assert_eq!(written, to_ss58(&account, prefix));
            assert_eq!(parse_account(&written).ok(), Some(account));
        }
    }
}

/// And hex.
fn digits(text: &str) {
    let bytes = parse_hex(text).ok();
    assert_eq!(bytes, codec::from_hex(text).ok(), "{text:?}");
    if let Some(bytes) = bytes {
        assert_eq!(hex(&bytes), text.to_ascii_lowercase());
        assert_eq!(codec::to_hex(&bytes), hex(&bytes));
    }
}
