//! Permits: tokens approved by a signature, and a deposit and an open in one transaction by it.

use crate::{
    common::*,
    receipts::{Approved, Moved, Tale},
};
use core::fmt::Debug;
use psp22::{PSP22Error, PSP22};
use vilokanam_chain::{
    account, artifacts_dir, instantiate, psp22, Calls, Chain, Message, Sent, VLK,
};
use vilokanam_interfaces::{
    events::{payment_handler::Deposited, tick_stream::*},
    AccountId, AssetId, AssetRate, Balance, Change, Hash, Millis, OpenRequest, PaymentDesk,
    PaymentHandler, PaymentHandlerError, PermitError, PermittedDeposit, Pool, PricingEngine,
    PricingEngineError, TickLifecycle, TickStream, TickStreamError as Error, VlkPermit, FACTOR_ONE,
    NATIVE,
};
use vilokanam_voucher::{
    sign::{self, Form},
    Domain, Permit,
};

/// What walt has: the account of a key, for only such can sign.
const TOKENS: Balance = 1_000 * ONE;
/// What he deposits as he opens.
const AMOUNT: Balance = 100 * ONE;
/// What a session holds: 3,000 seconds at [`VLK_RATE`].
const VLK_HOLD: Balance = 999_999_000;

/// Two minutes of stream 1 in $VLK.
fn in_vlk() -> OpenRequest {
    OpenRequest {
        hold: VLK_HOLD,
        ..vlk_request()
    }
}

fn payments(refusal: PaymentHandlerError) -> Error {
    Error::Payments(refusal)
}

/// The signature of a permit, and what it is over.
#[derive(Debug, Clone, Copy)]
struct Signed {
    permit: Permit,
    signature: [u8; 64],
}

impl Signed {
    /// As `deposit_and_open` takes it.
    fn deposit(&self) -> PermittedDeposit {
        PermittedDeposit {
            amount: self.permit.value,
            permit: Some((self.permit.deadline_ms, self.signature)),
        }
    }
}

impl Stage {
    /// Stream 1 is on air, and walt has tokens.
    fn with_walt() -> Self {
        let mut s = Self::on_air();
        let walt = key("walt");
        s.chain.fund(walt, RICH).expect("funds");
        let transfer = s.suite.token().transfer(walt, TOKENS, Vec::new());
        s.must("community", transfer);
        s
    }

    /// Walt sends a message that must succeed.
    #[track_caller]
    fn by_walt<T, E: Debug, M: Message<Output = Result<T, E>>>(&mut self, message: M) -> Sent<T> {
        match self.chain.must(key("walt"), message) {
            Ok(sent) => sent,
            Err(e) => panic!("walt must succeed: {e}"),
        }
    }

    /// Walt sends a message that must be refused; nothing of it stays.
    #[track_caller]
    fn not_by_walt<T: Debug, E: Debug, M: Message<Output = Result<T, E>>>(
        &mut self,
        message: M,
    ) -> E {
        let sent = match self.chain.send(key("walt"), message) {
            Ok(sent) => sent,
            Err(e) => panic!("walt must be refused by the contract: {e}"),
        };
        assert!(sent.receipt.events.is_empty() && sent.receipt.deposit == 0);
        match sent.value {
            Err(e) => e,
            Ok(value) => panic!("walt must be refused, and got {value:?}"),
        }
    }

    /// Where permits of $VLK count.
    fn token_domain(&self) -> Domain {
        Domain {
            genesis_hash: self.chain.genesis_hash().into(),
            contract: *self.suite.token.as_ref(),
        }
    }

    fn nonce(&mut self) -> u64 {
        self.read(self.suite.permit().nonce(key("walt")))
    }

    fn allowance(&mut self, spender: AccountId) -> Balance {
        self.read(self.suite.token().allowance(key("walt"), spender))
    }

    fn walts_pool(&mut self) -> Pool {
        self.read(self.suite.payments().pool(key("walt"), VLK))
    }

    /// Walt's next permit for `spender`, for ten minutes, as he signs it.
    fn permits(&mut self, spender: AccountId, value: Balance) -> Signed {
        let permit = Permit {
            owner: *key("walt").as_ref(),
            spender: *spender.as_ref(),
            value,
            nonce: self.nonce(),
            deadline_ms: self.now() + 10 * MINUTE,
        };
        signed(&self.token_domain(), permit)
    }

