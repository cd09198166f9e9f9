// What may never be found in the clear, and where it is looked for (design: secrets and personal
// data). Every test file that sends such values has the sandbox searched when it ends.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * `personal`: nowhere at all. `key`: nowhere but in the key files that the command line made.
 * `token`: public by nature (the store finds keys by it), but never printed or logged.
 */
export type Kind = 'personal' | 'key' | 'token';
export type Leak = { kind: Kind; value: string; where: string };

// Shorter ones would be found by chance in ids and dates.
const LENGTH_MIN = 6;

const PERSONAL_FIELDS: Record<string, readonly string[]> = {
  sender: ['pan', 'phone', 'card_holder'],
  receiver: ['pan', 'phone', 'card_holder'],
  customer: ['id', 'first_name', 'last_name', 'email', 'user_agent'],
  recipient_requisites: ['pan'],
};

export class SecretValues {
  private readonly values = new Map<string, Kind>();

  add(kind: Kind, ...values: unknown[]): void {
    for (const value of values) {
      if (typeof value === 'string' && value.length >= LENGTH_MIN) this.values.set(value, kind);
    }
  }

  /** Remembers the personal fields of a request's or an answer's body. */
  addBody(body: unknown): void {
    if (typeof body !== 'object' || body === null) return;
    for (const [object, fields] of Object.entries(PERSONAL_FIELDS)) {
      const part = (body as Record<string, unknown>)[object];
      if (typeof part !== 'object' || part === null) continue;
      for (const field of fields) this.add('personal', (part as Record<string, unknown>)[field]);
    }
  }

  get size(): number {
    return this.values.size;
  }

  findIn(content: Buffer, where: string, kinds: readonly Kind[]): Leak[] {
    const leaks: Leak[] = [];
    const inOtherLetters = decoded(content);
    for (const [value, kind] of this.values) {
      if (!kinds.includes(kind)) continue;
      if (content.includes(value)) leaks.push({ kind, value, where });
      else if (inOtherLetters.includes(value)) leaks.push({ kind, value, where: `${where}, in Base64 or hexadecimal` });
    }
    return leaks;
  }
}

/** Whatever stands there in Base64 (M of a signature does) or in hexadecimal digits, as it is in the clear. */
function decoded(content: Buffer): Buffer {
  const text = content.toString('latin1');
  const parts: Buffer[] = [];
  const gap = Buffer.from([0]);
  // A run of such letters may begin earlier than what was encoded.
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{8,}/g)) {
    for (let from = 0; from < 4; from++) parts.push(Buffer.from(run.slice(from), 'base64'), gap);
  }
  for (const [run] of text.matchAll(/[0-9A-Fa-f]{12,}/g)) {
    for (let from = 0; from < 2; from++) parts.push(Buffer.from(run.slice(from), 'hex'), gap);
  }
  return Buffer.concat(parts);
}

/** Every file under `dir` except those that exist to hold a key. */
export function filesOf(dir: string): { path: string; content: Buffer }[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(pem|txt)$/.test(entry.name))
    .filter((entry) => !entry.name.startsWith('key-ring') && !entry.name.startsWith('key_ring'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(dir, path), content: readFileSync(path) }));
}
