//! ink!'s own end-to-end framework drives the suite on a node of its own, with the Wasm that `make contracts` built.

use ink::{
    codegen::TraitCallBuilder,
    env::{
        call::{build_create, ExecutionInput, FromAccountId, Selector},
        ContractEnv, DefaultEnvironment, Event,
    },
    primitives::AccountId,
    scale::{DecodeAll, Encode},
};
use ink_e2e::{
    subxt::utils::AccountId32, Client, ContractsBackend, Keypair, PolkadotConfig, TestNodeProcess,
};
use psp22::{PSP22Error, Transfer, PSP22};
use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};
use vilokanam_interfaces::{
    events::{
        pass_office::PassBought, patronage::Tipped, stream_registry::StreamRegistered,
        tick_stream::Settled,
    },
    AdminError, Administered, AssetRate, Balance, Class, Discount, FeeSchedule, Hash, Millis,
    OpenRequest, PassLevel, PassOffer, PassOffice, PassOrder, PassPeriod, PassScope, Patronage,
    PaymentHandler, PricingEngine, SessionId, StreamRegistry, StreamRegistryError, TickLifecycle,
    TickStream, VlkToken, Wiring, FACTOR_ONE, NATIVE,
};

const PROGRAM: &str = "substrate-contracts-node";
const MINTED: Balance = 1_000_000_000_000;
const RATE: Balance = 1_000_007;
const HOLD: Balance = 1_000_000_000_000;
const GRACE: Millis = 86_400_000;
const EXIT_DELAY: Millis = 3_600_000;
const FEES: FeeSchedule = FeeSchedule {
    standard_bps: 1_000,
    premium_bps: 1_500,
    subscription_bps: 2_000,
    tips_bps: 500,
    referral_bps: 1_000,
};
const CODES: [&str; 13] = [
    "vlk_permit",
    "vlk_token",
    "stream_registry",
    "pricing_plans",
    "pricing_engine",
    "payment_desk",
    "payment_handler",
    "tick_lifecycle",
    "tick_stream",
    "pass_office",
    "patronage",
    "directory",
    "moderation",
];
const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";

type Framework = Client<PolkadotConfig, DefaultEnvironment>;
type Failure = Box<dyn std::error::Error>;

/// The messages of a trait, on an account.
macro_rules! calls_of {
    ($contract:path) => {
        <ink::contract_ref!($contract, DefaultEnvironment) as TraitCallBuilder>::Builder
    };
}

/// The first event of this kind that a contract emitted.
macro_rules! told {
    ($sent:expr, $contract:expr, $event:ty) => {{
        let signature = <$event>::SIGNATURE_TOPIC.expect("has a signature");
        let events = $sent.contract_emitted_events()?;
        let found = events.iter().find(|one| {
            let first = one.topics.first();
            one.event.contract == $contract && first.is_some_and(|topic| topic.0 == signature)
        });
        <$event>::decode_all(&mut &found.expect("it is told").event.data[..])?
    }};
}

/// Percent of the gas of a dry run, in addition to it.
const MORE_GAS: u64 = 300;

/// What a constructor is said to make: its address is in the result's event.
#[derive(Clone)]
struct Deployed;

impl ContractEnv for Deployed {
    type Env = DefaultEnvironment;
}

impl FromAccountId<DefaultEnvironment> for Deployed {
    fn from_account_id(_: AccountId) -> Self {
        Self
    }
}

/// The parts that talk with each other.
struct Suite {
    registry: AccountId,
    pricing: AccountId,
    payments: AccountId,
    meter: AccountId,
    passes: AccountId,
    patronage: AccountId,
}

#[tokio::test]
async fn ink_e2e_drives_the_suite() -> Result<(), Failure> {
    let Some(node) = node() else {
        let why = format!("no {PROGRAM} on the PATH, and SUBSTRATE_CONTRACTS_NODE names none");
        assert_ne!(
            env::var("VILOKANAM_REQUIRE_NODE").as_deref(),
            Ok("1"),
            "{why}"
        );
        // Not by print!, which is shown only when a test fails.
        writeln!(std::io::stderr(), "SKIPPED: {why}")?;
        return Ok(());
    };
    let process = TestNodeProcess::<PolkadotConfig>::build(node)
        .spawn()
        .await?;
    let genesis = process.client().genesis_hash().0;
    let mut client = Framework::new(process.rpc(), CODES.map(artifact)).await?;
    let (alice, bob) = (ink_e2e::alice(), ink_e2e::bob());
    let token = the_token_moves(&mut client, &alice, &bob, genesis).await?;
    let registry = a_stream_is_registered(&mut client, &alice, &bob).await?;
    let suite = the_rest_is_wired(&mut client, &alice, token, registry, genesis).await?;
    a_session_is_billed_and_paid_out(&mut client, &suite, &bob).await?;
    a_pass_is_bought_and_a_tip_given(&mut client, &suite, &bob).await
}