    /// Anyone sends a permit to the token.
    fn sends(&self, signed: &Signed) -> impl Message<Output = Result<(), PermitError>> {
        let permit = &signed.permit;
        self.suite.permit().permit(
            permit.owner.into(),
            permit.spender.into(),
            permit.value,
            permit.deadline_ms,
            signed.signature,
        )
    }

    /// A deposit of walt's that was refused left everything as it was before it.
    #[track_caller]
    fn nothing_of_walts_moved(&mut self) {
        assert_eq!(self.vlk(key("walt")), TOKENS);
        assert_eq!(self.walts_pool(), Pool::default());
        let walt = self.suite.meter().viewer(key("walt"));
        assert_eq!(self.read(walt).sessions, 0);
        self.is_solvent_to_the_unit();
    }
}

fn signed(domain: &Domain, permit: Permit) -> Signed {
    let signature = sign::sign(&pair("walt"), &permit.message(domain), Form::Raw);
    Signed { permit, signature }
}

#[test]
fn a_permit_approves_as_its_owner_would() {
    let mut s = Stage::with_walt();
    let (walt, bob) = (key("walt"), account("bob"));
    assert_eq!(
        s.read(s.suite.permit().permit_genesis()),
        Hash::from(s.token_domain().genesis_hash)
    );
    let permit = s.permits(bob, 500);
    // Whoever sends it: it is walt who approves, and walt who pays nothing for it.
    let sent = s.must("sam", s.sends(&permit));
    let approved = Approved {
        owner: walt,
        spender: bob,
        amount: 500,
    };
    told(&sent, [approved.into()]);
    assert_eq!((s.nonce(), s.allowance(bob)), (1, 500));
    let take = |s: &Stage, value| s.suite.token().transfer_from(walt, bob, value, Vec::new());
    assert_eq!(
        s.refused("bob", take(&s, 501)),
        PSP22Error::InsufficientAllowance
    );
    let before = s.vlk(bob);
    s.must("bob", take(&s, 300));
    assert_eq!(s.vlk(bob), before + 300);
    assert_eq!(s.vlk(walt), TOKENS - 300);
    assert_eq!(s.allowance(bob), 200);

    // Once. Nothing changes, whoever tries.
    for who in ["sam", "bob", "alice"] {
        assert_eq!(
            s.refused(who, s.sends(&permit)),
            PermitError::BadSignature { nonce: 1 }
        );
    }
    assert_eq!((s.nonce(), s.allowance(bob)), (1, 200));
    // The next replaces what is left of it.
    let next = s.permits(bob, 7);
    assert_eq!(next.permit.nonce, 1);
    s.must("bob", s.sends(&next));
    assert_eq!((s.nonce(), s.allowance(bob)), (2, 7));
    // As walt's own approving does, which counts no nonce.
    s.by_walt(s.suite.token().approve(bob, 9));
    assert_eq!((s.nonce(), s.allowance(bob)), (2, 9));
}

