//! Sends an [`Action`] of the model to the real contracts.

use psp22::{PSP22Burnable, PSP22};
use vilokanam_chain::VlkPermitCalls;
use vilokanam_chain::{
    administered, psp22, psp22_burnable, Calls, Chain, Embedded, Message, Receipt, Suite, Trap,
};
use vilokanam_e2e::model::{
    Action, AdminCall, DirectoryCall, MeterCall, ModerationCall, Outcome, Part, PassCall,
    PatronageCall, PaymentsCall, PricingCall, RegistryCall, TokenCall, Value,
};
use vilokanam_interfaces::{
    AccountId, Administered, Balance, Directory, Holds, Moderation, PassOffice, Patronage,
    PaymentDesk, PaymentHandler, PricingEngine, PricingPlans, StreamRegistry, TickLifecycle,
    TickStream, VlkPermit,
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
        Part::Passes => suite.passes,
        Part::Patronage => suite.patronage,
        Part::Directory => suite.directory,
        Part::Moderation => suite.moderation,
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
        let payable = matches!(
            action,
            Action::Payments(PaymentsCall::Deposit)
                | Action::Moderation(ModerationCall::Report { .. })
        );
        let unpayable = self.value > 0 && !payable;
        match self.answer(action) {
            Err(trap) if trap.name == "ContractTrapped" && unpayable => {
                Ok((Outcome::NotPayable, None))
            }
            // A call back up the stack ends the caller's frame; what called that sees a trap.
            // And the chain keeps no code that it does not have.
            Err(trap)
                if ["ContractTrapped", "ReentranceDenied", "CodeNotFound"]
                    .contains(&&*trap.name) =>
            {
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
            Action::Passes(call) => self.passes(call.clone()),
            Action::Patronage(call) => self.patronage(*call),
            Action::Directory(call) => self.directory(call.clone()),
            Action::Moderation(call) => self.moderation(call.clone()),
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
            TokenCall::Permit(p) => {
                let mut c = VlkPermitCalls::from(token);
                let sent = c.permit(p.owner, p.spender, p.value, p.deadline_ms, p.signature);
                self.send(sent, unit, Outcome::Permit)
            }
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
        let mut s = self.suite.plans();
        match call {
            P::SetPlan { stream, kind } => self.send(s.set_plan(stream, kind), Value::Number, o),
            P::SetRates { stream, rates } => self.send(c.set_rates(stream, rates), unit, o),
            P::Offer {
                viewer,
                audience,
                request,
            } => self.send(s.offer(viewer, audience, request), Value::Offer, o),
            P::Charge { now_ms, items } => self.send(s.charge(now_ms, items), Value::Charged, o),
            P::Quote(request) => self.send(s.quote(request), Value::Quote, o),
            P::SetStaking(staking) => self.send(s.set_staking(staking), unit, o),
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
            M::DepositAndOpen { request, deposit } => {
                let sent = s.deposit_and_open(request, deposit.sent());
                self.send(sent, Value::Number, o)
            }
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
        let (mut h, mut d) = (self.suite.holds(), self.suite.desk());
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
                payer,
                asset,
                amount,
                class,
                category,
            } => {
                let sent = h.hold(payer, asset, amount, class, category);
                self.send(sent, Value::Fees, o)
            }
            P::WouldHold {
                payer,
                asset,
                amount,
                class,
                category,
            } => {
                let sent = h.would_hold(payer, asset, amount, class, category);
                self.send(sent, Value::Fees, o)
            }
            P::TopUp {
                payer,
                asset,
                amount,
                category,
                held,
            } => self.send(h.top_up(payer, asset, amount, category, held), unit, o),
            P::Pay(payment) => self.send(d.pay(payment), Value::Amount, o),
            P::Shift(shift) => self.send(d.shift(shift), unit, o),
            P::Refund {
                session,
                asset,
                amount,
            } => self.send(d.refund(session, asset, amount), unit, o),
            P::SetSpendingLimits { asset, limits } => {
                self.send(d.set_spending_limits(asset, limits), unit, o)
            }
            P::Spending { viewer, asset } => {
                self.send(d.spending(viewer, asset), Value::Spending, o)
            }
            P::DepositPermitted {
                viewer,
                asset,
                deposit,
            } => self.send(d.deposit_permitted(viewer, asset, deposit.sent()), unit, o),
            P::Settle { terms, items } => self.send(c.settle(terms, items), unit, o),
        }
    }

    fn passes(&mut self, call: PassCall) -> Answer {
        use PassCall as P;
        let (mut c, o) = (self.suite.passes(), Outcome::Passes);
        match call {
            P::SetOffer {
                scope,
                level,
                offer,
            } => self.send(c.set_offer(scope, level, offer), unit, o),
            P::Buy(order) => self.send(c.buy(order), Value::Until, o),
            P::SetRenewal {
                scope,
                level,
                renewal,
            } => self.send(c.set_renewal(scope, level, renewal), unit, o),
            P::Renew {
                holder,
                scope,
                level,
            } => self.send(c.renew(holder, scope, level), Value::Until, o),
        }
    }

    fn patronage(&mut self, call: PatronageCall) -> Answer {
        use PatronageCall as P;
        let (mut c, o) = (self.suite.patronage(), Outcome::Patronage);
        match call {
            P::Tip {
                stream,
                asset,
                amount,
                message,
            } => self.send(c.tip(stream, asset, amount, message), Value::Amount, o),
            P::PayExternal {
                external,
                asset,
                amount,
                message,
            } => {
                let sent = c.pay_external(external, asset, amount, message);
                self.send(sent, Value::Amount, o)
            }
            P::MakeGoal {
                stream,
                asset,
                target,
                end_ms,
                about,
            } => {
                let sent = c.make_goal(stream, asset, target, end_ms, about);
                self.send(sent, Value::Number, o)
            }
            P::Contribute { goal, amount } => {
                self.send(c.contribute(goal, amount), Value::Amount, o)
            }
            P::CancelGoal { goal } => self.send(c.cancel_goal(goal), unit, o),
            P::ReturnContribution { goal, to } => {
                self.send(c.return_contribution(goal, to), Value::Amount, o)
            }
            P::Sponsor {
                stream,
                asset,
                amount,
                terms,
            } => self.send(c.sponsor(stream, asset, amount, terms), unit, o),
            P::WithdrawBudget {
                stream,
                asset,
                amount,
            } => self.send(c.withdraw_budget(stream, asset, amount), unit, o),
            P::SponsorSession(of) => {
                let (sponsor, viewer, stream) = (of.sponsor, of.viewer, of.stream);
                let sent =
                    c.sponsor_session(sponsor, viewer, stream, of.asset, of.hold, of.ceiling);
                self.send(sent, Value::SponsoredHold, o)
            }
            P::WouldSponsor(of) => {
                let (sponsor, viewer, stream) = (of.sponsor, of.viewer, of.stream);
                let sent = c.would_sponsor(sponsor, viewer, stream, of.asset, of.hold, of.ceiling);
                self.send(sent, Value::SponsoredHold, o)
            }
        }
    }

    fn directory(&mut self, call: DirectoryCall) -> Answer {
        use DirectoryCall as D;
        let (mut c, o) = (self.suite.directory(), Outcome::Directory);
        match call {
            D::NameCategory { category, name } => {
                self.send(c.name_category(category, name), unit, o)
            }
            D::ListStream { stream } => self.send(c.list_stream(stream), unit, o),
            D::Schedule { stream, broadcast } => self.send(c.schedule(stream, broadcast), unit, o),
            D::CancelScheduled { stream, start_ms } => {
                self.send(c.cancel_scheduled(stream, start_ms), unit, o)
            }
            D::SetGateway { account, gateway } => {
                self.send(c.set_gateway(account, gateway), unit, o)
            }
            D::RegisterExternal {
                origin_chain,
                origin_stream,
                payee,
                cid,
                category,
            } => {
                let sent = c.register_external(origin_chain, origin_stream, payee, cid, category);
                self.send(sent, Value::Number, o)
            }
            D::UpdateExternal {
                external,
                payee,
                cid,
                category,
                active,
            } => {
                let sent = c.update_external(external, payee, cid, category, active);
                self.send(sent, unit, o)
            }
        }
    }

    fn moderation(&mut self, call: ModerationCall) -> Answer {
        use ModerationCall as M;
        let (mut c, o) = (self.suite.moderation(), Outcome::Moderation);
        match call {
            M::SetBond(bond) => self.send(c.set_bond(bond), unit, o),
            M::Report { stream, reason } => {
                self.send(c.report_stream(stream, reason), Value::Number, o)
            }
            M::Decide {
                report,
                verdict,
                reason,
            } => self.send(c.decide(report, verdict, reason), unit, o),
            M::Lapse { report } => self.send(c.lapse(report), unit, o),
            M::Appeal { report, reason } => self.send(c.appeal(report, reason), unit, o),
            M::Resolve {
                report,
                overturned,
                reason,
            } => self.send(c.resolve(report, overturned, reason), unit, o),
            M::Collect { account } => self.send(c.collect(account), Value::Amount, o),
            M::Forfeit { report } => self.send(c.forfeit(report), unit, o),
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
