// Keys in the life of an installation: several key sets of a project, with an end and their uses;
// requests from named addresses only; callback keys and the key ring taking another's place while
// requests, callbacks and pages go on.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { ok, PATH, paymentIdOf, stateOf, type Client } from './lib/client.ts';
import { eventually, inParallel, within } from './lib/eventually.ts';
import { request, type Json } from './lib/http.ts';
import { open } from './lib/page.ts';
import { ENGINE } from './lib/postgres.ts';
import { KassaProcess, run } from './lib/process.ts';
import { digits, fresh } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import { tokenOf, verifyStrict } from './lib/sign.ts';
import { Sink } from './lib/sink.ts';

let sandbox: Sandbox;
let sink: Sink;
let dir: string;
const project = (): string => sandbox.ready.project_id;

before(async () => {
  // What a rotation waits for is what a command may wait.
  sandbox = await Sandbox.start({ KASSA_ENGINE__WAIT_MAX_S: '4' });
  sink = await Sink.start();
  sink.trust(project(), sandbox.callbackKeys);
  dir = mkdtempSync(join(tmpdir(), 'kassa-keys-'));
});
after(async () => {
  rmSync(dir, { recursive: true });
  await sandbox.finish();
  await sink.close();
});

type KeySet = { key_set_id: string; client: Client };

