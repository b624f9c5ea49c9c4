//! Every message of the suite that changes anything, ready to be sent by a stranger: what a contract calls back with.

use crate::{common::*, puppets::*};
use psp22::{PSP22Burnable, PSP22};
use serde_json::Value;
use std::collections::BTreeSet;
use vilokanam_chain::{account, administered, psp22_burnable, VLK};
use vilokanam_interfaces::{
    AccountId, Administered, Change, Class, Directory, Holds, Moderation, PassLevel, PassOffice,
    PassOrder, PassPeriod, PassScope, Patronage, Payment, PaymentDesk, PaymentHandler,
    PermittedDeposit, PlanKind, PricingEngine, PricingPlans, Scheduled, Seated, Shift,
    SignedVoucher, SpendingLimits, Sponsorship, StreamRegistry, TickLifecycle, TickStream, Verdict,
    VlkPermit, Wiring, FACTOR_ONE, NATIVE,
};

impl Stage {
    /// They name what there is on the stage, and what nobody may do to it but its owner: where anyone may, it is done already, or for nothing.
    pub fn every_message(&self) -> Vec<Act> {
        let all = [
            self.of_the_token(),
            self.of_the_registry(),
            self.of_pricing(),
            self.of_payments(),
            self.of_the_meter(),
            self.of_passes_and_patronage(),
            self.of_directory_and_moderation(),
        ];
        let contracts = self.suite.contracts();
        let administered = contracts.iter().flat_map(|(_, at)| of_owners(*at));
        all.into_iter().flatten().chain(administered).collect()
    }

    fn of_the_token(&self) -> Vec<Act> {
        let s = &self.suite;
        let (alice, sam) = (account("alice"), account("sam"));
        vec![
            sam_s("transfer", s.token().transfer(sam, 1, vec![])),
            sam_s(
                "transfer_from",
                s.token().transfer_from(alice, sam, 1, vec![]),
            ),
            sam_s("approve", s.token().approve(sam, 0)),
            sam_s("increase_allowance", s.token().increase_allowance(sam, 0)),
            sam_s("decrease_allowance", s.token().decrease_allowance(sam, 0)),
            sam_s("burn", psp22_burnable(s.token).burn(1)),
            sam_s(
                "permit",
                s.permit().permit(alice, sam, 1, u64::MAX, [7; 64]),
            ),
        ]
    }

    fn of_the_registry(&self) -> Vec<Act> {
        let sam = account("sam");
        let mut registry = self.suite.registry();
        let why = || String::from("why not");
        vec![
            sam_s(
                "register",
                registry.register(why(), Class::Standard, 1, 10_000, vec![]),
            ),
            sam_s(
                "update",
                registry.update(STREAM, CID.into(), Class::Premium, 1),
            ),
            sam_s(
                "set_terms",
                registry.set_terms(STREAM, 0, vec![share("sam", 10_000)]),
            ),
            sam_s("set_operators", registry.set_operators(STREAM, vec![sam])),
            sam_s("offer_stream", registry.offer_stream(STREAM, Some(sam))),
            sam_s("accept_stream", registry.accept_stream(STREAM)),
            sam_s("go_live", registry.go_live(STREAM, GRACE)),
            sam_s("heartbeat", registry.heartbeat(STREAM)),
            sam_s("end_broadcast", registry.end_broadcast(STREAM)),
            sam_s("unlist", registry.unlist(STREAM)),
            sam_s("set_moderator", registry.set_moderator(sam, true)),
            sam_s("suspend", registry.suspend(STREAM, why())),
            sam_s("reinstate", registry.reinstate(STREAM, why())),
        ]
    }

    fn of_pricing(&self) -> Vec<Act> {
        let (mut pricing, mut plans) = (self.suite.pricing(), self.suite.plans());
        vec![
            sam_s("set_rates", pricing.set_rates(STREAM, rates_of(1, 1))),
            sam_s("set_plan", plans.set_plan(STREAM, PlanKind::Flat)),
            sam_s("set_staking", plans.set_staking(None)),
        ]
    }

