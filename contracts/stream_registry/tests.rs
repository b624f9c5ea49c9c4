//! Unit tests. Code changes need a chain and are tested on the embedded one.

use crate::stream_registry::Registry;
use ink::{
    env::{
        test::{default_accounts, recorded_events, set_block_timestamp, set_caller},
        DefaultEnvironment as Env, Event,
    },
    primitives::AccountId,
    scale::Encode,
    storage::{traits::ManualKey, Lazy},
};
use vilokanam_interfaces::{
    events::stream_registry::*, AdminError, Administered, Broadcast, Change, CidError, Class,
    EndCause, Hash, Listing, RegistryLimits, Share, Stream, StreamFacts, StreamId, StreamRegistry,
    StreamRegistryError as Error, Terms, Wiring, FULL_BPS, MAX_CATEGORIES, MAX_CHANGE_DELAY_MS,
    MAX_COHOSTS, MAX_GRACE_MS, MAX_LISTING, MAX_OPERATORS, MAX_REASON_LEN, MIN_CHANGE_DELAY_MS,
    MIN_GRACE_MS,
};

const CID: &str = "bafybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34";
const CID_V0: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";
const START: u64 = 1_700_000_000_000;
const GRACE: u64 = 30_000;
const REASON: &str = "see case 7";
const NO_STREAM: StreamId = 99;

/// A signature topic and the data of an event.
type Emitted = (Vec<u8>, Vec<u8>);

fn event<E: Event + Encode>(event: E) -> Emitted {
    let topic = E::SIGNATURE_TOPIC.expect("not anonymous");
    (topic.to_vec(), event.encode())
}

/// The events after the first `skip`.
fn emitted(skip: usize) -> Vec<Emitted> {
    recorded_events()
        .skip(skip)
        .map(|event| (event.topics[0].clone(), event.data))
        .collect()
}

fn count() -> usize {
    recorded_events().count()
}

fn alice() -> AccountId {
    default_accounts::<Env>().alice
}

fn bob() -> AccountId {
    default_accounts::<Env>().bob
}

fn charlie() -> AccountId {
    default_accounts::<Env>().charlie
}

/// Moderates in these tests, and owns the registry.
fn eve() -> AccountId {
    default_accounts::<Env>().eve
}

fn by(account: AccountId) {
    set_caller::<Env>(account);
}

fn at(ms: u64) {
    set_block_timestamp::<Env>(ms);
}

fn share(account: AccountId, bps: u16) -> Share {
    Share { account, bps }
}

fn all_to(owner: AccountId) -> Terms {
    Terms {
        owner,
        owner_bps: FULL_BPS,
        cohosts: vec![],
    }
}

/// A registry with eve as owner and moderator.
fn registry() -> Registry {
    by(eve());
    at(START);
    let mut registry = Registry::new(0).expect("a registry");
    registry.set_moderator(eve(), true).expect("a moderator");
    registry
}

fn registered(registry: &mut Registry, owner: AccountId) -> StreamId {
    by(owner);
    registry
        .register(CID.into(), Class::Standard, 3, FULL_BPS, vec![])
        .expect("a stream")
}

/// A registry with stream 1 of alice, operated by bob, alice calling.
fn with_stream() -> Registry {
    let mut registry = registry();
    assert_eq!(registered(&mut registry, alice()), 1);
    assert_eq!(registry.set_operators(1, vec![bob()]), Ok(()));
    registry
}

/// The same, on air since `START`.
fn on_air() -> Registry {
    let mut registry = with_stream();
    assert_eq!(registry.go_live(1, GRACE), Ok(1));
    registry
}

fn live(registry: &Registry) -> Vec<StreamId> {
    registry.live_streams(0, MAX_LISTING).streams
}

#[ink::test]
fn new_works() {
    by(alice());
    let registry = Registry::new(MIN_CHANGE_DELAY_MS).unwrap();
    assert_eq!(registry.administration().owner, alice());
    assert_eq!(
        registry.administration().change_delay_ms,
        MIN_CHANGE_DELAY_MS
    );
    assert_eq!(registry.stream_count(), 0);
    assert_eq!(registry.administration().layout_version, 1);
    assert!(!registry.is_moderator(alice()));
    assert_eq!(
        Registry::new(1).err(),
        Some(AdminError::DelayOutOfRange {
            min_ms: MIN_CHANGE_DELAY_MS,
            max_ms: MAX_CHANGE_DELAY_MS
        })
    );
}

