//! A network's file: what the suite should be there.

use anyhow::{bail, ensure, Context, Result};
use serde::{Deserialize, Deserializer};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use vilokanam_client::{endpoint_address, parse_account, AccountId, Options, Until};
use vilokanam_interfaces::{
    Balance, FeeSchedule, Millis, MAX_ALLOCATIONS, MAX_ASSETS, MAX_CATEGORIES, MAX_CHANGE_DELAY_MS,
    MAX_FEE_BPS, MAX_GRACE_MS, MAX_NAME_LEN, MAX_REFERRAL_BPS, MIN_CHANGE_DELAY_MS,
    MIN_EXIT_DELAY_MS,
};

/// One $VLK in base units: the token has 12 decimals on every chain.
pub const ONE_VLK: Balance = 1_000_000_000_000;

/// The networks that the program knows without a file.
const BUILT_IN: [(&str, &str); 1] =
    [("local", include_str!("../../../deployer/config/local.toml"))];

/// What the suite should be on a network, and how to get there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The name of its file.
    #[serde(skip)]
    pub name: String,
    /// JSON-RPC by WebSocket; the first that answers is used.
    pub endpoints: Vec<String>,
    /// Whether its keys are well known, and its delays may be zero.
    #[serde(default)]
    pub development: bool,
    /// When a step is done.
    #[serde(default = "finalized", deserialize_with = "until")]
    pub finality: Until,
    /// How often to look for the next block.
    #[serde(default = "poll_ms")]
    pub poll_ms: u64,
    /// How long to try to get a lost connection back.
    #[serde(default = "patience_secs")]
    pub patience_secs: u64,
    /// Makes the addresses different from another suite's of the same deployer.
    #[serde(default)]
    pub salt: String,
    /// A file with the key, where the environment has none; relative to this file's folder.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// How long things wait.
    pub delays: Delays,
    /// The platform's fees.
    pub fees: Fees,
    /// Who is who.
    pub roles: Roles,
    /// $VLK.
    pub vlk: Vlk,
    /// Further PSP22 tokens that are assets from the start: asset 2, 3, …
    #[serde(default, deserialize_with = "accounts")]
    pub tokens: Vec<AccountId>,
    /// Reports and their bonds.
    #[serde(default)]
    pub moderation: Moderation,
    /// Categories, and gateways to other chains.
    #[serde(default)]
    pub directory: Directory,
    /// Who has something at stake; nobody is asked otherwise.
    #[serde(default)]
    pub staking: Option<Staking>,
}

/// Reports and their bonds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moderation {
    /// The bond of a report, in base units of the native token.
    #[serde(default = "bond", deserialize_with = "amount")]
    pub bond: Balance,
    /// Where the bonds of abusive reports go; `roles.treasury`, where none is named.
    #[serde(default, deserialize_with = "maybe_account")]
    pub treasury: Option<AccountId>,
}

impl Default for Moderation {
    fn default() -> Self {
        Self {
            bond: bond(),
            treasury: None,
        }
    }
}

/// Categories, and gateways to other chains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Who may register streams of other chains.
    #[serde(default, deserialize_with = "accounts")]
    pub gateways: Vec<AccountId>,
    /// The names of categories, by number.
    #[serde(default, deserialize_with = "categories")]
    pub categories: BTreeMap<u16, String>,
}

/// The contract that tells what accounts have at stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staking {
    /// Its account.
    #[serde(deserialize_with = "account")]
    pub contract: AccountId,
    /// How much makes a staker, in base units of what is staked.
    #[serde(deserialize_with = "amount")]
    pub minimum: Balance,
}

/// How long things wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delays {
    /// Between beginning an exit and finishing it.
    pub exit_ms: Millis,
    /// Between announcing a change and applying it.
    pub change_ms: Millis,
}

/// The platform's fees, in basis points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Of standard streams.
    pub standard: u16,
    /// Of premium streams.
    pub premium: u16,
    /// Of subscriptions.
    pub subscription: u16,
    /// Of tips.
    pub tips: u16,
    /// The referrer's part of the platform's fee.
    pub referral: u16,
}

