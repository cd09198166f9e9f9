// `kassa sign` and `kassa verify`: what they make is what the vectors have and a gateway takes, and
// what a gateway refuses they can explain.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { PATH } from './lib/client.ts';
import { request, type Json } from './lib/http.ts';
import { run } from './lib/process.ts';
import { Sandbox } from './lib/sandbox.ts';

const vectors = JSON.parse(readFileSync(new URL('../data/signing-vectors.json', import.meta.url), 'utf8')) as Json;

let sandbox: Sandbox;
let dir: string;

before(async () => {
  sandbox = await Sandbox.start();
  dir = mkdtempSync(join(tmpdir(), 'kassa-signing-'));
  file('private.pem', vectors['rsa_private_key_pem']);
  file('public.pem', vectors['rsa_public_key_pem']);
  file('hmac.txt', vectors['hmac_key_file_text']);
});
after(async () => {
  rmSync(dir, { recursive: true });
  await sandbox.finish();
});

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
}

async function json(...args: string[]): Promise<{ code: number; answer: Json }> {
  const { code, stdout } = await run([...args, '--json']);
  return { code, answer: JSON.parse(stdout) as Json };
}

/** The request as it goes over the wire, for `kassa verify`. */
function sent(headers: Json, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return file('request.txt', `POST /anywhere HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

describe('the vectors', () => {
  for (const [name, vector] of Object.entries(vectors['cases'] as Json)) {
    test(name, async () => {
      for (const [key, publicKey, expected] of [
        ['private.pem', 'public.pem', vector.rsa_signature], ['hmac.txt', 'hmac.txt', vector.hmac_signature],
      ] as const) {
        const body = file('body.json', vector.body);
        const { code, answer } = await json('sign', '--key', join(dir, key), '--timestamp', vector.timestamp, body);
        assert.equal(code, 0);
        assert.equal(answer['canonical'], vector.canonical);
        assert.equal(answer['message'], vector.message);
        assert.equal(answer['sha256'], vector.sha256_hex);
        assert.equal(answer['headers']['x-access-signature'], expected);
        const verified = await json('verify', '--key', join(dir, publicKey), sent(answer['headers'], vector.body));
        assert.deepEqual([verified.code, verified.answer['verified'], verified.answer['problems']], [0, true, []]);
      }
    });
  }
});

describe('against a gateway', () => {
  const project = (): string => sandbox.ready.project_id;
  const body = (): string => JSON.stringify({ general: { project_id: project() } });

  async function signed(...args: string[]): Promise<Json> {
    const { code, stdout, stderr } = await run(
      ['sign', '--headers', '--project', project(), ...args, file('balance.json', body())]);
    assert.equal(code, 0, stderr);
    return Object.fromEntries(stdout.trim().split('\n').map((line) => line.split(': '))) as Json;
  }
  async function post(headers: Json, text: string): Promise<{ status: number; json: Json }> {
    return await request(sandbox.ready.base_url + PATH.balance, { method: 'POST', headers, body: text });
  }

  test('what it signs is taken, by RSA and by HMAC', async () => {
    assert.equal((await post(await signed('--key', sandbox.ready.private_key), body())).status, 200);
    const token = sandbox.client.token;
    assert.equal((await post(await signed('--key', sandbox.ready.hmac_key, '--token', token), body())).status, 200);
  });

  test('an HMAC key without a token is told of, and headers alone are JSON too', async () => {
    const key = ['--key', sandbox.ready.hmac_key, '--project', project(), file('balance.json', body())];
    const bare = await run(['sign', '--headers', ...key]);
    assert.equal(bare.code, 0);
    assert.match(bare.stderr, /x-access-token is missing.*--token KEY_SET_ID/);
    const whole = await json('sign', '--headers', '--token', sandbox.client.token, ...key);
    assert.deepEqual(Object.keys(whole.answer), ['headers']);
    assert.equal((await post(whole.answer['headers'], body())).status, 200);
    const full = await run(['sign', '--token', sandbox.client.token, ...key]);
    assert.equal(full.stderr, '');
  });

  test('N, M and H are those of the 401, and where two bodies part is shown', async () => {
    const headers = await signed('--key', sandbox.ready.private_key);
    const changed = JSON.stringify({ general: { project_id: project() }, payment: { currency: 'TJS' } });
    const refused = await post(headers, changed);
    assert.equal(refused.status, 401);
    assert.equal(refused.json['reason'], 'bad_signature');
    const { code, answer } = await json(
      'verify', '--key', sandbox.ready.public_key, '--signed-body', file('mine.json', body()), sent(headers, changed));
    assert.equal(code, 1);
    assert.deepEqual(
      { canonical: answer['canonical'], message: answer['message'], sha256: answer['sha256'] }, refused.json['debug']);
    const [signature, difference] = answer['problems'] as Json[];
    assert.equal(signature?.['part'], 'signature');
    assert.match(signature?.['message'], /another text/);
    assert.equal(difference?.['part'], 'body');
    assert.match(difference?.['message'], /right for the signed body/);
    assert.equal(difference?.['at_byte'], `general:project_id:${project()}`.length);
    assert.match(difference?.['sent'], /;payment:currency:TJS$/);
  });

  test('each part that is wrong is named', async () => {
    const good = await signed('--key', sandbox.ready.private_key);
    const parts = async (headers: Json, ...more: string[]): Promise<string[]> => {
      const { answer } = await json('verify', '--key', sandbox.ready.public_key, ...more, sent(headers, body()));
      return (answer['problems'] as Json[]).map((problem) => problem['part'] as string);
    };
    assert.deepEqual(await parts({ ...good, 'x-access-token': vectors['access_token'] }), ['token']);
    assert.deepEqual(await parts({ ...good, 'x-access-merchant-algorithm': 'HMAC' }), ['algorithm']);
    assert.deepEqual(await parts({ ...good, 'x-access-timestamp': '01' }), ['timestamp', 'signature']);
    assert.deepEqual(await parts(good, '--sha256', '00'), ['sha256']);
    assert.deepEqual(await parts(good, '--canonical', file('n.txt', `general:project_id:${project()};\n`)), ['canonical']);
  });

  test('what it can\'t read is refused or wrong usage', async () => {
    const key = sandbox.ready.private_key;
    for (const [code, args] of [
      [2, ['sign', '--key', key, '--timestamp', 'now', file('b.json', '{}')]], [2, ['sign']], [2, ['verify', 'x']],
      [1, ['sign', '--key', '/nowhere', file('b.json', '{}')]], [1, ['sign', '--key', key, file('bad.json', '[')]],
      [1, ['sign', '--key', sandbox.ready.public_key, file('b.json', '{}')]],
      [1, ['verify', '--key', key, file('no-body.txt', 'x-access-timestamp: 1767225600')]],
    ] as const) {
      const result = await run([...args]);
      assert.equal(result.code, code, `kassa ${args.join(' ')}: ${result.stderr}`);
    }
  });
});
