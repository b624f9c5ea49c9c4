//! Unit tests. Code changes need a chain and are tested on the embedded one.

use crate::vlk_token::Vlk;
use ink::{
    env::{
        test::{default_accounts, recorded_events, set_block_timestamp, set_caller},
        DefaultEnvironment as Env,
    },
    primitives::AccountId,
    scale::Encode,
    storage::{traits::ManualKey, Lazy},
};
use psp22::{PSP22Burnable, PSP22Error, PSP22Metadata, Transfer, PSP22};
use vilokanam_interfaces::{
    events::admin::ChangeApplied, AdminError, Administered, AssetId, Change, Hash, Millis,
    PendingChange, VlkToken, Wiring, MAX_ALLOCATIONS, MAX_CHANGE_DELAY_MS, MIN_CHANGE_DELAY_MS,
    PERMIT_GENESIS_KEY,
};

const ONE_VLK: u128 = 1_000_000_000_000;
const SUPPLY: u128 = 1_000_000 * ONE_VLK;
const CODE: [u8; 32] = [7; 32];
const GENESIS: [u8; 32] = [8; 32];
const PERMIT_CODE: [u8; 32] = [9; 32];

fn alice() -> AccountId {
    default_accounts::<Env>().alice
}

fn bob() -> AccountId {
    default_accounts::<Env>().bob
}

fn charlie() -> AccountId {
    default_accounts::<Env>().charlie
}

/// A token of this chain, whose second code is there.
fn new(allocations: Vec<(AccountId, u128)>, change_delay_ms: Millis) -> Result<Vlk, AdminError> {
    Vlk::new(
        allocations,
        change_delay_ms,
        GENESIS.into(),
        PERMIT_CODE.into(),
    )
}

/// The token with all of its supply at alice, who owns it.
fn token() -> Vlk {
    set_caller::<Env>(alice());
    new(vec![(alice(), SUPPLY)], 0).expect("a token")
}

/// Does it on a chain of its own: unlike a real one, the chain of unit tests keeps what a constructor did before it failed.
fn anew<T>(run: impl FnOnce() -> T) -> T {
    let mut made = None;
    ink::env::test::run_test::<Env, _>(|_| {
        made = Some(run());
        Ok(())
    })
    .expect("runs");
    made.expect("ran")
}

/// The data of the events after the first `skip`.
fn emitted(skip: usize) -> Vec<Vec<u8>> {
    recorded_events()
        .skip(skip)
        .map(|event| event.data)
        .collect()
}

/// The data of a transfer's event.
fn transfer(from: Option<AccountId>, to: Option<AccountId>, value: u128) -> Vec<u8> {
    Transfer { from, to, value }.encode()
}

mod conformance {
    use super::*;
    use ink::env::caller;

    /// All of the supply at the caller. The suite's token without any is one that was never constructed: the
    /// constructor refuses to mint nothing.
    fn token(supply: u128) -> Vlk {
        if supply == 0 {
            return Vlk::default();
        }
        new(vec![(caller::<Env>(), supply)], 0).expect("a token")
    }

    psp22::tests!(Vlk, token);
}

#[ink::test]
fn new_works() {
    set_caller::<Env>(charlie());
    let token = new(
        vec![(alice(), ONE_VLK), (bob(), 2 * ONE_VLK)],
        MIN_CHANGE_DELAY_MS,
    )
    .unwrap();

    assert_eq!(
        emitted(0),
        [
            transfer(None, Some(alice()), ONE_VLK),
            transfer(None, Some(bob()), 2 * ONE_VLK)
        ]
    );
    assert_eq!(token.cap(), 3 * ONE_VLK);
    assert_eq!(token.total_supply(), 3 * ONE_VLK);
    assert_eq!(token.balance_of(alice()), ONE_VLK);
    assert_eq!(token.balance_of(bob()), 2 * ONE_VLK);
    assert_eq!(token.balance_of(charlie()), 0);
    assert_eq!(token.administration().owner, charlie());
    assert_eq!(token.administration().change_delay_ms, MIN_CHANGE_DELAY_MS);
    assert_eq!(token.administration().second_code, Some(PERMIT_CODE.into()));
    // Where `vlk_permit` looks for it.
    let cell: Lazy<Hash, ManualKey<PERMIT_GENESIS_KEY>> = Lazy::default();
    assert_eq!(cell.get(), Some(GENESIS.into()));
}

