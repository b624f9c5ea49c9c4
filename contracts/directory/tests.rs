//! Everything that needs no registry: what it says is given. Calls are told as stories on the embedded chain.

use crate::{
    checks::{next_number, window},
    directory::Lists,
};
use ink::env::{
    test::{recorded_events, set_block_timestamp, set_caller},
    DefaultEnvironment as Environment, Event,
};
use vilokanam_interfaces::{
    events::{admin::*, directory::*},
    AccountId, AdminError, Administered, Change, CidError, Directory, DirectoryError as Error,
    External, Hash, Listing, Millis, Scheduled, StreamId, Wiring, MAX_AHEAD_MS, MAX_CATEGORIES,
    MAX_CHANGE_DELAY_MS, MAX_LISTING, MAX_NAME_LEN, MAX_SCHEDULED, MIN_CHANGE_DELAY_MS,
};

const OWNER: AccountId = AccountId([0x11; 32]);
const GATEWAY: AccountId = AccountId([0x12; 32]);
const OTHER_GATEWAY: AccountId = AccountId([0x13; 32]);
const PAYEE: AccountId = AccountId([0x14; 32]);
const OTHER_PAYEE: AccountId = AccountId([0x15; 32]);
const STRANGER: AccountId = AccountId([0x16; 32]);

const CID: &str = "bafybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34";
const CID_V0: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";
const START: Millis = 1_700_000_000_000;
const HOUR: Millis = 3_600_000;
const STREAM: StreamId = 4;
const CHAIN: u32 = 2_000;
const LAST: u16 = MAX_CATEGORIES - 1;

/// An event as it is recorded: what it is, and its fields.
type Told = (Vec<u8>, Vec<u8>);

fn told<T: Event>(event: T) -> Told {
    (T::SIGNATURE_TOPIC.unwrap().to_vec(), event.encode())
}

/// The events after the first `skip`.
fn events(skip: usize) -> Vec<Told> {
    let recorded = recorded_events().skip(skip);
    recorded
        .map(|event| (event.topics[0].clone(), event.data))
        .collect()
}

fn count() -> usize {
    recorded_events().count()
}

fn by(account: AccountId) {
    set_caller::<Environment>(account);
}

fn at(ms: Millis) {
    set_block_timestamp::<Environment>(ms);
}

/// A wired directory, the owner calling.
fn directory() -> Lists {
    by(OWNER);
    at(START);
    let mut directory = Lists::new(0).expect("a directory");
    let wiring = Wiring {
        registry: Some(AccountId([0x51; 32])),
        ..Wiring::default()
    };
    assert_eq!(directory.wire(wiring), Ok(()));
    directory
}

/// The same with a gateway, which calls.
fn with_gateway() -> Lists {
    let mut directory = directory();
    assert_eq!(directory.set_gateway(GATEWAY, true), Ok(()));
    by(GATEWAY);
    directory
}

fn origin(byte: u8) -> Hash {
    Hash::from([byte; 32])
}

fn registers(directory: &mut Lists, byte: u8) -> Result<u32, Error> {
    directory.register_external(CHAIN, origin(byte), PAYEE, CID.into(), 3)
}

/// An hour from that many hours after the start.
fn hours(after: u64) -> Scheduled {
    Scheduled {
        start_ms: START + after * HOUR,
        end_ms: START + (after + 1) * HOUR,
        cid: CID.into(),
    }
}

fn listed(directory: &Lists, category: u16) -> Vec<StreamId> {
    let listing = directory.streams_in(category, 0, MAX_LISTING);
    assert_eq!(listing.next, None);
    assert_eq!(
        listing.streams.len(),
        directory.stream_count_in(category) as usize
    );
    listing.streams
}

