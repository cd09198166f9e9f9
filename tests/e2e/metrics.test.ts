// Metrics count what happens: each is moved by traffic that must move it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ok, PATH, paymentIdOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import { RawConnection, request, type Json } from './lib/http.ts';
import { Sandbox } from './lib/sandbox.ts';
import { Sink } from './lib/sink.ts';

let sandbox: Sandbox;
let sink: Sink;

before(async () => {
  sandbox = await Sandbox.start({ KASSA_CALLBACKS__SCHEDULE_S: '1,1,1' });
  sink = await Sink.start();
  sink.trust(sandbox.ready.project_id, sandbox.callbackKeys);
});
after(async () => {
  await sandbox.finish();
  await sink.close();
});

/** By how much a metric grows while `work` runs, at least `least`. */
async function assertGrows(name: string, labels: string, least: number, work: () => Promise<unknown>): Promise<void> {
  const from = await sandbox.metric(name, labels);
  await work();
  await eventually(`${name}{${labels}} grows by ${least}`, async () =>
    (await sandbox.metric(name, labels)) >= from + least);
}

function payin(amount: number): Json {
  return sandbox.client.payin(amount, { general: sink.urls() });
}

async function ask(): Promise<void> {
  await sandbox.client.post(PATH.info, sandbox.client.about('nobody'));
}

test('the page is what Prometheus reads', async () => {
  const answer = await request(sandbox.ready.metrics_url);
  assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  const names = new Set<string>();
  for (const line of answer.text.trimEnd().split('\n')) {
    assert.match(line, /^(# (HELP|TYPE) kassa_[a-z_]+ .+|kassa_[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? [-+0-9.eE]+)$/);
    if (!line.startsWith('#')) names.add(line.slice(0, line.lastIndexOf(' ')));
  }
  assert.equal(names.size, answer.text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length, 'no series twice');
});

test('requests, answers, connections', async () => {
  await assertGrows('kassa_http_answers_total', 'status="4xx"', 1, ask);
  await assertGrows('kassa_http_answers_total', 'status="2xx"', 1, () => sandbox.client.get('/healthz'));
  await assertGrows('kassa_http_request_seconds_count', '', 1, ask);
  await assertGrows('kassa_http_bad_requests_total', '', 1, async () => {
    const connection = await RawConnection.open(sandbox.port);
    connection.send('garbage\r\n\r\n');
    await connection.untilClosed(5000);
  });
  await assertGrows('kassa_http_connections_accepted_total', '', 10, async () => {
    const open = await Promise.all(Array.from({ length: 10 }, () => RawConnection.open(sandbox.port)));
    await eventually('they are counted', async () => (await sandbox.metric('kassa_http_connections_open')) >= 10);
    for (const connection of open) connection.destroy();
  });
});

test('signatures by what became of them', async () => {
  const about = sandbox.client.about('nobody');
  const stale = String(Math.floor(Date.now() / 1000) - 1000);
  const results: Record<string, Parameters<typeof sandbox.client.post>[2]> = {
    ok: {}, bad_signature: { signature: 'AAAA' }, stale_timestamp: { timestamp: stale },
    missing_header: { headers: { 'x-access-token': undefined } }, malformed_header: { timestamp: 'x' },
    unknown_key: { merchantId: '00000000-0000-4000-8000-000000000000' },
  };
  for (const [result, options] of Object.entries(results)) {
    await assertGrows('kassa_signatures_verified_total', `result="${result}"`, 1, () =>
      sandbox.client.post(PATH.info, about, options));
  }
});

test('commands, batches, timers', async () => {
  const create = () => sandbox.client.create(payin(600902));
  await assertGrows('kassa_commands_total', 'outcome="applied"', 1, create);
  for (const name of ['kassa_batch_count', 'kassa_batch_decide_seconds_count', 'kassa_batch_commit_seconds_count',
    'kassa_command_wait_seconds_count']) {
    await assertGrows(name, '', 1, create);
  }
  const again = payin(600902);
  await sandbox.client.create(again);
  await assertGrows('kassa_commands_total', 'outcome="refused"', 1, () => sandbox.client.confirm(paymentIdOf(again)));
  await assertGrows('kassa_timers_fired_total', '', 1, () => sandbox.client.create(payin(600907)));
});

test('callbacks: delivered, failed, superseded, parked', async () => {
  const declined = () => sandbox.client.create(payin(600901));
  await assertGrows('kassa_callbacks_delivered_total', '', 1, declined);
  await assertGrows('kassa_callback_try_seconds_count', '', 1, declined);
  await assertGrows('kassa_callback_lag_seconds_count', '', 1, declined);
  sink.behave((delivery) => (delivery.state === 'success' ? undefined : { status: 500 }));
  await assertGrows('kassa_callbacks_failed_total', 'reason="status"', 4, () =>
    assertGrows('kassa_callbacks_parked_total', '', 1, declined));
  await assertGrows('kassa_callbacks_superseded_total', '', 2, async () => {
    const body = payin(600000);
    await sandbox.client.create(body);
    await eventually('requisites', async () =>
      (await sandbox.client.info(paymentIdOf(body)))['sub_status'] === 'awaiting_confirm');
    ok(await sandbox.client.confirm(paymentIdOf(body)));
    await sink.waitFor(paymentIdOf(body), 'success', 15_000);
  });
  const closed = await Sink.start();
  const urls = closed.urls();
  await closed.close();
  await assertGrows('kassa_callbacks_failed_total', 'reason="connect"', 1, () =>
    sandbox.client.create(sandbox.client.payin(600901, { general: urls })));
});
