// Randomness that can be had again: every use prints its seed, and E2E_SEED sets it.
import { randomBytes } from 'node:crypto';

export class Random {
  private state: number;

  constructor(purpose: string) {
    const seed = Number(process.env['E2E_SEED'] ?? randomBytes(4).readUInt32LE());
    this.state = seed >>> 0;
    console.log(`# ${purpose}: E2E_SEED=${seed}`);
  }

  /** A whole number from `low` to `high`, both included (mulberry32). */
  between(low: number, high: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return low + (((t ^ (t >>> 14)) >>> 0) % (high - low + 1));
  }

  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)] as T;
  }
}

/** A number that no other process of this run draws: names of payments, markers of privacy tests. */
export function fresh(): string {
  return randomBytes(6).toString('hex');
}

/** As many random hexadecimal digits: what a guesser of links tries. */
export function hexadecimal(count: number): string {
  return randomBytes(Math.ceil(count / 2)).toString('hex').slice(0, count);
}

/** As many random decimal digits, the first not zero. */
export function digits(count: number): string {
  let text = '';
  while (text.length < count) text += String(randomBytes(4).readUInt32LE());
  return text.slice(0, count).replace(/^0/, '7');
}
