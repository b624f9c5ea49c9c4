//! A token that gives no answer, burns all gas, lies of success and of balances, changes them, or takes a fee, wherever the suite moves it: each place says so and changes nothing, or
//! harms balances in that token alone.

use crate::{beset::*, common::*, puppets::*};
use ink::selector_bytes;
use psp22::PSP22Error;
use vilokanam_chain::account;
use vilokanam_interfaces::{
    AccountId, Balance, Change, PaymentHandler, PaymentHandlerError as Error, PermittedDeposit,
    TickLifecycle, TickStreamError, Totals,
};

const BALANCE_OF: [u8; 4] = selector_bytes!("PSP22::balance_of");
const TRANSFER: [u8; 4] = selector_bytes!("PSP22::transfer");
const TRANSFER_FROM: [u8; 4] = selector_bytes!("PSP22::transfer_from");
/// What each act moves, at most.
const SOME: Balance = 1_000;

/// What a message of PSP22 returns.
type Moved = Result<(), PSP22Error>;

/// Where tokens come in: only there are balances compared.
fn deposits(s: &mut Stage) -> [Act; 3] {
    let suite = s.suite;
    let deposit = |permit| PermittedDeposit {
        amount: SOME,
        permit,
    };
    let mut lifecycle = suite.lifecycle();
    let mut opens = |permit| lifecycle.deposit_and_open(in_hostile(SOME), deposit(permit));
    let permitted = opens(Some((u64::MAX, [7; 64])));
    [
        Act::new(
            "noor",
            "deposit_token",
            suite.payments().deposit_token(HOSTILE, SOME),
        ),
        Act::new("omar", "deposit_and_open", opens(None)),
        Act::new("omar", "deposit_and_open by permit", permitted),
    ]
}

/// Where they go out.
fn payouts(s: &mut Stage) -> [Act; 5] {
    let mut payments = s.suite.payments();
    let mira = account("mira");
    [
        Act::new("noor", "withdraw", payments.withdraw(HOSTILE, SOME)),
        Act::new(
            "mira",
            "withdraw_payable",
            payments.withdraw_payable(HOSTILE),
        ),
        Act::new("sam", "push_payable", payments.push_payable(mira, HOSTILE)),
        Act::new("sam", "withdraw_fees", payments.withdraw_fees(HOSTILE)),
        Act::new("sam", "sweep", payments.sweep(HOSTILE)),
    ]
}

/// How an act meets an error of the payment handler.
#[track_caller]
fn meets(s: &mut Stage, act: &Act, expected: Error, how: &str) {
    let what = format!("{} where it {how}", act.name);
    if act.to == s.suite.payments {
        assert_eq!(s.act(act), Met::Refused(expected), "{what}");
    } else {
        let expected = TickStreamError::Payments(expected);
        assert_eq!(s.act(act), Met::Refused(expected), "{what}");
    }
}

/// The same of all, and none changes anything.
#[track_caller]
fn all_meet(s: &mut Stage, acts: &[Act], expected: Error, how: &str) {
    let before = s.books();
    for act in acts {
        meets(s, act, expected.clone(), how);
    }
    s.books().are_as_before(&before, how);
}

/// Noor's session leaves as any other: that moves no token. Then everybody is out but for what is in the token.
#[track_caller]
fn noor_and_all_leave(s: &mut Stage) {
    s.must("noor", s.suite.lifecycle().begin_exit(1));
    s.advance(HOUR);
    s.must("noor", s.suite.lifecycle().finish_exit(1));
    // mira: 10 s more of alice's clock were settled when noor's session was; see `all_leave`.
    all_leave(s);
}

fn omar_has(s: &mut Stage, token: AccountId) {
    s.tells(token, Order::Credit(account("omar"), 10 * SOME));
}

