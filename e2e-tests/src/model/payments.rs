//! `payment_handler`: pools, holds, payable balances, fees, and the money in the contract.

use super::{Brought, Model, Part, PaymentsCall, Purse, Value};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_interfaces::{
    AccountId, AdminError, Asset, AssetId, Balance, Class, FeeSchedule, FeeTerms, Millis, PayTerms,
    Payment, PaymentHandlerError as Error, Pool, SettleItem, Share, Shift, Totals, MAX_ASSETS,
    MAX_FEE_BPS, MAX_HOLD, MAX_PAUSE_MS, MAX_REFERRAL_BPS, MAX_SETTLEMENT, NATIVE, PAUSE_REST_MS,
};

/// The most co-hosts of a payment.
const MOST_COHOSTS: usize = 3;

/// What ever came and went in one asset, as the contract knows it (gifts it does not).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Book {
    /// Deposited.
    pub deposited: Balance,
    /// Withdrawn from pools, paid to payees, drawn as fees.
    pub withdrawn: Balance,
    /// Settled, or paid at once.
    pub settled: Balance,
    /// Credited to the platform.
    pub platform: Balance,
    /// Given back by payees.
    pub refunded: Balance,
}

/// A payment at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtOnce {
    /// When.
    pub at_ms: Millis,
    /// What it was told.
    pub payment: Payment,
    /// The platform's fee of then.
    pub fees: FeeTerms,
}

/// The payment handler's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payments {
    /// The assets, from number 0.
    pub assets: Vec<Asset>,
    /// The native token that the contract has, without what its storage needs.
    pub native: Balance,
    /// What can be withdrawn or placed on hold.
    pub free: BTreeMap<(AccountId, AssetId), Balance>,
    /// How many holds a viewer has.
    pub holds: BTreeMap<(AccountId, AssetId), u32>,
    /// What is on hold.
    pub held: BTreeMap<AssetId, Balance>,
    /// What is payable.
    pub payable: BTreeMap<(AccountId, AssetId), Balance>,
    /// All that was ever credited to payees.
    pub credited: BTreeMap<(AccountId, AssetId), Balance>,
    /// Platform fees not drawn.
    pub platform: BTreeMap<AssetId, Balance>,
    /// What came and went.
    pub books: BTreeMap<AssetId, Book>,
    /// The platform's fees now.
    pub fees: FeeSchedule,
    /// Where fees go.
    pub treasury: AccountId,
    /// When the last pause ends or ended; `None` before the first.
    pub pause_end_ms: Option<Millis>,
    /// Whether an account that is not the meter's contract was wired as the meter, and used it.
    pub other_meter: bool,
    /// All that was paid at once.
    pub at_once: Vec<AtOnce>,
    /// The pools that spending limits bind.
    pub limited: BTreeSet<(AccountId, AssetId)>,
    /// The limits of viewers who ever set any, and what was counted.
    pub purses: BTreeMap<(AccountId, AssetId), Purse>,
}

/// How an amount is shared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// Each payee's part, the owner's last; an account may be named more than once.
    pub payees: Vec<(AccountId, Balance)>,
    /// The platform's part.
    pub platform: Balance,
}

/// floor(x × part / whole), for part ≤ whole.
fn part_of(x: Balance, part: u16, whole: u16) -> Balance {
    let (part, whole) = (u128::from(part), u128::from(whole));
    x / whole * part + x % whole * part / whole
}

/// Shares a session's cumulative amount by its terms. `None` for terms that give away more than all.
pub fn split(
    total: Balance,
    fees: FeeTerms,
    owner: AccountId,
    cohosts: &[Share],
    referrer: Option<AccountId>,
) -> Option<Parts> {
    if fees.fee_bps > 10_000 || fees.referral_bps > 10_000 {
        return None;
    }
    let mut parts = Parts {
        payees: Vec::new(),
        platform: part_of(total, fees.fee_bps, 10_000),
    };
    let mut net = total - parts.platform;
    if let Some(referrer) = referrer {
        let share = part_of(parts.platform, fees.referral_bps, 10_000);
        parts.platform -= share;
        parts.payees.push((referrer, share));
    }
    let mut left = 10_000u16;
    for cohost in cohosts {
        let rest = left.checked_sub(cohost.bps)?;
        let share = match left {
            0 => 0,
            _ => part_of(net, cohost.bps, left),
        };
        (net, left) = (net - share, rest);
        parts.payees.push((cohost.account, share));
    }
    parts.payees.push((owner, net));
    Some(parts)
}

