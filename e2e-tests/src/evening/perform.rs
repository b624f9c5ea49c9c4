//! Sends an [`Action`] of the model to the real contracts.

use crate::model::{
    Action, MeterCall, Outcome, PaymentsCall, PricingCall, RegistryCall, TokenCall, Value,
};
use anyhow::{bail, Result};
use psp22::{PSP22Error, PSP22};
use vilokanam_chain::{Calls, Chain, Message, Receipt, Suite};
use vilokanam_interfaces::{
    AccountId, Balance, PaymentHandler, PaymentHandlerError, PricingEngine, PricingEngineError,
    StreamRegistry, StreamRegistryError, TickLifecycle, TickStream, TickStreamError,
};

/// Sends `action` of `caller`, with `value` for a native deposit, and says what the contract answered.
///
/// `Err`: the chain trapped the call, or the story has no use for this action.
pub fn perform<C: Chain>(
    chain: &mut C,
    suite: &Suite,
    caller: AccountId,
    value: Balance,
    action: &Action,
) -> Result<(Outcome, Receipt)> {
    let mut to = Sender {
        chain,
        suite,
        caller,
    };
    Ok(match action {
        Action::Token(_, call) => {
            let (answer, receipt) = to.token(call)?;
            (Outcome::Token(answer), receipt)
        }
        Action::Registry(call) => {
            let (answer, receipt) = to.registry(call)?;
            (Outcome::Registry(answer), receipt)
        }
        Action::Pricing(call) => {
            let (answer, receipt) = to.pricing(call)?;
            (Outcome::Pricing(answer), receipt)
        }
        Action::Meter(call) => {
            let (answer, receipt) = to.meter(call)?;
            (Outcome::Meter(answer), receipt)
        }
        Action::Payments(call) => {
            let (answer, receipt) = to.payments(value, call)?;
            (Outcome::Payments(answer), receipt)
        }
        other => bail!("{other:?} has no part in this story"),
    })
}

/// What a contract answered, and the receipt.
type Answer<E> = Result<(Result<Value, E>, Receipt)>;

/// Nothing but a value of no meaning.
fn unit((): ()) -> Value {
    Value::Unit
}

struct Sender<'a, C> {
    chain: &'a mut C,
    suite: &'a Suite,
    caller: AccountId,
}