#[ink::test]
fn limits_work() {
    assert_eq!(
        registry().limits(),
        RegistryLimits {
            cohosts: 3,
            operators: 8,
            cid_len: 64,
            reason_len: 200,
            categories: 256,
            min_grace_ms: 10_000,
            max_grace_ms: 86_400_000,
            listing: 50
        }
    );
}

#[ink::test]
fn register_works() {
    let mut registry = registry();
    by(alice());
    let skip = count();
    let cohosts = vec![share(bob(), 2_000), share(charlie(), 1_000)];
    let class = Class::Premium;
    assert_eq!(
        registry.register(CID.into(), class, 255, 7_000, cohosts.clone()),
        Ok(1)
    );
    let terms = Terms {
        owner: alice(),
        owner_bps: 7_000,
        cohosts,
    };

    assert_eq!(
        emitted(skip),
        [
            event(StreamRegistered {
                stream: 1,
                owner: alice(),
                cid: CID.into(),
                class,
                category: 255
            }),
            event(TermsSet {
                stream: 1,
                terms_no: 1,
                terms: terms.clone()
            })
        ]
    );
    assert_eq!(
        registry.stream(1),
        Some(Stream {
            owner: alice(),
            offered_to: None,
            cid: CID.into(),
            class,
            category: 255,
            terms: 1,
            broadcast: 0,
            suspended: false,
            registered_ms: START
        })
    );
    assert_eq!(registry.terms(1, 1), Some(terms.clone()));
    assert_eq!(registry.terms(1, 0), None);
    assert_eq!(
        registry.facts(1),
        Some(StreamFacts {
            class,
            category: 255,
            terms_no: 1,
            terms,
            suspended: false,
            broadcast_no: 0,
            end_ms: 0
        })
    );
    assert!(!registry.is_live(1));
    // The next has the next number, and the owner may have no share of it.
    let cohosts = vec![share(bob(), 10_000)];
    let class = Class::Subscription;
    assert_eq!(
        registry.register(CID_V0.into(), class, 0, 0, cohosts),
        Ok(2)
    );
    assert_eq!(registry.stream_count(), 2);
}

#[ink::test]
fn reads_answer_nothing_for_an_unknown_stream() {
    let registry = on_air();
    assert_eq!(registry.stream(NO_STREAM), None);
    assert_eq!(registry.stream(0), None);
    assert_eq!(registry.facts(NO_STREAM), None);
    assert_eq!(registry.terms(NO_STREAM, 1), None);
    assert_eq!(registry.broadcast(NO_STREAM, 1), None);
    assert_eq!(registry.broadcast(1, 0), None);
    assert_eq!(registry.operators(NO_STREAM), []);
    assert!(!registry.may_operate(NO_STREAM, alice()));
    assert!(!registry.is_live(NO_STREAM));
}

#[ink::test]
fn register_and_update_fail_when_metadata_is_invalid() {
    let mut registry = with_stream();
    let before = registry.stream(1);
    let cid = |error| Error::InvalidCid(error);
    let long = format!("{CID}aaaaaa");
    assert_eq!(long.len(), 65);
    // As long as any may be, and none for what it is.
    let longest = "x".repeat(64);
    let keccak = "bafkrwiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4";
    let wrong_version = "bajybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34";
    let good = Class::Standard;
    let too_high = Error::UnknownCategory {
        limit: MAX_CATEGORIES,
    };
    for (text, class, category, error) in [
        // Everything wrong: the first error in order.
        (long.as_str(), Class::Tips, 256, cid(CidError::TooLong)),
        (&longest, good, 0, cid(CidError::UnknownForm)),
        ("", good, 0, cid(CidError::UnknownForm)),
        (&CID_V0[..45], good, 0, cid(CidError::UnknownForm)),
        ("b0", good, 0, cid(CidError::BadCharacter)),
        ("baaa", good, 0, cid(CidError::BadPadding)),
        (wrong_version, good, 0, cid(CidError::BadVersion)),
        (&CID[..17], good, 0, cid(CidError::BadHash)),
        (keccak, Class::Tips, 0, cid(CidError::BadHash)),
        (CID, Class::Tips, 256, Error::NotAStreamClass),
        (CID, good, 256, too_high.clone()),
        (CID, good, u16::MAX, too_high),
    ] {
        // The shares are wrong too: metadata comes first.
        let shares = vec![share(bob(), 0); 4];
        let registering = registry.register(text.into(), class, category, 1, shares);
        assert_eq!(registering, Err(error.clone()), "{text}");
        let updating = registry.update(1, text.into(), class, category);
        assert_eq!(updating, Err(error), "{text}");
    }
    assert_eq!(registry.stream(1), before);
    assert_eq!(registry.stream_count(), 1);
}

