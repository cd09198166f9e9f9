// The disk is full, read-only, loses a sync; no file descriptor is left: said clearly, nothing lost,
// nothing half-made, and it goes on when the cause is gone.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { PATH, paymentIdOf } from './lib/client.ts';
import { eventually, within } from './lib/eventually.ts';
import { FailingDisk } from './lib/failing_disk.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { run } from './lib/process.ts';
import { Sandbox } from './lib/sandbox.ts';

const LOG = 'kassa.db-wal'; // what the writer's commits go to
const DISK_ENDED = 70;

let folder: string;
let disk: FailingDisk;
let sandbox: Sandbox;
const answered: Json[] = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kassa-disk-'));
  disk = new FailingDisk(folder);
  sandbox = await Sandbox.start({ ...disk.environment, KASSA_LOG__FILE: '' }, 'sqlite');
});
afterEach(() => disk.clear());
after(async () => {
  await everythingAnsweredIsThere();
  await sandbox.finish();
  rmSync(folder, { recursive: true });
});

async function create(): Promise<Json> {
  const body = sandbox.client.payin(100_000);
  const answer = await sandbox.client.create(body);
  answered.push(body);
  return answer;
}

/** A signed call whatever it comes to; nothing if it was closed without an answer. */
async function attempt(path: string, body: Json, agent?: Agent): Promise<Answer | undefined> {
  const text = JSON.stringify(body);
  sandbox.secrets.addBody(body);
  try {
    return await request(sandbox.client.url(path), {
      method: 'POST', headers: sandbox.client.sign(text), body: text, ...(agent === undefined ? {} : { agent }),
    });
  } catch (error) {
    if (['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function everythingAnsweredIsThere(): Promise<void> {
  for (const body of answered) await sandbox.client.info(paymentIdOf(body));
  assert.deepEqual(await sandbox.cli.checkLedger(), []);
}

test('a full disk: 503 that may be repeated, reads go on, and it goes on after `kassa resume`', async () => {
  await create();
  disk.fail({ call: 'pwrite', error: 'ENOSPC', on: LOG });
  const body = sandbox.client.payin(100_000);
  for (let call = 1; call <= 2; call++) {
    const refused = await attempt(PATH.payin, body);
    assert.equal(refused?.status, 503, refused?.text);
    assert.equal(refused?.json['retryable'], true);
    assert.ok(refused?.headers['retry-after'] !== undefined);
  }
  const ready = await request(`${sandbox.ready.base_url}/readyz`);
  assert.equal(ready.status, 503);
  assert.match(ready.text, /disk is full/);
  assert.match(sandbox.process.output, /disk is full/);
  assert.equal(await sandbox.metric('kassa_read_only'), 1);
  for (const known of answered) await sandbox.client.info(paymentIdOf(known));
  assert.equal((await attempt(PATH.info, sandbox.client.about(paymentIdOf(body))))?.status, 404, 'nothing of it is there');

  disk.clear();
  await sandbox.cli.json('resume', '--as', OPERATOR);
  const again = await sandbox.client.create(body);
  answered.push(body);
  assert.equal(again['sub_status'], 'requisites');
  assert.equal((await request(`${sandbox.ready.base_url}/readyz`)).status, 200);
  await everythingAnsweredIsThere();
});

for (const [what, fault] of [
  ['a sync that fails', { call: 'sync', error: 'EIO', on: LOG }],
  ['a write that fails', { call: 'pwrite', error: 'EIO', on: LOG }],
  ['a disk that turns read-only', { call: 'pwrite', error: 'EROFS', on: LOG }],
] as const) {
  test(`${what}: the process ends and says so, the call is not answered, what was answered is there`, async () => {
    await create();
    disk.fail(fault);
    const body = sandbox.client.payin(100_000);
    const answer = await attempt(PATH.payin, body);
    assert.notEqual(answer?.status, 200, 'it was promised');
    const ended = await within('kassa ends', 15_000, sandbox.process.ended);
    assert.deepEqual(ended, { code: DISK_ENDED, signal: null });
    assert.match(sandbox.process.output, /store\.failed.*(disk I\/O error|readonly)/);
    assert.match(sandbox.process.output, /process\.ends/);
    disk.clear();
    await sandbox.crashAndRestart();
    await everythingAnsweredIsThere();
    // Whoever got no answer calls again: that makes the payment, or finds it.
    await sandbox.client.create(body);
    answered.push(body);
  });
}

test('a read-only disk at the start: refused with the file and why', async () => {
  await sandbox.stop();
  disk.fail({ call: 'open', error: 'EROFS', on: 'kassa.db' });
  const { code, stderr } = await run(['serve', '--config', join(sandbox.dir, 'kassa.toml')], { environment: disk.environment });
  assert.equal(code, 1);
  assert.match(stderr, /kassa\.db\.lock: Read-only file system/);
  disk.clear();
  await sandbox.crashAndRestart();
  await everythingAnsweredIsThere();
});

test('no file descriptor left: who is connected is served or told to repeat, who waits gets in later', async () => {
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  const first = sandbox.client.payin(100_000);
  assert.equal((await attempt(PATH.payin, first, kept))?.status, 200);
  answered.push(first);
  disk.fail({ call: 'accept', error: 'EMFILE', on: 'socket:' }, { call: 'open', error: 'EMFILE', on: '/' });

  const waiting = sandbox.client.payin(100_000);
  const late = attempt(PATH.payin, waiting, new Agent({ maxSockets: 1 }));
  const tried: Json[] = [];
  for (let call = 0; call < 5; call++) {
    const body = sandbox.client.payin(100_000);
    const created = await attempt(PATH.payin, body, kept);
    assert.ok(created?.status === 200 || created?.json['retryable'] === true, created?.text);
    if (created?.status === 200) answered.push(body);
    tried.push(body);
    const info = await attempt(PATH.info, sandbox.client.about(paymentIdOf(first)), kept);
    assert.ok(info?.status === 200 || info?.json['retryable'] === true, info?.text);
  }
  const backup = await run(['backup', join(folder, 'backups'), '--config', join(sandbox.dir, 'kassa.toml')], { environment: disk.environment });
  assert.equal(backup.code, 1);
  assert.match(backup.stderr, /Too many open files/);
  await eventually('it says so', () => /accept.*Too many open files/.test(sandbox.process.output));

  disk.clear();
  assert.equal((await within('the waiting one', 15_000, late))?.status, 200);
  answered.push(waiting);
  for (const body of tried) await sandbox.client.create(body);
  assert.ok((await sandbox.metric('kassa_http_accepts_failed_total')) > 0);
  await everythingAnsweredIsThere();
  kept.destroy();
});

test('a backup on a full disk: refused with the file, nothing of it is left', async () => {
  const into = join(folder, 'full');
  for (const call of ['pwrite', 'sync'] as const) {
    disk.fail({ call, error: call === 'sync' ? 'EIO' : 'ENOSPC', on: '.partial/kassa.db' });
    const { code, stderr } = await run(['backup', into, '--config', join(sandbox.dir, 'kassa.toml')], { environment: disk.environment });
    assert.equal(code, 1, stderr);
    assert.match(stderr, call === 'sync' ? /Input\/output error/ : /full/);
    assert.deepEqual(existsSync(into) ? readdirSync(into) : [], []);
  }
  disk.clear();
  const made = await sandbox.cli.json('backup', into);
  assert.equal((await sandbox.cli.json('restore', made['backup'] as string, '--verify'))['verified'], true);
});

test('a full or failing disk under the key ring: the rotation is refused, the ring is the old one, and goes on later', async () => {
  const config = join(sandbox.dir, 'kassa.toml');
  const ring = () => readFileSync(join(sandbox.dir, 'key-ring.toml'), 'utf8');
  const before = ring();
  for (const [call, error, said] of [['open', 'ENOSPC', /No space left/], ['sync', 'EIO', /Input\/output error/]] as const) {
    disk.fail({ call, error, on: 'key-ring.toml.new' });
    const { code, stderr } = await run(['keys', 'rotate', '--as', OPERATOR, '--config', config]);
    assert.equal(code, 1);
    assert.match(stderr, said);
    assert.match(stderr, /key-ring\.toml/);
    assert.equal(ring(), before);
    await create();
  }
  disk.clear();
  assert.equal((await sandbox.cli.json('keys', 'rotate', '--as', OPERATOR))['phase'], 'done');
  await everythingAnsweredIsThere();
});

test('a full or failing disk under a receipt: the payer is told to repeat, and nothing of it is left', async () => {
  const body = sandbox.client.payin(600_000);
  const created = await sandbox.client.create(body);
  await eventually('requisites', async () => (await sandbox.client.info(paymentIdOf(body)))['sub_status'] === 'awaiting_confirm');
  await sandbox.client.confirm(paymentIdOf(body));
  const show = async () => await request(`${created['integration']['form_url'] as string}/receipt`, {
    method: 'POST', headers: { 'content-type': 'application/pdf' }, body: '%PDF-1.7\nshown once the disk is well\n%%EOF\n' });
  for (const [call, error] of [['open', 'ENOSPC'], ['sync', 'EIO']] as const) {
    disk.fail({ call, error, on: 'kassa.db.receipts/' });
    const refused = await show();
    assert.ok(refused.status >= 500, refused.text);
    assert.deepEqual(sandbox.receiptFiles.ids(), []);
  }
  disk.clear();
  assert.equal((await show()).status, 200);
  assert.equal(sandbox.receiptFiles.ids().length, 1);
  await everythingAnsweredIsThere();
});
