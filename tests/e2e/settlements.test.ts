// Money across the border: made by one person, approved by another, seen in the merchant's balance.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { OPERATOR, spelled } from './lib/cli.ts';
import { paymentIdOf, stateOf, type Client } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { digits, fresh } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import { UUID } from './lib/shape.ts';

const CREDIT = 1_000_000;
const NOBODY = '00000000-0000-7000-8000-000000000000';

let sandbox: Sandbox;
let live: Client;
let traderId: string;

before(async () => {
  sandbox = await Sandbox.start({ KASSA_LOG__LEVEL: 'debug' });
  const merchantId = await sandbox.cli.createMerchant('Corner shop');
  const keys = await sandbox.cli.createProject(
    merchantId, 'Live shop', join(sandbox.dir, 'live-keys'), { live: true, currencies: ['KZT', 'TJS'] });
  live = sandbox.clientOf({
    projectId: keys['project_id'] as string,
    merchantId,
    privateKeyPem: readFileSync(keys['private_key'] as string, 'utf8'),
    publicKeyPem: readFileSync(keys['public_key'] as string, 'utf8'),
    hmacKey: readFileSync(keys['hmac_key'] as string, 'utf8').trimEnd(),
  });
  traderId = await sandbox.cli.createTrader('Aziz', { KZT: CREDIT });
  await sandbox.cli.addOperators('anna', 'boris', 'carla');
});
after(async () => {
  await sandbox.finish();
});

/** One that no other test has: it must be found nowhere but in `settlement show`. */
function reference(): string {
  const text = `Salary of Zhanibek Qanat ${fresh()}`;
  sandbox.secrets.add('personal', text);
  return text;
}

type Options = Record<string, string | number>;
const ofProject = (kind: string, amount: number, more: Options = {}): Options =>
  ({ kind, project: live.projectId, amount, currency: 'KZT', reference: reference(), as: 'anna', ...more });
const ofTrader = (kind: string, amount: number, more: Options = {}): Options =>
  ({ kind, trader: traderId, amount, currency: 'KZT', reference: reference(), as: 'anna', ...more });

async function create(options: Options): Promise<string> {
  return (await sandbox.cli.createSettlement(options))['settlement_id'] as string;
}
async function settle(options: Options): Promise<string> {
  const id = await create(options);
  await sandbox.cli.approve(id, 'boris');
  return id;
}
async function refusedCreate(options: Options): Promise<{ code: string; sentence: string }> {
  return await sandbox.cli.refusal('settlement', 'create', ...spelled(options));
}
async function available(client: Client = live): Promise<number> {
  return (await client.balance('KZT')).amount;
}

describe('operators', () => {
  test('are added, listed, switched off and on', async () => {
    assert.deepEqual(await sandbox.cli.json('operator', 'add', 'dora.k'), { name: 'dora.k', state: 'on' });
    assert.deepEqual(await sandbox.cli.json('operator', 'set', 'dora.k', '--state', 'off'), { name: 'dora.k', state: 'off' });
    const listed = (await sandbox.cli.json('operator', 'list'))['operators'] as Json[];
    assert.deepEqual(listed.map((row) => [row['name'], row['state']]),
      [['anna', 'on'], ['boris', 'on'], ['carla', 'on'], [OPERATOR, 'on'], ['dora.k', 'off']]);
    const table = await sandbox.cli.any('operator', 'list');
    assert.match(table.stdout, /^OPERATOR +STATE\nanna +on\n/);
  });

  test('have one name each, of one form', async () => {
    for (const name of ['anna', 'Anna', '.anna', 'an na', 'x'.repeat(65), 'änna']) {
      const refused = await sandbox.cli.any('operator', 'add', name);
      assert.equal(refused.code, 1, name);
    }
    assert.equal((await sandbox.cli.any('operator', 'add')).code, 2);
    assert.equal((await sandbox.cli.refusal('operator', 'set', 'nobody', '--state', 'on')).code, 'not_found');
    assert.equal((await sandbox.cli.refusal('operator', 'set', 'anna', '--state', 'asleep')).code, 'validation_failed');
  });

  test('make and decide nothing while they are off or unknown', async () => {
    const id = await create(ofProject('deposit', 100));
    for (const name of ['dora.k', 'nobody']) {
      assert.equal((await refusedCreate(ofProject('deposit', 1, { as: name }))).code, 'validation_failed');
      for (const verdict of ['approve', 'reject']) {
        const refused = await sandbox.cli.refusal('settlement', verdict, id, '--as', name);
        assert.equal(refused.code, 'validation_failed');
        assert.match(refused.sentence, name === 'nobody' ? /kassa operator add/ : /switched off/);
      }
    }
    await sandbox.cli.reject(id, 'boris');
  });
});