async fn the_token_moves(
    client: &mut Framework,
    alice: &Keypair,
    bob: &Keypair,
    genesis: [u8; 32],
) -> Result<AccountId, Failure> {
    let (minter, payee) = (id(alice), id(bob));
    let permit = second_code(client, "vlk_permit", alice).await?;
    let args = (vec![(minter, MINTED)], Millis::MIN, genesis, permit);
    let address = instantiate(client, "vlk_token", alice, args).await?;
    let vlk: calls_of!(VlkToken) = address.into();
    let mut token: calls_of!(PSP22) = address.into();
    let cap = client.call(alice, &vlk.cap()).dry_run().await?;
    assert_eq!(cap.return_value(), MINTED);

    let sent = client
        .call(alice, &token.transfer(payee, 77, Vec::new()))
        .submit()
        .await?;
    let events = sent.contract_emitted_events()?;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event.contract, address);
    let told = Transfer::decode_all(&mut &events[0].event.data[..])?;
    assert_eq!(
        (told.from, told.to, told.value),
        (Some(minter), Some(payee), 77)
    );
    let balance = client.call(bob, &token.balance_of(payee)).dry_run().await?;
    assert_eq!(balance.return_value(), 77);

    let poor = client
        .call(bob, &token.transfer(minter, 78, Vec::new()))
        .dry_run()
        .await?;
    assert_eq!(poor.return_value(), Err(PSP22Error::InsufficientBalance));
    Ok(address)
}

async fn a_stream_is_registered(
    client: &mut Framework,
    alice: &Keypair,
    bob: &Keypair,
) -> Result<AccountId, Failure> {
    let address = instantiate(client, "stream_registry", alice, Millis::MIN).await?;
    let mut registry: calls_of!(StreamRegistry) = address.into();
    let mut register =
        |owner_bps| registry.register(CID.into(), Class::Premium, 7, owner_bps, Vec::new());
    let refused = client.call(bob, &register(9_999)).dry_run().await?;
    let why = StreamRegistryError::SharesNotFull { sum_bps: 9_999 };
    assert_eq!(refused.return_value(), Err(why));

    let sent = client.call(bob, &register(10_000)).submit().await?;
    let events = sent.contract_emitted_events()?;
    let signature = StreamRegistered::SIGNATURE_TOPIC.expect("has a signature");
    let is_it = |topics: &[ink_e2e::H256]| topics.first().is_some_and(|t| t.0 == signature);
    let told: Vec<_> = events.iter().filter(|e| is_it(&e.topics)).collect();
    assert_eq!(told.len(), 1);
    let expected = StreamRegistered {
        stream: 1,
        owner: id(bob),
        cid: CID.into(),
        class: Class::Premium,
        category: 7,
    };
    assert_eq!(told[0].event.data, expected.encode());

    let stream = client.call(alice, &registry.stream(1)).dry_run().await?;
    let stream = stream.return_value().expect("is registered");
    assert_eq!((stream.owner, stream.category), (id(bob), 7));
    Ok(address)
}

async fn the_rest_is_wired(
    client: &mut Framework,
    owner: &Keypair,
    token: AccountId,
    registry: AccountId,
    genesis: [u8; 32],
) -> Result<Suite, Failure> {
    let now = Millis::MIN;
    let plans = second_code(client, "pricing_plans", owner).await?;
    let pricing = instantiate(client, "pricing_engine", owner, (now, plans)).await?;
    let desk = second_code(client, "payment_desk", owner).await?;
    let args = (id(owner), FEES, vec![token], now, desk);
    let payments = instantiate(client, "payment_handler", owner, args).await?;
    let lifecycle = second_code(client, "tick_lifecycle", owner).await?;
    let args = (genesis, EXIT_DELAY, now, lifecycle);
    let meter = instantiate(client, "tick_stream", owner, args).await?;
    let passes = instantiate(client, "pass_office", owner, now).await?;
    let patronage = instantiate(client, "patronage", owner, now).await?;
    let directory = instantiate(client, "directory", owner, now).await?;
    let args = (HOLD, id(owner), now);
    let moderation = instantiate(client, "moderation", owner, args).await?;

    let none = Wiring::default();
    let reader = Wiring {
        registry: Some(registry),
        ..none
    };
    let payer = Wiring {
        payments: Some(payments),
        ..reader
    };
    let of_pricing = Wiring {
        passes: Some(passes),
        ..payer
    };
    let of_payments = Wiring {
        meter: Some(meter),
        passes: Some(passes),
        patronage: Some(patronage),
        ..none
    };
    let of_meter = Wiring {
        pricing: Some(pricing),
        patronage: Some(patronage),
        ..payer
    };
    let of_patronage = Wiring {
        meter: Some(meter),
        directory: Some(directory),
        ..payer
    };
    let wirings = [
        (pricing, of_pricing),
        (payments, of_payments),
        (meter, of_meter),
        (passes, payer),
        (patronage, of_patronage),
        (directory, reader),
        (moderation, reader),
    ];
    for (contract, wiring) in wirings {
        let mut admin: calls_of!(Administered) = contract.into();
        let wired = client.call(owner, &admin.wire(wiring)).submit().await?;
        assert_eq!(wired.return_value(), Ok(()));
        let again = client.call(owner, &admin.wire(wiring)).dry_run().await?;
        assert_eq!(again.return_value(), Err(AdminError::AlreadyWired));
    }
    Ok(Suite {
        registry,
        pricing,
        payments,
        meter,
        passes,
        patronage,
    })
}

