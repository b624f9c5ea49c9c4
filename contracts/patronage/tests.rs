//! Unit tests. Whatever asks the registry, the directory or the payment handler is told on the embedded chain.

use crate::{
    calls::Wired,
    patronage::PatronageContract,
    rules::{
        cancel, empty, ensure_active, ensure_sponsors, ensure_takes, fill, give_back, on_air, take,
        to_external, to_stream, Given, Purse, Wish,
    },
};
use ink::{
    env::{
        test::{default_accounts, recorded_events, set_block_timestamp, set_callee, set_caller},
        DefaultEnvironment as Env,
    },
    scale::Encode,
};
use vilokanam_interfaces::{
    events::{admin as admin_events, patronage::*},
    AccountId, AdminError, Administered, AssetId, Balance, Change, Class, Contribution, External,
    Goal, GoalId, GoalState, Hash, Millis, Patronage, PatronageError as Error, Payment,
    PendingChange, Share, Shift, SponsoredHold, Sponsorship, StreamFacts, StreamId, Terms, Wiring,
    MAX_CHANGE_DELAY_MS, MAX_GOAL_MS, MAX_HOLD, MIN_CHANGE_DELAY_MS,
};

const STREAM: StreamId = 7;
const ASSET: AssetId = 3;
const CATEGORY: u16 = 9;
const NOW_MS: Millis = 1_700_000_000_000;
const DAY: Millis = 86_400_000;
const END_MS: Millis = NOW_MS + DAY;
const TARGET: Balance = 1_000;

fn alice() -> AccountId {
    default_accounts::<Env>().alice
}

fn bob() -> AccountId {
    default_accounts::<Env>().bob
}

fn charlie() -> AccountId {
    default_accounts::<Env>().charlie
}

fn eve() -> AccountId {
    default_accounts::<Env>().eve
}

fn about() -> Hash {
    Hash::from([5; 32])
}

fn by(account: AccountId) {
    set_caller::<Env>(account);
}

fn at(now_ms: Millis) {
    set_block_timestamp::<Env>(now_ms);
}

/// Patronage, owned by alice, at `NOW_MS`; alice calls.
fn patronage() -> PatronageContract {
    by(alice());
    at(NOW_MS);
    PatronageContract::new(0).expect("patronage")
}

/// Patronage that is wired: to the accounts of nobody's contracts, but for the meter, eve.
fn wired() -> PatronageContract {
    let mut patronage = patronage();
    assert_eq!(patronage.wire(wiring()), Ok(()));
    patronage
}

fn wiring() -> Wiring {
    Wiring {
        registry: Some([1; 32].into()),
        payments: Some([2; 32].into()),
        meter: Some(eve()),
        directory: Some([3; 32].into()),
        ..Wiring::default()
    }
}

/// Alice's stream, on air, with charlie as a co-host.
fn facts() -> StreamFacts {
    StreamFacts {
        class: Class::Premium,
        category: CATEGORY,
        terms_no: 4,
        terms: Terms {
            owner: alice(),
            owner_bps: 7_500,
            cohosts: vec![Share {
                account: charlie(),
                bps: 2_500,
            }],
        },
        suspended: false,
        broadcast_no: 2,
        end_ms: NOW_MS + 1,
    }
}

fn owned_by(owner: AccountId) -> StreamFacts {
    let mut facts = facts();
    facts.terms.owner = owner;
    facts
}

fn goal() -> Goal {
    Goal {
        stream: STREAM,
        creator: alice(),
        asset: ASSET,
        target: TARGET,
        raised: 0,
        end_ms: END_MS,
        state: GoalState::Open,
        about: about(),
    }
}

fn terms() -> Sponsorship {
    Sponsorship {
        max_hold: 60,
        max_ceiling: 5,
        until_ms: END_MS,
    }
}

/// What was emitted, from position `from`.
fn emitted(from: usize) -> Vec<Vec<u8>> {
    recorded_events()
        .skip(from)
        .map(|event| event.data)
        .collect()
}

impl PatronageContract {
    /// As alice's, on her stream.
    fn makes_goal(&mut self) -> GoalId {
        by(alice());
        self.add_goal(&facts(), (STREAM, ASSET), TARGET, END_MS, about())
            .expect("a goal")
    }

    /// `contribute`, but for the other contracts.
    fn gives(&mut self, goal: GoalId, from: AccountId, amount: Balance) -> Result<Shift, Error> {
        by(from);
        let of = self.open_goal(goal)?;
        self.take(goal, of, &facts(), amount)
            .map(|(_, shift)| shift)
    }
}

mod tips {
    use super::*;

    #[ink::test]
    fn a_stream_is_on_air_until_its_end() {
        assert_eq!(on_air(&facts(), NOW_MS), Ok(2));
        assert_eq!(on_air(&facts(), NOW_MS + 1), Err(Error::NotLive));
        let never = StreamFacts {
            broadcast_no: 0,
            ..facts()
        };
        assert_eq!(on_air(&never, NOW_MS), Err(Error::NotLive));
        let suspended = StreamFacts {
            suspended: true,
            ..facts()
        };
        assert_eq!(on_air(&suspended, NOW_MS), Err(Error::NotLive));
    }