    fn of_payments(&self) -> Vec<Act> {
        let (alice, sam) = (account("alice"), account("sam"));
        let (mut payments, mut holds) = (self.suite.payments(), self.suite.holds());
        let mut desk = self.suite.desk();
        let payment = Payment {
            payer: alice,
            asset: NATIVE,
            amount: 1,
            class: Class::Tips,
            category: None,
            owner: sam,
            cohosts: vec![],
        };
        let shift = |back_of_ms| Shift {
            from: alice,
            to: sam,
            asset: NATIVE,
            amount: 1,
            category: None,
            back_of_ms,
        };
        vec![
            sam_s("deposit", payments.deposit()),
            sam_s("deposit_token", payments.deposit_token(VLK, 1)),
            sam_s("withdraw", payments.withdraw(NATIVE, 1)),
            sam_s("withdraw_payable", payments.withdraw_payable(NATIVE)),
            sam_s("push_payable", payments.push_payable(sam, NATIVE)),
            sam_s("withdraw_fees", payments.withdraw_fees(NATIVE)),
            sam_s("sweep", payments.sweep(NATIVE)),
            sam_s("pause", payments.pause(1)),
            sam_s("unpause", payments.unpause()),
            sam_s("settle", payments.settle(vec![], vec![])),
            sam_s("hold", holds.hold(alice, NATIVE, 1, Class::Standard, 1)),
            sam_s("top_up", holds.top_up(alice, NATIVE, 1, 1, 0)),
            sam_s("pay", desk.pay(payment)),
            sam_s("shift", desk.shift(shift(Some(0)))),
            sam_s("refund", desk.refund(id("alice", 1), NATIVE, 1)),
            sam_s(
                "set_spending_limits",
                desk.set_spending_limits(NATIVE, SpendingLimits::default()),
            ),
            sam_s(
                "deposit_permitted",
                desk.deposit_permitted(alice, VLK, deposit()),
            ),
        ]
    }

    fn of_the_meter(&self) -> Vec<Act> {
        let (mut meter, mut lifecycle) = (self.suite.meter(), self.suite.lifecycle());
        let alice = id("alice", 1);
        let at = Seated {
            id: alice,
            stream: STREAM,
            page: 0,
            seat: 0,
        };
        let voucher = SignedVoucher {
            at,
            ms: 1,
            amount: 1,
            signature: [7; 64],
        };
        vec![
            sam_s("settle", meter.settle(alice)),
            sam_s("settle_many", meter.settle_many(vec![alice])),
            sam_s("settle_page", meter.settle_page(STREAM, 0)),
            sam_s("redeem", meter.redeem(voucher)),
            sam_s("redeem_many", meter.redeem_many(vec![voucher])),
            sam_s("open", lifecycle.open(request())),
            sam_s(
                "deposit_and_open",
                lifecycle.deposit_and_open(vlk_request(), deposit()),
            ),
            sam_s("provide_seats", lifecycle.provide_seats(STREAM, 0)),
            sam_s("clear_page", lifecycle.clear_page(STREAM, 0)),
            sam_s("top_up", lifecycle.top_up(alice, 1)),
            sam_s("pause", lifecycle.pause(1)),
            sam_s("resume", lifecycle.resume(1)),
            sam_s("set_key", lifecycle.set_key(1, Some(key("sam")))),
            sam_s("begin_exit", lifecycle.begin_exit(1)),
            sam_s("close", lifecycle.close(1)),
            sam_s("close_ended", lifecycle.close_ended(alice)),
            sam_s("dismiss", lifecycle.dismiss(at)),
            sam_s("finish_close", lifecycle.finish_close(at)),
            sam_s("finish_exit", lifecycle.finish_exit(1)),
        ]
    }

    fn of_passes_and_patronage(&self) -> Vec<Act> {
        let (alice, sam) = (account("alice"), account("sam"));
        let (mut passes, mut patronage) = (self.suite.passes(), self.suite.patronage());
        let (scope, level) = (PassScope::Stream(STREAM), PassLevel::Basic);
        let order = PassOrder {
            scope,
            level,
            period: PassPeriod::Day,
            periods: 1,
            asset: NATIVE,
            max_price: 1,
            max_factor: FACTOR_ONE,
            holder: None,
        };
        let terms = Sponsorship {
            max_hold: 1,
            max_ceiling: 1,
            until_ms: u64::MAX,
        };
        vec![
            sam_s("set_offer", passes.set_offer(scope, level, None)),
            sam_s("buy", passes.buy(order)),
            sam_s("set_renewal", passes.set_renewal(scope, level, None)),
            sam_s("renew", passes.renew(alice, scope, level)),
            sam_s("tip", patronage.tip(STREAM, NATIVE, 1, None)),
            sam_s("pay_external", patronage.pay_external(1, NATIVE, 1, None)),
            sam_s(
                "make_goal",
                patronage.make_goal(STREAM, NATIVE, 1, u64::MAX, Default::default()),
            ),
            sam_s("contribute", patronage.contribute(1, 1)),
            sam_s("cancel_goal", patronage.cancel_goal(1)),
            sam_s("return_contribution", patronage.return_contribution(1, sam)),
            sam_s("sponsor", patronage.sponsor(STREAM, NATIVE, 1, terms)),
            sam_s(
                "withdraw_budget",
                patronage.withdraw_budget(STREAM, NATIVE, 1),
            ),
            sam_s(
                "sponsor_session",
                patronage.sponsor_session(alice, sam, STREAM, NATIVE, 1, 1),
            ),
        ]
    }