describe('two people', () => {
  test('a deposit is in the balance when another has approved it, not before', async () => {
    const before = await available();
    const made = await sandbox.cli.createSettlement(ofProject('deposit', 500_000));
    const id = made['settlement_id'] as string;
    assert.match(id, UUID);
    assert.equal(id[14], '7', 'a UUIDv7');
    assert.deepEqual([made['status'], made['made_by'], made['decided_by'], made['project_id'], made['trader_id']],
      ['pending', 'anna', null, live.projectId, null]);
    assert.equal(await available(), before);
    const approved = await sandbox.cli.approve(id, 'boris');
    assert.deepEqual([approved['status'], approved['made_by'], approved['decided_by']], ['approved', 'anna', 'boris']);
    assert.ok((approved['decided_ms'] as number) >= (approved['made_ms'] as number));
    assert.equal(await available(), before + 500_000);
  });

  test('nobody approves their own', async () => {
    const before = await available();
    const id = await create(ofProject('deposit', 700));
    const refused = await sandbox.cli.refusal('settlement', 'approve', id, '--as', 'anna');
    assert.equal(refused.code, 'validation_failed');
    assert.match(refused.sentence, /Nobody approves a settlement of their own/);
    assert.equal(await available(), before);
    assert.deepEqual((await sandbox.cli.showSettlement(id))['transfers'], []);
    await sandbox.cli.approve(id, 'carla');
    assert.equal(await available(), before + 700);
  });

  test('a maker may take their own back', async () => {
    const id = await create(ofProject('deposit', 700));
    assert.equal((await sandbox.cli.reject(id, 'anna'))['status'], 'rejected');
  });

  test('sent twice, a decision changes things once; another one is refused', async () => {
    const before = await available();
    const id = await create(ofProject('deposit', 900));
    const first = await sandbox.cli.approve(id, 'boris');
    assert.deepEqual(await sandbox.cli.approve(id, 'boris'), first);
    for (const [verdict, name] of [['approve', 'carla'], ['approve', 'anna'], ['reject', 'boris'], ['reject', 'carla']]) {
      const refused = await sandbox.cli.refusal('settlement', verdict as string, id, '--as', name as string);
      assert.equal(refused.code, 'transition_not_allowed', `${verdict} by ${name}`);
      assert.match(refused.sentence, /approved already/);
    }
    assert.equal(await available(), before + 900);

    const rejected = await create(ofProject('deposit', 900));
    await sandbox.cli.reject(rejected, 'boris', '--note', 'seen twice');
    assert.equal((await sandbox.cli.reject(rejected, 'boris', '--note', 'other words'))['status'], 'rejected');
    assert.equal((await sandbox.cli.showSettlement(rejected))['note'], 'seen twice');
    assert.equal((await sandbox.cli.refusal('settlement', 'approve', rejected, '--as', 'boris')).code, 'transition_not_allowed');
    assert.equal(await available(), before + 900);
  });

  test('sent at once by everybody, it changes things once', async () => {
    const before = await available();
    const id = await create(ofProject('deposit', 1_100));
    const results = await Promise.all(['boris', 'carla', 'boris', 'carla'].map(
      (name) => sandbox.cli.any('settlement', 'approve', id, '--as', name, '--json')));
    const heard = results.filter(({ code }) => code === 0).map(({ stdout }) => JSON.parse(stdout) as Json);
    assert.equal(heard.length, 2, 'one of them, both times');
    assert.equal(heard[0]?.['decided_by'], heard[1]?.['decided_by']);
    assert.equal(await available(), before + 1_100);
    assert.equal(((await sandbox.cli.showSettlement(id))['transfers'] as Json[]).length, 1);
  });

  test('one that does not exist', async () => {
    for (const verdict of ['approve', 'reject']) {
      assert.equal((await sandbox.cli.refusal('settlement', verdict, NOBODY, '--as', 'boris')).code, 'not_found');
      assert.equal((await sandbox.cli.any('settlement', verdict, NOBODY)).code, 2, '--as is required');
    }
    assert.equal((await sandbox.cli.refusal('settlement', 'show', NOBODY)).code, 'not_found');
  });
});