    #[ink::test]
    fn a_tip_goes_to_the_newest_payees_at_the_fee_of_tips() {
        let payment = Payment {
            payer: bob(),
            asset: ASSET,
            amount: 10,
            class: Class::Tips,
            category: Some(CATEGORY),
            owner: alice(),
            cohosts: facts().terms.cohosts,
        };
        assert_eq!(
            to_stream(bob(), ASSET, 10, Some(CATEGORY), facts()),
            payment
        );
    }

    fn external() -> External {
        External {
            gateway: eve(),
            origin_chain: 2_004,
            origin_stream: Hash::from([8; 32]),
            payee: charlie(),
            cid: String::new(),
            category: 11,
            active: true,
        }
    }

    #[ink::test]
    fn an_external_stream_is_paid_while_it_is_active() {
        assert_eq!(ensure_active(Some(external())), Ok(external()));
        let withdrawn = External {
            active: false,
            ..external()
        };
        for none in [None, Some(withdrawn)] {
            assert_eq!(ensure_active(none), Err(Error::ExternalNotFound));
        }
        let payment = Payment {
            payer: bob(),
            asset: ASSET,
            amount: 10,
            class: Class::Tips,
            category: Some(11),
            owner: charlie(),
            cohosts: vec![],
        };
        assert_eq!(to_external(bob(), ASSET, 10, &external()), payment);
    }

    #[ink::test]
    fn nothing_is_done_before_the_wiring() {
        let mut patronage = patronage();
        let goal = patronage.makes_goal();
        let emitted_before = emitted(0).len();
        assert_eq!(Wired::new(Wiring::default()), Err(Error::NotWired));
        assert_eq!(patronage.tip(STREAM, ASSET, 1, None), Err(Error::NotWired));
        assert_eq!(
            patronage.pay_external(1, ASSET, 1, None),
            Err(Error::NotWired)
        );
        assert_eq!(
            patronage.make_goal(STREAM, ASSET, TARGET, END_MS, about()),
            Err(Error::NotWired)
        );
        assert_eq!(patronage.contribute(goal, 1), Err(Error::NotWired));
        assert_eq!(
            patronage.return_contribution(goal, bob()),
            Err(Error::NotWired)
        );
        assert_eq!(
            patronage.sponsor(STREAM, ASSET, 1, terms()),
            Err(Error::NotWired)
        );
        assert_eq!(
            patronage.withdraw_budget(STREAM, ASSET, 1),
            Err(Error::NotWired)
        );
        assert_eq!(emitted(emitted_before), Vec::<Vec<u8>>::new());
    }
}

mod goals {
    use super::*;

    #[ink::test]
    fn make_goal_works() {
        let mut patronage = patronage();
        assert_eq!(patronage.goal_count(), 0);
        assert_eq!(patronage.goal(1), None);
        assert_eq!(patronage.makes_goal(), 1);
        assert_eq!(patronage.makes_goal(), 2);
        assert_eq!(patronage.goal_count(), 2);
        assert_eq!(patronage.goal(0), None);
        assert_eq!(patronage.goal(1), Some(goal()));
        assert_eq!(patronage.goal(2), Some(goal()));
        let made = |goal| GoalMade {
            goal,
            stream: STREAM,
            creator: alice(),
            asset: ASSET,
            target: TARGET,
            end_ms: END_MS,
            about: about(),
        };
        assert_eq!(emitted(0), vec![made(1).encode(), made(2).encode()]);
    }

    fn made(
        patronage: &mut PatronageContract,
        target: Balance,
        end_ms: Millis,
    ) -> Result<GoalId, Error> {
        patronage.add_goal(&facts(), (STREAM, ASSET), target, end_ms, about())
    }

    #[ink::test]
    fn make_goal_fails_when_the_caller_does_not_own_the_stream() {
        let mut patronage = patronage();
        // Not a co-host either; and this is checked first.
        for stranger in [bob(), charlie()] {
            by(stranger);
            assert_eq!(made(&mut patronage, 0, 0), Err(Error::NotCreator));
        }
        assert_eq!(patronage.goal_count(), 0);
    }

    #[ink::test]
    fn make_goal_fails_when_the_sum_is_out_of_range() {
        let mut patronage = patronage();
        for target in [0, MAX_HOLD + 1, Balance::MAX] {
            assert_eq!(
                made(&mut patronage, target, 0),
                Err(Error::TargetOutOfRange)
            );
        }
        assert_eq!(made(&mut patronage, MAX_HOLD, END_MS), Ok(1));
    }

    #[ink::test]
    fn make_goal_fails_when_the_end_is_out_of_range() {
        let mut patronage = patronage();
        let max_ms = NOW_MS + MAX_GOAL_MS;
        for end_ms in [0, NOW_MS, max_ms + 1, Millis::MAX] {
            assert_eq!(
                made(&mut patronage, 1, end_ms),
                Err(Error::EndOutOfRange { max_ms })
            );
        }
        assert_eq!(made(&mut patronage, 1, NOW_MS + 1), Ok(1));
        assert_eq!(made(&mut patronage, 1, max_ms), Ok(2));
    }

