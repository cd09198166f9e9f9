// What the payer's page shows, for its script: as JSON, told at every change, and nobody else's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { paymentIdOf } from './lib/client.ts';
import { EventSource } from './lib/event_source.ts';
import { eventually } from './lib/eventually.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { formThat, open, submit } from './lib/page.ts';
import { hexadecimal } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';

const STATE_KEYS = [
  'version', 'kind', 'status', 'sub_status', 'status_description', 'amount', 'created_at', 'expires_at',
  'lifetime_s', 'method', 'widget_method', 'bank', 'choice', 'recipient', 'qr', 'redirect_url',
  'language', 'actions', 'receipts', 'brand', 'test', 'now_ms',
];

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.start();
});
after(async () => {
  await sandbox.finish();
});

async function widget(amount = 150000, payment: Json = {}, more: Json = {}): Promise<{ paymentId: string; url: string }> {
  const body = sandbox.client.widget(amount, { payment, ...more });
  const created = await sandbox.client.createWidget(body);
  return { paymentId: paymentIdOf(body), url: created['integration']['form_url'] as string };
}

async function payin(amount = 150000): Promise<{ paymentId: string; url: string }> {
  const body = sandbox.client.payin(amount);
  const created = await sandbox.client.create(body);
  return { paymentId: paymentIdOf(body), url: created['integration']['form_url'] as string };
}

async function stateOf(url: string): Promise<Json> {
  const answer = await request(`${url}/state`);
  assert.equal(answer.status, 200, answer.text);
  const state = answer.json;
  if (state['recipient'] !== null) sandbox.secrets.add('personal', state['recipient']['number'] as string);
  return state;
}

async function stateIn(sub: string | null, url: string, status = 'processing'): Promise<Json> {
  return await eventually(`${status}:${sub}`, async () => {
    const state = await stateOf(url);
    assert.deepEqual([state['status'], state['sub_status']], [status, sub]);
    return state;
  });
}

