// What was seen and what became of it (docs/decisions/0011): money that names its payin, that is
// matched by requisites and amount, or that waits for a person; late, twice, and read.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { ok, paymentIdOf, stateOf, type Client } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { digits, fresh } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';

const LIFETIME_S = 300;
const DISPUTE_S = 600; // in test mode
const AWAITING = 'processing:awaiting_confirm';
const NO_PAYMENT = 'dispute:no_payment';

let sandbox: Sandbox;
let live: Client;
let requisitesId: string;
const number = `4400${digits(12)}`;

before(async () => {
  sandbox = await Sandbox.start({ KASSA_LOG__LEVEL: 'debug' });
  live = (await sandbox.createProject('Live shop', { live: true, currencies: ['KZT'] })).client;
  const trader = await sandbox.cli.createTrader('Aziz', { KZT: 1_000_000_000 });
  sandbox.secrets.add('personal', number);
  const path = join(sandbox.dir, 'import.json');
  const row = { trader_id: trader, currency: 'KZT', methods: 'card-p2p', bank: 'kaspi-kzt', number };
  writeFileSync(path, JSON.stringify({ requisites: [row] }), { mode: 0o600 });
  requisitesId = (await sandbox.cli.importRequisites(path))[0] as string;
  rmSync(path); // it is the operator's, and full of numbers
});
after(async () => {
  await sandbox.finish();
});

/** One that no other test has: it must be found nowhere but in `notice show`. */
function secret(what: string): string {
  const text = `${what} of Zhanibek Qanat ${fresh()}`;
  sandbox.secrets.add('personal', text);
  return text;
}

/** As `--at` takes it. */
function timeOf(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString();
}
function now(): string {
  return timeOf(Date.now() / 1000);
}

type Started = { client: Client; paymentId: string; requestId: string };

async function start(amount: number, client = live): Promise<Started> {
  const body = client.payin(amount);
  const { request_id: requestId } = await client.create(body);
  const payin = { client, paymentId: paymentIdOf(body), requestId: requestId as string };
  await eventually('requisites', async () => (await stateNow(payin)) === AWAITING);
  return payin;
}
async function stateNow(payin: Started): Promise<string> {
  return stateOf(await payin.client.info(payin.paymentId));
}
async function amountsOf(payin: Started): Promise<number[]> {
  const { amount, old_amount: old, initial_amount: initial } =
    (await payin.client.info(payin.paymentId))['payment_info'] as Json;
  return [amount, old, initial];
}
async function unread(payin: Started): Promise<unknown> {
  return (await sandbox.cli.showPayment(payin.requestId))['unread'];
}
async function stateOfNotice(id: unknown): Promise<unknown> {
  return (await sandbox.cli.showNotice(id as string))['state'];
}

describe('money finds its payin', () => {
  test('by the number and the exact amount', async () => {
    const payin = await start(101_000);
    const notice = await sandbox.cli.addNotice({ number, amount: 101_000, at: now() });
    assert.deepEqual([notice['state'], notice['request_id'], notice['requisites_id'], notice['payment_state']],
      ['applied', payin.requestId, requisitesId, 'success']);
    assert.equal(await stateNow(payin), 'success');
  });

  test('by the requisites', async () => {
    const payin = await start(102_000);
    const notice = await sandbox.cli.addNotice({ requisites: requisitesId, amount: 102_000, at: now() });
    assert.deepEqual([notice['state'], notice['request_id']], ['applied', payin.requestId]);
    assert.equal(await stateNow(payin), 'success');
  });

  test('by its name, whatever the amount', async () => {
    const payin = await start(103_000);
    const notice = await sandbox.cli.addNotice({ payment: payin.paymentId, project: live.projectId, amount: 3_000 });
    assert.deepEqual([notice['state'], notice['payment_state']], ['applied', 'dispute:different_amount']);
    assert.deepEqual(await amountsOf(payin), [3_000, 103_000, 103_000]);
    await sandbox.cli.addNotice({ payment: payin.requestId, amount: 100_000 });
    assert.equal(await stateNow(payin), 'success', 'the parts make the whole');
    assert.deepEqual(await amountsOf(payin), [103_000, 103_000, 103_000]);
  });

  test('as its trader says', async () => {
    const payin = await start(104_000);
    const more = ['--amount', '104000', '--reference', secret('Transfer')];
    const said = await Promise.all([0, 1].map(async () =>
      await sandbox.cli.report(payin.requestId, 'received', ...more)));
    assert.equal(said[0]?.['notice_id'], said[1]?.['notice_id']);
    assert.equal(await stateNow(payin), 'success');
    assert.equal((await sandbox.cli.listNotices('--payment', payin.requestId)).length, 1);
    assert.equal((await live.balance('KZT')).locked_amount, 0);
  });

  test('at the time of the transfer, not of the word', async () => {
    const payin = await start(105_000);
    const early = await sandbox.cli.addNotice({ number, amount: 105_000, at: '2026-01-01T00:00:00Z' });
    assert.deepEqual([early['state'], early['request_id']], ['waiting', '']);
    assert.equal(await stateNow(payin), AWAITING);
    ok(await live.cancel(payin.paymentId));
    const late = await sandbox.cli.addNotice({ number, amount: 105_000, at: now() });
    assert.deepEqual([late['state'], late['request_id']], ['attached', payin.requestId], 'it held the slot');
    assert.equal(await stateNow(payin), 'decline');
  });
});

