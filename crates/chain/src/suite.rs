//! The nine contracts: deployed, wired, and at hand in a story.

use crate::{
    account, administered, psp22, wasm, Calls, Chain, DirectoryCalls, HoldsCalls, ModerationCalls,
    PassOfficeCalls, PatronageCalls, PaymentDeskCalls, PaymentHandlerCalls, PricingEngineCalls,
    PricingPlansCalls, Psp22Calls, StreamRegistryCalls, TickLifecycleCalls, TickStreamCalls,
    VlkPermitCalls, VlkTokenCalls,
};
use anyhow::{anyhow, Context, Result};
use ink::{
    primitives::LangError,
    scale::{DecodeAll, Encode},
};
use std::path::Path;
use vilokanam_interfaces::{
    AccountId, AdminError, Administered, AssetId, Balance, FeeSchedule, Hash, Millis,
    StreamRegistry, Wiring,
};

/// $VLK's number as an asset of the payment handler.
pub const VLK: AssetId = 1;

/// What deploying needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Who deploys, pays the storage deposits and owns every contract.
    pub owner: AccountId,
    /// Where platform fees and donations go.
    pub treasury: AccountId,
    /// The platform's fees.
    pub fees: FeeSchedule,
    /// Whom $VLK is minted to.
    pub allocations: Vec<(AccountId, Balance)>,
    /// Further PSP22 tokens that are assets from the start: asset 2, 3, …
    pub tokens: Vec<AccountId>,
    /// How long a viewer waits between beginning an exit and finishing it.
    pub exit_delay_ms: Millis,
    /// How long every change is announced.
    pub change_delay_ms: Millis,
    /// The bond of a report, in native tokens.
    pub report_bond: Balance,
}

impl Default for Config {
    /// [`Config::of`] a chain that checks no signatures.
    fn default() -> Self {
        Self::named(account)
    }
}

impl Config {
    /// For development on a chain: the recommended fees, 1,000,000,000 $VLK split as the founding document says between
    /// accounts named for it, exits after an hour, changes at once, reports for a bond of ten native tokens.
    pub fn of(chain: &mut (impl Chain + ?Sized)) -> Self {
        Self::named(|name| chain.account(name))
    }

    fn named(mut account: impl FnMut(&str) -> AccountId) -> Self {
        const MILLION_VLK: Balance = 1_000_000 * 1_000_000_000_000;
        Self {
            owner: account("owner"),
            treasury: account("treasury"),
            fees: FeeSchedule {
                standard_bps: 1_000,
                premium_bps: 1_500,
                subscription_bps: 2_000,
                tips_bps: 500,
                referral_bps: 1_000,
            },
            allocations: vec![
                (account("community"), 400 * MILLION_VLK),
                (account("team"), 250 * MILLION_VLK),
                (account("investors"), 200 * MILLION_VLK),
                (account("sale"), 100 * MILLION_VLK),
                (account("ecosystem"), 50 * MILLION_VLK),
            ],
            tokens: Vec::new(),
            exit_delay_ms: 3_600_000,
            change_delay_ms: 0,
            report_bond: 10_000_000_000_000,
        }
    }
}

/// The nine contracts. A field is an address; the method of the same name is what can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// `vlk_token`.
    pub token: AccountId,
    /// `stream_registry`.
    pub registry: AccountId,
    /// `pricing_engine`.
    pub pricing: AccountId,
    /// `payment_handler`.
    pub payments: AccountId,
    /// `tick_stream`.
    pub meter: AccountId,
    /// `pass_office`.
    pub passes: AccountId,
    /// `patronage`.
    pub patronage: AccountId,
    /// `directory`.
    pub directory: AccountId,
    /// `moderation`.
    pub moderation: AccountId,
}

impl Suite {
    /// $VLK as any PSP22.
    pub fn token(&self) -> Psp22Calls {
        psp22(self.token)
    }

    /// $VLK's own messages.
    pub fn vlk(&self) -> VlkTokenCalls {
        self.token.into()
    }