#[ink::test]
fn new_works() {
    by(OWNER);
    let directory = Lists::new(MIN_CHANGE_DELAY_MS).unwrap();
    let administration = directory.administration();
    assert_eq!(administration.owner, OWNER);
    assert_eq!(administration.change_delay_ms, MIN_CHANGE_DELAY_MS);
    assert_eq!(administration.layout_version, 1);
    assert_eq!(directory.external_count(), 0);
    assert_eq!(directory.external(1), None);
    assert_eq!(directory.scheduled(STREAM), []);
    assert_eq!(directory.listed_in(STREAM), None);
    assert!(listed(&directory, 0).is_empty());
    assert_eq!(
        Lists::new(1).err(),
        Some(AdminError::DelayOutOfRange {
            min_ms: MIN_CHANGE_DELAY_MS,
            max_ms: MAX_CHANGE_DELAY_MS
        })
    );
}

#[ink::test]
fn messages_that_ask_the_registry_fail_when_not_wired() {
    by(OWNER);
    let mut directory = Lists::new(0).unwrap();
    assert_eq!(directory.list_stream(STREAM), Err(Error::NotWired));
    let schedule = directory.schedule(STREAM, hours(1));
    assert_eq!(schedule, Err(Error::NotWired));
    let cancel = directory.cancel_scheduled(STREAM, START + HOUR);
    assert_eq!(cancel, Err(Error::NotWired));
}

#[ink::test]
fn the_owner_names_categories() {
    let mut directory = directory();
    let long = "x".repeat(MAX_NAME_LEN as usize + 1);
    by(STRANGER);
    let refused = directory.name_category(MAX_CATEGORIES, String::new());
    assert_eq!(refused, Err(Error::Admin(AdminError::NotOwner)));
    by(OWNER);
    let unknown = Error::UnknownCategory {
        limit: MAX_CATEGORIES,
    };
    for category in [MAX_CATEGORIES, u16::MAX] {
        let refused = directory.name_category(category, String::new());
        assert_eq!(refused, Err(unknown.clone()));
    }
    for name in ["", &long] {
        let invalid = Error::InvalidName {
            max_len: MAX_NAME_LEN,
        };
        let refused = directory.name_category(LAST, name.into());
        assert_eq!(refused, Err(invalid));
    }
    assert_eq!(directory.category_name(LAST), None);
    let before = count();
    assert_eq!(directory.name_category(LAST, long[1..].into()), Ok(()));
    assert_eq!(directory.name_category(LAST, "cooking".into()), Ok(()));
    assert_eq!(directory.category_name(LAST), Some("cooking".into()));
    assert_eq!(directory.category_name(0), None);
    assert_eq!(
        events(before),
        [
            told(CategoryNamed {
                category: LAST,
                old: None,
                new: long[1..].into()
            }),
            told(CategoryNamed {
                category: LAST,
                old: Some(long[1..].into()),
                new: "cooking".into()
            })
        ]
    );
}

#[ink::test]
fn streams_move_between_the_lists() {
    let mut directory = directory();
    let before = count();
    for stream in [1, 2, 3, 4] {
        assert_eq!(directory.move_to(stream, 7), Ok(()));
        let again = directory.move_to(stream, 7);
        assert_eq!(again, Err(Error::AlreadyListed));
    }
    assert_eq!(listed(&directory, 7), [1, 2, 3, 4]);
    // The last takes the place of the one that goes.
    assert_eq!(directory.move_to(2, LAST), Ok(()));
    assert_eq!(listed(&directory, 7), [1, 4, 3]);
    assert_eq!(listed(&directory, LAST), [2]);
    // The last itself goes; then one that was moved.
    assert_eq!(directory.move_to(3, LAST), Ok(()));
    assert_eq!(directory.move_to(4, LAST), Ok(()));
    assert_eq!(listed(&directory, 7), [1]);
    assert_eq!(listed(&directory, LAST), [2, 3, 4]);
    // Places that were left are used again.
    assert_eq!(directory.move_to(2, 7), Ok(()));
    assert_eq!(listed(&directory, 7), [1, 2]);
    assert_eq!(listed(&directory, LAST), [4, 3]);
    assert_eq!(directory.listed_in(2), Some(7));
    assert_eq!(directory.listed_in(4), Some(LAST));
    assert_eq!(directory.listed_in(5), None);

    let moved = |stream, category, before| {
        told(StreamListed {
            stream,
            category,
            before,
        })
    };
    assert_eq!(
        events(before),
        [
            moved(1, 7, None),
            moved(2, 7, None),
            moved(3, 7, None),
            moved(4, 7, None),
            moved(2, LAST, Some(7)),
            moved(3, LAST, Some(7)),
            moved(4, LAST, Some(7)),
            moved(2, 7, Some(LAST)),
        ]
    );
}

