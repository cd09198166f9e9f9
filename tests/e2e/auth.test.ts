// Who is let in (wire §3), who is not and what they are told, and in which order things are checked
// (wire §10.1).
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign as cryptoSign, constants } from 'node:crypto';
import { basename } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { PATH, type SignedOptions } from './lib/client.ts';
import { inParallel, eventually } from './lib/eventually.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { Sandbox } from './lib/sandbox.ts';
import { assertError, fieldErrors, UUID } from './lib/shape.ts';
import { canonical, encode, message, sha256, signHmac, signRsa, tokenOf, type Encoding } from './lib/sign.ts';

let sandbox: Sandbox;
let body: string;

before(async () => {
  sandbox = await Sandbox.start();
  // Booleans, nulls, an array, numbers as JavaScript never writes them, and keys whose UTF-16 order
  // differs from their code point order: every liberty makes another message of it.
  body = `{"general":{"project_id":"${sandbox.ready.project_id}","payment_id":"nobody's"},` +
    '"yes":true,"no":false,"nothing":null,"none":[],"list":[1.0,1e+21,-0,"a;b:c"],"\ufb01":1,"😀":2}';
});
after(async () => {
  await sandbox.finish();
});

/** Asks for a payment that isn't there: 404 says that the signature was accepted. */
async function ask(options: SignedOptions = {}, text = body): Promise<Answer> {
  return await sandbox.client.post(PATH.info, text, options);
}

async function assertLetIn(options: SignedOptions, what: string, text = body): Promise<void> {
  const answer = await ask(options, text);
  assert.equal(answer.status, 404, `${what}: ${answer.text}`);
  assertError(answer, 404, 'payment_not_found');
}

let sentence: string | undefined;
async function assertRefused(options: SignedOptions, reasons: string[], what: string): Promise<Json> {
  const answer = await ask(options);
  assert.equal(answer.status, 401, `${what}: ${answer.text}`);
  const debug = 'debug' in answer.json ? ['debug'] : [];
  assertError(answer, 401, 'unauthorized', ['reason', ...debug]);
  assert.ok(reasons.includes(answer.json['reason'] as string), `${what}: ${answer.text}`);
  sentence ??= answer.json['status_description'] as string;
  assert.equal(answer.json['status_description'], sentence, 'one sentence for all');
  return answer.json;
}

function now(offset = 0): string {
  return String(Math.floor(Date.now() / 1000) + offset);
}

const ENCODINGS: Record<'RSA' | 'HMAC', Encoding[]> = {
  RSA: ['base64url', 'base64url-padded', 'base64', 'base64-unpadded'],
  HMAC: ['base64url', 'base64url-padded', 'base64', 'base64-unpadded', 'hex', 'HEX'],
};

