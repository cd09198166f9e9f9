// Payouts in test mode (wire §6, §8.2, design: test mode): the published examples of both dialects,
// every scenario through its windows, and what they do to the balance.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { ok, PATH, paymentIdOf, stateOf, type Client } from './lib/client.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { fresh } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import { assertError, assertSameKeys, fieldErrors, UUID } from './lib/shape.ts';
import { Sink, type Delivery } from './lib/sink.ts';

const ASSIGNMENT_S = 900;
const LIFETIME_S = 1800;
const DISPUTE_S = 600; // in test mode
const WEEK_S = 7 * 86_400;
const NEW = 'processing:new';
const REQUISITES = 'processing:requisites';
const PROCESS = 'processing:payout_process';
const TIMEOUT = 'dispute:payout_timeout';
const DIALECTS = [{ name: 'kz', currency: 'KZT' }, { name: 'tj', currency: 'TJS' }];

let sandbox: Sandbox;
let sink: Sink;

before(async () => {
  // The examples' callback URLs are somebody's: a proxy that nobody listens at keeps tries at home.
  const nowhere = 'http://127.0.0.1:9';
  sandbox = await Sandbox.start({ https_proxy: nowhere, HTTPS_PROXY: nowhere });
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
});
after(async () => {
  try {
    await sandbox.finish();
  } finally {
    await sink.close();
  }
});

function fixture(file: string): string {
  return readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8');
}

class Payout {
  readonly client: Client;
  readonly paymentId: string;
  readonly requestId: string;
  readonly first: Json;

  private constructor(client: Client, body: Json, created: Json) {
    this.client = client;
    this.paymentId = paymentIdOf(body);
    this.requestId = created['request_id'] as string;
    this.first = created;
  }

  static async start(amount: number, payment: Json = {}, client = sandbox.client): Promise<Payout> {
    return await Payout.of(client.payout(amount, { general: sink.urls(), payment }), client);
  }

  static async of(body: Json, client = sandbox.client): Promise<Payout> {
    return new Payout(client, body, await client.createPayout(body));
  }

  async info(): Promise<Json> {
    return await this.client.payoutInfo(this.paymentId);
  }

  async state(): Promise<string> {
    return stateOf(await this.info());
  }

  async until(state: string): Promise<Json> {
    return await eventually(`${this.paymentId} is ${state}`, async () => {
      const info = await this.info();
      assert.equal(stateOf(info), state);
      return info;
    });
  }

  /** Waits until as many were told as are expected, then compares all, in their order. */
  async assertTold(...states: string[]): Promise<Delivery[]> {
    await eventually(`${states.length} callbacks of ${this.paymentId}`, () =>
      sink.of(this.paymentId).length >= states.length);
    const told = sink.of(this.paymentId);
    assert.deepEqual(told.map((delivery) => delivery.state), states);
    for (const { path, state, json } of told) {
      assert.equal(path, { success: 'success', decline: 'decline' }[state] ?? 'internal', state);
      const final = ['success', 'decline'].includes(state);
      assert.deepEqual(json['additional_info'], final ? undefined : {}, state);
    }
    return told;
  }

  /** amount, old_amount, initial_amount */
  async amounts(): Promise<number[]> {
    const { amount, old_amount: old, initial_amount: initial } = (await this.info())['payment_info'] as Json;
    return [amount, old, initial];
  }
}

function descriptionsOf(told: Delivery[]): unknown[] {
  return told.map((delivery) => delivery.json['status']['status_description']);
}

