//! What a contract's Wasm imports of the chain: whether its code can be replaced is seen there, and nowhere else.

use anyhow::{bail, ensure, Result};

const MAGIC: [u8; 8] = *b"\0asm\x01\0\0\0";
const IMPORT_SECTION: u8 = 2;

/// Whether this code has the host function by which a contract replaces its own code. One without is the contract's last.
pub fn can_upgrade(wasm: &[u8]) -> Result<bool> {
    Ok(imports(wasm)?
        .iter()
        .any(|(_, name)| name == "set_code_hash"))
}

/// What code imports: modules and names, in its order.
pub fn imports(wasm: &[u8]) -> Result<Vec<(String, String)>> {
    let Some(rest) = wasm.strip_prefix(&MAGIC) else {
        bail!("this is not Wasm");
    };
    let mut rest = Bytes(rest);
    while !rest.0.is_empty() {
        let section = rest.byte()?;
        let len = rest.number()?;
        let mut body = Bytes(rest.take(len)?);
        if section == IMPORT_SECTION {
            return body.imports();
        }
    }
    Ok(Vec::new())
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        ensure!(len <= self.0.len(), "the Wasm is cut off");
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    /// LEB128, of at most 32 bits.
    fn number(&mut self) -> Result<usize> {
        let mut number = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(usize::try_from(number)?);
            }
        }
        bail!("the Wasm has a number of more than 32 bits");
    }

    fn name(&mut self) -> Result<String> {
        let len = self.number()?;
        Ok(String::from_utf8(self.take(len)?.to_vec())?)
    }

    fn limits(&mut self) -> Result<()> {
        let has_maximum = self.byte()? & 1 == 1;
        self.number()?;
        if has_maximum {
            self.number()?;
        }
        Ok(())
    }

    fn imports(&mut self) -> Result<Vec<(String, String)>> {
        let mut imports = Vec::new();
        for _ in 0..self.number()? {
            imports.push((self.name()?, self.name()?));
            match self.byte()? {
                // a function, by its type
                0 => drop(self.number()?),
                // a table: its elements' type, its size
                1 => {
                    self.byte()?;
                    self.limits()?;
                }
                // memory: its size
                2 => self.limits()?,
                // a global: its type, whether it changes
                3 => drop(self.take(2)?),
                kind => bail!("the Wasm imports something of unknown kind {kind}"),
            }
        }
        Ok(imports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Imports memory, then two functions.
    fn wasm() -> Vec<u8> {
        let mut imports = vec![3];
        for (module, name, kind) in [
            ("env", "memory", &[2, 1, 2, 16][..]),
            ("seal1", "set_storage", &[0, 0]),
            ("seal0", "set_code_hash", &[0, 0x80, 0x01]),
        ] {
            for text in [module, name] {
                imports.push(u8::try_from(text.len()).expect("is short"));
                imports.extend(text.bytes());
            }
            imports.extend(kind);
        }
        let len = u8::try_from(imports.len()).expect("is short");
        [&MAGIC[..], &[1, 1, 0], &[IMPORT_SECTION, len], &imports].concat()
    }

    #[test]
    fn imports_are_read() {
        let names: Vec<_> = imports(&wasm())
            .expect("reads")
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        assert_eq!(names, ["memory", "set_storage", "set_code_hash"]);
        assert!(can_upgrade(&wasm()).expect("reads"));
        assert!(!can_upgrade(&MAGIC).expect("reads"));
        let mut other = wasm();
        let name = other.windows(4).position(|bytes| bytes == b"hash");
        other[name.expect("is there")] = b'H';
        assert!(!can_upgrade(&other).expect("reads"));
    }

    #[test]
    fn imports_of_every_kind_are_read_past_128_bytes() {
        let long = "n".repeat(100);
        let kinds = [
            &[1, 0x70, 0, 2][..], // a table that may grow
            &[1, 0x70, 1, 2, 3],  // and one to a maximum
            &[2, 0, 2],           // memory that may grow
            &[3, 0x7f, 0],        // a global
            &[0, 5],              // a function
        ];
        let mut imports = vec![5];
        for kind in kinds {
            imports.extend([1, b'm', 100]);
            imports.extend(long.bytes());
            imports.extend(kind);
        }
        let len = u16::try_from(imports.len()).expect("is short");
        let [low, high] = [(len & 0x7f) as u8 | 0x80, (len >> 7) as u8];
        let wasm = [&MAGIC[..], &[IMPORT_SECTION, low, high], &imports].concat();
        let read = super::imports(&wasm).expect("reads");
        assert_eq!(read, vec![("m".to_owned(), long); 5]);
    }

    #[test]
    fn damaged_code_is_refused() {
        let wasm = wasm();
        for len in [0, 4, 9, 10, 12, 20, wasm.len() - 1] {
            assert!(imports(&wasm[..len]).is_err(), "{len} bytes");
        }
        assert!(can_upgrade(b"garbage").is_err());
    }
}
