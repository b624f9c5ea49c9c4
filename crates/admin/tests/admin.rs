//! Ownership, changes and wiring, without a contract around them: each rule at its very edge, each event whole.

use ink::{
    env::{
        test::{default_accounts, recorded_events, set_block_timestamp, set_callee, set_caller},
        DefaultEnvironment as Env,
    },
    scale::Encode,
};
use vilokanam_admin::{Admin, Slots};
use vilokanam_interfaces::{
    events::admin::*, AccountId, AdminError, Administration, Change, Hash, Millis, PendingChange,
    Wiring, MAX_CHANGE_DELAY_MS, MAX_PENDING_CHANGES, MIN_CHANGE_DELAY_MS,
};

const NOW_MS: Millis = 1_700_000_000_000;
const LAYOUT: u32 = 7;
/// Has one use for everything.
const ALL: Slots = Slots {
    registry: true,
    pricing: true,
    payments: true,
    meter: true,
    passes: true,
    patronage: true,
    directory: true,
    second_code: true,
};

fn alice() -> AccountId {
    default_accounts::<Env>().alice
}

fn bob() -> AccountId {
    default_accounts::<Env>().bob
}

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

fn hash(number: u8) -> Hash {
    Hash::from([number; 32])
}

/// Alice's, since `NOW_MS`.
fn admin(change_delay_ms: Millis) -> Admin {
    set_caller::<Env>(alice());
    set_block_timestamp::<Env>(NOW_MS);
    let mut admin = Admin::default();
    assert_eq!(admin.init(change_delay_ms), Ok(()));
    admin
}

/// A wiring of the slots whose bits are set, from the registry's on.
fn wiring(bits: u8) -> Wiring {
    let slot = |bit: u8| (bits >> bit & 1 == 1).then(|| account(bit + 1));
    Wiring {
        registry: slot(0),
        pricing: slot(1),
        payments: slot(2),
        meter: slot(3),
        passes: slot(4),
        patronage: slot(5),
        directory: slot(6),
    }
}

/// The slots whose bits are set.
fn slots(bits: u8) -> Slots {
    let slot = |bit: u8| bits >> bit & 1 == 1;
    Slots {
        registry: slot(0),
        pricing: slot(1),
        payments: slot(2),
        meter: slot(3),
        passes: slot(4),
        patronage: slot(5),
        directory: slot(6),
        second_code: false,
    }
}

fn emitted() -> Vec<Vec<u8>> {
    recorded_events().map(|event| event.data).collect()
}

fn pending(admin: &Admin) -> Vec<PendingChange> {
    admin.administration(LAYOUT, ALL).pending
}

#[ink::test]
fn a_wiring_fits_its_own_slots_and_no_others() {
    for needs in 0..128 {
        for fills in 0..128 {
            assert_eq!(slots(needs).fit(&wiring(fills)), needs == fills);
        }
    }
}

#[ink::test]
fn whoever_needs_one_contract_is_wired() {
    for bit in 0..7 {
        // Each with storage of its own.
        set_callee::<Env>(account(100 + bit));
        let mut admin = admin(0);
        let needs = slots(1 << bit);
        assert_eq!(admin.wire(needs, wiring(1 << bit)), Ok(()));
        assert_eq!(admin.wiring(), wiring(1 << bit));
        let told = admin.administration(LAYOUT, needs);
        assert_eq!(told.wiring, wiring(1 << bit));
        let again = Err(AdminError::AlreadyWired);
        assert_eq!(admin.wire(needs, wiring(1 << bit)), again);
    }
    // Who needs none tells of none, whatever the cell holds.
    set_callee::<Env>(account(99));
    let mut admin = admin(0);
    assert_eq!(admin.wire(ALL, wiring(127)), Ok(()));
    let told = admin.administration(LAYOUT, Slots::NONE);
    assert_eq!(told.wiring, Wiring::default());
}

#[ink::test]
fn wire_fails_for_strangers_and_for_what_does_not_fit() {
    let mut admin = admin(0);
    let unsupported = Err(AdminError::UnsupportedChange);
    assert_eq!(admin.wire(Slots::NONE, Wiring::default()), unsupported);
    let mismatch = Err(AdminError::WiringMismatch);
    assert_eq!(admin.wire(slots(3), wiring(1)), mismatch);
    assert_eq!(admin.wiring(), Wiring::default());
    set_caller::<Env>(bob());
    assert_eq!(admin.wire(slots(1), wiring(1)), Err(AdminError::NotOwner));
    set_caller::<Env>(alice());
    assert_eq!(admin.wire(slots(1), wiring(1)), Ok(()));
    let wired = Wired { wiring: wiring(1) };
    assert_eq!(emitted(), [wired.encode()]);
}