    #[ink::test]
    fn contribute_takes_what_is_missing() {
        let mut patronage = patronage();
        let goal = patronage.makes_goal();
        let shift = |from, amount, patronage: &PatronageContract| Shift {
            from,
            to: patronage.goal_pool(goal),
            asset: ASSET,
            amount,
            category: Some(CATEGORY),
            back_of_ms: None,
        };
        let first = patronage.gives(goal, bob(), 400);
        assert_eq!(first, Ok(shift(bob(), 400, &patronage)));
        at(NOW_MS + 5);
        let second = patronage.gives(goal, bob(), 1);
        assert_eq!(second, Ok(shift(bob(), 1, &patronage)));
        let of = patronage.goal(goal).expect("a goal");
        assert_eq!((of.raised, of.state), (401, GoalState::Open));
        // 1,000 − 401 = 599 are missing.
        let last = patronage.gives(goal, charlie(), 700);
        assert_eq!(last, Ok(shift(charlie(), 599, &patronage)));
        let of = patronage.goal(goal).expect("a goal");
        assert_eq!((of.raised, of.state), (TARGET, GoalState::Reached));
        let given = |amount, placed_ms| Contribution { amount, placed_ms };
        // Since when: the first.
        assert_eq!(patronage.contribution(goal, bob()), given(401, NOW_MS));
        assert_eq!(
            patronage.contribution(goal, charlie()),
            given(599, NOW_MS + 5)
        );
        assert_eq!(patronage.contribution(goal, eve()), Contribution::default());
        assert_eq!(
            patronage.contribution(goal + 1, bob()),
            Contribution::default()
        );
    }

    #[ink::test]
    fn contribute_fails_when_there_is_no_goal() {
        let mut patronage = wired();
        patronage.makes_goal();
        for none in [0, 2, GoalId::MAX] {
            assert_eq!(patronage.contribute(none, 1), Err(Error::GoalNotFound));
            assert_eq!(patronage.cancel_goal(none), Err(Error::GoalNotFound));
            assert_eq!(
                patronage.return_contribution(none, bob()),
                Err(Error::GoalNotFound)
            );
        }
    }

    #[ink::test]
    fn contribute_fails_when_the_goal_is_closed() {
        let mut patronage = wired();
        let [reached, cancelled, over] = [(); 3].map(|()| patronage.makes_goal());
        assert!(patronage.gives(reached, bob(), TARGET).is_ok());
        by(alice());
        assert_eq!(patronage.cancel_goal(cancelled), Ok(()));
        // The last instant; then not at its end any more.
        at(END_MS - 1);
        assert!(patronage.gives(over, bob(), TARGET - 1).is_ok());
        for closed in [reached, cancelled] {
            assert_eq!(patronage.contribute(closed, 1), Err(Error::GoalClosed));
        }
        at(END_MS);
        assert_eq!(patronage.contribute(over, 1), Err(Error::GoalClosed));
        assert_eq!(ensure_takes(&goal(), END_MS - 1), Ok(()));
        assert_eq!(ensure_takes(&goal(), END_MS), Err(Error::GoalClosed));
    }

    #[ink::test]
    fn contribute_fails_when_the_stream_has_another_owner() {
        let mut of = goal();
        let facts = owned_by(bob());
        assert_eq!(
            take(&mut of, None, &facts, NOW_MS, 1),
            Err(Error::OwnerChanged)
        );
        assert_eq!(of, goal());
        // Also its new owner, and also with all that is missing.
        of.raised = TARGET - 1;
        assert_eq!(
            take(&mut of, None, &facts, NOW_MS, 1),
            Err(Error::OwnerChanged)
        );
    }

    #[ink::test]
    fn contribute_fails_when_numbers_are_out_of_limits() {
        let mut above = Goal {
            raised: TARGET + 1,
            ..goal()
        };
        assert_eq!(
            take(&mut above, None, &facts(), NOW_MS, 1),
            Err(Error::Overflow)
        );
        let given = Given {
            contribution: Contribution {
                amount: Balance::MAX,
                placed_ms: 0,
            },
            category: None,
        };
        assert_eq!(
            take(&mut goal(), Some(given), &facts(), NOW_MS, 1),
            Err(Error::Overflow)
        );
    }

    #[ink::test]
    fn cancel_goal_works_once() {
        let mut patronage = patronage();
        let goal = patronage.makes_goal();
        let before = emitted(0).len();
        for stranger in [bob(), charlie()] {
            by(stranger);
            assert_eq!(patronage.cancel_goal(goal), Err(Error::NotCreator));
        }
        by(alice());
        assert_eq!(patronage.cancel_goal(goal), Ok(()));
        assert_eq!(patronage.cancel_goal(goal), Err(Error::GoalClosed));
        assert_eq!(
            patronage.goal(goal).map(|goal| goal.state),
            Some(GoalState::Cancelled)
        );
        assert_eq!(emitted(before), vec![GoalCancelled { goal }.encode()]);
    }