/// Whether the platform may charge these fees.
pub(super) fn fees_in_limits(fees: &FeeSchedule) -> bool {
    let classes = [
        fees.standard_bps,
        fees.premium_bps,
        fees.subscription_bps,
        fees.tips_bps,
    ];
    classes.iter().all(|bps| *bps <= MAX_FEE_BPS) && fees.referral_bps <= MAX_REFERRAL_BPS
}

fn raise<K: Ord>(map: &mut BTreeMap<K, Balance>, key: K, amount: Balance) {
    if amount > 0 {
        *map.entry(key).or_default() += amount;
    }
}

fn lower<K: Ord>(map: &mut BTreeMap<K, Balance>, key: K, amount: Balance) {
    if amount > 0 {
        *map.get_mut(&key).expect("it was raised") -= amount;
    }
}

fn sum_of(map: &BTreeMap<(AccountId, AssetId), Balance>, asset: AssetId) -> Balance {
    map.iter().filter(|(k, _)| k.1 == asset).map(|e| e.1).sum()
}

impl Payments {
    /// What the constructor answers.
    pub fn check_new(
        fees: &FeeSchedule,
        tokens: &[AccountId],
        change_delay_ms: Millis,
    ) -> Result<(), AdminError> {
        super::admin::check_delay(change_delay_ms)?;
        let named: BTreeSet<_> = tokens.iter().collect();
        let fits = tokens.len() < usize::from(MAX_ASSETS);
        if !fees_in_limits(fees) || named.len() < tokens.len() || !fits {
            return Err(AdminError::InvalidSetup);
        }
        Ok(())
    }

    pub(super) fn new(treasury: AccountId, fees: FeeSchedule, tokens: &[AccountId]) -> Self {
        let tokens = tokens.iter().map(|token| Some(*token));
        let asset = |token| Asset {
            token,
            allowed: true,
        };
        Self {
            assets: std::iter::once(None).chain(tokens).map(asset).collect(),
            native: 0,
            free: BTreeMap::new(),
            holds: BTreeMap::new(),
            held: BTreeMap::new(),
            payable: BTreeMap::new(),
            credited: BTreeMap::new(),
            platform: BTreeMap::new(),
            books: BTreeMap::new(),
            fees,
            treasury,
            pause_end_ms: None,
            other_meter: false,
            at_once: Vec::new(),
            limited: BTreeSet::new(),
            purses: BTreeMap::new(),
        }
    }

    pub(super) fn can_list(&self, token: AccountId) -> bool {
        let listed = self.assets.iter().any(|a| a.token == Some(token));
        !listed && self.assets.len() < usize::from(MAX_ASSETS)
    }

    /// The fees of a class now.
    pub fn fee_terms(&self, class: Class) -> FeeTerms {
        FeeTerms {
            fee_bps: match class {
                Class::Standard => self.fees.standard_bps,
                Class::Premium => self.fees.premium_bps,
                Class::Subscription => self.fees.subscription_bps,
                Class::Tips => self.fees.tips_bps,
            },
            referral_bps: self.fees.referral_bps,
        }
    }

    fn book(&mut self, asset: AssetId) -> &mut Book {
        self.books.entry(asset).or_default()
    }
}

impl Model {
    /// A viewer's pool.
    pub fn pool(&self, viewer: AccountId, asset: AssetId) -> Pool {
        let key = (viewer, asset);
        Pool {
            free: self.payments.free.get(&key).copied().unwrap_or(0),
            holds: self.payments.holds.get(&key).copied().unwrap_or(0),
            limited: self.payments.limited.contains(&key),
        }
    }

    /// What is payable to an account.
    pub fn payable(&self, payee: AccountId, asset: AssetId) -> Balance {
        let payable = self.payments.payable.get(&(payee, asset));
        payable.copied().unwrap_or(0)
    }