/** As the page's script does: the answer is where it leads. */
async function press(url: string, action: string, fields: Record<string, string> = {}): Promise<Answer> {
  const answer = await request(`${url}/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(fields).toString(),
  });
  assert.equal(answer.status, 303, answer.text);
  return await request(new URL(String(answer.headers['location']), url).href);
}

test('a widget whose payer has not chosen offers methods and banks', async () => {
  const { url } = await widget(150000, {}, { sender: { bank_symbol: 'kaspi-kzt' } });
  const state = await stateOf(url);
  assert.deepEqual(Object.keys(state), STATE_KEYS);
  assert.equal(state['kind'], 'widget');
  assert.deepEqual(state['amount'], {
    minor: 150000, old_minor: 150000, initial_minor: 150000, currency: 'KZT', digits: 2,
  });
  assert.equal(state['bank'], 'kaspi-kzt');
  assert.equal(state['language'], 'kk', 'the country speaks');
  assert.equal(state['recipient'], null);
  assert.deepEqual(state['actions'], ['choose', 'cancel']);
  assert.equal(state['test'], true);
  const { made, methods } = state['choice'] as { made: boolean; methods: Json[] };
  assert.equal(made, false);
  assert.deepEqual(methods.map((m) => [m['widget_method'], m['method']]),
    [['payin-p2p-card', 'card-p2p'], ['payin-p2p-phone', 'phone-p2p']]);
  for (const method of methods) {
    const banks = method['banks'] as Json[];
    assert.ok(banks.some((bank) => bank['symbol'] === 'kaspi-kzt'));
    assert.deepEqual(banks.map((bank) => bank['name']), banks.map((bank) => bank['name'] as string).sort());
    for (const bank of banks) assert.equal(bank['available'], true, 'simulated traders have every bank');
  }
});

test('from the choice to the requisites, by the script', async () => {
  const { paymentId, url } = await widget(150000, {}, { customer: { language: 'ru' } });
  const answer = await press(url, 'choose', { widget_method: 'payin-p2p-card', bank: 'kaspi-kzt' });
  assert.equal(answer.status, 200);
  assert.equal(answer.json['widget_method'], 'payin-p2p-card');
  const state = await stateIn('awaiting_confirm', url);
  assert.equal(state['choice'], null);
  assert.equal(state['language'], 'ru');
  assert.deepEqual(state['actions'], ['confirm', 'cancel', 'receipt']);
  assert.deepEqual(state['receipts'], { shown: 0, max: 5 });
  const { number, holder, ...rest } = state['recipient'] as Json;
  assert.match(number as string, /^\d{16}$/);
  assert.ok((holder as string).length > 0);
  const banks = (await sandbox.client.post('/api/v1/bank/all', { general: { project_id: sandbox.client.projectId } }))
    .json['banks'] as Json[];
  const kaspi = banks.find((bank) => bank['symbol'] === 'kaspi-kzt') as Json;
  assert.deepEqual(rest, {
    kind: 'card', bank: { symbol: 'kaspi-kzt', name: kaspi['name'], country: kaspi['country'] },
  });
  const paid = (await press(url, 'confirm')).json;
  assert.ok(['paid', null].includes(paid['sub_status'] as string | null));
  const success = await stateIn(null, url, 'success');
  assert.deepEqual(success['actions'], []);
  assert.equal(success['recipient'], null);
  assert.equal((await sandbox.client.widgetInfo(paymentId))['status'], 'success');
});

test('the same without script', async () => {
  const { url } = await widget();
  const page = await open(url);
  const [, link = ''] = /href="([^"]*method=payin-p2p-card[^"]*)"/.exec(page.answer.text) ?? [];
  const { forms } = await open(new URL(link.replaceAll('&amp;', '&'), url).href);
  const form = formThat(forms, /\/choose/);
  const answer = await submit(url, { ...form, fields: { ...form.fields, bank: '' } });
  assert.equal(answer.status, 303);
  assert.equal(new URL(String(answer.headers['location']), url).href, url);
  const state = await stateIn('awaiting_confirm', url);
  assert.match((await open(url)).answer.text, new RegExp(state['recipient']['number'] as string));
});

test('what is not offered is not chosen, and the page says what is true', async () => {
  const { url } = await widget();
  for (const fields of [
    { widget_method: 'payin-p2p-sbp' }, { widget_method: 'card-p2p' }, {},
    { widget_method: 'payin-p2p-card', bank: 'nobodys-bank' },
  ]) {
    const state = (await press(url, 'choose', fields as Record<string, string>)).json;
    assert.equal(state['choice']['made'], false);
    assert.equal(state['method'], null);
  }
});

test('a state that has not changed is not sent again', async () => {
  const { url } = await widget();
  const first = await request(`${url}/state`);
  const etag = String(first.headers['etag']);
  assert.equal(first.headers['cache-control'], 'no-store');
  const same = await request(`${url}/state`, { headers: { 'if-none-match': etag } });
  assert.equal(same.status, 304);
  assert.equal(same.text, '');
  await press(url, 'cancel');
  const other = await request(`${url}/state`, { headers: { 'if-none-match': etag } });
  assert.equal(other.status, 200);
  assert.notEqual(other.headers['etag'], etag);
});

test('every open page is told at once and at every change, the newest last', async () => {
  const { url } = await payin();
  const tabs = await Promise.all([EventSource.open(`${url}/events`), EventSource.open(`${url}/events`)]);
  for (const tab of tabs) {
    assert.equal(tab.status, 200);
    assert.match(String(tab.headers['content-type']), /^text\/event-stream/);
    assert.equal(tab.headers['cache-control'], 'no-store');
    const waiting = await tab.until('requisites', (state) => state['sub_status'] === 'awaiting_confirm');
    assert.deepEqual(Object.keys(waiting), STATE_KEYS);
  }
  await press(url, 'confirm');
  for (const tab of tabs) {
    await tab.until('success', (state) => state['status'] === 'success');
    const versions = tab.events.map(({ data }) => data['version'] as number);
    assert.deepEqual(versions, [...new Set(versions)].sort((a, b) => a - b));
    for (const { event, id, data } of tab.events) {
      assert.equal(event, 'state');
      assert.equal(id, String(data['version']));
    }
    tab.close();
  }
});

test('a page that comes back later is told what is true then', async () => {
  const { url } = await widget();
  const before = await EventSource.open(`${url}/events`);
  await before.until('the choice', (state) => state['choice'] !== null);
  before.close();
  await press(url, 'cancel');
  const later = await EventSource.open(`${url}/events`);
  const first = await later.until('anything', () => true);
  assert.equal(first['status'], 'decline');
  later.close();
});

test('streams of one payment have a limit, and are free again when they end', async () => {
  const { url } = await widget();
  const streams: EventSource[] = [];
  for (let i = 0; i < 8; ++i) streams.push(await EventSource.open(`${url}/events`));
  assert.deepEqual(streams.map((stream) => stream.status), new Array(8).fill(200));
  const ninth = await request(`${url}/events`);
  assert.equal(ninth.status, 429);
  (streams[0] as EventSource).close();
  await eventually('a place', async () => {
    const stream = await EventSource.open(`${url}/events`);
    stream.close();
    return stream.status === 200;
  });
  for (const stream of streams) stream.close();
});

test('wrong links get one answer, whatever is asked of them', async () => {
  const { url } = await payin();
  const { url: other } = await widget();
  const token = url.slice(-40);
  const base = url.slice(0, -40);
  const wrong = [
    `${base}${hexadecimal(40)}`, `${base}${token.toUpperCase()}`, `${base}${token.slice(1)}`, `${base}x`,
    `${base}widget/${token}`, `${base}${other.slice(-40)}`, `${base}widget/${hexadecimal(40)}`,
  ].flatMap((page) => [page, `${page}/state`, `${page}/events`]);
  const answers = await Promise.all(wrong.map(async (page) => await request(page)));
  const texts = new Set(answers.filter((answer) => answer.status === 404).map((answer) => answer.text));
  assert.equal(texts.size, 1, 'one and the same page');
  for (const answer of answers) assert.ok([404, 429].includes(answer.status), `${answer.status}`);
  assert.equal((await request(`${url}/nothing`)).status, 404);
  assert.equal((await request(`${url}/choose`, { method: 'POST', body: 'widget_method=payin-p2p-card' })).status, 404,
    'a payin of the merchant\'s form has nothing to choose');
});

test('whoever guesses is told to wait, and nobody else is', async () => {
  const { url } = await payin();
  const base = url.slice(0, -40);
  const guess = async (): Promise<number> => (await request(`${base}${hexadecimal(40)}/state`)).status;
  const guesses = await Promise.all(Array.from({ length: 300 }, guess));
  assert.equal((await request(`${url}/state`)).status, 200, 'the same address with a good link');
  assert.ok(guesses.includes(429), 'more than twenty guesses in a second');
  for (const status of guesses) assert.ok([404, 429].includes(status));
});

test('the process ends at once, however many pages are open', async () => {
  const { url } = await widget();
  const stream = await EventSource.open(`${url}/events`);
  await stream.until('anything', () => true);
  await sandbox.restart();
  await stream.untilEnded(1000);
  assert.equal((await stateOf(url))['status'], 'processing');
});
