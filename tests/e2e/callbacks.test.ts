// How merchants are told (wire §9): retries, order, superseding, parking, one endpoint's trouble kept
// from the others, signatures of both kinds, replays by hand.
//
// The gaps between tries run on real time; a schedule of seconds instead of hours makes them testable.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { ok, paymentIdOf } from './lib/client.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { Sandbox } from './lib/sandbox.ts';
import { Sink, type Behaviour, type Delivery } from './lib/sink.ts';

const AWAITING = 'processing:awaiting_confirm';
const PAID = 'processing:paid';
const GAP_MS = 1000;

let sandbox: Sandbox;
let sink: Sink;
/** What to do with the callbacks of a payment; each test adds its own. */
const behaviours = new Map<string, Behaviour>();

before(async () => {
  sandbox = await Sandbox.start({ KASSA_CALLBACKS__SCHEDULE_S: Array(12).fill('1').join(',') });
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
  sink.behave((delivery, nth) => behaviours.get(delivery.paymentId)?.(delivery, nth));
});
after(async () => {
  await sandbox.finish();
  await sink.close();
});

type Started = { paymentId: string; requestId: string };

async function start(amount: number, behaviour?: Behaviour, general: Json = {}, at = sandbox): Promise<Started> {
  const body = at.client.payin(amount, { general: { ...sink.urls(), ...general } });
  if (behaviour !== undefined) behaviours.set(paymentIdOf(body), behaviour);
  const created = await at.client.create(body);
  return { paymentId: paymentIdOf(body), requestId: created['request_id'] as string };
}

function failing(times: number, state: string, status = 500): Behaviour {
  return (delivery, nth) => (delivery.state === state && nth <= times ? { status } : undefined);
}

function triesOf(paymentId: string, state: string): Delivery[] {
  return sink.of(paymentId).filter((delivery) => delivery.state === state);
}

async function eventOf(requestId: string, state: string, at = sandbox): Promise<number> {
  const event = (await at.cli.eventsOf(requestId)).find((one) => one.told && one.to === state);
  assert.ok(event, `${state} is told`);
  return event.event;
}

async function standing(requestId: string, at = sandbox): Promise<Record<string, string>> {
  const rows = await at.cli.listCallbacks(requestId);
  return Object.fromEntries(rows.map((row) => [row['state'] as string, row['standing'] as string]));
}

describe('retries', () => {
  test('a failed try is repeated after its gap, signed anew, with the same words', async () => {
    const { paymentId } = await start(300000, failing(2, AWAITING));
    await sink.waitFor(paymentId, AWAITING);
    const tries = triesOf(paymentId, AWAITING);
    assert.deepEqual(tries.map((one) => one.status), [500, 500, 200]);
    assert.equal(new Set(tries.map((one) => one.text)).size, 1);
    for (const [index, one] of tries.slice(1).entries()) {
      const gap = one.at - (tries[index] as Delivery).at;
      assert.ok(gap >= GAP_MS * 0.85 && gap < GAP_MS * 3, `a gap of ${gap} ms`);
    }
    const stamps = tries.map((one) => Number(one.headers['x-access-timestamp']));
    assert.ok((stamps.at(-1) as number) > (stamps[0] as number), 'each try has a timestamp of its own');
  });

  test('any 2xx is taken, and not told again', async () => {
    const statuses = [200, 201, 202, 204, 299];
    await inParallel(statuses, statuses.length, async (status) => {
      const { paymentId, requestId } = await start(300902, () => ({ status }));
      ok(await sandbox.client.cancel(paymentId));
      await sink.waitFor(paymentId, 'decline');
      await eventually('delivered', async () => (await standing(requestId))['decline'] === 'delivered');
      assert.deepEqual(triesOf(paymentId, 'decline').map((one) => one.status), [status]);
    });
  });

  test('nothing else is taken, and no redirect is followed', async () => {
    const headers = { location: `http://127.0.0.1:${sink.port}/elsewhere/decline` };
    const statuses = [301, 302, 307, 400, 404, 410, 429, 503];
    await inParallel(statuses, statuses.length, async (status) => {
      const { paymentId } = await start(300902, (_, nth) => (nth === 1 ? { status, headers } : undefined));
      ok(await sandbox.client.cancel(paymentId));
      await sink.waitFor(paymentId, 'decline');
      assert.deepEqual(triesOf(paymentId, 'decline').map((one) => one.status), [status, 200]);
    });
  });

  test('a callback whose connection fails is repeated', async () => {
    const closed = await Sink.start();
    const urls = closed.urls();
    await closed.close();
    const { requestId } = await start(300000, undefined, urls);
    await eventually('three failed tries', async () => {
      const tries = (await sandbox.cli.showPayment(requestId))['callback_tries'] as Json[];
      return tries.filter((one) => one['result'] === 'failed').length >= 3;
    });
  });

  test('they go on after a restart', async () => {
    const { paymentId } = await start(300000, failing(3, AWAITING));
    await eventually('a first try', () => triesOf(paymentId, AWAITING).length >= 1);
    await sandbox.crashAndRestart();
    await sink.waitFor(paymentId, AWAITING);
  });
});

