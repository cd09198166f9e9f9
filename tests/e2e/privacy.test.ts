// Nothing personal and no secret stands in the clear: not in what is printed or logged at the most
// talkative level, not in metrics, not in errors, not on the disk, before and after a crash.
//
// Every other file's sandbox is searched as well when it ends (lib/sandbox.ts); here each of the
// product's mouths is made to speak first.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { ok, PATH, paymentIdOf, stateOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import { request, type Json } from './lib/http.ts';
import { formThat, open, submit } from './lib/page.ts';
import { SecretValues } from './lib/privacy.ts';
import { digits, fresh } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import { Sink } from './lib/sink.ts';

let sandbox: Sandbox;
let sink: Sink;
let searched: string;

before(async () => {
  sandbox = await Sandbox.start({
    KASSA_LOG__LEVEL: 'debug', KASSA_LOG__FORMAT: 'json', KASSA_CALLBACKS__SCHEDULE_S: '1,1,1,1,1,1',
  });
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
  searched = fresh();
});
after(async () => {
  await sandbox.finish();
  await sink.close();
});

function assertNoLeaks(): void {
  assert.deepEqual(sandbox.leaks(), []);
}

/** A payin whose every personal field is one of a kind. */
function personal(amount: number): Json {
  const body = sandbox.client.payin(amount, {
    general: { ...sink.urls(), payment_id: `${searched}-${fresh()}` },
    sender: { pan: `5169${digits(12)}`, phone: `+7${digits(10)}`, card_holder: 'Zhanibek Unmistakable' },
    customer: { user_agent: `Agent ${fresh()}`, browser: `Browser ${fresh()}`, device_type: `Device ${fresh()}` },
  });
  sandbox.secrets.add('personal', body['customer']['browser'], body['customer']['device_type']);
  return body;
}

async function untilState(paymentId: string, state: string): Promise<Json> {
  return await eventually(state, async () => {
    const info = await sandbox.client.info(paymentId);
    return stateOf(info) === state ? info : undefined;
  });
}

test('whole lives, by the API and by the page', async () => {
  for (const amount of [500000, 500902, 500903, 500904, 500905, 500906, 500907, 500901]) {
    const body = personal(amount);
    const created = await sandbox.client.create(body);
    const page = created['integration']['form_url'] as string;
    sandbox.secrets.add('token', page.slice(-40));
    if ([500901, 500902, 500907].includes(amount)) continue;
    await untilState(paymentIdOf(body), amount === 500906 ? 'success' : 'processing:awaiting_confirm');
    const { forms } = await open(page);
    if (amount === 500000) await submit(page, formThat(forms, /confirm/i));
    if ([500904, 500905].includes(amount)) ok(await sandbox.client.confirm(paymentIdOf(body)));
  }
  await sandbox.client.advance(5000);
  const cancelled = personal(501000);
  await sandbox.client.create(cancelled);
  ok(await sandbox.client.cancel(paymentIdOf(cancelled)));
  assertNoLeaks();
});

