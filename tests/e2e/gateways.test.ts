// Two gateways on one PostgreSQL: what is done at one holds at the other within a second, and what one
// leaves undone the other does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Client, PATH, paymentIdOf, stateOf } from './lib/client.ts';
import { EventSource } from './lib/event_source.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import { Gateway } from './lib/gateways.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { PostgresServer } from './lib/postgres.ts';
import { Sandbox } from './lib/sandbox.ts';

/** A second, and what a look at it takes. */
const WITHIN_MS = 1_500;
const NO_REQUISITES_S = 3;
const LATE_MAX_MS = 4_000;
const NOBODY_HAS_REQUISITES = 902;
const BURST = 40;

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

let sandbox: Sandbox;
let a: Gateway;
let b: Gateway;
let atA: Client;
let atB: Client;

before(async () => {
  sandbox = await Sandbox.start({}, 'postgresql');
  await sandbox.stop();
  const environment = {
    KASSA_SECURITY__TRUSTED_PROXIES: '127.0.0.0/8',
    KASSA_LIMITS__ADDRESS_PER_SECOND: '1', KASSA_LIMITS__ADDRESS_BURST: String(BURST),
  };
  a = await Gateway.start(sandbox.dir, 'a', environment);
  b = await Gateway.start(sandbox.dir, 'b', environment);
  [atA, atB] = [clientAt(a, sandbox.client), clientAt(b, sandbox.client)];
});
after(async () => {
  for (const gateway of [a, b]) if (gateway.running) await gateway.stop();
  await sandbox.startAgain();
  await sandbox.finish();
});

/** The same merchant, who asks this gateway. */
function clientAt(gateway: Gateway, merchant: Client): Client {
  return new Client(merchant.identity, () => gateway.baseUrl, sandbox.secrets);
}

async function makeProject(at: Gateway, name: string): Promise<Client> {
  const text = (path: unknown) => readFileSync(path as string, 'utf8');
  const merchantId = await at.cli.createMerchant(name);
  const keys = await at.cli.createProject(merchantId, name, join(sandbox.dir, `keys of ${name}`), { currencies: ['KZT'] });
  return new Client({
    projectId: keys['project_id'] as string,
    merchantId,
    privateKeyPem: text(keys['private_key']),
    publicKeyPem: text(keys['public_key']),
    hmacKey: text(keys['hmac_key']).trimEnd(),
  }, () => at.baseUrl, sandbox.secrets);
}

/** Signed, and whatever it is answered. */
async function post(client: Client, path: string, body: Json): Promise<Answer> {
  const text = JSON.stringify(body);
  sandbox.secrets.addBody(body);
  return await request(client.url(path), { method: 'POST', headers: client.sign(text), body: text });
}

async function awaitingConfirm(client: Client): Promise<{ id: string; page: string }> {
  const body = client.payin(500_000);
  const created = await client.create(body);
  const id = paymentIdOf(body);
  await eventually('requisites', async () => stateOf(await client.info(id)) === 'processing:awaiting_confirm');
  return { id, page: new URL(created['integration']['form_url'] as string).pathname };
}

test('a project made at one is known at the other, and a key revoked there is refused', async () => {
  const there = await makeProject(a, 'Two doors');
  const here = clientAt(b, there);
  const about = { general: { project_id: there.projectId } };
  await eventually('the project is known', async () => (await post(here, PATH.balance, about)).status === 200, WITHIN_MS);

  const sets = (await a.cli.json('project', 'keys', 'list', there.projectId))['key_sets'] as Json[];
  await a.cli.json('project', 'keys', 'expire', '--as', 'demo', there.projectId, sets[0]?.['key_set_id'] as string, '--at', 'now');
  await eventually('the key is refused', async () => (await post(here, PATH.balance, about)).status === 401, WITHIN_MS);
});

test('a switch that is flipped at one holds at the other', async () => {
  const flip = async (state: 'on' | 'off') =>
    await a.cli.json('switch', state, 'payins', '--as', 'demo', '--why', 'a test');
  await flip('off');
  await eventually('no payins', async () =>
    (await post(atB, PATH.payin, atB.payin(500_000))).status === 503, WITHIN_MS);
  await flip('on');
  await eventually('payins again', async () =>
    (await post(atB, PATH.payin, atB.payin(500_000))).status === 200, WITHIN_MS);
});