#[ink::test]
fn new_mints_everything_that_fits() {
    let token = new(vec![(alice(), u128::MAX - 1), (bob(), 1)], 0).unwrap();
    assert_eq!(token.cap(), u128::MAX);
    assert_eq!(token.total_supply(), u128::MAX);
}

#[ink::test]
fn new_fails_when_setup_is_invalid() {
    let many = |count: u32| -> Vec<_> {
        (0..count)
            .map(|n| (AccountId::from([n as u8; 32]), 1))
            .collect()
    };
    for allocations in [
        vec![],
        many(MAX_ALLOCATIONS + 1),
        vec![(alice(), 0)],
        vec![(alice(), 1), (bob(), 0)],
        vec![(alice(), 1), (bob(), 1), (alice(), 1)],
        vec![(alice(), u128::MAX), (bob(), 1)],
    ] {
        // Even if the delay is wrong too.
        let made = anew(|| new(allocations, 1));
        assert_eq!(made.err(), Some(AdminError::InvalidSetup));
    }
    assert!(anew(|| new(many(MAX_ALLOCATIONS), 0)).is_ok());
}

#[ink::test]
fn new_fails_when_delay_is_out_of_range() {
    for delay in [1, MIN_CHANGE_DELAY_MS - 1, MAX_CHANGE_DELAY_MS + 1] {
        assert_eq!(
            anew(|| new(vec![(alice(), 1)], delay)).err(),
            Some(AdminError::DelayOutOfRange {
                min_ms: MIN_CHANGE_DELAY_MS,
                max_ms: MAX_CHANGE_DELAY_MS
            })
        );
    }
}

#[ink::test]
fn metadata_works() {
    let token = token();
    assert_eq!(token.token_name().as_deref(), Some("Vilokanam"));
    assert_eq!(token.token_symbol().as_deref(), Some("VLK"));
    assert_eq!(token.token_decimals(), 12);
}

#[ink::test]
fn burn_works() {
    let mut token = token();
    token.transfer(bob(), 3 * ONE_VLK, vec![]).unwrap();
    let skip = recorded_events().count();

    set_caller::<Env>(bob());
    assert_eq!(token.burn(ONE_VLK), Ok(()));
    assert_eq!(token.total_supply(), SUPPLY - ONE_VLK);
    assert_eq!(token.burn(2 * ONE_VLK), Ok(()));

    assert_eq!(token.balance_of(bob()), 0);
    assert_eq!(token.total_supply(), SUPPLY - 3 * ONE_VLK);
    assert_eq!(token.cap(), SUPPLY);
    assert_eq!(
        emitted(skip),
        [
            transfer(Some(bob()), None, ONE_VLK),
            transfer(Some(bob()), None, 2 * ONE_VLK)
        ]
    );
}

#[ink::test]
fn burn_is_noop_when_value_is_zero() {
    let mut token = token();
    let skip = recorded_events().count();
    set_caller::<Env>(bob());
    assert_eq!(token.burn(0), Ok(()));
    assert_eq!(token.total_supply(), SUPPLY);
    assert_eq!(emitted(skip), [] as [Vec<u8>; 0]);
}

#[ink::test]
fn burn_fails_when_balance_is_insufficient() {
    let mut token = token();
    assert_eq!(token.burn(SUPPLY + 1), Err(PSP22Error::InsufficientBalance));
    set_caller::<Env>(bob());
    assert_eq!(token.burn(1), Err(PSP22Error::InsufficientBalance));
    assert_eq!(token.total_supply(), SUPPLY);
    assert_eq!(token.balance_of(alice()), SUPPLY);
}