    #[ink::test]
    fn cancel_goal_works_after_the_end_and_fails_when_it_was_reached() {
        let mut reached = Goal {
            state: GoalState::Reached,
            raised: TARGET,
            ..goal()
        };
        assert_eq!(cancel(&mut reached, alice()), Err(Error::GoalClosed));
        assert_eq!(cancel(&mut reached, bob()), Err(Error::NotCreator));
        let mut patronage = patronage();
        let missed = patronage.makes_goal();
        at(END_MS);
        assert_eq!(patronage.cancel_goal(missed), Ok(()));
    }

    #[ink::test]
    fn a_contribution_of_a_missed_goal_goes_back_once() {
        let mut patronage = patronage();
        let goal = patronage.makes_goal();
        assert!(patronage.gives(goal, bob(), 400).is_ok());
        assert!(patronage.gives(goal, charlie(), 599).is_ok());
        at(END_MS - 1);
        assert_eq!(patronage.give_back(goal, bob()), Err(Error::NotReturnable));
        at(END_MS);
        // Whoever calls.
        by(eve());
        let shift = Shift {
            from: patronage.goal_pool(goal),
            to: bob(),
            asset: ASSET,
            amount: 400,
            category: Some(CATEGORY),
            back_of_ms: Some(NOW_MS),
        };
        assert_eq!(patronage.give_back(goal, bob()), Ok(shift));
        for nobody in [bob(), eve()] {
            assert_eq!(
                patronage.give_back(goal, nobody),
                Err(Error::NothingContributed)
            );
        }
        assert_eq!(patronage.goal(goal).map(|goal| goal.raised), Some(599));
        assert_eq!(patronage.contribution(goal, bob()).amount, 0);
        assert_eq!(
            patronage.give_back(goal, charlie()).map(|back| back.amount),
            Ok(599)
        );
        assert_eq!(patronage.goal(goal).map(|goal| goal.raised), Some(0));
    }

    #[ink::test]
    fn a_contribution_of_a_cancelled_goal_goes_back_at_once() {
        let mut patronage = patronage();
        let goal = patronage.makes_goal();
        assert!(patronage.gives(goal, bob(), 400).is_ok());
        by(alice());
        assert_eq!(patronage.cancel_goal(goal), Ok(()));
        assert_eq!(
            patronage.give_back(goal, bob()).map(|back| back.amount),
            Ok(400)
        );
        assert_eq!(
            patronage.give_back(goal, bob()),
            Err(Error::NothingContributed)
        );
    }

    #[ink::test]
    fn nothing_goes_back_of_a_goal_that_was_reached() {
        let mut patronage = patronage();
        let goal = patronage.makes_goal();
        assert!(patronage.gives(goal, bob(), TARGET).is_ok());
        for now_ms in [NOW_MS, END_MS, Millis::MAX] {
            at(now_ms);
            assert_eq!(patronage.give_back(goal, bob()), Err(Error::NotReturnable));
        }
    }

    #[ink::test]
    fn what_was_given_in_several_categories_comes_back_in_none() {
        let mut of = goal();
        let (_, given) = take(&mut of, None, &facts(), NOW_MS, 1).expect("takes");
        assert_eq!(given.category, Some(CATEGORY));
        let elsewhere = StreamFacts {
            category: CATEGORY + 1,
            ..facts()
        };
        let (_, given) = take(&mut of, Some(given), &elsewhere, NOW_MS, 1).expect("takes");
        assert_eq!(given.category, None);
        let (_, given) = take(&mut of, Some(given), &facts(), NOW_MS, 1).expect("takes");
        assert_eq!(given.category, None);
        let (before, after) = give_back(&mut of, Some(given), END_MS).expect("gives back");
        assert_eq!((before.category, after.contribution.amount), (None, 0));
        // Its cell stays as large as it was: whoever returns it frees nothing.
        assert_eq!(before.encoded_size(), after.encoded_size());
    }

