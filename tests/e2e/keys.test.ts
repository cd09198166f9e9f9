// Keys in the life of an installation: several key sets of a project, with an end and their uses;
// requests from named addresses only; callback keys and the key ring taking another's place while
// requests, callbacks and pages go on.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { ok, PATH, paymentIdOf, stateOf, type Client } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { open } from './lib/page.ts';
import { fresh } from './lib/random.ts';
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
  const added = await sandbox.cli.json('project', 'keys', 'add', project(), '--public-key', publicPath, '--hmac', ...options);
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

    await sandbox.cli.json('project', 'keys', 'expire', project(), second.key_set_id, '--at', 'now');
    assert.deepEqual(await balanceStatus(second.client), [401, 'unknown_key']);
    assert.equal((await keySet(second.key_set_id))['state'], 'expired');
    await sandbox.cli.json('project', 'keys', 'expire', project(), second.key_set_id, '--never');
    assert.deepEqual(await balanceStatus(second.client), [200, undefined], 'an expiry can be taken back');

    await sandbox.cli.json('project', 'keys', 'remove', project(), second.key_set_id);
    assert.deepEqual(await balanceStatus(second.client), [401, 'unknown_key']);
    assert.equal((await keySet(second.key_set_id))['state'], 'removed');
    assert.equal((await keySet(first['key_set_id'] as string))['state'], 'live');
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
    const again = await sandbox.cli.any('project', 'keys', 'add', project(), '--public-key', sandbox.ready.public_key);
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
    const told = await sandbox.cli.json('project', 'callbacks', project(), '--next-key');
    const next = told['next_public_key'] as string;
    assert.equal(told['public_key'], old.rsaPublicPem);
    assert.notEqual(next, old.rsaPublicPem);
    sink.trust(project(), old, { ...old, rsaPublicPem: next });
    const keys = [{ name: 'old', pem: old.rsaPublicPem }, { name: 'next', pem: next }];
    assert.equal(await signer(keys), 'old');
    const begun = await sandbox.cli.json('project', 'callbacks', project(), '--begin', 'now');
    assert.deepEqual([begun['public_key'], begun['next_public_key']], [next, null]);
    assert.equal(await signer(keys), 'next');

    // And again: the next one of the next one.
    const third = (await sandbox.cli.json('project', 'callbacks', project(), '--next-key'))['next_public_key'] as string;
    sink.trust(project(), { ...old, rsaPublicPem: next }, { ...old, rsaPublicPem: third });
    assert.equal(await signer([{ name: 'next', pem: next }]), 'next');
    await sandbox.cli.json('project', 'callbacks', project(), '--begin', 'now');
    assert.equal(await signer([{ name: 'third', pem: third }]), 'third');
    sink.trust(project(), { ...old, rsaPublicPem: third });
  });

  test('there must be one to begin', async () => {
    const other = await sandbox.createProject('Without a next key');
    const refused = await sandbox.cli.any('project', 'callbacks', other.client.projectId, '--begin', 'now');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /no next key/);
  });

  test('an HMAC key is shown once, and rotates the same way', async () => {
    const { rsaPublicPem } = sandbox.callbackKeys;
    const made = await sandbox.cli.json('project', 'callbacks', project(), '--algorithm', 'HMAC-SHA512', '--new-hmac-key');
    const first = made['hmac_key'] as string;
    assert.ok(!('hmac_key' in (await sandbox.cli.json('project', 'callbacks', project()))));
    const told = await sandbox.cli.json('project', 'callbacks', project(), '--next-key');
    const second = told['hmac_key'] as string;
    sandbox.secrets.add('key', first, second);
    assert.notEqual(first, second);
    sink.trust(project(), { rsaPublicPem, hmacKey: first });
    assert.equal(await signer([]), 'nobody');
    await sandbox.cli.json('project', 'callbacks', project(), '--begin', 'now');
    sink.trust(project(), { rsaPublicPem, hmacKey: second });
    assert.equal(await signer([]), 'nobody');
    assert.deepEqual(sink.complaints, []);
  });
});