/** A key pair that is made here, and added beside the others. */
async function addKeySet(...options: string[]): Promise<KeySet> {
  const path = join(dir, `private_${fresh()}.pem`);
  const made = await sandbox.cli.json('project', 'keys', 'make', path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const publicPath = join(dir, `public_${fresh()}.pem`);
  writeFileSync(publicPath, made['public_key'] as string);
  const added = await sandbox.cli.json('project', 'keys', 'add', '--as', OPERATOR, project(), '--public-key', publicPath, '--hmac', ...options);
  assert.equal(added['access_token'], tokenOf(made['public_key'] as string));
  const client = sandbox.clientOf({
    projectId: project(), merchantId: sandbox.ready.merchant_id, privateKeyPem: readFileSync(path, 'utf8'),
    publicKeyPem: made['public_key'] as string, hmacKey: added['hmac_key'] as string,
  });
  return { key_set_id: added['key_set_id'] as string, client };
}

async function keySets(): Promise<Json[]> {
  return (await sandbox.cli.json('project', 'keys', 'list', project()))['key_sets'] as Json[];
}
async function keySet(id: string): Promise<Json> {
  const found = (await keySets()).find((set) => set['key_set_id'] === id);
  assert.ok(found, `key set ${id}`);
  return found;
}

async function balanceStatus(client: Client, options = {}): Promise<[number, unknown]> {
  const answer = await client.post(PATH.balance, { general: { project_id: project() } }, options);
  return [answer.status, answer.json['reason'] ?? answer.json['code']];
}

describe('key sets of a project', () => {
  test('several hold at once, each until its end, and say when they were used', async () => {
    const first = (await keySets())[0] as Json;
    const second = await addKeySet();
    const before = await keySet(second.key_set_id);
    assert.deepEqual([before['state'], before['first_used_s'], before['last_used_s']], ['live', null, null]);
    assert.deepEqual(await balanceStatus(second.client), [200, undefined]);
    assert.deepEqual(await balanceStatus(second.client, { scheme: 'HMAC' }), [200, undefined]);
    assert.deepEqual(await balanceStatus(sandbox.client), [200, undefined], 'the first goes on');
    const used = await keySet(second.key_set_id);
    assert.ok(Math.abs((used['last_used_s'] as number) - Date.now() / 1000) < 60);
    assert.ok((used['first_used_s'] as number) <= (used['last_used_s'] as number));

    await sandbox.cli.json('project', 'keys', 'expire', '--as', OPERATOR, project(), second.key_set_id, '--at', 'now');
    assert.deepEqual(await balanceStatus(second.client), [401, 'unknown_key']);
    assert.equal((await keySet(second.key_set_id))['state'], 'expired');
    await sandbox.cli.json('project', 'keys', 'expire', '--as', OPERATOR, project(), second.key_set_id, '--never');
    assert.deepEqual(await balanceStatus(second.client), [200, undefined], 'an expiry can be taken back');

    await sandbox.cli.json('project', 'keys', 'remove', '--as', OPERATOR, project(), second.key_set_id);
    assert.deepEqual(await balanceStatus(second.client), [401, 'unknown_key']);
    assert.equal((await keySet(second.key_set_id))['state'], 'removed');
    assert.equal((await keySet(first['key_set_id'] as string))['state'], 'live');

    const back = await sandbox.cli.any('project', 'keys', 'expire', '--as', OPERATOR, project(), second.key_set_id, '--never');
    assert.equal(back.code, 1);
    assert.match(back.stderr, /removed, which is for good/);
    const leaked = join(dir, `leaked_${fresh()}.pem`);
    writeFileSync(leaked, second.client.identity.publicKeyPem);
    const again = await sandbox.cli.any('project', 'keys', 'add', '--as', OPERATOR, project(), '--public-key', leaked);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /removed for good/);
  });

  test('a set with an HMAC key alone says its token, which is its id', async () => {
    const added = await sandbox.cli.json('project', 'keys', 'add', '--as', OPERATOR, project(), '--hmac');
    assert.equal(added['access_token'], added['key_set_id']);
    assert.equal((await keySet(added['key_set_id'] as string))['access_token'], added['key_set_id']);
    const { identity } = sandbox.client;
    const client = sandbox.clientOf({ ...identity, hmacKey: added['hmac_key'] as string });
    assert.deepEqual(
      await balanceStatus(client, { scheme: 'HMAC', token: added['access_token'] as string }), [200, undefined]);
    const neither = await sandbox.cli.any('project', 'keys', 'add', '--as', OPERATOR, project());
    assert.equal(neither.code, 2);
    assert.match(neither.stderr, /--public-key FILE, --hmac, or both/);
  });

  test('who changed which keys is in the log', async () => {
    const set = await addKeySet();
    const logged = (event: string, more: string) => {
      const log = readFileSync(join(sandbox.dir, 'kassa.log'), 'utf8');
      assert.match(log, new RegExp(`warn ${event} .*${more}.* by=${OPERATOR}`));
    };
    logged('project\\.keys_added', set.key_set_id);
    await sandbox.cli.json('project', 'keys', 'expire', '--as', OPERATOR, project(), set.key_set_id, '--at', 'now');
    logged('project\\.keys_expire', set.key_set_id);
    await sandbox.cli.json('project', 'keys', 'remove', '--as', OPERATOR, project(), set.key_set_id);
    logged('project\\.keys_removed', set.key_set_id);
    const other = await sandbox.createProject('Logged', { currencies: ['KZT'] });
    await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, other.client.projectId, '--next-key');
    logged('project\\.callbacks_changed', other.client.projectId);
    const nobody = await sandbox.cli.any('project', 'callbacks', other.client.projectId, '--algorithm', 'HMAC-SHA512');
    assert.equal(nobody.code, 1, 'a change takes a name');
    assert.equal((await sandbox.cli.refusal('project', 'callbacks', other.client.projectId, '--new-hmac-key', '--as', 'nobody')).code, 'validation_failed');
  });

  test('uses outlive the process', async () => {
    const set = await addKeySet();
    assert.deepEqual(await balanceStatus(set.client), [200, undefined]);
    const { first_used_s: first } = await keySet(set.key_set_id);
    await sandbox.restart();
    const kept = await keySet(set.key_set_id);
    assert.equal(kept['first_used_s'], first);
    assert.ok((kept['last_used_s'] as number) >= (first as number));
  });

  test('one public key is one key set, and an end in the past is none', async () => {
    const again = await sandbox.cli.any('project', 'keys', 'add', '--as', OPERATOR, project(), '--public-key', sandbox.ready.public_key);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /has this public key already/);
    const ended = await addKeySet('--expires', '2026-01-01T00:00:00Z');
    assert.deepEqual(await balanceStatus(ended.client), [401, 'unknown_key']);
  });
});

