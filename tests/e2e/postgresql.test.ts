// What a store in PostgreSQL has of its own. It goes away and comes back: meanwhile nothing is accepted,
// afterwards everything goes on by itself, and what was answered before is there.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { PATH, paymentIdOf, stateOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { PostgresServer } from './lib/postgres.ts';
import { run } from './lib/process.ts';
import { Sandbox } from './lib/sandbox.ts';
import { Sink } from './lib/sink.ts';

let sandbox: Sandbox;
let sink: Sink;

before(async () => {
  sandbox = await Sandbox.start({ KASSA_CALLBACKS__SCHEDULE_S: Array(60).fill('1').join(',') }, 'postgresql');
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
});
after(async () => {
  await sandbox.finish();
  await sink.close();
});

/** Signed, and whatever it is answered: here a 503 is right. */
async function post(path: string, body: Json): Promise<Answer> {
  const text = JSON.stringify(body);
  sandbox.secrets.addBody(body);
  return await request(sandbox.client.url(path), {
    method: 'POST', headers: sandbox.client.sign(text), body: text,
  });
}

const isReady = async () => (await sandbox.client.get('/readyz')).status === 200;

test('it is not `kassa backup` that copies it, which says what does', async () => {
  const refused = await sandbox.cli.any('backup', sandbox.dir);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /pg_basebackup or pg_dump/);
});

test('while it is away everything is 503, afterwards everything is there and goes on', async () => {
  const server = await PostgresServer.get();
  const earlier = sandbox.client.payin(500000, { general: sink.urls() });
  const created = await sandbox.client.create(earlier);

  await server.stop();
  const refused = sandbox.client.payin(600000, { general: sink.urls() });
  for (const [path, body] of [
    [PATH.payin, refused],
    [PATH.info, sandbox.client.about(paymentIdOf(earlier))],
    [PATH.confirm, sandbox.client.about(paymentIdOf(earlier))],
  ] as const) {
    const answer = await post(path, body);
    assert.equal(answer.status, 503, `${path}: ${answer.text}`);
    assert.equal(answer.json['code'], 'unavailable', answer.text);
  }
  assert.equal(await isReady(), false);
  // A payer is a person: a page that helps itself, and after a press the word to press again.
  const link = created['integration']['form_url'] as string;
  const page = await request(`${link}?lang=ru`);
  assert.equal(page.status, 503);
  assert.match(String(page.headers['content-type']), /^text\/html/);
  assert.match(page.text, /<html lang="ru">.*http-equiv="refresh" content="3;url=[^"]*\?lang=ru"/s);
  const press = await request(`${link}/confirm`, {
    method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '',
  });
  assert.equal(press.status, 503);
  assert.ok('retry-after' in press.headers);
  assert.match(press.text, /Not sent.*Back to the payment/s);
  const state = await request(`${link}/state`);
  assert.equal(state.status, 503);
  assert.equal(state.json['code'], 'unavailable', 'a script reads JSON');

  await server.start();
  await eventually('the refused call is accepted', async () => {
    const answer = await post(PATH.payin, refused);
    return answer.status === 200;
  }, 10_000);
  await eventually('it is ready', isReady, 10_000);
  const confirmed = await eventually('the earlier payin can be confirmed', async () => {
    const answer = await post(PATH.confirm, sandbox.client.about(paymentIdOf(earlier)));
    return answer.status === 200 ? answer.json : undefined;
  }, 10_000);
  assert.equal(confirmed['request_id'], created['request_id']);
  await eventually('the earlier payin succeeds', async () =>
    stateOf(await sandbox.client.info(paymentIdOf(earlier))) === 'success', 10_000);
});

test('the password of its URL is in no error, however the URL is wrong', async () => {
  const secret = 's3cretpw';
  const wrong = [
    `postgresql://u:${secret}%zz@127.0.0.1/kassa`, `postgresql://u:p/${secret}@127.0.0.1/kassa`,
    `postgresql://u:p@${secret}@127.0.0.1/kassa`, `postgresql://u:p@1:${secret}@127.0.0.1:5432/kassa`,
    `postgresql://u:p@127.0.0.1:${secret}/kassa`, `postgresql://u:1@2/${secret}@127.0.0.1/kassa`,
    `postgresql://u:${secret}@127.0.0.1/kassa?no_such=option`,
  ];
  for (const url of wrong) {
    for (const command of [['config', 'check'], ['serve'], ['migrate']]) {
      const { code, stdout, stderr } = await run([...command, '--config', join(sandbox.dir, 'kassa.toml')], {
        environment: { KASSA_STORE: url, KASSA_LISTEN: '127.0.0.1:0', KASSA_LOG__FILE: '' } });
      assert.equal(code, command[0] === 'migrate' ? 1 : 78, `${command[0]}: ${stderr}`);
      assert.match(stderr, /not of the form postgresql:/);
      assert.ok(!(stdout + stderr).includes(secret), stderr);
    }
  }
  const right = await run(['config', 'check', '--config', join(sandbox.dir, 'kassa.toml')], {
    environment: { KASSA_STORE: 'postgresql://u:p%40%2F%25@127.0.0.1,[::1]:5433,/kassa?sslmode=require' } });
  assert.equal(right.code, 0, right.stderr);
});