for (const { name, currency } of DIALECTS) {
  describe(`dialect ${name}`, () => {
    const examples = JSON.parse(fixture(`${name}_payout_examples.json`)) as Record<string, Json>;
    const example = (part: string) => examples[part] as Json;

    /** The printed request; only the project is ours. */
    function printed(): string {
      return fixture(`${name}_payout.json`)
        .replace(/("project_id": )"[^"]*"/, `$1"${sandbox.ready.project_id}"`);
    }
    function withColon(): string {
      return printed().replace('"extra_param" "example"', '"extra_param": "example"');
    }
    function repaired(): string {
      return withColon().replace('"[email protected]"', '"john@example.com"');
    }
    function variant(amount: number, payment: Json = {}): Json {
      const body = JSON.parse(repaired()) as Json;
      const general = { ...body['general'], ...sink.urls(), payment_id: `${name}-${fresh()}` };
      return { ...body, general, payment: { ...body['payment'], amount, ...payment } };
    }

    if (name === 'tj') {
      test('the printed request lacks a colon, and is no JSON', async () => {
        assert.throws(() => JSON.parse(printed()));
        // What is no JSON has no canonical form; it is looked at before the signature.
        const answer = await sandbox.client.post(PATH.payout, printed(), { signature: 'AAAA' });
        assertError(answer, 400, 'invalid_json');
      });

      test('with the colon, its e-mail is the only thing wrong', async () => {
        const answer = await sandbox.client.post(PATH.payout, withColon());
        assertError(answer, 422, 'validation_failed');
        assert.deepEqual(fieldErrors(answer.json), { 'customer.email': 'bad_format' });
      });
    }

    test('the printed request is accepted and answered as printed', async () => {
      const body = repaired();
      sandbox.secrets.addBody(JSON.parse(body));
      const created = ok(await sandbox.client.post(PATH.payout, body));
      assertSameKeys(created, example('create'), 'the answer to a create');
      assert.equal(stateOf(created), NEW);
      assert.equal(created['status_description'], null);
      assert.match(created['request_id'] as string, UUID);
      assert.equal(created['project_id'], sandbox.ready.project_id);
      assert.equal(created['payment_id'], example('create')['payment_id']);
    });

    test('info is answered as printed, in every state', async () => {
      const payout = await Payout.of(variant(20913));
      const amounts = { amount: 20913, old_amount: 20913, initial_amount: 20913 };
      for (const state of [PROCESS, TIMEOUT]) {
        const info = await payout.until(state);
        assertSameKeys(info, example('info'), `info in ${state}`);
        assert.deepEqual(info['payment_info'], { ...amounts, currency, method: 'card-p2p', type: 'payout' });
        assert.equal(info['request_id'], payout.requestId);
        if (state === PROCESS) await sandbox.client.advance(LIFETIME_S);
      }
      await sandbox.cli.resolve(payout.requestId, '--decline');
      assertSameKeys(await payout.until('decline'), example('info'), 'info in decline');
    });

    test('payment_system stands in info and callbacks if the request had it', async () => {
      const payout = await Payout.of(variant(21000, { payment_system: 'visa' }));
      const info = await payout.until('success');
      const keys = ['amount', 'old_amount', 'initial_amount', 'currency', 'method', 'payment_system', 'type'];
      assert.deepEqual(Object.keys(info['payment_info']).sort(), keys.sort());
      assert.equal(info['payment_info']['payment_system'], 'visa');
      for (const told of await payout.assertTold(REQUISITES, PROCESS, 'success')) {
        assert.equal(told.json['payment_info']['payment_system'], 'visa');
      }
    });

    test('callbacks are as printed', async () => {
      const payout = await Payout.of(variant(22000));
      const [requisites, process, success] = await payout.assertTold(REQUISITES, PROCESS, 'success');
      assertSameKeys(requisites?.json, example('callback_payout_process'), 'an intermediate callback');
      assertSameKeys(process?.json, example('callback_payout_process'), 'the callback of payout_process');
      assertSameKeys(success?.json, example('callback_success'), 'the callback of success');
      const told = process?.json as Json;
      assert.equal(told['project_id'], sandbox.ready.project_id);
      assert.deepEqual(told['general'], { request_id: payout.requestId, payment_id: payout.paymentId });
      const { updated_date: updated, created_date: created, ...same } = told['payment_info'] as Json;
      assert.deepEqual(same, (await payout.info())['payment_info']);
      assert.ok(Number.isInteger(created) && (updated as number) >= (created as number));
      assert.ok((success?.json['payment_info']['updated_date'] as number) >= (updated as number));

      const refused = await Payout.of(variant(22916));
      const [decline] = await refused.assertTold('decline');
      assertSameKeys(decline?.json, example('callback_decline'), 'the callback of decline');
      assert.deepEqual(decline?.json['status'], example('callback_decline')['status']);
    });
  });
}

