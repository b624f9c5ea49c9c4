//! A token that misbehaves in the middle of an evening: whatever it does, nobody has any of it, and nothing that anybody has changes.
//!
//! Asset 2 is the fixture `hostile`, which traps whatever it is asked: the model knows it as an asset whose token does not answer. Now and then
//! it is told to do worse, and a message makes the payment handler ask it.

use crate::world::{ensure, Checked, World};
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        DefaultEnvironment,
    },
    primitives::LangError,
    scale::Encode,
};
use vilokanam_chain::{account, Chain, Message};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, PayTerms, PaymentDesk, PaymentHandler, SessionId, TickLifecycle,
    TickStream,
};

/// The hostile token's number.
pub const HOSTILE: AssetId = 2;
/// The one message that the fixture has of its own.
const OBEY: [u8; 4] = [0x9B, 0xAE, 0x9D, 0x5E];

/// As in the fixture, in its order.
#[ink::scale_derive(Encode)]
#[allow(dead_code)] // their order is what counts
enum Mode {
    Honest,
    Say(Vec<Vec<u8>>),
    Refuse(Vec<u8>),
    Trap,
    Flood,
    Spin,
    CallBack(AccountId, Vec<u8>),
    TakeFee,
}

/// As in the fixture, in its order.
#[ink::scale_derive(Encode)]
#[allow(dead_code)] // their order is what counts
enum Order {
    Behave(Vec<(Option<[u8; 4]>, Mode)>),
    StandBefore(AccountId),
    Credit(AccountId, Balance),
}

/// An order to the fixture.
fn obey(token: AccountId, order: Order) -> Vec<u8> {
    let input = ExecutionInput::new(Selector::new(OBEY)).push_arg(order);
    let message = build_call::<DefaultEnvironment>()
        .call(token)
        .exec_input(input);
    message.returns::<()>().into_parts().2
}

/// It behaves so, whatever it is asked.
fn turn(mode: Mode) -> Order {
    Order::Behave(vec![(None, mode)])
}

/// Makes the fixture trap, as it is from the beginning.
pub fn begin(chain: &mut impl Chain, token: AccountId) {
    let told = chain.call(account("villain"), token, 0, obey(token, turn(Mode::Trap)));
    told.expect("obeys");
}

impl World {
    /// The token turns, is asked, and turns back.
    pub fn mischief(&mut self, way: usize, back: usize) -> Checked {
        let (token, villain) = (self.hostile, account("villain"));
        let (name, mode) = self.mode(way, back);
        self.log.push(format!("the hostile token {name}"));
        let tell = |world: &mut Self, order| {
            let told = world.chain.call(villain, token, 0, obey(token, order));
            told.map_err(|trap| trap.to_string())
        };
        let amount = 1_000;
        // Else there is nothing of which to take a fee.
        let has = if matches!(mode, Mode::TakeFee) {
            amount
        } else {
            0
        };
        tell(self, Order::Credit(villain, has))?;
        tell(self, turn(mode))?;
        let payments = self.suite.payments;
        let asks = match back % 3 {
            0 => self.suite.payments().sweep(HOSTILE).into_parts(),
            _ => self
                .suite
                .payments()
                .deposit_token(HOSTILE, amount)
                .into_parts(),
        };
        let met = self.chain.call(villain, payments, 0, asks.2);
        let label = match &met {
            Err(_) => "ended by the chain",
            Ok(receipt) if receipt.reverted => "refused",
            Ok(_) => "done",
        };
        self.tally
            .count(format!("hostile token {name}"), label.into());
        ensure(label != "done", || {
            format!("law 13: the hostile token {name}: done")
        })?;
        tell(self, turn(Mode::Trap))?;
        self.compare_all(false)
    }

    /// What it does.
    fn mode(&self, way: usize, back: usize) -> (String, Mode) {
        let answered = |answer: &dyn Fn() -> Vec<u8>| Mode::Say(vec![answer()]);
        match way % 8 {
            0 => ("floods".into(), Mode::Flood),
            1 => ("takes a fee".into(), Mode::TakeFee),
            2 => {
                // An amount as a balance, and as the result of a transfer something that is neither.
                let lie = || Ok::<Balance, LangError>(Balance::MAX).encode();
                ("says that it has all".into(), answered(&lie))
            }
            3 => {
                let lie = || Ok::<Result<(), ()>, LangError>(Ok(())).encode();
                ("says that it moved".into(), answered(&lie))
            }
            _ => {
                let (name, (to, _, input)) = self.call_back(back);
                (format!("calls {name} back"), Mode::CallBack(to, input))
            }
        }
    }

    /// What would be worth something, if the token could.
    fn call_back(&self, which: usize) -> (&'static str, (AccountId, Balance, Vec<u8>)) {
        let suite = &self.suite;
        let (alice, mut desk) = (account("alice"), suite.desk());
        match which % 12 {
            0 => ("withdraw", suite.payments().withdraw(0, 1).into_parts()),
            1 => (
                "withdraw_payable",
                suite.payments().withdraw_payable(0).into_parts(),
            ),
            2 => (
                "push_payable",
                suite.payments().push_payable(alice, 0).into_parts(),
            ),
            3 => (
                "deposit_token",
                suite.payments().deposit_token(HOSTILE, 1).into_parts(),
            ),
            4 => (
                "withdraw_fees",
                suite.payments().withdraw_fees(0).into_parts(),
            ),
            5 => ("sweep", suite.payments().sweep(HOSTILE).into_parts()),
            6 => {
                let none = (Vec::<PayTerms>::new(), Vec::new());
                (
                    "settle",
                    suite.payments().settle(none.0, none.1).into_parts(),
                )
            }
            7 => ("settle_page", suite.meter().settle_page(1, 0).into_parts()),
            8 => ("close", suite.lifecycle().close(1).into_parts()),
            9 => (
                "refund",
                desk.refund(
                    SessionId {
                        viewer: alice,
                        number: 1,
                    },
                    0,
                    1,
                )
                .into_parts(),
            ),
            10 => ("spending", desk.spending(alice, 0).into_parts()),
            _ => ("pause", suite.payments().pause(1).into_parts()),
        }
    }
}