/// Any pattern of moves leaves every stream in one list, once, at the place that it is said to be.
#[ink::test]
fn lists_stay_whole_through_many_moves() {
    let mut directory = directory();
    let mut model = [None; 9];
    let mut dice: u64 = 12_345;
    for _ in 0..2_000 {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let stream = (dice >> 33) as usize % model.len();
        let category = (dice >> 50) as u16 % 3;
        let moved = directory.move_to(stream as StreamId, category);
        assert_eq!(moved.is_ok(), model[stream] != Some(category));
        model[stream] = Some(category);
        for category in 0..3 {
            let mut streams = listed(&directory, category);
            streams.sort_unstable();
            let expected = (0..model.len()).filter(|s| model[*s] == Some(category));
            let expected: Vec<_> = expected.map(|s| s as StreamId).collect();
            assert_eq!(streams, expected);
        }
    }
}

#[ink::test]
fn listings_come_in_parts() {
    let mut directory = directory();
    for stream in 1..=53 {
        directory.move_to(stream, 7).unwrap();
    }
    let part = |streams: Vec<StreamId>, next| Listing { streams, next };
    for limit in [50, 51, u32::MAX] {
        let first = part((1..=50).collect(), Some(50));
        assert_eq!(directory.streams_in(7, 0, limit), first);
    }
    assert_eq!(
        directory.streams_in(7, 50, 50),
        part(vec![51, 52, 53], None)
    );
    assert_eq!(directory.streams_in(7, 1, 2), part(vec![2, 3], Some(3)));
    assert_eq!(directory.streams_in(7, 0, 0), part(Vec::new(), Some(0)));
    for (category, start) in [(7, u32::MAX), (8, 0), (u16::MAX, 0)] {
        let none = directory.streams_in(category, start, u32::MAX);
        assert_eq!(none, part(Vec::new(), None));
    }
    assert_eq!(window(u32::MAX, u32::MAX, u32::MAX), (u32::MAX, None));
}

#[test]
fn numbers_are_exhausted_at_the_end() {
    assert_eq!(next_number(u32::MAX - 1), Ok(u32::MAX));
    assert_eq!(next_number(u32::MAX), Err(Error::NumbersExhausted));
}

#[ink::test]
fn broadcasts_are_announced_in_any_order_and_taken_back() {
    let mut directory = directory();
    let before = count();
    for after in [5, 1, 3] {
        assert_eq!(directory.announced(STREAM, hours(after)), Ok(()));
    }
    assert_eq!(directory.scheduled(STREAM), [hours(1), hours(3), hours(5)]);
    assert_eq!(directory.scheduled(STREAM + 1), []);
    assert_eq!(directory.unannounced(STREAM, hours(3).start_ms), Ok(()));
    assert_eq!(directory.scheduled(STREAM), [hours(1), hours(5)]);
    let again = directory.unannounced(STREAM, hours(3).start_ms);
    assert_eq!(again, Err(Error::NotScheduled));
    let scheduled = |after| {
        told(BroadcastScheduled {
            stream: STREAM,
            scheduled: hours(after),
        })
    };
    assert_eq!(
        events(before),
        [
            scheduled(5),
            scheduled(1),
            scheduled(3),
            told(ScheduleCancelled {
                stream: STREAM,
                start_ms: hours(3).start_ms
            })
        ]
    );
    // What has ended is gone, and what has begun is not.
    at(hours(1).end_ms - 1);
    assert_eq!(directory.scheduled(STREAM), [hours(1), hours(5)]);
    at(hours(1).end_ms);
    assert_eq!(directory.scheduled(STREAM), [hours(5)]);
    let ended = directory.unannounced(STREAM, hours(1).start_ms);
    assert_eq!(ended, Err(Error::NotScheduled));
    // Even one in the middle, whose end comes before that of an earlier one.
    let long = Scheduled {
        end_ms: START + 100 * HOUR,
        ..hours(4)
    };
    assert_eq!(directory.announced(STREAM, long.clone()), Ok(()));
    at(hours(5).end_ms);
    assert_eq!(directory.scheduled(STREAM), [long]);
}