    /// Whatever is done, in whatever order: what a goal has raised is what was given and did not go back; it is never above its sum; it is
    /// paid out or goes back, never both; and in the end nobody lacks anything.
    #[ink::test]
    fn law_every_contribution_is_paid_out_or_goes_back_once() {
        let people = [alice(), bob(), charlie(), eve()];
        // A small generator: the same steps every time.
        let mut state: u64 = 5;
        let mut random = move |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let (mut reached, mut missed, mut cancelled) = (0, 0, 0);
        for _ in 0..300 {
            let mut patronage = patronage();
            let goal = patronage.makes_goal();
            // By hand: what each has given less what came back to them.
            let mut out = [0u128; 4];
            let mut now_ms = NOW_MS;
            for _ in 0..random(20) {
                let who = usize::try_from(random(4)).expect("below 4");
                match random(8) {
                    0..=4 => {
                        if let Ok(shift) = patronage.gives(goal, people[who], random(500).into()) {
                            assert_eq!((shift.from, shift.back_of_ms), (people[who], None));
                            out[who] += shift.amount;
                        }
                    }
                    5 => {
                        if let Ok(shift) = patronage.give_back(goal, people[who]) {
                            assert_eq!((shift.to, shift.amount), (people[who], out[who]));
                            out[who] = 0;
                        }
                    }
                    6 if random(4) == 0 => {
                        by(alice());
                        let _ = patronage.cancel_goal(goal);
                    }
                    _ => {
                        now_ms += random(DAY / 4);
                        at(now_ms);
                    }
                }
                let of = patronage.goal(goal).expect("a goal");
                let given = people.map(|p| patronage.contribution(goal, p).amount);
                assert_eq!(given, out);
                assert_eq!(of.raised, out.iter().sum::<u128>());
                assert!(of.raised <= TARGET);
                assert_eq!(of.state == GoalState::Reached, of.raised == TARGET);
            }
            at(END_MS);
            match patronage.goal(goal).expect("a goal").state {
                GoalState::Open => missed += 1,
                GoalState::Cancelled => cancelled += 1,
                GoalState::Reached => {
                    reached += 1;
                    for person in people {
                        let back = patronage.give_back(goal, person);
                        assert_eq!(back, Err(Error::NotReturnable));
                    }
                    continue;
                }
            }
            for (person, out) in people.into_iter().zip(out) {
                let back = patronage.give_back(goal, person).map(|back| back.amount);
                let expected = if out == 0 {
                    Err(Error::NothingContributed)
                } else {
                    Ok(out)
                };
                assert_eq!(back, expected);
                let again = patronage.give_back(goal, person);
                assert_eq!(again, Err(Error::NothingContributed));
            }
            assert_eq!(patronage.goal(goal).map(|goal| goal.raised), Some(0));
        }
        // It all happened.
        assert!(reached > 20 && missed > 20 && cancelled > 20);
    }
}

mod pools {
    use super::*;

    #[ink::test]
    fn no_two_pools_are_one() {
        let patronage = patronage();
        let mut pools: Vec<AccountId> = (0..50).map(|goal| patronage.goal_pool(goal)).collect();
        for sponsor in [alice(), bob()] {
            for stream in 1..5 {
                for asset in 0..5 {
                    pools.push(patronage.budget_pool(sponsor, stream, asset));
                }
            }
        }
        // Nor are those of another contract.
        let here = ink::env::account_id::<Env>();
        set_callee::<Env>(eve());
        pools.push(patronage.goal_pool(1));
        pools.push(patronage.budget_pool(alice(), 1, 0));
        set_callee::<Env>(here);
        let count = pools.len();
        pools.sort();
        pools.dedup();
        assert_eq!((pools.len(), count), (92, 92));
    }

    #[ink::test]
    fn a_pool_is_where_the_documentation_says() {
        let patronage = patronage();
        let hash = |of: &[u8]| {
            let mut output = [0; 32];
            ink::env::hash_bytes::<ink::env::hash::Blake2x256>(of, &mut output);
            AccountId::from(output)
        };
        let here = ink::env::account_id::<Env>();
        let goal = [
            b"vilokanam/goal".to_vec(),
            here.encode(),
            5u32.to_le_bytes().to_vec(),
        ];
        assert_eq!(patronage.goal_pool(5), hash(&goal.concat()));
        let budget = [
            b"vilokanam/budget".to_vec(),
            here.encode(),
            bob().encode(),
            STREAM.to_le_bytes().to_vec(),
            ASSET.to_le_bytes().to_vec(),
        ];
        assert_eq!(
            patronage.budget_pool(bob(), STREAM, ASSET),
            hash(&budget.concat())
        );
    }
}

mod budgets {
    use super::*;

    const AT: (StreamId, AssetId) = (STREAM, ASSET);

    /// Patronage that is wired, with bob's budget of 100.
    fn sponsored() -> PatronageContract {
        let mut patronage = wired();
        by(bob());
        assert!(patronage.fill(&facts(), AT, 100, terms()).is_ok());
        patronage
    }

    fn wish() -> Wish {
        Wish {
            sponsor: bob(),
            viewer: charlie(),
            hold: 60,
            ceiling: 5,
        }
    }

    fn asked(patronage: &PatronageContract, wish: Wish) -> Result<SponsoredHold, Error> {
        let Wish {
            sponsor,
            viewer,
            hold,
            ceiling,
        } = wish;
        patronage.would_sponsor(sponsor, viewer, STREAM, ASSET, hold, ceiling)
    }

    fn opened(patronage: &mut PatronageContract, wish: Wish) -> Result<SponsoredHold, Error> {
        let Wish {
            sponsor,
            viewer,
            hold,
            ceiling,
        } = wish;
        patronage.sponsor_session(sponsor, viewer, STREAM, ASSET, hold, ceiling)
    }

