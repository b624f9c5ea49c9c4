//! What there will be: the codes, the contracts at their addresses, and the messages that tie them together. All of it is
//! known before anything is sent, because a contract's address is made of what it is made with.

use crate::{
    record::{Constructor, Hex32, HexBytes, Record},
    Network,
};
use anyhow::{bail, ensure, Context, Result};
use ink::scale::Encode;
use serde_json::{json, Value};
use sp_crypto_hashing::blake2_256;
use std::path::Path;
use vilokanam_client::{contract_address, hex, AccountId, Hash};
use vilokanam_interfaces::{
    AccountId as InkAccount, Administered, Directory, Hash as InkHash, PricingPlans, Staking,
    StreamRegistry, Wiring,
};
use vilokanam_suite::{
    administered, second_code_of, wasm, DirectoryCalls, Message, PricingPlansCalls,
    StreamRegistryCalls, CONTRACTS,
};

/// The contract that has moderators.
const REGISTRY: &str = "stream_registry";
/// The contract that names categories, and has gateways.
const DIRECTORY: &str = "directory";
/// The contract that asks for stakes.
const PRICING: &str = "pricing_engine";
/// The contract that suspends streams by its verdicts.
const MODERATION: &str = "moderation";

/// Everything that a deployment comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Who deploys.
    pub deployer: AccountId,
    /// The codes, in the order of [`CONTRACTS`].
    pub codes: Vec<Code>,
    /// The contracts, in the same order without those that are code only.
    pub contracts: Vec<Contract>,
    /// The messages, in the order in which they are sent.
    pub messages: Vec<Tie>,
}

/// A code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The contract's name.
    pub name: &'static str,
    /// The Wasm.
    pub wasm: Vec<u8>,
    /// Its hash.
    pub hash: Hash,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Its name.
    pub name: &'static str,
    /// Its account.
    pub address: AccountId,
    /// What it is instantiated with.
    pub constructor: Constructor,
    /// Whom it calls or obeys.
    pub wiring: Wiring,
}

/// A message that ties contracts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie {
    /// The contract.
    pub contract: &'static str,
    /// Its account.
    pub address: AccountId,
    /// The selector and arguments.
    pub data: Vec<u8>,
    /// What it does.
    pub kind: TieKind,
}

/// What a [`Tie`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TieKind {
    /// Tells a contract the others.
    Wire(Wiring),
    /// Makes an account a moderator of the registry.
    Moderate(AccountId),
    /// Makes `moderation` one: its verdicts suspend streams.
    Verdicts(AccountId),
    /// Names a category.
    Category(u16, String),
    /// Makes an account a gateway to another chain.
    Gateway(AccountId),
    /// Names the contract that tells what accounts have at stake.
    Stake(Staking),
    /// Offers a contract to who shall own it.
    Offer(AccountId),
}

impl Tie {
    /// What it does, for people and for the record.
    pub fn label(&self) -> String {
        match &self.kind {
            TieKind::Wire(_) => format!("wire {}", self.contract),
            TieKind::Moderate(account) => format!("moderator {}", hex(account)),
            TieKind::Verdicts(_) => format!("moderator {MODERATION}"),
            TieKind::Category(number, _) => format!("category {number}"),
            TieKind::Gateway(account) => format!("gateway {}", hex(account)),
            TieKind::Stake(_) => "staking".to_owned(),
            TieKind::Offer(_) => format!("offer {}", self.contract),
        }
    }
}

/// Reads the codes from where `make contracts` leaves them.
pub fn codes(artifacts: &Path) -> Result<Vec<Code>> {
    let names = CONTRACTS.into_iter();
    names
        .map(|name| {
            let wasm = wasm(artifacts, name)?;
            let hash = blake2_256(&wasm);
            Ok(Code { name, wasm, hash })
        })
        .collect()
}