test('every refusal', async () => {
  const body = personal(502000);
  const text = JSON.stringify(body);
  sandbox.secrets.addBody(body);
  const url = sandbox.client.url(PATH.payin);
  const answers = [
    await sandbox.client.post(PATH.payin, text, { signature: 'AAAA' }),
    await sandbox.client.post(PATH.payin, text, { token: `${sandbox.client.token}x` }),
    await sandbox.client.post(PATH.payin, text, { headers: { 'content-type': 'text/plain' } }),
    await request(url, { method: 'POST', headers: sandbox.client.sign(text), body: `${text}}` }),
    await sandbox.client.post(PATH.payin, text.replace(/"amount":\d+/, '"amount":0')),
    await sandbox.client.post(PATH.payin, text.replace(/"pan":"/, '"pan":"x')),
    await sandbox.client.post(PATH.payin, text.replace(/"email":"/, '"email":"@')),
    await sandbox.client.post(PATH.payin, text.replace(/"country":"KZ"/, '"country":"Atlantis"')),
    await sandbox.client.post(PATH.info, text),
  ];
  await sandbox.client.create(body);
  answers.push(await sandbox.client.post(PATH.payin, text.replace('502000', '502001')));
  assert.deepEqual(answers.map((answer) => answer.status), [401, 401, 415, 400, 422, 422, 422, 422, 404, 409]);
  for (const answer of answers) {
    // The `debug` of a 401 in the sandbox repeats what was signed, to the one who sent it.
    const { debug: _, ...rest } = answer.json;
    const said = Buffer.from(JSON.stringify(rest));
    assert.deepEqual(sandbox.secrets.findIn(said, 'an error', ['personal', 'key', 'token']), []);
  }
  assertNoLeaks();
});

test("what a merchant's server answers is kept short and without long numbers", async () => {
  const pan = `4400${digits(12)}`;
  sandbox.secrets.add('personal', pan);
  sink.behave(() => ({ status: 500, body: `Sorry, card ${pan} and again ${pan}. ${'x'.repeat(2000)}` }));
  const body = personal(503901);
  const { request_id: requestId } = await sandbox.client.create(body);
  const excerpt = await eventually('a failed try', async () => {
    const tries = (await sandbox.cli.showPayment(requestId as string))['callback_tries'] as Json[];
    return tries[0]?.['excerpt'] as string | undefined;
  });
  assert.match(excerpt, /^Sorry, card /);
  assert.ok(Buffer.byteLength(excerpt) <= 256, `${Buffer.byteLength(excerpt)} bytes`);
  sink.behave(() => undefined);
  await sink.waitFor(paymentIdOf(body), 'decline');
  assertNoLeaks();
});

test('everything that the command line shows', async () => {
  const payments = await sandbox.cli.listPayments();
  for (const payment of payments) {
    const requestId = payment['request_id'] as string;
    await sandbox.cli.any('payment', 'show', requestId);
    await sandbox.cli.any('payment', 'show', requestId, '--json');
    await sandbox.cli.any('callback', 'list', requestId);
  }
  const open = payments.find((payment) => payment['state'] === 'dispute:confirm_timeout');
  assert.ok(open, '905 waits for a person');
  const note = `Seen on 4400${digits(12)}, of Zhanibek ${digits(6)}`;
  sandbox.secrets.add('personal', note);
  await sandbox.cli.resolve(open['request_id'] as string, '--decline', '--note', note);
  for (const args of [
    ['payment', 'list'], ['project', 'list'], ['project', 'show', sandbox.ready.project_id], ['requisites', 'list'],
    ['requisites', 'list', '--json'], ['project', 'show', sandbox.ready.project_id, '--json'], ['ledger', 'check'],
    ['callback', 'list'], ['config', 'check'], ['resume', '--as', OPERATOR], ['version'],
  ]) {
    const { code, stderr } = await sandbox.cli.any(...args);
    assert.equal(code, 0, stderr);
  }
  assertNoLeaks();
});

test('metrics, and what stays behind a crash', async () => {
  await sandbox.readMetrics();
  await sandbox.crashAndRestart();
  await sandbox.readMetrics();
  assertNoLeaks();
});

test('the search finds what is there', async () => {
  await sandbox.restart();
  const stored = sandbox.files();
  assert.ok(stored.some(({ path, content }) => path.endsWith('.db') && content.includes(searched)),
    'payment_ids stand in the store in the clear: where they are found, a card would be');
  assert.ok(sandbox.secrets.size > 50);
  const canary = `canary ${sandbox.client.identity.hmacKey} canary`;
  assert.equal(sandbox.secrets.findIn(Buffer.from(canary), 'here', ['key']).length, 1);
});

test('the search itself finds what is written in other letters', () => {
  const secrets = new SecretValues();
  const card = `4400${digits(12)}`;
  secrets.add('personal', card);
  const found = (text: string) => secrets.findIn(Buffer.from(text), 'here', ['personal']).length;
  const body = Buffer.from(`sender:pan:${card};x`);
  assert.equal(found(`m ${body.toString('base64url')}.`), 1, 'as M has it');
  assert.equal(found(`card=${Buffer.from(card).toString('base64')}`), 1);
  assert.equal(found(`abc${body.toString('base64')}`), 1, 'behind other letters');
  assert.equal(found(`x'${body.toString('hex')}'`), 1);
  assert.equal(found(`\\x0${body.toString('hex').toUpperCase()}`), 1);
  assert.equal(found('nothing of it'), 0);
});
