//! A chain with a target on it: what is there already, what is missing and what that costs.

use crate::{
    target::{Target, TieKind},
    Network,
};
use anyhow::{bail, ensure, Result};
use ink::{
    primitives::{LangError, MessageResult},
    scale::DecodeAll,
};
use serde::Serialize;
use serde_json::Value;
use vilokanam_client::{AccountId, Balance, Call, Client, DispatchError, Facts, Gas};
use vilokanam_interfaces::{
    AccountId as InkAccount, AdminError, Administered, Administration, Directory, DirectoryError,
    PricingEngineError, PricingPlans, StreamRegistry, StreamRegistryError, Wiring,
};
use vilokanam_suite::{
    administered, runs_code, DirectoryCalls, Message, PricingPlansCalls, StreamRegistryCalls,
};

/// A step of a deployment: an index into the target's codes, contracts or messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Uploads a code.
    Upload(usize),
    /// Instantiates a contract.
    Instantiate(usize),
    /// Sends a message.
    Send(usize),
}

/// What a step takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// What it does.
    pub step: String,
    /// Picoseconds of reference time that its transaction may use.
    pub ref_time: u64,
    /// Bytes of proof that its transaction may use.
    pub proof_size: u64,
    /// The storage deposit.
    #[serde(serialize_with = "as_text")]
    pub deposit: Balance,
    /// The fee, at most.
    #[serde(serialize_with = "as_text")]
    pub fee: Balance,
    /// Why this is not what a dry run said.
    pub estimate: Option<&'static str>,
}

impl Cost {
    /// Deposit and fee.
    pub fn total(&self) -> Balance {
        self.deposit.saturating_add(self.fee)
    }
}

/// Native tokens are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Short {
    /// What the steps that are left take, and what the account must keep.
    #[serde(serialize_with = "as_text")]
    pub needed: Balance,
    /// What is there.
    #[serde(serialize_with = "as_text")]
    pub there: Balance,
}

/// A target on a chain.
pub struct Site<'a> {
    /// The chain.
    pub client: &'a Client,
    /// What it says of itself.
    pub facts: Facts,
    /// What should be there.
    pub network: &'a Network,
    /// What that comes to.
    pub target: Target,
    /// Whether a record told the addresses.
    pub recorded: bool,
}