#[test]
fn a_token_that_gives_no_answer_fails_wherever_it_is_moved() {
    let (mut s, token) = with_a_token();
    omar_has(&mut s, token);
    let (deposits, payouts) = (deposits(&mut s), payouts(&mut s));
    for (how, mode, ended) in no_answers() {
        s.turns(token, mode);
        s.chain_gas(Some(ENOUGH_GAS));
        let before = s.books();
        for act in deposits.iter().chain(&payouts) {
            match ended {
                None => meets(&mut s, act, Error::TokenFailed, how),
                // In the desk, which is a second code, it stops that alone.
                Some("OutputBufferTooSmall") if act.to == s.suite.meter => {
                    meets(&mut s, act, Error::DeskFailed, how);
                }
                Some(name) => {
                    let ended = Met::<Error>::Ended(name.into());
                    assert_eq!(s.act(act), ended, "{} where it {how}", act.name);
                }
            }
        }
        s.chain_gas(None);
        s.books().are_as_before(&before, how);
    }
    let no = PSP22Error::Custom("no".into());
    let no = Mode::Refuse(answer(Moved::Err(no)));
    let refuses = [TRANSFER, TRANSFER_FROM].map(|of| (Some(of), no.clone()));
    s.tells(token, Order::Behave(refuses.to_vec()));
    all_meet(&mut s, &payouts, Error::TokenRefused, "refuses");
    // Its permit is no answer, and there is no allowance to fall back on.
    all_meet(&mut s, &deposits[..2], Error::TokenRefused, "refuses");
    all_meet(
        &mut s,
        &deposits[2..],
        Error::TokenFailed,
        "knows no permit",
    );
    noor_and_all_leave(&mut s);
}

#[test]
fn a_token_that_lies_of_a_deposit_is_found_out_by_its_balances() {
    let (mut s, token) = with_a_token();
    omar_has(&mut s, token);
    let deposits = &deposits(&mut s)[..2];
    let moved = |arrived| Error::TokenMoved {
        expected: SOME,
        arrived,
    };
    s.turns_when(token, TRANSFER_FROM, says(Moved::Ok(())));
    all_meet(&mut s, deposits, moved(0), "moves nothing");
    let undone = Mode::Refuse(answer(Moved::Ok(())));
    s.turns_when(token, TRANSFER_FROM, undone);
    all_meet(&mut s, deposits, moved(0), "undoes what it moved");
    s.turns(token, Mode::TakeFee);
    all_meet(&mut s, deposits, moved(990), "takes a fee");
    for (how, before, after, arrived) in [
        ("makes less", 5_u128, 4, 0),
        ("makes too much", 5, 5 + SOME + 1, SOME + 1),
        ("makes all there can be", 0, Balance::MAX, Balance::MAX),
    ] {
        let said = Mode::Say(vec![answer(before), answer(after)]);
        for act in deposits {
            s.turns_when(token, BALANCE_OF, said.clone());
            meets(&mut s, act, moved(arrived), how);
        }
    }
    s.turns(token, Mode::Honest);
    let (had, totals) = (s.free("noor", HOSTILE), s.totals(HOSTILE));
    // The one lie that is not: all is said as it should be, and nothing is there. Who trusts such a token has its promise.
    let said = Mode::Say(vec![answer(0u128), answer(SOME)]);
    let moves_nothing = (Some(TRANSFER_FROM), says(Moved::Ok(())));
    let lies = vec![(Some(BALANCE_OF), said), moves_nothing];
    s.tells(token, Order::Behave(lies));
    let books = s.books();
    s.must("noor", s.suite.payments().deposit_token(HOSTILE, SOME));
    assert_eq!(s.free("noor", HOSTILE), had + SOME);
    assert_eq!(s.totals(HOSTILE).pools, totals.pools + SOME);
    let after = s.books();
    assert_eq!(after.totals[..2], books.totals[..2]);
    assert_eq!((after.sessions, after.vlk), (books.sessions, books.vlk));
    noor_and_all_leave(&mut s);
}

