// The same call again changes nothing, and of calls that race one wins (wire §8.1, §10.2).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ok, PATH, paymentIdOf, stateOf } from './lib/client.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import type { Answer, Json } from './lib/http.ts';
import { Sandbox } from './lib/sandbox.ts';
import { assertError } from './lib/shape.ts';
import { Sink } from './lib/sink.ts';

const AT_ONCE = 64;

let sandbox: Sandbox;
let sink: Sink;

before(async () => {
  sandbox = await Sandbox.start();
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
});
after(async () => {
  await sandbox.finish();
  await sink.close();
});

function payin(amount = 40000, payment: Json = {}): Json {
  return sandbox.client.payin(amount, { general: sink.urls(), payment });
}

async function waiting(amount?: number): Promise<string> {
  const body = payin(amount);
  await sandbox.client.create(body);
  await eventually('requisites', async () =>
    stateOf(await sandbox.client.info(paymentIdOf(body))) === 'processing:awaiting_confirm');
  return paymentIdOf(body);
}

async function storedOf(paymentId: string): Promise<Json[]> {
  const payments = await sandbox.cli.listPayments();
  return payments.filter((payment) => payment['payment_id'] === paymentId);
}

async function atOnce(count: number, call: (index: number) => Promise<Answer>): Promise<Answer[]> {
  return await inParallel(Array.from({ length: count }), count, async (_, index) => await call(index));
}

test('64 simultaneous creates of one payment make one', async () => {
  const body = payin();
  const answers = await atOnce(AT_ONCE, () => sandbox.client.post(PATH.payin, body));
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
  assert.equal(new Set(answers.map((answer) => answer.json['request_id'])).size, 1);
  assert.equal(new Set(answers.map((answer) => answer.json['integration']['form_url'])).size, 1);
  assert.equal((await storedOf(paymentIdOf(body))).length, 1);
  await sink.waitFor(paymentIdOf(body), 'processing:awaiting_confirm');
  assert.equal(sink.of(paymentIdOf(body)).length, 1);
});

test('64 simultaneous creates of one payment_id with different content: one wins, 63 conflict', async () => {
  const bodies = Array.from({ length: AT_ONCE }, (_, index) => payin(40000 + index));
  const paymentId = paymentIdOf(bodies[0] as Json);
  for (const body of bodies) body['general']['payment_id'] = paymentId;
  const answers = await atOnce(AT_ONCE, (index) => sandbox.client.post(PATH.payin, bodies[index] as Json));
  const won = answers.filter((answer) => answer.status === 200);
  assert.equal(won.length, 1);
  for (const answer of answers) {
    if (answer.status !== 200) assertError(answer, 409, 'payment_id_conflict', ['current']);
  }
  const info = await sandbox.client.info(paymentId);
  assert.equal(info['payment_info']['amount'], 40000 + answers.findIndex((answer) => answer.status === 200));
  assert.equal((await storedOf(paymentId)).length, 1);
});

test('the same create again answers the payment as it stands now', async () => {
  const body = payin();
  const paymentId = paymentIdOf(body);
  const first = await sandbox.client.create(body);
  await sink.waitFor(paymentId, 'processing:awaiting_confirm');
  const second = await sandbox.client.create(body);
  assert.deepEqual(second, { ...first, sub_status: 'awaiting_confirm' });
  ok(await sandbox.client.confirm(paymentId));
  await sink.waitFor(paymentId, 'success');
  const third = await sandbox.client.create(body);
  assert.deepEqual(third, { ...first, status: 'success', sub_status: null });
});

test('the same content in another spelling is the same create', async () => {
  const body = payin(40902);
  delete body['payment']['lifetime'];
  const first = await sandbox.client.create(body);
  const reversed = Object.fromEntries(Object.entries(body).reverse().map(
    ([name, part]) => [name, Object.fromEntries(Object.entries(part as Json).reverse())]));
  const spellings: Record<string, Json | string> = {
    'other order': reversed,
    'spaces': JSON.stringify(body, null, 3),
    'escapes': JSON.stringify(body).replaceAll('p', '\\u0070'),
    'unknown fields': { ...body, unknown: 1, customer: { ...body['customer'], unknown: 'x' } },
    'null for absent': { ...body, payment: { ...body['payment'], description: null, bank_symbol: null } },
    'default lifetime': { ...body, payment: { ...body['payment'], lifetime: 600 } },
    'empty sender.bank_symbol': { ...body, sender: { ...body['sender'], bank_symbol: '' } },
  };
  for (const [what, spelling] of Object.entries(spellings)) {
    const again = await sandbox.client.post(PATH.payin, spelling);
    assert.equal(again.status, 200, `${what}: ${again.text}`);
    assert.equal(again.json['request_id'], first['request_id'], what);
  }
  const byHmac = await sandbox.client.create(body, { scheme: 'HMAC' });
  assert.equal(byHmac['request_id'], first['request_id']);
});