describe('scenarios', () => {
  for (const [rest, dispute, decline] of [
    [911, 'dispute:incorrect_requisites', 'Incorrect requisites'],
    [912, 'dispute:payout_failed', 'Payout failed'],
  ] as const) {
    test(`${rest}: ${dispute}, declined when its window ends`, async () => {
      const payout = await Payout.start(30000 + rest);
      const info = await payout.until(dispute);
      assert.match(info['status_description'] as string, /^[A-Z].*\.$/);
      await sandbox.client.advance(DISPUTE_S - 30);
      assert.equal(await payout.state(), dispute);
      await sandbox.client.advance(30);
      assert.equal((await payout.until('decline'))['status_description'], decline);
      const told = await payout.assertTold(REQUISITES, PROCESS, dispute, 'decline');
      assert.deepEqual(descriptionsOf(told), [null, null, info['status_description'], decline]);
      const dates = told.map((delivery) => delivery.json['payment_info']['updated_date'] as number);
      assert.equal((dates[3] as number) - (dates[2] as number), DISPUTE_S);
    });
  }

  test('913: dispute:payout_timeout at the end of the lifetime, until a person decides', async () => {
    const payout = await Payout.start(30913);
    await payout.until(PROCESS);
    await sandbox.client.advance(LIFETIME_S - 30);
    assert.equal(await payout.state(), PROCESS);
    await sandbox.client.advance(30);
    const info = await payout.until(TIMEOUT);
    assert.match(info['status_description'] as string, /^[A-Z].*\.$/);
    await sandbox.client.advance(WEEK_S);
    assert.equal(await payout.state(), TIMEOUT);
    for (const time of ['once', 'twice']) {
      await sandbox.cli.resolve(payout.requestId, '--decline');
      assert.equal((await payout.info())['status_description'], 'Declined by operator', time);
    }
    await payout.assertTold(REQUISITES, PROCESS, TIMEOUT, 'decline');
  });

  test('914: no trader until the assignment window ends', async () => {
    const payout = await Payout.start(30914);
    await payout.until(REQUISITES);
    await sandbox.client.advance(ASSIGNMENT_S - 30);
    assert.equal(await payout.state(), REQUISITES);
    await sandbox.client.advance(30);
    assert.equal((await payout.until('decline'))['status_description'], 'No trader available');
    await payout.assertTold(REQUISITES, 'decline');
  });

  test('915: the first trader hands back, the second pays', async () => {
    const payout = await Payout.start(30915);
    await payout.until('success');
    await payout.assertTold(REQUISITES, PROCESS, REQUISITES, PROCESS, 'success');
    const orders = (await sandbox.cli.showPayment(payout.requestId))['orders'] as Json[];
    assert.deepEqual(orders.map((order) => [order['order'], order['state']]), [[1, 'handed_back'], [2, 'paid']]);
    assert.notEqual(orders[0]?.['trader_id'], orders[1]?.['trader_id']);
  });

  test('916: declined at once, nothing is locked', async () => {
    const before = await sandbox.client.balance('KZT');
    const payout = await Payout.start(30916);
    assert.equal(stateOf(payout.first), 'decline');
    assert.equal(payout.first['status_description'], 'Declined by anti-fraud');
    await payout.assertTold('decline');
    assert.deepEqual(await sandbox.client.balance('KZT'), before);
    assert.deepEqual((await sandbox.cli.showPayment(payout.requestId))['transfers'], []);
  });

  test('any other amount: a trader at once, paid a second later', async () => {
    for (const method of ['card-p2p', 'phone-p2p']) {
      const receiver = { phone: '+77001234567', pan: '5169497700000008' };
      const body = sandbox.client.payout(30000, { general: sink.urls(), receiver, payment: { method } });
      const payout = await Payout.of(body);
      assert.equal(stateOf(payout.first), NEW);
      await payout.until('success');
      const told = await payout.assertTold(REQUISITES, PROCESS, 'success');
      assert.deepEqual(descriptionsOf(told), [null, null, null]);
      assert.deepEqual(await payout.amounts(), [30000, 30000, 30000]);
    }
  });

  test('an operator sends a dispute back, and another try succeeds', async () => {
    const payout = await Payout.start(31913);
    await payout.until(PROCESS);
    await sandbox.client.advance(LIFETIME_S);
    await payout.until(TIMEOUT);
    await sandbox.cli.resolve(payout.requestId, '--retry');
    await payout.until(PROCESS);
    await sandbox.cli.resolveReceived(payout.requestId, 31913);
    await payout.assertTold(REQUISITES, PROCESS, TIMEOUT, REQUISITES, PROCESS, 'success');
  });
});

