// The published examples of both dialects work as printed: what a client that was written against
// them sends, is answered and is told, key by key.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { ok, PATH, paymentIdOf, stateOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { fresh } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import {
  assertError, assertSameKeys, displayData, fieldErrors, shown, titles, UUID,
} from './lib/shape.ts';
import { Sink } from './lib/sink.ts';

type Dialect = { name: string; currency: string; panHidden: string; holderHidden: string | null };
const DIALECTS: readonly Dialect[] = [
  { name: 'kz', currency: 'KZT', panHidden: '44004****0306', holderHidden: null },
  { name: 'tj', currency: 'TJS', panHidden: '48507****1726', holderHidden: 'Erik****rman' },
];
const CARD_TITLES = [
  'recipient_card_holder', 'recipient_pan', 'lifetime', 'valid_until', 'amount', 'currency',
  'bank_name', 'bank_country', 'confirm_url', 'reject_url',
];
const SIX = [
  'status', 'sub_status', 'status_description', 'request_id', 'project_id', 'payment_id',
];

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
  await sandbox.finish();
  await sink.close();
});

function fixture(file: string): string {
  return readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8');
}

/** The printed request; only the project is ours. */
function printed(dialect: Dialect): string {
  const body = fixture(`${dialect.name}_payin.json`);
  return body.replace(/("project_id": )"[^"]*"/, `$1"${sandbox.ready.project_id}"`);
}

function repaired(dialect: Dialect): string {
  return printed(dialect).replace('"[email protected]"', '"john@example.com"');
}

/** The same with a name and callbacks of its own, and an amount that asks for a scenario. */
function variant(dialect: Dialect, amount: number, payment: Json = {}): Json {
  const body = JSON.parse(repaired(dialect)) as Json;
  const general = { ...body['general'], ...sink.urls(), payment_id: `${dialect.name}-${fresh()}` };
  return { ...body, general, payment: { ...body['payment'], amount, ...payment } };
}

async function infoIn(state: string, paymentId: string): Promise<Json> {
  return await eventually(`${paymentId} is ${state}`, async () => {
    const info = await sandbox.client.info(paymentId);
    assert.equal(stateOf(info), state);
    return info;
  });
}

function assertFormUrl(url: unknown): void {
  assert.match(String(url), /^http:\/\/127\.0\.0\.1:\d+(\/[^/]+)*\/[0-9a-f]{40}$/);
}

function assertSix(answer: Json, state: string, description: string | null, paymentId: string): void {
  assert.deepEqual(Object.keys(answer).slice(0, 6), SIX);
  assert.equal(stateOf(answer), state);
  assert.equal(answer['status_description'], description);
  assert.match(answer['request_id'] as string, UUID);
  assert.equal(answer['project_id'], sandbox.ready.project_id);
  assert.equal(answer['payment_id'], paymentId);
}

function assertPaymentInfo(info: Json, request: Json, createdAbout: number): void {
  const { amount, currency, lifetime, method } = request['payment'] as Json;
  const { expiration_date: expires, ...rest } = info;
  assert.deepEqual(rest, {
    amount, old_amount: amount, initial_amount: amount, currency, lifetime, method,
    payment_system: null, type: 'payin',
  });
  assert.ok(Number.isInteger(expires));
  assert.ok(Math.abs((expires as number) - (createdAbout + lifetime)) <= 5, `expires at ${expires}`);
}

function assertRequisites(requisites: Json, dialect: Dialect): void {
  assert.match(requisites['pan'] as string, /^\d{16}$/);
  assert.ok((requisites['card_holder'] as string).length > 0);
  assert.match(requisites['bank_name'] as string, /^[a-z0-9-]{1,32}$/);
  assert.match(requisites['bank_country'] as string, /^[A-Z]{2}$/);
  assert.equal(requisites['currency'], dialect.currency);
}

function assertDisplay(display: Json[], requisites: Json, info: Json): void {
  assert.deepEqual(titles(display), CARD_TITLES);
  for (const row of display) {
    assert.deepEqual(Object.keys(row), ['type', 'title', 'data']);
    assert.equal(row['type'], 'add_info');
  }
  assert.equal(shown(display, 'recipient_card_holder'), requisites['card_holder']);
  assert.equal(shown(display, 'recipient_pan'), requisites['pan']);
  assert.equal(shown(display, 'lifetime'), info['lifetime']);
  assert.equal(shown(display, 'valid_until'), info['expiration_date']);
  assert.equal(shown(display, 'amount'), info['amount']);
  assert.equal(shown(display, 'currency'), info['currency']);
  assert.equal(shown(display, 'bank_name'), requisites['bank_name']);
  assert.equal(shown(display, 'bank_country'), requisites['bank_country']);
  assert.equal(shown(display, 'confirm_url'), sandbox.ready.base_url + PATH.confirm);
  assert.equal(shown(display, 'reject_url'), sandbox.ready.base_url + PATH.cancel);
}