/// Who is who.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Who owns every contract in the end; who deploys, where nobody is named.
    #[serde(default, deserialize_with = "maybe_account")]
    pub owner: Option<AccountId>,
    /// Where platform fees and donations go.
    #[serde(deserialize_with = "account")]
    pub treasury: AccountId,
    /// Who may suspend streams, set before the registry is offered to its owner.
    #[serde(default, deserialize_with = "accounts")]
    pub moderators: Vec<AccountId>,
}

/// $VLK.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vlk {
    /// All that there will ever be, in whole $VLK.
    pub cap: u64,
    /// Whom it is minted to.
    pub allocations: Vec<Allocation>,
}

/// A part of all $VLK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    /// Whose it is.
    #[serde(deserialize_with = "account")]
    pub account: AccountId,
    /// How much, in whole $VLK.
    pub amount: u64,
}

impl Network {
    /// The network of this name: from `<dir>/<name>.toml` if there is such a file, or else the built-in one.
    pub fn load(name: &str, dir: Option<&Path>) -> Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        ensure!(
            !name.is_empty() && name.chars().all(plain),
            "{name:?} is no name of a network: letters, digits, - and _"
        );
        let default = Path::new("deployer/config");
        let dir = dir.unwrap_or(default);
        let file = dir.join(name).with_extension("toml");
        let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
        let text = match (fs::read_to_string(&file), built_in) {
            (Ok(text), _) => text,
            (Err(_), Some((_, text))) if !file.exists() => (*text).to_owned(),
            (Err(error), _) => {
                return Err(error).with_context(|| format!("no network in {}", file.display()))
            }
        };
        let mut network =
            Self::parse(name, &text).with_context(|| format!("the network {name}"))?;
        if let Some(key_file) = &mut network.key_file {
            *key_file = dir.join(&*key_file);
        }
        Ok(network)
    }

    /// From the text of a network's file.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut network: Self = toml::from_str(text)?;
        network.name = name.to_owned();
        network.check()?;
        Ok(network)
    }

    /// What no contract would take, and no operator means.
    fn check(&self) -> Result<()> {
        ensure!(!self.endpoints.is_empty(), "`endpoints` names none");
        for endpoint in &self.endpoints {
            ensure!(
                endpoint.starts_with("wss://")
                    || is_near(endpoint)
                    || (self.development && endpoint.starts_with("ws://")),
                "endpoint {}: wss://, or ws:// to this machine",
                endpoint_address(endpoint)
            );
        }
        ensure!(self.poll_ms >= 1, "`poll_ms` is at least 1");
        let Delays { exit_ms, change_ms } = self.delays;
        if change_ms == 0 {
            ensure!(
                self.development,
                "`delays.change_ms` is zero, which is for development alone"
            );
        } else {
            ensure!(
                (MIN_CHANGE_DELAY_MS..=MAX_CHANGE_DELAY_MS).contains(&change_ms),
                "`delays.change_ms` is {change_ms}, not within {MIN_CHANGE_DELAY_MS}..={MAX_CHANGE_DELAY_MS}"
            );
        }
        let shortest = if change_ms == 0 { 0 } else { MIN_EXIT_DELAY_MS };
        ensure!(
            (shortest..=MAX_GRACE_MS).contains(&exit_ms),
            "`delays.exit_ms` is {exit_ms}, not within {shortest}..={MAX_GRACE_MS}"
        );
        let fees = self.fees;
        let platform = [
            ("standard", fees.standard),
            ("premium", fees.premium),
            ("subscription", fees.subscription),
            ("tips", fees.tips),
        ];
        for (name, bps) in platform {
            ensure!(
                bps <= MAX_FEE_BPS,
                "`fees.{name}` is {bps} basis points, above {MAX_FEE_BPS}"
            );
        }
        ensure!(
            fees.referral <= MAX_REFERRAL_BPS,
            "`fees.referral` is {} basis points, above {MAX_REFERRAL_BPS}",
            fees.referral
        );
        self.check_vlk()?;
        // Two are the native token and $VLK.
        ensure!(
            self.tokens.len() <= usize::from(MAX_ASSETS) - 2,
            "`tokens` names too many"
        );
        let moderators = &self.roles.moderators;
        for (position, moderator) in moderators.iter().enumerate() {
            ensure!(
                !moderators[..position].contains(moderator),
                "`roles.moderators` names one twice"
            );
        }
        for (position, token) in self.tokens.iter().enumerate() {
            ensure!(
                !self.tokens[..position].contains(token),
                "`tokens` names one twice"
            );
        }
        self.check_directory()
    }

    fn check_directory(&self) -> Result<()> {
        let Directory {
            gateways,
            categories,
        } = &self.directory;
        for (position, gateway) in gateways.iter().enumerate() {
            ensure!(
                !gateways[..position].contains(gateway),
                "`directory.gateways` names one twice"
            );
        }
        let most = usize::try_from(MAX_NAME_LEN)?;
        for (number, name) in categories {
            ensure!(
                *number < MAX_CATEGORIES,
                "`directory.categories` names {number}, and they are numbered below {MAX_CATEGORIES}"
            );
            ensure!(
                (1..=most).contains(&name.len()),
                "`directory.categories` calls {number} {name:?}: names have 1 to {most} bytes"
            );
        }
        Ok(())
    }

    fn check_vlk(&self) -> Result<()> {
        let allocations = &self.vlk.allocations;
        let most = usize::try_from(MAX_ALLOCATIONS)?;
        ensure!(
            !allocations.is_empty() && allocations.len() <= most,
            "`vlk.allocations` has {} entries, not 1 to {most}",
            allocations.len()
        );
        let mut sum = 0u64;
        for (position, one) in allocations.iter().enumerate() {
            ensure!(one.amount > 0, "an allocation of nothing");
            let mut before = allocations[..position].iter();
            ensure!(
                before.all(|other| other.account != one.account),
                "`vlk.allocations` names an account twice"
            );
            sum = sum
                .checked_add(one.amount)
                .context("the allocations are too much")?;
        }
        if sum != self.vlk.cap {
            bail!(
                "the allocations of $VLK come to {sum}, and `vlk.cap` is {}",
                self.vlk.cap
            );
        }
        Ok(())
    }

    /// How patient a client of it is.
    pub fn options(&self) -> Options {
        Options {
            poll: Duration::from_millis(self.poll_ms),
            patience: Duration::from_secs(self.patience_secs),
            ..Options::default()
        }
    }

    /// The fees as the payment handler has them.
    pub fn fee_schedule(&self) -> FeeSchedule {
        FeeSchedule {
            standard_bps: self.fees.standard,
            premium_bps: self.fees.premium,
            subscription_bps: self.fees.subscription,
            tips_bps: self.fees.tips,
            referral_bps: self.fees.referral,
        }
    }

    /// Where the bonds of abusive reports go.
    pub fn bond_treasury(&self) -> AccountId {
        self.moderation.treasury.unwrap_or(self.roles.treasury)
    }

    /// Who tells what accounts have at stake, as the pricing engine has it.
    pub fn staking(&self) -> Option<vilokanam_interfaces::Staking> {
        let Staking { contract, minimum } = self.staking?;
        Some(vilokanam_interfaces::Staking {
            contract: contract.into(),
            minimum,
        })
    }

    /// The allocations in base units.
    pub fn allocations(&self) -> Vec<(AccountId, Balance)> {
        let all = self.vlk.allocations.iter();
        all.map(|one| (one.account, Balance::from(one.amount) * ONE_VLK))
            .collect()
    }
}

