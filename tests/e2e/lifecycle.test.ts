// Test mode's scenarios through every window (wire §8, design: test mode): exact states, reasons,
// amounts, dates and callbacks, with weeks that pass in a moment.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { ok, paymentIdOf, stateOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { Sandbox } from './lib/sandbox.ts';
import { assertError } from './lib/shape.ts';
import { Sink, type Delivery } from './lib/sink.ts';

const LIFETIME_S = 300;
const ASSIGNMENT_S = 120;
const CONFIRMATION_S = 1800;
const NO_PAYMENT_S = 600; // in test mode
const ERROR_S = 60;
const WEEK_S = 7 * 86_400;
const REQUISITES = 'processing:requisites';
const AWAITING = 'processing:awaiting_confirm';
const PAID = 'processing:paid';
const NO_PAYMENT = 'dispute:no_payment';
const DIFFERENT = 'dispute:different_amount';
const TIMEOUT = 'dispute:confirm_timeout';

let sandbox: Sandbox;
let sink: Sink;

before(async () => {
  sandbox = await Sandbox.start();
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
});
after(async () => {
  await sandbox.finish();
  await sink.close();
});

class Life {
  readonly paymentId: string;
  readonly requestId: string;
  readonly first: Json;
  readonly amount: number;

  private constructor(body: Json, created: Json) {
    this.paymentId = paymentIdOf(body);
    this.amount = body['payment']['amount'] as number;
    this.requestId = created['request_id'] as string;
    this.first = created;
  }

  static async start(amount: number, payment: Json = {}): Promise<Life> {
    const body = sandbox.client.payin(amount, { general: sink.urls(), payment });
    return new Life(body, await sandbox.client.create(body));
  }

  async info(): Promise<Json> {
    return await sandbox.client.info(this.paymentId);
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

  async confirm(): Promise<void> {
    await this.until(AWAITING);
    ok(await sandbox.client.confirm(this.paymentId));
  }

  /** Waits for the last callback, then compares all that were told, each once and in this order. */
  async assertTold(...states: string[]): Promise<Delivery[]> {
    await sink.waitFor(this.paymentId, states.at(-1) as string);
    assert.deepEqual(sink.of(this.paymentId).map((delivery) => delivery.state), states);
    for (const delivery of sink.of(this.paymentId)) {
      const kind = { success: 'success', decline: 'decline' }[delivery.state] ?? 'internal';
      assert.equal(delivery.path, kind, `${delivery.state} went to ${delivery.path}`);
    }
    return sink.of(this.paymentId);
  }

  /** The states of its history, in order, without notes that changed none. */
  async history(): Promise<string[]> {
    const events = await sandbox.cli.eventsOf(this.requestId);
    return events.filter((event, index) => index === 0 || event.from !== event.to).map((event) => event.to);
  }

  async amounts(): Promise<number[]> {
    const { amount, old_amount: old, initial_amount: initial } = (await this.info())['payment_info'] as Json;
    return [amount, old, initial];
  }
}

function dates(delivery: Delivery | undefined): { created: number; updated: number } {
  const info = delivery?.json['payment_info'] as Json;
  return { created: info['created_date'] as number, updated: info['updated_date'] as number };
}

function assertNear(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1, `${what}: ${actual}, not ${expected}`);
}

function descriptionOf(delivery: Delivery | undefined): unknown {
  return delivery?.json['status']['status_description'];
}