    /// Approval by signature: $VLK again, by its other messages.
    pub fn permit(&self) -> VlkPermitCalls {
        self.token.into()
    }

    /// Who streams what.
    pub fn registry(&self) -> StreamRegistryCalls {
        self.registry.into()
    }

    /// What a second costs.
    pub fn pricing(&self) -> PricingEngineCalls {
        self.pricing.into()
    }

    /// Plans, offers, charges, quotes: the pricing engine again, by its other messages.
    pub fn plans(&self) -> PricingPlansCalls {
        self.pricing.into()
    }

    /// The money.
    pub fn payments(&self) -> PaymentHandlerCalls {
        self.payments.into()
    }

    /// What the meter places on hold: the payment handler again, by other messages.
    pub fn holds(&self) -> HoldsCalls {
        self.payments.into()
    }

    /// Payments at once, spending limits, refunds: the payment handler again, by its other messages.
    pub fn desk(&self) -> PaymentDeskCalls {
        self.payments.into()
    }

    /// How many seconds, and for how much.
    pub fn meter(&self) -> TickStreamCalls {
        self.meter.into()
    }

    /// How money leaves holds: the meter again, by its other messages.
    pub fn lifecycle(&self) -> TickLifecycleCalls {
        self.meter.into()
    }

    /// Passes.
    pub fn passes(&self) -> PassOfficeCalls {
        self.passes.into()
    }

    /// Tips, goals, sponsors.
    pub fn patronage(&self) -> PatronageCalls {
        self.patronage.into()
    }

    /// Categories, scheduled broadcasts, streams of other chains.
    pub fn directory(&self) -> DirectoryCalls {
        self.directory.into()
    }

    /// Reports, decisions, appeals.
    pub fn moderation(&self) -> ModerationCalls {
        self.moderation.into()
    }

    /// The contracts with their names, in the order in which they were deployed.
    pub fn contracts(&self) -> [(&'static str, AccountId); 9] {
        [
            ("vlk_token", self.token),
            ("stream_registry", self.registry),
            ("pricing_engine", self.pricing),
            ("payment_handler", self.payments),
            ("tick_stream", self.meter),
            ("pass_office", self.passes),
            ("patronage", self.patronage),
            ("directory", self.directory),
            ("moderation", self.moderation),
        ]
    }
}

/// Deploys the nine contracts from `artifacts`, with the second codes of four, wires them, and makes `moderation` a moderator of
/// the registry. The owner must have native tokens for the deposits.
pub fn deploy(
    chain: &mut (impl Chain + ?Sized),
    artifacts: &Path,
    config: &Config,
) -> Result<Suite> {
    let owner = config.owner;
    let suite = deploy_unwired(chain, artifacts, config)?;
    for (contract, wiring) in wirings(&suite) {
        chain.must(owner, administered(contract).wire(wiring))?;
    }
    // Its verdicts suspend streams.
    let appoint = suite.registry().set_moderator(suite.moderation, true);
    chain.must(owner, appoint)?;
    Ok(suite)
}

/// Deploys the same, and wires nothing.
pub fn deploy_unwired(
    chain: &mut (impl Chain + ?Sized),
    artifacts: &Path,
    config: &Config,
) -> Result<Suite> {
    let owner = config.owner;
    let delay_ms = config.change_delay_ms;
    let genesis_hash = chain.genesis_hash();
    let mut made = Maker {
        chain,
        artifacts,
        owner,
    };

    let permit = made.uploaded("vlk_permit")?;
    let args = (&config.allocations, delay_ms, genesis_hash, permit).encode();
    let token = made.instance("vlk_token", args)?;
    let registry = made.instance("stream_registry", delay_ms.encode())?;
    let plans = made.uploaded("pricing_plans")?;
    let pricing = made.instance("pricing_engine", (delay_ms, plans).encode())?;
    let tokens: Vec<_> = core::iter::once(token)
        .chain(config.tokens.iter().copied())
        .collect();
    let desk = made.uploaded("payment_desk")?;
    let args = (config.treasury, config.fees, tokens, delay_ms, desk).encode();
    let payments = made.instance("payment_handler", args)?;
    let lifecycle = made.uploaded("tick_lifecycle")?;
    let args = (genesis_hash, config.exit_delay_ms, delay_ms, lifecycle).encode();
    let meter = made.instance("tick_stream", args)?;
    let passes = made.instance("pass_office", delay_ms.encode())?;
    let patronage = made.instance("patronage", delay_ms.encode())?;
    let directory = made.instance("directory", delay_ms.encode())?;
    let args = (config.report_bond, config.treasury, delay_ms).encode();
    let moderation = made.instance("moderation", args)?;

    Ok(Suite {
        token,
        registry,
        pricing,
        payments,
        meter,
        passes,
        patronage,
        directory,
        moderation,
    })
}

/// Who deploys what, where.
struct Maker<'a, C: ?Sized> {
    chain: &'a mut C,
    artifacts: &'a Path,
    owner: AccountId,
}

