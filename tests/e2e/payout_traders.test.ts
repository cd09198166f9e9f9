// Payouts of a live project, executed by traders through the command line (wire §8.2): who gets one,
// what their words do, said twice and at once, and what an operator decides.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { paymentIdOf, stateOf, type Client } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { digits } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';

const REQUISITES = 'processing:requisites';
const PROCESS = 'processing:payout_process';
const FAILED = 'dispute:payout_failed';
const WRONG = 'dispute:incorrect_requisites';
const TIMEOUT = 'dispute:payout_timeout';

let sandbox: Sandbox;
let live: Client;
let asks: string; // takes by hand, up to 100,000
let auto: string; // is given payouts by itself, from 200,000 on

before(async () => {
  sandbox = await Sandbox.start();
  live = (await sandbox.createProject('Live shop', { live: true, currencies: ['KZT'] })).client;
  await sandbox.cli.addOperators('anna', 'boris');
  const deposit = await sandbox.cli.createSettlement({
    kind: 'deposit', project: live.projectId, amount: 10_000_000, currency: 'KZT', reference: 'first', as: 'anna',
  });
  await sandbox.cli.approve(deposit['settlement_id'] as string, 'boris');
  asks = await sandbox.cli.createTrader('Aziz', {});
  auto = await sandbox.cli.createTrader('Bota', {});
  await sandbox.cli.setTrader(asks, {
    'payout_methods.KZT': 'card-p2p', 'payout_take': 'ask', 'payout_max.KZT': '100000',
  });
  await sandbox.cli.setTrader(auto, { 'payout_methods.KZT': 'card-p2p phone-p2p', 'payout_min.KZT': '200000' });
});
after(async () => {
  await sandbox.finish();
});

type Started = { paymentId: string; requestId: string; body: Json };

async function start(amount: number, until: string): Promise<Started> {
  const body = live.payout(amount);
  const { request_id: requestId } = await live.createPayout(body);
  const started = { paymentId: paymentIdOf(body), requestId: requestId as string, body };
  await assertState(started, until);
  return started;
}
/** One that Aziz has taken. */
async function taken(amount = 50_000): Promise<Started> {
  const payout = await start(amount, REQUISITES);
  await sandbox.cli.report(payout.requestId, 'take', '--trader', asks);
  return payout;
}
async function assertState(payout: Started, state: string): Promise<void> {
  await eventually(`${payout.paymentId} is ${state}`, async () => {
    assert.equal(stateOf(await live.payoutInfo(payout.paymentId)), state);
    return true;
  });
}
async function balance(): Promise<[amount: number, locked: number]> {
  const { amount, locked_amount: locked } = await live.balance('KZT');
  return [amount, locked];
}
async function ordersOf(payout: Started): Promise<[unknown, unknown][]> {
  const orders = (await sandbox.cli.showPayment(payout.requestId))['orders'] as Json[];
  return orders.map((order) => [order['trader_id'], order['state']]);
}
function report(payout: Started, word: string, ...more: string[]): string[] {
  return ['trader', 'report', payout.requestId, word, '--as', OPERATOR, ...more];
}
/** The states of its history, in order, without notes that changed none. */
async function history(payout: Started): Promise<string[]> {
  const events = await sandbox.cli.eventsOf(payout.requestId);
  return events.filter((event, index) => index === 0 || event.from !== event.to).map((event) => event.to);
}
const setWindow = async (name: string, value: string) => await sandbox.cli.setProject(live.projectId, name, value);

test('a trader who takes payouts by themselves is given one at once, and pays it', async () => {
  const [amount, locked] = await balance();
  const payout = await start(200_000, PROCESS);
  assert.deepEqual(await ordersOf(payout), [[auto, 'open']]);
  assert.deepEqual(await balance(), [amount - 200_000, locked + 200_000]);
  await sandbox.cli.report(payout.requestId, 'paid');
  await assertState(payout, 'success');
  assert.deepEqual(await ordersOf(payout), [[auto, 'paid']]);
  assert.deepEqual(await balance(), [amount - 200_000, locked]);
});

test('one who asks is given none, and takes it by hand, once', async () => {
  const payout = await start(50_000, REQUISITES);
  const { code } = await sandbox.cli.refusal(...report(payout, 'take', '--trader', auto));
  assert.equal(code, 'transition_not_allowed', 'below what that trader takes');
  const results = await Promise.all(Array.from({ length: 4 }, async () =>
    await sandbox.cli.report(payout.requestId, 'take', '--trader', asks)));
  for (const result of results) assert.equal(result['state'], PROCESS);
  assert.deepEqual(await ordersOf(payout), [[asks, 'open']]);
  await Promise.all(Array.from({ length: 4 }, async () => await sandbox.cli.report(payout.requestId, 'paid')));
  assert.deepEqual(await history(payout), ['processing:new', REQUISITES, PROCESS, 'success']);
  assert.deepEqual(await ordersOf(payout), [[asks, 'paid']]);
});

