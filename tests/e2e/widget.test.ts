// The widget's payins: the published examples work as printed, and the payer chooses on the page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { ok, PATH, paymentIdOf, stateOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { fresh } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import { assertError, assertSameKeys, fieldErrors, UUID } from './lib/shape.ts';
import { Sink } from './lib/sink.ts';

const FORM_URL = /^http:\/\/127\.0\.0\.1:\d+(\/[^/]+)*\/widget\/[0-9a-f]{40}$/;
const NOTHING = { method: null, widget_method: null };
const CARD = { method: 'card-p2p', widget_method: 'payin-p2p-card' };

let sandbox: Sandbox;
let sink: Sink;
let examples: Record<string, Json>;

before(async () => {
  // The examples' callback URLs are somebody's: a proxy that nobody listens at keeps tries at home.
  const nowhere = 'http://127.0.0.1:9';
  sandbox = await Sandbox.start({ https_proxy: nowhere, HTTPS_PROXY: nowhere });
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
  examples = JSON.parse(fixture('tj_widget_examples.json')) as Record<string, Json>;
});
after(async () => {
  await sink.close();
  await sandbox.finish();
});

function fixture(file: string): string {
  return readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8');
}

function example(name: string): Json {
  return examples[name] as Json;
}

/** The printed request; only the project is ours. */
function printed(): string {
  return fixture('tj_widget.json').replace(/("project_id": )"[^"]*"/, `$1"${sandbox.ready.project_id}"`);
}

/** The same with a name and callbacks of its own, and an amount that asks for a scenario. */
function variant(amount: number, payment: Json = {}): Json {
  const body = JSON.parse(printed()) as Json;
  const general = { ...body['general'], ...sink.urls(), payment_id: `widget-${fresh()}` };
  return { ...body, general, payment: { ...body['payment'], amount, ...payment } };
}

async function infoIn(state: string, paymentId: string): Promise<Json> {
  return await eventually(`${paymentId} is ${state}`, async () => {
    const info = await sandbox.client.widgetInfo(paymentId);
    assert.equal(stateOf(info), state);
    return info;
  });
}