describe('funds', () => {
  const FEE_BP = 100;
  let client: Client;

  before(async () => {
    const { client: own, callbackKeys } = await sandbox.createProject('Funds', { currencies: ['KZT'] });
    client = own;
    sink.trust(client.projectId, callbackKeys);
    await sandbox.cli.setProject(client.projectId, 'payout_fee_bp.KZT', String(FEE_BP));
  });

  async function balance(): Promise<[amount: number, locked: number]> {
    const { amount, locked_amount: locked } = await client.balance('KZT');
    return [amount, locked];
  }

  test('amount and fee are locked from the create, and gone with the success', async () => {
    const [amount] = await balance();
    const payout = await Payout.start(100913, {}, client);
    assert.deepEqual(await balance(), [amount - 101922, 101922], 'half-even: 1 % of 100913 is 1009');
    await payout.until(PROCESS);
    await client.advance(LIFETIME_S);
    await payout.until(TIMEOUT);
    assert.deepEqual(await balance(), [amount - 101922, 101922]);
    await sandbox.cli.resolveReceived(payout.requestId, 100913);
    assert.deepEqual(await balance(), [amount - 101922, 0]);
    const shown = await sandbox.cli.showPayment(payout.requestId);
    assert.deepEqual([shown['settled_amount'], shown['settled_fee'], shown['held']], [100913, 1009, 0]);
  });

  test('a decline gives all back', async () => {
    const before = await balance();
    const payout = await Payout.start(100911, {}, client);
    assert.equal((await balance())[1], 101920);
    await payout.until('dispute:incorrect_requisites');
    await client.advance(DISPUTE_S);
    await payout.until('decline');
    assert.deepEqual(await balance(), before);
  });

  test('paid with less: the fee is of the less, the rest comes back', async () => {
    const [amount] = await balance();
    const payout = await Payout.start(200913, {}, client);
    await payout.until(PROCESS);
    const more = await sandbox.cli.any(
      'trader', 'report', payout.requestId, 'paid', '--amount', '200914', '--as', OPERATOR);
    assert.equal(more.code, 1, 'more than was asked');
    assert.equal(await payout.state(), PROCESS);
    for (const time of ['once', 'twice']) {
      await sandbox.cli.report(payout.requestId, 'paid', '--amount', '150000');
      assert.equal(await payout.state(), 'success', time);
      assert.deepEqual(await payout.amounts(), [150000, 200913, 200913]);
      assert.deepEqual(await balance(), [amount - 151500, 0], time);
    }
    const told = await payout.assertTold(REQUISITES, PROCESS, 'success');
    const { amount: paid, old_amount: old, initial_amount: initial } = told[2]?.json['payment_info'] as Json;
    assert.deepEqual([paid, old, initial], [150000, 200913, 200913]);
  });

  test('what the balance does not cover is declined with 200, and its payment_id is used up', async () => {
    const [amount, locked] = await balance();
    const body = client.payout(amount, { general: sink.urls() }); // the fee is too much
    const payout = await Payout.of(body, client);
    assert.equal(stateOf(payout.first), 'decline');
    assert.equal(payout.first['status_description'], 'Insufficient funds');
    const [told] = await payout.assertTold('decline');
    assert.equal(told?.json['status']['status_description'], 'Insufficient funds');
    assert.deepEqual(await balance(), [amount, locked]);
    assert.deepEqual(await client.createPayout(body), payout.first, 'the same again: the same payout');
    body['payment']['amount'] = 1;
    const used = await client.post(PATH.payout, body);
    assertError(used, 409, 'payment_id_conflict', ['current']);
    assert.equal(stateOf(used.json['current']), 'decline');
  });

  test('200 at once against a balance for 100: exactly 100 are accepted', async () => {
    const hold = 1_913 + 19; // with its fee
    const [amount] = await balance();
    // Leaves enough for a hundred and too little for one more; 000 is paid a second later.
    const spent = Math.floor((amount - 100 * hold) / 1.01 / 1000) * 1000;
    const drain = await Payout.of(client.payout(spent), client);
    await drain.until('success');
    const [left, locked] = await balance();
    assert.equal(locked, 0);
    assert.ok(left >= 100 * hold && left < 101 * hold, `${left} for a hundred of ${hold}`);

    const bodies = Array.from({ length: 200 }, () => client.payout(1_913, { general: sink.urls() }));
    const answers = await inParallel(bodies, 200, async (body) => await client.createPayout(body));
    const accepted = answers.filter((answer) => stateOf(answer) === NEW);
    const declined = answers.filter((answer) => stateOf(answer) === 'decline');
    assert.deepEqual([accepted.length, declined.length], [100, 100]);
    for (const answer of declined) assert.equal(answer['status_description'], 'Insufficient funds');
    assert.deepEqual(await balance(), [left - 100 * hold, 100 * hold]);
    for (const answer of declined) await sink.waitFor(answer['payment_id'] as string, 'decline');
    assert.deepEqual(await sandbox.cli.checkLedger(), []);
  });
});