for (const dialect of DIALECTS) {
  describe(`dialect ${dialect.name}`, () => {
    const examples = JSON.parse(fixture(`${dialect.name}_examples.json`)) as Record<string, Json>;
    const example = (name: string) => examples[name] as Json;

    if (dialect.name === 'tj') {
      test('the printed e-mail is the only thing wrong with the printed request', async () => {
        const answer = await sandbox.client.post(PATH.payin, printed(dialect));
        assertError(answer, 422, 'validation_failed');
        assert.deepEqual(fieldErrors(answer.json), { 'customer.email': 'bad_format' });
      });
    }

    test('the printed request is accepted and answered as printed', async () => {
      const body = repaired(dialect);
      const request = JSON.parse(body) as Json;
      sandbox.secrets.addBody(request);
      const created = ok(await sandbox.client.post(PATH.payin, body));
      const paymentId = example('create')['payment_id'] as string;
      assertSameKeys(created, example('create'), 'the answer to a create');
      assertSix(created, 'processing:requisites', null, paymentId);
      assertFormUrl(created['integration']['form_url']);
      assert.equal(created['integration']['redirect_url'], request['general']['redirect_url']);

      const info = await infoIn('processing:awaiting_confirm', paymentId);
      assert.equal(info['request_id'], created['request_id']);
      assert.deepEqual(info['sender'], {
        pan_hidden: dialect.panHidden, card_holder_hidden: dialect.holderHidden,
      });
      const cancelled = ok(await sandbox.client.cancel(paymentId));
      assertSameKeys(cancelled, example('cancel'), 'the answer to a cancel');
      assertSix(cancelled, 'decline', 'Canceled by client', paymentId);
    });

    test('info and confirm are answered as printed', async () => {
      const request = variant(dialect, 150000);
      const paymentId = paymentIdOf(request);
      const { now } = await sandbox.client.advance(1);
      const created = await sandbox.client.create(request);

      const { additional_info: additional, ...info } = await infoIn('processing:awaiting_confirm', paymentId);
      assertSameKeys(info, example('info'), 'info');
      assertSix(info, 'processing:awaiting_confirm', null, paymentId);
      assertPaymentInfo(info['payment_info'], request, now);
      assertRequisites(info['recipient_requisites'], dialect);
      assert.deepEqual(info['integration'], created['integration']);
      assert.deepEqual(Object.keys(additional), ['display_data']);
      assertDisplay(additional['display_data'], info['recipient_requisites'], info['payment_info']);

      const confirmed = ok(await sandbox.client.confirm(paymentId));
      assertSameKeys(confirmed, example('confirm'), 'the answer to a confirm');
      assertSix(confirmed, 'processing:paid', null, paymentId);

      const settled = await infoIn('success', paymentId);
      assert.deepEqual(settled['payment_info'], info['payment_info']);
      assert.equal(settled['recipient_requisites'], null);
      assert.equal(settled['additional_info'], null);
    });

    test('callbacks are as printed', async () => {
      const request = variant(dialect, 70000);
      const paymentId = paymentIdOf(request);
      const created = await sandbox.client.create(request);
      const told = (await sink.waitFor(paymentId, 'processing:awaiting_confirm')).json;
      const info = await infoIn('processing:awaiting_confirm', paymentId);

      assertSameKeys(told, example('callback_awaiting_confirm'), 'an intermediate callback');
      assert.equal(told['project_id'], sandbox.ready.project_id);
      assert.deepEqual(told['general'], { request_id: created['request_id'], payment_id: paymentId });
      const { updated_date: updated, created_date: createdDate, ...same } = told['payment_info'] as Json;
      assert.deepEqual(same, info['payment_info']);
      assert.equal(createdDate, (same['expiration_date'] as number) - 300);
      assert.ok((updated as number) >= (createdDate as number));
      for (const part of ['recipient_requisites', 'integration']) assert.deepEqual(told[part], info[part]);
      assertDisplay(displayData(told), info['recipient_requisites'], info['payment_info']);

      ok(await sandbox.client.confirm(paymentId));
      const paid = (await sink.waitFor(paymentId, 'processing:paid')).json;
      assertSameKeys(paid, example('callback_awaiting_confirm'), 'the callback of paid');
      const success = await sink.waitFor(paymentId, 'success');
      assertSameKeys(success.json, example('callback_success'), 'the callback of success');
      assert.equal(success.path, 'success');
      assert.equal(success.json['status']['status_description'], null);

      const refused = variant(dialect, 70901);
      await sandbox.client.create(refused);
      const decline = await sink.waitFor(paymentIdOf(refused), 'decline');
      assertSameKeys(decline.json, example('callback_decline'), 'the callback of decline');
      assert.equal(decline.path, 'decline');
      assert.deepEqual(decline.json['status'], example('callback_decline')['status']);
    });

    test('info has its keys in every state, requisites only while they are to be paid', async () => {
      const { client } = sandbox;
      const start = async (amount: number) => {
        const request = variant(dialect, amount);
        await client.create(request);
        return paymentIdOf(request);
      };
      const check = async (state: string, paymentId: string, description?: RegExp) => {
        const { additional_info: additional, ...info } = await infoIn(state, paymentId);
        const open = ['processing:awaiting_confirm', 'processing:paid'].includes(state);
        assert.equal(info['recipient_requisites'] !== null, open, state);
        assert.equal(additional !== null, open, state);
        const like = open ? example('info') : { ...example('info'), recipient_requisites: null };
        assertSameKeys(info, like, `info in ${state}`);
        if (description === undefined) assert.equal(info['status_description'], null);
        else assert.match(info['status_description'] as string, description);
        assertFormUrl(info['integration']['form_url']);
      };

      const searching = await start(60902);
      await check('processing:requisites', searching);
      ok(await client.cancel(searching));
      await check('decline', searching, /^Canceled by client$/);

      const unanswered = await start(60905);
      await check('processing:awaiting_confirm', unanswered);
      ok(await client.confirm(unanswered));
      await check('processing:paid', unanswered);

      const half = await start(60904);
      await check('processing:awaiting_confirm', half);
      ok(await client.confirm(half));
      await check('dispute:different_amount', half, /^[A-Z].*\.$/);

      await check('error', await start(60907), /^[A-Z].*\.$/);

      const unpaid = await start(60903);
      await check('processing:awaiting_confirm', unpaid);
      await client.advance(300);
      await check('dispute:no_payment', unpaid, /^[A-Z].*\.$/);
      await client.advance(1800);
      await check('dispute:confirm_timeout', unanswered, /^[A-Z].*\.$/);
    });

    test('a phone method shows recipient_phone', async () => {
      const request = variant(dialect, 150000, { method: 'phone-p2p' });
      request['sender'] = { phone: dialect.currency === 'KZT' ? '+77001234567' : '+992909992433' };
      await sandbox.client.create(request);
      const info = await infoIn('processing:awaiting_confirm', paymentIdOf(request));
      const display = displayData(info);
      assert.deepEqual(titles(display), CARD_TITLES.map((title) =>
        title === 'recipient_pan' ? 'recipient_phone' : title));
      assert.match(shown(display, 'recipient_phone') as string, /^\+\d{8,15}$/);
      assert.equal(shown(display, 'recipient_phone'), info['recipient_requisites']['pan']);
      const hidden = dialect.currency === 'KZT' ? '+7700****67' : '+9929****33';
      assert.deepEqual(info['sender'], { pan_hidden: hidden, card_holder_hidden: null });
    });
  });
}