impl Site<'_> {
    /// All steps, in three waves; a wave needs what the one before did.
    pub fn waves(&self) -> [Vec<Step>; 3] {
        let target = &self.target;
        [
            (0..target.codes.len()).map(Step::Upload).collect(),
            (0..target.contracts.len()).map(Step::Instantiate).collect(),
            (0..target.messages.len()).map(Step::Send).collect(),
        ]
    }

    /// What a step does, for people and for the record.
    pub fn label(&self, step: Step) -> String {
        match step {
            Step::Upload(i) => format!("upload {}", self.target.codes[i].name),
            Step::Instantiate(i) => format!("instantiate {}", self.target.contracts[i].name),
            Step::Send(i) => self.target.messages[i].label(),
        }
    }

    /// Whether the chain has what a step would do.
    pub async fn holds(&self, step: Step) -> Result<bool> {
        match step {
            Step::Upload(i) => {
                let code = &self.target.codes[i];
                if self.client.code(&code.hash).await?.is_some() {
                    return Ok(true);
                }
                // Its code may be another by now; it needs the first no more.
                let contract = runs_code(code.name).unwrap_or(code.name);
                let contract = self.target.contract(contract)?;
                Ok(self.client.contract(&contract.address).await?.is_some())
            }
            Step::Instantiate(i) => {
                let address = &self.target.contracts[i].address;
                Ok(self.client.contract(address).await?.is_some())
            }
            Step::Send(i) => {
                let tie = &self.target.messages[i];
                if self.client.contract(&tie.address).await?.is_none() {
                    return Ok(false);
                }
                let now = self.administration(tie.address).await?;
                // Only the owner may, and it is another's by now; verify tells.
                let gone = now.owner != self.target.deployer.into();
                let address = InkAccount::from(tie.address);
                match &tie.kind {
                    TieKind::Wire(wiring) if now.wiring == *wiring => Ok(true),
                    TieKind::Wire(_) if now.wiring == Wiring::default() => Ok(false),
                    // It was wired and changed later, as is its owner's right; verify tells.
                    TieKind::Wire(_) => Ok(true),
                    TieKind::Moderate(account) | TieKind::Verdicts(account) => {
                        let registry = StreamRegistryCalls::from(address);
                        let asked = registry.is_moderator((*account).into());
                        Ok(gone || self.read(asked).await?)
                    }
                    TieKind::Category(number, name) => {
                        let directory = DirectoryCalls::from(address);
                        let called = directory.category_name(*number);
                        Ok(gone || self.read(called).await?.as_ref() == Some(name))
                    }
                    TieKind::Gateway(account) => {
                        let directory = DirectoryCalls::from(address);
                        let asked = directory.is_gateway((*account).into());
                        Ok(gone || self.read(asked).await?)
                    }
                    TieKind::Stake(staking) => {
                        let pricing = PricingPlansCalls::from(address);
                        Ok(gone || self.read(pricing.staking()).await? == Some(*staking))
                    }
                    TieKind::Offer(owner) => {
                        let owner = (*owner).into();
                        let offered = now.proposed_owner == Some(owner);
                        Ok(offered || now.owner == owner || gone)
                    }
                }
            }
        }
    }

    /// The call of a step, with gas by a dry run. What the contract would refuse is an error, told by its name.
    pub async fn call(&self, step: Step) -> Result<Call> {
        let origin = &self.target.deployer;
        match step {
            Step::Upload(i) => Ok(Call::upload(&self.target.codes[i].wasm)),
            Step::Instantiate(i) => {
                let contract = &self.target.contracts[i];
                let with = &contract.constructor;
                let hash = with.code_hash.0;
                let (data, salt) = (&with.data.0[..], &with.salt.0[..]);
                let dry = self
                    .client
                    .dry_instantiate(origin, 0, Ok(hash), data, salt)
                    .await?;
                let (returned, address) = dry.result?;
                constructed(&returned.data, returned.reverted)?;
                ensure!(
                    address == contract.address,
                    "the chain makes addresses in another way than pallet-contracts does"
                );
                Ok(Call::instantiate(
                    0,
                    dry.gas.with_margin(),
                    &hash,
                    data,
                    salt,
                ))
            }
            Step::Send(i) => {
                let tie = &self.target.messages[i];
                let dry = self
                    .client
                    .dry_call(origin, &tie.address, 0, &tie.data)
                    .await?;
                let returned = dry.result?;
                let refused = match tie.kind {
                    TieKind::Moderate(_) | TieKind::Verdicts(_) => {
                        refusal::<StreamRegistryError>(&returned.data)?
                    }
                    TieKind::Category(..) | TieKind::Gateway(_) => {
                        refusal::<DirectoryError>(&returned.data)?
                    }
                    TieKind::Stake(_) => refusal::<PricingEngineError>(&returned.data)?,
                    TieKind::Wire(_) | TieKind::Offer(_) => refusal::<AdminError>(&returned.data)?,
                };
                if let Some(error) = refused {
                    bail!("the contract refuses: {error}");
                }
                Ok(Call::call(
                    &tie.address,
                    0,
                    dry.gas.with_margin(),
                    &tie.data,
                ))
            }
        }
    }

    /// What a step would take. Where it cannot be dry-run yet, because it needs a step before it or money that is not there,
    /// it is estimated, upwards.
    pub async fn cost(&self, step: Step) -> Result<Cost> {
        let origin = &self.target.deployer;
        let mut estimate = None;
        let (call, gas, deposit) = match step {
            Step::Upload(i) => {
                let wasm = &self.target.codes[i].wasm;
                let deposit = match self.client.dry_upload(origin, wasm).await? {
                    Ok((_, deposit)) => deposit,
                    Err(refused) => {
                        self.ensure_about_money(&refused)?;
                        estimate = Some("the balance is too small for a dry run");
                        // The code, and what the chain keeps of it.
                        self.deposit(2, wasm.len() + 128)
                    }
                };
                (Call::upload(wasm), Gas::default(), deposit)
            }
            Step::Instantiate(i) => {
                let contract = &self.target.contracts[i];
                let with = &contract.constructor;
                let hash = with.code_hash.0;
                let (data, salt) = (&with.data.0[..], &with.salt.0[..]);
                let uploaded = self.client.code(&hash).await?.is_some();
                let code = &self.target.code(contract.name)?.wasm;
                let known = if uploaded { Ok(hash) } else { Err(&code[..]) };
                let dry = self.client.dry_instantiate(origin, 0, known, data, salt);
                let dry = dry.await?;
                let (gas, deposit) = match dry.result {
                    Ok((returned, _)) => {
                        constructed(&returned.data, returned.reverted)?;
                        let deposit = Balance::try_from(dry.deposit).unwrap_or(0);
                        let upload = match known {
                            Ok(_) => 0,
                            // Counted with the upload.
                            Err(wasm) => match self.client.dry_upload(origin, wasm).await? {
                                Ok((_, deposit)) => deposit,
                                Err(_) => 0,
                            },
                        };
                        (dry.gas.with_margin(), deposit.saturating_sub(upload))
                    }
                    Err(_) => {
                        estimate = Some("cannot be dry-run before the steps before it");
                        let cells = self.deposit(12, 1_024 + data.len());
                        (
                            CONSTRUCTOR,
                            cells.saturating_add(self.facts.existential_deposit),
                        )
                    }
                };
                (Call::instantiate(0, gas, &hash, data, salt), gas, deposit)
            }
            Step::Send(i) => {
                let tie = &self.target.messages[i];
                let dry = self
                    .client
                    .dry_call(origin, &tie.address, 0, &tie.data)
                    .await?;
                let (gas, deposit) = match dry.result {
                    Ok(_) => {
                        let deposit = Balance::try_from(dry.deposit).unwrap_or(0);
                        (dry.gas.with_margin(), deposit)
                    }
                    Err(_) => {
                        estimate = Some("cannot be dry-run before the contract is there");
                        (measured(tie.contract, &tie.kind), self.deposit(1, 256))
                    }
                };
                (Call::call(&tie.address, 0, gas, &tie.data), gas, deposit)
            }
        };
        let (weight, fee) = self.client.weigh(origin, &call).await?;
        // Uploading has no limit of gas; it weighs what it weighs.
        let gas = if gas == Gas::default() { weight } else { gas };
        Ok(Cost {
            step: self.label(step),
            ref_time: gas.ref_time,
            proof_size: gas.proof_size,
            deposit,
            fee,
            estimate,
        })
    }

    /// Which steps are left.
    pub async fn missing(&self) -> Result<Vec<Step>> {
        let mut missing = Vec::new();
        for step in self.waves().concat() {
            if !self.holds(step).await? {
                missing.push(step);
            }
        }
        Ok(missing)
    }

    /// What the user should know where there is no record: the addresses follow from key, artifacts and the network's file alone.
    pub fn without_record(&self, missing: &[Step]) -> Option<String> {
        if self.recorded {
            return None;
        }
        let contracts = self.target.contracts.len();
        let missing = missing.iter();
        let missing = missing.filter(|step| matches!(step, Step::Instantiate(_)));
        let there = contracts.saturating_sub(missing.count());
        Some(match there {
            0 => "there is no record, and nothing at these addresses: a NEW suite begins. If there is one already, made with another key, \
                  other code or other arguments, stop, and put its record back"
                .to_owned(),
            _ => format!(
                "there is no record, and {there} of {contracts} contracts are at these addresses: this goes on with them"
            ),
        })
    }

    /// What these steps take, and whether the deployer can pay for them.
    pub async fn costs(&self, steps: &[Step]) -> Result<(Vec<Cost>, Short)> {
        let mut costs = Vec::new();
        for step in steps {
            costs.push(self.cost(*step).await?);
        }
        let total = costs.iter().map(Cost::total);
        let needed = total.fold(0, Balance::saturating_add);
        let there = self.client.account(&self.target.deployer).await?.free;
        let short = Short {
            needed: needed.saturating_add(self.facts.existential_deposit),
            there,
        };
        Ok((costs, short))
    }

    /// An amount with the chain's decimals and symbol.
    pub fn tokens(&self, amount: Balance) -> String {
        tokens(amount, self.facts.decimals, &self.facts.symbol)
    }

    /// Fails if money is missing, and says how much.
    pub fn ensure_enough(&self, short: &Short) -> Result<()> {
        ensure!(
            short.there >= short.needed,
            "the balance is too small: {} are needed at most, {} are there, {} are missing. Run it again when they are there: it goes \
             on where it stopped",
            self.tokens(short.needed),
            self.tokens(short.there),
            self.tokens(short.needed.saturating_sub(short.there))
        );
        Ok(())
    }

    /// How a contract is administered.
    pub async fn administration(&self, contract: AccountId) -> Result<Administration> {
        self.read(administered(contract.into()).administration())
            .await
    }

    /// Asks a contract, which changes nothing.
    pub async fn read<M: Message>(&self, message: M) -> Result<M::Output> {
        read(self.client, &self.target.deployer, message).await
    }

    fn ensure_about_money(&self, refused: &DispatchError) -> Result<()> {
        if is_about_money(refused) {
            return Ok(());
        }
        Err(refused.clone().into())
    }

    /// The chain's deposit for so much storage.
    fn deposit(&self, items: u32, bytes: usize) -> Balance {
        let Some(contracts) = self.facts.contracts else {
            return 0;
        };
        let bytes = Balance::try_from(bytes).unwrap_or(Balance::MAX);
        let items = Balance::from(items).saturating_mul(contracts.deposit_per_item);
        items.saturating_add(bytes.saturating_mul(contracts.deposit_per_byte))
    }
}

