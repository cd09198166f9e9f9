// A busy store moved to PostgreSQL and back. Every payment, event, transfer, delivery and balance is the
// same, and what was under way goes on where it was: callbacks that waited are told, a create that is
// repeated is the same payment, links open.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync, writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { paymentIdOf, stateOf } from './lib/client.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import { request, type Json } from './lib/http.ts';
import { PostgresServer } from './lib/postgres.ts';
import { KASSA, KassaProcess, run } from './lib/process.ts';
import { Sandbox } from './lib/sandbox.ts';
import { Sink } from './lib/sink.ts';

const EACH = 6; // payins of each ending
const WINDOW_S = 1900; // a little more than the confirmation window

type Payin = { body: Json; paymentId: string; requestId: string; url: string };

let sandbox: Sandbox;
let sink: Sink;
let server: PostgresServer;
let database: string;
const payins: Payin[] = [];
const payouts: string[] = []; // request ids
const untold: Payin[] = []; // their endpoint answers 503 for now
let exported: Json; // what `kassa export` said
let before_: Json; // what could be seen of the store before it was moved

before(async () => {
  sandbox = await Sandbox.start({ KASSA_CALLBACKS__SCHEDULE_S: Array(60).fill('2').join(',') }, 'sqlite');
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
  sink.behave(({ paymentId }) =>
    untold.some((payin) => payin.paymentId === paymentId) ? { status: 503 } : undefined);
  server = await PostgresServer.get();
  database = server.makeDatabase();
});
after(async () => {
  await sandbox.finish();
  await sink.close();
});

const config = () => join(sandbox.dir, 'kassa.toml');
const file = (name: string) => join(sandbox.dir, name);
const inDatabase = () => ({ KASSA_STORE: database });

/** A command on another store than the sandbox's, with all else of its configuration. */
async function on(store: Record<string, string>, ...args: string[]) {
  return await run([...args, '--config', config()], { environment: store });
}
async function jsonOn(store: Record<string, string>, ...args: string[]): Promise<Json> {
  const result = await on(store, ...args, '--json');
  assert.equal(result.code, 0, result.stdout + result.stderr);
  return JSON.parse(result.stdout) as Json;
}

async function create(amount: number): Promise<Payin> {
  const body = sandbox.client.payin(amount, { general: sink.urls() });
  const created = await sandbox.client.create(body);
  return {
    body, paymentId: paymentIdOf(body),
    requestId: created['request_id'] as string, url: created['integration']['form_url'] as string,
  };
}

async function until(payin: Payin, state: string): Promise<void> {
  await eventually(`${payin.paymentId} is ${state}`, async () => {
    const now = stateOf(await sandbox.client.info(payin.paymentId));
    assert.equal(now, state);
    return true;
  }, 20_000);
}

/** Payins whose amounts end so, at that state, confirmed or not. */
async function several(ending: number, state: string, confirmed: boolean): Promise<Payin[]> {
  const made = await inParallel(Array.from({ length: EACH }, (_, i) => 1_000_000 + i * 1000 + ending), 4, async (amount) => {
    const payin = await create(amount);
    if (confirmed) {
      await until(payin, 'processing:awaiting_confirm');
      await sandbox.client.confirm(payin.paymentId);
    }
    return payin;
  });
  await inParallel(made, 4, async (payin) => await until(payin, state));
  payins.push(...made);
  return made;
}

/** Of merchants, operators and payers, while nothing is going on. */
async function whatIsSeen(): Promise<Json> {
  const seen: Json = {
    balances: await sandbox.cli.json('ledger', 'balances'),
    books: (await sandbox.cli.any('ledger', 'export')).stdout,
    settlements: await sandbox.cli.listSettlements(),
    notices: await sandbox.cli.listNotices(),
    requisites: await sandbox.cli.listRequisites(),
    projects: await sandbox.cli.listProjects(),
    operators: await sandbox.cli.json('operator', 'list'),
    keys: ((await sandbox.cli.json('project', 'keys', 'list', sandbox.ready.project_id))['key_sets'] as Json[])
      .map((keys) => [keys['key_set_id'], keys['state'], keys['access_token']]), // the last use is told once a minute
    infos: await inParallel(payins, 4, async ({ paymentId }) => await sandbox.client.info(paymentId)),
    events: await inParallel(payins.map((payin) => payin.requestId).concat(payouts), 2, async (id) =>
      await sandbox.cli.eventsOf(id)),
  };
  assert.equal(seen['events'].length, payins.length + payouts.length);
  return seen;
}