fn finalized() -> Until {
    Until::Finalized
}

fn poll_ms() -> u64 {
    500
}

fn patience_secs() -> u64 {
    60
}

/// Ten tokens of twelve decimals.
fn bond() -> Balance {
    10_000_000_000_000
}

/// An amount: a number, or a text where it is larger than TOML's numbers.
fn amount<'de, D: Deserializer<'de>>(input: D) -> Result<Balance, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Amount {
        Number(u64),
        Text(String),
    }
    match Amount::deserialize(input)? {
        Amount::Number(number) => Ok(number.into()),
        Amount::Text(text) => text
            .replace('_', "")
            .parse()
            .map_err(|_| serde::de::Error::custom(format!("{text:?} is no amount of base units"))),
    }
}

fn categories<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<u16, String>, D::Error> {
    let named = BTreeMap::<String, String>::deserialize(input)?;
    let numbered = named.into_iter().map(|(number, name)| {
        let number = number.parse().map_err(|_| {
            serde::de::Error::custom(format!("{number:?} is no number of a category"))
        })?;
        Ok((number, name))
    });
    numbered.collect()
}

fn until<'de, D: Deserializer<'de>>(input: D) -> Result<Until, D::Error> {
    match String::deserialize(input)?.as_str() {
        "final" => Ok(Until::Finalized),
        "in-block" => Ok(Until::InBlock),
        other => Err(serde::de::Error::custom(format!(
            "{other:?} is neither \"final\" nor \"in-block\""
        ))),
    }
}