describe('the same transfer', () => {
  test('told twice, and at once, is one notice', async () => {
    const reference = secret('Reference');
    const payin = await start(111_000);
    const before = (await live.balance('KZT')).amount;
    const told = await Promise.all(Array.from({ length: 4 }, async () =>
      await sandbox.cli.addNotice({ number, amount: 111_000, at: now(), reference })));
    assert.equal(new Set(told.map((notice) => notice['notice_id'])).size, 1);
    assert.equal((await live.balance('KZT')).amount, before + 111_000);
    assert.equal((await sandbox.cli.listNotices('--payment', payin.requestId)).length, 1);
    const other = await sandbox.cli.refusal('notice', 'add', '--number', number, '--amount', '111001', '--at', now(),
      '--reference', reference, '--as', OPERATOR);
    assert.equal(other.code, 'conflict', 'the same reference, other money');
  });

  test('a second transfer of a payin that is paid lies there unread', async () => {
    const payin = await start(112_000);
    await sandbox.cli.addNotice({ payment: payin.requestId, amount: 112_000 });
    const before = (await live.balance('KZT')).amount;
    const again = await sandbox.cli.addNotice({ payment: payin.requestId, amount: 112_000 });
    assert.deepEqual([again['state'], again['repeated']], ['applied', true], 'the same words are the same money');
    const second = await sandbox.cli.addNotice({ payment: payin.requestId, amount: 112_000, reference: 'the second' });
    assert.deepEqual([second['state'], second['repeated']], ['attached', false]);
    assert.equal(await unread(payin), 1);
    assert.equal((await live.balance('KZT')).amount, before, 'a notice posts nothing');
    await sandbox.cli.readNotice(second['notice_id'] as string, '--note', 'to be sent back');
    assert.equal(await unread(payin), 0);
  });
});

describe('what nobody is known of waits', () => {
  test('until it is assigned', async () => {
    const payin = await start(121_000);
    const notice = await sandbox.cli.addNotice({ number, amount: 121_007, at: now() });
    const id = notice['notice_id'] as string;
    assert.equal(notice['state'], 'waiting');
    assert.ok((await sandbox.cli.listNotices('--state', 'waiting')).some((row) => row['notice_id'] === id));
    const assigned = await Promise.all([0, 1].map(async () => await sandbox.cli.assignNotice(id, payin.requestId)));
    for (const one of assigned) assert.deepEqual([one['state'], one['request_id']], ['applied', payin.requestId]);
    assert.equal(await stateNow(payin), 'dispute:different_amount');
    assert.deepEqual(await amountsOf(payin), [121_007, 121_000, 121_000]);
    const other = await start(122_000);
    const refused = await sandbox.cli.refusal('notice', 'assign', id, other.requestId, '--as', OPERATOR);
    assert.equal(refused.code, 'conflict', 'it is of somebody already');
  });

  test('or is read, and stays what it is', async () => {
    const { notice_id: id } = await sandbox.cli.addNotice({ number, amount: 7, at: now() });
    for (const time of ['once', 'twice']) {
      assert.equal((await sandbox.cli.readNotice(id as string))['state'], 'read', time);
    }
    assert.ok(!(await sandbox.cli.listNotices('--state', 'waiting')).some((row) => row['notice_id'] === id));
  });

  test('where nobody has such a number it is refused', async () => {
    const stranger = `4400${digits(12)}`;
    sandbox.secrets.add('personal', stranger);
    const refused = await sandbox.cli.refusal('notice', 'add', '--number', stranger, '--amount', '5', '--at', now(), '--as', OPERATOR);
    assert.equal(refused.code, 'not_found');
  });

  test('wrong usage is said', async () => {
    for (const args of [
      [], ['--number', number, '--amount', '0'], ['--amount', '5'], ['--number', number],
      ['--number', number, '--requisites', requisitesId, '--amount', '5', '--at', now()], ['--number', number, '--amount', '5'],
    ]) {
      const { code } = await sandbox.cli.any('notice', 'add', ...args, '--as', OPERATOR);
      assert.equal(code, 2, args.join(' '));
    }
  });
});

