// Two gateways on one PostgreSQL tell merchants: whoever has claimed a payment's callbacks tells them
// until it is gone, then the other does, in order; one that stood still does nothing more on what it
// once held.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { PATH, paymentIdOf, stateOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import { Gateway } from './lib/gateways.ts';
import { request, type Json } from './lib/http.ts';
import { PostgresServer } from './lib/postgres.ts';
import { Sandbox } from './lib/sandbox.ts';
import { Sink, type Reaction } from './lib/sink.ts';

/** A lease of 5 s, renewed every second, looked at every second; then the claim. */
const TAKEN_OVER_MS = 7_000;
/** Who leaves is missed at the others' next look. */
const HANDED_OVER_MS = 2_000;

let sandbox: Sandbox;
let server: PostgresServer;
let sink: Sink;
let gateways: Gateway[];

before(async () => {
  server = await PostgresServer.get();
  sandbox = await Sandbox.start({}, 'postgresql');
  await sandbox.stop();
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
  gateways = [await Gateway.start(sandbox.dir, 'a'), await Gateway.start(sandbox.dir, 'b')];
});

beforeEach(async () => {
  for (const gateway of gateways) if (!gateway.running) await gateway.startAgain();
  await eventually('each sees the other', async () => {
    const seen = await Promise.all(gateways.map((gateway) => gateway.metric('kassa_gateways_alive')));
    return seen.every((count) => count === 2);
  });
});

after(async () => {
  for (const gateway of gateways) if (gateway.running) await gateway.stop();
  await sandbox.startAgain();
  await sandbox.finish();
  await sink.close();
});

async function call(gateway: Gateway, path: string, body: Json): Promise<Json> {
  const text = JSON.stringify(body);
  sandbox.secrets.addBody(body);
  const answer = await request(gateway.baseUrl + path, {
    method: 'POST', headers: sandbox.client.sign(text), body: text,
  });
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  sandbox.secrets.addBody(answer.json);
  return answer.json;
}

/** What waits to be told of that payment: numbers of events. */
function waitingOf(requestId: string): string {
  return server.ask(sandbox.storeUrl, `SELECT queue FROM deliveries WHERE ${hasId(requestId)}`);
}

const hasId = (requestId: string): string => `request_id = '\\x${requestId.replaceAll('-', '')}'`;

/** Who has claimed the callbacks of that payment, and who hasn't. */
function tellersOf(requestId: string): { teller: Gateway; other: Gateway } {
  const label = server.ask(sandbox.storeUrl, 'SELECT g.label FROM deliveries AS d JOIN gateways AS g '
    + `ON g.gateway_id = d.claimed_by WHERE d.${hasId(requestId)}`);
  const teller = gateways.find((gateway) => label.endsWith(`:${gateway.pid}`));
  const other = gateways.find((gateway) => gateway !== teller);
  assert.ok(teller !== undefined && other !== undefined, `claimed by "${label}"`);
  return { teller, other };
}

/**
 * A payin that has succeeded while the try to tell its first callback, which gets that reaction, is
 * still under way: two more wait behind it.
 */
async function payinWhoseFirstTry(reaction: Reaction): Promise<{ id: string; requestId: string }> {
  const body = sandbox.client.payin(500_000, { general: sink.urls() });
  const id = paymentIdOf(body);
  sink.behave((delivery, nth) =>
    delivery.paymentId === id && delivery.state.endsWith('awaiting_confirm') && nth === 1 ? reaction : undefined);
  const [gateway] = gateways as [Gateway];
  const created = await call(gateway, PATH.payin, body);
  await eventually('its first callback is on its way', () => sink.of(id).length === 1);
  await call(gateway, PATH.confirm, sandbox.client.about(id));
  await eventually('it succeeds', async () =>
    stateOf(await call(gateway, PATH.info, sandbox.client.about(id))) === 'success');
  assert.equal(sink.of(id).length, 1, 'nothing overtakes it');
  return { id, requestId: created['request_id'] as string };
}

const arrivalsOf = (id: string): string[] => sink.of(id).map((delivery) => delivery.state.split(':').at(-1) as string);

test('what a killed gateway had claimed the other tells, in order, once its lease has ended', async () => {
  const { id, requestId } = await payinWhoseFirstTry({ hang: true });
  const { teller, other } = tellersOf(requestId);
  await teller.kill();
  const killed = Date.now();
  const last = await sink.waitFor(id, 'success', TAKEN_OVER_MS);
  assert.ok(last.at - killed <= TAKEN_OVER_MS, `told ${last.at - killed} ms after the kill`);
  assert.deepEqual(arrivalsOf(id), ['awaiting_confirm', 'awaiting_confirm', 'paid', 'success']);
  assert.ok(await other.metric('kassa_callbacks_claimed_total') >= 1);
});

test('what a gateway had claimed that ends in order the other tells at once', async () => {
  const { id, requestId } = await payinWhoseFirstTry({ delayMs: 4_000 });
  const { teller } = tellersOf(requestId);
  await teller.stop();
  const ended = Date.now();
  const last = await sink.waitFor(id, 'success', HANDED_OVER_MS);
  assert.ok(last.at - ended <= HANDED_OVER_MS, `told ${last.at - ended} ms after the end`);
  assert.deepEqual(arrivalsOf(id), ['awaiting_confirm', 'paid', 'success'], 'each once');
});

test('one that stood still in the middle of a try tells nothing more of it, and moves no queue', async () => {
  const { id, requestId } = await payinWhoseFirstTry({ hang: true });
  const { teller, other } = tellersOf(requestId);
  teller.suspend();
  try {
    await sink.waitFor(id, 'success', TAKEN_OVER_MS);
    await eventually('the other has told all', () => waitingOf(requestId) === '');
  } finally {
    teller.resume();
  }
  await eventually('its late try is recorded', async () => {
    const tries = (await other.cli.showPayment(requestId))['callback_tries'] as Json[];
    assert.equal(tries.length, 4, JSON.stringify(tries));
    return tries.some((one) => (one['excerpt'] as string).includes('stood still'));
  });
  assert.equal(waitingOf(requestId), '');
  assert.deepEqual(arrivalsOf(id), ['awaiting_confirm', 'awaiting_confirm', 'paid', 'success']);
  assert.equal(await teller.metric('kassa_leases_lost_total'), 1);
  assert.equal(await teller.metric('kassa_callbacks_failed_total', 'lease_lost'), 1);

  // It goes on like any other, under a new id.
  const body = sandbox.client.payin(700_000, { general: sink.urls() });
  await call(teller, PATH.payin, body);
  await sink.waitFor(paymentIdOf(body), 'processing:awaiting_confirm');
});