#[ink::test]
fn schedule_checks_in_order() {
    let mut directory = directory();
    let out = Error::TimeOutOfRange {
        max_ms: START + MAX_AHEAD_MS,
    };
    let times = |start_ms, end_ms| Scheduled {
        start_ms,
        end_ms,
        cid: String::new(),
    };
    for (start_ms, end_ms) in [
        (0, 1),
        (START - 1, START + 1),
        (START, START + 1),
        (START + 1, START + 1),
        (START + 2, START + 1),
        (START + MAX_AHEAD_MS + 1, u64::MAX),
        (u64::MAX, u64::MAX),
    ] {
        let refused = directory.announced(STREAM, times(start_ms, end_ms));
        assert_eq!(refused, Err(out.clone()));
    }
    for start_ms in [START + 1, START + MAX_AHEAD_MS] {
        let refused = directory.announced(STREAM, times(start_ms, u64::MAX));
        assert_eq!(refused, Err(Error::InvalidCid(CidError::UnknownForm)));
    }
    for after in 1..=u64::from(MAX_SCHEDULED) {
        assert_eq!(directory.announced(STREAM, hours(after)), Ok(()));
    }
    let again = directory.announced(STREAM, hours(MAX_SCHEDULED.into()));
    assert_eq!(again, Err(Error::AlreadyScheduled));
    let too_many = Error::TooManyScheduled { max: MAX_SCHEDULED };
    assert_eq!(
        directory.announced(STREAM, hours(99)),
        Err(too_many.clone())
    );
    assert_eq!(directory.announced(STREAM + 1, hours(99)), Ok(()));
    // There is room for it when the first has ended.
    at(hours(1).end_ms - 1);
    assert_eq!(directory.announced(STREAM, hours(99)), Err(too_many));
    at(hours(1).end_ms);
    assert_eq!(directory.announced(STREAM, hours(99)), Ok(()));
    assert_eq!(directory.scheduled(STREAM).len(), 8);
}

#[ink::test]
fn what_begins_at_the_last_instant_that_is_allowed_is_announced() {
    let mut directory = directory();
    let last = Scheduled {
        start_ms: START + MAX_AHEAD_MS,
        end_ms: u64::MAX,
        cid: CID_V0.into(),
    };
    assert_eq!(directory.announced(STREAM, last.clone()), Ok(()));
    assert_eq!(directory.scheduled(STREAM), [last]);
}

#[ink::test]
fn the_owner_makes_gateways() {
    let mut directory = directory();
    by(STRANGER);
    let refused = directory.set_gateway(STRANGER, true);
    assert_eq!(refused, Err(Error::Admin(AdminError::NotOwner)));
    assert!(!directory.is_gateway(STRANGER));
    by(OWNER);
    // The owner is none by being the owner.
    assert_eq!(registers(&mut directory, 1), Err(Error::NotGateway));
    let before = count();
    for gateway in [true, true, false] {
        assert_eq!(directory.set_gateway(GATEWAY, gateway), Ok(()));
        assert_eq!(directory.is_gateway(GATEWAY), gateway);
    }
    let set = |old, new| {
        told(GatewaySet {
            account: GATEWAY,
            old,
            new,
        })
    };
    assert_eq!(
        events(before),
        [set(false, true), set(true, true), set(true, false)]
    );
}