describe('late money', () => {
  test('of a declined payin: an appeal, decided by a person', async () => {
    const payin = await start(131_000);
    ok(await live.cancel(payin.paymentId));
    const { notice_id: id } = await sandbox.cli.addNotice({ payment: payin.requestId, amount: 131_000 });
    assert.equal(await stateNow(payin), 'decline');
    const before = (await live.balance('KZT')).amount;
    await Promise.all([0, 1].map(async () => await sandbox.cli.resolveReceived(payin.requestId, 131_000)));
    assert.equal(await stateNow(payin), 'success');
    assert.equal((await live.balance('KZT')).amount, before + 131_000);
    assert.equal(await stateOfNotice(id), 'applied');
  });

  test('within the dispute settles it', async () => {
    const payin = await start(132_903, sandbox.client);
    await sandbox.client.advance(LIFETIME_S);
    assert.equal(await stateNow(payin), NO_PAYMENT);
    const notice = await sandbox.cli.addNotice({ payment: payin.requestId, amount: 132_903 });
    assert.deepEqual([notice['state'], notice['payment_state']], ['applied', 'success']);
  });
});

test('money of an earlier holder of the slot never settles the later one', async () => {
  const { client } = sandbox;
  const earlier = await start(141_000, client);
  const { pan } = (await client.info(earlier.paymentId))['recipient_requisites'] as Json;
  const { now } = await client.advance(10); // whole seconds, well within its hold
  await client.advance(10);
  ok(await client.confirm(earlier.paymentId));
  await client.advance(1);
  assert.equal(await stateNow(earlier), 'success');
  const later = await start(141_000, client);
  assert.equal((await client.info(later.paymentId))['recipient_requisites']['pan'], pan, 'the same slot');
  const shown = await sandbox.cli.showPayment(earlier.requestId);
  const requisites = shown['requisites']['requisites_id'] as string;
  const at = timeOf(now);
  const notice = await sandbox.cli.addNotice({ requisites, amount: 141_000, at });
  assert.deepEqual([notice['state'], notice['request_id']], ['attached', earlier.requestId]);
  assert.equal(await stateNow(later), AWAITING);
  await sandbox.cli.addNotice({ requisites, amount: 141_000, at: timeOf((await client.advance(1)).now) });
  assert.equal(await stateNow(later), 'success', 'what comes now is its own');
});

test("a dispute's window waits while something lies there unread", async () => {
  const { client } = sandbox;
  const body = client.payout(150_913);
  const { request_id: id } = await client.createPayout(body);
  const requestId = id as string;
  const until = async (state: string) => await eventually(state, async () =>
    stateOf(await client.payoutInfo(paymentIdOf(body))) === state);
  await until('processing:payout_process');
  await sandbox.cli.report(requestId, 'hand-back', '--order', '1');
  await eventually('the second has it', async () =>
    ((await sandbox.cli.showPayment(requestId))['orders'] as Json[]).length === 2);
  await sandbox.cli.report(requestId, 'wrong-requisites', '--order', '2');
  await until('dispute:incorrect_requisites');
  await sandbox.cli.refusal('trader', 'report', requestId, 'paid', '--order', '1', '--as', OPERATOR);
  await client.advance(DISPUTE_S * 100);
  await until('dispute:incorrect_requisites');
  const [notice] = await sandbox.cli.listNotices('--payment', requestId);
  assert.equal(notice?.['state'], 'attached');
  await sandbox.cli.readNotice(notice?.['notice_id'] as string);
  await until('decline');
});

test('a note and a reference are said by notice show alone', async () => {
  const [reference, note] = [secret('Reference'), secret('Note')];
  const { notice_id: id } = await sandbox.cli.addNotice({ number, amount: 9, at: now(), reference, note });
  const shown = await sandbox.cli.showNotice(id as string);
  assert.deepEqual([shown['reference'], shown['note']], [reference, note]);
  const people = await sandbox.cli.any('notice', 'show', id as string);
  assert.ok(people.stdout.includes(note));
  await sandbox.cli.any('notice', 'list');
  await sandbox.cli.any('notice', 'list', '--json');
  assert.deepEqual(sandbox.leaks(), []);
  await sandbox.crashAndRestart();
  assert.equal((await sandbox.cli.showNotice(id as string))['reference'], reference);
  assert.deepEqual(sandbox.leaks(), []);
});
