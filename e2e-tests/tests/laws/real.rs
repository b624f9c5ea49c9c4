//! Sends an [`Action`] of the model to the real contracts.

use psp22::{PSP22Burnable, PSP22};
use vilokanam_chain::{
    administered, psp22, psp22_burnable, Calls, Chain, Embedded, Message, Receipt, Suite, Trap,
};
use vilokanam_e2e::model::{
    Action, AdminCall, MeterCall, Outcome, Part, PaymentsCall, PricingCall, RegistryCall,
    TokenCall, Value,
};
use vilokanam_interfaces::{
    AccountId, Administered, Balance, PaymentHandler, PricingEngine, StreamRegistry, TickLifecycle,
    TickStream,
};

/// A message with value, whether it takes any or not.
struct Paid<M>(M, Balance);

impl<M: Message> Message for Paid<M> {
    type Output = M::Output;

    fn into_parts(self) -> (AccountId, Balance, Vec<u8>) {
        let (to, _, data) = self.0.into_parts();
        (to, self.1, data)
    }
}

/// Nothing but a value of no meaning.
fn unit((): ()) -> Value {
    Value::Unit
}

/// Where a contract is.
pub fn address(suite: &Suite, tokens: &[AccountId], part: Part) -> AccountId {
    match part {
        Part::Token(token) => tokens[token],
        Part::Registry => suite.registry,
        Part::Pricing => suite.pricing,
        Part::Meter => suite.meter,
        Part::Payments => suite.payments,
    }
}

/// What a contract answered, and the receipt.
pub type Answer = Result<(Outcome, Option<Receipt>), Trap>;

/// One transaction.
pub struct Transaction<'a> {
    pub chain: &'a mut Embedded,
    pub suite: &'a Suite,
    pub tokens: &'a [AccountId],
    pub caller: AccountId,
    pub value: Balance,
}