test('a sandbox is busy: payins of every ending, payouts, disputes, receipts, settlements, a moved clock', async () => {
  await several(905, 'processing:paid', true);
  await sandbox.client.advance(WINDOW_S); // they are disputes now
  await inParallel(payins, 4, async (payin) => await until(payin, 'dispute:confirm_timeout'));
  await several(100, 'success', true);
  await several(904, 'success', true);
  await several(906, 'success', false);
  await several(901, 'decline', false);
  const waiting = await several(100, 'processing:awaiting_confirm', false);
  for (const amount of [21000, 20913]) {
    const payout = sandbox.client.payout(amount, { general: sink.urls() });
    payouts.push((await sandbox.client.createPayout(payout))['request_id'] as string);
    await eventually('it is under way', async () =>
      stateOf(await sandbox.client.payoutInfo(paymentIdOf(payout))) === (amount === 21000 ? 'success' : 'processing:payout_process'));
  }
  const shown = await request(`${waiting[0]?.url}/receipt`, {
    method: 'POST', headers: { 'content-type': 'application/pdf' },
    body: Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(300_000, 'r'), Buffer.from('\n%%EOF\n')]),
  });
  assert.equal(shown.status, 200, shown.text);
  await sandbox.cli.addOperators('anna', 'boris');
  const deposit = { kind: 'deposit', project: sandbox.ready.project_id, currency: 'KZT', as: 'anna' };
  const made = await sandbox.cli.createSettlement({ ...deposit, amount: 70_000, reference: 'one' });
  await sandbox.cli.approve(made['settlement_id'] as string, 'boris');
  await sandbox.cli.createSettlement({ ...deposit, amount: 80_000, reference: 'two' });
  // The endpoint of these is down: their callbacks wait.
  for (let i = 0; i < 3; i++) {
    const body = sandbox.client.payin(2_000_906 + i * 1000, { general: sink.urls() });
    const payin = { body, paymentId: paymentIdOf(body), requestId: '', url: '' };
    untold.push(payin);
    const created = await sandbox.client.create(body);
    payin.requestId = created['request_id'] as string;
    payin.url = created['integration']['form_url'] as string;
  }
  await inParallel(untold, 4, async (payin) => await until(payin, 'success'));
  await eventually('their callbacks were tried', () => untold.every((payin) => sink.of(payin.paymentId).length > 0));
});

test('a store that is served is not exported', async () => {
  const refused = await sandbox.cli.any('export', '--to', file('never.export'));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /a running Kassa owns the store/);
  assert.ok(!existsSync(file('never.export')));
});

test('it is stopped and exported: everything, into a file that looks whole when it is', async () => {
  before_ = await whatIsSeen();
  await sandbox.stop();
  exported = await sandbox.cli.json('export', '--to', file('moved.export'));
  const count = (name: string) => (exported['sections'] as Json[]).find((section) => section['name'] === name)?.['count'] as number;
  assert.equal(count('payments'), payins.length + payouts.length + untold.length);
  assert.ok(count('deliveries') > 0 && count('test_clocks') > 0 && count('settlements') === 2);
  assert.equal(count('receipt_files'), 1);
  assert.match(readFileSync(file('moved.export'), 'latin1'), /^kassa export 1\n/);
  assert.deepEqual(readdirSync(sandbox.dir).filter((name) => name.endsWith('.new')), []);

  const again = await sandbox.cli.any('export', '--to', file('moved.export'));
  assert.equal(again.code, 1);
  assert.match(again.stderr, /is there already/);
  assert.equal((await sandbox.cli.any('export')).code, 2);
});

test('another ring than the store was sealed with is refused, and nothing is made', async () => {
  const other = { KASSA_STORE: `sqlite:${file('other.db')}`, KASSA_KEY_RING: file('other-key-ring.toml') };
  await jsonOn(other, 'migrate');
  const refused = await on({ ...other, KASSA_STORE: database }, 'import', '--from', file('moved.export'));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /its key 1 is another one/);
  assert.equal(server.ask(database, 'SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()'), '0');
});

