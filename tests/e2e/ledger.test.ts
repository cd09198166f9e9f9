// The books as an accountant sees them: balances, exports, and hledger as an oracle that knows nothing
// of Kassa and recomputes every balance from the exported journal.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { ok, paymentIdOf, stateOf, type Client } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { digits } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';

const CURRENCIES = ['KZT', 'TJS'];
const DIGITS = 2;
const PAYOUT = '/api/v1/payment/p2p/payout';
const PAYOUT_ASSIGNMENT_S = 900;
const CSV_HEADING = 'lane,seq,at,kind,request_id,correction,debit,credit,amount,currency,digits,chain';

let sandbox: Sandbox;
let requestIds: string[]; // of the payins that moved money
const settlementIds: string[] = [];

before(async () => {
  sandbox = await Sandbox.start();
  const { client, cli } = sandbox;
  for (const currency of CURRENCIES) {
    await cli.setProject(client.projectId, `fee_bp.${currency}`, '150');
    await cli.setProject(client.projectId, `fee_fixed.${currency}`, '77');
    await cli.setProject(client.projectId, `payout_fee_bp.${currency}`, '90');
  }
  requestIds = [
    await succeed(client, 500_000),
    await succeed(client, 123_457, 'TJS'),
    await succeed(client, 50, 'TJS'), // the fee takes all of it
    await corrected(client, 261_000, 'KZT', 300_000, 299_999),
    await corrected(client, 70_001, 'TJS', 60_000),
    await appealed(client, 88_888),
  ];
  await client.create(client.payin(90_902)); // finds no requisites and moves nothing
  requestIds.push(
    await paidOut(client, 80_000, 'success'),
    await paidOut(client, 70_914, 'processing:requisites'), // no trader will take it
    await paidOut(client, 60_912, 'dispute:payout_failed'),
    await paidOut(client, 50_912, 'dispute:payout_failed'),
  );
  await cli.resolveReceived(requestIds.at(-1) as string, 40_000); // the rest of what was locked comes back
  await client.advance(PAYOUT_ASSIGNMENT_S); // the second and the third are declined
  await succeedInAnotherProject(333_333);
  await settleWithProjectAndTrader();
});
after(async () => {
  await sandbox.finish();
});

/** A payin that was asked for, confirmed and paid in full; its request_id. */
async function succeed(client: Client, amount: number, currency = 'KZT'): Promise<string> {
  const body = client.payin(amount, { payment: { currency } });
  const { request_id: requestId } = await client.create(body);
  await until(client, body, 'processing:awaiting_confirm');
  ok(await client.confirm(paymentIdOf(body)));
  await until(client, body, 'success');
  return requestId as string;
}

/** A success whose amount an operator puts right, again and again. */
async function corrected(client: Client, amount: number, currency: string, ...to: number[]): Promise<string> {
  const requestId = await succeed(client, amount, currency);
  for (const right of to) await sandbox.cli.resolveReceived(requestId, right);
  return requestId;
}

/** Cancelled, and paid after all. */
async function appealed(client: Client, amount: number): Promise<string> {
  const body = client.payin(amount);
  const { request_id: requestId } = await client.create(body);
  await until(client, body, 'processing:awaiting_confirm');
  ok(await client.cancel(paymentIdOf(body)));
  await sandbox.cli.resolveReceived(requestId as string, amount);
  return requestId as string;
}

/** A payout that has come to this state; its request_id. */
async function paidOut(client: Client, amount: number, state: string): Promise<string> {
  const { general, customer } = client.payin(amount) as { general: Json; customer: Json };
  const { customer_type: _, ...receiving } = customer;
  const body = {
    general, customer: receiving, receiver: { pan: `4850${digits(12)}`, card_holder: 'Erik Ackerman' },
    payment: { method: 'card-p2p', amount, currency: 'KZT' },
  };
  sandbox.secrets.add('personal', body.receiver.pan);
  const { request_id: requestId } = ok(await client.post(PAYOUT, body));
  await eventually(`payout ${amount} is ${state}`, async () => {
    assert.equal(stateOf(ok(await client.post(`${PAYOUT}/info`, client.about(paymentIdOf(body))))), state);
    return true;
  });
  return requestId as string;
}