describe('order', () => {
  test('an intermediate one holds back later ones until its third failed try', async () => {
    const { paymentId, requestId } = await start(310000, (delivery) =>
      delivery.path === 'internal' ? { status: 500 } : undefined);
    await eventually('a first try', () => triesOf(paymentId, AWAITING).length >= 1);
    ok(await sandbox.client.confirm(paymentId));
    const success = await sink.waitFor(paymentId, 'success', 20_000);
    const told = sink.of(paymentId).map((one) => one.state);
    assert.deepEqual(told, [AWAITING, AWAITING, AWAITING, PAID, PAID, PAID, 'success']);
    assert.equal(sink.of(paymentId).at(-1), success);
    await eventually('all settled', async () => {
      assert.deepEqual(await standing(requestId), {
        [AWAITING]: 'superseded', [PAID]: 'superseded', success: 'delivered',
      });
      return true;
    });
    const tries = (await sandbox.cli.listCallbacks(requestId)).map((row) => [row['state'], row['tries']]);
    assert.deepEqual(Object.fromEntries(tries), { [AWAITING]: 3, [PAID]: 3, success: 1 });
    const numbers = ((await sandbox.cli.showPayment(requestId))['callback_tries'] as Json[])
      .map((one) => one['try']);
    assert.deepEqual(numbers, [1, 2, 3, null, 1, 2, 3, null, 1], 'that it was superseded is no try');
  });

  test('one that nothing waits behind is tried beyond its third', async () => {
    const { paymentId } = await start(310000, failing(4, AWAITING));
    await sink.waitFor(paymentId, AWAITING, 15_000);
    assert.equal(triesOf(paymentId, AWAITING).length, 5);
  });

  test('a later one overtakes nobody while an earlier one is slow', async () => {
    const { paymentId } = await start(310000, (delivery) =>
      delivery.state === AWAITING ? { delayMs: 1500 } : undefined);
    await eventually('a first try', () => triesOf(paymentId, AWAITING).length >= 1);
    ok(await sandbox.client.confirm(paymentId));
    await sink.waitFor(paymentId, 'success');
    const arrived = sink.of(paymentId);
    assert.deepEqual(arrived.map((one) => one.state), [AWAITING, PAID, 'success']);
    assert.ok((arrived[1] as Delivery).at - (arrived[0] as Delivery).at >= 1400);
  });

  test('a final one is never superseded; a later final waits for it', async () => {
    const { paymentId, requestId } = await start(311000, failing(5, 'decline'));
    await sink.waitFor(paymentId, AWAITING);
    ok(await sandbox.client.cancel(paymentId));
    await eventually('a first try', () => triesOf(paymentId, 'decline').length >= 1);
    await sandbox.cli.resolveReceived(requestId, 311000);
    await sink.waitFor(paymentId, 'success', 20_000);
    const told = sink.of(paymentId).map((one) => one.state);
    assert.deepEqual(told, [AWAITING, ...Array<string>(6).fill('decline'), 'success']);
  });

  test('a callback says what was true at its change, however late it goes out', async () => {
    const { paymentId } = await start(310904, failing(2, AWAITING));
    await eventually('a first try', () => triesOf(paymentId, AWAITING).length >= 1);
    ok(await sandbox.client.confirm(paymentId));
    await sink.waitFor(paymentId, 'success', 20_000);
    const amounts = sink.of(paymentId).filter((one) => one.status === 200)
      .map((one) => [one.state, one.json['payment_info']['amount']]);
    assert.deepEqual(amounts, [
      [AWAITING, 310904], [PAID, 310904], ['dispute:different_amount', 155452], ['success', 155452],
    ]);
    const updated = sink.of(paymentId).map((one) => one.json['payment_info']['updated_date'] as number);
    assert.deepEqual(updated, [...updated].sort((a, b) => a - b));
  });
});