#[ink::test]
fn a_delay_is_proper_or_none() {
    let refused = Err(AdminError::DelayOutOfRange {
        min_ms: MIN_CHANGE_DELAY_MS,
        max_ms: MAX_CHANGE_DELAY_MS,
    });
    for (delay_ms, expected) in [
        (0, Ok(())),
        (1, refused.clone()),
        (MIN_CHANGE_DELAY_MS - 1, refused.clone()),
        (MIN_CHANGE_DELAY_MS, Ok(())),
        (MAX_CHANGE_DELAY_MS, Ok(())),
        (MAX_CHANGE_DELAY_MS + 1, refused),
    ] {
        assert_eq!(Admin::default().init(delay_ms), expected);
    }
}

#[ink::test]
fn all_is_told() {
    let mut admin = admin(MIN_CHANGE_DELAY_MS);
    assert_eq!(admin.second_code(), Hash::default());
    admin.set_second_code(hash(8));
    assert_eq!(admin.second_code(), hash(8));
    assert_eq!(admin.wire(ALL, wiring(127)), Ok(()));
    assert_eq!(admin.propose_owner(Some(bob())), Ok(()));
    assert_eq!(admin.announce(Change::Code(hash(9)), ALL), Ok(1));
    let expected = Administration {
        owner: alice(),
        proposed_owner: Some(bob()),
        change_delay_ms: MIN_CHANGE_DELAY_MS,
        wiring: wiring(127),
        pending: vec![PendingChange {
            id: 1,
            change: Change::Code(hash(9)),
            due_ms: NOW_MS + MIN_CHANGE_DELAY_MS,
        }],
        layout_version: LAYOUT,
        code_hash: Hash::default(),
        second_code: Some(hash(8)),
    };
    assert_eq!(admin.administration(LAYOUT, ALL), expected);
    let told = admin.administration(LAYOUT, slots(127));
    assert_eq!(told.second_code, None);
}

#[ink::test]
fn what_was_never_constructed_is_nobodys() {
    let admin = Admin::default();
    set_caller::<Env>(alice());
    assert_eq!(admin.ensure_owner(), Err(AdminError::NotOwner));
    let told = admin.administration(LAYOUT, ALL);
    assert_eq!(told.owner, account(0));
    assert_eq!(told.change_delay_ms, MAX_CHANGE_DELAY_MS);
}

#[ink::test]
fn ownership_goes_to_who_was_offered_it() {
    let mut admin = admin(0);
    assert_eq!(admin.ensure_owner(), Ok(()));
    set_caller::<Env>(bob());
    assert_eq!(admin.ensure_owner(), Err(AdminError::NotOwner));
    let not_owner = Err(AdminError::NotOwner);
    assert_eq!(admin.propose_owner(Some(bob())), not_owner);
    let not_proposed = Err(AdminError::NotProposedOwner);
    assert_eq!(admin.accept_owner(), not_proposed);
    set_caller::<Env>(alice());
    assert_eq!(admin.propose_owner(Some(bob())), Ok(()));
    assert_eq!(admin.accept_owner(), not_proposed);
    set_caller::<Env>(bob());
    assert_eq!(admin.accept_owner(), Ok(()));
    assert_eq!(admin.accept_owner(), not_proposed);
    let told = admin.administration(LAYOUT, ALL);
    assert_eq!((told.owner, told.proposed_owner), (bob(), None));
    set_caller::<Env>(alice());
    assert_eq!(admin.ensure_owner(), Err(AdminError::NotOwner));
    let proposed = OwnerProposed {
        owner: alice(),
        proposed: Some(bob()),
    };
    let changed = OwnerChanged {
        old: alice(),
        new: bob(),
    };
    assert_eq!(emitted(), [proposed.encode(), changed.encode()]);
}