describe('the same call again', () => {
  test('64 simultaneous creates of one payout make one and lock once', async () => {
    const before = await sandbox.client.balance('TJS');
    const body = sandbox.client.payout(40913, { general: sink.urls(), payment: { currency: 'TJS' } });
    const answers = await inParallel(
      Array.from({ length: 64 }), 64, async () => await sandbox.client.createPayout(body));
    assert.equal(new Set(answers.map((answer) => answer['request_id'])).size, 1);
    const after = await sandbox.client.balance('TJS');
    assert.equal(after.locked_amount - before.locked_amount, 40913);
    assert.equal(before.amount - after.amount, 40913);
  });

  test('it answers the payout as it stands now', async () => {
    const body = sandbox.client.payout(41000, { general: sink.urls() });
    const payout = await Payout.of(body);
    await payout.until('success');
    assert.deepEqual(
      await sandbox.client.createPayout(body), { ...payout.first, status: 'success', sub_status: null });
  });

  test('the same content in another spelling is the same create', async () => {
    const body = sandbox.client.payout(41913);
    const first = await sandbox.client.createPayout(body);
    const spellings: Record<string, Json | string> = {
      'other order': Object.fromEntries(Object.entries(body).reverse()),
      'spaces': JSON.stringify(body, null, 3),
      'unknown fields': { ...body, unknown: 1, payment: { ...body['payment'], lifetime: 7, bank_symbol: 'none' } },
      'null for absent': { ...body, payment: { ...body['payment'], description: null, payment_system: null } },
      'an ignored bank_code': { ...body, receiver: { ...body['receiver'], bank_code: 'x' } },
    };
    for (const [what, spelling] of Object.entries(spellings)) {
      const again = await sandbox.client.post(PATH.payout, spelling);
      assert.equal(again.status, 200, `${what}: ${again.text}`);
      assert.equal(again.json['request_id'], first['request_id'], what);
    }
  });

  test('other content conflicts', async () => {
    const body = sandbox.client.payout(42914, { payment: { currency: 'TJS' } });
    await (await Payout.of(body)).until(REQUISITES);
    const part = (object: string, change: Json) => ({ ...body, [object]: { ...body[object], ...change } });
    for (const [what, changed] of Object.entries({
      amount: part('payment', { amount: 42915 }),
      currency: part('payment', { currency: 'KZT' }),
      system: part('payment', { payment_system: 'visa' }),
      pan: part('receiver', { pan: '4850788018041726' }),
      phone: part('receiver', { phone: '+992909992433' }),
      bank: part('receiver', { bank_code: '123456789012' }),
      holder: part('receiver', { card_holder: 'Somebody Else' }),
      customer: part('customer', { id: 'customer-of-another' }),
      'own callback URL': part('general', { merchant_callback_url: 'https://shop.invalid/other' }),
    })) {
      const answer = await sandbox.client.post(PATH.payout, changed);
      assert.equal(answer.status, 409, `${what}: ${answer.text}`);
      assertError(answer, 409, 'payment_id_conflict', ['current']);
      assert.equal(stateOf(answer.json['current']), REQUISITES);
    }
  });

  test('payins and payouts share one namespace of payment_id', async () => {
    const payout = sandbox.client.payout(43913);
    await sandbox.client.createPayout(payout);
    const payin = sandbox.client.payin(43902, { general: { payment_id: paymentIdOf(payout) } });
    assertError(await sandbox.client.post(PATH.payin, payin), 409, 'payment_id_conflict', ['current']);
    const other = sandbox.client.payin(43902);
    await sandbox.client.create(other);
    const same = sandbox.client.payout(43902, { general: { payment_id: paymentIdOf(other) } });
    const before = await sandbox.client.balance('KZT');
    assertError(await sandbox.client.post(PATH.payout, same), 409, 'payment_id_conflict', ['current']);
    assert.deepEqual(await sandbox.client.balance('KZT'), before, 'nothing is locked');
  });
});