test('whom it goes to is shown to whoever pays, and its life remembers who looked', async () => {
  const payout = await taken();
  const receiver = await sandbox.cli.receiver(payout.requestId);
  assert.equal(receiver['pan'], payout.body['receiver']['pan']);
  assert.equal(receiver['card_holder'], payout.body['receiver']['card_holder']);
  assert.deepEqual([receiver['order'], receiver['amount'], receiver['state']], [1, 50_000, PROCESS]);
  const people = await sandbox.cli.any('payment', 'receiver', payout.requestId, '--as', OPERATOR);
  assert.match(people.stdout, new RegExp(payout.body['receiver']['pan'] as string));
  const events = await sandbox.cli.eventsOf(payout.requestId);
  const looks = events.filter((event) => event.cause === 'shown') as (Json & { name?: string })[];
  assert.equal(looks.length, 2);
  for (const look of looks) assert.deepEqual([look['name'], look['told']], [OPERATOR, false]);
  await sandbox.cli.report(payout.requestId, 'paid');
  const payin = live.payin(1000);
  const { request_id: requestId } = await live.create(payin);
  const none = await sandbox.cli.refusal('payment', 'receiver', requestId as string, '--as', OPERATOR);
  assert.equal(none.code, 'payment_not_found', 'a payin has no receiver');
});

test('handed back at once by two: once, and not to the same trader again', async () => {
  const payout = await taken();
  const two = ['--order', '1', '--note', 'no cash'];
  await Promise.all([0, 1].map(async () => await sandbox.cli.report(payout.requestId, 'hand-back', ...two)));
  await assertState(payout, REQUISITES);
  assert.deepEqual(await ordersOf(payout), [[asks, 'handed_back']]);
  const { code } = await sandbox.cli.refusal(...report(payout, 'take', '--trader', asks));
  assert.equal(code, 'transition_not_allowed');
  const [amount, locked] = await balance();
  await sandbox.cli.resolve(payout.requestId, '--decline');
  assert.deepEqual(await balance(), [amount + 50_000, locked - 50_000]);
});

test('the third hand-back is a failure', async () => {
  const payout = await start(60_000, REQUISITES);
  for (const [n, end] of [[1, REQUISITES], [2, REQUISITES], [3, FAILED]] as const) {
    const trader = await sandbox.cli.createTrader(`Hand ${n}`, {});
    await sandbox.cli.setTrader(trader, { 'payout_methods.KZT': 'card-p2p', 'payout_take': 'ask' });
    await sandbox.cli.report(payout.requestId, 'take', '--trader', trader);
    await sandbox.cli.report(payout.requestId, 'hand-back');
    await assertState(payout, end);
  }
  await sandbox.cli.resolve(payout.requestId, '--decline');
  await assertState(payout, 'decline');
});

test('"paid" for an order that was taken away is refused, kept, and alarms', async () => {
  const alarms = await sandbox.metric('kassa_alarms_total', 'paid_when_revoked');
  const payout = await taken();
  await sandbox.cli.report(payout.requestId, 'hand-back');
  for (const time of ['once', 'twice']) {
    const { code, sentence } = await sandbox.cli.refusal(...report(payout, 'paid', '--order', '1'));
    assert.equal(code, 'transition_not_allowed', time);
    assert.match(sentence, /notice/);
  }
  await assertState(payout, REQUISITES);
  assert.equal(await sandbox.metric('kassa_alarms_total', 'paid_when_revoked'), alarms + 1);
  const notices = await sandbox.cli.listNotices('--payment', payout.requestId);
  assert.deepEqual(notices.map((notice) => [notice['kind'], notice['state'], notice['amount']]),
    [['late_paid', 'attached', 50_000]]);
  assert.equal((await sandbox.cli.showPayment(payout.requestId))['unread'], 1);
  await sandbox.cli.resolve(payout.requestId, '--decline');
  const [read] = await sandbox.cli.listNotices('--payment', payout.requestId);
  assert.equal(read?.['state'], 'read', 'what is decided covers it');
});

