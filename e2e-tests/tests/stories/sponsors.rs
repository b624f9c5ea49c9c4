//! First minutes on the house: a sponsor's budget places the hold of a viewer's session, and gets back what is left of it.

use crate::common::*;
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{
    events::{patronage::*, tick_stream::*},
    AccountId, AssetId, Balance, Class, LimitKind, Millis, OpenRequest, Patronage, PatronageError,
    PaymentDesk, PaymentHandler, PaymentHandlerError, Pool, PricingEngineError, Seated,
    SpendingLimits, Sponsorship, StreamId, StreamRegistry, TickLifecycle, TickStream,
    TickStreamError as Error, Totals, FACTOR_ONE, NATIVE,
};

/// Three minutes at [`RATE`]: 180 × 1,000,007.
const THREE_MINUTES: Balance = 180_001_260;
/// Enough for five such sessions, and 99,993,700 more.
const BUDGET: Balance = 1_000_000_000;
/// What 100 seconds cost: 100 × 1,000,007.
const PAID: Balance = 100_000_700;
/// The platform's tenth of it, rounded down.
const FEE: Balance = 10_000_070;

fn terms(until_ms: Millis) -> Sponsorship {
    Sponsorship {
        max_hold: THREE_MINUTES,
        max_ceiling: RATE,
        until_ms,
    }
}

/// Three minutes of stream 1, paid for by noor.
fn on_the_house() -> OpenRequest {
    OpenRequest {
        hold: THREE_MINUTES,
        sponsor: Some(account("noor")),
        ..request()
    }
}

fn patronage(refusal: PatronageError) -> Error {
    Error::Patronage(refusal)
}

impl Stage {
    /// Noor has deposits, and sponsors stream 1 with `amount` native units for an hour.
    fn sponsored(amount: Balance) -> Self {
        let mut s = Self::on_air();
        s.deposits("noor");
        let terms = terms(s.now() + HOUR);
        let sponsor = s.suite.patronage().sponsor(STREAM, NATIVE, amount, terms);
        s.must("noor", sponsor);
        s
    }

    /// The account of noor's budget.
    fn budget(&mut self) -> AccountId {
        let budget = self
            .suite
            .patronage()
            .budget(account("noor"), STREAM, NATIVE);
        self.read(budget).expect("is there").pool
    }

    /// The pool of noor's budget.
    fn purse(&mut self) -> Pool {
        let pool = self.budget();
        self.read(self.suite.payments().pool(pool, NATIVE))
    }

    /// Opening is refused, and `can_open` said so.
    #[track_caller]
    fn not_sponsored(&mut self, viewer: &str, request: OpenRequest, expected: Error) {
        let can_open = self.suite.lifecycle().can_open(account(viewer), request);
        assert_eq!(self.read(can_open), Err(expected.clone()));
        let open = self.suite.lifecycle().open(request);
        assert_eq!(self.refused(viewer, open), expected);
    }

    fn was_sponsored(&mut self, viewer: &str) -> bool {
        let was =
            self.suite
                .patronage()
                .was_sponsored(account("noor"), STREAM, NATIVE, account(viewer));
        self.read(was)
    }
}

fn purse(free: Balance, holds: u32) -> Pool {
    Pool {
        free,
        holds,
        limited: false,
    }
}