    /// What the payment handler has in an asset beyond what it owes; none if the token does not answer.
    pub fn surplus(&self, asset: AssetId) -> Option<Balance> {
        let has = self.vault(asset)?;
        Some(has.saturating_sub(self.owing(asset)))
    }

    /// What the contract owes.
    pub fn totals(&self, asset: AssetId) -> Totals {
        Totals {
            pools: sum_of(&self.payments.free, asset),
            holds: self.payments.held.get(&asset).copied().unwrap_or(0),
            payable: sum_of(&self.payments.payable, asset),
            fees: self.payments.platform.get(&asset).copied().unwrap_or(0),
        }
    }

    /// An asset.
    pub fn asset(&self, asset: AssetId) -> Option<Asset> {
        self.payments.assets.get(usize::from(asset)).copied()
    }

    /// How many assets there are.
    pub fn asset_count(&self) -> u16 {
        self.payments.assets.len() as u16
    }

    /// The number of a token.
    pub fn asset_of(&self, token: AccountId) -> Option<AssetId> {
        let mut assets = self.payments.assets.iter();
        let place = assets.position(|a| a.token == Some(token))?;
        Some(place as AssetId)
    }

    /// Until when deposits and new holds are paused; 0 if they are not.
    pub fn paused_until(&self) -> Millis {
        let end = self.payments.pause_end_ms;
        end.filter(|end| self.now_ms < *end).unwrap_or(0)
    }

    /// What the contract has in an asset; `None` if the token cannot be asked.
    pub fn vault(&self, asset: AssetId) -> Option<Balance> {
        match self.asset(asset)?.token {
            None => Some(self.payments.native),
            Some(token) => {
                let token = self.token_at(token)?;
                Some(self.tokens[token].balance_of(self.contracts.payments))
            }
        }
    }