test('masks of what the payer sent', async () => {
  const cases: [Json, string | null, string | null][] = [
    [{}, null, null],
    [{ pan: '4850788018041726', card_holder: 'Erik Ackerman' }, '48507****1726', 'Erik****rman'],
    [{ pan: '1234567890123', card_holder: 'Жанна Кудайберген' }, '12345****0123', 'Жанн****рген'],
    [{ pan: '123456789012', card_holder: 'Ян Ким' }, '****', 'Я****м'],
    [{ pan: '1'.repeat(32), card_holder: 'Anna L' }, '11111****1111', 'A****L'],
    [{ phone: '+77001234567', card_holder: 'Ann' }, '+7700****67', '****'],
    [{ pan: '4850788018041726', phone: '+77001234567' }, '48507****1726', null],
    [{ card_holder: 'ElevenChars' }, null, 'E****s'],
    [{ card_holder: 'TwelveChars.' }, null, 'Twel****ars.'],
  ];
  for (const [sender, panHidden, holderHidden] of cases) {
    const request = sandbox.client.payin(10902, { sender });
    await sandbox.client.create(request);
    const info = await sandbox.client.info(paymentIdOf(request));
    assert.deepEqual(
      info['sender'], { pan_hidden: panHidden, card_holder_hidden: holderHidden }, JSON.stringify(sender),
    );
  }
});

test('what the request leaves out is null or the default', async () => {
  const { client } = sandbox;
  const paymentId = `bare-${fresh()}`;
  const created = await client.create({
    general: { project_id: client.projectId, payment_id: paymentId },
    payment: { method: 'card-p2p', amount: 1, currency: 'KZT' },
    sender: {},
    customer: { id: 'c', ip_address: '2001:db8::1', country: 'RU' },
  });
  assert.equal(created['integration']['redirect_url'], null);
  const { payment_info: info } = await client.info(paymentId);
  assert.equal(info['lifetime'], 600);
  assert.equal(info['payment_system'], null);
});

test('payment_system is repeated, amounts of any size are exact', async () => {
  for (const amount of [1, 10_000_000_000_000]) {
    const request = sandbox.client.payin(amount, { payment: { payment_system: 'visa' } });
    await sandbox.client.create(request);
    const { payment_info: info } = await infoIn('processing:awaiting_confirm', paymentIdOf(request));
    assert.equal(info['payment_system'], 'visa');
    assert.equal(info['amount'], amount);
  }
});