#[test]
fn a_sponsor_pays_for_what_a_viewer_watches_and_gets_the_rest_back() {
    let mut s = Stage::on_air();
    s.deposits("noor");
    let terms = terms(s.now() + HOUR);
    let sent = s.must(
        "noor",
        s.suite.patronage().sponsor(STREAM, NATIVE, BUDGET, terms),
    );
    told(
        &sent,
        [SponsorshipSet {
            sponsor: account("noor"),
            stream: STREAM,
            asset: NATIVE,
            amount: BUDGET,
            terms,
        }
        .into()],
    );
    assert_eq!(s.free("noor", NATIVE), DEPOSITED - BUDGET);
    assert_eq!(s.purse(), purse(BUDGET, 0));

    // Omar never deposited anything.
    let quote = s
        .suite
        .lifecycle()
        .can_open(account("omar"), on_the_house());
    let quote = s.read(quote).expect("can open");
    assert_eq!(quote.lasts_ms, 3 * MINUTE);
    let sent = s.must("omar", s.suite.lifecycle().open(on_the_house()));
    let deposit = s.deposit_of(quote.deposit.items, quote.deposit.bytes);
    assert_eq!(sent.receipt.deposit, deposit);
    // His account, a page, the stream, who pays for him, and that he was served.
    assert_eq!(quote.deposit.items, 5);
    told(
        &sent,
        [
            PageProvided {
                stream: STREAM,
                page: 0,
                payer: account("omar"),
            }
            .into(),
            SessionOpened {
                viewer: account("omar"),
                number: 1,
                stream: STREAM,
                broadcast: 1,
                page: 0,
                seat: 0,
                asset: NATIVE,
                terms: 1,
                fee_bps: 1_000,
                referral_bps: 1_000,
                referrer: None,
                hold: THREE_MINUTES,
                rate_per_sec: RATE,
                factor: FACTOR_ONE,
                ceiling: RATE,
                until_ms: Some(terms.until_ms),
                plan: 0,
                key: None,
                extras: Some(OpenedWith {
                    step: 0,
                    discount: FACTOR_ONE,
                    discount_until_ms: 0,
                    preview_ms: 0,
                    sponsor: Some(account("noor")),
                }),
            }
            .into(),
        ],
    );
    let session = s.session("omar", 1);
    assert_eq!(session.sponsor, Some(account("noor")));
    assert_eq!(session.hold, THREE_MINUTES);
    assert_eq!(session.until_ms, Some(terms.until_ms));
    assert_eq!(s.purse(), purse(BUDGET - THREE_MINUTES, 1));
    assert_eq!(s.pool("omar", NATIVE), Pool::default());

    // 100 of 180 seconds. 180,001,260 - 100,000,700 = 80,000,560 come back.
    let opened_ms = session.opened_ms;
    s.advance(100 * SECOND);
    let sent = s.must("omar", s.suite.lifecycle().close(1));
    assert_eq!(sent.value, PAID);
    told(
        &sent,
        [SessionClosed {
            viewer: account("omar"),
            number: 1,
            stream: STREAM,
            broadcast: 1,
            asset: NATIVE,
            opened_ms,
            closed_ms: opened_ms + 100 * SECOND,
            watched_ms: 100 * SECOND,
            hold: THREE_MINUTES,
            settled: PAID,
            released: 80_000_560,
            by: account("omar"),
        }
        .into()],
    );
    assert_eq!(s.purse(), purse(BUDGET - PAID, 0));
    assert_eq!(s.pool("omar", NATIVE), Pool::default());
    assert_eq!(s.payable("mira", NATIVE), PAID - FEE);
    // Alice's, bob's and noor's deposits are in pools, noor's budget too, less what was paid.
    assert_eq!(
        s.totals(NATIVE),
        Totals {
            pools: 3 * DEPOSITED - PAID,
            holds: 0,
            payable: PAID - FEE,
            fees: FEE,
        }
    );

    // What is left is noor's: 1,000,000,000 - 100,000,700 = 899,999,300.
    let left = 899_999_300;
    let withdraw = |s: &Stage, amount| s.suite.patronage().withdraw_budget(STREAM, NATIVE, amount);
    assert_eq!(
        s.refused("noor", withdraw(&s, left + 1)),
        PatronageError::Payments(PaymentHandlerError::PoolTooSmall {
            needed: left + 1,
            free: left,
        })
    );
    for other in ["omar", "mira", "sam"] {
        let refused = s.refused(other, withdraw(&s, 1));
        assert_eq!(refused, PatronageError::NoSponsorship);
    }
    let sent = s.must("noor", withdraw(&s, left));
    told(
        &sent,
        [BudgetWithdrawn {
            sponsor: account("noor"),
            stream: STREAM,
            asset: NATIVE,
            amount: left,
        }
        .into()],
    );
    assert_eq!(s.purse(), purse(0, 0));
    assert_eq!(s.free("noor", NATIVE), DEPOSITED - PAID);
    s.must(
        "noor",
        s.suite.payments().withdraw(NATIVE, DEPOSITED - PAID),
    );
    s.is_solvent_to_the_unit();
}

