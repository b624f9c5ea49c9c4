//! Categories and their streams, scheduled broadcasts, streams of other chains.

use crate::{common::*, receipts::Tale};
use vilokanam_chain::account;
use vilokanam_interfaces::{
    events::directory::*, AdminError, Change, CidError, Class, Directory, DirectoryError as Error,
    External, Hash, Listing, Scheduled, StreamId, StreamRegistry, Wiring, MAX_AHEAD_MS,
    MAX_CATEGORIES, MAX_NAME_LEN, MAX_SCHEDULED,
};

const OTHER_CID: &str = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
/// Every stream's category when a story begins.
const FIRST: u16 = 7;
const LAST: u16 = MAX_CATEGORIES - 1;

impl Stage {
    #[track_caller]
    fn lists(&mut self, category: u16) -> Vec<StreamId> {
        let listing = self.suite.directory().streams_in(category, 0, 50);
        let listing = self.read(listing);
        let count = self.read(self.suite.directory().stream_count_in(category));
        assert_eq!(
            (listing.streams.len(), listing.next),
            (count as usize, None)
        );
        listing.streams
    }

    #[track_caller]
    fn moves(&mut self, stream: StreamId, category: u16) {
        let update = self
            .suite
            .registry()
            .update(stream, CID.into(), Class::Standard, category);
        self.must("mira", update);
    }
}

fn listed(stream: StreamId, category: u16, before: Option<u16>) -> Tale {
    StreamListed {
        stream,
        category,
        before,
    }
    .into()
}

#[test]
fn the_lists_follow_the_categories_that_the_registry_has() {
    let mut s = Stage::empty();
    let suite = s.suite;
    let list = |stream| suite.directory().list_stream(stream);
    assert_eq!(s.refused("sam", list(1)), Error::StreamNotFound);
    for stream in 1..=4 {
        assert_eq!(s.registers("mira", Class::Standard, &[]), stream);
        // A stranger may, and pays for the cells.
        let sent = s.must("sam", list(stream));
        assert!(sent.receipt.deposit > 0);
        told(&sent, [listed(stream, FIRST, None)]);
        assert_eq!(s.refused("sam", list(stream)), Error::AlreadyListed);
    }
    assert_eq!(s.lists(FIRST), [1, 2, 3, 4]);

    // The registry's word changes nothing until somebody says so here.
    s.moves(2, LAST);
    assert_eq!(s.lists(FIRST), [1, 2, 3, 4]);
    assert_eq!(s.read(suite.directory().listed_in(2)), Some(FIRST));
    told(&s.must("bob", list(2)), [listed(2, LAST, Some(FIRST))]);
    assert_eq!(s.lists(FIRST), [1, 4, 3]);
    assert_eq!(s.lists(LAST), [2]);
    assert_eq!(s.read(suite.directory().listed_in(2)), Some(LAST));
    s.moves(4, LAST);
    told(&s.must("bob", list(4)), [listed(4, LAST, Some(FIRST))]);
    assert_eq!(s.lists(FIRST), [1, 3]);
    assert_eq!(s.lists(LAST), [2, 4]);

    // There and back: the places are there already, so it costs and gives nobody a deposit.
    for (stream, category, first, last) in [
        (2, FIRST, vec![1, 3, 2], vec![4]),
        (2, LAST, vec![1, 3], vec![4, 2]),
        (4, FIRST, vec![1, 3, 4], vec![2]),
    ] {
        s.moves(stream, category);
        let sent = s.must("sam", list(stream));
        assert_eq!(sent.receipt.deposit, 0);
        assert_eq!((s.lists(FIRST), s.lists(LAST)), (first, last));
    }
    let part = |s: &mut Stage, start, limit| {
        let Listing { streams, next } = s.read(suite.directory().streams_in(FIRST, start, limit));
        (streams, next)
    };
    assert_eq!(part(&mut s, 0, 2), (vec![1, 3], Some(2)));
    assert_eq!(part(&mut s, 2, 2), (vec![4], None));
    // A stream that changes its mind and goes back is listed already.
    s.moves(1, 0);
    s.moves(1, FIRST);
    assert_eq!(s.refused("sam", list(1)), Error::AlreadyListed);
}