describe('accepted', () => {
  for (const scheme of ['RSA', 'HMAC'] as const) {
    test(`${scheme}: every liberty with every other`, async () => {
      const flags = [false, true];
      const all = flags.flatMap((booleansAsWords) => flags.flatMap((utf16Order) =>
        flags.flatMap((paddedMessage) => flags.flatMap((otherHash) => ENCODINGS[scheme].map((encoding) =>
          ({ booleansAsWords, utf16Order, paddedMessage, otherHash, encoding }))))));
      await inParallel(all, 8, async (liberties) =>
        await assertLetIn({ scheme, liberties }, JSON.stringify(liberties)));
    });
  }

  test('the algorithm in any letter case', async () => {
    for (const algorithm of ['RSA', 'rsa', 'Rsa', 'RSA-SHA256', 'rsa-sha256', 'Rsa-Sha256']) {
      await assertLetIn({ scheme: 'RSA', algorithm }, algorithm);
    }
    for (const algorithm of ['HMAC', 'hmac', 'HMAC-SHA512', 'hmac-sha512', 'Hmac-Sha512']) {
      await assertLetIn({ scheme: 'HMAC', algorithm }, algorithm);
    }
  });

  test('the token unpadded, padded, and of the PEM text', async () => {
    const der = Buffer.from(sandbox.client.token, 'base64url');
    const pem = Buffer.from(sandbox.client.identity.publicKeyPem);
    const trimmed = Buffer.from(sandbox.client.identity.publicKeyPem.trimEnd());
    const tokens = [der, pem, trimmed].flatMap((bytes) =>
      (['base64url', 'base64url-padded', 'base64', 'base64-unpadded'] as const).map((e) => encode(bytes, e)));
    for (const token of tokens) {
      for (const scheme of ['RSA', 'HMAC'] as const) await assertLetIn({ scheme, token }, token);
    }
  });

  test("the key set's id is a token for HMAC", async () => {
    const id = /^private_key_(.+)\.pem$/.exec(basename(sandbox.ready.private_key))?.[1] ?? '';
    assert.match(id, UUID, `private_key_<id>.pem (wire §3.4), not ${sandbox.ready.private_key}`);
    assert.equal(basename(sandbox.ready.public_key), `public_key_${id}.pem`);
    assert.equal(basename(sandbox.ready.hmac_key), `hmac_private_key_${id}.txt`);
    assert.match(basename(sandbox.ready.callback_hmac_key), /^hmac_callback_key_.+\.txt$/);
    await assertLetIn({ scheme: 'HMAC', token: id }, 'key set id');
    await assertRefused({ scheme: 'RSA', token: id }, ['unknown_key'], 'with RSA the key itself names it');
  });

  test("the merchant's own id instead of its project's", async () => {
    assert.notEqual(sandbox.ready.merchant_id, sandbox.ready.project_id);
    await assertLetIn({ merchantId: sandbox.ready.merchant_id }, 'RSA');
    await assertLetIn({ scheme: 'HMAC', merchantId: sandbox.ready.merchant_id }, 'HMAC');
  });

  test('a clock that is off by less than 300 s', async () => {
    for (const offset of [-290, -60, 60, 290]) await assertLetIn({ timestamp: now(offset) }, `${offset}`);
  });

  test('content-type with a charset, and any order of keys and spaces', async () => {
    for (const type of ['application/json; charset=utf-8', 'application/json;charset=UTF-8', 'Application/JSON']) {
      await assertLetIn({ headers: { 'content-type': type } }, type);
    }
    const spaced = ` \r\n{ "general" :\t{ "payment_id" : "x" , "project_id":"${sandbox.ready.project_id}" } }\n`;
    await assertLetIn({}, 'spaces', spaced);
  });

  test('escapes are signed as what they stand for', async () => {
    const id = sandbox.ready.project_id;
    const escaped = `{"general":{"project_id":"${id}","payment_id":"\\u0041\\/\\n\\ud83d\\ude00"}}`;
    await assertLetIn({}, 'escapes', escaped);
    assert.match(canonical(escaped), /payment_id:A\/\n😀/);
  });

  test('the same signature twice in one second: nothing is remembered of it', async () => {
    const timestamp = now();
    await assertLetIn({ timestamp }, 'first');
    await assertLetIn({ timestamp }, 'second');
  });
});