#[test]
fn a_budget_serves_each_viewer_once() {
    let mut s = Stage::sponsored(BUDGET);
    assert!(!s.was_sponsored("alice"));
    s.opens("alice", on_the_house());
    assert!(s.was_sponsored("alice"));
    // While it is open: one session on a stream. After that: one from a budget.
    s.not_sponsored("alice", on_the_house(), Error::AlreadyOpen { number: 1 });
    s.advance(10 * SECOND);
    s.must("alice", s.suite.lifecycle().close(1));
    let again = patronage(PatronageError::AlreadySponsored);
    s.not_sponsored("alice", on_the_house(), again.clone());
    // On her own money she may watch as long as she likes; nothing of that is the sponsor's.
    assert_eq!(s.opens("alice", request()), 2);
    assert_eq!(s.session("alice", 2).sponsor, None);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - HOLD);
    s.advance(10 * SECOND);
    s.must("alice", s.suite.lifecycle().close(2));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 10 * RATE);
    assert_eq!(s.purse(), purse(BUDGET - 10 * RATE, 0));
    // More money or other terms serve her no more often; bob was not served yet.
    let terms = terms(s.now() + DAY);
    let more = s.suite.patronage().sponsor(STREAM, NATIVE, BUDGET, terms);
    s.must("noor", more);
    s.not_sponsored("alice", on_the_house(), again);
    s.opens("bob", on_the_house());
    // Another budget is another matter.
    let of_mira = OpenRequest {
        sponsor: Some(account("mira")),
        ..on_the_house()
    };
    s.deposits("mira");
    let sponsor = s.suite.patronage().sponsor(STREAM, NATIVE, BUDGET, terms);
    s.must("mira", sponsor);
    s.opens("alice", of_mira);
    assert_eq!(s.session("alice", 3).sponsor, Some(account("mira")));
    assert_eq!(s.session("bob", 1).sponsor, Some(account("noor")));
    s.is_solvent_to_the_unit();
}

