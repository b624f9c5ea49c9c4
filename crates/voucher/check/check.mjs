// usage: node check.mjs VECTORS.JSON
//
// Checks the test vectors with nothing of the project's own code: the bytes are built from the table in docs/vouchers.md,
// the signatures verified by @polkadot/util-crypto, the numbers compared as integers of any size. Exits 1 on a difference.

import { readFileSync } from 'node:fs';
import { sr25519PairFromSeed, sr25519Sign, sr25519Verify } from '@polkadot/util-crypto';

const TOLERANCE_MS = 12_000n;
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data) => Buffer.from(data).toString('hex');
const ascii = (text) => Buffer.from(text, 'ascii');

/** `number`, a decimal, as `length` bytes, the lowest first. */
function littleEndian(number, length) {
  let rest = BigInt(number);
  const data = Array.from({ length }, () => {
    const byte = Number(rest & 0xffn);
    rest >>= 8n;
    return byte;
  });
  if (rest !== 0n) throw new Error(`${number} does not fit ${length} bytes`);
  return Buffer.from(data);
}

function messageOf({ domain, voucher }) {
  return Buffer.concat([
    ascii('vilokanam/voucher'),
    Buffer.from([1]),
    bytes(domain.genesis_hash),
    bytes(domain.contract),
    bytes(voucher.viewer),
    littleEndian(voucher.number, 4),
    littleEndian(voucher.stream, 4),
    littleEndian(voucher.asset, 2),
    littleEndian(voucher.ms, 8),
    littleEndian(voucher.amount, 16),
  ]);
}

const wrap = (message) => Buffer.concat([ascii('<Bytes>'), message, ascii('</Bytes>')]);

/** Over exactly these bytes. The library throws at what is no signature at all. */
function verifies(message, signature, key) {
  try {
    return sr25519Verify(message, signature, key);
  } catch {
    return false;
  }
}

function refusalOf({ voucher, terms, now_ms }) {
  const ms = BigInt(voucher.ms);
  const amount = BigInt(voucher.amount);
  const [now, from, until] = [now_ms, terms.from_ms, terms.until_ms].map(BigInt);
  const end = now < until ? now : until;
  const since = end > from ? end - from : 0n;
  if (amount <= BigInt(terms.paid)) return 'NotNewer';
  if (ms < BigInt(terms.paid_ms)) return 'TimeFallsBack';
  if (amount * 1000n > BigInt(terms.ceiling) * ms) return 'AboveCeiling';
  if (ms > since + TOLERANCE_MS) return 'AheadOfTime';
  if (amount > BigInt(terms.available)) return 'AboveHold';
  return null;
}

/** What this implementation finds, in the words of the vectors. */
function find(vector) {
  const message = messageOf(vector);
  const wrapped = wrap(message);
  const signature = bytes(vector.signature);
  const key = bytes(vector.public);
  const isSigned = verifies(message, signature, key) || verifies(wrapped, signature, key);
  const refusal = isSigned ? refusalOf(vector) : 'Signature';
  const { voucher, terms } = vector;
  return {
    message: hex(message),
    wrapped: hex(wrapped),
    refusal,
    valid: refusal === null,
    adds: refusal === null
      ? {
          amount: String(BigInt(voucher.amount) - BigInt(terms.paid)),
          ms: String(BigInt(voucher.ms) - BigInt(terms.paid_ms)),
        }
      : null,
  };
}

function permitMessageOf({ domain, permit }) {
  return Buffer.concat([
    ascii('vilokanam/permit'),
    Buffer.from([1]),
    bytes(domain.genesis_hash),
    bytes(domain.contract),
    bytes(permit.owner),
    bytes(permit.spender),
    littleEndian(permit.value, 16),
    littleEndian(permit.nonce, 8),
    littleEndian(permit.deadline_ms, 8),
  ]);
}

/** The same of a permit. */
function findPermit(vector) {
  const message = permitMessageOf(vector);
  const wrapped = wrap(message);
  const signature = bytes(vector.signature);
  const { owner, deadline_ms } = vector.permit;
  const isSigned =
    !/^0*$/.test(owner) &&
    [message, wrapped].some((form) => verifies(form, signature, bytes(owner)));
  let refusal = null;
  if (BigInt(vector.now_ms) > BigInt(deadline_ms)) refusal = 'Expired';
  else if (!isSigned) refusal = 'Signature';
  return { message: hex(message), wrapped: hex(wrapped), refusal, valid: refusal === null };
}

let differences = 0;
function compare(name, what, expected, found) {
  const [left, right] = [expected, found].map((value) => JSON.stringify(value));
  if (left === right) return;
  differences += 1;
  console.error(`${name}: ${what} is ${left} in the file, ${right} here`);
}

const file = JSON.parse(readFileSync(process.argv[2], 'utf8'));
compare('file', 'tag', file.tag, 'vilokanam/voucher');
compare('file', 'version', file.version, 1);
compare('file', 'permit_tag', file.permit_tag, 'vilokanam/permit');
compare('file', 'permit_version', file.permit_version, 1);
compare('file', 'tolerance_ms', file.tolerance_ms, String(TOLERANCE_MS));
for (const list of ['vectors', 'permits']) {
  if (file[list].length === 0) compare('file', list, 'none', 'some');
}

for (const key of file.keys) {
  const { publicKey } = sr25519PairFromSeed(bytes(key.seed));
  compare(key.name, 'public', key.public, hex(publicKey));
}
const seeds = new Map(file.keys.map((key) => [key.public, key.seed]));

function check(vector, find) {
  const found = find(vector);
  for (const [what, value] of Object.entries(found)) compare(vector.name, what, vector[what], value);

  // The signature is whole where the vector says so: a replay is refused for what it says, not for damage.
  if (vector.signed === null) return;
  const signed = bytes(vector.signed);
  compare(vector.name, 'whole', true, verifies(signed, bytes(vector.signature), bytes(vector.signer)));

  // What this implementation signs in its place has the same fate.
  const signature = hex(sr25519Sign(signed, sr25519PairFromSeed(bytes(seeds.get(vector.signer)))));
  compare(vector.name, 'refusal of a fresh signature', vector.refusal, find({ ...vector, signature }).refusal);
}

for (const vector of file.vectors) check(vector, find);
for (const permit of file.permits) check(permit, findPermit);

const valid = (list) => list.filter((vector) => vector.valid).length;
const { vectors, permits } = file;
console.log(
  `${vectors.length} vectors, ${valid(vectors)} of them valid; ` +
    `${permits.length} permits, ${valid(permits)} of them valid: ${differences} differences`,
);
process.exitCode = differences === 0 ? 0 : 1;