describe('refused', () => {
  test('a missing header', async () => {
    for (const name of ['timestamp', 'merchant-id', 'token', 'signature']) {
      await assertRefused({ headers: { [`x-access-${name}`]: undefined } }, ['missing_header'], name);
    }
  });

  test('a header sent twice', async () => {
    const names = ['timestamp', 'merchant-id', 'token', 'signature'].map((name) => `x-access-${name}`);
    const good = sandbox.client.sign(body);
    for (const name of names) {
      const value = good[name] as string;
      await assertRefused({ headers: { [name]: [value, value] } }, ['malformed_header'], name);
    }
    const twice = { 'x-access-merchant-algorithm': ['RSA', 'RSA'] };
    await assertRefused({ headers: twice }, ['malformed_header'], 'algorithm');
  });

  test('a malformed timestamp', async () => {
    const t = now();
    for (const timestamp of [
      '0', `0${t}`, `${t}0`, `${t}.0`, `+${t}`, `-${t}`, t.slice(1), '1e9', 'now', `${t}abc`, `0x${t}`, `${t} ${t}`,
    ]) {
      await assertRefused({ timestamp }, ['malformed_header'], timestamp);
    }
    await assertRefused({ headers: { 'x-access-timestamp': '' } }, ['malformed_header', 'missing_header'], 'empty');
  });

  test('a clock that is off by more than 300 s, either way', async () => {
    for (const offset of [-310, -86400, 310, 86400]) {
      await assertRefused({ timestamp: now(offset) }, ['stale_timestamp'], `${offset}`);
    }
  });

  test('an unknown algorithm', async () => {
    for (const algorithm of ['MD5', 'RSA-SHA1', 'HMAC-SHA256', 'none', 'RSA SHA256', 'RSA,HMAC', 'ECDSA']) {
      await assertRefused({ algorithm }, ['malformed_header'], algorithm);
    }
  });

  test('an unknown merchant, token or pair of them', async () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = stranger.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const theirs = tokenOf(pem);
    await assertRefused({ token: theirs }, ['unknown_key'], 'token');
    await assertRefused({ merchantId: '00000000-0000-4000-8000-000000000000' }, ['unknown_key'], 'merchant');
    for (const merchantId of ['x', `${sandbox.ready.merchant_id}0`, `{${sandbox.ready.merchant_id}}`]) {
      await assertRefused({ merchantId }, ['malformed_header', 'unknown_key'], merchantId);
    }
    for (const token of ['x', '****', `${sandbox.client.token}AAAA`, sandbox.client.token.slice(0, -4)]) {
      await assertRefused({ token }, ['malformed_header', 'unknown_key'], token);
    }
    const signature = signRsa(stranger.privateKey, body, now());
    await assertRefused({ signature }, ['bad_signature'], 'their signature, our token');
  });

  test('every signature that must not verify', async () => {
    const timestamp = now();
    const earlier = String(Number(timestamp) - 1);
    const { privateKeyPem: key, hmacKey } = sandbox.client.identity;
    const m = Buffer.from(message(body, timestamp));
    const good = Buffer.from(signRsa(key, body, timestamp), 'base64url');
    const mac = Buffer.from(signHmac(hmacKey, body, timestamp), 'base64url');
    const flipped = (bytes: Buffer, at: number) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] as number) ^ 1;
      return encode(copy);
    };
    const rsa: Record<string, string> = {
      'flipped first bit': flipped(good, 0),
      'flipped last bit': flipped(good, good.length - 1),
      'too short': encode(good.subarray(0, -1)),
      'too long': encode(Buffer.concat([good, Buffer.from([0])])),
      'leading zero': encode(Buffer.concat([Buffer.from([0]), good])),
      'all zero': encode(Buffer.alloc(256)),
      'SHA-1': encode(cryptoSign('sha1', sha256(m), key)),
      'SHA-512': encode(cryptoSign('sha512', sha256(m), key)),
      'hashed three times': encode(cryptoSign('sha256', sha256(sha256(m)), key)),
      'PSS': encode(cryptoSign('sha256', sha256(m), { key, padding: constants.RSA_PKCS1_PSS_PADDING })),
      'of another second': signRsa(key, body, earlier),
      'of another body': signRsa(key, body.replace('nobody', 'anybody'), timestamp),
      'of the body as text': encode(cryptoSign('sha256', sha256(body + timestamp), key)),
      'in hex': good.toString('hex'),
      'the HMAC': encode(mac),
      'not Base64': '!!!!',
    };
    for (const [what, signature] of Object.entries(rsa)) {
      const reasons = ['bad_signature', ...(what === 'not Base64' ? ['malformed_header'] : [])];
      await assertRefused({ timestamp, signature }, reasons, what);
    }
    const hmac: Record<string, string> = {
      'flipped bit': flipped(mac, 7),
      'cut': encode(mac.subarray(0, 32)),
      'key of the public key': signHmac(sandbox.client.identity.publicKeyPem, body, timestamp),
      'key of the token': signHmac(sandbox.client.token, body, timestamp),
      'key with its newline': signHmac(`${hmacKey}\n`, body, timestamp),
      'empty key': signHmac('', body, timestamp),
      'callback key': signHmac(sandbox.callbackKeys.hmacKey, body, timestamp),
      'the RSA signature': encode(good),
      'of another second': signHmac(hmacKey, body, earlier),
    };
    for (const [what, signature] of Object.entries(hmac)) {
      await assertRefused({ scheme: 'HMAC', timestamp, signature }, ['bad_signature'], what);
    }
    for (const scheme of ['RSA', 'HMAC'] as const) {
      await assertRefused({ scheme, signature: '' }, ['missing_header', 'malformed_header', 'bad_signature'], 'empty');
    }
  });

  test('a bad signature is told what was expected', async () => {
    const timestamp = now();
    const refused = await assertRefused({ timestamp, signature: 'AAAA' }, ['bad_signature'], 'AAAA');
    const m = message(body, timestamp);
    assert.deepEqual(refused['debug'], {
      canonical: canonical(body), message: m, sha256: sha256(m).toString('hex'),
    });
  });
});

