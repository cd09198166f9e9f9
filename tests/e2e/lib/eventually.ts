// Waiting in tests: for a fact, up to a deadline; never for a time.
import { setTimeout as pause } from 'node:timers/promises';

const POLL_FIRST_MS = 10;
const POLL_MAX_MS = 150;

/**
 * Calls `probe` until it returns something (not undefined, null or false), and returns that. An
 * assertion that fails inside counts as "not yet" and is what the deadline reports.
 */
export async function eventually<T>(
  what: string, probe: () => T | Promise<T>, deadlineMs = 10_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const until = performance.now() + deadlineMs;
  let gap = POLL_FIRST_MS;
  let last: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== null && found !== false) {
        return found as NonNullable<Exclude<T, false>>;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > until) break;
    await pause(gap);
    gap = Math.min(gap * 1.5, POLL_MAX_MS);
  }
  const why = last instanceof Error ? `: ${last.message}` : '';
  throw new Error(`not within ${deadlineMs} ms: ${what}${why}`, { cause: last });
}

/** Rejects when `promise` takes longer: no test hangs on a server that does. */
export async function within<T>(what: string, deadlineMs: number, promise: Promise<T>): Promise<T> {
  const giveUp = new AbortController();
  const late = pause(deadlineMs, undefined, { signal: giveUp.signal }).then(() => {
    throw new Error(`not within ${deadlineMs} ms: ${what}`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    giveUp.abort();
  }
}

/** Runs `work` on every item, at most `width` at once, and returns the results in order. */
export async function inParallel<T, R>(
  items: readonly T[], width: number, work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