/// Asks a contract as `origin`, which changes nothing.
pub async fn read<M: Message>(
    client: &Client,
    origin: &AccountId,
    message: M,
) -> Result<M::Output> {
    let (to, value, data) = message.into_parts();
    let to: AccountId = *to.as_ref();
    let dry = client.dry_call(origin, &to, value, &data).await?;
    answer(&dry.result?.data)
}

/// Every message returns its value inside ink!'s own `Result`.
pub(crate) fn answer<R: ink::scale::Decode>(data: &[u8]) -> Result<R> {
    match MessageResult::<R>::decode_all(&mut &data[..]) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(e)) => bail!("the contract's dispatch refuses: {e:?}"),
        Err(_) => bail!("the contract answers something else: is it of another version?"),
    }
}

/// Why a message was refused, if it was.
fn refusal<E: ink::scale::Decode + core::fmt::Debug>(data: &[u8]) -> Result<Option<String>> {
    let said: Result<(), E> = answer(data)?;
    Ok(said.err().map(|e| format!("{e:?}")))
}

/// Every constructor of the suite returns `Result<Self, AdminError>`, inside ink!'s own `Result`.
fn constructed(data: &[u8], reverted: bool) -> Result<()> {
    match Result::<Result<(), AdminError>, LangError>::decode_all(&mut &data[..]) {
        Ok(Ok(Ok(()))) if !reverted => Ok(()),
        Ok(Ok(Err(e))) => bail!("the constructor refuses: {e:?}"),
        said => bail!("the constructor says {said:?}"),
    }
}