impl<C: Chain> Sender<'_, C> {
    /// One transaction.
    fn send<T, E, M>(&mut self, message: M, value: fn(T) -> Value) -> Answer<E>
    where
        M: Message<Output = Result<T, E>>,
    {
        let sent = self.chain.send(self.caller, message)?;
        Ok((sent.value.map(value), sent.receipt))
    }

    /// A read: nothing changes.
    fn ask<T, E, M>(&mut self, message: M, value: fn(T) -> Value) -> Answer<E>
    where
        M: Message<Output = Result<T, E>>,
    {
        let sent = self.chain.quote(self.caller, message)?;
        Ok((sent.value.map(value), sent.receipt))
    }

    fn token(&mut self, call: &TokenCall) -> Answer<PSP22Error> {
        let mut token = self.suite.token();
        match call.clone() {
            TokenCall::Transfer { to, amount } => {
                self.send(token.transfer(to, amount, Vec::new()), unit)
            }
            TokenCall::Approve { spender, amount } => {
                self.send(token.approve(spender, amount), unit)
            }
            other => bail!("{other:?} has no part in this story"),
        }
    }

    fn registry(&mut self, call: &RegistryCall) -> Answer<StreamRegistryError> {
        let mut registry = self.suite.registry();
        match call.clone() {
            RegistryCall::Register {
                cid,
                class,
                category,
                owner_bps,
                cohosts,
            } => self.send(
                registry.register(cid, class, category, owner_bps, cohosts),
                Value::Number,
            ),
            RegistryCall::GoLive { stream, grace_ms } => {
                self.send(registry.go_live(stream, grace_ms), Value::Number)
            }
            RegistryCall::Heartbeat { stream } => self.send(registry.heartbeat(stream), unit),
            RegistryCall::EndBroadcast { stream } => {
                self.send(registry.end_broadcast(stream), unit)
            }
            RegistryCall::Unlist { stream } => self.send(registry.unlist(stream), unit),
            RegistryCall::SetModerator { account, moderator } => {
                self.send(registry.set_moderator(account, moderator), unit)
            }
            RegistryCall::Suspend { stream, reason } => {
                self.send(registry.suspend(stream, reason), unit)
            }
            RegistryCall::Reinstate { stream, reason } => {
                self.send(registry.reinstate(stream, reason), unit)
            }
            other => bail!("{other:?} has no part in this story"),
        }
    }

    fn pricing(&mut self, call: &PricingCall) -> Answer<PricingEngineError> {
        let mut pricing = self.suite.pricing();
        match call.clone() {
            PricingCall::SetRates { stream, rates } => {
                self.send(pricing.set_rates(stream, rates), unit)
            }
            PricingCall::Quote {
                stream,
                asset,
                duration_ms,
            } => self.ask(pricing.quote(stream, asset, duration_ms), Value::Quote),
            other => bail!("{other:?} has no part in this story"),
        }
    }

    fn meter(&mut self, call: &MeterCall) -> Answer<TickStreamError> {
        let mut meter = self.suite.meter();
        let mut lifecycle = self.suite.lifecycle();
        match call.clone() {
            MeterCall::RunsOutAt(id) => self.ask(lifecycle.runs_out_at(id), Value::Instant),
            MeterCall::CanOpen { viewer, request } => {
                self.ask(lifecycle.can_open(viewer, request), Value::OpenQuote)
            }
            MeterCall::Open(request) => self.send(lifecycle.open(request), Value::Number),
            MeterCall::TopUp { id, amount } => self.send(lifecycle.top_up(id, amount), unit),
            MeterCall::Pause(number) => self.send(lifecycle.pause(number), unit),
            MeterCall::Resume(number) => self.send(lifecycle.resume(number), unit),
            MeterCall::Close(number) => self.send(lifecycle.close(number), Value::Amount),
            MeterCall::CloseEnded(id) => self.send(lifecycle.close_ended(id), Value::Amount),
            MeterCall::Settle(id) => self.send(meter.settle(id), Value::Amount),
            MeterCall::SettleMany(ids) => self.send(meter.settle_many(ids), Value::Fates),
            MeterCall::SettlePage { stream, page } => {
                self.send(meter.settle_page(stream, page), Value::Amounts)
            }
            MeterCall::BeginExit(number) => self.send(lifecycle.begin_exit(number), unit),
            MeterCall::FinishExit(number) => self.send(lifecycle.finish_exit(number), unit),
            MeterCall::SetKey { number, key } => self.send(lifecycle.set_key(number, key), unit),
            MeterCall::Redeem(signed) => self.send(meter.redeem(signed.voucher), Value::Amount),
            MeterCall::RedeemMany(all) => {
                let vouchers = all.into_iter().map(|signed| signed.voucher).collect();
                self.send(meter.redeem_many(vouchers), Value::Vouchers)
            }
            MeterCall::Dismiss(at) => self.send(lifecycle.dismiss(at), Value::Amount),
            MeterCall::FinishClose(at) => self.send(lifecycle.finish_close(at), Value::Amount),
            MeterCall::Owed(id) => self.ask(lifecycle.owed(id), Value::Amount),
            MeterCall::Refundable(id) => self.ask(lifecycle.refundable(id), Value::Amount),
            MeterCall::ProvideSeats { stream, pages } => {
                self.send(lifecycle.provide_seats(stream, pages), unit)
            }
            MeterCall::ClearPage { stream, page } => {
                self.send(lifecycle.clear_page(stream, page), unit)
            }
        }
    }

    fn payments(&mut self, value: Balance, call: &PaymentsCall) -> Answer<PaymentHandlerError> {
        let mut payments = self.suite.payments();
        match call.clone() {
            PaymentsCall::Deposit => self.send(payments.deposit().transferred_value(value), unit),
            PaymentsCall::DepositToken { asset, amount } => {
                self.send(payments.deposit_token(asset, amount), unit)
            }
            PaymentsCall::Withdraw { asset, amount } => {
                self.send(payments.withdraw(asset, amount), unit)
            }
            PaymentsCall::WithdrawPayable { asset } => {
                self.send(payments.withdraw_payable(asset), Value::Amount)
            }
            PaymentsCall::PushPayable { payee, asset } => {
                self.send(payments.push_payable(payee, asset), Value::Amount)
            }
            PaymentsCall::Settle { terms, items } => self.send(payments.settle(terms, items), unit),
            PaymentsCall::WithdrawFees { asset } => {
                self.send(payments.withdraw_fees(asset), Value::Amount)
            }
            other => bail!("{other:?} has no part in this story"),
        }
    }
}