/// Stream 1 is bob's, at the premium fee of 15 %.
async fn a_session_is_billed_and_paid_out(
    client: &mut Framework,
    suite: &Suite,
    bob: &Keypair,
) -> Result<(), Failure> {
    let viewer = ink_e2e::charlie();
    let mut registry: calls_of!(StreamRegistry) = suite.registry.into();
    let mut pricing: calls_of!(PricingEngine) = suite.pricing.into();
    let mut payments: calls_of!(PaymentHandler) = suite.payments.into();
    let mut meter: calls_of!(TickStream) = suite.meter.into();
    let mut lifecycle: calls_of!(TickLifecycle) = suite.meter.into();

    let rates = vec![AssetRate {
        asset: NATIVE,
        rate_per_sec: RATE,
    }];
    let priced = client
        .call(bob, &pricing.set_rates(1, rates))
        .submit()
        .await?;
    assert_eq!(priced.return_value(), Ok(()));
    let live = client
        .call(bob, &registry.go_live(1, GRACE))
        .submit()
        .await?;
    assert_eq!(live.return_value(), Ok(1));
    let deposited = client
        .call(&viewer, &payments.deposit())
        .value(2 * HOLD)
        .submit()
        .await?;
    assert_eq!(deposited.return_value(), Ok(()));

    let request = OpenRequest {
        stream: 1,
        asset: NATIVE,
        hold: HOLD,
        ceiling: RATE,
        until_ms: None,
        referrer: None,
        key: None,
        discount: Discount::None,
        sponsor: None,
    };
    let opened = client
        .call(&viewer, &lifecycle.open(request))
        .submit()
        .await?;
    assert_eq!(opened.return_value(), Ok(1));
    let id_of = SessionId {
        viewer: id(&viewer),
        number: 1,
    };
    let session = client
        .call(bob, &lifecycle.session(id_of))
        .dry_run()
        .await?;
    let opened_ms = session.return_value().expect("is open").opened_ms;

    tokio::time::sleep(Duration::from_millis(1_200)).await;
    // The gas is that of a dry run in the last block, when nothing was owed yet: much more is needed.
    let settled = client
        .call(bob, &meter.settle(id_of))
        .extra_gas_portion(MORE_GAS)
        .submit()
        .await?;
    // Blocks have the machine's time; the event says up to when was settled.
    let events = settled.contract_emitted_events()?;
    let told = events.iter().find_map(|e| {
        let own = e.event.contract == suite.meter;
        own.then(|| Settled::decode_all(&mut &e.event.data[..]).ok())?
    });
    let told = told.expect("it is told").settlements[0].clone();
    let ms = told.upto_ms - opened_ms;
    assert!(ms >= 1_200, "{ms}");
    let price = RATE * Balance::from(ms) / 1_000;
    assert_eq!((told.amount, told.settled), (price, price));

    // The platform's part is rounded down, and the creator has the rest.
    let payee = price - price * 1_500 / 10_000;
    let payable = client
        .call(bob, &payments.payable(id(bob), NATIVE))
        .dry_run()
        .await?;
    assert_eq!(payable.return_value(), payee);
    let paid = client
        .call(bob, &payments.withdraw_payable(NATIVE))
        .submit()
        .await?;
    assert_eq!(paid.return_value(), Ok(payee));
    let closed = client
        .call(&viewer, &lifecycle.close(1))
        .extra_gas_portion(MORE_GAS)
        .submit()
        .await?;
    assert!(closed.return_value().is_ok());
    let totals = client.call(bob, &payments.totals(NATIVE)).dry_run().await?;
    let totals = totals.return_value();
    let all = totals.pools + totals.holds + totals.payable + totals.fees;
    assert_eq!((all, totals.holds), (2 * HOLD - payee, 0));
    Ok(())
}