impl Target {
    /// What `deployer` makes of these codes on a network. What a record has is taken from there.
    pub fn new(
        network: &Network,
        codes: Vec<Code>,
        deployer: AccountId,
        genesis: Hash,
        record: Option<&Record>,
    ) -> Result<Self> {
        let mut made = Maker {
            network,
            codes: &codes,
            deployer,
            record,
            contracts: Vec::new(),
        };
        let delay_ms = network.delays.change_ms;
        let only_delay = || json!({ "change_delay_ms": delay_ms });

        let allocations = network.allocations();
        let told: Vec<Value> = allocations
            .iter()
            .map(|(account, amount)| json!([hex(account), amount.to_string()]))
            .collect();
        let (second, code) = made.second("vlk_token")?;
        let told = json!({
            "allocations": told,
            "change_delay_ms": delay_ms,
            "genesis_hash": hex(&genesis),
            second: hex(&code),
        });
        let args = (&allocations, delay_ms, genesis, code).encode();
        let token = made.contract("vlk_token", args, told)?;
        let registry = made.contract(REGISTRY, delay_ms.encode(), only_delay())?;
        let (second, code) = made.second(PRICING)?;
        let told = json!({ "change_delay_ms": delay_ms, second: hex(&code) });
        let pricing = made.contract(PRICING, (delay_ms, code).encode(), told)?;
        let tokens: Vec<AccountId> = core::iter::once(token)
            .chain(network.tokens.iter().copied())
            .collect();
        let fees = network.fee_schedule();
        let (second, code) = made.second("payment_handler")?;
        let told = json!({
            "treasury": hex(&network.roles.treasury),
            "fees": {
                "standard_bps": fees.standard_bps,
                "premium_bps": fees.premium_bps,
                "subscription_bps": fees.subscription_bps,
                "tips_bps": fees.tips_bps,
                "referral_bps": fees.referral_bps,
            },
            "tokens": tokens.iter().map(|token| hex(token)).collect::<Vec<_>>(),
            "change_delay_ms": delay_ms,
            second: hex(&code),
        });
        let args = (network.roles.treasury, fees, tokens, delay_ms, code).encode();
        let payments = made.contract("payment_handler", args, told)?;
        let exit_ms = network.delays.exit_ms;
        let (second, code) = made.second("tick_stream")?;
        let told = json!({
            "genesis_hash": hex(&genesis),
            "exit_delay_ms": exit_ms,
            "change_delay_ms": delay_ms,
            second: hex(&code),
        });
        let args = (genesis, exit_ms, delay_ms, code).encode();
        let meter = made.contract("tick_stream", args, told)?;
        let passes = made.contract("pass_office", delay_ms.encode(), only_delay())?;
        let patronage = made.contract("patronage", delay_ms.encode(), only_delay())?;
        let directory = made.contract(DIRECTORY, delay_ms.encode(), only_delay())?;
        let (bond, treasury) = (network.moderation.bond, network.bond_treasury());
        let told = json!({
            "bond": bond.to_string(),
            "treasury": hex(&treasury),
            "change_delay_ms": delay_ms,
        });
        made.contract(MODERATION, (bond, treasury, delay_ms).encode(), told)?;

        let all = Wiring {
            registry: Some(registry.into()),
            pricing: Some(pricing.into()),
            payments: Some(payments.into()),
            meter: Some(meter.into()),
            passes: Some(passes.into()),
            patronage: Some(patronage.into()),
            directory: Some(directory.into()),
        };
        let mut contracts = made.contracts;
        for contract in &mut contracts {
            contract.wiring = wiring(contract.name, all);
        }
        Ok(Self {
            deployer,
            messages: ties(&contracts, network, deployer),
            contracts,
            codes,
        })
    }

    /// The code of a contract.
    pub fn code(&self, name: &str) -> Result<&Code> {
        let code = self.codes.iter().find(|code| code.name == name);
        code.with_context(|| format!("there is no code of {name}"))
    }

    /// A contract.
    pub fn contract(&self, name: &str) -> Result<&Contract> {
        let contract = self.contracts.iter().find(|contract| contract.name == name);
        contract.with_context(|| format!("{name} is no contract of the suite"))
    }

    /// The largest code.
    pub fn largest_code(&self) -> usize {
        let sizes = self.codes.iter().map(|code| code.wasm.len());
        sizes.max().unwrap_or(0)
    }

