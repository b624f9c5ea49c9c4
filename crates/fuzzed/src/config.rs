//! A network's file: any text is refused with a reason, or is a network that keeps every bound.

use crate::input::Input;
use std::collections::BTreeSet;
use vilokanam_deploy::{Network, ONE_VLK};
use vilokanam_interfaces::{
    Balance, MAX_ALLOCATIONS, MAX_ASSETS, MAX_CATEGORIES, MAX_CHANGE_DELAY_MS, MAX_FEE_BPS,
    MAX_GRACE_MS, MAX_NAME_LEN, MAX_REFERRAL_BPS, MIN_CHANGE_DELAY_MS, MIN_EXIT_DELAY_MS,
};

/// A text; or, after a byte of zero, the numbers of one, since chance writes few numbers. Bytes that are no text are none of a network's
/// file: the system refuses them before.
pub fn config(data: &[u8]) {
    if let Some((0, numbers)) = data.split_first() {
        return parsed(&written(&mut Input(numbers)));
    }
    if let Ok(text) = core::str::from_utf8(data) {
        parsed(text);
    }
}

/// A file with these numbers.
fn written(input: &mut Input) -> String {
    let account = |byte: u8| format!("\"0x{}\"", format!("{:02x}", byte % 6).repeat(32));
    let accounts = |input: &mut Input| {
        let count = input.byte() % 6;
        let all: Vec<_> = (0..count).map(|_| account(input.byte())).collect();
        all.join(", ")
    };
    let mut text = format!(
        "endpoints = [\"wss://one.example\"]\ndevelopment = {}\ntokens = [{}]\n[delays]\nexit_ms = {}\nchange_ms = {}\n",
        input.byte().is_multiple_of(2),
        accounts(input),
        input.sized_ms(),
        input.sized_ms(),
    );
    text += "[fees]\n";
    for fee in ["standard", "premium", "subscription", "tips", "referral"] {
        text += &format!("{fee} = {}\n", input.u16() >> (input.byte() % 16));
    }
    let (moderators, gateways) = (accounts(input), accounts(input));
    text += &format!(
        "[roles]\ntreasury = {}\nmoderators = [{moderators}]\n",
        account(0)
    );
    text += &format!("[moderation]\nbond = \"{}\"\n", input.sized());
    text += &format!("[directory]\ngateways = [{gateways}]\n[directory.categories]\n");
    for _ in 0..input.byte() % 3 {
        let name = "n".repeat(usize::from(input.byte() % 80));
        text += &format!("{} = \"{name}\"\n", input.u16() >> (input.byte() % 16));
    }
    let amounts: Vec<_> = (0..input.byte() % 6).map(|_| input.sized_ms()).collect();
    // Mostly the sum, as it must be.
    let sum = amounts
        .iter()
        .fold(0u64, |sum, amount| sum.wrapping_add(*amount));
    let cap = match input.byte() % 4 {
        0 => input.sized_ms(),
        _ => sum,
    };
    text += &format!("[vlk]\ncap = {cap}\n");
    for (place, amount) in (0u8..).zip(amounts) {
        let owner = account(place + input.byte() % 2);
        text += &format!("[[vlk.allocations]]\naccount = {owner}\namount = {amount}\n");
    }
    text
}

fn parsed(text: &str) {
    match Network::parse("fuzzed", text) {
        Ok(network) => keeps_bounds(&network),
        Err(error) => {
            // What a person reads.
            let said = format!("{error:#}");
            assert!(!said.trim().is_empty(), "refused without a reason");
        }
    }
}

fn keeps_bounds(network: &Network) {
    let allocations = network.allocations();
    let cap = Balance::from(network.vlk.cap) * ONE_VLK;
    assert_eq!(
        allocations
            .iter()
            .map(|(_, amount)| amount)
            .sum::<Balance>(),
        cap
    );
    let holders: BTreeSet<_> = allocations.iter().map(|(account, _)| account).collect();
    assert_eq!(holders.len(), allocations.len());
    assert!((1..=MAX_ALLOCATIONS as usize).contains(&allocations.len()));
    let fees = network.fee_schedule();
    for bps in [
        fees.standard_bps,
        fees.premium_bps,
        fees.subscription_bps,
        fees.tips_bps,
    ] {
        assert!(bps <= MAX_FEE_BPS);
    }
    assert!(fees.referral_bps <= MAX_REFERRAL_BPS);
    let delays = network.delays;
    assert!(delays.exit_ms <= MAX_GRACE_MS);
    match delays.change_ms {
        0 => assert!(network.development),
        ms => {
            assert!((MIN_CHANGE_DELAY_MS..=MAX_CHANGE_DELAY_MS).contains(&ms));
            assert!(delays.exit_ms >= MIN_EXIT_DELAY_MS);
        }
    }
    assert!(network.tokens.len() + 2 <= usize::from(MAX_ASSETS));
    assert!(!network.endpoints.is_empty());
    for (number, name) in &network.directory.categories {
        assert!(*number < MAX_CATEGORIES && name.len() <= MAX_NAME_LEN as usize);
    }
    let _ = (
        network.options(),
        network.bond_treasury(),
        network.staking(),
    );
}
