// What was answered is kept: the process is killed at random under load, again and again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { PATH, paymentIdOf, stateOf } from './lib/client.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import type { Answer, Json } from './lib/http.ts';
import { Random } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import { Sink } from './lib/sink.ts';

const CRASHES = 5;
const MERCHANTS = 4;
const ROUND_MS = [150, 900] as const;
const AWAITING = 'processing:awaiting_confirm';

let sandbox: Sandbox;
let sink: Sink;
let random: Random;

before(async () => {
  random = new Random('crash');
  sandbox = await Sandbox.start({ KASSA_CALLBACKS__SCHEDULE_S: Array(60).fill('1').join(',') });
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
});
after(async () => {
  await sandbox.finish();
  await sink.close();
});

/** What one merchant knows of a payment: only what it was answered. */
type Known = { body: Json; requestId?: string; confirmed: boolean };

const known: Known[] = [];

/** The answer, or nothing if the server died before it gave one. */
async function attempt(path: string, body: Json): Promise<Answer | undefined> {
  try {
    return await sandbox.client.post(path, body);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(code)) return undefined;
    throw error;
  }
}

/** Creates payments and confirms them until it is told to stop, or nobody answers. */
async function trade(running: () => boolean): Promise<void> {
  const open: Known[] = [];
  while (running()) {
    const body = sandbox.client.payin(random.between(1, 400) * 1000, { general: sink.urls() });
    const payment: Known = { body, confirmed: false };
    known.push(payment);
    const created = await attempt(PATH.payin, body);
    if (created === undefined) return;
    assert.equal(created.status, 200, created.text);
    payment.requestId = created.json['request_id'] as string;
    open.push(payment);
    const oldest = open[0] as Known;
    const confirmed = await attempt(PATH.confirm, sandbox.client.about(paymentIdOf(oldest.body)));
    if (confirmed === undefined) return;
    if (confirmed.status === 200) {
      oldest.confirmed = true;
      open.shift();
    } else {
      assert.equal(confirmed.status, 409, confirmed.text);
    }
  }
}

test(`${CRASHES} crashes under load lose nothing that was answered`, async () => {
  for (let crash = 0; crash < CRASHES; crash++) {
    let running = true;
    const merchants = Array.from({ length: MERCHANTS }, () => trade(() => running));
    // The load's length is what the crash is random in; nothing is waited for here.
    await pause(random.between(...ROUND_MS));
    await sandbox.process.kill();
    running = false;
    await Promise.all(merchants);
    await sandbox.crashAndRestart();
  }
  const answered = known.filter((payment) => payment.requestId !== undefined);
  assert.ok(answered.length > 50, `${answered.length} creates were answered: too few to prove anything`);

  await inParallel(answered, 16, async ({ body, requestId, confirmed }) => {
    const info = await sandbox.client.info(paymentIdOf(body));
    assert.equal(info['request_id'], requestId);
    assert.equal(info['payment_info']['initial_amount'], body['payment']['amount']);
    if (confirmed) assert.ok(['processing:paid', 'success'].includes(stateOf(info)), stateOf(info));
  });

  // Whoever got no answer may call again: that makes the payment, or finds it.
  await inParallel(known, 16, async (payment) => {
    const again = await sandbox.client.create(payment.body);
    if (payment.requestId !== undefined) assert.equal(again['request_id'], payment.requestId);
    payment.requestId = again['request_id'] as string;
  });
  const stored = await sandbox.cli.listPayments();
  assert.equal(stored.length, known.length, 'each payment is there once');
  assert.deepEqual(
    stored.map((row) => row['request_id']).sort(), known.map((payment) => payment.requestId).sort());
});

test('every payment goes on to its end', async () => {
  await inParallel(known, 16, async (payment) => {
    const paymentId = paymentIdOf(payment.body);
    const state = async () => stateOf(await sandbox.client.info(paymentId));
    await eventually(`requisites of ${paymentId}`, async () => (await state()) !== 'processing:requisites', 20_000);
    const confirmed = await sandbox.client.confirm(paymentId);
    assert.equal(confirmed.status, 200, confirmed.text);
    await eventually(`success of ${paymentId}`, async () => (await state()) === 'success', 20_000);
  });
});

test('every callback was delivered at least once, none before its time', async () => {
  await inParallel(known, 16, async ({ body }) => {
    await sink.waitFor(paymentIdOf(body), 'success', 30_000);
    const states = sink.statesOf(paymentIdOf(body));
    // At least once: a try whose answer a crash swallowed is repeated. So repetitions go, order stays.
    assert.deepEqual(
      states.filter((state, index) => state !== states[index - 1]), [AWAITING, 'processing:paid', 'success']);
  });
});

test('the balance holds what was paid, to the last unit', async () => {
  const rows = await sandbox.cli.listPayments();
  const shown = await inParallel(rows, 2, async (row) => await sandbox.cli.showPayment(row['request_id'] as string));
  const settled = shown.map((payment) => payment['transfers'] as Json[]);
  for (const transfers of settled) {
    const kinds = transfers.map((transfer) => `${transfer['debit']} → ${transfer['credit']}`);
    assert.equal(new Set(kinds).size, kinds.length, 'nothing was posted twice');
  }
  const total = known.reduce((sum, payment) => sum + (payment.body['payment']['amount'] as number), 0);
  const moved = settled.flat().filter((transfer) => String(transfer['debit']).startsWith('trader'))
    .reduce((sum, transfer) => sum + (transfer['amount'] as number), 0);
  assert.equal(moved, total);
  assert.deepEqual(await sandbox.cli.checkLedger(), []);
});