#[ink::test]
fn register_and_set_terms_fail_when_shares_are_invalid() {
    let mut registry = with_stream();
    let max = MAX_COHOSTS;
    for (owner_bps, cohosts, error) in [
        (1, vec![share(alice(), 0); 4], Error::TooManyCohosts { max }),
        (9_000, vec![share(alice(), 1_000)], Error::InvalidCohost),
        (10_000, vec![share(bob(), 0)], Error::InvalidCohost),
        (9_000, vec![share(bob(), 500); 2], Error::InvalidCohost),
        (9_999, vec![], Error::SharesNotFull { sum_bps: 9_999 }),
        (
            10_000,
            vec![share(bob(), 1)],
            Error::SharesNotFull { sum_bps: 10_001 },
        ),
        (
            u16::MAX,
            vec![
                share(bob(), u16::MAX),
                share(charlie(), u16::MAX),
                share(eve(), u16::MAX),
            ],
            Error::SharesNotFull { sum_bps: 262_140 },
        ),
    ] {
        let class = Class::Standard;
        let registering = registry.register(CID.into(), class, 0, owner_bps, cohosts.clone());
        assert_eq!(registering, Err(error.clone()));
        assert_eq!(registry.set_terms(1, owner_bps, cohosts), Err(error));
    }
    assert_eq!(registry.stream_count(), 1);
    assert_eq!(registry.stream(1).unwrap().terms, 1);
}

#[ink::test]
fn update_works() {
    let mut registry = with_stream();
    let skip = count();
    assert_eq!(registry.update(1, CID_V0.into(), Class::Premium, 9), Ok(()));
    assert_eq!(
        emitted(skip),
        [event(StreamUpdated {
            stream: 1,
            cid: CID_V0.into(),
            class: Class::Premium,
            category: 9
        })]
    );
    let stream = registry.stream(1).unwrap();
    assert_eq!(stream.cid, CID_V0);
    assert_eq!((stream.class, stream.category), (Class::Premium, 9));
    assert_eq!((stream.owner, stream.terms), (alice(), 1));
}

#[ink::test]
fn set_terms_works() {
    let mut registry = with_stream();
    let skip = count();
    let cohosts = vec![share(charlie(), 4_000)];
    assert_eq!(registry.set_terms(1, 6_000, cohosts.clone()), Ok(2));
    let terms = Terms {
        owner: alice(),
        owner_bps: 6_000,
        cohosts,
    };
    assert_eq!(
        emitted(skip),
        [event(TermsSet {
            stream: 1,
            terms_no: 2,
            terms: terms.clone()
        })]
    );
    // The old ones stay as they were.
    assert_eq!(registry.terms(1, 1), Some(all_to(alice())));
    assert_eq!(registry.terms(1, 2), Some(terms.clone()));
    assert_eq!(registry.facts(1).unwrap().terms_no, 2);
    assert_eq!(registry.facts(1).unwrap().terms, terms);
}

#[ink::test]
fn set_operators_works() {
    let mut registry = with_stream();
    assert!(registry.may_operate(1, alice()));
    assert!(registry.may_operate(1, bob()));
    assert!(!registry.may_operate(1, charlie()));
    let skip = count();
    assert_eq!(registry.set_operators(1, vec![charlie()]), Ok(()));
    assert_eq!(
        emitted(skip),
        [event(OperatorsSet {
            stream: 1,
            old: vec![bob()],
            new: vec![charlie()]
        })]
    );
    assert_eq!(registry.operators(1), [charlie()]);
    assert!(!registry.may_operate(1, bob()));
    by(bob());
    assert_eq!(registry.go_live(1, GRACE), Err(Error::NotOperator));
}

#[ink::test]
fn set_operators_fails_when_there_are_too_many() {
    let mut registry = with_stream();
    let many = vec![charlie(); MAX_OPERATORS as usize];
    assert_eq!(registry.set_operators(1, many), Ok(()));
    let too_many = vec![charlie(); MAX_OPERATORS as usize + 1];
    assert_eq!(
        registry.set_operators(1, too_many),
        Err(Error::TooManyOperators { max: MAX_OPERATORS })
    );
}