#[test]
fn a_sponsored_session_is_refused_for_each_documented_reason_and_can_open_foresees_it() {
    let mut s = Stage::sponsored(BUDGET);
    let none = || patronage(PatronageError::NoSponsorship);
    // Not this sponsor, asset or stream.
    for sponsor in ["mira", "alice"] {
        let by = OpenRequest {
            sponsor: Some(account(sponsor)),
            ..on_the_house()
        };
        s.not_sponsored("alice", by, none());
    }
    let in_vlk = OpenRequest {
        asset: VLK,
        hold: THREE_MINUTES,
        ceiling: VLK_RATE,
        ..on_the_house()
    };
    s.not_sponsored("alice", in_vlk, none());
    let other = s.airs("mira", Class::Standard, &[]);
    let elsewhere = OpenRequest {
        stream: other,
        ..on_the_house()
    };
    s.not_sponsored("alice", elsewhere, none());
    // Nobody sponsors themselves, nor more, nor at a higher price than they said.
    s.not_sponsored(
        "noor",
        on_the_house(),
        patronage(PatronageError::OwnSponsor),
    );
    let more = OpenRequest {
        hold: THREE_MINUTES + 1,
        ..on_the_house()
    };
    let max = THREE_MINUTES;
    s.not_sponsored("alice", more, patronage(PatronageError::AboveHold { max }));
    let dearer = OpenRequest {
        ceiling: RATE + 1,
        ..on_the_house()
    };
    let max = RATE;
    s.not_sponsored(
        "alice",
        dearer,
        patronage(PatronageError::AboveCeiling { max }),
    );
    // What comes before: the meter's own checks, and pricing's.
    let with_key = OpenRequest {
        key: Some(key("phone")),
        stream: 99,
        ..more
    };
    s.not_sponsored("alice", with_key, Error::Sponsored);
    let nobodys_key = OpenRequest {
        key: Some([0; 32].into()),
        ..more
    };
    s.not_sponsored("alice", nobodys_key, Error::InvalidKey);
    let cheap = OpenRequest {
        ceiling: RATE - 1,
        ..more
    };
    s.not_sponsored(
        "alice",
        cheap,
        Error::Pricing(PricingEngineError::AboveCeiling {
            price_per_sec: RATE,
            ceiling: RATE - 1,
        }),
    );
    // What comes after: payments'.
    s.must("owner", s.suite.payments().pause(MINUTE));
    let until_ms = s.now() + MINUTE;
    let paused = Error::Payments(PaymentHandlerError::Paused { until_ms });
    s.not_sponsored("alice", on_the_house(), paused);
    s.must("owner", s.suite.payments().unpause());
    // Nothing was noted of all that.
    assert!(!s.was_sponsored("alice"));
    assert_eq!(s.purse(), purse(BUDGET, 0));
    // Its last instant is the one before its end.
    s.advance(HOUR - 1);
    s.opens("bob", on_the_house());
    s.advance(1);
    s.not_sponsored("alice", on_the_house(), none());
    // Nor does the session that is open go on: it was billed for that millisecond, 1,000.007.
    s.advance(SECOND);
    assert_eq!(s.owed("bob", 1), 1_000);
    s.must("sam", s.suite.lifecycle().close_ended(id("bob", 1)));
    assert_eq!(s.purse(), purse(BUDGET - 1_000, 0));
}

#[test]
fn nobody_but_the_meter_notes_a_sponsored_session() {
    let mut s = Stage::sponsored(BUDGET);
    let note = |s: &Stage| {
        s.suite.patronage().sponsor_session(
            account("noor"),
            account("alice"),
            STREAM,
            NATIVE,
            THREE_MINUTES,
            RATE,
        )
    };
    for who in ["alice", "noor", "mira", "owner", "sam"] {
        assert_eq!(s.refused(who, note(&s)), PatronageError::NotMeter);
    }
    assert!(!s.was_sponsored("alice"));
    s.opens("alice", on_the_house());
}

#[test]
fn a_sponsored_session_takes_no_key_and_no_top_up() {
    let mut s = Stage::sponsored(BUDGET);
    s.opens("alice", on_the_house());
    for (who, amount) in [("alice", HOLD), ("bob", HOLD), ("noor", HOLD), ("bob", 0)] {
        let top_up = s.suite.lifecycle().top_up(id("alice", 1), amount);
        assert_eq!(s.refused(who, top_up), Error::Sponsored);
    }
    let set_key = |s: &Stage, key| s.suite.lifecycle().set_key(1, key);
    assert_eq!(
        s.refused("alice", set_key(&s, Some(key("phone")))),
        Error::Sponsored
    );
    // No change is none, sponsored or not.
    assert_eq!(s.refused("alice", set_key(&s, None)), Error::InvalidKey);
    // It can pause, as any.
    s.advance(5 * SECOND);
    s.must("alice", s.suite.lifecycle().pause(1));
    s.advance(HOUR / 2);
    s.must("alice", s.suite.lifecycle().resume(1));
    s.advance(5 * SECOND);
    assert_eq!(
        s.must("alice", s.suite.lifecycle().close(1)).value,
        10 * RATE
    );
    assert_eq!(s.purse(), purse(BUDGET - 10 * RATE, 0));
    assert_eq!(s.pool("alice", NATIVE), purse(DEPOSITED, 0));
    assert_eq!(s.pool("bob", NATIVE), purse(DEPOSITED, 0));
}