describe('addresses', () => {
  test('only named ones are let in, and nobody where none fits', async () => {
    await sandbox.cli.setProject(project(), 'ip_allow', '203.0.113.0/24 2001:db8::1');
    assert.deepEqual(await balanceStatus(sandbox.client), [403, 'ip_not_allowed']);
    await sandbox.cli.setProject(project(), 'ip_allow', '203.0.113.0/24 127.0.0.0/8');
    assert.deepEqual(await balanceStatus(sandbox.client), [200, undefined]);
    await sandbox.cli.setProject(project(), 'ip_allow', '');
    assert.deepEqual(await balanceStatus(sandbox.client), [200, undefined]);
  });

  test('a wrong signature is told before a wrong address', async () => {
    await sandbox.cli.setProject(project(), 'ip_allow', '203.0.113.7');
    assert.deepEqual(await balanceStatus(sandbox.client, { signature: 'AAAA' }), [401, 'bad_signature']);
    await sandbox.cli.setProject(project(), 'ip_allow', '');
  });

  test('what is no address is refused', async () => {
    for (const value of ['everywhere', '10.0.0.1/8', '10.0.0.0/33']) {
      const refused = await sandbox.cli.any('project', 'set', project(), `ip_allow=${value}`);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /ip_allow/);
    }
  });
});

describe('callback keys', () => {
  async function signer(keys: { name: string; pem: string }[]): Promise<string> {
    const body = sandbox.client.payin(700000, { general: sink.urls() });
    await sandbox.client.create(body);
    const delivery = await sink.waitFor(paymentIdOf(body), 'processing:awaiting_confirm');
    const signed = keys.find(({ pem }) => verifyStrict(
      'RSA', pem, delivery.text, String(delivery.headers['x-access-timestamp']),
      String(delivery.headers['x-access-signature'])));
    return signed?.name ?? 'nobody';
  }

  test('the next one is told first, and signs when it begins', async () => {
    const old = sandbox.callbackKeys;
    const told = await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, project(), '--next-key');
    const next = told['next_public_key'] as string;
    assert.equal(told['public_key'], old.rsaPublicPem);
    assert.notEqual(next, old.rsaPublicPem);
    sink.trust(project(), old, { ...old, rsaPublicPem: next });
    const keys = [{ name: 'old', pem: old.rsaPublicPem }, { name: 'next', pem: next }];
    assert.equal(await signer(keys), 'old');
    const begun = await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, project(), '--begin', 'now');
    assert.deepEqual([begun['public_key'], begun['next_public_key']], [next, null]);
    assert.equal(await signer(keys), 'next');

    // And again: the next one of the next one.
    const third = (await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, project(), '--next-key'))['next_public_key'] as string;
    sink.trust(project(), { ...old, rsaPublicPem: next }, { ...old, rsaPublicPem: third });
    assert.equal(await signer([{ name: 'next', pem: next }]), 'next');
    await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, project(), '--begin', 'now');
    assert.equal(await signer([{ name: 'third', pem: third }]), 'third');
    sink.trust(project(), { ...old, rsaPublicPem: third });
  });

  test('one that has begun is not begun again, and one that was told is not replaced unasked', async () => {
    const change = async (...how: string[]) =>
      await sandbox.cli.any('project', 'callbacks', project(), ...how, '--as', OPERATOR);
    const keys = async () => await sandbox.cli.json('project', 'callbacks', project());
    const present = (await keys())['public_key'];
    for (const later of ['2099-01-01T00:00:00Z', 'now']) {
      const refused = await change('--begin', later);
      assert.equal(refused.code, 1, 'the old key would sign again');
      assert.match(refused.stderr, /has begun/);
    }
    assert.equal((await keys())['public_key'], present);

    assert.equal((await change('--next-key', '--begin', '2099-01-01T00:00:00Z')).code, 0);
    const told = await keys();
    const again = await change('--next-key');
    assert.equal(again.code, 1);
    assert.match(again.stderr, /has a next key already/);
    assert.deepEqual(await keys(), told, 'key and time are as they were');
    assert.equal((await change('--begin', '2098-01-01T00:00:00Z')).code, 0, 'a time to come may be moved');
    assert.equal((await change('--next-key', '--replace')).code, 0);
    const replaced = await keys();
    assert.notEqual(replaced['next_public_key'], told['next_public_key']);
    assert.equal(replaced['next_from_s'], null, 'the new one waits for a time of its own');
    assert.equal((await change('--begin', 'now')).code, 0);
    sink.trust(project(), { ...sandbox.callbackKeys, rsaPublicPem: replaced['next_public_key'] as string });
  });

  test('for people, a public key is printed as a file has it', async () => {
    const { public_key: pem } = await sandbox.cli.json('project', 'callbacks', project());
    const printed = await sandbox.cli.any('project', 'callbacks', project());
    assert.equal(printed.code, 0);
    assert.ok(printed.stdout.includes(`public_key\n${pem as string}`), printed.stdout);
  });

  test('there must be one to begin', async () => {
    const other = await sandbox.createProject('Without a next key', { currencies: ['KZT'] });
    const refused = await sandbox.cli.any('project', 'callbacks', '--as', OPERATOR, other.client.projectId, '--begin', 'now');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /no next key/);
  });

  test('an HMAC key is shown once, and rotates the same way', async () => {
    const { rsaPublicPem } = sandbox.callbackKeys;
    const made = await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, project(), '--algorithm', 'HMAC-SHA512', '--new-hmac-key');
    const first = made['hmac_key'] as string;
    assert.ok(!('hmac_key' in (await sandbox.cli.json('project', 'callbacks', project()))));
    const told = await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, project(), '--next-key');
    const second = told['hmac_key'] as string;
    sandbox.secrets.add('key', first, second);
    assert.notEqual(first, second);
    sink.trust(project(), { rsaPublicPem, hmacKey: first });
    assert.equal(await signer([]), 'nobody');
    await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, project(), '--begin', 'now');
    sink.trust(project(), { rsaPublicPem, hmacKey: second });
    assert.equal(await signer([]), 'nobody');
    assert.deepEqual(sink.complaints, []);
  });
});

