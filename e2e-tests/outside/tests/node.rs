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
    path::{Path, PathBuf},
};
use vilokanam_interfaces::{
    events::stream_registry::StreamRegistered, AdminError, Balance, Class, Millis, StreamRegistry,
    StreamRegistryError, VlkToken,
};

const PROGRAM: &str = "substrate-contracts-node";
const MINTED: Balance = 1_000_000_000_000;
const CID: &str = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG";

type Framework = Client<PolkadotConfig, DefaultEnvironment>;
type Failure = Box<dyn std::error::Error>;

/// The messages of a trait, on an account.
macro_rules! calls_of {
    ($contract:path) => {
        <ink::contract_ref!($contract, DefaultEnvironment) as TraitCallBuilder>::Builder
    };
}

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

#[tokio::test]
async fn ink_e2e_drives_the_suite() -> Result<(), Failure> {
    let Some(node) = node() else {
        let why = format!("no {PROGRAM} on the PATH, and SUBSTRATE_CONTRACTS_NODE names none");
        assert_ne!(
            env::var("VILOKANAM_REQUIRE_NODE").as_deref(),
            Ok("1"),
            "{why}"
        );
        println!("skipped: {why}");
        return Ok(());
    };
    let process = TestNodeProcess::<PolkadotConfig>::build(node)
        .spawn()
        .await?;
    let contracts = ["vlk_token", "stream_registry"].map(artifact);
    let mut client = Framework::new(process.rpc(), contracts).await?;
    let (alice, bob) = (ink_e2e::alice(), ink_e2e::bob());
    the_token_moves(&mut client, &alice, &bob).await?;
    a_stream_is_registered(&mut client, &alice, &bob).await
}

async fn the_token_moves(
    client: &mut Framework,
    alice: &Keypair,
    bob: &Keypair,
) -> Result<(), Failure> {
    let (minter, payee) = (id(alice), id(bob));
    let args = (vec![(minter, MINTED)], Millis::MIN);
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
    Ok(())
}

async fn a_stream_is_registered(
    client: &mut Framework,
    alice: &Keypair,
    bob: &Keypair,
) -> Result<(), Failure> {
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
    Ok(())
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