test('a dead or slow endpoint delays nobody else', async () => {
  const dead = await Sink.start();
  dead.trust(sandbox.ready.project_id, sandbox.callbackKeys);
  dead.behave(() => ({ hang: true }));
  try {
    for (let n = 0; n < 40; n++) await start(320000, undefined, dead.urls());
    await eventually('the dead one is being tried', () => dead.deliveries.length >= 1);
    const started = performance.now();
    const lively = await Promise.all(Array.from({ length: 10 }, () => start(320000)));
    for (const { paymentId } of lively) await sink.waitFor(paymentId, AWAITING, 4000);
    assert.ok(performance.now() - started < 4000);
  } finally {
    await dead.close();
  }
});

describe("one project's trouble is not another's", () => {
  /** Creates of a project of its own; all of its callbacks hang. */
  async function hanging(name: string, count: number, urlOf: (n: number) => string): Promise<Sink> {
    const { client, callbackKeys } = await sandbox.createProject(name, { currencies: ['KZT'] });
    const silent = await Sink.start();
    silent.trust(client.projectId, callbackKeys);
    silent.behave(() => ({ hang: true }));
    await inParallel(Array.from({ length: count }, (_, n) => n), 16, async (n) => {
      const url = urlOf(n).replace('PORT', String(silent.port));
      await client.create(client.payin(360000, { general: {
        merchant_callback_url: url, merchant_success_callback_url: url, merchant_decline_callback_url: url,
      } }));
    });
    return silent;
  }

  /** A try that hangs ends after 10 s only. */
  const AT_ONCE_MS = 4000;

  test('at the same host, whose other script hangs', async () => {
    const silent = await hanging('Hangs at a host', 40, () => 'http://127.0.0.1:PORT/slow');
    silent.trust(sandbox.ready.project_id, sandbox.callbackKeys);
    silent.behave((delivery) => (delivery.path === 'slow' ? { hang: true } : undefined));
    try {
      await eventually('all its slots are taken', () => silent.deliveries.length >= 16);
      const { paymentId } = await start(360000, undefined, silent.urls());
      await silent.waitFor(paymentId, AWAITING, AT_ONCE_MS);
    } finally {
      await silent.close();
    }
  });

  test('with a new host for each of its payins', async () => {
    const silent = await hanging('Hangs everywhere', 300, (n) => `http://shop${n}.localhost:PORT/slow`);
    try {
      await eventually('all that it gets is taken', () => silent.deliveries.length >= 120);
      const { paymentId } = await start(360000);
      await sink.waitFor(paymentId, AWAITING, AT_ONCE_MS);
    } finally {
      await silent.close();
    }
  });
});

describe('where they go', () => {
  test("the project's URLs where the payment names none, none where nobody does", async () => {
    const silent = await start(330902, undefined, {
      merchant_callback_url: null, merchant_success_callback_url: null, merchant_decline_callback_url: null,
    });
    ok(await sandbox.client.cancel(silent.paymentId));
    await sandbox.cli.setProject(sandbox.ready.project_id, 'url.decline', `http://127.0.0.1:${sink.port}/project/decline`);
    const heard = await start(330902, undefined, { merchant_decline_callback_url: null });
    ok(await sandbox.client.cancel(heard.paymentId));
    await sink.waitFor(heard.paymentId, 'decline');
    await sandbox.cli.setProject(sandbox.ready.project_id, 'url.decline', '');
    assert.deepEqual(sink.of(silent.paymentId), []);
  });

  test('signed by HMAC-SHA512 after the project was switched, and by RSA again', async () => {
    const algorithmOf = async () => {
      const { paymentId } = await start(330902);
      ok(await sandbox.client.cancel(paymentId));
      return (await sink.waitFor(paymentId, 'decline')).headers['x-access-merchant-algorithm'];
    };
    assert.equal(await algorithmOf(), 'RSA-SHA256');
    await sandbox.cli.setCallbackAlgorithm(sandbox.ready.project_id, 'HMAC-SHA512');
    assert.equal(await algorithmOf(), 'HMAC-SHA512');
    await sandbox.cli.setCallbackAlgorithm(sandbox.ready.project_id, 'RSA-SHA256');
    assert.equal(await algorithmOf(), 'RSA-SHA256');
  });
});

