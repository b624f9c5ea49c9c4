//! The five contracts: deployed, wired, and at hand in a story.

use crate::{
    account, administered, psp22, wasm, Calls, Chain, PaymentHandlerCalls, PricingEngineCalls,
    Psp22Calls, StreamRegistryCalls, TickSettlerCalls, TickStreamCalls, VlkTokenCalls,
};
use anyhow::{anyhow, Context, Result};
use ink::{
    primitives::LangError,
    scale::{DecodeAll, Encode},
};
use std::path::Path;
use vilokanam_interfaces::{
    AccountId, AdminError, Administered, AssetId, Balance, FeeSchedule, Millis, Wiring,
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
}

impl Default for Config {
    /// For development: the recommended fees, 1,000,000,000 $VLK split as the founding document says between
    /// accounts named for it, exits after an hour, changes at once.
    fn default() -> Self {
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
        }
    }
}

/// The five contracts. A field is an address; the method of the same name is what can be asked of it.
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

    /// Who streams what.
    pub fn registry(&self) -> StreamRegistryCalls {
        self.registry.into()
    }

    /// What a second costs.
    pub fn pricing(&self) -> PricingEngineCalls {
        self.pricing.into()
    }

    /// The money.
    pub fn payments(&self) -> PaymentHandlerCalls {
        self.payments.into()
    }

    /// How many seconds, and for how much.
    pub fn meter(&self) -> TickStreamCalls {
        self.meter.into()
    }

    /// How money leaves holds: the meter again, by its other messages.
    pub fn settler(&self) -> TickSettlerCalls {
        self.meter.into()
    }

    /// The contracts with their names, in the order in which they were deployed.
    pub fn contracts(&self) -> [(&'static str, AccountId); 5] {
        [
            ("vlk_token", self.token),
            ("stream_registry", self.registry),
            ("pricing_engine", self.pricing),
            ("payment_handler", self.payments),
            ("tick_stream", self.meter),
        ]
    }
}

/// Deploys the five contracts from `artifacts` and wires them. The owner must have native tokens for the deposits.
pub fn deploy(
    chain: &mut (impl Chain + ?Sized),
    artifacts: &Path,
    config: &Config,
) -> Result<Suite> {
    let owner = config.owner;
    let delay_ms = config.change_delay_ms;
    let genesis_hash = chain.genesis_hash();

    let args = (&config.allocations, delay_ms).encode();
    let token = instantiate(chain, artifacts, "vlk_token", owner, args, &[])?;
    let args = delay_ms.encode();
    let registry = instantiate(chain, artifacts, "stream_registry", owner, args, &[])?;
    let args = delay_ms.encode();
    let pricing = instantiate(chain, artifacts, "pricing_engine", owner, args, &[])?;
    let tokens: Vec<_> = core::iter::once(token)
        .chain(config.tokens.iter().copied())
        .collect();
    let args = (config.treasury, config.fees, tokens, delay_ms).encode();
    let payments = instantiate(chain, artifacts, "payment_handler", owner, args, &[])?;
    // The meter's second code runs on the meter's storage; it has no address of its own.
    let settler = chain
        .upload(owner, &wasm(artifacts, "tick_settler")?)
        .context("uploading tick_settler")?;
    let args = (genesis_hash, config.exit_delay_ms, delay_ms, settler).encode();
    let meter = instantiate(chain, artifacts, "tick_stream", owner, args, &[])?;

    let suite = Suite {
        token,
        registry,
        pricing,
        payments,
        meter,
    };
    for (contract, wiring) in wirings(&suite) {
        chain.must(owner, administered(contract).wire(wiring))?;
    }
    Ok(suite)
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
fn wirings(suite: &Suite) -> [(AccountId, Wiring); 3] {
    let (registry, pricing) = (Some(suite.registry), Some(suite.pricing));
    let (payments, meter) = (Some(suite.payments), Some(suite.meter));
    let none = Wiring::default();
    [
        (
            suite.pricing,
            Wiring {
                registry,
                payments,
                ..none
            },
        ),
        (suite.payments, Wiring { meter, ..none }),
        (
            suite.meter,
            Wiring {
                registry,
                pricing,
                payments,
                ..none
            },
        ),
    ]
}