#[test]
fn categories_have_names() {
    let mut s = Stage::empty();
    let suite = s.suite;
    let name = |category, name: &str| suite.directory().name_category(category, name.into());
    let long = "x".repeat(MAX_NAME_LEN as usize + 1);
    let not_owner = Error::Admin(AdminError::NotOwner);
    assert_eq!(s.refused("mona", name(MAX_CATEGORIES, "")), not_owner);
    let limit = MAX_CATEGORIES;
    let unknown = Error::UnknownCategory { limit };
    assert_eq!(s.refused("owner", name(MAX_CATEGORIES, "")), unknown);
    let max_len = MAX_NAME_LEN;
    for wrong in ["", &long] {
        let invalid = Error::InvalidName { max_len };
        assert_eq!(s.refused("owner", name(LAST, wrong)), invalid);
    }
    let named = |old: Option<&str>, new: &str| {
        Tale::from(CategoryNamed {
            category: LAST,
            old: old.map(Into::into),
            new: new.into(),
        })
    };
    told(
        &s.must("owner", name(LAST, "music")),
        [named(None, "music")],
    );
    let sent = s.must("owner", name(LAST, "संगीत"));
    told(&sent, [named(Some("music"), "संगीत")]);
    let read = s.read(suite.directory().category_name(LAST));
    assert_eq!(read.as_deref(), Some("संगीत"));
    assert_eq!(s.read(suite.directory().category_name(FIRST)), None);
}

#[test]
fn a_creator_announces_broadcasts_and_takes_them_back() {
    let mut s = Stage::empty();
    let suite = s.suite;
    let stream = s.registers("mira", Class::Standard, &[]);
    let t = s.now();
    let hour = move |from: u64| Scheduled {
        start_ms: t + from * HOUR,
        end_ms: t + (from + 1) * HOUR,
        cid: CID.into(),
    };
    let schedule = |stream, broadcast| suite.directory().schedule(stream, broadcast);
    let cancel = |stream, start_ms| suite.directory().cancel_scheduled(stream, start_ms);
    assert_eq!(
        s.refused("mira", schedule(9, hour(1))),
        Error::StreamNotFound
    );
    assert_eq!(s.refused("mira", cancel(9, t)), Error::StreamNotFound);
    for who in ["noor", "sam", "owner", "mona"] {
        let refused = s.refused(who, schedule(stream, hour(1)));
        assert_eq!(refused, Error::NotOperator);
        assert_eq!(s.refused(who, cancel(stream, t)), Error::NotOperator);
    }
    let operators = vec![account("noor")];
    s.must("mira", suite.registry().set_operators(stream, operators));
    let announced = |from| {
        Tale::from(BroadcastScheduled {
            stream,
            scheduled: hour(from),
        })
    };
    told(&s.must("mira", schedule(stream, hour(3))), [announced(3)]);
    told(&s.must("noor", schedule(stream, hour(1))), [announced(1)]);
    let read = |s: &mut Stage| s.read(suite.directory().scheduled(stream));
    assert_eq!(read(&mut s), [hour(1), hour(3)]);

    let wrong = |start_ms, end_ms, cid: &str| Scheduled {
        start_ms,
        end_ms,
        cid: cid.into(),
    };
    let max_ms = t + MAX_AHEAD_MS;
    for (start_ms, end_ms) in [(t, t + 1), (t + 1, t + 1), (max_ms + 1, max_ms + 2)] {
        let refused = s.refused("mira", schedule(stream, wrong(start_ms, end_ms, "?")));
        assert_eq!(refused, Error::TimeOutOfRange { max_ms });
    }
    let refused = s.refused("mira", schedule(stream, wrong(t + HOUR, t + DAY, "?")));
    assert_eq!(refused, Error::InvalidCid(CidError::UnknownForm));
    let refused = s.refused("mira", schedule(stream, wrong(t + HOUR, t + DAY, CID)));
    assert_eq!(refused, Error::AlreadyScheduled);

    let last = wrong(max_ms, max_ms + DAY, OTHER_CID);
    s.must("noor", schedule(stream, last.clone()));
    for from in 4..=8 {
        s.must("mira", schedule(stream, hour(from)));
    }
    let full = Error::TooManyScheduled { max: MAX_SCHEDULED };
    assert_eq!(s.refused("mira", schedule(stream, hour(9))), full);
    // Going live is the registry's, and is not bound by it.
    s.must("mira", suite.registry().go_live(stream, GRACE));
    let start_ms = hour(4).start_ms;
    let sent = s.must("noor", cancel(stream, start_ms));
    told(&sent, [ScheduleCancelled { stream, start_ms }.into()]);
    let refused = s.refused("noor", cancel(stream, start_ms));
    assert_eq!(refused, Error::NotScheduled);
    s.must("mira", schedule(stream, hour(9)));

    // What has ended is not shown, cannot be cancelled, and makes room.
    s.advance(2 * HOUR);
    let left = [3, 5, 6, 7, 8, 9].map(hour);
    let mut coming = left.to_vec();
    coming.push(last);
    assert_eq!(read(&mut s), coming);
    let refused = s.refused("mira", cancel(stream, hour(1).start_ms));
    assert_eq!(refused, Error::NotScheduled);
    s.must("mira", schedule(stream, hour(10)));
    assert_eq!(read(&mut s).len(), 8);
}