#[ink::test]
fn owner_messages_fail_when_stream_is_unknown_or_anothers() {
    let mut registry = with_stream();
    let before = registry.stream(1);
    for (stream, caller, error) in [
        (NO_STREAM, alice(), Error::StreamNotFound),
        // An operator is no owner, nor are moderator and contract owner.
        (1, bob(), Error::NotStreamOwner),
        (1, eve(), Error::NotStreamOwner),
    ] {
        by(caller);
        // The other arguments are wrong too: who calls is checked first.
        let update = registry.update(stream, String::new(), Class::Tips, u16::MAX);
        assert_eq!(update, Err(error.clone()));
        assert_eq!(registry.set_terms(stream, 0, vec![]), Err(error.clone()));
        let operators = vec![bob(); 9];
        let set = registry.set_operators(stream, operators);
        assert_eq!(set, Err(error.clone()));
        assert_eq!(registry.offer_stream(stream, Some(bob())), Err(error));
    }
    assert_eq!(registry.stream(1), before);
    assert_eq!(registry.operators(1), [bob()]);
}

#[ink::test]
fn stream_is_transferred_in_two_steps() {
    let mut registry = on_air();
    let skip = count();
    assert_eq!(registry.offer_stream(1, Some(charlie())), Ok(()));
    assert_eq!(registry.stream(1).unwrap().owner, alice());
    by(bob());
    assert_eq!(registry.accept_stream(1), Err(Error::NotOffered));
    by(charlie());
    assert_eq!(
        registry.accept_stream(NO_STREAM),
        Err(Error::StreamNotFound)
    );
    assert_eq!(registry.accept_stream(1), Ok(()));
    assert_eq!(registry.accept_stream(1), Err(Error::NotOffered));

    assert_eq!(
        emitted(skip),
        [
            event(StreamOffered {
                stream: 1,
                owner: alice(),
                offered_to: Some(charlie())
            }),
            event(StreamTransferred {
                stream: 1,
                old_owner: alice(),
                new_owner: charlie()
            }),
            event(TermsSet {
                stream: 1,
                terms_no: 2,
                terms: all_to(charlie())
            })
        ]
    );
    let stream = registry.stream(1).unwrap();
    assert_eq!(stream.owner, charlie());
    assert_eq!(stream.offered_to, None);
    assert_eq!(stream.terms, 2);
    assert_eq!(registry.operators(1), []);
    // The broadcast goes on, in new hands; open sessions keep the old terms.
    assert!(registry.is_live(1));
    assert_eq!(registry.terms(1, 1), Some(all_to(alice())));
    assert_eq!(registry.heartbeat(1), Ok(()));
    for former in [alice(), bob()] {
        by(former);
        assert_eq!(registry.heartbeat(1), Err(Error::NotOperator));
    }
}

#[ink::test]
fn offer_stream_can_be_withdrawn() {
    let mut registry = with_stream();
    assert_eq!(registry.offer_stream(1, Some(bob())), Ok(()));
    assert_eq!(registry.offer_stream(1, None), Ok(()));
    by(bob());
    assert_eq!(registry.accept_stream(1), Err(Error::NotOffered));
}

#[ink::test]
fn streams_of_lists_what_a_creator_owns_now_and_each_once() {
    let mut registry = registry();
    for owner in [alice(), bob(), alice(), alice()] {
        registered(&mut registry, owner);
    }
    let all = |registry: &Registry, creator| registry.streams_of(creator, 0, u32::MAX).streams;
    assert_eq!(all(&registry, alice()), [1, 3, 4]);
    assert_eq!(all(&registry, bob()), [2]);
    assert!(all(&registry, charlie()).is_empty());

    // Away and back again, twice.
    for _ in 0..2 {
        for (from, to) in [(alice(), bob()), (bob(), alice())] {
            by(from);
            registry.offer_stream(3, Some(to)).unwrap();
            by(to);
            registry.accept_stream(3).unwrap();
            let other = if to == bob() { vec![2, 3] } else { vec![2] };
            let own = if to == bob() {
                vec![1, 4]
            } else {
                vec![1, 3, 4]
            };
            assert_eq!(all(&registry, alice()), own);
            assert_eq!(all(&registry, bob()), other);
        }
    }
    // Positions count what was owned once, too.
    let part = |streams, next| Listing { streams, next };
    assert_eq!(registry.streams_of(bob(), 0, 1), part(vec![2], Some(1)));
    assert_eq!(registry.streams_of(bob(), 1, 1), part(vec![], None));
    assert_eq!(registry.streams_of(alice(), 1, 1), part(vec![3], Some(2)));
    assert_eq!(registry.streams_of(alice(), 1, 0), part(vec![], Some(1)));
    assert_eq!(registry.streams_of(alice(), 9, 9), part(vec![], None));
    let end = u32::MAX;
    assert_eq!(registry.streams_of(alice(), end, end), part(vec![], None));
}