const REFERENCE = `Transfer of Zhanibek ${fresh()}`;
const NOTE = `Spoke with Zhanibek ${fresh()}`;

/** What was said and shown before a rotation, and must be read as it was after it. */
type Kept = {
  card: string; noticeId: string; seenAt: string; requestId: string; page: string; receipt: Buffer; settlementId: string;
};

describe('everything rotates under load', () => {
  /** What goes on meanwhile: each payin is created twice at once, found, confirmed. */
  class Load {
    readonly bodies: Json[] = [];
    readonly refusals: string[] = [];
    client = sandbox.client;
    private stopped = false;
    private running: Promise<void[]> | undefined;
    /** Resolved while the gateway is there: who finds it gone asks again then, as merchants do. */
    private there: Promise<void> = Promise.resolve();

    start(): void {
      loads.push(this);
      this.running = Promise.all(Array.from({ length: 4 }, async () => {
        while (!this.stopped && this.refusals.length === 0) {
          await this.life().catch((error: unknown) => this.refusals.push(String(error)));
        }
      }));
    }

    /** Not before some payins lived wholly after what was done last. */
    async more(): Promise<void> {
      const enough = this.bodies.length + 8;
      await eventually('payins go on', () => this.refusals.length > 0 || this.bodies.length >= enough, 30_000);
      assert.deepEqual(this.refusals, []);
    }

    end(): void {
      this.stopped = true;
    }

    async stop(): Promise<void> {
      this.end();
      await this.running;
      assert.deepEqual(this.refusals, []);
    }

    /** A power cut, with requests on their way. */
    async crash(): Promise<void> {
      let back = (): void => {};
      this.there = new Promise((resolve) => (back = resolve));
      await sandbox.crashAndRestart();
      back();
    }

    private async life(): Promise<void> {
      const body = this.client.payin(800000, { general: sink.urls() });
      const paymentId = paymentIdOf(body);
      const create = (): Promise<Json> => this.answered(() => this.client.create(body));
      const twice = await Promise.all([create(), create()]);
      assert.equal(twice[0]['request_id'], twice[1]['request_id'], 'the same create is the same payment');
      await eventually('requisites', async () =>
        stateOf(await this.answered(() => this.client.info(paymentId))) === 'processing:awaiting_confirm', 30_000);
      ok(await this.answered(() => this.client.confirm(paymentId)));
      this.bodies.push(body);
    }

    /** Only a gateway that is not there is asked again; what it answers counts. */
    private async answered<T>(ask: () => Promise<T>): Promise<T> {
      for (;;) {
        try {
          return await ask();
        } catch (error) {
          const code = (error as { code?: string }).code;
          if (this.stopped || code !== 'ECONNREFUSED' && code !== 'ECONNRESET' && code !== 'EPIPE') throw error;
          await this.there;
        }
      }
    }
  }

  const loads: Load[] = [];
  afterEach(() => {
    for (const load of loads) load.end(); // what a failed test leaves running
  });

  const trusted: { rsaPublicPem: string; hmacKey: string }[] = [];
  let kept: Kept;

  before(async () => {
    await sandbox.cli.setCallbackAlgorithm(project(), 'RSA-SHA256');
    trust((await sandbox.cli.json('project', 'callbacks', project()))['public_key']);
    await sandbox.cli.addOperators('anna');
    kept = await keep();
  });

  test('no request is refused, nothing is lost, the old keys have no uses', async () => {
    const secret = ringSecrets();
    const before = await ringKeys();
    const load = new Load();
    load.start();
    await load.more();

    // The keys of requests.
    const first = (await keySets()).find((set) => set['access_token'] === sandbox.client.token);
    const fresh = await addKeySet();
    load.client = fresh.client;
    await load.more();
    await sandbox.cli.json('project', 'keys', 'expire', '--as', OPERATOR, project(), first?.['key_set_id'] as string, '--at', 'now');
    assert.deepEqual(await balanceStatus(sandbox.client), [401, 'unknown_key']);

    // The key of callbacks.
    const next = await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, project(), '--next-key');
    trust(next['next_public_key']);
    await sandbox.cli.json('project', 'callbacks', '--as', OPERATOR, project(), '--begin', 'now');
    await load.more();

    const firstUsed = (await keySet(first?.['key_set_id'] as string))['last_used_s'];

    // The ring: two callers at once make one rotation. Meanwhile the same words are the same notice, and
    // a backup (PostgreSQL has its own) is one of a store between two keys.
    const earlier = load.bodies.length;
    const rotation = Promise.all([sandbox.cli.json('keys', 'rotate', '--as', OPERATOR), sandbox.cli.json('keys', 'rotate', '--as', OPERATOR)]);
    await eventually('the new key seals', async () => (await ringKeys())[0]?.['key_id'] === before.length + 1, 30_000);
    assert.equal(await seenAgain(), kept.noticeId);
    if (ENGINE === 'sqlite') {
      const between = await sandbox.cli.any('backup', join(sandbox.dir, 'backups'), '--verify');
      assert.equal(between.code, 0, between.stderr);
      assert.match(between.stderr, /being rotated, so this backup has rows of both keys/);
    }
    const rotated = await rotation;
    assert.match(readFileSync(join(sandbox.dir, 'kassa.log'), 'utf8'), /ring\.rotation_called key_id=\d+ by=demo[^]*ring\.rotated key_id=/);
    if (ENGINE === 'sqlite') {
      const after = await sandbox.cli.json('backup', join(sandbox.dir, 'backups'));
      assert.equal(after['ring_in_rotation'], false);
    }
    await load.more();
    await load.stop();

    assert.deepEqual(rotated.map((told) => told['phase']), ['done', 'done']);
    const sealedAgain = rotated.reduce((sum, told) => sum + (told['sealed_again'] as number), 0);
    assert.ok(sealedAgain >= earlier, `${sealedAgain} of ${earlier} payins at least`);
    await assertRotated(before, secret);
    assert.equal((await keySet(first?.['key_set_id'] as string))['last_used_s'], firstUsed, 'to the second still');
    await assertAllIsThere(load);
    assert.deepEqual(
      [(await keySet(fresh.key_set_id))['state'], (await keySet(first?.['key_set_id'] as string))['state']],
      ['live', 'expired']);
    await sandbox.cli.json('project', 'keys', 'expire', '--as', OPERATOR, project(), first?.['key_set_id'] as string, '--never');
  });

  test('cut off at each of its steps, a rotation goes on where it stood', async () => {
    const secret = ringSecrets();
    const before = await ringKeys();
    const load = new Load();
    load.start();

    /** Rotates until that is true, and cuts the power. */
    const cutWhen = async (what: string, reached: (keys: Json[]) => boolean): Promise<void> => {
      const command = new KassaProcess(['keys', 'rotate', '--as', OPERATOR, '--config', join(sandbox.dir, 'kassa.toml')]);
      await eventually(what, async () => reached(await ringKeys()), 30_000);
      await load.crash();
      assert.equal((await within('the command ends', 15_000, command.ended)).code, 1, command.output);
    };
    const states = (keys: Json[]): unknown[] => keys.slice(0, 2).map((key) => key['state']);
    const oldRows = (keys: Json[]): number => (keys[1]?.['rows'] as number) + (keys[1]?.['files'] as number);
    await cutWhen('the next key is known', (keys) => keys.some((key) => key['state'] === 'next'));
    await cutWhen('the next key seals', (keys) => keys.every((key) => key['state'] !== 'next'));
    assert.deepEqual(states(await ringKeys()), ['active', 'retired']);
    await cutWhen('rows are sealed again', (keys) => oldRows(keys) === 0);
    assert.deepEqual(states(await ringKeys()), ['active', 'retired'], 'until all is looked at again');
    assert.equal(await seenAgain(), kept.noticeId);
    await sandbox.cli.json('keys', 'rotate', '--as', OPERATOR);
    await load.more();
    await load.stop();
    await assertRotated(before, secret);
    await assertAllIsThere(load);
  });

  function trust(rsaPublicPem: unknown): void {
    trusted.push({ rsaPublicPem: rsaPublicPem as string, hmacKey: 'none' });
    sink.trust(project(), ...trusted);
  }

  async function ringKeys(): Promise<Json[]> {
    return (await sandbox.cli.json('keys', 'list'))['keys'] as Json[];
  }
  /** As they stand in the ring's file. */
  function ringSecrets(): string[] {
    return everyFile().flatMap(({ content }) =>
      [...content.toString('utf8').matchAll(/^secret = "(.+)"$/gm)].map((found) => found[1] as string));
  }
  function everyFile(): { path: string; content: Buffer }[] {
    return readdirSync(sandbox.dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path, content: readFileSync(path) }));
  }

  /** The newest key is the active one and needed by all; the others by nothing, and their secrets are gone. */
  async function assertRotated(before: Json[], secrets: string[]): Promise<void> {
    const keys = await ringKeys();
    assert.deepEqual(keys.map((key) => key['state']), ['active', ...before.map(() => 'hashes')]);
    assert.deepEqual(keys.map((key) => (key['uses'] as number) > 0), [true, ...before.map(() => false)]);
    for (const what of ['rows', 'files', 'settings', 'number_hashes']) {
      assert.ok((keys[0]?.[what] as number) > 0, what);
    }
    assert.equal(secrets.length, 1);
    const holders = everyFile().filter(({ content }) => content.includes(secrets[0] as string));
    assert.deepEqual(holders.map(({ path }) => path), []);
  }

  async function assertAllIsThere(load: Load): Promise<void> {
    assert.ok(load.bodies.length > 8);
    await sandbox.restart();
    await inParallel(load.bodies, 8, async (body) => {
      const again = await load.client.create(body);
      assert.equal(again['payment_id'], paymentIdOf(body), 'the same create is the same payment');
      const other = structuredClone(body);
      other['customer']['id'] = `another ${fresh()}`;
      assert.equal((await load.client.post(PATH.payin, other)).status, 409);
      const info = await load.client.info(paymentIdOf(body));
      assert.match(info['sender']['pan_hidden'] as string, /^\d{5}\*{4}\d{4}$/);
    });
    await eventually('every payin is told to be paid', () =>
      load.bodies.every((body) => sink.statesOf(paymentIdOf(body)).includes('success')), 30_000);
    assert.deepEqual(sink.complaints, []);
    await assertKept();
    assert.deepEqual(sandbox.leaks(), []);
  }

  /** One of everything that is sealed. */
  async function keep(): Promise<Kept> {
    await sandbox.createProject('Live shop', { live: true, currencies: ['KZT'] });
    const trader = await sandbox.cli.createTrader('Aziz', { KZT: 1_000_000_000 });
    const number = `4400${digits(12)}`;
    sandbox.secrets.add('personal', number, REFERENCE, NOTE);
    const card = join(dir, 'card.json');
    const row = { trader_id: trader, currency: 'KZT', methods: 'card-p2p', bank: 'kaspi-kzt', number };
    writeFileSync(card, JSON.stringify({ requisites: [row] }));
    await sandbox.cli.importRequisites(card);

    const seenAt = new Date().toISOString();
    const notice = await sandbox.cli.addNotice(money(number, seenAt));
    await sandbox.cli.readNotice(notice['notice_id'] as string, '--note', NOTE);

    const payin = sandbox.client.payin(700905, { general: sink.urls() });
    const created = await sandbox.client.create(payin);
    const page = created['integration']['form_url'] as string;
    await eventually('requisites', async () =>
      stateOf(await sandbox.client.info(paymentIdOf(payin))) === 'processing:awaiting_confirm');
    const receipt = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(100_000), Buffer.from('\n%%EOF\n')]);
    const shown = await request(`${page}/receipt`, {
      method: 'POST', headers: { 'content-type': 'application/pdf' }, body: receipt,
    });
    assert.equal(shown.status, 200, shown.text);
    const requestId = created['request_id'] as string;
    await sandbox.cli.report(requestId, 'received', '--amount', '700905', '--reference', REFERENCE, '--note', NOTE);

    const settlement = await sandbox.cli.createSettlement({
      kind: 'deposit', project: project(), amount: 5, currency: 'KZT', reference: REFERENCE, as: OPERATOR,
    });
    const settlementId = settlement['settlement_id'] as string;
    await sandbox.cli.reject(settlementId, 'anna', '--note', NOTE);
    return { card, noticeId: notice['notice_id'] as string, seenAt, requestId, page, receipt, settlementId };
  }

  function money(number: string, at: string): Record<string, string | number> {
    return { number, amount: 4711, reference: REFERENCE, at };
  }
  /** The id of the notice of the same words, said again. */
  async function seenAgain(): Promise<unknown> {
    const row = (JSON.parse(readFileSync(kept.card, 'utf8')) as Json)['requisites'][0] as Json;
    const again = await sandbox.cli.addNotice(money(row['number'] as string, kept.seenAt));
    assert.equal(again['repeated'], true);
    return again['notice_id'];
  }

  async function assertKept(): Promise<void> {
    assert.equal(await seenAgain(), kept.noticeId);
    const notice = await sandbox.cli.showNotice(kept.noticeId);
    assert.deepEqual([notice['reference'], notice['read_note']], [REFERENCE, NOTE]);
    const settlement = await sandbox.cli.showSettlement(kept.settlementId);
    assert.deepEqual([settlement['reference'], settlement['note']], [REFERENCE, NOTE]);
    // It says the note, so it is not among what is searched for notes.
    const life = await run(['payment', 'show', kept.requestId, '--json', '--config', join(sandbox.dir, 'kassa.toml')]);
    const events = (JSON.parse(life.stdout) as Json)['events'] as Json[];
    assert.ok(events.some((event) => event['note'] === NOTE), life.stdout);
    assert.equal((await open(kept.page)).answer.status, 200, 'a link that was given out goes on opening');
    const out = join(dir, `receipt-${fresh()}.pdf`);
    await sandbox.cli.json('payment', 'receipt', kept.requestId, '--out', out, '--as', OPERATOR, '--keep-unread');
    assert.ok(readFileSync(out).equals(kept.receipt));
    const shown = await request(`${kept.page}/receipt`, {
      method: 'POST', headers: { 'content-type': 'application/pdf' }, body: kept.receipt,
    });
    assert.equal(shown.json['created'], false, 'the same file is the same receipt');
    const refused = await sandbox.cli.any('requisites', 'import', kept.card);
    assert.equal(refused.code, 1, 'a number that is there already');
    assert.match(refused.stderr, /exists? already/);
  }
});