async function succeedInAnotherProject(amount: number): Promise<void> {
  const merchantId = await sandbox.cli.createMerchant('Corner shop');
  const keys = await sandbox.cli.createProject(merchantId, 'Second', join(sandbox.dir, 'second-keys'), {
    currencies: CURRENCIES,
  });
  const client = sandbox.clientOf({
    projectId: keys['project_id'] as string,
    merchantId,
    privateKeyPem: readFileSync(keys['private_key'] as string, 'utf8'),
    publicKeyPem: readFileSync(keys['public_key'] as string, 'utf8'),
    hmacKey: readFileSync(keys['hmac_key'] as string, 'utf8').trimEnd(),
  });
  requestIds.push(await succeed(client, amount));
}

/** Money in and out that no payment moves. */
async function settleWithProjectAndTrader(): Promise<void> {
  const { cli, client } = sandbox;
  const trader = await cli.createTrader('Aziz', { TJS: 1_000_000 });
  await cli.addOperators('anna', 'boris');
  for (const [kind, whose] of [
    ['deposit', { project: client.projectId }], ['settlement', { project: client.projectId }],
    ['top_up', { trader }], ['withdrawal', { trader }],
  ] as const) {
    const made = await cli.createSettlement({
      kind, ...whose, amount: 70_000 + settlementIds.length, currency: 'TJS', reference: 'Bank paper', as: 'anna',
    });
    settlementIds.push(made['settlement_id'] as string);
    await cli.approve(made['settlement_id'] as string, 'boris');
  }
}

async function until(client: Client, payin: Json, state: string): Promise<void> {
  await eventually(`${paymentIdOf(payin)} is ${state}`, async () => {
    assert.equal(stateOf(await client.info(paymentIdOf(payin))), state);
    return true;
  });
}

/** `account currency` → minor units, without those that are zero. */
type Balances = Record<string, number>;

async function ledgerBalances(...args: string[]): Promise<Balances> {
  const { accounts } = await sandbox.cli.json('ledger', 'balances', ...args);
  return Object.fromEntries((accounts as Json[])
    .filter((row) => row['balance'] !== 0)
    .map((row) => [`${row['account']} ${row['currency']}`, row['balance'] as number]));
}