    #[ink::test]
    fn sponsor_moves_money_into_the_budget_and_sets_its_terms() {
        let mut patronage = wired();
        assert_eq!(patronage.budget(bob(), STREAM, ASSET), None);
        by(bob());
        let shift = Shift {
            from: bob(),
            to: patronage.budget_pool(bob(), STREAM, ASSET),
            asset: ASSET,
            amount: 100,
            category: Some(CATEGORY),
            back_of_ms: None,
        };
        assert_eq!(patronage.fill(&facts(), AT, 100, terms()), Ok(shift));
        let budget = patronage.budget(bob(), STREAM, ASSET).expect("a budget");
        assert_eq!((budget.terms, budget.pool), (terms(), shift.to));
        let other = Sponsorship {
            max_hold: 1,
            ..terms()
        };
        // Nothing more, on other terms.
        let nothing = patronage.fill(&facts(), AT, 0, other);
        assert_eq!(nothing, Ok(Shift { amount: 0, ..shift }));
        let budget = patronage.budget(bob(), STREAM, ASSET).expect("a budget");
        assert_eq!((budget.terms, budget.pool), (other, shift.to));
        // Of this sponsor, stream and asset alone.
        for (sponsor, stream, asset) in [
            (alice(), STREAM, ASSET),
            (bob(), STREAM + 1, ASSET),
            (bob(), STREAM, ASSET + 1),
        ] {
            assert_eq!(patronage.budget(sponsor, stream, asset), None);
        }
    }

    #[ink::test]
    fn sponsor_fails_when_it_is_over_already() {
        let mut patronage = wired();
        by(bob());
        for until_ms in [0, NOW_MS] {
            let over = Sponsorship {
                until_ms,
                ..terms()
            };
            assert_eq!(
                patronage.fill(&facts(), AT, 100, over),
                Err(Error::EndOutOfRange {
                    max_ms: Millis::MAX
                })
            );
        }
        assert_eq!(patronage.budget(bob(), STREAM, ASSET), None);
        let for_ever = Sponsorship {
            until_ms: Millis::MAX,
            ..terms()
        };
        assert!(patronage.fill(&facts(), AT, 100, for_ever).is_ok());
    }

    #[ink::test]
    fn withdraw_budget_fails_when_there_never_was_one() {
        let mut patronage = sponsored();
        for stranger in [alice(), charlie()] {
            by(stranger);
            assert_eq!(
                patronage.withdraw_budget(STREAM, ASSET, 1),
                Err(Error::NoSponsorship)
            );
        }
        by(bob());
        assert_eq!(
            patronage.withdraw_budget(STREAM + 1, ASSET, 1),
            Err(Error::NoSponsorship)
        );
        assert_eq!(
            patronage.withdraw_budget(STREAM, ASSET + 1, 1),
            Err(Error::NoSponsorship)
        );
    }

    #[ink::test]
    fn withdraw_budget_gives_back_what_was_placed() {
        let mut patronage = sponsored();
        at(NOW_MS + 1);
        let shift = Shift {
            from: patronage.budget_pool(bob(), STREAM, ASSET),
            to: bob(),
            asset: ASSET,
            amount: 70,
            category: Some(CATEGORY),
            back_of_ms: Some(NOW_MS),
        };
        assert_eq!(patronage.empty(AT, 70), Ok(shift));
        // Only 30 of these are what bob added.
        let more = Shift {
            amount: 31,
            back_of_ms: Some(0),
            ..shift
        };
        assert_eq!(patronage.empty(AT, 31), Ok(more));
    }

    #[ink::test]
    fn a_purse_counts_from_the_first_of_what_is_in_it() {
        let first = fill(None, terms(), NOW_MS, 0, CATEGORY).expect("a purse");
        let purse = Purse {
            terms: terms(),
            added: 0,
            placed_ms: NOW_MS,
            category: None,
        };
        assert_eq!(first, purse);
        let second = fill(Some(first), terms(), NOW_MS + 1, 10, CATEGORY).expect("a purse");
        let purse = Purse {
            added: 10,
            placed_ms: NOW_MS + 1,
            category: Some(CATEGORY),
            ..purse
        };
        assert_eq!(second, purse);
        // Added in another category: what comes back counts in none.
        let third = fill(Some(second), terms(), NOW_MS + 2, 5, CATEGORY + 1).expect("a purse");
        let purse = Purse {
            added: 15,
            category: None,
            ..purse
        };
        assert_eq!(third, purse);
        let (emptied, placed_ms) = empty(Some(third), 15).expect("a purse");
        assert_eq!(
            (emptied, placed_ms),
            (Purse { added: 0, ..purse }, NOW_MS + 1)
        );
        // Anew.
        let fourth = fill(Some(emptied), terms(), NOW_MS + 3, 1, CATEGORY + 1);
        let purse = Purse {
            added: 1,
            placed_ms: NOW_MS + 3,
            category: Some(CATEGORY + 1),
            ..purse
        };
        assert_eq!(fourth, Ok(purse));
        let full = Purse {
            added: Balance::MAX,
            ..purse
        };
        assert_eq!(
            fill(Some(full), terms(), NOW_MS, 1, CATEGORY),
            Err(Error::Overflow)
        );
    }

