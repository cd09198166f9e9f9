// The primary is killed under load, HA_KILLS times, each after a synchronous standby is back. Every
// payment answered before, meanwhile and after is there, once; payments go on within two seconds of
// the moment at which the new primary commits at all; no gateway is restarted.
//
// Not one of the files that `./dev test e2e` takes: it needs Patroni, etcd and HAProxy, and most of
// its time is that of Patroni's ttl.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { eventually } from '../lib/eventually.ts';
import { Cluster, GATEWAYS, NODES } from './cluster.ts';
import { Load } from './load.ts';

const KILLS = Number(process.env['HA_KILLS'] ?? 1);
const TTL_S = 10; // shorter than Patroni's own least: nothing here is far away
const BACK_MS = 2_000;
const HANG_MS = 180_000; // a standby copies and syncs: on a busy disk that takes its time

const WORKERS = 2; // by door
const ANSWERS_BETWEEN = 40; // by gateway, from one kill to the next

let cluster: Cluster;
let load: Load;
let gateways: string[];

before(async () => {
  cluster = await Cluster.start(TTL_S);
  await cluster.makeProbe();
  gateways = GATEWAYS.map((gateway) => cluster.processOf(gateway));
  load = await Load.of(cluster.identity(), cluster.callbackKeys(), {
    gateway1: cluster.urlOf('gateway1'), gateway2: cluster.urlOf('gateway2'), haproxy: cluster.front,
  });
  await load.start(cluster.cli, WORKERS);
  for (const gateway of GATEWAYS) await load.untilAnswered(gateway, 0, ANSWERS_BETWEEN, HANG_MS);
});
after(async () => await (load as Load | undefined)?.close()); // none, where the cluster did not start

for (let kill = 1; kill <= KILLS; kill += 1) {
  test(`primary killed, ${kill} of ${KILLS}: payments go on as soon as there is whom to commit to`, async () => {
    await cluster.untilReplicated(HANG_MS);
    const dead = await cluster.primary();
    assert.ok(dead !== undefined);
    const heir = NODES.find((node) => node !== dead) as typeof dead;

    const killedAt = performance.now();
    await cluster.kill(dead);
    const promotedAt = await eventually(`${heir} is primary`, async () =>
      await cluster.primary() === heir && performance.now(), HANG_MS);
    await cluster.startAgain(dead); // in strict mode nothing is committed before it follows
    const committedAt = await cluster.untilCommits(heir, HANG_MS);

    const backMs: Record<string, number> = {};
    for (const gateway of GATEWAYS) {
      const first = await load.untilAnswered(gateway, promotedAt, 1, HANG_MS);
      backMs[gateway] = Math.round(first - committedAt);
    }
    for (const gateway of GATEWAYS) await load.untilAnswered(gateway, promotedAt, ANSWERS_BETWEEN, HANG_MS);
    const seconds = (moment: number) => ((moment - killedAt) / 1000).toFixed(1);
    console.log(`# ${dead} killed; ${heir} promoted after ${seconds(promotedAt)} s, commits after ` +
      `${seconds(committedAt)} s; answered again, from there: ${JSON.stringify(backMs)} ms`);
    for (const gateway of GATEWAYS) assert.ok((backMs[gateway] as number) <= BACK_MS, `${gateway}: ${backMs[gateway]} ms`);
  });
}

test('every payment that was answered is there, once, and told in order; the books are clean', async () => {
  await load.stop();
  console.log(`# ${load.created.size} creates and ${load.confirmed.size} confirms answered; ` +
    `answered 503: ${JSON.stringify(Object.fromEntries(load.refused))}`);
  await load.verify(cluster.cli);
});

test('no gateway was restarted, and none broke a rule', async () => {
  assert.deepEqual(GATEWAYS.map((gateway) => cluster.processOf(gateway)), gateways);
  assert.equal(await cluster.metric('kassa_invariant_breaches_total'), 0);
  assert.equal(await cluster.metric('kassa_payments_frozen'), 0);
});

test('the script ends all that it started, and leaves nothing', async () => {
  const parts = cluster.processes();
  assert.equal(parts.length, 3 + 2 * 2 + 1 + 2, JSON.stringify(parts));
  await cluster.stop();
  assert.deepEqual(parts.filter(({ pid }) => runs(pid)), []);
  assert.ok(!existsSync(cluster.dir));
});

/** Whether it does: one that has ended may still wait to be taken note of by whoever has become its parent. */
function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}