async function press(url: string, action: string, fields: Record<string, string> = {}): Promise<Answer> {
  return await request(`${url}/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });
}

async function choose(url: string, fields: Record<string, string>): Promise<void> {
  const answer = await press(url, 'choose', fields);
  assert.equal(answer.status, 303);
  assert.equal(new URL(String(answer.headers['location']), url).href, url);
}

async function created(body: Json): Promise<{ paymentId: string; url: string; answer: Json }> {
  const answer = await sandbox.client.createWidget(body);
  return { paymentId: paymentIdOf(body), url: answer['integration']['form_url'] as string, answer };
}

test('the printed request is accepted and answered as printed', async () => {
  const answer = ok(await sandbox.client.post(PATH.widget, printed()));
  assertSameKeys(answer, example('create'), 'the answer to a create');
  assert.equal(stateOf(answer), 'processing:requisites');
  assert.equal(answer['status_description'], null);
  assert.match(answer['request_id'] as string, UUID);
  assert.equal(answer['project_id'], sandbox.ready.project_id);
  assert.equal(answer['payment_id'], example('create')['payment_id']);
  assert.match(answer['integration']['form_url'] as string, FORM_URL);
  assert.equal(answer['integration']['redirect_url'], example('create')['integration']['redirect_url']);
  const again = ok(await sandbox.client.post(PATH.widget, printed()));
  assert.deepEqual(again, answer);
});

test('info has the printed keys in every state, and never requisites', async () => {
  const { paymentId, url, answer } = await created(variant(150000));
  const check = async (state: string) => {
    const info = await infoIn(state, paymentId);
    assertSameKeys(info, example('info'), `info in ${state}`);
    const { expiration_date: expires, ...rest } = info['payment_info'] as Json;
    assert.ok(Number.isInteger(expires));
    assert.deepEqual(rest, {
      amount: 150000, old_amount: 150000, initial_amount: 150000, currency: 'TJS', lifetime: 300,
      ...CARD, type: 'payin',
    });
    assert.deepEqual(info['integration'], answer['integration']);
  };
  await check('processing:requisites');
  await choose(url, CARD);
  await check('processing:awaiting_confirm');
  await press(url, 'confirm');
  await check('processing:paid');
  await check('success');
});

test('without a preselection both methods are null until the payer has chosen', async () => {
  const { client } = sandbox;
  const { paymentId, url } = await created(client.widget(1));
  const methods = async (): Promise<Json> => {
    const { method, widget_method: widget } = (await client.widgetInfo(paymentId))['payment_info'] as Json;
    return { method, widget_method: widget };
  };
  assert.deepEqual(await methods(), NOTHING);
  assert.equal((await client.widgetInfo(paymentId))['payment_info']['lifetime'], 300);
  await choose(url, { widget_method: 'payin-p2p-phone' });
  await infoIn('processing:awaiting_confirm', paymentId);
  assert.deepEqual(await methods(), { method: 'phone-p2p', widget_method: 'payin-p2p-phone' });
});

test('callbacks are as printed', async () => {
  const { paymentId, url, answer } = await created(variant(70000, { widget_method: undefined }));
  await choose(url, { widget_method: 'payin-p2p-card', bank: 'dushanbe-city-bank' });
  const told = (await sink.waitFor(paymentId, 'processing:awaiting_confirm')).json;
  assertSameKeys(told, example('callback_awaiting_confirm'), 'an intermediate callback');
  assert.deepEqual(told['general'], { request_id: answer['request_id'], payment_id: paymentId });
  const { pan_hidden: pan, ...hidden } = told['recipient_requisites'] as Json;
  assert.match(pan as string, /^\d{4}\*{4}\d{4}$/);
  assert.deepEqual(hidden, {
    card_holder_hidden: ' **** ', bank_name: 'dushanbe-city-bank', bank_country: 'TJ', currency: 'TJS',
  });
  const info = await infoIn('processing:awaiting_confirm', paymentId);
  const { updated_date: updated, created_date: createdDate, ...same } = told['payment_info'] as Json;
  assert.deepEqual(same, info['payment_info']);
  assert.equal(createdDate, (same['expiration_date'] as number) - 300);
  assert.ok((updated as number) >= (createdDate as number));
  assert.deepEqual(told['integration'], info['integration']);

  await press(url, 'confirm');
  const paid = (await sink.waitFor(paymentId, 'processing:paid')).json;
  assertSameKeys(paid, example('callback_awaiting_confirm'), 'the callback of paid');
  const success = await sink.waitFor(paymentId, 'success');
  assert.equal(success.path, 'success');
  assertSameKeys(success.json, example('callback_success'), 'the callback of success');
  assert.deepEqual(sink.deliveries.filter((d) => d.paymentId === paymentId).map((d) => d.state),
    ['processing:awaiting_confirm', 'processing:paid', 'success'], 'the choice is told with its requisites');
});

test('a decline before the choice has null methods, and payment_system', async () => {
  const { paymentId } = await created(variant(70901, { widget_method: undefined }));
  const decline = await sink.waitFor(paymentId, 'decline');
  assert.equal(decline.path, 'decline');
  assertSameKeys(decline.json, example('callback_decline'), 'the callback of decline');
  assert.deepEqual(decline.json['status'], example('callback_decline')['status']);
  const { method, widget_method: widget, payment_system: system } = decline.json['payment_info'] as Json;
  assert.deepEqual({ method, widget_method: widget, system }, { ...NOTHING, system: null });
});

test('a dispute tells no requisites', async () => {
  const { paymentId, url } = await created(variant(60903));
  await choose(url, CARD);
  await infoIn('processing:awaiting_confirm', paymentId);
  await sandbox.client.advance(300);
  const told = (await sink.waitFor(paymentId, 'dispute:no_payment')).json;
  assertSameKeys(told, { ...example('callback_awaiting_confirm'), recipient_requisites: null }, 'a dispute');
});

test('the other kind of payment is not found', async () => {
  const { client } = sandbox;
  const { paymentId } = await created(client.widget(100000));
  const payin = client.payin(100000);
  await client.create(payin);
  for (const [path, id] of [
    [PATH.info, paymentId], [PATH.confirm, paymentId], [PATH.cancel, paymentId],
    [PATH.widgetInfo, paymentIdOf(payin)], [PATH.widgetInfo, `none-${fresh()}`],
  ] as const) {
    assertError(await client.post(path, client.about(id)), 404, 'payment_not_found');
  }
  const same = client.payin(100000, { general: { payment_id: paymentId } });
  assertError(await client.post(PATH.payin, same), 409, 'payment_id_conflict', ['current']);
});

test('what is wrong with a request is said, field by field', async () => {
  const { client } = sandbox;
  const wrong = async (body: Json) => {
    const answer = await client.post(PATH.widget, body);
    assertError(answer, 422, 'validation_failed');
    return fieldErrors(answer.json);
  };
  assert.deepEqual(await wrong({ ...client.widget(1), sender: null }), { sender: 'required' });
  assert.deepEqual(await wrong(client.widget(1, { payment: { widget_method: 'payin-p2p-sbp' } })),
    { 'payment.widget_method': 'not_enabled' });
  assert.deepEqual(await wrong(client.widget(1, { payment: { widget_method: 'x'.repeat(33) } })),
    { 'payment.widget_method': 'too_long' });
  assert.deepEqual(await wrong(client.widget(1, { sender: { bank_symbol: 'no-such-bank' } })),
    { 'sender.bank_symbol': 'unknown_value' });
  assert.deepEqual(await wrong(client.widget(1, { payment: { lifetime: 299 } })),
    { 'payment.lifetime': 'out_of_range' });
  await client.createWidget(client.widget(1, { sender: {} }));
});

test('the search and its window begin with the choice', async () => {
  const { client } = sandbox;
  const { paymentId, url } = await created(client.widget(100902, { payment: { lifetime: 600 } }));
  await client.advance(300);
  await infoIn('processing:requisites', paymentId);
  await choose(url, { widget_method: 'payin-p2p-card' });
  await client.advance(119);
  await infoIn('processing:requisites', paymentId);
  await client.advance(1);
  assert.equal((await infoIn('decline', paymentId))['status_description'], 'No requisites available');
});

test('nobody chooses: it ends with its lifetime', async () => {
  const { client } = sandbox;
  const { paymentId } = await created(client.widget(100000, { payment: { widget_method: 'payin-p2p-card' } }));
  await client.advance(300);
  assert.equal((await infoIn('decline', paymentId))['status_description'], 'Expired');
});

test('`kassa payment show` says what the payer chose', async () => {
  const { client, cli } = sandbox;
  const { paymentId, url } = await created(client.widget(100000));
  await choose(url, { widget_method: 'payin-p2p-card', bank: 'kaspi-kzt' });
  await infoIn('processing:awaiting_confirm', paymentId);
  const shown = await cli.any('payment', 'show', paymentId, '--project', client.projectId);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /\bchosen +processing:requisites .*\bpayer +payin-p2p-card, kaspi-kzt/);
  assert.match(shown.stdout, /^asked for +payin-p2p-card at kaspi-kzt$/m);
});