test('an import that was killed is served by nobody, and goes on where it was', async () => {
  const pipe = file('pipe');
  execFileSync('mkfifo', [pipe]);
  const bytes = readFileSync(file('moved.export'));
  const command = new KassaProcess(['import', '--from', pipe, '--config', config()], inDatabase());
  const into = openSync(pipe, 'w'); // once it has opened the other side
  writeSync(into, bytes, 0, bytes.length >> 1);
  const pagesDone = () => {
    const begun = server.ask(database, "SELECT to_regclass('unfinished_import') IS NOT NULL") === 't';
    return begun ? Number(server.ask(database, 'SELECT page FROM unfinished_import')) : 0;
  };
  const done = await eventually('some pages are stored', () => pagesDone() > 1 && pagesDone());
  await command.kill();
  closeSync(into);

  const served = await on(inDatabase(), 'serve');
  assert.equal(served.code, 1);
  assert.match(served.stderr, /an import into this store was begun and not finished: run the same `kassa import` again/);
  const imported = await jsonOn(inDatabase(), 'import', '--from', file('moved.export'));
  assert.ok((imported['pages_before'] as number) >= done);
  assert.equal(imported['clean'], true);
  assert.deepEqual(imported['sections'], exported['sections']);
  assert.deepEqual(imported['lanes'], exported['lanes']);
  assert.equal(imported['sha256'], exported['sha256']);

  const twice = await on(inDatabase(), 'import', '--from', file('moved.export'));
  assert.equal(twice.code, 1);
  assert.match(twice.stderr, /not empty/);
});

test('what is in PostgreSQL now is what was in the file', async () => {
  const again = await jsonOn(inDatabase(), 'export', '--to', file('again.export'));
  assert.equal(again['engine'], 'postgresql');
  for (const what of ['sections', 'lanes', 'config_version', 'live_clock_ms']) {
    assert.deepEqual(again[what], exported[what], what);
  }
});

test('served there, everything is the same and what waited goes on', async () => {
  sandbox.moveTo({ server, url: database });
  await sandbox.startAgain();
  const now = await whatIsSeen();
  for (const [what, was] of Object.entries(before_)) assert.deepEqual(now[what], was, what);
  assert.deepEqual(await sandbox.cli.checkLedger(), []);
  const refused = await sandbox.cli.any('export', '--to', file('never.export'));
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /a gateway lives on the store/);

  for (const { body, requestId } of [...payins, ...untold]) {
    assert.equal((await sandbox.client.create(body))['request_id'], requestId, 'a repeated create');
  }
  for (const { url } of [...payins, ...untold]) assert.equal((await request(url)).status, 200, url);
  const told = untold.splice(0);
  for (const payin of told) await sink.waitFor(payin.paymentId, 'success', 20_000);
  payins.push(...told);

  await several(100, 'success', true);
});

test('a receipt opens there', async () => {
  const requestId = server.ask(database, "SELECT encode(request_id, 'hex')::uuid FROM receipts");
  const out = file('receipt.pdf');
  await sandbox.cli.json('payment', 'receipt', requestId, '--out', out, '--as', 'demo', '--keep-unread');
  assert.equal(readFileSync(out).length, 300_016);
});

test('and back, through a pipe: everything the same again', async () => {
  const seen = await whatIsSeen();
  await sandbox.stop();
  const fromThere = await jsonOn(inDatabase(), 'export', '--to', file('back.export'));
  mkdirSync(file('before'));
  for (const name of readdirSync(sandbox.dir).filter((one) => one.startsWith('kassa.db'))) {
    renameSync(file(name), join(file('before'), name));
  }
  writeFileSync(file('both.sh'), [
    `KASSA_STORE='${database}' '${KASSA}' export --to - --config '${config()}' --json 2> '${file('export.json')}' |`,
    `KASSA_STORE='sqlite:${file('kassa.db')}' '${KASSA}' import --from - --config '${config()}' --json`,
  ].join('\n'));
  const imported = JSON.parse(execFileSync('sh', [file('both.sh')], { encoding: 'utf8' })) as Json;
  const piped = JSON.parse(readFileSync(file('export.json'), 'utf8')) as Json;
  assert.equal(imported['clean'], true);
  assert.equal(imported['sha256'], piped['sha256']);
  assert.deepEqual(imported['sections'], fromThere['sections'], 'two exports of one store');
  assert.deepEqual(imported['lanes'], fromThere['lanes']);

  sandbox.moveTo();
  await sandbox.startAgain();
  const now = await whatIsSeen();
  for (const [what, was] of Object.entries(seen)) assert.deepEqual(now[what], was, what);
  await several(100, 'success', true);
});