describe('scenarios', () => {
  test('any other amount: paid a second after the confirm', async () => {
    const life = await Life.start(200000);
    assert.equal(stateOf(life.first), REQUISITES);
    await life.confirm();
    await life.until('success');
    await life.assertTold(AWAITING, PAID, 'success');
    assert.deepEqual(await life.history(), ['processing:new', REQUISITES, AWAITING, PAID, 'success']);
    assert.deepEqual(await life.amounts(), [200000, 200000, 200000]);
  });

  test('901: declined at once', async () => {
    const life = await Life.start(200901);
    assert.equal(stateOf(life.first), 'decline');
    assert.equal(life.first['status_description'], 'Declined by anti-fraud');
    assert.equal(await life.state(), 'decline');
    const [told] = await life.assertTold('decline');
    assert.equal(descriptionOf(told), 'Declined by anti-fraud');
    assert.deepEqual(await life.history(), ['processing:new', 'decline']);
  });

  test('902: nobody to pay to until the assignment window ends', async () => {
    const life = await Life.start(200902);
    await sandbox.client.advance(ASSIGNMENT_S - 10);
    assert.equal(await life.state(), REQUISITES);
    const { fired } = await sandbox.client.advance(10);
    assert.ok(fired >= 1);
    const info = await life.info();
    assert.equal(stateOf(info), 'decline');
    assert.equal(info['status_description'], 'No requisites available');
    const [told] = await life.assertTold('decline');
    assertNear(dates(told).updated, dates(told).created + ASSIGNMENT_S, 'the end of the window');
  });

  test('903: never paid, disputed at the end of the lifetime, then declined', async () => {
    const life = await Life.start(200903);
    await life.until(AWAITING);
    await sandbox.client.advance(LIFETIME_S - 10);
    assert.equal(await life.state(), AWAITING);
    await sandbox.client.advance(10);
    assert.equal(await life.state(), NO_PAYMENT);
    await sandbox.client.advance(NO_PAYMENT_S - 10);
    assert.equal(await life.state(), NO_PAYMENT);
    await sandbox.client.advance(10);
    const info = await life.info();
    assert.equal(stateOf(info), 'decline');
    assert.equal(info['status_description'], 'Not paid in time');
    const [, disputed, declined] = await life.assertTold(AWAITING, NO_PAYMENT, 'decline');
    const expires = info['payment_info']['expiration_date'] as number;
    assert.equal(dates(disputed).updated, expires);
    assert.equal(dates(declined).updated, expires + NO_PAYMENT_S);
    assert.deepEqual(await life.history(), ['processing:new', REQUISITES, AWAITING, NO_PAYMENT, 'decline']);
  });

  test('903 confirmed all the same waits like 905', async () => {
    const life = await Life.start(201903);
    await life.confirm();
    await sandbox.client.advance(CONFIRMATION_S);
    assert.equal(await life.state(), TIMEOUT);
    await life.assertTold(AWAITING, PAID, TIMEOUT);
  });

  test('904: half arrives and is accepted', async () => {
    const life = await Life.start(200904);
    await life.confirm();
    await life.until('success');
    const [, , different, success] = await life.assertTold(AWAITING, PAID, DIFFERENT, 'success');
    const amounts = { amount: 100452, old_amount: 200904, initial_amount: 200904 };
    for (const delivery of [different, success]) {
      const { amount, old_amount, initial_amount } = delivery?.json['payment_info'] as Json;
      assert.deepEqual({ amount, old_amount, initial_amount }, amounts);
    }
    assert.deepEqual(await life.amounts(), [100452, 200904, 200904]);
    assertNear(dates(success).updated, dates(different).updated + 2, 'two seconds later');
  });

  test('905: nobody confirms the money; a person has to decide', async () => {
    const life = await Life.start(200905);
    await life.confirm();
    await sandbox.client.advance(CONFIRMATION_S - 10);
    assert.equal(await life.state(), PAID, 'the lifetime does not count any more');
    await sandbox.client.advance(10);
    assert.equal(await life.state(), TIMEOUT);
    await sandbox.client.advance(WEEK_S);
    assert.equal(await life.state(), TIMEOUT);
    const [, paid, timeout] = await life.assertTold(AWAITING, PAID, TIMEOUT);
    assertNear(dates(timeout).updated, dates(paid).updated + CONFIRMATION_S, 'the end of the window');
  });

  test('906: the money is there before anybody confirms', async () => {
    const life = await Life.start(200906);
    await life.until('success');
    await life.assertTold(AWAITING, 'success');
    assert.equal(stateOf(ok(await sandbox.client.confirm(life.paymentId))), 'success');
  });

  test('907: a fault, then declined', async () => {
    const life = await Life.start(200907);
    await life.until('error');
    await sandbox.client.advance(ERROR_S);
    const info = await life.info();
    assert.equal(stateOf(info), 'decline');
    assert.equal(info['status_description'], 'Processing error');
    const [fault, declined] = await life.assertTold('error', 'decline');
    assertNear(dates(fault).updated, dates(fault).created + 1, 'a second after its creation');
    assertNear(dates(declined).updated, dates(fault).updated + ERROR_S, 'the end of the window');
    assert.deepEqual(await life.history(), ['processing:new', REQUISITES, 'error', 'decline']);
  });
});