#[ink::test]
fn changes_are_numbered_listed_and_due_after_the_delay() {
    let mut admin = admin(MIN_CHANGE_DELAY_MS);
    let due_ms = NOW_MS + MIN_CHANGE_DELAY_MS;
    let change = Change::SecondCode(hash(3));
    let mut listed = Vec::new();
    let mut events = Vec::new();
    for id in 1..=MAX_PENDING_CHANGES {
        assert_eq!(admin.announce(change, ALL), Ok(id));
        listed.push(PendingChange { id, change, due_ms });
        events.push(ChangeAnnounced { id, change, due_ms }.encode());
    }
    assert_eq!(pending(&admin), listed);
    let max = MAX_PENDING_CHANGES;
    let too_many = Err(AdminError::TooManyChanges { max });
    assert_eq!(admin.announce(change, ALL), too_many);
    // One in the middle goes; the others stay in their order, and the next number is new.
    assert_eq!(admin.cancel(3), Ok(()));
    events.push(ChangeCancelled { id: 3 }.encode());
    listed.remove(2);
    assert_eq!(pending(&admin), listed);
    assert_eq!(admin.cancel(3), Err(AdminError::UnknownChange));
    assert_eq!(admin.announce(change, ALL), Ok(9));
    events.push(
        ChangeAnnounced {
            id: 9,
            change,
            due_ms,
        }
        .encode(),
    );
    listed.push(PendingChange {
        id: 9,
        change,
        due_ms,
    });
    assert_eq!(pending(&admin), listed);
    assert_eq!(emitted(), events);
    set_caller::<Env>(bob());
    assert_eq!(admin.cancel(1), Err(AdminError::NotOwner));
    assert_eq!(admin.apply(1, ALL), Err(AdminError::NotOwner));
    assert_eq!(admin.announce(change, ALL), Err(AdminError::NotOwner));
    assert_eq!(admin.enlist(change), Err(AdminError::NotOwner));
}

#[ink::test]
fn a_change_is_applied_at_its_instant_and_not_before() {
    let mut admin = admin(MIN_CHANGE_DELAY_MS);
    admin.set_second_code(hash(1));
    assert_eq!(admin.announce(Change::SecondCode(hash(2)), ALL), Ok(1));
    let due_ms = NOW_MS + MIN_CHANGE_DELAY_MS;
    set_block_timestamp::<Env>(due_ms - 1);
    let not_due = Err(AdminError::ChangeNotDue { due_ms });
    assert_eq!(admin.apply(1, ALL), not_due);
    assert_eq!(pending(&admin).len(), 1);
    set_block_timestamp::<Env>(due_ms);
    assert_eq!(admin.apply(1, ALL), Ok(()));
    assert_eq!(admin.second_code(), hash(2));
    assert_eq!(pending(&admin), []);
    assert_eq!(admin.apply(1, ALL), Err(AdminError::UnknownChange));
    // Later than due is due.
    assert_eq!(admin.announce(Change::SecondCode(hash(3)), ALL), Ok(2));
    set_block_timestamp::<Env>(due_ms + MIN_CHANGE_DELAY_MS + 1);
    assert_eq!(admin.apply(2, ALL), Ok(()));
    let applied = |id, old, new| ChangeApplied {
        id,
        old: Some(Change::SecondCode(old)),
        new: Change::SecondCode(new),
    };
    let events = emitted();
    assert_eq!(events.len(), 4);
    assert_eq!(events[1], applied(1, hash(1), hash(2)).encode());
    assert_eq!(events[3], applied(2, hash(2), hash(3)).encode());
}

#[ink::test]
fn a_wiring_is_replaced_slot_by_slot() {
    let mut admin = admin(0);
    let rewired = slots(0b0101_0101);
    let other = |number: u8| Some(account(number));
    let change = Change::Wiring(Wiring {
        registry: other(21),
        payments: other(23),
        passes: other(25),
        directory: other(27),
        ..Wiring::default()
    });
    // Not before the first.
    let mismatch = Err(AdminError::WiringMismatch);
    assert_eq!(admin.announce(change, rewired), mismatch);
    assert_eq!(admin.wire(ALL, wiring(127)), Ok(()));
    assert_eq!(admin.announce(change, ALL), mismatch);
    assert_eq!(admin.announce(change, rewired), Ok(1));
    assert_eq!(admin.apply(1, rewired), Ok(()));
    let expected = Wiring {
        registry: other(21),
        payments: other(23),
        passes: other(25),
        directory: other(27),
        ..wiring(127)
    };
    assert_eq!(admin.wiring(), expected);
    let change_back = Change::Wiring(wiring(0b0010_1010));
    let odd = slots(0b0010_1010);
    assert_eq!(admin.announce(change_back, odd), Ok(2));
    assert_eq!(admin.apply(2, odd), Ok(()));
    assert_eq!(admin.wiring(), expected);
    let applied = ChangeApplied {
        id: 1,
        old: Some(Change::Wiring(wiring(127))),
        new: change,
    };
    assert_eq!(emitted()[2], applied.encode());
}