async function exported(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await sandbox.cli.any('ledger', 'export', ...args);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function exportedTransfers(...args: string[]): Promise<Json[]> {
  return JSON.parse(await exported('--format', 'json', ...args)) as Json[];
}

/** What the transfers add up to. */
function folded(transfers: Json[]): Balances {
  const balances: Balances = {};
  for (const transfer of transfers) {
    for (const [account, sign] of [[transfer['debit'], -1], [transfer['credit'], 1]] as const) {
      const key = `${account} ${transfer['currency']}`;
      balances[key] = (balances[key] ?? 0) + sign * (transfer['amount'] as number);
    }
  }
  return Object.fromEntries(Object.entries(balances).filter(([, balance]) => balance !== 0));
}

describe('balances', () => {
  test('every account is there, and the sum of each currency is zero', async () => {
    const { accounts, totals } = await sandbox.cli.json('ledger', 'balances');
    assert.deepEqual(totals, CURRENCIES.map((currency) => ({ currency, digits: DIGITS, balance: 0 })));
    const kinds = new Set((accounts as Json[]).map((row) => row['kind']));
    for (const kind of ['available', 'trader', 'fees', 'clearing']) assert.ok(kinds.has(kind), kind);
    assert.deepEqual(await ledgerBalances(), folded(await exportedTransfers()));
  });

  test('a project is told the same by the API', async () => {
    const project = sandbox.client.projectId;
    const balances = await ledgerBalances('--project', project);
    for (const currency of CURRENCIES) {
      const { amount } = await sandbox.client.balance(currency);
      assert.equal(balances[`project:${project}:available ${currency}`], amount);
    }
    for (const account of Object.keys(balances)) {
      assert.ok(account.includes(project) && !account.startsWith('trader'), account);
    }
    assert.ok(`fees:${project} TJS` in balances);
  });

  test('of one trader', async () => {
    const trader = sandbox.client.projectId; // a test project's simulated trader has its id
    const balances = await ledgerBalances('--trader', trader);
    for (const account of Object.keys(balances)) assert.match(account, new RegExp(`^(trader|clearing):${trader} `));
    assert.ok((balances[`trader:${trader} KZT`] ?? 0) < 0, 'a trader owes');
    assert.deepEqual((await sandbox.cli.json('ledger', 'balances', '--trader', trader))['totals'], []);
  });

  test('people read major units, and a total that is zero', async () => {
    const { stdout } = await sandbox.cli.any('ledger', 'balances');
    for (const currency of CURRENCIES) assert.match(stdout, new RegExp(`^total +${currency} +0\\.00$`, 'm'));
    assert.match(stdout, /^fees:[0-9a-f-]{36} +KZT +[\d]+\.\d\d$/m);
  });

  test('whose accounts there are none of is refused', async () => {
    for (const who of ['--project', '--trader']) {
      const { code, stderr } = await sandbox.cli.any('ledger', 'balances', who, sandbox.ready.merchant_id);
      assert.equal(code, 1);
      assert.match(stderr, /must be the id of a/);
    }
  });
});

describe('export', () => {
  test('every transfer of every payment, once, in the order of its chain', async () => {
    const transfers = await exportedTransfers();
    assert.deepEqual(transfers.map((transfer) => [transfer['lane'], transfer['seq']]),
      transfers.map((_, index) => [1, index + 1]));
    const { lanes } = await sandbox.cli.json('ledger', 'check');
    const last = transfers.at(-1) as Json;
    assert.deepEqual(lanes, [{ lane: 1, seq: last['seq'], chain: last['chain'] }]);
    for (const requestId of requestIds) {
      const shown = (await sandbox.cli.showPayment(requestId))['transfers'] as Json[];
      const mine = transfers.filter((transfer) => transfer['request_id'] === requestId);
      const brief = (row: Json): unknown[] => [row['seq'], row['kind'], row['amount'], row['currency']];
      assert.deepEqual(mine.map(brief), shown.map(brief));
      assert.ok(mine.length > 0);
    }
    const whose = new Set(transfers.map((transfer) => transfer['request_id']));
    assert.deepEqual(whose, new Set([...requestIds, ...settlementIds, null]), 'null: first balances of test projects');
    const kinds = new Set(transfers.map((transfer) => transfer['kind']));
    assert.deepEqual([...kinds].sort(), [
      'correction', 'correction_fee', 'deposit', 'payin', 'payin_fee', 'payout', 'payout_fee', 'payout_hold',
      'payout_release', 'settlement', 'top_up', 'withdrawal',
    ]);
  });

  test('CSV says the same as JSON', async () => {
    const transfers = await exportedTransfers();
    const lines = (await exported()).split('\n');
    assert.equal(lines.shift(), CSV_HEADING);
    assert.equal(lines.pop(), '');
    const names = CSV_HEADING.split(',');
    assert.deepEqual(lines, transfers.map((row) => names.map((name) => row[name] ?? '').join(',')));
    for (const transfer of transfers) {
      assert.match(transfer['at'] as string, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });

  test('--from and --to cut it in two', async () => {
    const all = await exportedTransfers();
    const times = [...new Set(all.map((transfer) => transfer['at'] as string))].sort();
    const middle = times[Math.floor(times.length / 2)] as string;
    const before = await exportedTransfers('--to', middle);
    const since = await exportedTransfers('--from', middle);
    assert.ok(before.length > 0 && since.length > 0);
    assert.ok(before.every((transfer) => (transfer['at'] as string) < middle));
    assert.deepEqual([...before, ...since].sort((a, b) => a['seq'] - b['seq']), all);
    assert.deepEqual(await exportedTransfers('--to', '2001-01-31'), []);
    assert.equal(await exported('--from', '2999-12-31T23:59:59Z'), `${CSV_HEADING}\n`);
  });

  test('into a file that only its owner reads, whole or not at all', async () => {
    const file = join(sandbox.dir, 'books.csv');
    const told = await sandbox.cli.json('ledger', 'export', '--out', file);
    assert.deepEqual(told, { transfers: (await exportedTransfers()).length, out: file });
    assert.equal(readFileSync(file, 'utf8'), await exported('--format', 'csv'));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    rmSync(file);
  });

  test('wrong words are wrong usage', async () => {
    for (const args of [
      ['--format', 'xml'], ['--from', 'yesterday'], ['--to', '2026-02-30'], ['--from', '2026-01-31T12:00'],
      ['--from', '2026-01-31 and more'], ['--json', '--format', 'csv'],
    ]) {
      const { code } = await sandbox.cli.any('ledger', 'export', ...args);
      assert.equal(code, 2, args.join(' '));
    }
    const { code, stderr } = await sandbox.cli.any('ledger', 'export', '--out', '/nowhere/books.csv');
    assert.equal(code, 1);
    assert.match(stderr, /nowhere/);
  });
});

describe('hledger', () => {
  function hledger(journal: string, ...args: string[]): string {
    return execFileSync('hledger', ['-f', '-', ...args], { input: journal, encoding: 'utf8' });
  }

  /** Balances as hledger adds them up; its decimals become minor units. */
  function recomputed(journal: string): Balances {
    const csv = hledger(journal, 'balance', '--flat', '--no-total', '--layout=bare', '-O', 'csv');
    const rows = csv.trim().split('\n').slice(1).map((line) => JSON.parse(`[${line}]`) as string[]);
    return Object.fromEntries(rows.map(([account, commodity, amount]) => {
      const [whole, part = ''] = (amount as string).split('.');
      return [`${account} ${commodity}`, Number(`${whole}${part.padEnd(DIGITS, '0')}`)];
    }));
  }

  test('finds nothing wrong with the journal', async () => {
    const journal = await exported('--format', 'hledger');
    hledger(journal, 'check');
    hledger(journal, 'check', '--strict');
  });

  test('recomputes every balance', async () => {
    const journal = await exported('--format', 'hledger');
    const balances = recomputed(journal);
    assert.deepEqual(balances, await ledgerBalances());
    for (const currency of CURRENCIES) {
      const sum = Object.entries(balances)
        .filter(([account]) => account.endsWith(currency))
        .reduce((total, [, balance]) => total + balance, 0);
      assert.equal(sum, 0, currency);
    }
  });

  test('an oracle that can fail: a journal of one transfer less has other balances', async () => {
    const journal = await exported('--format', 'hledger');
    const shorter = journal.slice(0, journal.lastIndexOf('\n\n') + 1);
    assert.notDeepEqual(recomputed(shorter), await ledgerBalances());
    const unbalanced = journal.replace(/-(\d)(\d*\.\d\d KZT)/, '-9$1$2');
    assert.throws(() => hledger(unbalanced, 'check'), /could not balance/);
  });

  test('names the payment and the kind of each transfer', async () => {
    const journal = await exported('--format', 'hledger');
    for (const requestId of requestIds) {
      const found = hledger(journal, 'print', `tag:request_id=${requestId}`, 'tag:kind=pay');
      assert.match(found, /; kind:pay(in|out)/);
    }
  });

  test('with nobody serving, the books are the same', async () => {
    const journal = await exported('--format', 'hledger');
    const balances = await ledgerBalances();
    await sandbox.stop();
    assert.equal(await exported('--format', 'hledger'), journal);
    assert.deepEqual(await ledgerBalances(), balances);
    await sandbox.restart();
  });
});