#[ink::test]
fn streams_of_looks_at_no_more_than_a_listing() {
    let mut registry = registry();
    for _ in 0..MAX_LISTING + 2 {
        registered(&mut registry, alice());
    }
    let first = registry.streams_of(alice(), 0, u32::MAX);
    assert_eq!(first.streams, (1..=MAX_LISTING).collect::<Vec<_>>());
    assert_eq!(first.next, Some(MAX_LISTING));
    let second = registry.streams_of(alice(), MAX_LISTING, u32::MAX);
    assert_eq!(second.streams, [MAX_LISTING + 1, MAX_LISTING + 2]);
    assert_eq!(second.next, None);
}

#[ink::test]
fn go_live_works() {
    let mut registry = with_stream();
    by(bob());
    let skip = count();
    assert_eq!(registry.go_live(1, GRACE), Ok(1));
    assert_eq!(
        emitted(skip),
        [event(WentLive {
            stream: 1,
            broadcast: 1,
            grace_ms: GRACE
        })]
    );
    assert_eq!(
        registry.broadcast(1, 1),
        Some(Broadcast {
            started_ms: START,
            grace_ms: GRACE,
            heartbeat_ms: START,
            end_ms: START + GRACE,
            cause: EndCause::None
        })
    );
    assert!(registry.is_live(1));
    assert_eq!(live(&registry), [1]);
    let facts = registry.facts(1).unwrap();
    assert_eq!((facts.broadcast_no, facts.end_ms), (1, START + GRACE));
    assert_eq!(registry.go_live(1, GRACE), Err(Error::AlreadyLive));
}

#[ink::test]
fn go_live_fails_in_the_documented_order() {
    let mut registry = with_stream();
    by(charlie());
    assert_eq!(registry.go_live(NO_STREAM, 0), Err(Error::StreamNotFound));
    assert_eq!(registry.go_live(1, 0), Err(Error::NotOperator));
    by(alice());
    for grace in [0, MIN_GRACE_MS - 1, MAX_GRACE_MS + 1, u64::MAX] {
        assert_eq!(
            registry.go_live(1, grace),
            Err(Error::GraceOutOfRange {
                min_ms: MIN_GRACE_MS,
                max_ms: MAX_GRACE_MS
            })
        );
    }
    assert_eq!(registry.go_live(1, MAX_GRACE_MS), Ok(1));
    assert_eq!(registry.go_live(1, 0), Err(Error::AlreadyLive));
    by(eve());
    assert_eq!(registry.suspend(1, REASON.into()), Ok(()));
    by(alice());
    assert_eq!(registry.go_live(1, 0), Err(Error::Suspended));
    assert_eq!(registry.stream(1).unwrap().broadcast, 1);
}

#[ink::test]
fn heartbeat_works() {
    let mut registry = on_air();
    let skip = count();
    by(bob());
    // The last moment of the broadcast.
    at(START + GRACE - 1);
    assert_eq!(registry.heartbeat(1), Ok(()));
    assert_eq!(registry.heartbeat(1), Ok(()));
    assert_eq!(emitted(skip), []);
    assert_eq!(
        registry.broadcast(1, 1),
        Some(Broadcast {
            started_ms: START,
            grace_ms: GRACE,
            heartbeat_ms: START + GRACE - 1,
            end_ms: START + 2 * GRACE - 1,
            cause: EndCause::None
        })
    );
}

#[ink::test]
fn heartbeat_at_the_end_of_time_saturates() {
    let mut registry = with_stream();
    at(u64::MAX - 1);
    assert_eq!(registry.go_live(1, GRACE), Ok(1));
    assert_eq!(registry.heartbeat(1), Ok(()));
    assert_eq!(registry.broadcast(1, 1).unwrap().end_ms, u64::MAX);
}

#[ink::test]
fn heartbeat_fails_when_broadcast_is_over() {
    let mut registry = on_air();
    let before = registry.broadcast(1, 1);
    for late in [START + GRACE, START + GRACE + 1] {
        at(late);
        assert_eq!(registry.heartbeat(1), Err(Error::NotLive));
        assert_eq!(registry.end_broadcast(1), Err(Error::NotLive));
        assert!(!registry.is_live(1));
    }
    assert_eq!(registry.broadcast(1, 1), before);
}