    fn of_directory_and_moderation(&self) -> Vec<Act> {
        let (alice, sam) = (account("alice"), account("sam"));
        let (mut directory, mut moderation) = (self.suite.directory(), self.suite.moderation());
        let why = || String::from("why not");
        let broadcast = Scheduled {
            start_ms: self.now() + HOUR,
            end_ms: self.now() + 2 * HOUR,
            cid: CID.into(),
        };
        let cid = || String::from(CID);
        vec![
            sam_s("name_category", directory.name_category(1, why())),
            sam_s("list_stream", directory.list_stream(99)),
            sam_s("schedule", directory.schedule(STREAM, broadcast)),
            sam_s("cancel_scheduled", directory.cancel_scheduled(STREAM, 1)),
            sam_s("set_gateway", directory.set_gateway(sam, true)),
            sam_s(
                "register_external",
                directory.register_external(1, Default::default(), sam, cid(), 1),
            ),
            sam_s(
                "update_external",
                directory.update_external(1, sam, cid(), 1, true),
            ),
            sam_s("set_bond", moderation.set_bond(0)),
            sam_s("report_stream", moderation.report_stream(STREAM, why())),
            sam_s("decide", moderation.decide(1, Verdict::Abusive, why())),
            sam_s("lapse", moderation.lapse(1)),
            sam_s("appeal", moderation.appeal(1, why())),
            sam_s("resolve", moderation.resolve(1, true, why())),
            sam_s("collect", moderation.collect(alice)),
            sam_s("forfeit", moderation.forfeit(1)),
        ]
    }
}

fn of_owners(contract: AccountId) -> Vec<Act> {
    let sam = account("sam");
    let mut of = administered(contract);
    vec![
        sam_s("propose_owner", of.propose_owner(Some(sam))),
        sam_s("accept_owner", of.accept_owner()),
        sam_s("announce", of.announce(Change::Delay(0))),
        sam_s("cancel", of.cancel(0)),
        sam_s("apply", of.apply(0)),
        sam_s("wire", of.wire(Wiring::default())),
    ]
}

fn deposit() -> PermittedDeposit {
    PermittedDeposit {
        amount: 1,
        permit: None,
    }
}

fn sam_s(name: &'static str, message: impl vilokanam_chain::Message) -> Act {
    Act::new("sam", name, message)
}

/// The messages of a contract's committed ABI that change something.
fn mutating(contract: &str) -> BTreeSet<[u8; 4]> {
    let path = format!("{}/../metadata/{contract}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("is committed");
    let abi: Value = serde_json::from_str(&text).expect("is JSON");
    let messages = abi["spec"]["messages"].as_array().expect("has messages");
    let changing = messages.iter().filter(|message| message["mutates"] == true);
    let selectors = changing.map(|message| {
        let hex = message["selector"].as_str().expect("is hex").to_owned();
        u32::from_str_radix(&hex[2..], 16)
            .expect("is hex")
            .to_be_bytes()
    });
    selectors.collect()
}

#[test]
fn every_message_is_every_message_of_the_abi() {
    let s = Stage::on_air();
    let all = s.every_message();
    for (name, at) in s.suite.contracts() {
        let sent = all.iter().filter(|act| act.to == at);
        let sent: BTreeSet<[u8; 4]> = sent
            .map(|act| *act.input.first_chunk().expect("has a selector"))
            .collect();
        assert_eq!(sent, mutating(name), "{name}");
    }
    assert_eq!(all.len(), 141);
}
