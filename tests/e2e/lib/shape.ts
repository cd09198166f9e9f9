// What a payin's answers and callbacks look like: their keys in order, and what each value may be.
import assert from 'node:assert/strict';

import type { Json } from './http.ts';

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Keys in their order, at every depth; of an array only that it is one. */
export function keysOf(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  if (typeof value !== 'object' || value === null) return 'value';
  return Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]);
}

/** `actual` has the keys of `example`, in its order, at every depth. */
export function assertSameKeys(actual: unknown, example: unknown, what: string): void {
  assert.deepEqual(keysOf(actual), keysOf(example), `keys of ${what}`);
}

const ERROR_KEYS = [
  'status', 'sub_status', 'status_description', 'request_id', 'project_id', 'payment_id', 'code',
  'retryable', 'errors',
];

/** An error is exactly as wire §10 says; `further` are the keys that this one adds. */
export function assertError(
  answer: { status: number; headers: Json; json: Json }, status: number, code: string,
  further: string[] = [],
): void {
  const error = answer.json;
  const what = JSON.stringify(error);
  assert.equal(answer.status, status, what);
  assert.equal(error['code'], code, what);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  assert.deepEqual(Object.keys(error).sort(), [...ERROR_KEYS, ...further].sort(), what);
  assert.equal(error['status'], 'error');
  assert.equal(error['sub_status'], null);
  assert.match(error['status_description'] as string, /^[A-Z].*[.!]$/s, 'a sentence for people');
  assert.ok((error['status_description'] as string).length <= 1024);
  assert.equal(error['retryable'], [429, 500, 503].includes(status));
  assert.ok(error['request_id'] === null || UUID.test(error['request_id'] as string), what);
  for (const id of ['project_id', 'payment_id']) {
    assert.ok(error[id] === null || typeof error[id] === 'string', what);
  }
  assert.ok(Array.isArray(error['errors']));
  for (const field of error['errors'] as Json[]) {
    assert.deepEqual(Object.keys(field), ['field', 'code', 'message']);
    for (const part of Object.values(field)) assert.ok(typeof part === 'string' && part !== '');
  }
  if (code !== 'validation_failed') assert.deepEqual(error['errors'], []);
}

/** `field → code` of a 422. */
export function fieldErrors(error: Json): Record<string, string> {
  const rows = error['errors'] as { field: string; code: string }[];
  return Object.fromEntries(rows.map((row) => [row.field, row.code]));
}

export function displayData(part: Json): Json[] {
  return part['additional_info']['display_data'] as Json[];
}

export function titles(display: Json[]): string[] {
  return display.map((row) => row['title'] as string);
}

export function shown(display: Json[], title: string): unknown {
  return display.find((row) => row['title'] === title)?.['data'];
}
