//! Numbers from bytes. Where the bytes end, all is zero: a short input is a simple one.

/// Bytes that are taken from the front.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        let len = N.min(self.0.len());
        let (front, rest) = self.0.split_at(len);
        taken[..len].copy_from_slice(front);
        self.0 = rest;
        taken
    }

    pub fn byte(&mut self) -> u8 {
        self.bytes::<1>()[0]
    }

    /// Whatever is left.
    pub fn rest(self) -> &'a [u8] {
        self.0
    }

    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.bytes())
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    pub fn u128(&mut self) -> u128 {
        u128::from_le_bytes(self.bytes())
    }

    /// As many small ones as large: a byte says how many bits are shifted out.
    pub fn sized(&mut self) -> u128 {
        let bits = u32::from(self.byte()) % 128;
        self.u128() >> bits
    }

    /// The same of 64 bits.
    pub fn sized_ms(&mut self) -> u64 {
        let bits = u32::from(self.byte()) % 64;
        self.u64() >> bits
    }
}
