//! Everybody's money, read from where it is stored, and how it may change.

use super::world::{World, CALLERS};
use ink::scale::{Decode, Encode};
use psp22::PSP22;
use vilokanam_chain::{psp22, Calls, VLK};
use vilokanam_interfaces::{AccountId, AssetId, Balance, PaymentHandler, Pool, Totals, NATIVE};

/// The keys of the payment handler's cells.
const POOLS: u32 = 0x009A_0001;
const PAYABLES: u32 = 0x009A_0002;
const TOTALS: u32 = 0x009A_0003;

const ASSETS: [AssetId; 2] = [NATIVE, VLK];

/// What somebody has of an asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purse {
    /// In the pool, not held.
    pub free: Balance,
    /// Payable.
    pub payable: Balance,
    /// Outside the platform.
    pub outside: Balance,
}

/// All of it, asset by asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Books {
    /// Pools, holds, payable balances and fees.
    pub owed: [Balance; 2],
    /// What the payment handler has.
    pub vault: [Balance; 2],
    /// What the callers have.
    pub purses: [[Purse; 2]; CALLERS.len()],
}

impl Books {
    /// What is so at the start; by messages too, which must say the same as storage.
    pub fn open(world: &mut World) -> Self {
        let books = Self::default().read(world, true);
        for (place, asset) in ASSETS.into_iter().enumerate() {
            let totals = world.suite.payments().totals(asset);
            let said = world.chain.read(totals).expect("is readable");
            assert_eq!(sum(&said), Some(books.owed[place]));
            assert!(books.owed[place] > 0 && books.vault[place] == books.owed[place]);
            for (number, purses) in books.purses.iter().enumerate() {
                let person = AccountId::from(world.accounts[number]);
                let pool = world.suite.payments().pool(person, asset);
                let pool = world.chain.read(pool).expect("is readable");
                assert_eq!(pool.free, purses[place].free);
                let payable = world.suite.payments().payable(person, asset);
                let payable = world.chain.read(payable).expect("is readable");
                assert_eq!(payable, purses[place].payable);
            }
        }
        books
    }

    /// What is so now. Balances of the token stay as they were, unless it has emitted something.
    pub fn read(mut self, world: &mut World, token_moved: bool) -> Self {
        let payments = world.suite.payments;
        for (place, asset) in ASSETS.into_iter().enumerate() {
            let totals: Totals = cell(world, TOTALS, &asset);
            // A sum beyond 128 bits is no sum that any vault has.
            self.owed[place] = sum(&totals).unwrap_or(Balance::MAX);
            for number in 0..CALLERS.len() {
                let person = AccountId::from(world.accounts[number]);
                let pool: Pool = cell(world, POOLS, &(asset, person));
                let purse = &mut self.purses[number][place];
                purse.free = pool.free;
                purse.payable = cell(world, PAYABLES, &(asset, person));
                if asset == NATIVE {
                    purse.outside = world.chain.native_balance(person);
                } else if token_moved {
                    purse.outside = balance(world, person);
                }
            }
        }
        let vault = world.chain.native_balance(payments);
        self.vault[0] = vault.saturating_sub(world.floor);
        if token_moved {
            self.vault[1] = balance(world, payments);
        }
        self
    }

    /// Whether money may have gone from these books to `after` by a message of `caller`. `gives` may have been taken from
    /// someone else's by their own leave.
    pub fn check(&self, after: &Self, told: &Told) -> Result<(), String> {
        for place in 0..ASSETS.len() {
            let (owed, vault) = (after.owed[place], after.vault[place]);
            if vault < owed {
                return Err(format!(
                    "law 1: asset {place}: {vault} to pay {owed} that are owed"
                ));
            }
            // What is nobody's stays so, but for gifts of tokens and sweeps.
            let before = self.vault[place] - self.owed[place];
            let over = vault - owed;
            let may = match (place, told.to_token, told.sweeps) {
                (1, true, _) => over >= before,
                (_, _, true) => over <= before,
                _ => over == before,
            };
            if !may {
                return Err(format!(
                    "law 2: asset {place}: {before} were nobody's, and {over} are"
                ));
            }
            self.check_strangers(after, told, place)?;
        }
        Ok(())
    }

    /// Law 18, of money.
    fn check_strangers(&self, after: &Self, told: &Told, place: usize) -> Result<(), String> {
        for (number, name) in CALLERS.iter().enumerate() {
            if number == told.caller {
                continue;
            }
            let (before, after) = (self.purses[number][place], after.purses[number][place]);
            let free = after.free >= before.free || told.renews;
            let outside = after.outside >= before.outside || (place == 1 && told.spends_allowance);
            let earned = after.payable + after.outside >= before.payable + before.outside
                || told.spends_allowance;
            if !(free && outside && earned) {
                return Err(format!(
                    "law 18: {name} had {before:?} of asset {place}, and has {after:?}"
                ));
            }
        }
        Ok(())
    }
}

/// What a message was, as far as money goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told {
    /// Who sent it.
    pub caller: usize,
    /// It went to the token.
    pub to_token: bool,
    /// It takes donations to the treasury.
    pub sweeps: bool,
    /// It renews a pass, as its holder has allowed.
    pub renews: bool,
    /// It moves tokens by an allowance.
    pub spends_allowance: bool,
}

fn sum(totals: &Totals) -> Option<Balance> {
    let parts = [totals.pools, totals.holds, totals.payable, totals.fees];
    parts
        .iter()
        .try_fold(0, |sum: Balance, part| sum.checked_add(*part))
}

fn balance(world: &mut World, who: AccountId) -> Balance {
    let token = psp22(world.suite.token);
    world.chain.read(token.balance_of(who)).expect("a balance")
}

fn cell<T: Decode + Default>(world: &mut World, root: u32, key: &impl Encode) -> T {
    let key = (root, key).encode();
    let stored = world.chain.stored(world.suite.payments, &key);
    stored.map_or_else(T::default, |bytes| {
        T::decode(&mut bytes.as_slice()).expect("is what the ledger stores")
    })
}