describe('the test clock', () => {
  test('one jump over a week passes every state on the way, each at its own time', async () => {
    const unpaid = await Life.start(210903);
    const searching = await Life.start(210902);
    const faulty = await Life.start(210907);
    const before = await sandbox.client.advance(1);
    const jump = await sandbox.client.advance(WEEK_S);
    assertNear(jump.now, before.now + WEEK_S, 'now');
    assert.ok(jump.fired >= 4, `${jump.fired} fired: two windows of 903, one of 902, one of 907`);

    const [, disputed, declined] = await unpaid.assertTold(AWAITING, NO_PAYMENT, 'decline');
    assertNear(dates(disputed).updated, dates(disputed).created + LIFETIME_S, '903 expires');
    assertNear(dates(declined).updated, dates(disputed).updated + NO_PAYMENT_S, '903 is declined');
    const [none] = await searching.assertTold('decline');
    assertNear(dates(none).updated, dates(none).created + ASSIGNMENT_S, '902 is declined');
    const [fault, given] = await faulty.assertTold('error', 'decline');
    assertNear(dates(given).updated, dates(fault).updated + ERROR_S, '907 is declined');
  });

  test('what a jump meets on its way is done on its way', async () => {
    const life = await Life.start(211904);
    await life.confirm();
    await sandbox.client.advance(10);
    assert.equal(await life.state(), 'success');
    await life.assertTold(AWAITING, PAID, DIFFERENT, 'success');
  });

  test('a week of windows, hour by hour', async () => {
    const lives = await Promise.all([220902, 220903, 220905, 220907, 220000].map((amount) => Life.start(amount)));
    for (let hour = 0; hour < 7 * 24; hour++) await sandbox.client.advance(3600);
    const states = await Promise.all(lives.map(async (life) => await life.state()));
    assert.deepEqual(states, ['decline', 'decline', 'decline', 'decline', 'decline']);
    await lives[4]?.assertTold(AWAITING, NO_PAYMENT, 'decline');
  });

  test('it goes forward by what it is told, and says so', async () => {
    const first = await sandbox.client.advance(1);
    const second = await sandbox.client.advance(1000);
    assert.ok(second.now >= first.now + 1000 && second.now <= first.now + 1010);
    assert.deepEqual(Object.keys(second), ['now', 'fired']);
    const most = await sandbox.client.advance(31_536_000);
    assert.ok(most.now >= second.now + 31_536_000);
  });

  test('payments are dated by it, signatures are not', async () => {
    const { now } = await sandbox.client.advance(1);
    const life = await Life.start(230000);
    const info = await life.info();
    const expires = info['payment_info']['expiration_date'] as number;
    assert.ok(expires >= now + LIFETIME_S && expires <= now + LIFETIME_S + 10);
    assert.ok(now > Date.now() / 1000 + 86_400, 'it is far ahead by now');
  });

  test('it survives a restart', async () => {
    const before = await sandbox.client.advance(1);
    const life = await Life.start(240903);
    await life.until(AWAITING);
    await sandbox.restart();
    const after = await sandbox.client.advance(1);
    assert.ok(after.now > before.now && after.now <= before.now + 60);
    assert.equal(await life.state(), AWAITING);
    await sandbox.client.advance(LIFETIME_S);
    assert.equal(await life.state(), NO_PAYMENT);
  });
});

describe('too late, too early', () => {
  async function assertRefused(life: Life, call: 'confirm' | 'cancel', state: string): Promise<void> {
    const answer = await sandbox.client[call](life.paymentId);
    assertError(answer, 409, 'transition_not_allowed', ['current']);
    assert.equal(stateOf(answer.json['current']), state);
    assert.equal(await life.state(), state, 'a refusal changes nothing');
  }

  test('a confirm before requisites are given', async () => {
    const life = await Life.start(250902);
    await assertRefused(life, 'confirm', REQUISITES);
    assert.equal(stateOf(ok(await sandbox.client.cancel(life.paymentId))), 'decline');
    await assertRefused(life, 'confirm', 'decline');
  });

  test('a confirm or cancel after the lifetime', async () => {
    const life = await Life.start(250903);
    await life.until(AWAITING);
    await sandbox.client.advance(LIFETIME_S);
    await assertRefused(life, 'confirm', NO_PAYMENT);
    await assertRefused(life, 'cancel', NO_PAYMENT);
    await sandbox.client.advance(NO_PAYMENT_S);
    await assertRefused(life, 'confirm', 'decline');
    await assertRefused(life, 'cancel', 'decline');
    await life.assertTold(AWAITING, NO_PAYMENT, 'decline');
  });

  test('a cancel after the confirm', async () => {
    const life = await Life.start(250905);
    await life.confirm();
    await assertRefused(life, 'cancel', PAID);
    await sandbox.client.advance(CONFIRMATION_S);
    await assertRefused(life, 'cancel', TIMEOUT);
    const again = ok(await sandbox.client.confirm(life.paymentId));
    assert.equal(stateOf(again), TIMEOUT, 'a dispute that was confirmed earlier: as it is now');
  });

  test('a cancel of what is paid', async () => {
    const life = await Life.start(250000);
    await life.confirm();
    await life.until('success');
    await assertRefused(life, 'cancel', 'success');
  });

  test('refused commands stand in the history', async () => {
    const life = await Life.start(251902);
    await assertRefused(life, 'confirm', REQUISITES);
    const events = await sandbox.cli.eventsOf(life.requestId);
    const refused = events.filter((event) => event.cause === 'refused_command');
    assert.equal(refused.length, 1);
    assert.equal(refused[0]?.told, false);
  });
});

