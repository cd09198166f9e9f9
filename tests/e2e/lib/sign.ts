// The signatures of wire §3, written a second time from the specification, so that a mistake of the
// product can't hide in a test that shares its code. Checked against tests/data/signing-vectors.json.
import { createHash, createHmac, createPublicKey, sign, verify, type KeyLike } from 'node:crypto';

import { leavesOf, type Leaf } from './json_lines.ts';

export type Scheme = 'RSA' | 'HMAC';

/** How a client may differ from the strict form and still be understood (wire §3.2). */
export type Liberties = {
  booleansAsWords?: boolean;
  utf16Order?: boolean;
  paddedMessage?: boolean; // M built with padded Base64Url
  otherHash?: boolean; // RSA over M itself; HMAC over SHA-256 of M
  encoding?: Encoding; // of the signature
};
export type Encoding = 'base64url' | 'base64url-padded' | 'base64' | 'base64-unpadded' | 'hex' | 'HEX';

/** N: one line a leaf, sorted, joined by `;`. */
export function canonical(body: string, liberties: Liberties = {}): string {
  const lines = leavesOf(body).map((leaf) => line(leaf, liberties));
  if (liberties.utf16Order === true) lines.sort();
  else lines.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return lines.join(';');
}

function line(leaf: Leaf, liberties: Liberties): string {
  return `${leaf.path.join(':')}:${word(leaf.value, liberties)}`;
}

function word(value: Leaf['value'], liberties: Liberties): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return value;
  return liberties.booleansAsWords === true ? String(value) : value ? '1' : '0';
}

/** M: N in Base64Url and the text of x-access-timestamp, nothing between them. */
export function message(body: string, timestamp: string, liberties: Liberties = {}): string {
  const bytes = Buffer.from(canonical(body, liberties));
  return encode(bytes, liberties.paddedMessage === true ? 'base64url-padded' : 'base64url') + timestamp;
}

export function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

export function signRsa(key: KeyLike, body: string, timestamp: string, liberties: Liberties = {}): string {
  const m = message(body, timestamp, liberties);
  // Twice by default: `sign` hashes what it is given, which is a hash already (wire §3.2).
  const signed = sign('sha256', liberties.otherHash === true ? Buffer.from(m) : sha256(m), key);
  return encode(signed, liberties.encoding);
}

export function signHmac(key: string, body: string, timestamp: string, liberties: Liberties = {}): string {
  const m = message(body, timestamp, liberties);
  const mac = createHmac('sha512', key).update(liberties.otherHash === true ? sha256(m) : m).digest();
  return encode(mac, liberties.encoding);
}

/** Only the strict form is accepted: that is what Kassa itself must send (wire §3.3). */
export function verifyStrict(
  scheme: Scheme, key: KeyLike, body: string, timestamp: string, signature: string,
): boolean {
  if (scheme === 'HMAC') return signature === signHmac(String(key), body, timestamp);
  if (!/^[A-Za-z0-9_-]+$/.test(signature)) return false;
  return verify('sha256', sha256(message(body, timestamp)), key, Buffer.from(signature, 'base64url'));
}

/** The access token of a public key: Base64Url of its SPKI DER, unpadded (wire §3). */
export function tokenOf(publicKeyPem: string): string {
  const der = createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' });
  return der.toString('base64url');
}

export function encode(bytes: Buffer, encoding: Encoding = 'base64url'): string {
  const padding = '='.repeat((3 - (bytes.length % 3)) % 3);
  switch (encoding) {
    case 'base64url': return bytes.toString('base64url');
    case 'base64url-padded': return bytes.toString('base64url') + padding;
    case 'base64': return bytes.toString('base64');
    case 'base64-unpadded': return bytes.toString('base64').replace(/=+$/, '');
    case 'hex': return bytes.toString('hex');
    case 'HEX': return bytes.toString('hex').toUpperCase();
  }
}
