//! JSON-RPC that survives a lost connection.

use anyhow::{anyhow, bail, ensure, Context, Result};
use serde_json::{json, Value};
use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};
use subxt::ext::subxt_rpcs::{client::RpcParams, Error as LowError, RpcClient};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

/// How patient a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// A request that is not answered by then is asked again.
    pub request: Duration,
    /// How long to try to get a lost connection back, or a first one.
    pub patience: Duration,
    /// How often to look for the next block.
    pub poll: Duration,
    /// How long a transaction may wait for a block, and a block for finality.
    pub inclusion: Duration,
    /// For how many blocks a transaction is good, a power of two. One that was lost cannot come back afterwards.
    pub mortal_blocks: u64,
    /// How long to wait for transactions of the account that an earlier run left in the pool.
    pub leftovers: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            patience: Duration::from_secs(60),
            poll: Duration::from_millis(100),
            inclusion: Duration::from_secs(300),
            mortal_blocks: 64,
            leftovers: Duration::from_secs(60),
        }
    }
}

/// The node answered that it will not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// The JSON-RPC error code.
    pub code: i32,
    /// What it says.
    pub message: String,
}

impl core::fmt::Display for RpcError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} (code {})", self.message, self.code)
    }
}

impl std::error::Error for RpcError {}

/// A connection to the first of some endpoints that answers. Every request may be asked twice, so only those go through
/// here that do no harm then: reads, and submitting a signed transaction, which no pool takes twice.
///
/// All connections are to one chain, that of the first: an endpoint with another block 0 counts as one that does not answer.
pub struct Rpc {
    endpoints: Vec<String>,
    options: Options,
    /// The hash of block 0, as the first connection told it.
    genesis: OnceLock<String>,
    connection: Mutex<Option<RpcClient>>,
}

impl Rpc {
    /// Connects.
    pub async fn connect(endpoints: &[String], options: Options) -> Result<Self> {
        if endpoints.is_empty() {
            bail!("no endpoint is named");
        }
        let rpc = Self {
            endpoints: endpoints.to_vec(),
            options,
            genesis: OnceLock::new(),
            connection: Mutex::new(None),
        };
        rpc.call("system_health", Value::Array(Vec::new())).await?;
        Ok(rpc)
    }