#[test]
fn a_permit_counts_only_where_when_and_for_what_it_was_signed() {
    let mut s = Stage::with_walt();
    let bob = account("bob");
    let domain = s.token_domain();
    let good = s.permits(bob, 500).permit;
    let bad = PermitError::BadSignature { nonce: 0 };
    // Signed for something else than what is sent.
    let other_chain = Domain {
        genesis_hash: [1; 32],
        ..domain
    };
    let other_contract = Domain {
        contract: *s.suite.payments.as_ref(),
        ..domain
    };
    for (name, elsewhere, over) in [
        ("another chain", other_chain, good),
        ("another contract", other_contract, good),
        (
            "another spender",
            domain,
            Permit {
                spender: *account("sam").as_ref(),
                ..good
            },
        ),
        ("less", domain, Permit { value: 499, ..good }),
        ("the nonce after", domain, Permit { nonce: 1, ..good }),
        (
            "another deadline",
            domain,
            Permit {
                deadline_ms: good.deadline_ms + 1,
                ..good
            },
        ),
    ] {
        let sent = Signed {
            permit: good,
            ..signed(&elsewhere, over)
        };
        assert_eq!(s.refused("sam", s.sends(&sent)), bad, "{name}");
    }
    // Signed by somebody else; in walt's name, and in their own for walt's tokens.
    let forged = Signed {
        permit: good,
        signature: sign::sign(&pair("eve"), &good.message(&domain), Form::Raw),
    };
    assert_eq!(s.refused("sam", s.sends(&forged)), bad);
    // An account that has no key signs nothing.
    let of_alice = Permit {
        owner: *account("alice").as_ref(),
        ..good
    };
    let of_alice = signed(&domain, of_alice);
    assert_eq!(s.refused("sam", s.sends(&of_alice)), bad);
    assert_eq!((s.nonce(), s.allowance(bob)), (0, 0));

    // Its deadline is the last instant.
    let deadline_ms = good.deadline_ms;
    let good = signed(&domain, good);
    let left = deadline_ms - s.now();
    s.advance(left);
    s.must("sam", s.sends(&good));
    let next = Permit {
        nonce: 1,
        ..good.permit
    };
    s.advance(1);
    assert_eq!(
        s.refused("sam", s.sends(&signed(&domain, next))),
        PermitError::Expired { deadline_ms }
    );
    assert_eq!((s.nonce(), s.allowance(bob)), (1, 500));

    // As a wallet signs it.
    let mut wrapped = s.permits(bob, 70);
    wrapped.signature = sign::sign(
        &pair("walt"),
        &wrapped.permit.message(&domain),
        Form::Wrapped,
    );
    s.must("sam", s.sends(&wrapped));
    assert_eq!((s.nonce(), s.allowance(bob)), (2, 70));
}

/// What moving `amount` from walt into his pool emits.
fn deposited(s: &Stage, amount: Balance, allowance_left: Balance) -> [Tale; 3] {
    let (walt, payments) = (key("walt"), s.suite.payments);
    [
        Approved {
            owner: walt,
            spender: payments,
            amount: allowance_left,
        }
        .into(),
        Moved {
            from: Some(walt),
            to: Some(payments),
            value: amount,
        }
        .into(),
        Deposited {
            viewer: walt,
            asset: VLK,
            amount,
        }
        .into(),
    ]
}

/// What walt's first session emits.
fn opened(number: u32) -> [Tale; 2] {
    [
        PageProvided {
            stream: STREAM,
            page: 0,
            payer: key("walt"),
        }
        .into(),
        SessionOpened {
            viewer: key("walt"),
            number,
            stream: STREAM,
            broadcast: 1,
            page: 0,
            seat: 0,
            asset: VLK,
            terms: 1,
            fee_bps: 1_000,
            referral_bps: 1_000,
            referrer: None,
            hold: VLK_HOLD,
            rate_per_sec: VLK_RATE,
            factor: FACTOR_ONE,
            ceiling: VLK_RATE,
            until_ms: None,
            plan: 0,
            key: None,
            extras: None,
        }
        .into(),
    ]
}

#[test]
fn a_viewer_deposits_and_opens_in_one_transaction() {
    let mut s = Stage::with_walt();
    let meter = s.suite.payments;
    let permit = s.permits(meter, AMOUNT);
    let open = s
        .suite
        .lifecycle()
        .deposit_and_open(in_vlk(), permit.deposit());
    let sent = s.by_walt(open);
    assert_eq!(sent.value, 1);
    let approved = Approved {
        owner: key("walt"),
        spender: s.suite.payments,
        amount: AMOUNT,
    };
    let mut expected = vec![Tale::from(approved)];
    expected.extend(deposited(&s, AMOUNT, 0));
    expected.extend(opened(1));
    assert_eq!(Tale::all(&sent.receipt), expected);
    assert_eq!((s.nonce(), s.allowance(s.suite.payments)), (1, 0));
    assert_eq!(s.vlk(key("walt")), TOKENS - AMOUNT);
    let pool = Pool {
        free: AMOUNT - VLK_HOLD,
        holds: 1,
        limited: false,
    };
    assert_eq!(s.walts_pool(), pool);

    // It is a session as any: ten seconds of 333,333 each, and the rest is walt's again.
    s.advance(10 * SECOND);
    assert_eq!(s.by_walt(s.suite.lifecycle().close(1)).value, 3_333_330);
    let free = AMOUNT - 3_333_330;
    assert_eq!(s.walts_pool().free, free);
    s.by_walt(s.suite.payments().withdraw(VLK, free));
    assert_eq!(s.vlk(key("walt")), TOKENS - 3_333_330);
    s.is_solvent_to_the_unit();
}