test("a payin's calls know no payout, and a payout's no payin", async () => {
  const payout = sandbox.client.payout(44913);
  await sandbox.client.createPayout(payout);
  const payin = sandbox.client.payin(44902);
  await sandbox.client.create(payin);
  for (const path of [PATH.info, PATH.confirm, PATH.cancel]) {
    const answer = await sandbox.client.post(path, sandbox.client.about(paymentIdOf(payout)));
    assertError(answer, 404, 'payment_not_found');
  }
  const about = sandbox.client.about(paymentIdOf(payin));
  assertError(await sandbox.client.post(PATH.payoutInfo, about), 404, 'payment_not_found');
  for (const action of ['cancel', 'confirm']) {
    const answer = await sandbox.client.post(`${PATH.payout}/${action}`, sandbox.client.about(paymentIdOf(payout)));
    assertError(answer, 404, 'not_found');
  }
  assert.equal(stateOf(await sandbox.client.info(paymentIdOf(payin))), REQUISITES);
});

test('a payout outlives a crash with its money locked', async () => {
  const before = await sandbox.client.balance('KZT');
  const payout = await Payout.start(45913);
  await sandbox.crashAndRestart();
  await payout.until(PROCESS);
  const locked = await sandbox.client.balance('KZT');
  assert.equal(locked.locked_amount - before.locked_amount, 45913);
  await sandbox.cli.report(payout.requestId, 'paid');
  const after = await sandbox.client.balance('KZT');
  assert.deepEqual([after.amount, after.locked_amount], [before.amount - 45913, before.locked_amount]);
});