    /// Refuses to go on with other codes, arguments or keys than a deployment was begun with.
    pub fn ensure_same(&self, record: &Record) -> Result<()> {
        let mut changed = Vec::new();
        for code in &self.codes {
            match record.codes.get(code.name) {
                Some(entry) if entry.hash.0 != code.hash => changed.push(format!(
                    "the code of {}: {} is recorded, and the artifact is {}",
                    code.name,
                    entry.hash,
                    hex(&code.hash)
                )),
                _ => {}
            }
        }
        if !record.complete && record.deployer.0 != self.deployer {
            bail!(
                "the deployment was begun by {}, and this key is {}'s",
                record.deployer,
                hex(&self.deployer)
            );
        }
        for contract in self.contracts.iter().filter(|_| !record.complete) {
            match record.contracts.get(contract.name) {
                Some(entry) if entry.constructor.data != contract.constructor.data => changed.push(
                    format!("the arguments of {}, by the network's file", contract.name),
                ),
                Some(entry) if entry.constructor.salt != contract.constructor.salt => {
                    changed.push(format!("the salt of {}", contract.name))
                }
                _ => {}
            }
        }
        ensure!(
            changed.is_empty(),
            "something has changed since the deployment was begun:\n  {}\nPut it back to go on; {}",
            changed.join("\n  "),
            if record.complete {
                "new code is put in place by `upgrade`"
            } else {
                "or move the record away to begin another deployment"
            }
        );
        Ok(())
    }
}

struct Maker<'a> {
    network: &'a Network,
    codes: &'a [Code],
    deployer: AccountId,
    record: Option<&'a Record>,
    contracts: Vec<Contract>,
}

impl Maker<'_> {
    /// The hash that a code had when the deployment was begun.
    fn original_hash(&self, name: &str) -> Result<Hash> {
        let code = self.codes.iter().find(|code| code.name == name);
        Ok(code
            .with_context(|| format!("there is no code of {name}"))?
            .hash)
    }

    /// The second code of a contract.
    fn second(&self, contract: &str) -> Result<(&'static str, Hash)> {
        let second = second_code_of(contract);
        let second = second.with_context(|| format!("{contract} has no second code"))?;
        Ok((second, self.original_hash(second)?))
    }

    fn contract(&mut self, name: &'static str, args: Vec<u8>, told: Value) -> Result<AccountId> {
        let data = [&ink::selector_bytes!("new"), &args[..]].concat();
        let recorded = self.record.and_then(|record| record.contracts.get(name));
        let code = match recorded {
            Some(entry) => entry.constructor.code_hash.0,
            None => self.original_hash(name)?,
        };
        let salt = self.network.salt.as_bytes().to_vec();
        let address = match recorded {
            Some(entry) => entry.address.0,
            None => contract_address(&self.deployer, &code, &data, &salt),
        };
        self.contracts.push(Contract {
            name,
            address,
            constructor: Constructor {
                code_hash: Hex32(code),
                data: HexBytes(data),
                arguments: told,
                salt: HexBytes(salt),
            },
            wiring: Wiring::default(),
        });
        Ok(address)
    }
}

/// Of all contracts, those that one calls or obeys.
fn wiring(name: &str, all: Wiring) -> Wiring {
    let none = Wiring::default();
    match name {
        PRICING => Wiring {
            registry: all.registry,
            payments: all.payments,
            passes: all.passes,
            ..none
        },
        "payment_handler" => Wiring {
            meter: all.meter,
            passes: all.passes,
            patronage: all.patronage,
            ..none
        },
        "tick_stream" => Wiring {
            registry: all.registry,
            pricing: all.pricing,
            payments: all.payments,
            patronage: all.patronage,
            ..none
        },
        "pass_office" => Wiring {
            registry: all.registry,
            payments: all.payments,
            ..none
        },
        "patronage" => Wiring {
            registry: all.registry,
            payments: all.payments,
            meter: all.meter,
            directory: all.directory,
            ..none
        },
        DIRECTORY | MODERATION => Wiring {
            registry: all.registry,
            ..none
        },
        _ => none,
    }
}