#[test]
fn an_allowance_does_as_well_and_a_wallets_form_too() {
    let mut s = Stage::with_walt();
    let by_allowance = PermittedDeposit {
        amount: AMOUNT,
        permit: None,
    };
    let open = |s: &Stage, deposit| s.suite.lifecycle().deposit_and_open(in_vlk(), deposit);
    let refused = payments(PaymentHandlerError::TokenRefused);
    assert_eq!(s.not_by_walt(open(&s, by_allowance)), refused);
    s.by_walt(s.suite.token().approve(s.suite.payments, AMOUNT - 1));
    assert_eq!(s.not_by_walt(open(&s, by_allowance)), refused);
    s.nothing_of_walts_moved();
    s.by_walt(s.suite.token().approve(s.suite.payments, AMOUNT + 5));
    let sent = s.by_walt(open(&s, by_allowance));
    let mut expected = deposited(&s, AMOUNT, 5).to_vec();
    expected.extend(opened(1));
    assert_eq!(Tale::all(&sent.receipt), expected);
    assert_eq!((s.nonce(), s.allowance(s.suite.payments)), (0, 5));
    s.by_walt(s.suite.lifecycle().close(1));

    let payments = s.suite.payments;
    let mut wrapped = s.permits(payments, ONE);
    let message = wrapped.permit.message(&s.token_domain());
    wrapped.signature = sign::sign(&pair("walt"), &message, Form::Wrapped);
    assert_eq!(s.by_walt(open(&s, wrapped.deposit())).value, 2);
    assert_eq!((s.nonce(), s.allowance(payments)), (1, 0));
    assert_eq!(s.vlk(key("walt")), TOKENS - AMOUNT - ONE);
}