impl Transaction<'_> {
    /// Sends `action`. A trap is an outcome where the model knows one.
    pub fn perform(mut self, action: &Action) -> Answer {
        let unpayable = self.value > 0 && *action != Action::Payments(PaymentsCall::Deposit);
        match self.answer(action) {
            Err(trap) if trap.name == "ContractTrapped" && unpayable => {
                Ok((Outcome::NotPayable, None))
            }
            // A call back up the stack ends the caller's frame; what called that sees a trap.
            Err(trap) if ["ContractTrapped", "ReentranceDenied"].contains(&&*trap.name) => {
                Ok((Outcome::Trapped, None))
            }
            answer => answer,
        }
    }

    fn send<T, E, M>(
        &mut self,
        message: M,
        value: fn(T) -> Value,
        outcome: fn(Result<Value, E>) -> Outcome,
    ) -> Answer
    where
        M: Message<Output = Result<T, E>>,
    {
        let sent = self.chain.send(self.caller, Paid(message, self.value))?;
        Ok((outcome(sent.value.map(value)), Some(sent.receipt)))
    }

    fn answer(&mut self, action: &Action) -> Answer {
        match action {
            Action::Token(token, call) => self.token(self.tokens[*token], call.clone()),
            Action::Registry(call) => self.registry(call.clone()),
            Action::Pricing(call) => self.pricing(call.clone()),
            Action::Meter(call) => self.meter(call.clone()),
            Action::Payments(call) => self.payments(call.clone()),
            Action::Admin(part, call) => {
                let contract = address(self.suite, self.tokens, *part);
                self.admin(contract, call.clone())
            }
            Action::DonateNative(amount) => {
                self.chain
                    .transfer(self.caller, self.suite.payments, *amount)?;
                Ok((Outcome::Donated, None))
            }
        }
    }

    fn token(&mut self, token: AccountId, call: TokenCall) -> Answer {
        let (mut c, o) = (psp22(token), Outcome::Token);
        match call {
            TokenCall::Transfer { to, amount } => {
                self.send(c.transfer(to, amount, Vec::new()), unit, o)
            }
            TokenCall::TransferFrom { from, to, amount } => {
                self.send(c.transfer_from(from, to, amount, Vec::new()), unit, o)
            }
            TokenCall::Approve { spender, amount } => {
                self.send(c.approve(spender, amount), unit, o)
            }
            TokenCall::IncreaseAllowance { spender, delta } => {
                self.send(c.increase_allowance(spender, delta), unit, o)
            }
            TokenCall::DecreaseAllowance { spender, delta } => {
                self.send(c.decrease_allowance(spender, delta), unit, o)
            }
            TokenCall::Burn { amount } => self.send(psp22_burnable(token).burn(amount), unit, o),
        }
    }

    fn registry(&mut self, call: RegistryCall) -> Answer {
        use RegistryCall as R;
        let (mut c, o) = (self.suite.registry(), Outcome::Registry);
        match call {
            R::Register {
                cid,
                class,
                category,
                owner_bps,
                cohosts,
            } => self.send(
                c.register(cid, class, category, owner_bps, cohosts),
                Value::Number,
                o,
            ),
            R::Update {
                stream,
                cid,
                class,
                category,
            } => self.send(c.update(stream, cid, class, category), unit, o),
            R::SetTerms {
                stream,
                owner_bps,
                cohosts,
            } => self.send(c.set_terms(stream, owner_bps, cohosts), Value::Number, o),
            R::SetOperators { stream, operators } => {
                self.send(c.set_operators(stream, operators), unit, o)
            }
            R::OfferStream { stream, account } => {
                self.send(c.offer_stream(stream, account), unit, o)
            }
            R::AcceptStream { stream } => self.send(c.accept_stream(stream), unit, o),
            R::GoLive { stream, grace_ms } => {
                self.send(c.go_live(stream, grace_ms), Value::Number, o)
            }
            R::Heartbeat { stream } => self.send(c.heartbeat(stream), unit, o),
            R::EndBroadcast { stream } => self.send(c.end_broadcast(stream), unit, o),
            R::Unlist { stream } => self.send(c.unlist(stream), unit, o),
            R::SetModerator { account, moderator } => {
                self.send(c.set_moderator(account, moderator), unit, o)
            }
            R::Suspend { stream, reason } => self.send(c.suspend(stream, reason), unit, o),
            R::Reinstate { stream, reason } => self.send(c.reinstate(stream, reason), unit, o),
        }
    }

    fn pricing(&mut self, call: PricingCall) -> Answer {
        use PricingCall as P;
        let (mut c, o) = (self.suite.pricing(), Outcome::Pricing);
        match call {
            P::SetPlan { stream, kind } => self.send(c.set_plan(stream, kind), Value::Number, o),
            P::SetRates { stream, rates } => self.send(c.set_rates(stream, rates), unit, o),
            P::Offer { viewer, request } => self.send(c.offer(viewer, request), Value::Offer, o),
            P::Charge { now_ms, items } => self.send(c.charge(now_ms, items), Value::Charged, o),
            P::Quote {
                stream,
                asset,
                duration_ms,
            } => self.send(c.quote(stream, asset, duration_ms), Value::Quote, o),
        }
    }

    fn meter(&mut self, call: MeterCall) -> Answer {
        use MeterCall as M;
        let (mut c, o) = (self.suite.meter(), Outcome::Meter);
        let mut s = self.suite.lifecycle();
        match call {
            M::Owed(id) => self.send(s.owed(id), Value::Amount, o),
            M::Refundable(id) => self.send(s.refundable(id), Value::Amount, o),
            M::RunsOutAt(id) => self.send(s.runs_out_at(id), Value::Instant, o),
            M::CanOpen { viewer, request } => {
                self.send(s.can_open(viewer, request), Value::OpenQuote, o)
            }
            M::Open(request) => self.send(s.open(request), Value::Number, o),
            M::TopUp { id, amount } => self.send(s.top_up(id, amount), unit, o),
            M::Pause(number) => self.send(s.pause(number), unit, o),
            M::Resume(number) => self.send(s.resume(number), unit, o),
            M::Close(number) => self.send(s.close(number), Value::Amount, o),
            M::CloseEnded(id) => self.send(s.close_ended(id), Value::Amount, o),
            M::Settle(id) => self.send(c.settle(id), Value::Amount, o),
            M::SettleMany(ids) => self.send(c.settle_many(ids), Value::Fates, o),
            M::SettlePage { stream, page } => {
                self.send(c.settle_page(stream, page), Value::Amounts, o)
            }
            M::BeginExit(number) => self.send(s.begin_exit(number), unit, o),
            M::FinishExit(number) => self.send(s.finish_exit(number), unit, o),
            M::SetKey { number, key } => self.send(s.set_key(number, key), unit, o),
            M::Redeem(signed) => self.send(c.redeem(signed.voucher), Value::Amount, o),
            M::RedeemMany(all) => {
                let vouchers = all.into_iter().map(|signed| signed.voucher).collect();
                self.send(c.redeem_many(vouchers), Value::Vouchers, o)
            }
            M::Dismiss(at) => self.send(s.dismiss(at), Value::Amount, o),
            M::FinishClose(at) => self.send(s.finish_close(at), Value::Amount, o),
            M::ProvideSeats { stream, pages } => self.send(s.provide_seats(stream, pages), unit, o),
            M::ClearPage { stream, page } => self.send(s.clear_page(stream, page), unit, o),
        }
    }

    fn payments(&mut self, call: PaymentsCall) -> Answer {
        use PaymentsCall as P;
        let (mut c, o) = (self.suite.payments(), Outcome::Payments);
        match call {
            P::Deposit => self.send(c.deposit(), unit, o),
            P::DepositToken { asset, amount } => self.send(c.deposit_token(asset, amount), unit, o),
            P::Withdraw { asset, amount } => self.send(c.withdraw(asset, amount), unit, o),
            P::WithdrawPayable { asset } => self.send(c.withdraw_payable(asset), Value::Amount, o),
            P::PushPayable { payee, asset } => {
                self.send(c.push_payable(payee, asset), Value::Amount, o)
            }
            P::WithdrawFees { asset } => self.send(c.withdraw_fees(asset), Value::Amount, o),
            P::Sweep { asset } => self.send(c.sweep(asset), Value::Amount, o),
            P::Pause { duration_ms } => self.send(c.pause(duration_ms), unit, o),
            P::Unpause => self.send(c.unpause(), unit, o),
            P::Hold {
                viewer,
                asset,
                amount,
                class,
            } => self.send(c.hold(viewer, asset, amount, class), Value::Fees, o),
            P::TopUp {
                payer,
                asset,
                amount,
            } => self.send(c.top_up(payer, asset, amount), unit, o),
            P::Settle { terms, items } => self.send(c.settle(terms, items), unit, o),
        }
    }

    fn admin(&mut self, contract: AccountId, call: AdminCall) -> Answer {
        use AdminCall as A;
        let (mut c, o) = (administered(contract), Outcome::Admin);
        match call {
            A::ProposeOwner(account) => self.send(c.propose_owner(account), unit, o),
            A::AcceptOwner => self.send(c.accept_owner(), unit, o),
            A::Announce(change) => self.send(c.announce(change), Value::Number, o),
            A::Cancel(id) => self.send(c.cancel(id), unit, o),
            A::Apply(id) => self.send(c.apply(id), unit, o),
            A::Wire(wiring) => self.send(c.wire(wiring), unit, o),
        }
    }
}