impl<C: Chain + ?Sized> Maker<'_, C> {
    fn instance(&mut self, name: &str, args: Vec<u8>) -> Result<AccountId> {
        instantiate(self.chain, self.artifacts, name, self.owner, args, &[])
    }

    /// A second code, which runs on another contract's storage: it has no address of its own.
    fn uploaded(&mut self, name: &str) -> Result<Hash> {
        self.chain
            .upload(self.owner, &wasm(self.artifacts, name)?)
            .with_context(|| format!("uploading {name}"))
    }
}

/// Uploads a contract and calls its constructor `new` with `args`, encoded one after the other.
pub fn instantiate(
    chain: &mut (impl Chain + ?Sized),
    artifacts: &Path,
    name: &str,
    origin: AccountId,
    args: Vec<u8>,
    salt: &[u8],
) -> Result<AccountId> {
    let code = chain
        .upload(origin, &wasm(artifacts, name)?)
        .with_context(|| format!("uploading {name}"))?;
    let data = [ink::selector_bytes!("new").to_vec(), args].concat();
    let (address, receipt) = chain
        .instantiate(origin, code, 0, data, salt)
        .with_context(|| format!("instantiating {name}"))?;
    // Every constructor of the suite returns `Result<Self, AdminError>`, inside ink!'s own `Result`.
    let said = Result::<Result<(), AdminError>, LangError>::decode_all(&mut &receipt.output[..]);
    match said {
        Ok(Ok(Ok(()))) if !receipt.reverted => Ok(address),
        Ok(Ok(Err(e))) => Err(anyhow!("the constructor of {name} refused: {e:?}")),
        said => Err(anyhow!("the constructor of {name} said {said:?}")),
    }
}

/// Who calls, or obeys, whom.
fn wirings(suite: &Suite) -> [(AccountId, Wiring); 7] {
    let (registry, pricing) = (Some(suite.registry), Some(suite.pricing));
    let (payments, meter) = (Some(suite.payments), Some(suite.meter));
    let (passes, patronage) = (Some(suite.passes), Some(suite.patronage));
    let directory = Some(suite.directory);
    let none = Wiring::default();
    let pricing_engine = Wiring {
        registry,
        payments,
        passes,
        ..none
    };
    let payment_handler = Wiring {
        meter,
        passes,
        patronage,
        ..none
    };
    let tick_stream = Wiring {
        registry,
        pricing,
        payments,
        patronage,
        ..none
    };
    let pass_office = Wiring {
        registry,
        payments,
        ..none
    };
    let patron = Wiring {
        registry,
        payments,
        meter,
        directory,
        ..none
    };
    let reader = Wiring { registry, ..none };
    [
        (suite.pricing, pricing_engine),
        (suite.payments, payment_handler),
        (suite.meter, tick_stream),
        (suite.passes, pass_office),
        (suite.patronage, patron),
        (suite.directory, reader),
        (suite.moderation, reader),
    ]
}