/// The messages, in the order in which they are sent.
fn ties(contracts: &[Contract], network: &Network, deployer: AccountId) -> Vec<Tie> {
    let tie = |contract: &Contract, data, kind| Tie {
        contract: contract.name,
        address: contract.address,
        data,
        kind,
    };
    let find = |name| contracts.iter().find(move |one| one.name == name);
    let unwired = Wiring::default();
    let wired = contracts.iter().filter(|one| one.wiring != unwired);
    let mut ties: Vec<Tie> = wired
        .map(|one| {
            let message = administered(one.address.into()).wire(one.wiring);
            tie(one, message.into_parts().2, TieKind::Wire(one.wiring))
        })
        .collect();
    if let Some(registry) = find(REGISTRY) {
        let verdicts = find(MODERATION).map(|one| (one.address, TieKind::Verdicts(one.address)));
        let named = network.roles.moderators.iter();
        let named = named.map(|account| (*account, TieKind::Moderate(*account)));
        for (account, kind) in verdicts.into_iter().chain(named) {
            let mut calls = StreamRegistryCalls::from(InkAccount::from(registry.address));
            let message = calls.set_moderator(account.into(), true);
            ties.push(tie(registry, message.into_parts().2, kind));
        }
    }
    if let Some(directory) = find(DIRECTORY) {
        let calls = || DirectoryCalls::from(InkAccount::from(directory.address));
        for (number, name) in &network.directory.categories {
            let mut calls = calls();
            let message = calls.name_category(*number, name.clone());
            let kind = TieKind::Category(*number, name.clone());
            ties.push(tie(directory, message.into_parts().2, kind));
        }
        for gateway in &network.directory.gateways {
            let mut calls = calls();
            let message = calls.set_gateway((*gateway).into(), true);
            let kind = TieKind::Gateway(*gateway);
            ties.push(tie(directory, message.into_parts().2, kind));
        }
    }
    if let (Some(pricing), Some(staking)) = (find(PRICING), network.staking()) {
        let mut calls = PricingPlansCalls::from(InkAccount::from(pricing.address));
        let message = calls.set_staking(Some(staking));
        let kind = TieKind::Stake(staking);
        ties.push(tie(pricing, message.into_parts().2, kind));
    }
    let owner = network.roles.owner.filter(|owner| *owner != deployer);
    if let Some(owner) = owner {
        ties.extend(contracts.iter().map(|one| {
            let message = administered(one.address.into()).propose_owner(Some(owner.into()));
            tie(one, message.into_parts().2, TieKind::Offer(owner))
        }));
    }
    ties
}