/// A stream of numbers that is the same at every run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Transfers, allowances and burns by five accounts at random, against balances kept in an array.
fn random_run(seed: u64) {
    let all = default_accounts::<Env>();
    let people = [all.alice, all.bob, all.charlie, all.django, all.eve];
    let mut random = Random(seed);
    let mut balances = people.map(|_| u128::from(1 + random.below(1_000)));
    let minted: u128 = balances.iter().sum();
    let mut burned = 0;
    let mut token = new(people.into_iter().zip(balances).collect(), 0).unwrap();
    for _ in 0..300 {
        let [by, from, to] = [0; 3].map(|_| random.below(5) as usize);
        let value = u128::from(random.below(400));
        set_caller::<Env>(people[by]);
        match random.below(4) {
            0 => {
                let fits = by == to || balances[by] >= value;
                assert_eq!(token.transfer(people[to], value, vec![]).is_ok(), fits);
                if fits && by != to {
                    balances[by] -= value;
                    balances[to] += value;
                }
            }
            1 => token.approve(people[to], value).unwrap(),
            2 => {
                let allowed = if by == from {
                    u128::MAX
                } else {
                    token.allowance(people[from], people[by])
                };
                let fits = from == to || (allowed >= value && balances[from] >= value);
                let done = token.transfer_from(people[from], people[to], value, vec![]);
                assert_eq!(done.is_ok(), fits || value == 0);
                if fits && from != to {
                    balances[from] -= value;
                    balances[to] += value;
                }
            }
            _ => {
                let fits = balances[by] >= value;
                assert_eq!(token.burn(value).is_ok(), fits);
                if fits {
                    balances[by] -= value;
                    burned += value;
                }
            }
        }
        assert_eq!(people.map(|p| token.balance_of(p)), balances);
        assert_eq!(balances.iter().sum::<u128>(), token.total_supply());
        assert_eq!(token.total_supply(), minted - burned);
        assert_eq!(token.cap(), minted);
    }
    assert!(burned > 0 && token.total_supply() < token.cap());
}

#[test]
fn law_17_supply_is_minted_minus_burned_and_never_above_the_cap() {
    for seed in 1..=50 {
        anew(|| random_run(seed));
    }
}

#[ink::test]
fn announce_works_for_code() {
    set_caller::<Env>(alice());
    let mut token = new(vec![(alice(), 1)], MIN_CHANGE_DELAY_MS).unwrap();
    set_block_timestamp::<Env>(7);
    assert_eq!(token.announce(Change::Code(Hash::from(CODE))), Ok(1));
    let due_ms = 7 + MIN_CHANGE_DELAY_MS;
    assert_eq!(
        token.administration().pending,
        [PendingChange {
            id: 1,
            change: Change::Code(Hash::from(CODE)),
            due_ms
        }]
    );

    set_block_timestamp::<Env>(due_ms - 1);
    assert_eq!(token.apply(1), Err(AdminError::ChangeNotDue { due_ms }));
    assert_eq!(token.apply(2), Err(AdminError::UnknownChange));
    assert_eq!(token.cancel(1), Ok(()));
    assert_eq!(token.apply(1), Err(AdminError::UnknownChange));
    assert_eq!(token.administration().pending, []);
}

#[ink::test]
fn the_second_code_changes_by_announcement() {
    let mut token = token();
    assert_eq!(token.announce(Change::SecondCode(Hash::from(CODE))), Ok(1));
    assert_eq!(token.administration().second_code, Some(PERMIT_CODE.into()));
    let skip = recorded_events().count();
    assert_eq!(token.apply(1), Ok(()));
    assert_eq!(token.administration().second_code, Some(CODE.into()));
    let told = ChangeApplied {
        id: 1,
        old: Some(Change::SecondCode(PERMIT_CODE.into())),
        new: Change::SecondCode(CODE.into()),
    };
    assert_eq!(emitted(skip), [told.encode()]);
}

