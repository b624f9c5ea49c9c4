//! A network's file: any text is refused with a reason, or is a network that keeps every bound.

use std::collections::BTreeSet;
use vilokanam_deploy::{Network, ONE_VLK};
use vilokanam_interfaces::{
    Balance, MAX_ALLOCATIONS, MAX_ASSETS, MAX_CATEGORIES, MAX_CHANGE_DELAY_MS, MAX_FEE_BPS,
    MAX_GRACE_MS, MAX_NAME_LEN, MAX_REFERRAL_BPS, MIN_CHANGE_DELAY_MS, MIN_EXIT_DELAY_MS,
};

/// Bytes that are no text are none of a network's file: the system refuses them before.
pub fn config(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
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