#[test]
fn a_permit_that_somebody_sent_before_is_passed_over_where_the_allowance_suffices() {
    let mut s = Stage::with_walt();
    let spender = s.suite.payments;
    let permit = s.permits(spender, AMOUNT);
    // Sam sees it on its way, and is faster.
    s.must("sam", s.sends(&permit));
    assert_eq!((s.nonce(), s.allowance(spender)), (1, AMOUNT));
    let open = |s: &Stage| {
        s.suite
            .lifecycle()
            .deposit_and_open(in_vlk(), permit.deposit())
    };
    let sent = s.by_walt(open(&s));
    let mut expected = deposited(&s, AMOUNT, 0).to_vec();
    expected.extend(opened(1));
    assert_eq!(Tale::all(&sent.receipt), expected);
    assert_eq!((s.nonce(), s.allowance(spender)), (1, 0));

    // Used: it approves nothing more, and without an allowance nothing is deposited again.
    s.by_walt(s.suite.lifecycle().close(1));
    let refused = payments(PaymentHandlerError::PermitRefused);
    assert_eq!(s.not_by_walt(open(&s)), refused);
    s.by_walt(s.suite.token().approve(spender, AMOUNT - 1));
    assert_eq!(s.not_by_walt(open(&s)), refused);
    // Nobody else can use it to move walt's tokens: a deposit is the caller's own.
    s.by_walt(s.suite.token().approve(spender, AMOUNT));
    for who in ["sam", "alice"] {
        assert_eq!(s.refused(who, open(&s)), refused, "{who}");
    }
    assert_eq!(s.vlk(key("walt")), TOKENS - AMOUNT);
    assert_eq!(s.by_walt(open(&s)).value, 2);
    assert_eq!(s.vlk(key("walt")), TOKENS - 2 * AMOUNT);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_deposit_is_refused_with_a_permit_that_does_not_count() {
    let mut s = Stage::with_walt();
    let spender = s.suite.payments;
    let domain = s.token_domain();
    let good = s.permits(spender, AMOUNT);
    let refused = payments(PaymentHandlerError::PermitRefused);
    let over = |permit: Permit| Signed {
        permit: good.permit,
        ..signed(&domain, permit)
    };
    let elsewhere = |domain: Domain| signed(&domain, good.permit);
    let wrongs = [
        (
            "another chain",
            elsewhere(Domain {
                genesis_hash: [1; 32],
                ..domain
            }),
        ),
        (
            "another contract",
            elsewhere(Domain {
                contract: *s.suite.meter.as_ref(),
                ..domain
            }),
        ),
        (
            "for the meter",
            over(Permit {
                spender: *s.suite.meter.as_ref(),
                ..good.permit
            }),
        ),
        (
            "less",
            over(Permit {
                value: AMOUNT - 1,
                ..good.permit
            }),
        ),
        (
            "more",
            over(Permit {
                value: AMOUNT + 1,
                ..good.permit
            }),
        ),
        (
            "a nonce ahead",
            over(Permit {
                nonce: 1,
                ..good.permit
            }),
        ),
        (
            "another's key",
            Signed {
                signature: sign::sign(&pair("eve"), &good.permit.message(&domain), Form::Raw),
                ..good
            },
        ),
    ];
    let open = |s: &Stage, signed: &Signed| {
        s.suite
            .lifecycle()
            .deposit_and_open(in_vlk(), signed.deposit())
    };
    for (name, wrong) in &wrongs {
        assert_eq!(s.not_by_walt(open(&s, wrong)), refused, "{name}");
    }
    // Nobody brings somebody else's.
    assert_eq!(s.refused("alice", open(&s, &good)), refused);
    // Too late.
    s.advance(10 * MINUTE + 1);
    assert_eq!(s.not_by_walt(open(&s, &good)), refused);
    s.nothing_of_walts_moved();
    assert_eq!((s.nonce(), s.allowance(spender)), (0, 0));
    // With an allowance besides, none of them does harm.
    for (number, (name, wrong)) in (1..).zip(&wrongs) {
        s.by_walt(s.suite.token().approve(spender, AMOUNT));
        assert_eq!(s.by_walt(open(&s, wrong)).value, number, "{name}");
        s.by_walt(s.suite.lifecycle().close(number));
    }
    assert_eq!(s.nonce(), 0);
    s.is_solvent_to_the_unit();
}

#[test]
fn where_opening_fails_nothing_is_deposited_and_no_permit_used() {
    let mut s = Stage::with_walt();
    let spender = s.suite.payments;
    let permit = s.permits(spender, AMOUNT);
    let with = |s: &Stage, request| {
        s.suite
            .lifecycle()
            .deposit_and_open(request, permit.deposit())
    };
    let dear = OpenRequest {
        ceiling: VLK_RATE - 1,
        ..in_vlk()
    };
    let above = Error::Pricing(PricingEngineError::AboveCeiling {
        price_per_sec: VLK_RATE,
        ceiling: VLK_RATE - 1,
    });
    let now = s.now();
    let cases = [
        (dear, above),
        (
            OpenRequest {
                hold: AMOUNT + 1,
                ..in_vlk()
            },
            payments(PaymentHandlerError::PoolTooSmall {
                needed: AMOUNT + 1,
                free: AMOUNT,
            }),
        ),
        (
            OpenRequest {
                stream: 99,
                ..in_vlk()
            },
            Error::Pricing(PricingEngineError::StreamNotFound),
        ),
        (
            OpenRequest {
                until_ms: Some(now),
                ..in_vlk()
            },
            Error::UntilPassed,
        ),
        (
            OpenRequest {
                sponsor: Some(account("noor")),
                key: Some(key("phone")),
                ..in_vlk()
            },
            Error::Sponsored,
        ),
        // Refused by the deposit itself.
        (
            OpenRequest {
                asset: NATIVE,
                ..in_vlk()
            },
            payments(PaymentHandlerError::WrongAsset),
        ),
        (
            OpenRequest {
                asset: 2,
                ..in_vlk()
            },
            payments(PaymentHandlerError::UnknownAsset),
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(s.not_by_walt(with(&s, request)), expected);
        s.nothing_of_walts_moved();
        assert_eq!((s.nonce(), s.allowance(spender)), (0, 0));
    }
    let nothing = PermittedDeposit {
        amount: 0,
        permit: None,
    };
    let open = s.suite.lifecycle().deposit_and_open(in_vlk(), nothing);
    assert_eq!(
        s.not_by_walt(open),
        payments(PaymentHandlerError::ZeroAmount)
    );
    // The deposit is looked at first.
    s.must("owner", s.suite.payments().pause(MINUTE));
    let until_ms = s.now() + MINUTE;
    assert_eq!(
        s.not_by_walt(with(&s, dear)),
        payments(PaymentHandlerError::Paused { until_ms })
    );
    s.must("owner", s.suite.payments().unpause());

    // The very same permit still counts. Then there is a session, and the next deposit is undone for it.
    assert_eq!(s.by_walt(with(&s, in_vlk())).value, 1);
    let next = s.permits(spender, AMOUNT);
    let open = s
        .suite
        .lifecycle()
        .deposit_and_open(in_vlk(), next.deposit());
    assert_eq!(s.not_by_walt(open), Error::AlreadyOpen { number: 1 });
    assert_eq!((s.nonce(), s.allowance(spender)), (1, 0));
    assert_eq!(s.vlk(key("walt")), TOKENS - AMOUNT);
    s.is_solvent_to_the_unit();
}

#[test]
fn nobody_but_the_meter_deposits_for_others() {
    let mut s = Stage::with_walt();
    let spender = s.suite.payments;
    let permit = s.permits(spender, AMOUNT);
    for who in ["sam", "owner", "alice"] {
        let deposit = s
            .suite
            .desk()
            .deposit_permitted(key("walt"), VLK, permit.deposit());
        assert_eq!(s.refused(who, deposit), PaymentHandlerError::NotMeter);
    }
    s.nothing_of_walts_moved();
    assert_eq!(s.nonce(), 0);
}

#[test]
fn a_token_without_permits_takes_an_allowance() {
    const OTHER: AssetId = 2;
    const OTHER_RATE: Balance = 1_000;
    let mut s = Stage::with_walt();
    let (suite, sam) = (s.suite, account("sam"));
    let supply = ink::scale::Encode::encode(&(1_000 * ONE));
    let token = instantiate(
        &mut s.chain,
        &artifacts_dir(),
        "hostile_token",
        sam,
        supply,
        &[],
    );
    let token = token.expect("is instantiated");
    s.changes(suite.payments, Change::ListToken(token));
    let rates = [(NATIVE, RATE), (VLK, VLK_RATE), (OTHER, OTHER_RATE)];
    let rates = rates.map(|(asset, rate_per_sec)| AssetRate {
        asset,
        rate_per_sec,
    });
    s.must("mira", suite.pricing().set_rates(STREAM, rates.to_vec()));
    let walt = key("walt");
    s.must("sam", psp22(token).transfer(walt, ONE, Vec::new()));
    let request = OpenRequest {
        asset: OTHER,
        hold: 1_000_000,
        ceiling: OTHER_RATE,
        ..request()
    };
    // Signed for that token: it knows no such message.
    let deadline_ms: Millis = s.now() + MINUTE;
    let permit = Permit {
        owner: *walt.as_ref(),
        spender: *suite.payments.as_ref(),
        value: ONE,
        nonce: 0,
        deadline_ms,
    };
    let domain = Domain {
        contract: *token.as_ref(),
        ..s.token_domain()
    };
    let deposit = signed(&domain, permit).deposit();
    let open = |s: &Stage| s.suite.lifecycle().deposit_and_open(request, deposit);
    let refused = payments(PaymentHandlerError::PermitRefused);
    assert_eq!(s.not_by_walt(open(&s)), refused);
    s.by_walt(psp22(token).approve(suite.payments, ONE));
    assert_eq!(s.by_walt(open(&s)).value, 1);
    assert_eq!(s.read(psp22(token).balance_of(walt)), 0);
    let pool = s.read(suite.payments().pool(walt, OTHER));
    assert_eq!((pool.free, pool.holds), (ONE - 1_000_000, 1));
}