    pub(super) fn payments_call(
        &mut self,
        caller: AccountId,
        value: Balance,
        call: &PaymentsCall,
    ) -> Result<Value, Error> {
        match call {
            PaymentsCall::Deposit => {
                self.ensure_not_paused()?;
                self.ensure_allowed(NATIVE)?;
                self.ensure_fits(NATIVE, value)?;
                self.payments.native += value;
                self.take_in(caller, NATIVE, value);
                Ok(Value::Unit)
            }
            PaymentsCall::DepositToken { asset, amount } => {
                self.deposit_token(caller, *asset, *amount)?;
                Ok(Value::Unit)
            }
            PaymentsCall::Withdraw { asset, amount } => {
                let (asset, amount) = (*asset, *amount);
                self.asset(asset).ok_or(Error::UnknownAsset)?;
                if amount == 0 {
                    return Err(Error::ZeroAmount);
                }
                self.ensure_free(caller, asset, amount)?;
                self.pay_out(asset, caller, amount)?;
                lower(&mut self.payments.free, (caller, asset), amount);
                self.payments.book(asset).withdrawn += amount;
                Ok(Value::Unit)
            }
            PaymentsCall::WithdrawPayable { asset } => self.pay_payee(caller, *asset),
            PaymentsCall::PushPayable { payee, asset } => self.pay_payee(*payee, *asset),
            PaymentsCall::WithdrawFees { asset } => {
                self.asset(*asset).ok_or(Error::UnknownAsset)?;
                let amount = self.totals(*asset).fees;
                if amount == 0 {
                    return Err(Error::NoFees);
                }
                self.pay_out(*asset, self.payments.treasury, amount)?;
                lower(&mut self.payments.platform, *asset, amount);
                self.payments.book(*asset).withdrawn += amount;
                Ok(Value::Amount(amount))
            }
            PaymentsCall::Sweep { asset } => {
                let token = self.asset(*asset).ok_or(Error::UnknownAsset)?.token;
                if token == Some(self.contracts.payments) {
                    self.trapped.set(true);
                }
                let amount = self.surplus(*asset).ok_or(Error::TokenFailed)?;
                if amount == 0 {
                    return Err(Error::NothingToSweep);
                }
                self.pay_out(*asset, self.payments.treasury, amount)?;
                Ok(Value::Amount(amount))
            }
            PaymentsCall::Pause { duration_ms } => {
                self.ensure_payments_owner(caller)?;
                if *duration_ms == 0 || *duration_ms > MAX_PAUSE_MS {
                    let max_ms = MAX_PAUSE_MS;
                    return Err(Error::PauseOutOfRange { max_ms });
                }
                let next_ms = self.payments.pause_end_ms.map(|end| end + PAUSE_REST_MS);
                if let Some(next_ms) = next_ms.filter(|next| self.now_ms < *next) {
                    return Err(Error::PauseTooSoon { next_ms });
                }
                self.payments.pause_end_ms = Some(self.now_ms + duration_ms);
                Ok(Value::Unit)
            }
            PaymentsCall::Unpause => {
                self.ensure_payments_owner(caller)?;
                if self.paused_until() == 0 {
                    return Err(Error::NotPaused);
                }
                self.payments.pause_end_ms = Some(self.now_ms);
                Ok(Value::Unit)
            }
            PaymentsCall::Hold {
                payer,
                asset,
                amount,
                class,
                category,
            } => {
                let fees =
                    self.payments_hold(caller, *payer, *asset, *amount, *class, *category)?;
                Ok(Value::Fees(fees))
            }
            PaymentsCall::WouldHold {
                payer,
                asset,
                amount,
                class,
                category,
            } => {
                self.ensure_can_hold(*payer, *asset, *amount, *category)?;
                Ok(Value::Fees(self.payments.fee_terms(*class)))
            }
            PaymentsCall::TopUp {
                payer,
                asset,
                amount,
                category,
                held,
            } => {
                self.payments_top_up(caller, *payer, *asset, *amount, *category, *held)?;
                Ok(Value::Unit)
            }
            PaymentsCall::Pay(payment) => self.pay(caller, payment).map(Value::Amount),
            PaymentsCall::Shift(shift) => self.shift(caller, shift).map(|()| Value::Unit),
            PaymentsCall::Refund {
                session,
                asset,
                amount,
            } => {
                self.refund(caller, session.viewer, *asset, *amount)?;
                Ok(Value::Unit)
            }
            PaymentsCall::SetSpendingLimits { asset, limits } => {
                self.set_spending_limits(caller, *asset, limits)?;
                Ok(Value::Unit)
            }
            PaymentsCall::Spending { viewer, asset } => {
                Ok(Value::Spending(self.spending(*viewer, *asset)))
            }
            PaymentsCall::DepositPermitted {
                viewer,
                asset,
                deposit,
            } => {
                self.deposit_permitted(caller, *viewer, *asset, deposit)?;
                Ok(Value::Unit)
            }
            PaymentsCall::Settle { terms, items } => {
                self.payments_settle(caller, terms, items)?;
                Ok(Value::Unit)
            }
        }
    }

    fn ensure_payments_owner(&self, caller: AccountId) -> Result<(), Error> {
        if caller != self.admin(Part::Payments).owner {
            return Err(Error::Admin(AdminError::NotOwner));
        }
        Ok(())
    }

    fn ensure_meter(&self, caller: AccountId) -> Result<(), Error> {
        if self.wiring(Part::Payments).meter != Some(caller) {
            return Err(Error::NotMeter);
        }
        Ok(())
    }

    fn ensure_not_paused(&self) -> Result<(), Error> {
        match self.paused_until() {
            0 => Ok(()),
            until_ms => Err(Error::Paused { until_ms }),
        }
    }

    fn ensure_allowed(&self, asset: AssetId) -> Result<(), Error> {
        let asset = self.asset(asset).ok_or(Error::UnknownAsset)?;
        asset.allowed.then_some(()).ok_or(Error::AssetNotAllowed)
    }

    /// Whether an amount can be added: all that is owed stays within 128 bits.
    fn ensure_fits(&self, asset: AssetId, amount: Balance) -> Result<(), Error> {
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        let owing = self.owing(asset).checked_add(amount);
        owing.map(|_| ()).ok_or(Error::Overflow)
    }

    fn ensure_free(
        &self,
        account: AccountId,
        asset: AssetId,
        needed: Balance,
    ) -> Result<(), Error> {
        let free = self.pool(account, asset).free;
        if free < needed {
            return Err(Error::PoolTooSmall { needed, free });
        }
        Ok(())
    }

    /// What holds, pools, payees and the platform may ask for.
    pub(super) fn owing(&self, asset: AssetId) -> Balance {
        let totals = self.totals(asset);
        totals.pools + totals.holds + totals.payable + totals.fees
    }