/// A hash as the contracts' types have it.
pub(crate) fn ink_hash(hash: &Hash) -> InkHash {
    InkHash::from(*hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CodeEntry, ContractEntry};
    use std::collections::BTreeMap;

    const DEPLOYER: AccountId = [0xde; 32];
    const STAKING: Staking = Staking {
        contract: STAKER,
        minimum: 5,
    };
    const STAKER: InkAccount = ink::primitives::AccountId([6; 32]);

    /// The built-in network with all that is optional.
    fn network() -> Network {
        let mut network = Network::load("local", Some(Path::new("/nowhere"))).expect("is built in");
        network.roles.owner = Some([2; 32]);
        network.roles.moderators = vec![[3; 32]];
        network.directory.gateways = vec![[4; 32]];
        network.directory.categories = BTreeMap::from([(7, "Chess".to_owned())]);
        network.tokens = vec![[5; 32]];
        network.staking = Some(crate::Staking {
            contract: [6; 32],
            minimum: 5,
        });
        network
    }

    /// Of every code, its name.
    fn named_codes() -> Vec<Code> {
        let code = |name: &'static str| Code {
            name,
            wasm: name.into(),
            hash: blake2_256(name.as_bytes()),
        };
        CONTRACTS.map(code).into()
    }

    fn target(network: &Network, record: Option<&Record>) -> Target {
        Target::new(network, named_codes(), DEPLOYER, [9; 32], record).expect("is known")
    }

    fn at(target: &Target, name: &str) -> InkAccount {
        target.contract(name).expect("is there").address.into()
    }

    /// What a deployment of the target would leave.
    fn recorded(target: &Target) -> Record {
        let mut record = Record::new("local", [9; 32], 1, DEPLOYER);
        for code in &target.codes {
            let entry = CodeEntry {
                hash: Hex32(code.hash),
                bytes: code.wasm.len(),
                place: None,
            };
            record.codes.insert(code.name.into(), entry);
        }
        for contract in &target.contracts {
            let entry = ContractEntry {
                address: Hex32(contract.address),
                code_hash: contract.constructor.code_hash,
                constructor: contract.constructor.clone(),
                place: None,
                more: BTreeMap::new(),
            };
            record.contracts.insert(contract.name.into(), entry);
        }
        record
    }

    #[test]
    fn codes_are_read_in_the_order_of_deployment() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("vilokanam-codes-{}", std::process::id()));
        for name in CONTRACTS {
            std::fs::create_dir_all(dir.join(name))?;
            std::fs::write(dir.join(name).join(name).with_extension("wasm"), name)?;
        }
        let read = codes(&dir);
        std::fs::remove_dir_all(&dir)?;
        assert_eq!(read?, named_codes());
        assert!(codes(&dir).is_err());
        Ok(())
    }

    #[test]
    fn every_contract_is_told_those_that_it_calls_or_obeys() {
        let target = target(&network(), None);
        let (registry, pricing, payments, meter, passes, patronage, directory) = (
            Some(at(&target, "stream_registry")),
            Some(at(&target, "pricing_engine")),
            Some(at(&target, "payment_handler")),
            Some(at(&target, "tick_stream")),
            Some(at(&target, "pass_office")),
            Some(at(&target, "patronage")),
            Some(at(&target, "directory")),
        );
        let none = Wiring::default();
        let expected = [
            ("vlk_token", none),
            ("stream_registry", none),
            (
                "pricing_engine",
                Wiring {
                    registry,
                    payments,
                    passes,
                    ..none
                },
            ),
            (
                "payment_handler",
                Wiring {
                    meter,
                    passes,
                    patronage,
                    ..none
                },
            ),
            (
                "tick_stream",
                Wiring {
                    registry,
                    pricing,
                    payments,
                    patronage,
                    ..none
                },
            ),
            (
                "pass_office",
                Wiring {
                    registry,
                    payments,
                    ..none
                },
            ),
            (
                "patronage",
                Wiring {
                    registry,
                    payments,
                    meter,
                    directory,
                    ..none
                },
            ),
            ("directory", Wiring { registry, ..none }),
            ("moderation", Wiring { registry, ..none }),
        ];
        let wired: Vec<_> = target
            .contracts
            .iter()
            .map(|c| (c.name, c.wiring))
            .collect();
        assert_eq!(wired, expected);
    }

    #[test]
    fn messages_are_those_of_the_network_in_their_order() {
        let full = target(&network(), None);
        let labels = |target: &Target| target.messages.iter().map(Tie::label).collect::<Vec<_>>();
        let wires = [
            "wire pricing_engine",
            "wire payment_handler",
            "wire tick_stream",
            "wire pass_office",
            "wire patronage",
            "wire directory",
            "wire moderation",
        ];
        let of_files = [
            "moderator moderation".to_owned(),
            format!("moderator {}", hex(&[3; 32])),
            "category 7".to_owned(),
            format!("gateway {}", hex(&[4; 32])),
            "staking".to_owned(),
        ];
        let offers = full.contracts.iter().map(|c| format!("offer {}", c.name));
        let expected: Vec<_> = wires
            .map(str::to_owned)
            .into_iter()
            .chain(of_files)
            .chain(offers)
            .collect();
        assert_eq!(labels(&full), expected);
        for tie in &full.messages {
            let contract = full.contract(tie.contract).expect("is there");
            assert_eq!(tie.address, contract.address);
            let whose = match &tie.kind {
                TieKind::Wire(wiring) => {
                    assert_eq!(*wiring, contract.wiring);
                    continue;
                }
                TieKind::Offer(_) => continue,
                TieKind::Moderate(_) | TieKind::Verdicts(_) => "stream_registry",
                TieKind::Category(..) | TieKind::Gateway(_) => "directory",
                TieKind::Stake(staking) => {
                    assert_eq!(*staking, STAKING);
                    "pricing_engine"
                }
            };
            assert_eq!(tie.contract, whose);
        }

        // Who deploys and owns is offered nothing.
        let mut own = network();
        own.roles.owner = Some(DEPLOYER);
        let offered = |target: &Target| labels(target).iter().any(|l| l.starts_with("offer"));
        assert!(!offered(&target(&own, None)));
        let plain = Network::load("local", Some(Path::new("/nowhere"))).expect("is built in");
        let expected: Vec<_> = wires.into_iter().chain(["moderator moderation"]).collect();
        assert_eq!(labels(&target(&plain, None)), expected);
    }

    #[test]
    fn addresses_are_made_of_what_contracts_are_made_with() -> Result<()> {
        let network = network();
        let target = target(&network, None);
        let registry = target.contract("stream_registry")?;
        let data = [
            &ink::selector_bytes!("new")[..],
            &network.delays.change_ms.encode(),
        ]
        .concat();
        let code = target.code("stream_registry")?.hash;
        assert_eq!(registry.constructor.data.0, data);
        assert_eq!(
            registry.address,
            contract_address(&DEPLOYER, &code, &data, b"")
        );
        // The second code's hash is the last argument.
        for (name, second) in [
            ("vlk_token", "vlk_permit"),
            ("pricing_engine", "pricing_plans"),
            ("payment_handler", "payment_desk"),
            ("tick_stream", "tick_lifecycle"),
        ] {
            let data = &target.contract(name)?.constructor.data.0;
            assert!(data.ends_with(&target.code(second)?.hash), "{name}");
        }
        assert_eq!(target.largest_code(), "payment_handler".len());
        assert_eq!(ink_hash(&[7; 32]), InkHash::from([7; 32]));
        assert!(target.code("x").is_err() && target.contract("vlk_permit").is_err());
        Ok(())
    }

    #[test]
    fn what_a_record_has_is_taken_from_there() -> Result<()> {
        let network = network();
        let mut record = recorded(&target(&network, None));
        let entry = record.contracts.get_mut("directory").context("is there")?;
        entry.address = Hex32([8; 32]);
        entry.constructor.code_hash = Hex32([1; 32]);
        let again = target(&network, Some(&record));
        let directory = again.contract("directory")?;
        assert_eq!(directory.address, [8; 32]);
        assert_eq!(directory.constructor.code_hash, Hex32([1; 32]));
        assert_eq!(
            again.contract("patronage")?.wiring.directory,
            Some([8; 32].into())
        );
        Ok(())
    }

    #[test]
    fn what_has_changed_since_the_deployment_was_begun_is_named() -> Result<()> {
        let target = target(&network(), None);
        let good = recorded(&target);
        target.ensure_same(&good)?;
        let refused = |record: &Record| {
            let refused = target.ensure_same(record);
            refused.expect_err("has changed").to_string()
        };
        let mut finished = good.clone();
        finished.complete = true;

        let change = |change: &dyn Fn(&mut Record)| {
            let (mut begun, mut complete) = (good.clone(), finished.clone());
            change(&mut begun);
            change(&mut complete);
            (begun, complete)
        };
        // Another code, always.
        let (begun, complete) = change(&|record| {
            record.codes.get_mut("moderation").expect("is").hash = Hex32([1; 32]);
        });
        let said = refused(&begun);
        assert!(said.contains("the code of moderation"), "{said}");
        assert!(!said.contains("the code of directory"), "{said}");
        assert!(said.ends_with("or move the record away to begin another deployment"));
        assert!(refused(&complete).ends_with("new code is put in place by `upgrade`"));
        // The rest until it is complete.
        let (begun, complete) = change(&|record| record.deployer = Hex32([1; 32]));
        assert!(refused(&begun).contains("the deployment was begun by 0x0101"));
        target.ensure_same(&complete)?;
        let (begun, complete) = change(&|record| {
            let entry = record.contracts.get_mut("moderation").expect("is");
            entry.constructor.data = HexBytes(vec![1]);
        });
        let said = refused(&begun);
        assert!(said.contains("the arguments of moderation, by"), "{said}");
        assert!(
            !said.contains("directory") && !said.contains("salt"),
            "{said}"
        );
        target.ensure_same(&complete)?;
        let (begun, complete) = change(&|record| {
            let entry = record.contracts.get_mut("moderation").expect("is");
            entry.constructor.salt = HexBytes(vec![1]);
        });
        let said = refused(&begun);
        assert!(said.contains("the salt of moderation"), "{said}");
        assert!(
            !said.contains("directory") && !said.contains("arguments"),
            "{said}"
        );
        target.ensure_same(&complete)?;
        // What is not recorded yet cannot have changed.
        let (begun, _) = change(&|record| {
            record.codes.clear();
            record.contracts.clear();
        });
        target.ensure_same(&begun)
    }
}
