//! Sends an [`Action`] of the model to the real contracts.

use crate::model::{
    Action, DirectoryCall, MeterCall, ModerationCall, Outcome, PassCall, PatronageCall,
    PaymentsCall, PricingCall, RegistryCall, TokenCall, Value,
};
use anyhow::{bail, Result};
use psp22::{PSP22Error, PSP22};
use vilokanam_chain::{Calls, Chain, Message, Receipt, Suite};
use vilokanam_interfaces::{
    AccountId, Balance, Directory, DirectoryError, Moderation, ModerationError, PassOffice,
    PassOfficeError, Patronage, PatronageError, PaymentDesk, PaymentHandler, PaymentHandlerError,
    PricingEngine, PricingEngineError, PricingPlans, StreamRegistry, StreamRegistryError,
    TickLifecycle, TickStream, TickStreamError,
};

/// Sends `action` of `caller`, with `value` for a native deposit or a bond, and says what the contract answered.
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
        Action::Passes(call) => {
            let (answer, receipt) = to.passes(call)?;
            (Outcome::Passes(answer), receipt)
        }
        Action::Patronage(call) => {
            let (answer, receipt) = to.patronage(call)?;
            (Outcome::Patronage(answer), receipt)
        }
        Action::Directory(call) => {
            let (answer, receipt) = to.directory(call)?;
            (Outcome::Directory(answer), receipt)
        }
        Action::Moderation(call) => {
            let (answer, receipt) = to.moderation(value, call)?;
            (Outcome::Moderation(answer), receipt)
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
        let mut plans = self.suite.plans();
        match call.clone() {
            PricingCall::SetRates { stream, rates } => {
                self.send(pricing.set_rates(stream, rates), unit)
            }
            PricingCall::SetPlan { stream, kind } => {
                self.send(plans.set_plan(stream, kind), Value::Number)
            }
            PricingCall::Quote(request) => self.ask(plans.quote(request), Value::Quote),
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
            MeterCall::DepositAndOpen { request, deposit } => self.send(
                lifecycle.deposit_and_open(request, deposit.sent()),
                Value::Number,
            ),
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
        let mut desk = self.suite.desk();
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
            PaymentsCall::Refund {
                session,
                asset,
                amount,
            } => self.send(desk.refund(session, asset, amount), unit),
            PaymentsCall::SetSpendingLimits { asset, limits } => {
                self.send(desk.set_spending_limits(asset, limits), unit)
            }
            PaymentsCall::Spending { viewer, asset } => {
                self.ask(desk.spending(viewer, asset), Value::Spending)
            }
            other => bail!("{other:?} has no part in this story"),
        }
    }

    fn passes(&mut self, call: &PassCall) -> Answer<PassOfficeError> {
        let mut passes = self.suite.passes();
        match *call {
            PassCall::SetOffer {
                scope,
                level,
                offer,
            } => self.send(passes.set_offer(scope, level, offer), unit),
            PassCall::Buy(order) => self.send(passes.buy(order), Value::Until),
            PassCall::SetRenewal {
                scope,
                level,
                renewal,
            } => self.send(passes.set_renewal(scope, level, renewal), unit),
            PassCall::Renew {
                holder,
                scope,
                level,
            } => self.send(passes.renew(holder, scope, level), Value::Until),
        }
    }

    fn patronage(&mut self, call: &PatronageCall) -> Answer<PatronageError> {
        let mut patronage = self.suite.patronage();
        match *call {
            PatronageCall::Tip {
                stream,
                asset,
                amount,
                message,
            } => self.send(patronage.tip(stream, asset, amount, message), Value::Amount),
            PatronageCall::PayExternal {
                external,
                asset,
                amount,
                message,
            } => self.send(
                patronage.pay_external(external, asset, amount, message),
                Value::Amount,
            ),
            PatronageCall::MakeGoal {
                stream,
                asset,
                target,
                end_ms,
                about,
            } => self.send(
                patronage.make_goal(stream, asset, target, end_ms, about),
                Value::Number,
            ),
            PatronageCall::Contribute { goal, amount } => {
                self.send(patronage.contribute(goal, amount), Value::Amount)
            }
            PatronageCall::CancelGoal { goal } => self.send(patronage.cancel_goal(goal), unit),
            PatronageCall::ReturnContribution { goal, to } => {
                self.send(patronage.return_contribution(goal, to), Value::Amount)
            }
            PatronageCall::Sponsor {
                stream,
                asset,
                amount,
                terms,
            } => self.send(patronage.sponsor(stream, asset, amount, terms), unit),
            PatronageCall::WithdrawBudget {
                stream,
                asset,
                amount,
            } => self.send(patronage.withdraw_budget(stream, asset, amount), unit),
            PatronageCall::SponsorSession(_) | PatronageCall::WouldSponsor(_) => {
                bail!("{call:?} has no part in this story")
            }
        }
    }

    fn directory(&mut self, call: &DirectoryCall) -> Answer<DirectoryError> {
        let mut directory = self.suite.directory();
        match call.clone() {
            DirectoryCall::NameCategory { category, name } => {
                self.send(directory.name_category(category, name), unit)
            }
            DirectoryCall::ListStream { stream } => self.send(directory.list_stream(stream), unit),
            DirectoryCall::Schedule { stream, broadcast } => {
                self.send(directory.schedule(stream, broadcast), unit)
            }
            DirectoryCall::CancelScheduled { stream, start_ms } => {
                self.send(directory.cancel_scheduled(stream, start_ms), unit)
            }
            DirectoryCall::SetGateway { account, gateway } => {
                self.send(directory.set_gateway(account, gateway), unit)
            }
            DirectoryCall::RegisterExternal {
                origin_chain,
                origin_stream,
                payee,
                cid,
                category,
            } => self.send(
                directory.register_external(origin_chain, origin_stream, payee, cid, category),
                Value::Number,
            ),
            DirectoryCall::UpdateExternal {
                external,
                payee,
                cid,
                category,
                active,
            } => self.send(
                directory.update_external(external, payee, cid, category, active),
                unit,
            ),
        }
    }

    fn moderation(&mut self, value: Balance, call: &ModerationCall) -> Answer<ModerationError> {
        let mut moderation = self.suite.moderation();
        match call.clone() {
            ModerationCall::SetBond(bond) => self.send(moderation.set_bond(bond), unit),
            ModerationCall::Report { stream, reason } => self.send(
                moderation
                    .report_stream(stream, reason)
                    .transferred_value(value),
                Value::Number,
            ),
            ModerationCall::Decide {
                report,
                verdict,
                reason,
            } => self.send(moderation.decide(report, verdict, reason), unit),
            ModerationCall::Lapse { report } => self.send(moderation.lapse(report), unit),
            ModerationCall::Appeal { report, reason } => {
                self.send(moderation.appeal(report, reason), unit)
            }
            ModerationCall::Resolve {
                report,
                overturned,
                reason,
            } => self.send(moderation.resolve(report, overturned, reason), unit),
            ModerationCall::Collect { account } => {
                self.send(moderation.collect(account), Value::Amount)
            }
            ModerationCall::Forfeit { report } => self.send(moderation.forfeit(report), unit),
        }
    }
}