    /// The token with this address, unless it is no token at all; a call to oneself traps.
    fn token_at(&self, address: AccountId) -> Option<usize> {
        self.contracts.tokens.iter().position(|t| *t == address)
    }

    fn token_called(&self, address: AccountId) -> Result<usize, Error> {
        if address == self.contracts.payments {
            self.trapped.set(true);
        }
        self.token_at(address).ok_or(Error::TokenFailed)
    }

    fn take_in(&mut self, account: AccountId, asset: AssetId, amount: Balance) {
        raise(&mut self.payments.free, (account, asset), amount);
        self.payments.book(asset).deposited += amount;
    }

    /// What a deposit of tokens checks; the token.
    fn ensure_takes_token(&self, asset: AssetId, amount: Balance) -> Result<AccountId, Error> {
        self.ensure_not_paused()?;
        let token = self.asset(asset).ok_or(Error::UnknownAsset)?.token;
        let token = token.ok_or(Error::WrongAsset)?;
        self.ensure_allowed(asset)?;
        self.ensure_fits(asset, amount)?;
        Ok(token)
    }

    fn deposit_token(
        &mut self,
        caller: AccountId,
        asset: AssetId,
        amount: Balance,
    ) -> Result<(), Error> {
        let token = self.ensure_takes_token(asset, amount)?;
        self.collect(caller, asset, token, amount)
    }

    /// Takes tokens that were approved.
    fn collect(
        &mut self,
        viewer: AccountId,
        asset: AssetId,
        token: AccountId,
        amount: Balance,
    ) -> Result<(), Error> {
        let token = self.token_called(token)?;
        let payments = self.contracts.payments;
        self.tokens[token]
            .transfer_from(payments, viewer, payments, amount)
            .map_err(|_| Error::TokenRefused)?;
        self.take_in(viewer, asset, amount);
        Ok(())
    }

    /// Moves money out of the contract, or fails and changes nothing.
    fn pay_out(&mut self, asset: AssetId, to: AccountId, amount: Balance) -> Result<(), Error> {
        let payments = self.contracts.payments;
        let token = self.asset(asset).ok_or(Error::UnknownAsset)?.token;
        if let Some(token) = token {
            let token = self.token_called(token)?;
            let paid = self.tokens[token].transfer(payments, to, amount);
            return paid.map_err(|_| Error::TokenRefused);
        }
        if to == payments {
            return Ok(());
        }
        if !self.exists_with(to, amount) {
            return Err(Error::TransferFailed);
        }
        self.payments.native -= amount;
        Ok(())
    }

    /// Whether an account exists once it is paid so much, as it is then.
    pub(super) fn exists_with(&mut self, to: AccountId, amount: Balance) -> bool {
        if self.funded.contains(&to) {
            return true;
        }
        let had = self.strangers.get(&to).copied().unwrap_or(0);
        if had + amount < self.existential_deposit {
            return false;
        }
        raise(&mut self.strangers, to, amount);
        true
    }

    fn pay_payee(&mut self, payee: AccountId, asset: AssetId) -> Result<Value, Error> {
        self.asset(asset).ok_or(Error::UnknownAsset)?;
        let amount = self.payable(payee, asset);
        if amount == 0 {
            return Err(Error::NothingPayable);
        }
        self.pay_out(asset, payee, amount)?;
        lower(&mut self.payments.payable, (payee, asset), amount);
        self.payments.book(asset).withdrawn += amount;
        Ok(Value::Amount(amount))
    }

    pub(super) fn payments_hold(
        &mut self,
        caller: AccountId,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        class: Class,
        category: u16,
    ) -> Result<FeeTerms, Error> {
        self.ensure_meter(caller)?;
        self.ensure_can_hold(payer, asset, amount, category)?;
        lower(&mut self.payments.free, (payer, asset), amount);
        raise(&mut self.payments.held, asset, amount);
        *self.payments.holds.entry((payer, asset)).or_default() += 1;
        self.count_spent(payer, asset, amount, Some(category));
        self.payments.other_meter |= caller != self.contracts.meter;
        Ok(self.payments.fee_terms(class))
    }