#[test]
fn gateways_register_streams_of_other_chains() {
    let mut s = Stage::empty();
    let suite = s.suite;
    let (gateway, omar, noor) = (account("rita"), account("omar"), account("noor"));
    let name = Hash::from([9; 32]);
    let set = |account, gateway| suite.directory().set_gateway(account, gateway);
    let register = |cid: &str, category| {
        suite
            .directory()
            .register_external(2_000, name, omar, cid.into(), category)
    };
    let update = |external, cid: &str, category| {
        suite
            .directory()
            .update_external(external, noor, cid.into(), category, false)
    };
    let not_owner = Error::Admin(AdminError::NotOwner);
    assert_eq!(s.refused("rita", set(gateway, true)), not_owner);
    assert_eq!(s.refused("rita", register("", 256)), Error::NotGateway);
    let gateway_set = |account, old, new| Tale::from(GatewaySet { account, old, new });
    let sent = s.must("owner", set(gateway, true));
    told(&sent, [gateway_set(gateway, false, true)]);
    assert!(s.read(suite.directory().is_gateway(gateway)));

    let invalid = Error::InvalidCid(CidError::UnknownForm);
    assert_eq!(s.refused("rita", register("", 256)), invalid);
    let limit = MAX_CATEGORIES;
    let unknown = Error::UnknownCategory { limit };
    assert_eq!(s.refused("rita", register(CID, 256)), unknown);
    let sent = s.must("rita", register(CID, FIRST));
    assert_eq!(sent.value, 1);
    told(
        &sent,
        [ExternalRegistered {
            external: 1,
            gateway,
            origin_chain: 2_000,
            origin_stream: name,
            payee: omar,
            cid: CID.into(),
            category: FIRST,
        }
        .into()],
    );
    let already = Error::AlreadyRegistered { external: 1 };
    assert_eq!(s.refused("rita", register(CID, FIRST)), already);
    s.must("owner", set(account("sam"), true));
    assert_eq!(s.refused("sam", register(CID, FIRST)), already);
    let of = suite.directory().external_of(2_000, name);
    assert_eq!(s.read(of), Some(1));
    let of = suite.directory().external_of(2_001, name);
    assert_eq!(s.read(of), None);
    assert_eq!(s.read(suite.directory().external_count()), 1);
    // It has a number of its own: it is not among the streams of this chain.
    assert!(s.lists(FIRST).is_empty());
    assert_eq!(s.read(suite.registry().stream(1)), None);

    assert_eq!(
        s.refused("rita", update(2, "", 256)),
        Error::ExternalNotFound
    );
    for who in ["sam", "owner", "omar"] {
        assert_eq!(s.refused(who, update(1, "", 256)), Error::NotGateway);
    }
    assert_eq!(s.refused("rita", update(1, "", 256)), invalid);
    assert_eq!(s.refused("rita", update(1, CID, 256)), unknown);
    let sent = s.must("rita", update(1, OTHER_CID, LAST));
    told(
        &sent,
        [ExternalUpdated {
            external: 1,
            payee: noor,
            cid: OTHER_CID.into(),
            category: LAST,
            active: false,
        }
        .into()],
    );
    // A gateway that is none any more changes nothing, and what it registered stays.
    let sent = s.must("owner", set(gateway, false));
    told(&sent, [gateway_set(gateway, true, false)]);
    assert_eq!(s.refused("rita", update(1, CID, FIRST)), Error::NotGateway);
    assert_eq!(s.refused("rita", register(CID, FIRST)), Error::NotGateway);
    let external = External {
        gateway,
        origin_chain: 2_000,
        origin_stream: name,
        payee: noor,
        cid: OTHER_CID.into(),
        category: LAST,
        active: false,
    };
    assert_eq!(s.read(suite.directory().external(1)), Some(external));
    assert_eq!(s.read(suite.directory().external(2)), None);
}

#[test]
fn a_registry_that_does_not_answer_is_no_empty_one() {
    let mut s = Stage::empty();
    let suite = s.suite;
    let stream = s.registers("mira", Class::Standard, &[]);
    let nobody = Wiring {
        registry: Some(account("sam")),
        ..Wiring::default()
    };
    s.changes(suite.directory, Change::Wiring(nobody));
    let t = s.now();
    let broadcast = Scheduled {
        start_ms: t + HOUR,
        end_ms: t + DAY,
        cid: CID.into(),
    };
    let failed = Error::RegistryFailed;
    let list = suite.directory().list_stream(stream);
    assert_eq!(s.refused("sam", list), failed);
    let schedule = suite.directory().schedule(stream, broadcast);
    assert_eq!(s.refused("mira", schedule), failed);
    let cancel = suite.directory().cancel_scheduled(stream, t);
    assert_eq!(s.refused("mira", cancel), failed);
    // Streams of other chains need no registry.
    s.must(
        "owner",
        suite.directory().set_gateway(account("rita"), true),
    );
    let origin = Hash::from([1; 32]);
    let register =
        suite
            .directory()
            .register_external(2_000, origin, account("omar"), CID.into(), 0);
    assert_eq!(s.must("rita", register).value, 1);
}
