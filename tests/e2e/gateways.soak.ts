// Three gateways on one PostgreSQL under mixed load, killed and stopped at random: nothing that was
// answered is lost or doubled, no callback is lost or out of order, timers are in time, and the
// ledger is clean. E2E_SOAK_S says how long (60 s in ./dev test, 1800 s in ./dev soak).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { PATH, paymentIdOf } from './lib/client.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import { Gateway } from './lib/gateways.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { PostgresServer } from './lib/postgres.ts';
import { Random } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import { Sink } from './lib/sink.ts';

const SECONDS = Number(process.env['E2E_SOAK_S'] ?? 60);
const MERCHANTS = 6;
const NAMES = ['a', 'b', 'c'];
/** Whoever has no answer by then asks another gateway. */
const PATIENCE_MS = 3_000;
const STANDSTILL_MS = 10_000;
const NO_REQUISITES_S = 3;
const LATE_MAX_MS = 4_000;
/** Not a multiple of 1000: these digits are a scenario. */
const NOBODY_HAS_REQUISITES = 902;

type Kind = 'paid' | 'cancelled' | 'nobody' | 'payout';
type Known = { kind: Kind; body: Json; requestId?: string };

const ENDS: Record<Kind, string> = { paid: 'success', cancelled: 'decline', nobody: 'decline', payout: 'success' };

let sandbox: Sandbox;
let server: PostgresServer;
let store: string;
let sink: Sink;
let random: Random;
let gateways: Gateway[];
const known: Known[] = [];
const unasked = { unanswered: 0, refused: 0 };

before(async () => {
  random = new Random('gateways');
  server = await PostgresServer.get();
  sandbox = await Sandbox.start({}, 'postgresql');
  store = sandbox.storeUrl;
  await sandbox.cli.setProject(sandbox.ready.project_id, 'window.assignment_s', String(NO_REQUISITES_S));
  await sandbox.stop();
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
  const environment = { KASSA_CALLBACKS__SCHEDULE_S: Array(60).fill('1').join(',') };
  gateways = await inParallel(NAMES, 1, async (name) => await Gateway.start(sandbox.dir, name, environment));
});

after(async () => {
  for (const gateway of gateways) if (gateway.running) await gateway.stop();
  await sandbox.startAgain();
  await sandbox.finish();
  await sink.close();
});

/** A call at any gateway; nothing if it had no answer in time, or none but "later". */
async function attempt(path: string, body: Json): Promise<Answer | undefined> {
  const text = JSON.stringify(body);
  sandbox.secrets.addBody(body);
  const call = request(random.pick(gateways).baseUrl + path, {
    method: 'POST', headers: sandbox.client.sign(text, { scheme: 'HMAC' }), body: text,
  }).catch(() => undefined);
  const answer = await Promise.race([call, pause(PATIENCE_MS, undefined, { ref: false })]);
  if (answer === undefined) {
    unasked.unanswered += 1;
    return undefined;
  }
  if (answer.status === 503) {
    unasked.refused += 1;
    return undefined;
  }
  assert.ok(answer.status < 500, `${path} was answered ${answer.status}: ${answer.text}`);
  return answer;
}

/** The same call until it is answered: at another gateway, or at the same one later. */
async function insist(path: string, body: Json, done: (answer: Answer) => boolean): Promise<Answer> {
  return await eventually(`an answer of ${path} to ${paymentIdOf(body)}`, async () => {
    const answer = await attempt(path, body);
    return answer !== undefined && done(answer) ? answer : undefined;
  }, 60_000);
}

function draw(): Known {
  const amount = random.between(1, 400) * 1000;
  const general = sink.urls();
  const dice = random.between(1, 10);
  if (dice <= 6) return { kind: 'paid', body: sandbox.client.payin(amount, { general }) };
  if (dice === 7) return { kind: 'cancelled', body: sandbox.client.payin(amount, { general }) };
  if (dice === 8) return { kind: 'nobody', body: sandbox.client.payin(amount + NOBODY_HAS_REQUISITES, { general }) };
  return { kind: 'payout', body: sandbox.client.payout(1000, { general }) };
}

async function create(payment: Known): Promise<void> {
  const path = payment.kind === 'payout' ? PATH.payout : PATH.payin;
  const answer = await insist(path, payment.body, () => true);
  assert.equal(answer.status, 200, answer.text);
  payment.requestId = answer.json['request_id'] as string;
}

/** What its payer does: confirms or cancels, once there are requisites, until somebody says yes. */
async function act({ kind, body }: Known): Promise<void> {
  if (kind !== 'paid' && kind !== 'cancelled') return;
  const path = kind === 'paid' ? PATH.confirm : PATH.cancel;
  const there = kind === 'paid' ? ['paid', 'success'] : ['decline'];
  await insist(path, sandbox.client.about(paymentIdOf(body)), ({ status, text, json }) => {
    if (status === 200) return true;
    assert.equal(status, 409, text);
    // A call whose answer was lost may have been carried out.
    const { status: now, sub_status: sub } = json['current'] as { status: string; sub_status: string | null };
    return there.includes(sub ?? now);
  });
}

/** One merchant: a payment after the other, each brought to where its end follows by itself. */
async function trade(running: () => boolean): Promise<void> {
  while (running()) {
    const payment = draw();
    known.push(payment);
    await create(payment);
    await act(payment);
  }
}