#[ink::test]
fn changes_that_wait_keep_their_order_when_one_is_taken() {
    let mut token = token();
    let announce = |token: &mut Vlk, n: u8| token.announce(Change::SecondCode([n; 32].into()));
    for n in 1..=5 {
        assert_eq!(announce(&mut token, n), Ok(n.into()));
    }
    let waiting = |token: &Vlk| -> Vec<_> {
        let pending = token.administration().pending;
        pending.iter().map(|pending| pending.id).collect()
    };
    assert_eq!(token.cancel(3), Ok(()));
    assert_eq!(waiting(&token), [1, 2, 4, 5]);
    assert_eq!(token.cancel(3), Err(AdminError::UnknownChange));
    assert_eq!(token.apply(5), Ok(()));
    assert_eq!(waiting(&token), [1, 2, 4]);
    assert_eq!(token.apply(1), Ok(()));
    assert_eq!(waiting(&token), [2, 4]);
    assert_eq!(announce(&mut token, 6), Ok(6));
    assert_eq!(waiting(&token), [2, 4, 6]);
    assert_eq!(token.administration().second_code, Some([1; 32].into()));
}

#[ink::test]
fn announce_fails_when_the_token_has_no_such_thing() {
    let mut token = token();
    let asset: AssetId = 1;
    for change in [
        Change::Wiring(Wiring::default()),
        Change::ListToken(bob()),
        Change::SetAsset {
            asset,
            allowed: true,
        },
        Change::Treasury(bob()),
    ] {
        assert_eq!(token.announce(change), Err(AdminError::UnsupportedChange));
    }
    assert_eq!(token.administration().pending, []);
}

#[ink::test]
fn wire_fails_because_the_token_calls_nobody() {
    let mut token = token();
    assert_eq!(
        token.wire(Wiring::default()),
        Err(AdminError::UnsupportedChange)
    );
    assert_eq!(token.administration().wiring, Wiring::default());
}

#[ink::test]
fn administration_fails_when_caller_is_not_owner() {
    let mut token = token();
    token.announce(Change::Code(Hash::from(CODE))).unwrap();
    set_caller::<Env>(bob());
    let denied = Err(AdminError::NotOwner);
    for change in [Change::Treasury(bob()), Change::Delay(0)] {
        assert_eq!(token.announce(change), Err(AdminError::NotOwner));
    }
    assert_eq!(token.cancel(1), denied);
    assert_eq!(token.apply(1), denied);
    assert_eq!(token.wire(Wiring::default()), denied);
    assert_eq!(token.propose_owner(Some(bob())), denied);
    assert_eq!(token.accept_owner(), Err(AdminError::NotProposedOwner));
}

#[ink::test]
fn ownership_moves_in_two_steps_and_the_delay_only_up() {
    let mut token = token();
    assert_eq!(token.administration().layout_version, 1);
    let raise = Change::Delay(MIN_CHANGE_DELAY_MS);
    assert_eq!(token.announce(raise), Ok(1));
    assert_eq!(token.administration().change_delay_ms, 0);
    assert_eq!(token.apply(1), Ok(()));
    assert_eq!(token.administration().change_delay_ms, MIN_CHANGE_DELAY_MS);
    assert_eq!(
        token.announce(raise),
        Err(AdminError::DelayNotRaised {
            current_ms: MIN_CHANGE_DELAY_MS
        })
    );
    assert_eq!(token.propose_owner(Some(bob())), Ok(()));
    assert_eq!(token.administration().proposed_owner, Some(bob()));
    assert_eq!(token.administration().owner, alice());
    set_caller::<Env>(bob());
    assert_eq!(token.accept_owner(), Ok(()));
    assert_eq!(token.administration().owner, bob());
    assert_eq!(token.administration().proposed_owner, None);
    assert_eq!(token.accept_owner(), Err(AdminError::NotProposedOwner));
    // Owning the token gives no power over balances.
    assert_eq!(
        token.transfer_from(alice(), bob(), 1, vec![]),
        Err(PSP22Error::InsufficientAllowance)
    );
}