describe("a maker's own id", () => {
  test('the same again is the same settlement, other content is refused', async () => {
    const options = ofProject('deposit', 300, { id: `june-${fresh()}` });
    const id = await create(options);
    assert.equal(await create(options), id);
    await sandbox.cli.approve(id, 'boris');
    assert.equal((await sandbox.cli.createSettlement(options))['status'], 'approved');
    const others: Options[] = [
      { amount: 301 }, { reference: reference() }, { as: 'carla' }, { currency: 'TJS' }, { kind: 'settlement' },
    ];
    for (const other of others) {
      const refused = await refusedCreate({ ...options, ...other });
      assert.equal(refused.code, 'payment_id_conflict', JSON.stringify(other));
    }
  });

  test('at once, it makes one', async () => {
    const options = ofProject('deposit', 300, { id: `july-${fresh()}` });
    const ids = await Promise.all([1, 2, 3, 4].map(() => create(options)));
    assert.equal(new Set(ids).size, 1);
    await sandbox.cli.reject(ids[0] as string, 'boris');
  });

  test('its form leaves no room for a name', async () => {
    for (const id of ['two words', 'ключ', 'x'.repeat(65)]) {
      assert.equal((await refusedCreate(ofProject('deposit', 1, { id }))).code, 'validation_failed');
    }
  });
});

describe('what moves', () => {
  test('a settlement takes from the balance, and never below zero', async () => {
    const start = await available();
    assert.ok(start > 1_000);
    const refused = await refusedCreate(ofProject('settlement', start + 1));
    assert.equal(refused.code, 'insufficient_balance');
    assert.match(refused.sentence, new RegExp(`\\b${start}\\b`));
    const first = await create(ofProject('settlement', start - 10));
    const second = await create(ofProject('settlement', start - 10)); // each alone is covered
    await sandbox.cli.approve(first, 'boris');
    assert.equal(await available(), 10);
    assert.equal((await sandbox.cli.refusal('settlement', 'approve', second, '--as', 'boris')).code, 'insufficient_balance');
    assert.equal((await sandbox.cli.showSettlement(second))['status'], 'pending', 'it may be approved later');
    await sandbox.cli.reject(second, 'boris');
    assert.equal(await available(), 10);
    assert.equal((await refusedCreate(ofProject('settlement', 1, { currency: 'TJS' }))).code, 'insufficient_balance');
  });

  test("a trader's withdrawals stay within credit, open payins included", async () => {
    await sandbox.cli.setProject(live.projectId, 'window.assignment_s', '60');
    const pan = `4400${digits(12)}`;
    sandbox.secrets.add('personal', pan);
    const file = join(sandbox.dir, 'cards.json');
    writeFileSync(file, JSON.stringify({ requisites: [
      { trader_id: traderId, currency: 'KZT', methods: 'card-p2p', bank: 'kaspi-kzt', number: pan },
    ] }), { mode: 0o600 });
    await sandbox.cli.importRequisites(file);
    rmSync(file);
    assert.equal((await refusedCreate(ofTrader('withdrawal', CREDIT + 1))).code, 'insufficient_balance');
    await settle(ofTrader('withdrawal', 600_000));

    const payin = live.payin(300_000);
    const created = await live.create(payin);
    await eventually('requisites', async () =>
      stateOf(await live.info(paymentIdOf(payin))) === 'processing:awaiting_confirm');
    const refused = await refusedCreate(ofTrader('withdrawal', 100_001));
    assert.equal(refused.code, 'insufficient_balance');
    assert.match(refused.sentence, /owes 900000 and may owe 1000000/);
    await settle(ofTrader('withdrawal', 100_000));
    await settle(ofTrader('top_up', 250_000));
    await settle(ofTrader('withdrawal', 250_000));
    await sandbox.cli.resolveReceived(created['request_id'] as string, 300_000);
    assert.equal((await refusedCreate(ofTrader('withdrawal', 1))).code, 'insufficient_balance');
    assert.deepEqual(await sandbox.cli.checkLedger(), []);
  });

  test('a test project takes deposits, and its money stays its own', async () => {
    const [ofLive, ofTest] = [await available(), await available(sandbox.client)];
    const id = await settle(ofProject('deposit', 12_345, { project: sandbox.ready.project_id }));
    assert.equal(await available(sandbox.client), ofTest + 12_345);
    assert.equal(await available(), ofLive);
    const [moved] = (await sandbox.cli.showSettlement(id))['transfers'] as Json[];
    assert.equal(moved?.['debit'], `clearing:${sandbox.ready.project_id}`);
    assert.equal(moved?.['credit'], `available:${sandbox.ready.project_id}`);
  });

  test('only money of a payout comes back', async () => {
    const payin = live.payin(1_000);
    const { request_id: payment } = await live.create(payin);
    const of = (requestId: string) => refusedCreate(ofProject('returned', 10, { payment: requestId }));
    assert.equal((await of(payment as string)).code, 'validation_failed');
    assert.equal((await of(NOBODY)).code, 'payment_not_found');
    const other = sandbox.client.payin(402902);
    const { request_id: theirs } = await sandbox.client.create(other);
    assert.equal((await of(theirs as string)).code, 'payment_not_found');
    assert.equal((await refusedCreate(ofProject('returned', 10))).code, 'validation_failed');
  });
});

