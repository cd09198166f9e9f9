// No statement on the way of a payment reads more the more payments there are: PostgreSQL explains
// every statement that it runs (auto_explain), and none has to walk a table that grows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PATH, paymentIdOf, stateOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import { request, type Json } from './lib/http.ts';
import { PostgresServer } from './lib/postgres.ts';
import { Sandbox } from './lib/sandbox.ts';
import { Sink } from './lib/sink.ts';

/** Tables with a row for each payment, or more. What isn't here is bounded by what operators set up. */
const GROWING = [
  'payments', 'payment_keys', 'payment_events', 'deliveries', 'delivery_attempts', 'transfers', 'accounts', 'notices',
  'receipts', 'receipt_files', 'receipt_chunks', 'settlements', 'settlement_keys', 'slots', 'slot_holds', 'requisites',
  'requisites_days', 'exposures', 'payout_orders', 'payout_turns', 'test_clocks',
];

/** Indexes of what waits for a person, which is few: walking one is reading what is asked for. */
const OF_FEW = ['payments_frozen'];

/** Not on anybody's way: run once, at a start. */
const AT_START = [/^DELETE FROM receipt_chunks /];

type Plan = {
  'Node Type': string; 'Relation Name'?: string; 'Index Name'?: string; 'Index Cond'?: string; 'Recheck Cond'?: string;
  Plans?: Plan[];
};
type Explained = { 'Query Text': string; Plan: Plan };

let server: PostgresServer;
let sandbox: Sandbox;
let sink: Sink;

before(async () => {
  server = await PostgresServer.make([
    'shared_preload_libraries=auto_explain', 'auto_explain.log_min_duration=0', 'auto_explain.log_format=json',
    'auto_explain.log_nested_statements=on', 'log_line_prefix=', 'jit=off',
    // Small tables are walked because that is cheaper. Here it never is: who still walks has no index.
    'enable_seqscan=off',
  ]);
  sandbox = await Sandbox.startOn(server);
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
});
after(async () => {
  await sandbox.finish();
  await sink.close();
  await server.stop();
});

/** Each statement that was run, with a plan that it had. */
function explained(log: string): Explained[] {
  const found: Explained[] = [];
  for (const [, json] of log.matchAll(/plan:\n((?:\t.*\n)+)/g)) found.push(JSON.parse(json as string) as Explained);
  return found;
}

/** A node below which only so many rows are asked for reads no more than that. */
function walks(plan: Plan, limited = false): string[] {
  const table = plan['Relation Name'] ?? '';
  const bounded = limited || plan['Node Type'] === 'Limit';
  const found: string[] = [];
  if (GROWING.includes(table) && plan['Node Type'] !== 'ModifyTable' && !OF_FEW.includes(plan['Index Name'] ?? '')) {
    const seeks = plan['Index Cond'] !== undefined || plan['Recheck Cond'] !== undefined;
    if (plan['Node Type'] === 'Seq Scan') found.push(`walks ${table}`);
    else if (!seeks && !bounded) found.push(`walks ${table} by ${plan['Index Name']}`);
  }
  // What sorts or gathers has to read all that is below it, whatever is asked of it.
  const gathers = ['Sort', 'Aggregate', 'Hash', 'HashAggregate', 'WindowAgg'].includes(plan['Node Type']);
  for (const below of plan.Plans ?? []) found.push(...walks(below, bounded && !gathers));
  return found;
}

test('the whole life of payments, and what is asked about them, walks no table that grows', async () => {
  const { client } = sandbox;
  const general = sink.urls();
  const kinds: [Json, string][] = [
    [client.payin(100_000, { general }), 'success'], [client.payin(100_906, { general }), 'success'],
    [client.payin(100_901, { general }), 'decline'],
  ];
  for (const [body, end] of kinds) {
    await client.create(body);
    const id = paymentIdOf(body);
    if (end === 'success' && (body['payment']['amount'] as number) % 1000 === 0) {
      await eventually('requisites', async () => stateOf(await client.info(id)) === 'processing:awaiting_confirm');
      await client.confirm(id);
    }
    await eventually(end, async () => stateOf(await client.info(id)) === end);
    await sink.waitFor(id, end);
  }
  const cancelled = client.payin(100_000, { general });
  const created = await client.create(cancelled);
  await eventually('requisites', async () => stateOf(await client.info(paymentIdOf(cancelled))) === 'processing:awaiting_confirm');
  const page = await request(created['integration']['form_url'] as string);
  assert.equal(page.status, 200);
  await client.cancel(paymentIdOf(cancelled));
  const payout = client.payout(1000, { general });
  await client.createPayout(payout);
  await eventually('the payout', async () => stateOf(await client.payoutInfo(paymentIdOf(payout))) === 'success');
  const late = client.payin(100_903, { general });
  await client.create(late);
  await client.advance(100_000);
  assert.equal(stateOf(await client.info(paymentIdOf(late))), 'decline');
  await client.createWidget(client.widget(100_000, { general }));
  for (const path of [PATH.banks, PATH.sendingBanks, PATH.availableBanks, PATH.balance]) {
    await client.post(path, { general: { project_id: client.projectId } });
  }
  await sandbox.cli.listPayments(client.projectId);
  await sandbox.cli.showPayment(created['request_id'] as string);
  await sandbox.cli.listCallbacks(created['request_id'] as string);

  const statements = explained(server.log);
  const texts = new Set(statements.map((one) => one['Query Text']));
  assert.ok(texts.size > 40, `${texts.size} statements were explained: too few to prove anything`);
  const found = new Set<string>();
  for (const { 'Query Text': text, Plan: plan } of statements) {
    if (AT_START.some((form) => form.test(text))) continue;
    for (const walk of walks(plan)) found.add(`${walk}: ${text.replace(/\s+/g, ' ').slice(0, 300)}`);
  }
  assert.deepEqual([...found], []);
});
