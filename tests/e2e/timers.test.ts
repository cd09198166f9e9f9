// Timers measured live: many payins whose window ends within the same minute are all ended within a
// second of their time. E2E_TIMERS sets how many (a full measurement takes 100000).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { eventually } from './lib/eventually.ts';
import { Sandbox } from './lib/sandbox.ts';

const COUNT = Number(process.env['E2E_TIMERS'] ?? 2_000);
const WINDOW_S = Number(process.env['E2E_TIMERS_WINDOW_S'] ?? 5);
const AT_ONCE = 64;

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.start();
  await sandbox.cli.setProject(sandbox.ready.project_id, 'window.assignment_s', String(WINDOW_S));
});
after(async () => {
  await sandbox.finish();
});

test(`${COUNT} windows of ${WINDOW_S} s end within a second of their time`, async () => {
  const late = async () =>
    (await sandbox.metric('kassa_timer_lag_seconds_count', '')) -
    (await sandbox.metric('kassa_timer_lag_seconds_bucket', 'le="1"'));
  const firedBefore = await sandbox.metric('kassa_timers_fired_total', '');
  const started = Date.now();
  let left = COUNT;
  // 902: nobody has requisites, so the window decides.
  const customer = { id: 'customer-of-timers', first_name: 'Nobodyknown', last_name: 'Whowaits', email: 'nobody@example.com' };
  const worker = async () => {
    while (left-- > 0) {
      await sandbox.client.create(sandbox.client.payin(700902, { sender: {}, customer }), { scheme: 'HMAC' });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const created = Date.now();
  await eventually('all windows have ended', async () =>
    (await sandbox.metric('kassa_timers_fired_total', '')) - firedBefore >= COUNT, WINDOW_S * 1000 + 30_000);
  console.log(`${COUNT} created in ${created - started} ms, the last window's end seen ${Date.now() - created} ms later`);
  assert.equal(await late(), 0, 'no timer was more than a second late');
});