#[ink::test]
fn who_calls_nobody_has_no_wiring_to_change() {
    let mut admin = admin(0);
    let change = Change::Wiring(Wiring::default());
    let unsupported = Err(AdminError::UnsupportedChange);
    assert_eq!(admin.announce(change, Slots::NONE), unsupported);
    assert_eq!(
        admin.is_own(&change, Slots::NONE),
        unsupported.map(|_: u32| true)
    );
    // Were one listed all the same, it would be handed back, not carried out.
    assert_eq!(admin.enlist(change), Ok(1));
    assert_eq!(admin.carry_out(1, Slots::NONE), Ok(Some(change)));
}

#[ink::test]
fn a_delay_is_only_raised() {
    let mut admin = admin(MIN_CHANGE_DELAY_MS);
    let announce = |admin: &mut Admin, delay_ms| admin.announce(Change::Delay(delay_ms), ALL);
    let not_raised = Err(AdminError::DelayNotRaised {
        current_ms: MIN_CHANGE_DELAY_MS,
    });
    assert_eq!(announce(&mut admin, MIN_CHANGE_DELAY_MS), not_raised);
    let out_of_range = Err(AdminError::DelayOutOfRange {
        min_ms: MIN_CHANGE_DELAY_MS,
        max_ms: MAX_CHANGE_DELAY_MS,
    });
    let too_long = MAX_CHANGE_DELAY_MS + 1;
    assert_eq!(announce(&mut admin, too_long), out_of_range);
    let longer_ms = MIN_CHANGE_DELAY_MS + 1;
    assert_eq!(announce(&mut admin, longer_ms), Ok(1));
    assert_eq!(announce(&mut admin, longer_ms), Ok(2));
    set_block_timestamp::<Env>(NOW_MS + longer_ms);
    assert_eq!(admin.apply(1, ALL), Ok(()));
    let told = admin.administration(LAYOUT, ALL);
    assert_eq!(told.change_delay_ms, longer_ms);
    // It is no longer a raise.
    assert_eq!(admin.apply(2, ALL), Err(AdminError::InvalidChange));
    let applied = ChangeApplied {
        id: 1,
        old: Some(Change::Delay(MIN_CHANGE_DELAY_MS)),
        new: Change::Delay(longer_ms),
    };
    assert_eq!(emitted()[2], applied.encode());
}

#[ink::test]
fn what_a_contract_alone_knows_is_handed_back() {
    let mut admin = admin(0);
    let one_code = slots(127);
    for change in [
        Change::Treasury(bob()),
        Change::ListToken(bob()),
        Change::SecondCode(hash(5)),
    ] {
        assert_eq!(admin.is_own(&change, one_code), Ok(true));
        let unsupported = Err(AdminError::UnsupportedChange);
        assert_eq!(admin.announce(change, one_code), unsupported);
        let id = admin.enlist(change).expect("room");
        assert_eq!(admin.carry_out(id, one_code), Ok(Some(change)));
        let id = admin.enlist(change).expect("room");
        let unsupported = Err(AdminError::UnsupportedChange);
        assert_eq!(admin.apply(id, one_code), unsupported);
    }
    assert_eq!(admin.second_code(), Hash::default());
    for change in [Change::Code(hash(5)), Change::SecondCode(hash(5))] {
        assert_eq!(admin.is_own(&change, ALL), Ok(false));
    }
    set_caller::<Env>(bob());
    let change = Change::Code(hash(5));
    assert_eq!(admin.is_own(&change, ALL), Err(AdminError::NotOwner));
}

#[ink::test]
#[should_panic(expected = "off-chain environment does not support `set_code_hash`")]
fn a_change_of_code_asks_the_chain() {
    let mut admin = admin(0);
    assert_eq!(admin.announce(Change::Code(hash(5)), ALL), Ok(1));
    let _ = admin.apply(1, ALL);
}