/// Whether the chain refused for want of money.
pub(crate) fn is_about_money(refused: &DispatchError) -> bool {
    let names = [
        "StorageDepositNotEnoughFunds",
        // Without a limit of its own, what the account has is the limit.
        "StorageDepositLimitExhausted",
        "FundsUnavailable",
        "InsufficientBalance",
        "NotExpendable",
        "BelowMinimum",
        "TransferFailed",
    ];
    names.iter().any(|name| refused.name.contains(name))
}

/// More than any constructor of the suite takes.
const CONSTRUCTOR: Gas = Gas {
    ref_time: 10_000_000_000,
    proof_size: 500_000,
};

/// Twice what a message took on a node when it was measured.
fn measured(contract: &str, kind: &TieKind) -> Gas {
    let message = match kind {
        TieKind::Wire(_) => "Administered::wire",
        TieKind::Moderate(_) | TieKind::Verdicts(_) => "StreamRegistry::set_moderator",
        TieKind::Category(..) => "Directory::name_category",
        TieKind::Gateway(_) => "Directory::set_gateway",
        TieKind::Stake(_) => "PricingPlans::set_staking",
        TieKind::Offer(_) => "Administered::propose_owner",
    };
    let measured: Option<Value> =
        serde_json::from_str(include_str!("../../../metadata/gas.json")).ok();
    let of = |part: &str| {
        let all = measured.as_ref()?;
        all["node"]["messages"][contract][message][part].as_u64()
    };
    match (of("ref_time"), of("proof_size")) {
        (Some(ref_time), Some(proof_size)) => Gas {
            ref_time: ref_time.saturating_mul(2),
            proof_size: proof_size.saturating_mul(2),
        },
        _ => CONSTRUCTOR,
    }
}