#[test]
fn a_budget_is_used_up_and_holds_that_end_fill_it_again() {
    // A session and a half.
    let small = THREE_MINUTES + THREE_MINUTES / 2;
    let mut s = Stage::sponsored(small);
    s.opens("alice", on_the_house());
    let short = |free| {
        Error::Payments(PaymentHandlerError::PoolTooSmall {
            needed: THREE_MINUTES,
            free,
        })
    };
    s.not_sponsored("bob", on_the_house(), short(THREE_MINUTES / 2));
    // What was refused was not noted: bob is served once there is money again.
    assert!(!s.was_sponsored("bob"));
    s.advance(10 * SECOND);
    s.must("alice", s.suite.lifecycle().close(1));
    s.opens("bob", on_the_house());
    assert_eq!(s.purse(), purse(small - 10 * RATE - THREE_MINUTES, 1));
    // A hold that is placed is not the sponsor's to take back.
    let free = small - 10 * RATE - THREE_MINUTES;
    let withdraw = |s: &Stage, amount| s.suite.patronage().withdraw_budget(STREAM, NATIVE, amount);
    assert_eq!(
        s.refused("noor", withdraw(&s, free + 1)),
        PatronageError::Payments(PaymentHandlerError::PoolTooSmall {
            needed: free + 1,
            free,
        })
    );
    s.must("noor", withdraw(&s, free));
    s.not_sponsored("sam", on_the_house(), short(0));
    s.advance(60 * SECOND);
    assert_eq!(s.owed("bob", 1), 60 * RATE);
    s.must("bob", s.suite.lifecycle().close(1));
    assert_eq!(s.purse(), purse(THREE_MINUTES - 60 * RATE, 0));
    s.is_solvent_to_the_unit();
}

#[test]
fn however_a_sponsored_session_ends_nothing_of_it_is_the_viewers() {
    let mut s = Stage::sponsored(BUDGET);
    let viewers = ["alice", "bob", "omar", "rita", "sam"];
    for viewer in viewers {
        s.opens(viewer, on_the_house());
    }
    let pools = viewers.map(|viewer| s.pool(viewer, NATIVE));
    let mut left = BUDGET - 5 * THREE_MINUTES;
    assert_eq!(s.purse(), purse(left, 5));

    // Alice closes after 20 seconds.
    s.advance(20 * SECOND);
    s.must("alice", s.suite.lifecycle().close(1));
    left += THREE_MINUTES - 20 * RATE;
    assert_eq!(s.purse(), purse(left, 4));
    // Mira sends bob away after 30.
    s.advance(10 * SECOND);
    let bob = s.session("bob", 1);
    let at = Seated {
        id: bob.id,
        stream: STREAM,
        page: bob.page,
        seat: bob.seat,
    };
    s.must("mira", s.suite.lifecycle().dismiss(at));
    left += THREE_MINUTES - 30 * RATE;
    assert_eq!(s.purse(), purse(left, 3));
    // Omar leaves without help; he is settled at 30 seconds, and his clock ran to 40: nothing of the ten is charged.
    s.must("mira", s.suite.meter().settle(id("omar", 1)));
    s.advance(10 * SECOND);
    s.must("omar", s.suite.lifecycle().begin_exit(1));
    // Rita's hold is used up after 180 seconds; anyone closes her session. Nothing is left of it.
    s.advance(140 * SECOND);
    s.must("sam", s.suite.lifecycle().close_ended(id("rita", 1)));
    assert_eq!(s.purse(), purse(left, 2));
    // Sam's as well, who closes it himself.
    assert_eq!(
        s.must("sam", s.suite.lifecycle().close(1)).value,
        THREE_MINUTES
    );
    assert_eq!(s.purse(), purse(left, 1));
    s.advance(HOUR);
    s.must("omar", s.suite.lifecycle().finish_exit(1));
    left += THREE_MINUTES - 30 * RATE;
    assert_eq!(s.purse(), purse(left, 0));

    assert_eq!(viewers.map(|viewer| s.pool(viewer, NATIVE)), pools);
    // 20 + 30 + 30 + 180 + 180 seconds were paid for: 440 × 1,000,007 = 440,003,080, of which 44,000,308 are fees.
    assert_eq!(left, BUDGET - 440_003_080);
    let totals = s.totals(NATIVE);
    // Each session's fee is rounded down by itself: 2,000,014 + 3,000,021 + 3,000,021 + 2 × 18,000,126 = 44,000,308.
    assert_eq!((totals.holds, totals.fees), (0, 44_000_308));
    assert_eq!(s.payable("mira", NATIVE), 396_002_772);
    s.is_solvent_to_the_unit();
}