/** Kills and suspends, never so that no gateway is left. */
async function disturb(until: number): Promise<{ kills: number; stops: number }> {
  const done = { kills: 0, stops: 0 };
  const trouble = new Map<Gateway, Promise<void>>();
  while (Date.now() < until) {
    await pause(random.between(500, 2_500));
    const healthy = gateways.filter((gateway) => !trouble.has(gateway));
    if (healthy.length < 2) {
      await Promise.race(trouble.values());
      continue;
    }
    const victim = random.pick(healthy);
    const kind = random.between(0, 1) === 0 ? 'kills' : 'stops';
    done[kind] += 1;
    const passing = (kind === 'kills' ? killed(victim) : stopped(victim)).then(() => void trouble.delete(victim));
    trouble.set(victim, passing);
  }
  await Promise.all(trouble.values());
  return done;
}

async function killed(gateway: Gateway): Promise<void> {
  await gateway.kill();
  await pause(random.between(0, 3_000));
  await gateway.startAgain();
}

async function stopped(gateway: Gateway): Promise<void> {
  gateway.suspend();
  await pause(STANDSTILL_MS);
  gateway.resume();
}

const count = (sql: string) => Number(server.ask(store, sql));
const rows = (sql: string) => server.ask(store, sql).split('\n').filter((line) => line !== '').map((line) => line.split('|'));

test(`${SECONDS} s of kills and stops`, { timeout: (SECONDS + 240) * 1000 }, async () => {
  const until = Date.now() + SECONDS * 1000;
  const merchants = Array.from({ length: MERCHANTS }, () => trade(() => Date.now() < until));
  const disturbed = disturb(until);
  await Promise.all([...merchants, disturbed]);
  const { kills, stops } = await disturbed;
  console.log(`# ${known.length} payments, ${kills} kills, ${stops} stops of ${STANDSTILL_MS / 1000} s, ` +
    `${unasked.unanswered} calls unanswered, ${unasked.refused} refused for now`);
  assert.ok(known.length > SECONDS, `${known.length} payments are too few to prove anything`);
  assert.ok(kills + stops >= SECONDS / 15, 'too little happened to prove anything');
  await inParallel(gateways, 3, async (gateway) => await gateway.untilReady());
});

test('every payment comes to its end, and every callback goes out', async () => {
  await eventually('all payments are final', () => count('SELECT count(*) FROM payments WHERE status NOT IN (4, 5)') === 0, 30_000);
  await eventually('no callback waits', () => count('SELECT count(*) FROM deliveries WHERE state = 1') === 0, 30_000);
});

test('each payment is there once, as it was answered', () => {
  const stored = new Map(rows("SELECT payment_id, encode(request_id, 'hex') FROM payments").map(([id, hex]) => [id, hex]));
  assert.equal(stored.size, known.length);
  assert.equal(count('SELECT count(*) FROM payments'), known.length);
  for (const { body, requestId } of known) {
    assert.equal(stored.get(paymentIdOf(body)), requestId?.replaceAll('-', ''), paymentIdOf(body));
  }
});

test('each merchant was told what happened, in order', () => {
  const told = new Map<string, string[]>();
  for (const [payment, status, sub] of rows(
    'SELECT p.payment_id, e.to_status, e.to_sub_status FROM payment_events e JOIN payments p USING (request_id) ' +
    'WHERE e.callback = 1 ORDER BY e.request_id, e.seq')) {
    const states = told.get(payment as string) ?? [];
    states.push(nameOf(Number(status), Number(sub)));
    told.set(payment as string, states);
  }
  for (const { kind, body } of known) {
    const paymentId = paymentIdOf(body);
    const states = sink.of(paymentId).map((delivery) => delivery.state);
    // At least once: a try whose answer was lost is repeated. So repetitions go, the order stays.
    const once = states.filter((state, index) => state !== states[index - 1]);
    assert.deepEqual(once, told.get(paymentId), `${paymentId} of request ${JSON.stringify(sink.of(paymentId).map(({ at, state }) => [at, state]))}`);
    assert.equal(once.at(-1), ENDS[kind], paymentId);
  }
  console.log(`# ${sink.deliveries.length} callbacks, ${sink.deliveries.length - count('SELECT count(*) FROM payment_events WHERE callback = 1')} of them told again`);
});

test(`timers fire within ${LATE_MAX_MS / 1000} s of their time`, () => {
  // Such an event has the timer's time; when it was committed is PostgreSQL's word.
  const late = rows(
    'SELECT (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::bigint - at AS late FROM payment_events ' +
    "WHERE actor_kind IN (5, 6) AND cause <> 1 ORDER BY late").map(([ms]) => Number(ms));
  assert.ok(late.length > known.length / 4, `${late.length} timers are too few to prove anything`);
  const at = (share: number) => late[Math.min(late.length - 1, Math.floor(late.length * share))];
  console.log(`# ${late.length} timers: late by ${at(0.5)} ms (half), ${at(0.99)} ms (99 %), ${at(1)} ms at most`);
  assert.ok((at(1) as number) <= LATE_MAX_MS, `one was ${at(1)} ms late`);
});

test('the books are right', async () => {
  assert.deepEqual(await (gateways[0] as Gateway).cli.checkLedger(), []);
  for (const gateway of gateways) {
    assert.equal(await gateway.metric('kassa_invariant_breaches_total'), 0);
    assert.equal(await gateway.metric('kassa_payments_frozen'), 0);
  }
});

function nameOf(status: number, sub: number): string {
  const name = ['', 'error', 'processing', 'dispute', 'decline', 'success'][status] as string;
  const part = ['', 'new', 'requisites', 'awaiting_confirm', 'paid', 'payout_process'][sub] as string;
  return part === '' ? name : `${name}:${part}`;
}