test('a page that is open at one follows what is done at the other, by word', async () => {
  let waited = 0;
  const times = 6;
  for (const _ of range(times)) {
    const { id, page } = await awaitingConfirm(atB);
    const open = await EventSource.open(`${a.baseUrl}${page}/events`);
    await open.until('requisites', (state) => state['sub_status'] === 'awaiting_confirm');
    const began = performance.now();
    await atB.cancel(id);
    await open.until('the end', (state) => state['status'] === 'decline', WITHIN_MS);
    waited += performance.now() - began;
    open.close();
  }
  // A page that is only looked up waits half a second on average.
  assert.ok(waited / times < 300, `${(waited / times).toFixed(0)} ms on average`);
});

test('and by a look once a second where no word is heard', async () => {
  const server = await PostgresServer.get();
  const { id, page } = await awaitingConfirm(atB);
  const open = await EventSource.open(`${a.baseUrl}${page}/events`);
  await open.until('requisites', (state) => state['sub_status'] === 'awaiting_confirm');
  const ended = server.ask(sandbox.storeUrl, `
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'kassa talk'`);
  assert.equal(ended, '2', 'the sessions that talk');
  await atB.cancel(id);
  await open.until('the end', (state) => state['status'] === 'decline', WITHIN_MS);
  open.close();

  // They talk again.
  const next = await awaitingConfirm(atB);
  const again = await EventSource.open(`${a.baseUrl}${next.page}/events`);
  await again.until('requisites', (state) => state['sub_status'] === 'awaiting_confirm');
  await eventually('both listen', () => server.ask(sandbox.storeUrl, `
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'kassa talk'`) === '2');
  await atB.cancel(next.id);
  await again.until('the end', (state) => state['status'] === 'decline', WITHIN_MS);
  again.close();
});

test('the limit of a project is one limit at both', async () => {
  const there = await makeProject(a, 'Eager at both');
  await a.cli.setProject(there.projectId, 'rate.per_second', '1');
  await a.cli.setProject(there.projectId, 'rate.burst', String(BURST));
  const here = clientAt(b, there);
  const ask = async (client: Client) => await post(client, PATH.banks, { general: { project_id: there.projectId } });
  await eventually('the limit is known', async () =>
    (await ask(here)).headers['ratelimit-limit'] === String(BURST), WITHIN_MS);
  const began = performance.now();
  const asked = 30;
  for (const answer of await inParallel(range(asked), 4, async () => await ask(there))) {
    assert.equal(answer.status, 200, answer.text);
  }
  let allowed = 0;
  const left = await eventually('the other has heard of it', async () => {
    const answer = await ask(here);
    if (answer.status === 200) allowed += 1;
    const remaining = Number(answer.headers['ratelimit-remaining']);
    return remaining < BURST - asked + 5 ? remaining + 1 : undefined;
  }, WITHIN_MS);
  assert.ok(left <= BURST - asked + 5, `${left} are left`);
  const answers = await inParallel(range(BURST), 4, async () => await ask(here));
  allowed += asked + answers.filter(({ status }) => status === 200).length;
  const seconds = (performance.now() - began) / 1000;
  assert.ok(allowed <= BURST + seconds + 1, `${allowed} in ${seconds.toFixed(1)} s, of a burst of ${BURST}`);
  assert.equal((await ask(here)).status, 429);
});

test('an address that one has slowed down is slowed down at the other, and named nowhere', async () => {
  const address = '198.51.100.77';
  const ask = async (gateway: Gateway) =>
    (await request(`${gateway.baseUrl}/nowhere`, { headers: { 'x-forwarded-for': address } })).status;
  const statuses = await inParallel(range(BURST + 10), 4, async () => await ask(a));
  assert.ok(statuses.includes(429), 'the burst is used up');
  let asked = 0;
  await eventually('the other has heard of it', async () => {
    asked += 1;
    return await ask(b) === 429;
  }, WITHIN_MS);
  assert.ok(asked < BURST, `${asked} would have used up a burst of its own`);
  for (const { path, content } of sandbox.files()) assert.ok(!content.includes(address), path);
  for (const gateway of [a, b]) assert.ok(!gateway.output.includes(address), gateway.name);
});

test('a timer of one that is killed fires at the other', async () => {
  await a.cli.setProject(atA.projectId, 'window.assignment_s', String(NO_REQUISITES_S));
  const body = atA.payin(600_000 + NOBODY_HAS_REQUISITES);
  const created = await atA.create(body);
  await a.kill();
  await eventually('nobody was found', async () =>
    stateOf(await atB.info(paymentIdOf(body))) === 'decline', NO_REQUISITES_S * 1000 + LATE_MAX_MS);
  const events = await b.cli.eventsOf(created['request_id'] as string);
  assert.equal(events.filter(({ to }) => to === 'decline').length, 1);
  await a.startAgain();
});