describe('what is said', () => {
  test('wrong fields are refused, wrong usage ends with 2', async () => {
    const wrongs: Options[] = [
      { kind: 'gift' }, { kind: 'top_up' }, { kind: 'withdrawal' }, { currency: 'EUR' },
      { currency: 'kzt' }, { project: 'x' }, { reference: 'ы'.repeat(256) }, { reference: '' }, { payment: NOBODY },
      { reference: 'two\nlines' }, { reference: '\u001b[2J' }, { as: 'Anna' },
    ];
    for (const wrong of wrongs) {
      assert.equal((await refusedCreate(ofProject('deposit', 1, wrong))).code, 'validation_failed', JSON.stringify(wrong));
    }
    assert.equal((await refusedCreate(ofProject('deposit', 1, { project: NOBODY }))).code, 'not_found');
    assert.equal((await refusedCreate(ofTrader('top_up', 1, { trader: NOBODY }))).code, 'not_found');
    assert.equal((await refusedCreate(ofTrader('deposit', 1))).code, 'validation_failed');
    const whole = ofProject('deposit', 1);
    for (const name of ['kind', 'project', 'amount', 'currency', 'reference', 'as']) {
      const { [name]: _, ...rest } = whole;
      assert.equal((await sandbox.cli.any('settlement', 'create', ...spelled(rest))).code, 2, `without --${name}`);
    }
    const both = await sandbox.cli.any('settlement', 'create', ...spelled({ ...whole, trader: traderId }));
    assert.equal(both.code, 2);
    for (const amount of [0, 10_000_000_000_001]) {
      assert.equal((await sandbox.cli.any('settlement', 'create', ...spelled({ ...whole, amount }))).code, 2);
    }
    assert.equal((await sandbox.cli.any('settlement', 'list', '--project', 'x')).code, 1);
    assert.equal((await sandbox.cli.any('settlement', 'list', '--status', 'lost')).code, 1);
    assert.equal((await sandbox.cli.any('settlement', 'list', '--cursor', 'x')).code, 1);
  });

  test('the longest reference is kept as it is', async () => {
    const longest = `${'ы'.repeat(240)} ${fresh()}`;
    sandbox.secrets.add('personal', longest);
    const id = await create(ofProject('deposit', 1, { reference: longest }));
    assert.equal((await sandbox.cli.showSettlement(id))['reference'], longest);
    await sandbox.cli.reject(id, 'boris');
  });

  test('lists: newest first, filtered, page by page', async () => {
    const pending = await create(ofProject('deposit', 5));
    const trader = await create(ofTrader('top_up', 6));
    const ids = (rows: Json[]) => rows.map((row) => row['settlement_id']);
    const all = ids(await sandbox.cli.listSettlements());
    assert.deepEqual(all.slice(0, 2), [trader, pending]);
    assert.deepEqual(ids(await sandbox.cli.listSettlements('--status', 'pending')), [trader, pending]);
    assert.deepEqual(ids(await sandbox.cli.listSettlements('--status', 'pending', '--trader', traderId)), [trader]);
    const ofLive = await sandbox.cli.listSettlements('--project', live.projectId);
    assert.ok(ofLive.every((row) => row['project_id'] === live.projectId && row['name'] === 'Live shop'));
    assert.ok(ids(ofLive).includes(pending));
    assert.deepEqual(await sandbox.cli.listSettlements('--payment', NOBODY), []);

    const paged: unknown[] = [];
    let cursor = '';
    do {
      const more = cursor === '' ? [] : ['--cursor', cursor];
      const page = await sandbox.cli.json('settlement', 'list', '--limit', '3', ...more);
      assert.ok((page['settlements'] as Json[]).length <= 3);
      paged.push(...ids(page['settlements'] as Json[]));
      cursor = page['next_cursor'] as string;
    } while (cursor !== '');
    assert.deepEqual(paged, all);

    const table = await sandbox.cli.any('settlement', 'list', '--status', 'pending');
    const [head, first] = table.stdout.split('\n') as [string, string];
    assert.match(head, /^SETTLEMENT +MADE +KIND +STATUS +AMOUNT +CUR +OF +BY +DECIDED BY$/);
    assert.match(first, new RegExp(`^${trader} +\\d{4}-.* top_up +pending +6 +KZT +trader Aziz +anna`));
    for (const id of [pending, trader]) await sandbox.cli.reject(id, 'boris');
  });

  test('one is shown to people, with what it moved', async () => {
    const options = ofProject('deposit', 77);
    const id = await settle(options);
    const shown = await sandbox.cli.any('settlement', 'show', id);
    assert.equal(shown.code, 0);
    for (const line of [
      `settlement  ${id}`, 'status      approved', 'of          project Live shop', 'amount      77 KZT',
      `reference   ${options['reference']}`,
    ]) assert.ok(shown.stdout.includes(`${line}\n`), line);
    assert.match(shown.stdout, /^made +\d{4}-.*Z by anna$/m);
    assert.match(shown.stdout, /^decided +\d{4}-.*Z by boris$/m);
    assert.match(shown.stdout, new RegExp(`clearing:${live.projectId} +available:${live.projectId} +77 +KZT`));
    const rejected = await create(options);
    await sandbox.cli.reject(rejected, 'boris');
    assert.match((await sandbox.cli.any('settlement', 'show', rejected)).stdout, /What moved\n {2}nothing/);
  });
});

test('references and notes stand nowhere in the clear, before and after a crash', async () => {
  const note = `Zhanibek Qanat was paid already ${fresh()}`;
  sandbox.secrets.add('personal', note);
  const options = ofProject('deposit', 88, { id: `august-${fresh()}` });
  const id = await create(options);
  await refusedCreate({ ...options, amount: 89 });
  await sandbox.cli.reject(id, 'boris', '--note', note);
  for (const args of [['settlement', 'list'], ['settlement', 'list', '--json'], ['ledger', 'check']]) {
    assert.equal((await sandbox.cli.any(...args)).code, 0);
  }
  await sandbox.readMetrics();
  assert.deepEqual(sandbox.leaks(), []);
  await sandbox.crashAndRestart();
  assert.deepEqual(sandbox.leaks(), []);
  const shown = await sandbox.cli.showSettlement(id);
  assert.deepEqual([shown['reference'], shown['note']], [options['reference'], note]);
});

test('the ledger counts them and is clean', async () => {
  const report = await sandbox.cli.json('ledger', 'check');
  assert.equal(report['settlements'], (await sandbox.cli.listSettlements()).length);
  assert.deepEqual(report['problems'], []);
});