#[ink::test]
fn heartbeat_and_end_fail_in_the_documented_order() {
    let mut registry = with_stream();
    by(charlie());
    assert_eq!(registry.heartbeat(NO_STREAM), Err(Error::StreamNotFound));
    assert_eq!(
        registry.end_broadcast(NO_STREAM),
        Err(Error::StreamNotFound)
    );
    assert_eq!(registry.heartbeat(1), Err(Error::NotOperator));
    assert_eq!(registry.end_broadcast(1), Err(Error::NotOperator));
    by(alice());
    assert_eq!(registry.heartbeat(1), Err(Error::NotLive));
    assert_eq!(registry.end_broadcast(1), Err(Error::NotLive));
}

#[ink::test]
fn end_broadcast_works() {
    let mut registry = on_air();
    at(START + 5);
    let skip = count();
    assert_eq!(registry.end_broadcast(1), Ok(()));
    assert_eq!(
        emitted(skip),
        [event(BroadcastEnded {
            stream: 1,
            broadcast: 1,
            end_ms: START + 5,
            cause: EndCause::Ended
        })]
    );
    let ended = registry.broadcast(1, 1).unwrap();
    assert_eq!((ended.end_ms, ended.cause), (START + 5, EndCause::Ended));
    assert_eq!(ended.heartbeat_ms, START);
    assert!(!registry.is_live(1));
    assert!(live(&registry).is_empty());
    assert_eq!(registry.heartbeat(1), Err(Error::NotLive));
    assert_eq!(registry.end_broadcast(1), Err(Error::NotLive));
    assert_eq!(registry.unlist(1), Err(Error::NotListed));

    // In the same block, a new broadcast; the old one stays as it was.
    assert_eq!(registry.go_live(1, MIN_GRACE_MS), Ok(2));
    assert_eq!(registry.broadcast(1, 1), Some(ended));
    assert_eq!(
        registry.broadcast_ends(vec![(1, 2), (1, 1), (1, 3), (9, 1)]),
        [Some(START + 5 + MIN_GRACE_MS), Some(START + 5), None, None]
    );
}

#[ink::test]
fn broadcast_ends_answers_no_more_than_two_listings() {
    let registry = on_air();
    let ends = registry.broadcast_ends(vec![(1, 1); 101]);
    assert_eq!(ends, [Some(START + GRACE); 100]);
}

#[ink::test]
fn lapsed_broadcast_keeps_its_end_and_its_place_in_the_list() {
    let mut registry = on_air();
    let other = registered(&mut registry, bob());
    at(START + GRACE - 1);
    registry.go_live(other, GRACE).unwrap();
    at(START + GRACE);
    // Off the air, yet in the list: position 0 is looked at.
    assert_eq!(live(&registry), [other]);
    assert_eq!(
        registry.live_streams(0, 1),
        Listing {
            streams: vec![],
            next: Some(1)
        }
    );
    by(alice());
    assert_eq!(registry.go_live(1, GRACE), Ok(2));
    assert_eq!(live(&registry), [1, other]);
    let first = registry.broadcast(1, 1).unwrap();
    assert_eq!((first.end_ms, first.cause), (START + GRACE, EndCause::None));
}

#[ink::test]
fn unlist_works() {
    let mut registry = on_air();
    by(charlie());
    assert_eq!(registry.unlist(NO_STREAM), Err(Error::StreamNotFound));
    assert_eq!(registry.unlist(1), Err(Error::AlreadyLive));
    at(START + GRACE);
    let skip = count();
    assert_eq!(registry.unlist(1), Ok(()));
    assert_eq!(emitted(skip), []);
    assert_eq!(registry.unlist(1), Err(Error::NotListed));
    assert_eq!(registry.live_streams(0, 1).next, None);
    by(alice());
    assert_eq!(registry.go_live(1, GRACE), Ok(2));
    assert_eq!(live(&registry), [1]);
}

#[ink::test]
fn unlist_fails_when_stream_was_never_live() {
    let mut registry = with_stream();
    assert_eq!(registry.unlist(1), Err(Error::NotListed));
}