describe('an operator decides', () => {
  test('what came counts, and the amounts say so', async () => {
    const life = await Life.start(260905);
    await life.confirm();
    await sandbox.client.advance(CONFIRMATION_S);
    for (const time of ['once', 'twice']) {
      await sandbox.cli.resolveReceived(life.requestId, 200000);
      assert.equal(await life.state(), 'success', time);
      assert.deepEqual(await life.amounts(), [200000, 260905, 260905], time);
    }
    await life.assertTold(AWAITING, PAID, TIMEOUT, DIFFERENT, 'success');
  });

  test('an appeal turns a decline into a success, once', async () => {
    const life = await Life.start(260000);
    await life.until(AWAITING);
    ok(await sandbox.client.cancel(life.paymentId));
    await sandbox.cli.resolveReceived(life.requestId, 260000);
    assert.equal(await life.state(), 'success');
    await life.assertTold(AWAITING, 'decline', 'success');
  });

  test('a success is corrected, never declined', async () => {
    const life = await Life.start(261000);
    await life.confirm();
    await life.until('success');
    const before = await sandbox.client.balance('KZT');
    const refused = await sandbox.cli.any('payment', 'resolve', life.requestId, '--decline', '--as', OPERATOR);
    assert.equal(refused.code, 1);
    await sandbox.cli.resolveReceived(life.requestId, 261500);
    assert.deepEqual(await life.amounts(), [261500, 261000, 261000]);
    const gained = (await sandbox.client.balance('KZT')).amount - before.amount;
    assert.ok(gained > 0 && gained <= 500, `the balance grew by ${gained}: the difference less its fee`);
  });

  test('nothing came, then a receipt, then the money after all', async () => {
    const life = await Life.start(262905);
    await life.confirm();
    await sandbox.cli.resolve(life.requestId, '--nothing');
    assert.equal(await life.state(), NO_PAYMENT);
    await sandbox.cli.resolve(life.requestId, '--receipt');
    assert.equal(await life.state(), TIMEOUT);
    await sandbox.client.advance(WEEK_S);
    assert.equal(await life.state(), TIMEOUT, 'a receipt is looked at by a person, however long it takes');
    await sandbox.cli.resolveReceived(life.requestId, 262905);
    await life.assertTold(AWAITING, PAID, NO_PAYMENT, TIMEOUT, 'success');
    assert.deepEqual(await life.amounts(), [262905, 262905, 262905]);
  });

  test('the whole amount, too late, settles it', async () => {
    const life = await Life.start(262903);
    await life.until(AWAITING);
    await sandbox.client.advance(LIFETIME_S);
    await sandbox.cli.resolveReceived(life.requestId, 262903);
    await life.assertTold(AWAITING, NO_PAYMENT, 'success');
  });

  test('a fault is retried and goes on', async () => {
    const life = await Life.start(260907);
    await life.until('error');
    await sandbox.cli.resolve(life.requestId, '--retry');
    assert.ok([REQUISITES, 'error'].includes(await life.state()));
    assert.ok((await life.history()).slice(3).includes(REQUISITES));
  });
});

test('what settled stands in the balance, what did not does not', async () => {
  const before = await sandbox.client.balance('TJS');
  const paid = await Life.start(100000, { currency: 'TJS' });
  const cancelled = await Life.start(100000, { currency: 'TJS' });
  await paid.confirm();
  await cancelled.until(AWAITING);
  ok(await sandbox.client.cancel(cancelled.paymentId));
  await paid.until('success');
  const gained = (await sandbox.client.balance('TJS')).amount - before.amount;
  assert.ok(gained > 0 && gained <= 100000, `${gained}`);
  const shown = await sandbox.cli.showPayment(paid.requestId);
  assert.equal(gained, 100000 - (shown['settled_fee'] as number));
});