    #[ink::test]
    fn sponsor_session_works_once_for_each_viewer() {
        let mut patronage = sponsored();
        let before = emitted(0).len();
        let hold = SponsoredHold {
            pool: patronage.budget_pool(bob(), STREAM, ASSET),
            until_ms: END_MS,
        };
        assert_eq!(asked(&patronage, wish()), Ok(hold));
        // Asking changes nothing.
        assert_eq!(asked(&patronage, wish()), Ok(hold));
        let served = |patronage: &PatronageContract, viewer| {
            patronage.was_sponsored(bob(), STREAM, ASSET, viewer)
        };
        assert!(!served(&patronage, charlie()));
        by(eve());
        assert_eq!(opened(&mut patronage, wish()), Ok(hold));
        assert!(served(&patronage, charlie()));
        assert!(!served(&patronage, alice()));
        assert!(!patronage.was_sponsored(bob(), STREAM + 1, ASSET, charlie()));
        assert!(!patronage.was_sponsored(bob(), STREAM, ASSET + 1, charlie()));
        assert!(!patronage.was_sponsored(alice(), STREAM, ASSET, charlie()));
        assert_eq!(opened(&mut patronage, wish()), Err(Error::AlreadySponsored));
        assert_eq!(asked(&patronage, wish()), Err(Error::AlreadySponsored));
        let another = Wish {
            viewer: alice(),
            ..wish()
        };
        assert_eq!(opened(&mut patronage, another), Ok(hold));
        // Nor again when the sponsor adds to it.
        by(bob());
        assert!(patronage.fill(&facts(), AT, 100, terms()).is_ok());
        assert_eq!(asked(&patronage, wish()), Err(Error::AlreadySponsored));
        assert_eq!(emitted(before), Vec::<Vec<u8>>::new());
    }

    #[ink::test]
    fn sponsor_session_fails_when_the_caller_is_not_the_meter() {
        let mut patronage = sponsored();
        for stranger in [alice(), bob(), charlie()] {
            by(stranger);
            assert_eq!(opened(&mut patronage, wish()), Err(Error::NotMeter));
        }
        assert!(!patronage.was_sponsored(bob(), STREAM, ASSET, charlie()));
    }

    #[ink::test]
    fn nobody_is_the_meter_before_the_wiring() {
        let mut patronage = patronage();
        by(eve());
        assert_eq!(opened(&mut patronage, wish()), Err(Error::NotMeter));
    }

    #[ink::test]
    fn would_sponsor_fails_when_there_is_no_budget_or_it_is_over() {
        let mut patronage = sponsored();
        let nobody = Wish {
            sponsor: alice(),
            ..wish()
        };
        by(eve());
        assert_eq!(asked(&patronage, nobody), Err(Error::NoSponsorship));
        assert_eq!(opened(&mut patronage, nobody), Err(Error::NoSponsorship));
        at(END_MS - 1);
        assert!(asked(&patronage, wish()).is_ok());
        at(END_MS);
        assert_eq!(asked(&patronage, wish()), Err(Error::NoSponsorship));
        assert_eq!(opened(&mut patronage, wish()), Err(Error::NoSponsorship));
    }

    #[ink::test]
    fn would_sponsor_fails_when_sponsor_and_viewer_are_one() {
        let patronage = sponsored();
        let own = Wish {
            viewer: bob(),
            ..wish()
        };
        assert_eq!(asked(&patronage, own), Err(Error::OwnSponsor));
    }

    #[ink::test]
    fn would_sponsor_fails_when_hold_or_ceiling_are_above_the_terms() {
        let patronage = sponsored();
        let both = Wish {
            hold: 61,
            ceiling: 6,
            ..wish()
        };
        assert_eq!(asked(&patronage, both), Err(Error::AboveHold { max: 60 }));
        let dear = Wish {
            ceiling: 6,
            ..wish()
        };
        assert_eq!(asked(&patronage, dear), Err(Error::AboveCeiling { max: 5 }));
    }

    #[ink::test]
    fn reasons_come_in_their_order() {
        let refusal = |terms, wish, had_one| ensure_sponsors(terms, wish, had_one, NOW_MS);
        let worst = Wish {
            viewer: bob(),
            hold: 61,
            ceiling: 6,
            ..wish()
        };
        assert_eq!(refusal(None, worst, true), Err(Error::NoSponsorship));
        assert_eq!(refusal(Some(terms()), worst, true), Err(Error::OwnSponsor));
        let other = Wish {
            viewer: alice(),
            ..worst
        };
        assert_eq!(
            refusal(Some(terms()), other, true),
            Err(Error::AlreadySponsored)
        );
        assert_eq!(
            refusal(Some(terms()), other, false),
            Err(Error::AboveHold { max: 60 })
        );
        assert_eq!(refusal(Some(terms()), wish(), false), Ok(END_MS));
    }
}

mod administration {
    use super::*;