    /// What opening checks, whoever asks.
    pub(super) fn ensure_can_hold(
        &self,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        category: u16,
    ) -> Result<(), Error> {
        self.ensure_takes(asset, amount)?;
        if amount > MAX_HOLD {
            return Err(Error::HoldTooLarge { max: MAX_HOLD });
        }
        self.ensure_free(payer, asset, amount)?;
        self.ensure_within_limits(payer, asset, amount, Some(0), Some(category))
    }

    /// What everything that spends checks first.
    fn ensure_takes(&self, asset: AssetId, amount: Balance) -> Result<(), Error> {
        self.ensure_not_paused()?;
        self.ensure_allowed(asset)?;
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        Ok(())
    }

    pub(super) fn payments_top_up(
        &mut self,
        caller: AccountId,
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        category: u16,
        held: Balance,
    ) -> Result<(), Error> {
        self.ensure_meter(caller)?;
        self.ensure_takes(asset, amount)?;
        self.ensure_free(payer, asset, amount)?;
        self.ensure_within_limits(payer, asset, amount, Some(held), Some(category))?;
        lower(&mut self.payments.free, (payer, asset), amount);
        raise(&mut self.payments.held, asset, amount);
        self.count_spent(payer, asset, amount, Some(category));
        self.payments.other_meter |= caller != self.contracts.meter;
        Ok(())
    }

    /// Pays from a pool to payees at once; the platform's fee.
    pub(super) fn pay(&mut self, caller: AccountId, payment: &Payment) -> Result<Balance, Error> {
        let wiring = self.wiring(Part::Payments);
        if ![wiring.passes, wiring.patronage].contains(&Some(caller)) {
            return Err(Error::NotAuthorised);
        }
        let Payment {
            payer,
            asset,
            amount,
            class,
            category,
            ..
        } = *payment;
        self.ensure_takes(asset, amount)?;
        self.ensure_free(payer, asset, amount)?;
        self.ensure_within_limits(payer, asset, amount, None, category)?;
        let fees = FeeTerms {
            referral_bps: 0,
            ..self.payments.fee_terms(class)
        };
        if payment.cohosts.len() > MOST_COHOSTS {
            return Err(Error::BadSettlement);
        }
        let parts = split(amount, fees, payment.owner, &payment.cohosts, None);
        let parts = parts.ok_or(Error::BadSettlement)?;
        if amount > MAX_HOLD {
            return Err(Error::Overflow);
        }
        lower(&mut self.payments.free, (payer, asset), amount);
        self.count_spent(payer, asset, amount, category);
        for (payee, part) in parts.payees {
            raise(&mut self.payments.payable, (payee, asset), part);
            raise(&mut self.payments.credited, (payee, asset), part);
        }
        raise(&mut self.payments.platform, asset, parts.platform);
        let book = self.payments.book(asset);
        book.settled += amount;
        book.platform += parts.platform;
        let (at_ms, payment) = (self.now_ms, payment.clone());
        self.payments.at_once.push(AtOnce {
            at_ms,
            payment,
            fees,
        });
        Ok(parts.platform)
    }

    /// Moves money between pools.
    pub(super) fn shift(&mut self, caller: AccountId, shift: &Shift) -> Result<(), Error> {
        if self.wiring(Part::Payments).patronage != Some(caller) {
            return Err(Error::NotAuthorised);
        }
        let Shift {
            from,
            to,
            asset,
            amount,
            category,
            back_of_ms,
        } = *shift;
        match back_of_ms {
            None => self.ensure_takes(asset, amount)?,
            Some(_) => {
                self.asset(asset).ok_or(Error::UnknownAsset)?;
                if amount == 0 {
                    return Err(Error::ZeroAmount);
                }
            }
        }
        self.ensure_free(from, asset, amount)?;
        if back_of_ms.is_none() {
            self.ensure_within_limits(from, asset, amount, None, category)?;
        }
        lower(&mut self.payments.free, (from, asset), amount);
        raise(&mut self.payments.free, (to, asset), amount);
        match back_of_ms {
            None => self.count_spent(from, asset, amount, category),
            Some(placed_ms) => self.count_back(to, asset, amount, placed_ms, category),
        }
        Ok(())
    }