describe('by hand', () => {
  test('what was delivered is told again, the same words signed anew', async () => {
    const { paymentId, requestId } = await start(340000);
    const first = await sink.waitFor(paymentId, AWAITING);
    ok(await sandbox.client.confirm(paymentId));
    await sink.waitFor(paymentId, 'success');
    const replayed = await sandbox.cli.replay(requestId, await eventOf(requestId, AWAITING));
    assert.equal(replayed['http_status'], 200);
    assert.equal(sink.of(paymentId).at(-1)?.text, first.text);
    assert.deepEqual(
      sink.of(paymentId).map((one) => one.state), [AWAITING, PAID, 'success', AWAITING], 'out of order, as asked');
  });

  test('in vain, which the exit code says', async () => {
    const { paymentId, requestId } = await start(340000, () => ({ status: 500 }));
    await eventually('a first try', () => triesOf(paymentId, AWAITING).length >= 1);
    const event = String(await eventOf(requestId, AWAITING));
    const replayed = await sandbox.cli.any('callback', 'replay', requestId, event);
    assert.equal(replayed.code, 1);
    assert.match(replayed.stdout, /500/);
    assert.match(replayed.stderr, /not delivered/);
  });

  test('an event that is not told, or is not there, is refused', async () => {
    const { requestId } = await start(340902);
    for (const event of ['1', '99']) {
      const refused = await sandbox.cli.any('callback', 'replay', requestId, event);
      assert.equal(refused.code, 1, `event ${event}`);
    }
    const nobody = await sandbox.cli.any(
      'payment', 'resolve', '00000000-0000-7000-8000-000000000000', '--decline', '--as', OPERATOR);
    assert.equal(nobody.code, 1);
  });

  test('a used-up schedule parks the callback and lets the next one go', async () => {
    const brief = await Sandbox.start({ KASSA_CALLBACKS__SCHEDULE_S: '1,1' });
    sink.trust(brief.ready.project_id, brief.callbackKeys);
    try {
      let broken = true;
      const { paymentId, requestId } = await start(
        341000, (delivery) => (broken && delivery.state === 'decline' ? { status: 500 } : undefined), {}, brief);
      await sink.waitFor(paymentId, AWAITING);
      ok(await brief.client.cancel(paymentId));
      await eventually('parked', async () => (await standing(requestId, brief))['decline'] === 'parked');
      assert.equal(triesOf(paymentId, 'decline').length, 3);
      await brief.cli.resolveReceived(requestId, 341000);
      await sink.waitFor(paymentId, 'success');
      broken = false;
      const replayed = await brief.cli.replay(requestId, await eventOf(requestId, 'decline', brief));
      assert.equal(replayed['result'], 'delivered');
      assert.equal(sink.of(paymentId).at(-1)?.state, 'decline');
      await eventually('all delivered', async () => {
        const now = await standing(requestId, brief);
        assert.deepEqual(now, { [AWAITING]: 'delivered', decline: 'delivered', success: 'delivered' });
        return true;
      });
      assert.equal(await brief.metric('kassa_callbacks_parked_total'), 1);
      const told = Number(await eventOf(requestId, 'decline', brief));
      const tries = ((await brief.cli.showPayment(requestId))['callback_tries'] as Json[])
        .filter((one) => one['event'] === told).map((one) => [one['try'], one['replay']]);
      assert.deepEqual(tries, [[1, false], [2, false], [3, false], [4, true]], 'numbered, the replay too');
    } finally {
      await brief.finish();
    }
  });
});

test('test mode calls back its developer, wherever private addresses are refused', async () => {
  const guarded = await Sandbox.start({ KASSA_CALLBACKS__ALLOW_PRIVATE_ADDRESSES: 'false' });
  sink.trust(guarded.ready.project_id, guarded.callbackKeys);
  try {
    const { paymentId } = await start(350902, undefined, {}, guarded);
    ok(await guarded.client.cancel(paymentId));
    await sink.waitFor(paymentId, 'decline');
  } finally {
    await guarded.finish();
  }
});
