// The payer's page: reachable by its link alone, and usable without scripts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { paymentIdOf, stateOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import { request } from './lib/http.ts';
import { formThat, open, submit } from './lib/page.ts';
import { Sandbox } from './lib/sandbox.ts';

const CONFIRM = /confirm|paid/i;
const CANCEL = /cancel|reject|refuse/i;

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.start();
});
after(async () => {
  await sandbox.finish();
});

/** A payin that waits for its payer: its name, the page, and what the page must show. */
async function waiting(amount = 123400): Promise<{ paymentId: string; url: string; pan: string }> {
  const payin = sandbox.client.payin(amount);
  const created = await sandbox.client.create(payin);
  const paymentId = paymentIdOf(payin);
  const pan = await eventually('requisites', async () =>
    (await sandbox.client.info(paymentId))['recipient_requisites']?.['pan'] as string | undefined);
  return { paymentId, url: created['integration']['form_url'] as string, pan };
}

async function stateNow(paymentId: string): Promise<string> {
  return stateOf(await sandbox.client.info(paymentId));
}

test('the page shows whom to pay and both buttons', async () => {
  const { url, pan } = await waiting();
  const { answer, forms } = await open(url);
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers['content-type']), /^text\/html\b.*utf-8/i);
  assert.ok(answer.text.replace(/<[^>]*>|\s|&nbsp;|\u00a0/g, '').includes(pan), 'the card stands on the page');
  assert.equal(formThat(forms, CONFIRM).method, 'POST');
  assert.equal(formThat(forms, CANCEL).method, 'POST');
  assert.notEqual(formThat(forms, CONFIRM), formThat(forms, CANCEL));
});

test('the page is kept from caches, frames of strangers and referrers', async () => {
  const { answer } = await open((await waiting()).url);
  assert.match(String(answer.headers['cache-control']), /no-store/);
  assert.ok('content-security-policy' in answer.headers);
  assert.match(String(answer.headers['referrer-policy']), /no-referrer|same-origin|strict-origin/);
  assert.equal(answer.headers['x-content-type-options'], 'nosniff');
});

test('confirming without scripts', async () => {
  const { paymentId, url } = await waiting();
  const { forms } = await open(url);
  const answer = await submit(url, formThat(forms, CONFIRM));
  assert.ok([200, 302, 303].includes(answer.status), `${answer.status}`);
  assert.match(await stateNow(paymentId), /^(processing:paid|success)$/);
  await eventually('success', async () => (await stateNow(paymentId)) === 'success');
  const later = await open(url);
  assert.equal(later.answer.status, 200);
});

test('cancelling without scripts', async () => {
  const { paymentId, url } = await waiting();
  const { forms } = await open(url);
  const answer = await submit(url, formThat(forms, CANCEL));
  assert.ok([200, 302, 303].includes(answer.status), `${answer.status}`);
  const info = await sandbox.client.info(paymentId);
  assert.equal(stateOf(info), 'decline');
  assert.equal(info['status_description'], 'Canceled by client');
});

test('a page that was opened before the payment ended changes nothing more', async () => {
  const { paymentId, url } = await waiting();
  const { forms } = await open(url);
  await submit(url, formThat(forms, CANCEL));
  const late = await submit(url, formThat(forms, CONFIRM));
  assert.ok(late.status < 500);
  assert.equal(await stateNow(paymentId), 'decline');
});

test('a form that is too large is told to a person, and where a press led is the page', async () => {
  const { url } = await waiting();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = `bank=${'x'.repeat(2000)}`;
  const page = await request(`${url}/confirm`, { method: 'POST', headers, body });
  assert.equal(page.status, 413);
  assert.match(String(page.headers['content-type']), /^text\/html/);
  const json = await request(`${url}/confirm`, { method: 'POST', headers: { ...headers, accept: 'application/json' }, body });
  assert.equal(json.status, 413);
  assert.match(json.text, /larger than 1 KiB/);
  const again = await request(`${url}/confirm?lang=kk`);
  assert.equal(again.status, 303);
  assert.equal(again.headers['location'], `${new URL(url).pathname}?lang=kk`);
});

test('every page of another link is not found', async () => {
  const { url } = await waiting();
  const token = url.slice(-40);
  const swapped = `${token.slice(1)}${token.slice(0, 1)}`;
  const others = [
    '0'.repeat(40), swapped, token.toUpperCase(), token.slice(1), `${token}0`, `${token.slice(0, 39)}g`,
  ].filter((other) => other !== token);
  for (const other of others) {
    const answer = await request(url.slice(0, -40) + other);
    assert.equal(answer.status, 404, other);
  }
});