    /// How patient it is.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Calls a method and returns its result. An [`RpcError`] is the node's own refusal; other errors mean that no endpoint
    /// answered within the patience.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value> {
        let deadline = Instant::now() + self.options.patience;
        let mut pause = Duration::from_millis(50);
        loop {
            let failure = match self.try_call(method, &params).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(refusal)) => return Err(refusal.into()),
                Err(failure) => failure,
            };
            if Instant::now() + pause >= deadline {
                let tried: Vec<_> = self.endpoints.iter().map(|one| address(one)).collect();
                let tried = tried.join(", ");
                return Err(failure.context(format!("{method}: no answer from {tried}")));
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// Bytes that a method answers in hex; `None` where it answers null.
    pub async fn bytes(&self, method: &str, params: Value) -> Result<Option<Vec<u8>>> {
        let answer = self.call(method, params).await?;
        if answer.is_null() {
            return Ok(None);
        }
        let text = answer
            .as_str()
            .ok_or_else(|| anyhow!("{method} answered {answer}"))?;
        crate::parse_hex(text)
            .with_context(|| format!("{method} answered no hex"))
            .map(Some)
    }

    async fn try_call(&self, method: &str, params: &Value) -> Result<Result<Value, RpcError>> {
        let connection = self.connection().await?;
        let mut list = RpcParams::new();
        for param in params.as_array().into_iter().flatten() {
            list.push(param)?;
        }
        let answer = timeout(self.options.request, connection.request(method, list)).await;
        match answer {
            Ok(Ok(value)) => Ok(Ok(value)),
            Ok(Err(LowError::User(error))) => {
                let detail = error.data.as_ref().map(|data| data.get().trim_matches('"'));
                let message = match detail {
                    Some(detail) => format!("{}: {detail}", error.message),
                    None => error.message.clone(),
                };
                Ok(Err(RpcError {
                    code: error.code,
                    message,
                }))
            }
            Ok(Err(LowError::Deserialization(error))) => {
                Err(anyhow!(error).context("an answer that is no JSON"))
            }
            failed => {
                // A new connection, next time, to whichever endpoint is there.
                *self.connection.lock().await = None;
                match failed {
                    Ok(Err(error)) => Err(error.into()),
                    _ => bail!("no answer within {:?}", self.options.request),
                }
            }
        }
    }

    async fn connection(&self) -> Result<RpcClient> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        let mut failure = None;
        for endpoint in &self.endpoints {
            let opened = timeout(self.options.request, RpcClient::from_insecure_url(endpoint));
            match opened.await {
                Ok(Ok(opened)) => match self.ensure_chain(&opened, endpoint).await {
                    Ok(()) => {
                        *connection = Some(opened.clone());
                        return Ok(opened);
                    }
                    Err(error) => failure = Some(error),
                },
                Ok(Err(error)) => failure = Some(anyhow!(error)),
                Err(_) => failure = Some(anyhow!("{} does not answer", address(endpoint))),
            }
        }
        Err(failure.unwrap_or_else(|| anyhow!("no endpoint")))
    }

    /// Refuses a connection to another chain than the first one's.
    async fn ensure_chain(&self, opened: &RpcClient, endpoint: &str) -> Result<()> {
        let endpoint = address(endpoint);
        let mut list = RpcParams::new();
        list.push(json!(0))?;
        let asked = opened.request::<Option<String>>("chain_getBlockHash", list);
        let Ok(answer) = timeout(self.options.request, asked).await else {
            bail!("{endpoint} does not answer");
        };
        let there = answer?.with_context(|| format!("{endpoint} knows no block 0"))?;
        let first = self.genesis.get_or_init(|| there.clone());
        ensure!(
            there == *first,
            "{endpoint} is of another chain: its block 0 is {there}, and that of the first endpoint that answered {first}"
        );
        Ok(())
    }
}

/// What may be told of an endpoint: its scheme, host and port. Paths, queries and user names are where keys are.
pub fn address(endpoint: &str) -> String {
    let (scheme, rest) = match endpoint.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => (scheme, rest),
        _ => return "an endpoint without a scheme".to_owned(),
    };
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_endpoint_no_key_is_told() {
        for (endpoint, told) in [
            ("ws://127.0.0.1:9944", "ws://127.0.0.1:9944"),
            ("wss://rpc.example/v1/SECRET", "wss://rpc.example"),
            ("wss://rpc.example:443?key=SECRET", "wss://rpc.example:443"),
            ("wss://rpc.example#SECRET", "wss://rpc.example"),
            ("wss://me:SECRET@rpc.example/ws", "wss://rpc.example"),
            ("wss://me:SEC@RET@[::1]:9944/", "wss://[::1]:9944"),
            ("rpc.example/SECRET", "an endpoint without a scheme"),
            ("rpc.example/SECRET://x", "an endpoint without a scheme"),
        ] {
            assert_eq!(address(endpoint), told);
        }
    }

    #[test]
    fn a_nodes_refusal_is_told_with_its_code() {
        let (code, message) = (1_010, "Invalid Transaction".to_owned());
        let told = RpcError { code, message }.to_string();
        assert_eq!(told, "Invalid Transaction (code 1010)");
    }

    #[tokio::test]
    async fn an_endpoint_that_does_not_answer_is_named_without_its_key() {
        let options = Options {
            patience: Duration::from_millis(100),
            ..Options::default()
        };
        // Nobody listens on port 1.
        let endpoints = ["ws://127.0.0.1:1/SECRET?key=SECRET".to_owned()];
        let Err(error) = Rpc::connect(&endpoints, options).await else {
            panic!("somebody answered");
        };
        let error = format!("{error:#}");
        assert!(
            error.contains("no answer from ws://127.0.0.1:1: "),
            "{error}"
        );
        assert!(!error.contains("SECRET"), "{error}");
    }
}