/// The stream is on air still, and the viewer's pool has what the session did not take.
async fn a_pass_is_bought_and_a_tip_given(
    client: &mut Framework,
    suite: &Suite,
    bob: &Keypair,
) -> Result<(), Failure> {
    const PRICE: Balance = 1_000_003;
    let viewer = ink_e2e::charlie();
    let payments: calls_of!(PaymentHandler) = suite.payments.into();
    let mut passes: calls_of!(PassOffice) = suite.passes.into();
    let mut patronage: calls_of!(Patronage) = suite.patronage.into();
    let payable = payments.payable(id(bob), NATIVE);
    let before = client.call(bob, &payable).dry_run().await?.return_value();

    let scope = PassScope::Creator(id(bob));
    let offer = PassOffer {
        asset: NATIVE,
        prices: [Some(PRICE), None, None],
        factor: 500_000,
    };
    let offered = client
        .call(bob, &passes.set_offer(scope, PassLevel::Vip, Some(offer)))
        .submit()
        .await?;
    assert_eq!(offered.return_value(), Ok(()));
    let order = PassOrder {
        scope,
        level: PassLevel::Vip,
        period: PassPeriod::Day,
        periods: 1,
        asset: NATIVE,
        max_price: PRICE,
        max_factor: FACTOR_ONE,
        holder: None,
    };
    let bought = client.call(&viewer, &passes.buy(order)).submit().await?;
    let told = told!(bought, suite.passes, PassBought);
    // 20 % of 1,000,003 is 200,000.6, rounded down.
    assert_eq!((told.price, told.fee), (PRICE, 200_000));
    assert_eq!((told.holder, told.buyer), (id(&viewer), id(&viewer)));
    // What it returned was said by a dry run, in the block before.
    let said = bought.return_value().expect("is accepted");
    assert!(said <= told.until_ms);
    let pass = passes.pass(id(&viewer), scope, PassLevel::Vip);
    let pass = client.call(bob, &pass).dry_run().await?.return_value();
    assert_eq!(pass.map(|pass| pass.until_ms), Some(told.until_ms));

    let message = Some(Hash::from([7; 32]));
    let tip = patronage.tip(1, NATIVE, PRICE, message);
    let tipped = client.call(&viewer, &tip).submit().await?;
    let told = told!(tipped, suite.patronage, Tipped);
    // 5 % is 50,000.15.
    assert_eq!((told.amount, told.fee), (PRICE, 50_000));
    assert_eq!(told.from, id(&viewer));
    assert_eq!(tipped.return_value(), Ok(50_000));
    assert_eq!((told.stream, told.message), (1, message));

    let after = client.call(bob, &payable).dry_run().await?.return_value();
    assert_eq!(after - before, 2 * PRICE - 250_000);
    Ok(())
}

/// Uploads code that runs on another contract's storage: it has no address of its own.
async fn second_code(
    client: &mut Framework,
    name: &str,
    caller: &Keypair,
) -> Result<Hash, Failure> {
    let uploaded = client.upload(name, caller).submit().await;
    let uploaded = uploaded.map_err(|e| format!("{name}: {e:?}"))?;
    Ok(uploaded.code_hash)
}

/// Uploads, and calls the constructor `new` with `args`, encoded one after the other.
async fn instantiate(
    client: &mut Framework,
    name: &str,
    caller: &Keypair,
    args: impl Encode + Clone + Send + Sync,
) -> Result<AccountId, Failure> {
    let selector = Selector::new(ink::selector_bytes!("new"));
    let mut constructor = build_create::<Deployed>()
        .exec_input(ExecutionInput::new(selector).push_arg(args))
        .returns::<Result<Deployed, AdminError>>();
    let made = client
        .instantiate(name, caller, &mut constructor)
        .submit()
        .await
        .map_err(|e| format!("{name}: {e:?}"))?;
    Ok(made.account_id)
}

fn id(pair: &Keypair) -> AccountId {
    AccountId::from(AccountId32::from(pair.public_key()).0)
}

/// On the `PATH`, or else what `SUBSTRATE_CONTRACTS_NODE` names.
fn node() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<_> = env::split_paths(&path)
        .map(|dir| dir.join(PROGRAM))
        .collect();
    let named = env::var_os("SUBSTRATE_CONTRACTS_NODE").map(PathBuf::from);
    on_path.into_iter().chain(named).find(|file| file.is_file())
}

/// Where `make contracts` leaves a contract: `$VILOKANAM_ARTIFACTS`, or else `ink` in the other workspace's target directory.
fn artifact(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let artifacts = env::var_os("VILOKANAM_ARTIFACTS").map(PathBuf::from);
    let artifacts = artifacts.unwrap_or_else(|| root.join("target/ink"));
    artifacts.join(name).join(name).with_extension("wasm")
}