    #[ink::test]
    fn new_works() {
        let patronage = patronage();
        let administration = patronage.administration();
        assert_eq!(administration.owner, alice());
        assert_eq!(administration.change_delay_ms, 0);
        assert_eq!(administration.wiring, Wiring::default());
        assert_eq!(administration.layout_version, 1);
        assert_eq!(administration.second_code, None);
        assert_eq!(emitted(0), Vec::<Vec<u8>>::new());
    }

    #[ink::test]
    fn new_fails_when_the_delay_is_out_of_range() {
        let error = AdminError::DelayOutOfRange {
            min_ms: MIN_CHANGE_DELAY_MS,
            max_ms: MAX_CHANGE_DELAY_MS,
        };
        for delay_ms in [1, MIN_CHANGE_DELAY_MS - 1, MAX_CHANGE_DELAY_MS + 1] {
            assert_eq!(PatronageContract::new(delay_ms).err(), Some(error.clone()));
        }
        assert!(PatronageContract::new(MIN_CHANGE_DELAY_MS).is_ok());
    }

    #[ink::test]
    fn wire_works_once() {
        let mut patronage = patronage();
        by(bob());
        assert_eq!(patronage.wire(wiring()), Err(AdminError::NotOwner));
        by(alice());
        assert_eq!(patronage.wire(wiring()), Ok(()));
        assert_eq!(patronage.administration().wiring, wiring());
        let event = admin_events::Wired { wiring: wiring() };
        assert_eq!(emitted(0), vec![event.encode()]);
        assert_eq!(patronage.wire(wiring()), Err(AdminError::AlreadyWired));
    }

    #[ink::test]
    fn the_first_wiring_names_registry_payments_meter_and_directory() {
        let mut patronage = patronage();
        let without = [
            Wiring {
                registry: None,
                ..wiring()
            },
            Wiring {
                payments: None,
                ..wiring()
            },
            Wiring {
                meter: None,
                ..wiring()
            },
            Wiring {
                directory: None,
                ..wiring()
            },
        ];
        let more = Wiring {
            passes: Some(bob()),
            ..wiring()
        };
        for wrong in without.into_iter().chain([more, Wiring::default()]) {
            assert_eq!(patronage.wire(wrong), Err(AdminError::WiringMismatch));
        }
    }

    #[ink::test]
    fn payments_are_wired_for_ever() {
        let mut patronage = wired();
        assert_eq!(
            patronage.announce(Change::Wiring(wiring())),
            Err(AdminError::WiringMismatch)
        );
        let change = Change::Wiring(Wiring {
            registry: Some(bob()),
            payments: None,
            meter: Some(charlie()),
            ..wiring()
        });
        let before = emitted(0).len();
        assert_eq!(patronage.announce(change), Ok(1));
        let pending = PendingChange {
            id: 1,
            change,
            due_ms: NOW_MS,
        };
        assert_eq!(patronage.administration().pending, vec![pending]);
        by(bob());
        assert_eq!(patronage.apply(1), Err(AdminError::NotOwner));
        by(alice());
        assert_eq!(patronage.apply(1), Ok(()));
        assert_eq!(patronage.apply(1), Err(AdminError::UnknownChange));
        let new = Wiring {
            registry: Some(bob()),
            meter: Some(charlie()),
            ..wiring()
        };
        assert_eq!(patronage.administration().wiring, new);
        let events = vec![
            admin_events::ChangeAnnounced {
                id: 1,
                change,
                due_ms: NOW_MS,
            }
            .encode(),
            admin_events::ChangeApplied {
                id: 1,
                old: Some(Change::Wiring(wiring())),
                new: change,
            }
            .encode(),
        ];
        assert_eq!(emitted(before), events);
    }

    #[ink::test]
    fn announce_fails_when_there_is_no_such_thing_to_change() {
        let mut patronage = wired();
        for change in [
            Change::Treasury(bob()),
            Change::ListToken(bob()),
            Change::SecondCode(Hash::from([7; 32])),
        ] {
            assert_eq!(
                patronage.announce(change),
                Err(AdminError::UnsupportedChange)
            );
        }
        let code = Change::Code(Hash::from([7; 32]));
        by(bob());
        assert_eq!(patronage.announce(code), Err(AdminError::NotOwner));
        by(alice());
        assert_eq!(patronage.announce(code), Ok(1));
        assert_eq!(patronage.cancel(1), Ok(()));
        assert_eq!(patronage.cancel(1), Err(AdminError::UnknownChange));
    }

    #[ink::test]
    fn ownership_moves_in_two_steps() {
        let mut patronage = patronage();
        assert_eq!(patronage.propose_owner(Some(bob())), Ok(()));
        assert_eq!(patronage.accept_owner(), Err(AdminError::NotProposedOwner));
        by(bob());
        assert_eq!(
            patronage.propose_owner(Some(bob())),
            Err(AdminError::NotOwner)
        );
        assert_eq!(patronage.accept_owner(), Ok(()));
        assert_eq!(patronage.administration().owner, bob());
        assert_eq!(patronage.administration().proposed_owner, None);
    }
}