test('wrong requisites, then decided each way', async () => {
  for (const [how, end] of [
    [['--received', '50000'], 'success'], [['--decline'], 'decline'], [['--retry'], REQUISITES],
  ] as const) {
    const payout = await taken();
    const [amount, locked] = await balance();
    await sandbox.cli.report(payout.requestId, 'wrong-requisites');
    await assertState(payout, WRONG);
    assert.deepEqual(await balance(), [amount, locked]);
    await Promise.all([0, 1].map(async () => await sandbox.cli.resolve(payout.requestId, ...how)));
    await assertState(payout, end);
    const back = end === 'decline' ? 50_000 : 0;
    const kept = end === REQUISITES ? locked : locked - 50_000;
    assert.deepEqual(await balance(), [amount + back, kept], how[0]);
    if (end === REQUISITES) await sandbox.cli.resolve(payout.requestId, '--decline');
  }
});

test('failed, and paid after all by the same trader', async () => {
  const payout = await taken();
  await sandbox.cli.report(payout.requestId, 'failed');
  await assertState(payout, FAILED);
  await sandbox.cli.report(payout.requestId, 'failed');
  await sandbox.cli.report(payout.requestId, 'paid', '--amount', '40000');
  await assertState(payout, 'success');
  const { amount, old_amount: old, initial_amount: initial } =
    (await live.payoutInfo(payout.paymentId))['payment_info'] as Json;
  assert.deepEqual([amount, old, initial], [40_000, 50_000, 50_000]);
});

test('too late to pay: the word is a notice, a person decides', async () => {
  await setWindow('window.payout_lifetime_s', '1');
  const payout = await taken();
  await setWindow('window.payout_lifetime_s', '');
  await assertState(payout, TIMEOUT);
  const { code } = await sandbox.cli.refusal(...report(payout, 'paid'));
  assert.equal(code, 'transition_not_allowed');
  await assertState(payout, TIMEOUT);
  const [notice] = await sandbox.cli.listNotices('--payment', payout.requestId);
  assert.deepEqual([notice?.['kind'], notice?.['state']], ['late_paid', 'attached']);
  await sandbox.cli.resolveReceived(payout.requestId, 50_000);
  await assertState(payout, 'success');
  const [applied] = await sandbox.cli.listNotices('--payment', payout.requestId);
  assert.equal(applied?.['state'], 'applied');
});

test('nobody takes it: declined when the window ends, and the history says why', async () => {
  await setWindow('window.payout_assignment_s', '1');
  const before = await balance();
  const payout = await start(70_000, 'decline');
  await setWindow('window.payout_assignment_s', '');
  assert.equal((await live.payoutInfo(payout.paymentId))['status_description'], 'No trader available');
  const why = (await sandbox.cli.eventsOf(payout.requestId)).map((event) => event.why).join('\n');
  assert.match(why, /could take it by hand/);
  assert.deepEqual(await balance(), before);
});

test("a word of the other kind, of nobody's order or of nobody is refused", async () => {
  const payout = await taken();
  for (const [args, code] of [
    [report(payout, 'received', '--amount', '5'), 'validation_failed'],
    [report(payout, 'nothing-came'), 'validation_failed'],
    [report(payout, 'paid', '--order', '2'), 'not_found'],
    [report(payout, 'dance'), 'validation_failed'],
    [['notice', 'add', '--payment', payout.requestId, '--amount', '5', '--as', OPERATOR], 'validation_failed'],
  ] as const) {
    assert.equal((await sandbox.cli.refusal(...args)).code, code, args.join(' '));
  }
  await assertState(payout, PROCESS);
  await sandbox.cli.report(payout.requestId, 'paid');
  assert.equal((await sandbox.cli.refusal(...report(payout, 'failed'))).code, 'transition_not_allowed');
  await assertState(payout, 'success');
});

test('a trader with full hands is given no more', async () => {
  await sandbox.cli.setTrader(auto, { payout_in_hand_max: '1' });
  const first = await start(300_000, PROCESS);
  const second = await start(300_001, REQUISITES);
  await sandbox.cli.report(first.requestId, 'paid');
  await assertState(second, PROCESS);
  await sandbox.cli.report(second.requestId, 'paid');
  await sandbox.cli.setTrader(auto, { payout_in_hand_max: '' });
});

test('a phone is what a phone payout shows', async () => {
  const phone = `+7${digits(10)}`;
  const body = live.payout(210_000, { payment: { method: 'phone-p2p' }, receiver: { phone } });
  const { request_id: requestId } = await live.createPayout(body);
  await eventually('it is given away', async () =>
    stateOf(await live.payoutInfo(paymentIdOf(body))) === PROCESS);
  const receiver = await sandbox.cli.receiver(requestId as string);
  assert.deepEqual([receiver['phone'], receiver['pan']], [phone, '']);
  await sandbox.cli.report(requestId as string, 'paid');
});
