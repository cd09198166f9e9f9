// What whoever runs Kassa sees of it: ids from the client's request to the log, requests by endpoint
// and status, what payments became.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { PATH, paymentIdOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import { request, type Json } from './lib/http.ts';
import { Sandbox } from './lib/sandbox.ts';

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.start({ KASSA_LOG__LEVEL: 'debug', KASSA_LOG__FORMAT: 'json' });
});
after(async () => {
  await sandbox.finish();
});

function logLines(): Json[] {
  return readFileSync(join(sandbox.dir, 'kassa.log'), 'utf8').trimEnd().split('\n')
    .map((line) => JSON.parse(line) as Json);
}

/** The line about the request of that id. */
async function lineOf(id: string): Promise<Json> {
  return await eventually(`a line about ${id}`, () => logLines().find((line) => line['x_request_id'] === id));
}

test('a request id goes from the client to the answer and into the log, with the payment', async () => {
  const body = sandbox.client.payin(600902);
  const id = 'shop-7.create_1';
  const answer = await sandbox.client.post(PATH.payin, body, { headers: { 'x-request-id': id } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['x-request-id'], id);
  const line = await lineOf(id);
  assert.equal(line['event'], 'http.answered');
  assert.equal(line['endpoint'], PATH.payin);
  assert.equal(line['status'], 200);
  assert.equal(line['request_id'], answer.json['request_id']);

  const about = sandbox.client.about(paymentIdOf(body));
  for (const path of [PATH.info, PATH.cancel]) {
    const next = await sandbox.client.post(path, about);
    const named = String(next.headers['x-request-id']);
    assert.match(named, /^[0-9a-f]{8}-[0-9]+-[0-9a-f]+$/, 'one of ours');
    assert.equal((await lineOf(named))['request_id'], answer.json['request_id']);
  }
});

test('an id that may be no id is replaced: it reaches neither the answer nor the log', async () => {
  for (const id of ['4400430140020306', '4400430140020306-aaaaaaaaaaaaaaaa', '44004301-4002-0306-aaaa-aaaaaaaaaaaa', 'card-4400-4301-4002-0306', '+77001234567', 'x'.repeat(65), 'zq b']) {
    const answer = await sandbox.client.post(PATH.info, sandbox.client.about('nobody'), { headers: { 'x-request-id': id } });
    assert.equal(answer.status, 404);
    assert.notEqual(answer.headers['x-request-id'], id);
    assert.equal((await lineOf(String(answer.headers['x-request-id'])))['status'], 404);
    assert.ok(!readFileSync(join(sandbox.dir, 'kassa.log'), 'utf8').includes(id));
  }
});

test('every answer has an id, whoever gives it', async () => {
  const seen = new Set<string>();
  for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/nowhere', PATH.payin, '/pay/0']) {
    const answer = await request(sandbox.client.url(path));
    seen.add(String(answer.headers['x-request-id']));
  }
  assert.equal(seen.size, 7);
  assert.ok(!seen.has('undefined'));
});

test('a page is named by its endpoint, and its link is not in the log', async () => {
  const created = await sandbox.client.create(sandbox.client.payin(600902));
  const link = new URL(created['integration']['form_url'] as string).pathname;
  const answer = await request(sandbox.client.url(link));
  assert.equal(answer.status, 200);
  assert.equal((await lineOf(String(answer.headers['x-request-id'])))['endpoint'], 'page');
  assert.ok(!readFileSync(join(sandbox.dir, 'kassa.log'), 'utf8').includes(link.slice(-40)));
});

test('requests are counted and timed by endpoint and status', async () => {
  const series = (status: number) => `endpoint="${PATH.cancel}",status="${status}"`;
  const before404 = await sandbox.metric('kassa_http_request_seconds_count', series(404));
  const beforeUnsigned = await sandbox.metric('kassa_http_request_seconds_count', series(401));
  await sandbox.client.cancel('nobody');
  await sandbox.client.post(PATH.cancel, sandbox.client.about('nobody'), { signature: 'AAAA' });
  assert.equal(await sandbox.metric('kassa_http_request_seconds_count', series(404)), before404 + 1);
  assert.equal(await sandbox.metric('kassa_http_request_seconds_count', series(401)), beforeUnsigned + 1);
});

test('what payments become is counted by kind and state', async () => {
  const entered = async (kind: string, state: string) =>
    await sandbox.metric('kassa_payment_changes_total', `kind="${kind}",state="${state}"`);
  const declined = await entered('payin', 'decline');
  const asked = await entered('payin', 'processing:requisites');
  await sandbox.client.create(sandbox.client.payin(600901));
  await sandbox.client.create(sandbox.client.payin(600902));
  assert.equal(await entered('payin', 'decline'), declined + 1);
  assert.equal(await entered('payin', 'processing:requisites'), asked + 1);
});

test('the version of the configuration, timers and callbacks that are late', async () => {
  const version = await sandbox.metric('kassa_config_version');
  assert.ok(version > 0);
  await sandbox.cli.setProject(sandbox.ready.project_id, 'name', 'Seen');
  assert.equal(await sandbox.metric('kassa_config_version'), version + 1);
  await eventually('no timer is overdue', async () => (await sandbox.metric('kassa_timers_overdue_ms')) === 0);
  assert.ok((await sandbox.metric('kassa_batch_check_seconds_count')) > 0);
});

test('metrics and health can have an address of their own, and are nowhere else then', async () => {
  const apart = await Sandbox.start({ KASSA_METRICS_LISTEN: '127.0.0.1:0' });
  try {
    const watched = new URL(apart.ready.metrics_url);
    assert.notEqual(watched.host, new URL(apart.ready.base_url).host);
    await apart.client.create(apart.client.payin(600902));
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      assert.equal((await request(new URL(path, watched).href)).status, 200, path);
      assert.equal((await request(apart.client.url(path))).status, 404, `${path} from the outside`);
    }
    assert.ok((await apart.metric('kassa_http_answers_total')) > 0);
    for (const path of ['/openapi.json', '/docs', PATH.payin, '/pay/0']) {
      assert.equal((await request(new URL(path, watched).href)).status, 404, `${path} is not for who watches`);
    }
    assert.equal((await request(apart.client.url('/openapi.json'))).status, 200);
  } finally {
    await apart.finish();
  }
});