    /// Gives what is payable back to a viewer.
    fn refund(
        &mut self,
        caller: AccountId,
        viewer: AccountId,
        asset: AssetId,
        amount: Balance,
    ) -> Result<(), Error> {
        self.asset(asset).ok_or(Error::UnknownAsset)?;
        if amount == 0 {
            return Err(Error::ZeroAmount);
        }
        let payable = self.payable(caller, asset);
        if payable < amount {
            return Err(Error::PayableTooSmall { payable });
        }
        lower(&mut self.payments.payable, (caller, asset), amount);
        raise(&mut self.payments.free, (viewer, asset), amount);
        self.payments.book(asset).refunded += amount;
        Ok(())
    }

    pub(super) fn deposit_permitted(
        &mut self,
        caller: AccountId,
        viewer: AccountId,
        asset: AssetId,
        deposit: &Brought,
    ) -> Result<(), Error> {
        self.ensure_meter(caller)?;
        let amount = deposit.amount;
        let token = self.ensure_takes_token(asset, amount)?;
        let payments = self.contracts.payments;
        let before = self.tokens.clone();
        if let Some(permit) = &deposit.permit {
            // What is sent is the deadline and the signature: the rest is what the payment handler says.
            let permit = super::Permit {
                owner: viewer,
                spender: payments,
                value: amount,
                ..permit.clone()
            };
            let place = self.token_at(token);
            let permitted = place.is_some_and(|token| self.permit(token, &permit).is_ok());
            let allowed = place.map_or(0, |token| self.tokens[token].allowance(viewer, payments));
            if !permitted && allowed < amount {
                return Err(Error::PermitRefused);
            }
        }
        let deposited = self.collect(viewer, asset, token, amount);
        if deposited.is_err() {
            self.tokens = before;
        }
        deposited
    }

    pub(super) fn payments_settle(
        &mut self,
        caller: AccountId,
        terms: &[PayTerms],
        items: &[SettleItem],
    ) -> Result<(), Error> {
        self.ensure_meter(caller)?;
        if items.len() > MAX_SETTLEMENT as usize {
            return Err(Error::BadSettlement);
        }
        // First all that can be wrong, on copies of what shrinks; then the effects.
        let mut held = self.payments.held.clone();
        let mut holds = self.payments.holds.clone();
        let mut credits = Vec::new();
        for item in items {
            let terms = terms.get(usize::from(item.terms));
            let terms = terms.ok_or(Error::BadSettlement)?;
            let moved = item.after.checked_sub(item.before);
            let moved = moved.ok_or(Error::BadSettlement)?;
            let released = item.release.map_or(0, |r| r.amount);
            let taken = moved.checked_add(released).ok_or(Error::BadSettlement)?;
            let left = held.entry(item.asset).or_default();
            *left = left.checked_sub(taken).ok_or(Error::BadSettlement)?;
            if let Some(release) = item.release {
                let open = holds.entry((release.to, item.asset)).or_default();
                *open = open.checked_sub(1).ok_or(Error::BadSettlement)?;
            }
            let parts = |total| {
                split(
                    total,
                    terms.fees,
                    terms.owner,
                    &terms.cohosts,
                    item.referrer,
                )
                .ok_or(Error::BadSettlement)
            };
            credits.push((moved, parts(item.before)?, parts(item.after)?));
        }
        self.payments.held = held;
        self.payments.holds = holds;
        for (item, (moved, before, after)) in items.iter().zip(credits) {
            let asset = item.asset;
            for (was, is) in before.payees.iter().zip(&after.payees) {
                raise(&mut self.payments.payable, (is.0, asset), is.1 - was.1);
                raise(&mut self.payments.credited, (is.0, asset), is.1 - was.1);
            }
            let fee = after.platform - before.platform;
            raise(&mut self.payments.platform, asset, fee);
            let book = self.payments.book(asset);
            book.settled += moved;
            book.platform += fee;
            if let Some(release) = item.release {
                let (to, amount) = (release.to, release.amount);
                raise(&mut self.payments.free, (to, asset), amount);
                let category = Some(release.category);
                self.count_back(to, asset, release.counted, release.placed_ms, category);
            }
        }
        self.payments.other_meter |= caller != self.contracts.meter;
        Ok(())
    }
}