/// Streams go live, end and are unlisted at random; the list always holds each listed one once.
#[ink::test]
fn live_list_holds_what_is_on_air_whatever_comes_and_goes() {
    const STREAMS: u32 = 12;
    let mut registry = registry();
    for _ in 0..STREAMS {
        registered(&mut registry, alice());
    }
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut now = START;
    let mut ends = [0u64; STREAMS as usize];
    let mut listed = [false; STREAMS as usize];
    for _ in 0..2_000 {
        // xorshift64
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        now += seed % 2_000;
        at(now);
        let stream = 1 + (seed >> 20) as u32 % STREAMS;
        let index = stream as usize - 1;
        let live_now = now < ends[index];
        match (seed >> 40) % 4 {
            0 => {
                assert_eq!(registry.unlist(stream).is_ok(), !live_now && listed[index]);
                listed[index] &= live_now;
            }
            1 => {
                assert_eq!(registry.end_broadcast(stream).is_ok(), live_now);
                listed[index] &= !live_now;
                ends[index] = ends[index].min(now);
            }
            _ => {
                assert_eq!(registry.go_live(stream, MIN_GRACE_MS).is_ok(), !live_now);
                if !live_now {
                    listed[index] = true;
                    ends[index] = now + MIN_GRACE_MS;
                }
            }
        }
        let mut found = live(&registry);
        found.sort_unstable();
        let expected: Vec<_> = (1..=STREAMS)
            .filter(|s| now < ends[*s as usize - 1])
            .collect();
        assert_eq!(found, expected);
        // Its length is the number of streams listed.
        let len = listed.iter().filter(|listed| **listed).count() as u32;
        assert_eq!(registry.live_streams(0, len).next, None);
        if let Some(last) = len.checked_sub(1) {
            assert_eq!(registry.live_streams(0, last).next, Some(last));
        }
    }
}

#[ink::test]
fn live_streams_looks_at_no_more_than_a_listing() {
    let mut registry = registry();
    for stream in 1..=MAX_LISTING + 1 {
        registered(&mut registry, alice());
        registry.go_live(stream, GRACE).unwrap();
    }
    let first = registry.live_streams(0, u32::MAX);
    assert_eq!(first.streams, (1..=MAX_LISTING).collect::<Vec<_>>());
    assert_eq!(first.next, Some(MAX_LISTING));
    let second = registry.live_streams(MAX_LISTING, 1);
    assert_eq!(second.streams, [MAX_LISTING + 1]);
    assert_eq!(second.next, None);
}

#[ink::test]
fn set_moderator_works() {
    let mut registry = registry();
    let skip = count();
    assert_eq!(registry.set_moderator(bob(), true), Ok(()));
    assert!(registry.is_moderator(bob()));
    assert_eq!(registry.set_moderator(bob(), false), Ok(()));
    assert!(!registry.is_moderator(bob()));
    assert_eq!(registry.set_moderator(bob(), false), Ok(()));
    let moderator = |old, new| {
        event(ModeratorSet {
            account: bob(),
            old,
            new,
        })
    };
    assert_eq!(
        emitted(skip),
        [
            moderator(false, true),
            moderator(true, false),
            moderator(false, false)
        ]
    );
    by(bob());
    assert_eq!(
        registry.set_moderator(bob(), true),
        Err(Error::Admin(AdminError::NotOwner))
    );
    assert!(!registry.is_moderator(bob()));
}

#[ink::test]
fn suspend_works_on_air() {
    let mut registry = on_air();
    at(START + 1);
    by(eve());
    let skip = count();
    assert_eq!(registry.suspend(1, REASON.into()), Ok(()));
    assert_eq!(
        emitted(skip),
        [
            event(BroadcastEnded {
                stream: 1,
                broadcast: 1,
                end_ms: START + 1,
                cause: EndCause::Suspended
            }),
            event(StreamSuspended {
                stream: 1,
                moderator: eve(),
                reason: REASON.into()
            })
        ]
    );
    let ended = registry.broadcast(1, 1).unwrap();
    assert_eq!(
        (ended.end_ms, ended.cause),
        (START + 1, EndCause::Suspended)
    );
    assert!(registry.facts(1).unwrap().suspended);
    assert!(live(&registry).is_empty());
    assert_eq!(registry.suspend(1, REASON.into()), Err(Error::Suspended));
    by(alice());
    assert_eq!(registry.heartbeat(1), Err(Error::NotLive));
    assert_eq!(registry.go_live(1, GRACE), Err(Error::Suspended));
}

#[ink::test]
fn suspend_leaves_a_lapsed_broadcast_as_it_was() {
    let mut registry = on_air();
    let before = registry.broadcast(1, 1);
    at(START + GRACE);
    by(eve());
    let skip = count();
    assert_eq!(registry.suspend(1, REASON.into()), Ok(()));
    assert_eq!(
        emitted(skip),
        [event(StreamSuspended {
            stream: 1,
            moderator: eve(),
            reason: REASON.into()
        })]
    );
    assert_eq!(registry.broadcast(1, 1), before);
    assert_eq!(registry.unlist(1), Ok(()));
}