#[test]
fn the_end_of_the_broadcast_sends_the_rest_to_the_budget() {
    let mut s = Stage::sponsored(BUDGET);
    s.opens("alice", on_the_house());
    s.advance(50 * SECOND);
    s.must("mira", s.suite.registry().end_broadcast(STREAM));
    s.advance(HOUR);
    assert_eq!(s.refundable("alice", 1), THREE_MINUTES - 50 * RATE);
    s.must("sam", s.suite.lifecycle().close_ended(id("alice", 1)));
    assert_eq!(s.purse(), purse(BUDGET - 50 * RATE, 0));
    assert_eq!(s.pool("alice", NATIVE), purse(DEPOSITED, 0));
}

#[test]
fn no_pause_keeps_a_budget_from_its_sponsor_after_its_end() {
    // Room for two sessions and no more.
    let mut s = Stage::sponsored(2 * THREE_MINUTES);
    let until_ms = s.now() + HOUR;
    s.opens("alice", on_the_house());
    // Bob would stay for longer than noor pays, sam for less.
    let longer = OpenRequest {
        until_ms: Some(until_ms + DAY),
        ..on_the_house()
    };
    s.opens("bob", longer);
    let ends = |s: &mut Stage| ["alice", "bob"].map(|viewer| s.session(viewer, 1).until_ms);
    assert_eq!(ends(&mut s), [Some(until_ms); 2]);
    // Both pause at once, while mira stays on air. Other terms are for sessions from now on.
    for viewer in ["alice", "bob"] {
        s.must(viewer, s.suite.lifecycle().pause(1));
    }
    let more = s
        .suite
        .patronage()
        .sponsor(STREAM, NATIVE, THREE_MINUTES, terms(until_ms + DAY));
    s.must("noor", more);
    assert_eq!(ends(&mut s), [Some(until_ms); 2]);
    let shorter = OpenRequest {
        until_ms: Some(until_ms - MINUTE),
        ..on_the_house()
    };
    s.opens("sam", shorter);
    assert_eq!(s.session("sam", 1).until_ms, Some(until_ms - MINUTE));
    s.must("sam", s.suite.lifecycle().close(1));

    s.advance(HOUR - 1);
    let close = |s: &Stage, viewer| s.suite.lifecycle().close_ended(id(viewer, 1));
    for viewer in ["alice", "bob"] {
        let refused = s.refused("sam", close(&s, viewer));
        assert_eq!(refused, Error::SessionNotEnded);
    }
    s.advance(1);
    let resumed = s.refused("bob", s.suite.lifecycle().resume(1));
    assert_eq!(resumed, Error::SessionEnded { ended_ms: until_ms });
    s.must("sam", close(&s, "alice"));
    s.must("noor", close(&s, "bob"));
    // Nobody watched: the whole budget is noor's again.
    assert_eq!(s.purse(), purse(3 * THREE_MINUTES, 0));
    let all = 3 * THREE_MINUTES;
    let withdraw = s.suite.patronage().withdraw_budget(STREAM, NATIVE, all);
    s.must("noor", withdraw);
    assert_eq!(s.free("noor", NATIVE), DEPOSITED);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_viewers_limits_bind_no_sponsor_and_a_sponsors_bind_the_budget_alone() {
    let mut s = Stage::on_air();
    s.deposits("noor");
    let none_today = SpendingLimits {
        day: Some(0),
        ..SpendingLimits::default()
    };
    let set = |s: &Stage, limits| s.suite.desk().set_spending_limits(NATIVE, limits);
    s.must("alice", set(&s, none_today));
    s.must(
        "noor",
        set(
            &s,
            SpendingLimits {
                day: Some(BUDGET),
                ..SpendingLimits::default()
            },
        ),
    );
    s.advance(1);
    // Setting a budget aside is spending; no more than a day's.
    let terms = terms(s.now() + HOUR);
    let sponsor = |s: &Stage, amount| s.suite.patronage().sponsor(STREAM, NATIVE, amount, terms);
    let above = |left| PaymentHandlerError::AboveLimit {
        kind: LimitKind::Day,
        left,
    };
    assert_eq!(
        s.refused("noor", sponsor(&s, BUDGET + 1)),
        PatronageError::Payments(above(BUDGET))
    );
    s.must("noor", sponsor(&s, BUDGET));

    // Alice may spend nothing, and watches: it is not she who pays.
    let own = OpenRequest {
        sponsor: None,
        ..on_the_house()
    };
    s.not_sponsored("alice", own, Error::Payments(above(0)));
    s.opens("alice", on_the_house());
    s.opens("omar", on_the_house());
    s.advance(100 * SECOND);
    let spent = |s: &mut Stage, who: &str| {
        let spending = s.suite.desk().spending(account(who), NATIVE);
        s.read(spending).expect("is told").day
    };
    assert_eq!(spent(&mut s, "alice"), 0);
    assert_eq!(spent(&mut s, "noor"), BUDGET);
    s.must("alice", s.suite.lifecycle().close(1));
    s.must("omar", s.suite.lifecycle().close(1));
    assert_eq!(spent(&mut s, "alice"), 0);
    // What came back is the budget's, and still spent by noor, until noor takes it.
    assert_eq!(spent(&mut s, "noor"), BUDGET);
    assert_eq!(s.purse(), purse(BUDGET - 2 * PAID, 0));
    let left = BUDGET - 2 * PAID;
    let withdraw = s.suite.patronage().withdraw_budget(STREAM, NATIVE, left);
    s.must("noor", withdraw);
    assert_eq!(spent(&mut s, "noor"), 2 * PAID);
}

#[test]
fn a_budget_in_tokens_pays_in_tokens() {
    let mut s = Stage::on_air();
    s.deposits("noor");
    let (hold, budget): (Balance, Balance) = (60 * VLK_RATE, 100 * VLK_RATE);
    let terms = Sponsorship {
        max_hold: hold,
        max_ceiling: VLK_RATE,
        until_ms: s.now() + HOUR,
    };
    s.must(
        "noor",
        s.suite.patronage().sponsor(STREAM, VLK, budget, terms),
    );
    let request = OpenRequest {
        asset: VLK,
        hold,
        ceiling: VLK_RATE,
        ..on_the_house()
    };
    s.opens("omar", request);
    s.advance(30 * SECOND);
    // 30 × 333,333 = 9,999,990, of which 999,999 are the platform's.
    assert_eq!(
        s.must("omar", s.suite.lifecycle().close(1)).value,
        9_999_990
    );
    assert_eq!(s.payable("mira", VLK), 8_999_991);
    let pool = s.suite.patronage().budget(account("noor"), STREAM, VLK);
    let pool = s.read(pool).expect("is there").pool;
    assert_eq!(
        s.read(s.suite.payments().pool(pool, VLK)),
        purse(budget - 9_999_990, 0)
    );
    assert_ne!(pool, budget_of_native(&mut s, "noor", STREAM, NATIVE));
    s.is_solvent_to_the_unit();
}

/// The account that the budget in another asset has: it is known before there is one.
fn budget_of_native(s: &mut Stage, sponsor: &str, stream: StreamId, asset: AssetId) -> AccountId {
    let terms = terms(s.now() + HOUR);
    let set = s.suite.patronage().sponsor(stream, asset, 0, terms);
    s.must(sponsor, set);
    let budget = s.suite.patronage().budget(account(sponsor), stream, asset);
    s.read(budget).expect("is there").pool
}