/// Amounts are texts in JSON, whose numbers many programs read with 53 bits.
fn as_text<S: serde::Serializer>(amount: &Balance, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

/// An amount with decimals and symbol, without the zeros at its end.
pub fn tokens(amount: Balance, decimals: u8, symbol: &str) -> String {
    let Some(one) = Balance::checked_pow(10, decimals.into()) else {
        return format!("{amount} of 10^-{decimals} {symbol}");
    };
    let (whole, part) = (amount / one, amount % one);
    let part = format!("{part:0width$}", width = usize::from(decimals));
    match part.trim_end_matches('0') {
        "" => format!("{whole} {symbol}"),
        part => format!("{whole}.{part} {symbol}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ink::scale::Encode;

    #[test]
    fn amounts_are_told_with_decimals() {
        assert_eq!(tokens(1_500_000_000_000, 12, "UNIT"), "1.5 UNIT");
        assert_eq!(tokens(0, 12, "UNIT"), "0 UNIT");
        assert_eq!(tokens(7, 0, "X"), "7 X");
        assert_eq!(tokens(1, 12, "UNIT"), "0.000000000001 UNIT");
        assert_eq!(tokens(5, 40, "X"), "5 of 10^-40 X");
    }

    #[test]
    fn a_step_costs_its_deposit_and_its_fee() {
        let cost = Cost {
            step: "upload x".into(),
            ref_time: 1,
            proof_size: 2,
            deposit: 30,
            fee: 4,
            estimate: None,
        };
        assert_eq!(cost.total(), 34);
        let told = serde_json::to_value(cost).expect("is JSON");
        assert_eq!(
            (&told["deposit"], &told["fee"]),
            (&"30".into(), &"4".into())
        );
    }

    #[test]
    fn what_a_contract_says_is_read() -> Result<()> {
        assert_eq!(answer::<u32>(&[0, 7, 0, 0, 0])?, 7);
        let said = |data: &[u8]| answer::<u32>(data).expect_err("is wrong").to_string();
        assert!(said(&[1, 1]).contains("CouldNotReadInput"));
        for other in [&[0, 7, 0, 0][..], &[0, 7, 0, 0, 0, 0], &[2], &[]] {
            assert!(said(other).contains("another version"));
        }
        assert_eq!(refusal::<AdminError>(&[0, 0])?, None);
        let not_owner = AdminError::NotOwner.encode();
        let refused = refusal::<AdminError>(&[&[0, 1], &not_owner[..]].concat())?;
        assert_eq!(refused.as_deref(), Some("NotOwner"));
        Ok(())
    }

    #[test]
    fn a_constructor_made_a_contract_or_says_why_not() {
        assert!(constructed(&[0, 0], false).is_ok());
        let said = |data: &[u8], reverted| {
            let refused = constructed(data, reverted);
            refused.expect_err("refused").to_string()
        };
        assert!(said(&[0, 0], true).starts_with("the constructor says"));
        let invalid = AdminError::InvalidSetup.encode();
        assert_eq!(
            said(&[&[0, 1], &invalid[..]].concat(), true),
            "the constructor refuses: InvalidSetup"
        );
        assert!(said(&[1, 1], true).contains("CouldNotReadInput"));
    }

    #[test]
    fn want_of_money_is_told_from_other_refusals() {
        let refused = |name: &str| DispatchError {
            name: name.into(),
            docs: String::new(),
        };
        for name in [
            "Contracts.StorageDepositNotEnoughFunds",
            "Contracts.StorageDepositLimitExhausted",
            "Contracts.TransferFailed",
            "Token.FundsUnavailable",
            "Token.NotExpendable",
            "Token.BelowMinimum",
            "Balances.InsufficientBalance",
        ] {
            assert!(is_about_money(&refused(name)), "{name}");
        }
        for name in ["Contracts.ContractTrapped", "Contracts.OutOfGas", ""] {
            assert!(!is_about_money(&refused(name)), "{name}");
        }
    }

    #[test]
    fn what_was_measured_is_found() {
        let wire = measured("tick_stream", &TieKind::Wire(Wiring::default()));
        assert!(wire.ref_time > 100_000_000 && wire.ref_time < CONSTRUCTOR.ref_time);
        assert_eq!(measured("x", &TieKind::Offer([0; 32])), CONSTRUCTOR);
    }
}