fn account<'de, D: Deserializer<'de>>(input: D) -> Result<AccountId, D::Error> {
    let text = String::deserialize(input)?;
    parse_account(&text).map_err(serde::de::Error::custom)
}

fn maybe_account<'de, D: Deserializer<'de>>(input: D) -> Result<Option<AccountId>, D::Error> {
    account(input).map(Some)
}

fn accounts<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<AccountId>, D::Error> {
    let all = Vec::<String>::deserialize(input)?;
    all.iter()
        .map(|text| parse_account(text).map_err(serde::de::Error::custom))
        .collect()
}

/// Whether an endpoint without encryption is on this machine.
fn is_near(endpoint: &str) -> bool {
    let Some(rest) = endpoint.strip_prefix("ws://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    };
    ["127.0.0.1", "localhost", "[::1]"].contains(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: &str = BUILT_IN[0].1;

    #[test]
    fn the_built_in_network_is_good() -> Result<()> {
        let network = Network::load("local", Some(Path::new("/nowhere")))?;
        assert_eq!(network.endpoints, ["ws://127.0.0.1:9944"]);
        assert!(network.development);
        assert_eq!(network.finality, Until::Finalized);
        assert_eq!(network.fees.standard, 1_000);
        let sum: Balance = network.allocations().iter().map(|(_, part)| part).sum();
        assert_eq!(sum, 1_000_000_000 * ONE_VLK);
        Ok(())
    }

    #[test]
    fn a_file_overrides_and_a_missing_one_is_named() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("vilokanam-config-{}", std::process::id()));
        fs::create_dir_all(&dir)?;
        fs::write(dir.join("local.toml"), LOCAL.replace("9944", "9955"))?;
        let network = Network::load("local", Some(&dir));
        let missing = Network::load("elsewhere", Some(&dir));
        fs::remove_dir_all(&dir)?;
        assert_eq!(network?.endpoints, ["ws://127.0.0.1:9955"]);
        let missing = format!("{:#}", missing.expect_err("no such file"));
        assert!(missing.contains("elsewhere.toml"), "{missing}");
        assert!(Network::load("../local", None).is_err());
        Ok(())
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_missing() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("vilokanam-network-{}", std::process::id()));
        fs::create_dir_all(dir.join("local.toml"))?;
        fs::write(dir.join("my-net_1.toml"), LOCAL)?;
        let (folder, named) = (
            Network::load("local", Some(&dir)),
            Network::load("my-net_1", Some(&dir)),
        );
        fs::remove_dir_all(&dir)?;
        assert!(folder.is_err());
        assert_eq!(named?.name, "my-net_1");
        Ok(())
    }

    #[test]
    fn what_is_said_goes_before_what_is_usual() -> Result<()> {
        let usual = LOCAL.replacen("poll_ms = 20", "", 1);
        let usual = Network::parse("local", &usual)?;
        assert_eq!((usual.poll_ms, usual.patience_secs), (500, 60));
        assert_eq!((usual.roles.owner, usual.moderation.treasury), (None, None));
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        let said = LOCAL
            .replacen("poll_ms = 20", "poll_ms = 20\npatience_secs = 7", 1)
            .replacen("[roles]", &format!("[roles]\nowner = {alice:?}"), 1)
            .replacen(
                "[moderation]",
                &format!("[moderation]\ntreasury = {alice:?}"),
                1,
            );
        let said = Network::parse("local", &said)?;
        let alice = Some(parse_account(alice)?);
        assert_eq!((said.roles.owner, said.moderation.treasury), (alice, alice));
        assert_eq!(said.bond_treasury(), alice.context("is there")?);
        let options = said.options();
        assert_eq!(options.poll, Duration::from_millis(20));
        assert_eq!(options.patience, Duration::from_secs(7));
        Ok(())
    }

    #[test]
    fn an_exit_takes_a_while_unless_changes_take_none() {
        let with = |exit_ms: u64, change_ms: u64| {
            let delays = LOCAL
                .replacen("exit_ms = 3_600_000", &format!("exit_ms = {exit_ms}"), 1)
                .replacen("change_ms = 0", &format!("change_ms = {change_ms}"), 1);
            Network::parse("local", &delays)
        };
        assert!(with(0, 0).is_ok());
        assert!(with(MIN_EXIT_DELAY_MS, MIN_CHANGE_DELAY_MS).is_ok());
        assert!(with(MIN_EXIT_DELAY_MS - 1, MIN_CHANGE_DELAY_MS).is_err());
    }

    #[test]
    fn what_is_on_top_is_optional() -> Result<()> {
        let plain = Network::parse("local", LOCAL)?;
        assert_eq!(plain.moderation, Moderation::default());
        assert_eq!(plain.bond_treasury(), plain.roles.treasury);
        assert_eq!(plain.directory, Directory::default());
        assert_eq!(plain.staking(), None);
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        let more = LOCAL.replacen("bond = 10_000_000_000_000", "bond = \"2_5\"", 1);
        let more = format!(
            "{more}\n[directory]\ngateways = [{alice:?}]\n[directory.categories]\n7 = \"Chess\"\n255 = \"Music\"\n\
             [staking]\ncontract = {alice:?}\nminimum = 1_000\n"
        );
        let network = Network::parse("local", &more)?;
        assert_eq!(network.moderation.bond, 25);
        assert_eq!(network.directory.gateways, [parse_account(alice)?]);
        let names: Vec<_> = network.directory.categories.into_iter().collect();
        assert_eq!(names, [(7, "Chess".into()), (255, "Music".into())]);
        assert_eq!(network.staking.map(|staking| staking.minimum), Some(1_000));
        for (right, wrong, named) in [
            ("7 = ", "256 = ", "numbered below 256"),
            ("7 = ", "seven = ", "no number of a category"),
            ("\"Chess\"", "\"\"", "1 to 32 bytes"),
            ("\"2_5\"", "\"ten\"", "no amount of base units"),
            ("\"2_5\"", "-1", "bond = -1"),
        ] {
            // The last: examples in comments come before it.
            let (before, after) = more.rsplit_once(right).expect(right);
            let error = Network::parse("x", &[before, wrong, after].concat());
            let error = format!("{:#}", error.expect_err(wrong));
            assert!(error.contains(named), "{wrong}: {error}");
        }
        Ok(())
    }

    #[test]
    fn mistakes_are_refused_by_name() {
        let cases = [
            ("poll_ms = 20", "pol_ms = 20", "pol_ms"),
            ("change_ms = 0", "change_ms = 1", "delays.change_ms"),
            (
                "exit_ms = 3_600_000",
                "exit_ms = 86_400_001",
                "delays.exit_ms",
            ),
            (
                "development = true",
                "development = false",
                "delays.change_ms",
            ),
            ("standard = 1_000", "standard = 3_001", "fees.standard"),
            ("referral = 1_000", "referral = 5_001", "fees.referral"),
            ("cap = 1_000_000_000", "cap = 999", "vlk.cap"),
            ("amount = 50_000_000", "amount = 0", "allocation of nothing"),
            ("GKutQY\"\namount", "GKutQZ\"\namount", "mistyped"),
            ("= \"final\"", "= \"soon\"", "in-block"),
            ("ws://127.0.0.1:9944", "http://127.0.0.1", "endpoint"),
            ("[\"ws://127.0.0.1:9944\"]", "[]", "endpoints"),
        ];
        for (right, wrong, named) in cases {
            assert!(LOCAL.contains(right), "{right}");
            let error = Network::parse("x", &LOCAL.replacen(right, wrong, 1));
            let error = format!("{:#}", error.expect_err(wrong));
            assert!(error.contains(named), "{wrong}: {error}");
        }
    }
    #[test]
    fn only_this_machine_is_near() {
        let near = [
            "localhost",
            "localhost:9944",
            "127.0.0.1:1/x",
            "[::1]",
            "[::1]:9944?y",
        ];
        assert!(near.iter().all(|host| is_near(&format!("ws://{host}"))));
        let far = [
            "localhost.evil.com",
            "localhost.evil.com:9944",
            "127.0.0.1.evil.com",
            "localhost@evil.com",
            "localhost:1@evil.com",
            "evil.com/localhost",
            "[::1].evil.com",
            "",
        ];
        assert!(!far.iter().any(|host| is_near(&format!("ws://{host}"))));
    }
}