#[ink::test]
fn reinstate_works() {
    let mut registry = with_stream();
    by(eve());
    assert_eq!(registry.suspend(1, REASON.into()), Ok(()));
    let skip = count();
    assert_eq!(registry.reinstate(1, REASON.into()), Ok(()));
    assert_eq!(
        emitted(skip),
        [event(StreamReinstated {
            stream: 1,
            moderator: eve(),
            reason: REASON.into()
        })]
    );
    assert_eq!(
        registry.reinstate(1, REASON.into()),
        Err(Error::NotSuspended)
    );
    by(alice());
    assert_eq!(registry.go_live(1, GRACE), Ok(1));
}

#[ink::test]
fn moderation_fails_in_the_documented_order() {
    let mut registry = with_stream();
    let empty = String::new;
    let long = "x".repeat(MAX_REASON_LEN as usize + 1);
    let longest = "x".repeat(MAX_REASON_LEN as usize);
    let invalid = || {
        Err(Error::InvalidReason {
            max_len: MAX_REASON_LEN,
        })
    };
    for stranger in [alice(), bob(), charlie()] {
        by(stranger);
        let suspend = registry.suspend(NO_STREAM, empty());
        assert_eq!(suspend, Err(Error::NotModerator));
        let reinstate = registry.reinstate(NO_STREAM, empty());
        assert_eq!(reinstate, Err(Error::NotModerator));
    }
    by(eve());
    let suspend = registry.suspend(NO_STREAM, empty());
    assert_eq!(suspend, Err(Error::StreamNotFound));
    let reinstate = registry.reinstate(NO_STREAM, empty());
    assert_eq!(reinstate, Err(Error::StreamNotFound));
    for reason in [empty(), long] {
        assert_eq!(registry.suspend(1, reason.clone()), invalid());
        assert_eq!(registry.reinstate(1, reason), invalid());
    }
    let reinstate = registry.reinstate(1, longest.clone());
    assert_eq!(reinstate, Err(Error::NotSuspended));
    assert_eq!(registry.suspend(1, longest), Ok(()));
    assert_eq!(registry.suspend(1, empty()), invalid());
}

#[ink::test]
fn registry_takes_no_change_but_code_and_no_wiring() {
    let mut registry = registry();
    let code = Change::Code(Hash::from([7; 32]));
    let wiring = Wiring::default();
    for change in [Change::Wiring(wiring), Change::Treasury(bob())] {
        let refused = Err(AdminError::UnsupportedChange);
        assert_eq!(registry.announce(change), refused);
    }
    let refused = Err(AdminError::UnsupportedChange);
    assert_eq!(registry.wire(wiring), refused);
    assert_eq!(registry.announce(code), Ok(1));
    assert_eq!(registry.administration().pending.len(), 1);
    by(bob());
    assert_eq!(registry.announce(code), Err(AdminError::NotOwner));
    assert_eq!(registry.apply(1), Err(AdminError::NotOwner));
    assert_eq!(registry.cancel(1), Err(AdminError::NotOwner));
    assert_eq!(registry.wire(wiring), Err(AdminError::NotOwner));
    by(eve());
    assert_eq!(registry.cancel(1), Ok(()));
    assert_eq!(registry.apply(1), Err(AdminError::UnknownChange));
}

#[ink::test]
fn ownership_of_the_registry_moves_in_two_steps() {
    let mut registry = registry();
    assert_eq!(registry.propose_owner(Some(bob())), Ok(()));
    assert_eq!(registry.administration().proposed_owner, Some(bob()));
    by(bob());
    assert_eq!(registry.accept_owner(), Ok(()));
    assert_eq!(registry.administration().owner, bob());
    by(eve());
    assert_eq!(
        registry.announce(Change::Delay(MIN_CHANGE_DELAY_MS)),
        Err(AdminError::NotOwner)
    );
    // Moderators are named, not inherited.
    assert!(!registry.is_moderator(bob()));
    assert!(registry.is_moderator(eve()));
}

#[ink::test]
fn streams_run_out_of_numbers() {
    let mut registry = registry();
    // The cell that counts the streams.
    let mut count = Lazy::<StreamId, ManualKey<0x0051_0001>>::new();
    count.set(&(StreamId::MAX - 1));
    assert_eq!(registered(&mut registry, alice()), StreamId::MAX);
    let again = registry.register(CID.into(), Class::Standard, 3, FULL_BPS, vec![]);
    assert_eq!(again, Err(Error::NumbersExhausted));
    assert_eq!(registry.stream_count(), StreamId::MAX);
}