#[ink::test]
fn gateways_register_streams_of_other_chains() {
    let mut directory = with_gateway();
    let before = count();
    assert_eq!(registers(&mut directory, 1), Ok(1));
    assert_eq!(registers(&mut directory, 2), Ok(2));
    // The same name on another chain is another stream.
    let other = directory.register_external(CHAIN + 1, origin(1), OTHER_PAYEE, CID_V0.into(), LAST);
    assert_eq!(other, Ok(3));
    let registered = |external, byte| {
        told(ExternalRegistered {
            external,
            gateway: GATEWAY,
            origin_chain: CHAIN,
            origin_stream: origin(byte),
            payee: PAYEE,
            cid: CID.into(),
            category: 3,
        })
    };
    assert_eq!(
        events(before),
        [
            registered(1, 1),
            registered(2, 2),
            told(ExternalRegistered {
                external: 3,
                gateway: GATEWAY,
                origin_chain: CHAIN + 1,
                origin_stream: origin(1),
                payee: OTHER_PAYEE,
                cid: CID_V0.into(),
                category: LAST,
            })
        ]
    );
    let first = External {
        gateway: GATEWAY,
        origin_chain: CHAIN,
        origin_stream: origin(1),
        payee: PAYEE,
        cid: CID.into(),
        category: 3,
        active: true,
    };
    assert_eq!(directory.external(1), Some(first));
    assert_eq!(directory.external_of(CHAIN, origin(2)), Some(2));
    assert_eq!(directory.external_of(CHAIN + 1, origin(1)), Some(3));
    assert_eq!(directory.external_of(CHAIN + 1, origin(2)), None);
    assert_eq!(directory.external_count(), 3);
}

#[ink::test]
fn register_external_checks_in_order() {
    let mut directory = with_gateway();
    assert_eq!(registers(&mut directory, 1), Ok(1));
    let mut register = |cid: &str, category| {
        directory.register_external(CHAIN, origin(1), PAYEE, cid.into(), category)
    };
    by(STRANGER);
    assert_eq!(register("", MAX_CATEGORIES), Err(Error::NotGateway));
    by(GATEWAY);
    let long = format!("b{}", "a".repeat(64));
    // As long as any may be, and none for what it is.
    let longest = "x".repeat(64);
    for (cid, why) in [
        ("", CidError::UnknownForm),
        (&long, CidError::TooLong),
        (&longest, CidError::UnknownForm),
        ("b1", CidError::BadCharacter),
        ("ba", CidError::BadPadding),
        ("baa", CidError::BadVersion),
        ("bae", CidError::BadHash),
    ] {
        let invalid = Err(Error::InvalidCid(why));
        assert_eq!(register(cid, MAX_CATEGORIES), invalid, "{cid}");
    }
    let limit = MAX_CATEGORIES;
    assert_eq!(
        register(CID, MAX_CATEGORIES),
        Err(Error::UnknownCategory { limit })
    );
    let external = 1;
    assert_eq!(
        register(CID, LAST),
        Err(Error::AlreadyRegistered { external })
    );
    // A gateway cannot take what another registered either.
    by(OWNER);
    directory.set_gateway(OTHER_GATEWAY, true).unwrap();
    by(OTHER_GATEWAY);
    let again = registers(&mut directory, 1);
    assert_eq!(again, Err(Error::AlreadyRegistered { external }));
    assert_eq!(directory.external_count(), 1);
}

#[ink::test]
fn external_streams_run_out_of_numbers() {
    let mut directory = with_gateway();
    directory.set_external_count(u32::MAX);
    assert_eq!(registers(&mut directory, 1), Err(Error::NumbersExhausted));
    assert_eq!(directory.external_of(CHAIN, origin(1)), None);
}