describe('the order of checks', () => {
  const big = `{"a":"${'x'.repeat(64 * 1024)}"}`;
  const unsigned = { 'content-type': 'application/json' };
  const url = (path: string) => sandbox.client.url(path);

  test('404, 405, 413 and 415 before any header is asked for', async () => {
    const post = { method: 'POST', headers: unsigned };
    assertError(await request(url('/api/v1/nothing'), { ...post, body: big }), 404, 'not_found');
    assertError(await request(url(PATH.info), { method: 'GET' }), 405, 'method_not_allowed');
    assertError(await request(url(PATH.info), { ...post, method: 'PUT', body: big }), 405, 'method_not_allowed');
    assertError(await request(url(PATH.info), { ...post, body: big }), 413, 'body_too_large');
    for (const type of ['text/plain', 'application/xml', 'application/jsonx', 'application/json; charset=latin1']) {
      const headers = { 'content-type': type };
      assertError(
        await request(url(PATH.info), { method: 'POST', headers, body: 'x' }), 415, 'unsupported_media_type');
    }
    assertError(await request(url(PATH.info), { method: 'POST', body: '{}' }), 415, 'unsupported_media_type');
  });

  test('headers before JSON, JSON before the signature', async () => {
    const unsignedAnswer = await request(url(PATH.info), { method: 'POST', headers: unsigned, body: '{' });
    assertError(unsignedAnswer, 401, 'unauthorized', ['reason']);
    const headers = sandbox.client.sign('{}', { signature: 'AAAA' });
    assertError(await request(url(PATH.info), { method: 'POST', headers, body: '{' }), 400, 'invalid_json');
  });

  test('key, clock, signature; then the project; then fields; then the payment', async () => {
    const wrongFields = JSON.stringify({ general: { project_id: sandbox.ready.project_id } });
    const stranger = JSON.stringify({ general: { project_id: '00000000-0000-4000-8000-000000000000' } });
    const stale = { timestamp: now(-1000), signature: 'AAAA' };
    const unknown = { ...stale, merchantId: '00000000-0000-4000-8000-000000000000' };
    assert.equal((await ask(unknown, stranger)).json['reason'], 'unknown_key');
    assert.equal((await ask(stale, stranger)).json['reason'], 'stale_timestamp');
    assert.equal((await ask({ signature: 'AAAA' }, stranger)).json['reason'], 'bad_signature');
    assertError(await ask({}, stranger), 403, 'wrong_project');
    const fields = await ask({}, wrongFields);
    assertError(fields, 422, 'validation_failed');
    assert.deepEqual(fieldErrors(fields.json), { 'general.payment_id': 'required' });
    assertError(await ask(), 404, 'payment_not_found');
  });

  test('a project_id that is absent or no UUID is a wrong field, another UUID a wrong project', async () => {
    const with_ = (project_id: unknown) => JSON.stringify({ general: { project_id, payment_id: 'x' } });
    for (const wrong of [undefined, null, '', 'x', 7, {}, sandbox.ready.project_id.slice(1)]) {
      const answer = await ask({}, with_(wrong));
      assertError(answer, 422, 'validation_failed');
      assert.deepEqual(Object.keys(fieldErrors(answer.json)), ['general.project_id']);
    }
    assertError(await ask({}, with_(sandbox.ready.merchant_id)), 403, 'wrong_project');
    for (const path of [PATH.payin, PATH.confirm, PATH.cancel, PATH.balance, PATH.banks, PATH.advance]) {
      const answer = await sandbox.client.post(path, with_(sandbox.ready.merchant_id));
      assertError(answer, 403, 'wrong_project');
    }
  });

  test('the answer repeats the ids that were named', async () => {
    const answer = await ask();
    assert.equal(answer.json['project_id'], sandbox.ready.project_id);
    assert.equal(answer.json['payment_id'], "nobody's");
    assert.equal(answer.json['request_id'], null);
  });
});

test('guessing is slowed down: 429 with retry-after, and only for a moment', async () => {
  const guarded = await Sandbox.start({ KASSA_SECURITY__BAD_SIGNATURES_PER_SECOND: '5' });
  try {
    const { client } = guarded;
    const about = JSON.stringify(client.about('x'));
    const guess = async () => await client.post(PATH.info, about, { signature: 'AAAA' });
    const limited = await eventually('a 429', async () => {
      const answers = await inParallel(Array.from({ length: 40 }), 8, guess);
      for (const answer of answers) assert.ok([401, 429].includes(answer.status));
      return answers.find((answer) => answer.status === 429);
    });
    assertError(limited, 429, 'rate_limited');
    assert.ok(Number(limited.headers['retry-after']) >= 1);

    // Before any other check (wire §10.1). The guesses count for one second only, which may just end.
    const wrongOtherwise = async () => [
      await client.get(PATH.info), // else 405
      await client.post('/api/v1/nothing', about), // 404
      await client.post(PATH.info, about.padEnd(70_000)), // 413
      await client.post(PATH.info, about, { headers: { 'content-type': 'text/plain' } }), // 415
      await client.post(PATH.info, about, { headers: { 'x-access-token': undefined } }), // 401
    ];
    await eventually('429 whatever else is wrong', async () => {
      await inParallel(Array.from({ length: 40 }), 8, guess);
      const answers = await wrongOtherwise();
      for (const answer of answers.filter(({ status }) => status === 429)) assertError(answer, 429, 'rate_limited');
      return answers.every(({ status }) => status === 429);
    });
    assert.equal((await client.get(PATH.openapi)).status, 200, 'of the API only');
    await eventually('the right signature is heard again', async () =>
      (await client.post(PATH.info, about)).status === 404);
  } finally {
    await guarded.finish();
  }
});