#[test]
fn a_token_that_lies_of_a_payout_harms_its_own_payee_alone() {
    for (how, mode, arrives) in [
        ("moves nothing", says(Moved::Ok(())), 0),
        ("undoes it", Mode::Refuse(answer(Moved::Ok(()))), 0),
        // A hundredth of 1,000, of 9,000, and of 1,000.
        ("takes a fee", Mode::TakeFee, 99),
    ] {
        let (mut s, token) = with_a_token();
        s.turns_when(token, TRANSFER, mode);
        let had: Vec<_> = ["noor", "mira", "treasury"]
            .iter()
            .map(|who| held(&mut s, token, who))
            .collect();
        for act in [0, 2, 3].map(|of| payouts(&mut s)[of].clone()) {
            assert_eq!(
                s.act::<Error>(&act),
                Met::Done,
                "{} where it {how}",
                act.name
            );
        }
        for ((who, had), sent) in ["noor", "mira", "treasury"]
            .iter()
            .zip(had)
            .zip([1_000, 9_000, 1_000])
        {
            let has = held(&mut s, token, who);
            assert_eq!(has - had, sent * arrives / 100, "{who} where it {how}");
        }
        // Whoever was paid with nothing has been paid, as far as the books go.
        assert_eq!(s.payable("mira", HOSTILE), 0);
        noor_and_all_leave(&mut s);
    }
}

fn held(s: &mut Stage, token: AccountId, who: &str) -> Balance {
    s.read(psp22::PSP22::balance_of(
        &vilokanam_chain::psp22(token),
        account(who),
    ))
}

#[test]
fn a_token_whose_balances_change_by_themselves_is_owed_and_cannot_be_paid_until_they_are_back() {
    let (mut s, token) = with_a_token();
    let payments = s.suite.payments;
    let owed = s.read(psp22::PSP22::balance_of(
        &vilokanam_chain::psp22(token),
        payments,
    ));
    // Gone: nobody can be paid in it, and nothing is to be swept.
    s.tells(token, Order::Credit(payments, 0));
    let acts = payouts(&mut s);
    all_meet(&mut s, &acts[..4], Error::TokenFailed, "is gone");
    all_meet(&mut s, &acts[4..], Error::NothingToSweep, "is gone");
    // Half of it: who comes first is paid.
    s.tells(token, Order::Credit(payments, SOME));
    assert_eq!(s.act::<Error>(&acts[0]), Met::Done);
    all_meet(&mut s, &acts[1..4], Error::TokenFailed, "is gone again");
    // More than was: what is nobody's is swept, and no more.
    s.tells(token, Order::Credit(payments, owed - SOME + 5));
    assert_eq!(
        s.must("sam", s.suite.payments().sweep(HOSTILE)).value,
        77 + 5
    );
    for act in &acts[1..4] {
        // mira's balance is paid once, by the first of two.
        let done = s.act::<Error>(act);
        let nothing = Met::Refused(Error::NothingPayable);
        assert!(done == Met::Done || act.name == "push_payable" && done == nothing);
    }
    noor_and_all_leave(&mut s);
    let free = s.free("noor", HOSTILE);
    s.must("noor", s.suite.payments().withdraw(HOSTILE, free));
    assert_eq!(s.totals(HOSTILE), Totals::default());
}

#[test]
fn a_hostile_token_that_is_delisted_keeps_its_exits() {
    let (mut s, token) = with_a_token();
    omar_has(&mut s, token);
    let delist = Change::SetAsset {
        asset: HOSTILE,
        allowed: false,
    };
    s.changes(s.suite.payments, delist);
    let deposits = deposits(&mut s);
    all_meet(&mut s, &deposits, Error::AssetNotAllowed, "is delisted");
    s.turns(token, Mode::Trap);
    let payouts = payouts(&mut s);
    all_meet(&mut s, &payouts, Error::TokenFailed, "traps");
    s.turns(token, Mode::Honest);
    for act in [&payouts[0], &payouts[1], &payouts[3], &payouts[4]] {
        assert_eq!(s.act::<Error>(act), Met::Done, "{}", act.name);
    }
    noor_and_all_leave(&mut s);
}