#[ink::test]
fn a_gateway_changes_what_it_registered_while_it_is_one() {
    let mut directory = with_gateway();
    assert_eq!(registers(&mut directory, 1), Ok(1));
    by(OWNER);
    directory.set_gateway(OTHER_GATEWAY, true).unwrap();
    fn update(directory: &mut Lists, external: u32, cid: &str, category: u16) -> Result<(), Error> {
        directory.update_external(external, OTHER_PAYEE, cid.into(), category, false)
    }
    by(STRANGER);
    for external in [0, 2] {
        let refused = update(&mut directory, external, "", MAX_CATEGORIES);
        assert_eq!(refused, Err(Error::ExternalNotFound));
    }
    for who in [STRANGER, OWNER, PAYEE, OTHER_GATEWAY] {
        by(who);
        let refused = update(&mut directory, 1, "", MAX_CATEGORIES);
        assert_eq!(refused, Err(Error::NotGateway));
    }
    by(GATEWAY);
    let invalid = Err(Error::InvalidCid(CidError::UnknownForm));
    assert_eq!(update(&mut directory, 1, "", MAX_CATEGORIES), invalid);
    let limit = MAX_CATEGORIES;
    assert_eq!(
        update(&mut directory, 1, CID_V0, MAX_CATEGORIES),
        Err(Error::UnknownCategory { limit })
    );
    let before = count();
    assert_eq!(update(&mut directory, 1, CID_V0, LAST), Ok(()));
    assert_eq!(
        events(before),
        [told(ExternalUpdated {
            external: 1,
            payee: OTHER_PAYEE,
            cid: CID_V0.into(),
            category: LAST,
            active: false
        })]
    );
    let changed = External {
        gateway: GATEWAY,
        origin_chain: CHAIN,
        origin_stream: origin(1),
        payee: OTHER_PAYEE,
        cid: CID_V0.into(),
        category: LAST,
        active: false,
    };
    assert_eq!(directory.external(1), Some(changed.clone()));

    by(OWNER);
    directory.set_gateway(GATEWAY, false).unwrap();
    by(GATEWAY);
    let refused = update(&mut directory, 1, CID, 0);
    assert_eq!(refused, Err(Error::NotGateway));
    assert_eq!(registers(&mut directory, 2), Err(Error::NotGateway));
    // What it registered stays as it is.
    assert_eq!(directory.external(1), Some(changed));
}

#[ink::test]
fn wiring_is_the_registry_alone_and_the_owners() {
    let mut directory = directory();
    let wiring = Wiring {
        registry: Some(STRANGER),
        ..Wiring::default()
    };
    assert_eq!(directory.wire(wiring), Err(AdminError::AlreadyWired));
    let both = Wiring {
        payments: Some(STRANGER),
        ..wiring
    };
    for wrong in [both, Wiring::default()] {
        let refused = directory.announce(Change::Wiring(wrong));
        assert_eq!(refused, Err(AdminError::WiringMismatch));
    }
    for change in [Change::Treasury(STRANGER), Change::SecondCode(origin(7))] {
        let refused = directory.announce(change);
        assert_eq!(refused, Err(AdminError::UnsupportedChange));
    }
    assert_eq!(directory.announce(Change::Wiring(wiring)), Ok(1));
    by(STRANGER);
    assert_eq!(directory.apply(1), Err(AdminError::NotOwner));
    assert_eq!(directory.cancel(1), Err(AdminError::NotOwner));
    assert_eq!(directory.wire(wiring), Err(AdminError::NotOwner));
    by(OWNER);
    let before = count();
    let old = directory.administration().wiring;
    assert_eq!(directory.apply(1), Ok(()));
    assert_eq!(directory.administration().wiring, wiring);
    let applied = ChangeApplied {
        id: 1,
        old: Some(Change::Wiring(old)),
        new: Change::Wiring(wiring),
    };
    assert_eq!(events(before), [told(applied)]);
}

#[ink::test]
fn ownership_of_the_directory_moves_in_two_steps() {
    let mut directory = directory();
    assert_eq!(directory.propose_owner(Some(STRANGER)), Ok(()));
    by(STRANGER);
    assert_eq!(directory.accept_owner(), Ok(()));
    assert_eq!(directory.set_gateway(GATEWAY, true), Ok(()));
    by(OWNER);
    let refused = directory.name_category(1, "cooking".into());
    assert_eq!(refused, Err(Error::Admin(AdminError::NotOwner)));
}
