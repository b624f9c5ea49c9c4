//! JSON-RPC to a node on this machine.

use anyhow::{anyhow, bail, Context, Result};
use serde_json::{json, Value};
use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

/// Longer than any block takes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A node's port. Each request has a connection of its own, so that a lost one is nobody's state.
#[derive(Debug, Clone, Copy)]
pub struct Rpc {
    port: u16,
}

impl Rpc {
    /// The node on this port.
    pub fn new(port: u16) -> Self {
        Self { port }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Calls a method and returns its result.
    pub fn call(&self, method: &str, params: Value) -> Result<Value> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let reply = self
            .post(&request.to_string())
            .with_context(|| format!("calling {method}"))?;
        let mut reply: Value =
            serde_json::from_str(&reply).with_context(|| format!("{method} answered no JSON"))?;
        if let Some(error) = reply.get("error") {
            bail!("{method} failed: {error}");
        }
        Ok(reply["result"].take())
    }

    /// Calls a method that answers bytes in hexadecimal; `None` where it answers null.
    pub fn bytes(&self, method: &str, params: Value) -> Result<Option<Vec<u8>>> {
        let result = self.call(method, params)?;
        if result.is_null() {
            return Ok(None);
        }
        let text = result
            .as_str()
            .ok_or_else(|| anyhow!("{method} answered {result}"))?;
        from_hex(text).map(Some)
    }

    fn post(&self, body: &str) -> Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        let (head, body) = reply
            .split_once("\r\n\r\n")
            .ok_or_else(|| anyhow!("the node closed the connection"))?;
        if !head.starts_with("HTTP/1.1 200 ") {
            bail!("the node answered {}", head.lines().next().unwrap_or(""));
        }
        Ok(body.to_owned())
    }
}

/// `0x` and two digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    core::iter::once("0x".to_owned()).chain(digits).collect()
}

/// The bytes of [`hex`].
pub fn from_hex(text: &str) -> Result<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| Ok(u8::from_str_radix(core::str::from_utf8(pair)?, 16)?))
        .collect()
}
