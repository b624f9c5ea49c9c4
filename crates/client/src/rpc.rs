//! JSON-RPC that survives a lost connection.

use anyhow::{anyhow, bail, Context, Result};
use serde_json::Value;
use std::time::{Duration, Instant};
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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            patience: Duration::from_secs(60),
            poll: Duration::from_millis(100),
            inclusion: Duration::from_secs(300),
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
pub struct Rpc {
    endpoints: Vec<String>,
    options: Options,
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
                let tried = self.endpoints.join(", ");
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
                Ok(Ok(opened)) => {
                    *connection = Some(opened.clone());
                    return Ok(opened);
                }
                Ok(Err(error)) => failure = Some(anyhow!(error)),
                Err(_) => failure = Some(anyhow!("{endpoint} does not answer")),
            }
        }
        Err(failure.unwrap_or_else(|| anyhow!("no endpoint")))
    }
}