test('other content conflicts, and the conflict tells the state', async () => {
  const body = payin(40902);
  await sandbox.client.create(body);
  const part = (object: string, change: Json) => ({ ...body, [object]: { ...body[object], ...change } });
  const changes: Record<string, Json> = {
    amount: part('payment', { amount: 41902 }),
    currency: part('payment', { currency: 'TJS' }),
    method: part('payment', { method: 'phone-p2p' }),
    lifetime: part('payment', { lifetime: 301 }),
    description: part('payment', { description: '' }),
    pan: part('sender', { pan: '4850788018041726' }),
    'no sender': { ...body, sender: {} },
    'customer id': part('customer', { id: 'customer-of-another' }),
    ip: part('customer', { ip_address: '192.0.2.2' }),
    'own callback URL': part('general', { merchant_callback_url: 'https://shop.invalid/other' }),
    redirect: part('general', { redirect_url: 'https://shop.invalid/' }),
  };
  for (const [what, changed] of Object.entries(changes)) {
    const answer = await sandbox.client.post(PATH.payin, changed);
    assert.equal(answer.status, 409, `${what}: ${answer.text}`);
    assertError(answer, 409, 'payment_id_conflict', ['current']);
    assert.deepEqual(answer.json['current'], { status: 'processing', sub_status: 'requisites' });
    assert.equal(answer.json['payment_id'], paymentIdOf(body));
  }
  ok(await sandbox.client.cancel(paymentIdOf(body)));
  const later = await sandbox.client.post(PATH.payin, changes['amount'] as Json);
  assert.deepEqual(later.json['current'], { status: 'decline', sub_status: null });
});

test('payment_id is compared byte for byte', async () => {
  const names = ['Caf\u00e9', 'Cafe\u0301', 'CAF\u00c9', ' Caf\u00e9', 'Caf\u00e9 '];
  const ids = new Set<string>();
  for (const name of names) {
    const body = payin(40902);
    body['general']['payment_id'] = name;
    ids.add((await sandbox.client.create(body))['request_id'] as string);
  }
  assert.equal(ids.size, names.length);
});

test('confirming 32 times at once confirms once', async () => {
  const paymentId = await waiting();
  const answers = await atOnce(32, () => sandbox.client.confirm(paymentId));
  for (const answer of answers) {
    assert.equal(answer.status, 200, answer.text);
    assert.ok(['processing:paid', 'success'].includes(stateOf(answer.json)));
  }
  await sink.waitFor(paymentId, 'success');
  assert.equal(stateOf(ok(await sandbox.client.confirm(paymentId))), 'success');
  assert.deepEqual(sink.statesOf(paymentId), ['processing:awaiting_confirm', 'processing:paid', 'success']);
});

test('cancelling 32 times at once cancels once', async () => {
  const paymentId = await waiting();
  const answers = await atOnce(32, () => sandbox.client.cancel(paymentId));
  for (const answer of answers) {
    assert.equal(stateOf(ok(answer)), 'decline');
    assert.equal(answer.json['status_description'], 'Canceled by client');
  }
  await sink.waitFor(paymentId, 'decline');
  ok(await sandbox.client.cancel(paymentId));
  assert.deepEqual(sink.statesOf(paymentId), ['processing:awaiting_confirm', 'decline']);
});

test('confirms and cancels at once: one side wins, the other is refused and told', async () => {
  for (let round = 0; round < 10; round++) {
    const paymentId = await waiting(40905);
    const answers = await atOnce(32, (index) =>
      index % 2 === round % 2 ? sandbox.client.confirm(paymentId) : sandbox.client.cancel(paymentId));
    const end = stateOf(await sandbox.client.info(paymentId));
    assert.ok(['processing:paid', 'decline'].includes(end), end);
    const confirmed = end === 'processing:paid';
    for (const [index, answer] of answers.entries()) {
      if ((index % 2 === round % 2) === confirmed) {
        assert.equal(stateOf(ok(answer)), end);
      } else {
        assertError(answer, 409, 'transition_not_allowed', ['current']);
        assert.equal(stateOf(answer.json['current']), end);
      }
    }
    await sink.waitFor(paymentId, end);
    assert.deepEqual(sink.statesOf(paymentId), ['processing:awaiting_confirm', end]);
  }
});