describe('everything rotates under load', () => {
  test('no request is refused, no row is lost, the old key has no uses', async () => {
    const trusted: { rsaPublicPem: string; hmacKey: string }[] = [];
    const trust = (answer: Json, rsaPublicPem: string): void => {
      trusted.push({ rsaPublicPem, hmacKey: (answer['hmac_key'] as string | undefined) ?? 'none' });
      sink.trust(project(), ...trusted);
    };
    await sandbox.cli.setCallbackAlgorithm(project(), 'RSA-SHA256');
    const shown = await sandbox.cli.json('project', 'callbacks', project());
    trust(shown, shown['public_key'] as string);
    const oldKeys = (await ringKeys()).map((key) => key['key_id'] as number);

    const live = await liveProject();
    const noticeBefore = await noteMoney(live.number);
    const early = sandbox.client.payin(800000, { general: sink.urls() });
    const earlyPage = (await sandbox.client.create(early))['integration']['form_url'] as string;

    // Load: each payin is created twice, asked for, confirmed and found paid.
    let client = sandbox.client;
    let stop = false;
    const bodies: Json[] = [early];
    const lives: Promise<void>[] = [];
    const worker = async (): Promise<void> => {
      while (!stop) {
        const body = client.payin(800000, { general: sink.urls() });
        const twice = await Promise.all([client.create(body), client.create(body)]);
        assert.equal(twice[0]['request_id'], twice[1]['request_id']);
        await eventually('requisites', async () =>
          stateOf(await client.info(paymentIdOf(body))) === 'processing:awaiting_confirm');
        ok(await client.confirm(paymentIdOf(body)));
        bodies.push(body);
      }
    };
    for (let n = 0; n < 4; n++) lives.push(worker());

    // Request keys.
    const [first] = await keySets();
    const fresh = await addKeySet();
    client = fresh.client;
    // Callback keys.
    const next = await sandbox.cli.json('project', 'callbacks', project(), '--next-key');
    trust(next, next['next_public_key'] as string);
    await sandbox.cli.json('project', 'callbacks', project(), '--begin', 'now');
    // The ring: two callers at once make one rotation.
    const [rotated] = await Promise.all([sandbox.cli.json('keys', 'rotate'), sandbox.cli.json('keys', 'rotate')]);
    stop = true;
    await Promise.all(lives);
    await sandbox.cli.json('project', 'keys', 'expire', project(), first?.['key_set_id'] as string, '--at', 'now');

    const keys = await ringKeys();
    assert.deepEqual(keys.map((key) => key['state']), ['active', ...oldKeys.map(() => 'hashes')]);
    assert.deepEqual(keys.slice(1).map((key) => key['uses']), oldKeys.map(() => 0));
    assert.ok((rotated['sealed_again'] as number) > 0);
    assert.equal(rotated['phase'], 'done');

    await sandbox.restart();
    for (const body of bodies) {
      const again = await client.create(body);
      assert.equal(again['payment_id'], paymentIdOf(body), 'the same create is the same payment');
      const other = structuredClone(body);
      other['customer']['id'] = 'somebody else';
      assert.equal((await client.post(PATH.payin, other)).status, 409);
    }
    const last = bodies.at(-1) as Json;
    assert.equal((await client.info(paymentIdOf(last)))['sender']['pan_hidden'].length, 13);
    assert.equal((await open(earlyPage)).answer.status, 200, 'a link that was given out goes on opening');
    assert.equal(await noteMoney(live.number), noticeBefore, 'the same reference is the same notice');
    await assertImportRefused(live);
    await eventually('every payin is told to be paid', () =>
      bodies.slice(1).every((body) => sink.statesOf(paymentIdOf(body)).includes('success')), 30_000);
    assert.deepEqual(sink.complaints, []);
  });

  async function ringKeys(): Promise<Json[]> {
    return (await sandbox.cli.json('keys', 'list'))['keys'] as Json[];
  }

  type Live = { trader: string; number: string };
  async function liveProject(): Promise<Live> {
    await sandbox.createProject('Live shop', { live: true, currencies: ['KZT'] });
    const trader = await sandbox.cli.createTrader('Aziz', { KZT: 1_000_000_000 });
    const number = '4400430140020306';
    await sandbox.cli.importRequisites(cards({ trader, number }));
    return { trader, number };
  }

  function cards({ trader, number }: Live): string {
    const path = join(dir, 'cards.json');
    const row = { trader_id: trader, currency: 'KZT', methods: 'card-p2p', bank: 'kaspi-kzt', number };
    writeFileSync(path, JSON.stringify({ requisites: [row] }));
    return path;
  }

  async function noteMoney(number: string): Promise<string> {
    const notice = await sandbox.cli.json(
      'notice', 'add', '--number', number, '--amount', '4711', '--reference', 'transfer 1', '--as', OPERATOR);
    return notice['notice_id'] as string;
  }

  async function assertImportRefused(live: Live): Promise<void> {
    const refused = await sandbox.cli.any('requisites', 'import', cards(live));
    assert.equal(refused.code, 1, 'a number that is there already');
    assert.match(refused.stderr, /exist already/);
  }
});
