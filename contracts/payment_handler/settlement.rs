//! What a settlement moves, summed in memory first, so that each cell is read and written once.

use ink::prelude::vec::Vec;
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, PayTerms, PaymentHandlerError, SettleItem, Share, Totals,
    MAX_SETTLEMENT,
};
use vilokanam_math::split::split;
use vilokanam_money::{ledger::add, Result};

/// The most co-hosts that a split takes.
const COHOSTS: usize = 3;

/// What one payee gets in one asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// The asset.
    pub asset: AssetId,
    /// Who.
    pub payee: AccountId,
    /// How much; never zero.
    pub amount: Balance,
}

/// What leaves the holds of one asset, and where to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Movement {
    /// The asset.
    pub asset: AssetId,
    /// To pools.
    pub released: Balance,
    /// To payable balances.
    pub payable: Balance,
    /// To the platform.
    pub fees: Balance,
}

impl Movement {
    /// The totals after it.
    pub fn applied_to(&self, totals: Totals) -> Result<Totals> {
        let leaves = self
            .released
            .checked_add(self.payable)
            .and_then(|sum| sum.checked_add(self.fees));
        let leaves = leaves.ok_or(PaymentHandlerError::Overflow)?;
        let holds = totals.holds.checked_sub(leaves);
        let holds = holds.ok_or(PaymentHandlerError::BadSettlement)?;
        let after = || {
            Some(Totals {
                pools: totals.pools.checked_add(self.released)?,
                holds,
                payable: totals.payable.checked_add(self.payable)?,
                fees: totals.fees.checked_add(self.fees)?,
            })
        };
        after().ok_or(PaymentHandlerError::Overflow)
    }
}

/// The sums of a settlement. The lists are short (one stream has few payees, one or two assets), so they are searched.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// One for each payee and asset.
    pub credits: Vec<Credit>,
    /// One for each asset that moves.
    pub movements: Vec<Movement>,
}

impl Settlement {
    /// Sums up all items.
    pub fn of(terms: &[PayTerms], items: &[SettleItem]) -> Result<Self> {
        if items.len() > MAX_SETTLEMENT as usize {
            return Err(PaymentHandlerError::BadSettlement);
        }
        let mut sums = Self::default();
        for item in items {
            let terms = terms
                .get(usize::from(item.terms))
                .ok_or(PaymentHandlerError::BadSettlement)?;
            sums.add_item(terms, item)?;
        }
        Ok(sums)
    }

    fn add_item(&mut self, terms: &PayTerms, item: &SettleItem) -> Result<()> {
        if item.after < item.before {
            return Err(PaymentHandlerError::BadSettlement);
        }
        if item.after > item.before {
            self.add_split(terms, item)?;
        }
        match item.release {
            Some(release) if release.amount > 0 => {
                let movement = self.movement(item.asset)?;
                movement.released = add(movement.released, release.amount)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds what each party of a session gets: its part of all that is settled now, less its part of what was before.
    fn add_split(&mut self, terms: &PayTerms, item: &SettleItem) -> Result<()> {
        let bad = PaymentHandlerError::BadSettlement;
        let mut bps = [0; COHOSTS];
        for (bps, share) in bps.iter_mut().zip(&terms.cohosts) {
            *bps = share.bps;
        }
        let bps = bps.get(..terms.cohosts.len()).ok_or(bad)?;
        let referral_bps = match item.referrer {
            Some(_) => terms.fees.referral_bps,
            None => 0,
        };
        let parts = |total| {
            split(total, terms.fees.fee_bps, referral_bps, bps)
                .ok_or(PaymentHandlerError::BadSettlement)
        };
        let (before, after) = (parts(item.before)?, parts(item.after)?);

        let mut payable = 0;
        let owner = grown(before.owner, after.owner)?;
        self.credit(item.asset, terms.owner, owner, &mut payable)?;
        for (Share { account, .. }, (before, after)) in terms
            .cohosts
            .iter()
            .zip(before.cohosts.into_iter().zip(after.cohosts))
        {
            self.credit(item.asset, *account, grown(before, after)?, &mut payable)?;
        }
        if let Some(referrer) = item.referrer {
            let part = grown(before.referrer, after.referrer)?;
            self.credit(item.asset, referrer, part, &mut payable)?;
        }

        let movement = self.movement(item.asset)?;
        movement.payable = add(movement.payable, payable)?;
        movement.fees = add(movement.fees, grown(before.platform, after.platform)?)?;
        Ok(())
    }

    /// Adds `amount` to what `payee` gets, and to `sum`. Nothing makes no credit: a cell for zero would cost a deposit.
    fn credit(
        &mut self,
        asset: AssetId,
        payee: AccountId,
        amount: Balance,
        sum: &mut Balance,
    ) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        *sum = add(*sum, amount)?;
        let known = self
            .credits
            .iter_mut()
            .find(|credit| credit.asset == asset && credit.payee == payee);
        match known {
            Some(credit) => credit.amount = add(credit.amount, amount)?,
            None => self.credits.push(Credit {
                asset,
                payee,
                amount,
            }),
        }
        Ok(())
    }

    fn movement(&mut self, asset: AssetId) -> Result<&mut Movement> {
        let position = self.movements.iter().position(|m| m.asset == asset);
        if position.is_none() {
            self.movements.push(Movement {
                asset,
                ..Movement::default()
            });
        }
        let movement = match position {
            Some(position) => self.movements.get_mut(position),
            None => self.movements.last_mut(),
        };
        movement.ok_or(PaymentHandlerError::BadSettlement)
    }
}

fn grown(before: Balance, after: Balance) -> Result<Balance> {
    after
        .checked_sub(before)
        .ok_or(PaymentHandlerError::BadSettlement)
}
