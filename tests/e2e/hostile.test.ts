// Whatever is sent: an answer or a closed connection in time, never a 5xx, never a crash, and never a
// payment that is half there.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { PATH } from './lib/client.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import { RawConnection, request, type Json, type RawAnswer } from './lib/http.ts';
import { fresh, Random } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';

const HEAD_TIMEOUT_S = 1;
const BODY_TIMEOUT_S = 1;
const CLOSE_MS = 6000; // the longest of them, the wait for the peer's end, and a slow machine

let sandbox: Sandbox;
let random: Random;
let created = 0;

before(async () => {
  random = new Random('hostile');
  sandbox = await Sandbox.start({
    KASSA_HTTP__HEAD_TIMEOUT_S: String(HEAD_TIMEOUT_S),
    KASSA_HTTP__BODY_TIMEOUT_S: String(BODY_TIMEOUT_S),
  });
});
afterEach(async () => {
  await assertAlive();
});
after(async () => {
  assert.equal(await sandbox.metric('kassa_http_answers_total', 'status="5xx"'), 0);
  assert.equal((await sandbox.cli.listPayments()).length, created, 'as many payments as creates were answered 200');
  await sandbox.finish();
});

async function assertAlive(): Promise<void> {
  assert.ok(sandbox.process.running, 'kassa is running');
  const answer = await sandbox.client.post(PATH.info, sandbox.client.about('nobody'));
  assert.equal(answer.status, 404);
}

const deepArrays = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const deepObjects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

/** JSON texts to put in place of any value. */
const VALUES: readonly string[] = [
  'null', 'true', 'false', '0', '-0', '-1', '1', '0.1', '1.0', '-1.5', '1e3', '1E400', '1e999', '-1e999', '1e-999',
  '2147483648', '4294967296', '9007199254740993', '9223372036854775807', '9223372036854775808',
  '-9223372036854775809', '18446744073709551616', '9'.repeat(400), `0.${'0'.repeat(400)}1`, '[]', '{}', '[[]]', '[{}]',
  '[null]', '[1,2,3]', '{"a":1}', '{"":""}', '{"general":{}}', deepArrays(20), deepObjects(20), `[${'1,'.repeat(5000)}1]`,
  '""', '" "', '"\\t\\r\\n"', '"0"', '"1"', '"-1"', '"1e3"', '"NaN"', '"null"', '"undefined"', '"true"',
  '"[object Object]"', '"${7*7}"', '"{{7*7}}"', '"%s%s%s%n"', '"%00"', '"\\\\"', '"\\""', '"\\/"',
  `"'; DROP TABLE payments;--"`, `"' OR '1'='1"`, '"1; SELECT pg_sleep(10)"', '"<script>alert(1)</script>"',
  '"\\"><img src=x onerror=alert(1)>"', '"javascript:alert(1)"', '"data:text/html,x"', '"file:///etc/passwd"',
  '"../../../../etc/passwd"', '"$(id)"', '"`id`"', '"|id"', '"\\r\\nx-injected: 1"', '"a:b;c:d"', '"https://[::1"',
  '"http://user:pass@127.0.0.1:1/"', '"https://\\u0430pple.invalid/"',
  '"\\u0001\\u001f\\u007f"', '"\\u202e\\u2066\\u200b\\ufeff"', '"مرحبا שלום"', '"Z\\u0351\\u036b\\u0343algo"', '"👨‍👩‍👧‍👦🏳️‍🌈"',
  '"ﬁ 😀"', '"\\ud83d\\ude00"', '"\\uffff\\ufffe"', '"İıſK"', '"ß"', '"ﷺ"', '"１２３"', '"٤٤٠٠"', '"+٧٧٠٠١٢٣٤٥٦٧"',
  `"${'x'.repeat(32)}"`, `"${'x'.repeat(33)}"`, `"${'x'.repeat(4096)}"`, `"${'😀'.repeat(2048)}"`, `"${'\\u0430'.repeat(3000)}"`,
  '"2026-01-01T00:00:00Z"', '"99999999999999999999"', '"KZT\\nKZT"', '"57aff4db-b45d-42bf-bc5f-b7a499a01782"',
  '"00000000-0000-0000-0000-000000000000"', '"[email protected]"', `"${'a@'.repeat(100)}"`, '"::ffff:127.0.0.1%eth0"',
];

/** Texts that no JSON reader should take, whole bodies with one of them inside. */
const BROKEN: readonly (string | Buffer)[] = [
  '"\\u0000"', '"\\ud800"', '"\\udc00"', '"\\ud800x"', '"\\u12"', '"\\q"', '"', '"\0"', '"\n"', '01', '1.', '.1', '-',
  '+1', '0x1', 'NaN', 'Infinity', '-Infinity', 'undefined', 'nul', 'True', "'x'", '[1,]', '{"a":1,}', '{"a"}', '{a:1}',
  '[', '{', ']', '}', ',', ':', '/**/1', '1 1', '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', deepArrays(10_000),
  deepObjects(10_000), '['.repeat(10_000), '\ufeff1', '1\u00a0', '\u2028',
  Buffer.from('"\xff\xfe"', 'latin1'), Buffer.from('"\xc0\x80"', 'latin1'), Buffer.from('"\xed\xa0\x80"', 'latin1'),
  Buffer.from('"\xf4\x90\x80\x80"', 'latin1'), Buffer.from('"\xe2\x82"', 'latin1'), Buffer.from([0x22, 0, 0x22]),
];

const FIELDS: readonly string[] = [
  'general', 'payment', 'sender', 'customer',
  ...['project_id', 'payment_id', 'merchant_callback_url', 'merchant_success_callback_url',
    'merchant_decline_callback_url', 'redirect_url'].map((name) => `general.${name}`),
  ...['method', 'payment_system', 'amount', 'currency', 'lifetime', 'bank_symbol', 'description', 'extra_param']
    .map((name) => `payment.${name}`),
  ...['pan', 'phone', 'bank_symbol', 'card_holder'].map((name) => `sender.${name}`),
  ...['id', 'ip_address', 'first_name', 'last_name', 'customer_type', 'country', 'language', 'email', 'browser',
    'device_type', 'user_agent'].map((name) => `customer.${name}`),
];

/** A create with a text in place of one field's value. Its URLs lead nowhere. */
function bodyWith(field: string, value: string | Buffer): Buffer {
  const body = sandbox.client.payin(10902);
  const [object = '', name] = field.split('.');
  if (name === undefined) body[object] = '@value@';
  else (body[object] as Json)[name] = '@value@';
  const [before = '', behind = ''] = JSON.stringify(body).split('"@value@"');
  return Buffer.concat([Buffer.from(before), Buffer.from(value), Buffer.from(behind)]);
}

describe('every field', () => {
  for (const field of FIELDS) {
    test(field, async () => {
      await inParallel(VALUES, 16, async (value) => {
        const answer = await sandbox.client.post(PATH.payin, bodyWith(field, value).toString());
        assert.ok([200, 401, 403, 409, 422].includes(answer.status), `${value.slice(0, 60)} → ${answer.status}`);
        assert.notEqual(answer.status, 401, `${value.slice(0, 60)}: signed as it stands`);
        if (answer.status === 200) created++;
        else assert.ok(Array.isArray(answer.json['errors']));
      });
    });
  }

  test('broken JSON in any of them', async () => {
    const headers = sandbox.client.sign('{}');
    const cases = BROKEN.map((value) => [random.pick(FIELDS), value] as const);
    for (const [field, value] of cases) {
      const body = bodyWith(field, value);
      const answer = await request(sandbox.client.url(PATH.payin), { method: 'POST', headers, body });
      assert.equal(answer.status, 400, `${String(value).slice(0, 60)} in ${field} → ${answer.text}`);
    }
  });

  test('a good body with any byte changed, cut or doubled', async () => {
    const good = Buffer.from(JSON.stringify(sandbox.client.payin(10902)));
    const headers = sandbox.client.sign(good.toString());
    const bodies = Array.from({ length: 400 }, () => mutated(good)).filter((body) => !body.equals(good));
    await inParallel(bodies, 16, async (body) => {
      const answer = await request(sandbox.client.url(PATH.payin), { method: 'POST', headers, body });
      assert.ok([200, 400, 401, 413, 422].includes(answer.status), `${answer.status}: ${body.toString('latin1')}`);
      if (answer.status === 200) created++; // only spaces or unsigned punctuation differed
    });
  });
});

function mutated(good: Buffer): Buffer {
  const body = Buffer.from(good);
  const at = random.between(0, body.length - 1);
  switch (random.between(0, 4)) {
    case 0:
      body[at] = random.between(0, 255);
      return body;
    case 1:
      return body.subarray(0, at);
    case 2:
      return Buffer.concat([body.subarray(0, at), body.subarray(random.between(at, body.length))]);
    case 3:
      return Buffer.concat([body.subarray(0, at), body.subarray(random.between(0, at))]);
    default:
      body[at] = (body[at] as number) ^ (1 << random.between(0, 7));
      return body;
  }
}

describe('every header', () => {
  const values = [
    '', ' ', 'x', '-1', '0', '9'.repeat(400), "' OR 1=1--", '\u00ff\u00fe', '%00', '../../x', 'a'.repeat(4000), '{"a":1}',
    '====', '____', 'null', '1706182847, 1706182847', '\t', '<script>', 'é'.repeat(10),
  ];
  const names = ['timestamp', 'merchant-id', 'token', 'signature', 'merchant-algorithm'];
  for (const name of names) {
    test(`x-access-${name}`, async () => {
      for (const value of values) {
        const answer = await sandbox.client.post(
          PATH.info, sandbox.client.about('nobody'), { headers: { [`x-access-${name}`]: value } });
        assert.ok([400, 401, 404].includes(answer.status), `${value} → ${answer.status}`);
      }
    });
  }

  test('content-type and methods', async () => {
    for (const value of ['', 'x', 'application/json; charset=utf-16', 'application/json;;;', 'a'.repeat(4000), '*/*']) {
      const answer = await sandbox.client.post(PATH.info, '{}', { headers: { 'content-type': value } });
      assert.equal(answer.status, 415, value);
    }
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND']) {
      const answer = await request(sandbox.client.url(PATH.payin), { method });
      assert.equal(answer.status, 405, method);
      assert.ok('allow' in answer.headers);
    }
  });

  test('paths', async () => {
    for (const path of [
      '/', '//', '/api', `${PATH.payin}/`, `${PATH.payin}/x`, `/.${PATH.payin}`, '/..%2f..%2fetc/passwd', '/api/v1/../../x',
      '/%00', '/api/v1/payment/p2p/PAYIN', `/${'a'.repeat(4000)}`, '/admin/v1/payment/list', '/pay', '/pay/', '/pay/x',
      '/pay/../metrics', `/pay/${'0'.repeat(40)}/confirm`, '/*', '/?', '/pay/%2e%2e/x',
    ]) {
      const answer = await request(sandbox.client.url(path), {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}',
      });
      assert.ok([400, 401, 404, 405, 415].includes(answer.status), `${path.slice(0, 60)} → ${answer.status}`);
    }
  });
});

describe('large', () => {
  test('a body of 10 MB is refused, announced or not', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024, 'x');
    for (const announced of [true, false]) {
      const connection = await RawConnection.open(sandbox.port);
      const length = announced ? `content-length: ${body.length}` : 'transfer-encoding: chunked';
      connection.send(`POST ${PATH.payin} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`);
      if (!announced) connection.send(`${body.length.toString(16)}\r\n`);
      connection.send(body);
      const answer = await connection.untilClosed(CLOSE_MS);
      // Resetting a sender that doesn't listen may lose the answer on its way.
      assert.ok(answer.statuses.length === 0 ? answer.closed : answer.statuses[0] === 413, answer.text);
    }
  });

  test('65,536 bytes are read, one more is not', async () => {
    const padded = (size: number) => {
      const { general } = sandbox.client.about('nobody');
      const bare = JSON.stringify({ general, pad: '' });
      return JSON.stringify({ general, pad: 'x'.repeat(size - bare.length) });
    };
    assert.equal((await sandbox.client.post(PATH.info, padded(65_536))).status, 404);
    assert.equal((await sandbox.client.post(PATH.info, padded(65_537))).status, 413);
  });

  test('a head without end, and a hundred headers too many', async () => {
    const heads = [
      `POST ${PATH.info} HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(100_000)}\r\n\r\n`,
      `POST /${'x'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      `POST ${PATH.info} HTTP/1.1\r\nhost: x\r\n${'x-many: 1\r\n'.repeat(2000)}\r\n`,
      `POST ${PATH.info} HTTP/1.1\r\nhost: x\r\n${'a:\r\n'.repeat(30_000)}`,
    ];
    for (const head of heads) {
      const connection = await RawConnection.open(sandbox.port);
      connection.send(head);
      const answer = await connection.untilClosed(CLOSE_MS);
      assert.ok(answer.closed, 'closed');
      for (const status of answer.statuses) assert.ok([400, 414, 431].includes(status), `${status}`);
    }
  });
});

/** Sends the pieces, waits until the server closes, and checks that it did so without a 5xx. */
async function raw(...pieces: (string | Buffer)[]): Promise<RawAnswer> {
  const connection = await RawConnection.open(sandbox.port);
  for (const piece of pieces) connection.send(piece);
  const answer = await connection.untilClosed(CLOSE_MS);
  for (const status of answer.statuses) assert.ok(status < 500, `${status}: ${pieces.join('').slice(0, 100)}`);
  return answer;
}

describe('slow', () => {
  const head = `POST ${PATH.info} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  const cases: Record<string, string[]> = {
    'silence': [],
    'one byte': ['P'],
    'a head that stops': [head],
    'a body that never comes': [`${head}content-length: 10\r\n\r\n`],
    'a body that stops': [`${head}content-length: 10\r\n\r\n{"a"`],
    'a chunk that stops': [`${head}transfer-encoding: chunked\r\n\r\na\r\n{"a"`],
  };
  for (const [name, pieces] of Object.entries(cases)) {
    test(name, async () => {
      const answer = await raw(...pieces);
      assert.ok(answer.closed, 'the server closes');
      for (const status of answer.statuses) assert.equal(status, 408);
    });
  }

  test('a byte every 100 ms does not hold the connection', async () => {
    const connection = await RawConnection.open(sandbox.port);
    const bytes = [...`${head}x-slow: ${'x'.repeat(1000)}`];
    const dripping = setInterval(() => connection.send(bytes.shift() ?? 'x'), 100);
    try {
      const answer = await connection.untilClosed(CLOSE_MS);
      assert.ok(answer.closed, 'the server closes');
      assert.ok(answer.ms < CLOSE_MS, `after ${answer.ms} ms`);
    } finally {
      clearInterval(dripping);
    }
  });
});

describe('shapes of smuggling', () => {
  const head = `POST ${PATH.info} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
  const hidden = 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n';
  const cases: Record<string, string> = {
    'both lengths': `${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    'two lengths': `${head}content-length: 2\r\ncontent-length: 40\r\n\r\n{}${hidden}`,
    'a list of lengths': `${head}content-length: 2, 2\r\n\r\n{}${hidden}`,
    'a signed length': `${head}content-length: +2\r\n\r\n{}${hidden}`,
    'a negative length': `${head}content-length: -1\r\n\r\n${hidden}`,
    'a hexadecimal length': `${head}content-length: 0x2\r\n\r\n{}${hidden}`,
    'a length beyond 64 bits': `${head}content-length: 18446744073709551618\r\n\r\n{}${hidden}`,
    'a length with a space before its colon': `${head}content-length : 2\r\n\r\n{}${hidden}`,
    'an unknown coding': `${head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
    'a coding twice': `${head}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${hidden}`,
    'a folded header': `${head}x-folded: a\r\n transfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    'a bare CR': `${head}x-a: b\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    'a NUL in a header': `${head}x-a: \0\r\n\r\n${hidden}`,
    'no host': `POST ${PATH.info} HTTP/1.1\r\ncontent-length: 0\r\n\r\n${hidden}`,
    'two hosts': `${head}host: y\r\ncontent-length: 0\r\n\r\n${hidden}`,
    'a chunk size with a sign': `${head}transfer-encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n${hidden}`,
    'a chunk size beyond 64 bits': `${head}transfer-encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n${hidden}`,
    'a chunk without its end': `${head}transfer-encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n${hidden}`,
    'a line that is no request': `hello\r\n\r\n${hidden}`,
    'HTTP/0.9': `GET /metrics\r\n\r\n`,
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  };
  for (const [name, text] of Object.entries(cases)) {
    test(name, async () => {
      const connection = await RawConnection.open(sandbox.port);
      connection.send(Buffer.from(text, 'latin1'));
      const answer = await connection.untilClosed(CLOSE_MS);
      assert.ok(answer.closed, `the connection is closed: ${answer.text}`);
      assert.ok(!answer.text.includes('kassa_'), 'what was hidden is not answered');
      for (const status of answer.statuses) assert.ok(status >= 400 && status < 600 && status !== 500, answer.text);
      assert.ok(answer.statuses.length <= 1, answer.text);
    });
  }

  test('good requests in a row, then garbage: answered in order, then closed', async () => {
    const ask = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
    const answer = await raw(ask.repeat(20), '\0\x01garbage\r\n\r\n');
    assert.deepEqual(answer.statuses.slice(0, 20), Array<number>(20).fill(200));
    assert.ok(answer.closed);
  });

  test('garbage of every kind', async () => {
    const garbage = Array.from({ length: 60 }, () =>
      Buffer.from(Array.from({ length: random.between(1, 3000) }, () => random.between(0, 255))));
    await inParallel(garbage, 12, async (bytes) => {
      const answer = await raw(bytes);
      assert.ok(answer.closed);
    });
  });

  test('clients that hang up at any moment', async () => {
    const body = JSON.stringify(sandbox.client.about('nobody'));
    const headers = Object.entries(sandbox.client.sign(body)).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const whole = `POST ${PATH.info} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;
    const parts = Array.from({ length: 200 }, () => whole.slice(0, random.between(0, whole.length)));
    await inParallel(parts, 20, async (part) => {
      const connection = await RawConnection.open(sandbox.port);
      connection.send(part);
      connection.destroy();
    });
  });
});

describe('many', () => {
  test('2,000 idle connections keep nobody else out, and are let go', async () => {
    const idle = await inParallel(Array.from({ length: 2000 }), 100, () => RawConnection.open(sandbox.port));
    const started = performance.now();
    for (let n = 0; n < 10; n++) {
      const answer = await request(sandbox.client.url('/healthz'));
      assert.equal(answer.status, 200);
    }
    assert.ok(performance.now() - started < 3000);
    for (const connection of idle.slice(0, 1000)) connection.destroy();
    await eventually('those that never asked are closed', () => idle.slice(1000).every((one) => one.isClosed), 15_000);
    await eventually('none is counted any more', async () =>
      (await sandbox.metric('kassa_http_connections_open')) < 50, 15_000);
  });

  test('creates that are cut off in the middle make no payment', async () => {
    const names: string[] = [];
    await inParallel(Array.from({ length: 50 }), 10, async () => {
      const name = `cut-${fresh()}`;
      const body = JSON.stringify(sandbox.client.payin(10902, { general: { payment_id: name } }));
      const headers = Object.entries(sandbox.client.sign(body)).map(([key, value]) => `${key}: ${value}\r\n`).join('');
      const connection = await RawConnection.open(sandbox.port);
      connection.send(`POST ${PATH.payin} HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n`);
      connection.send(Buffer.from(body).subarray(0, -1));
      names.push(name);
      connection.destroy();
    });
    await assertAlive();
    for (const name of names) {
      const answer = await sandbox.client.post(PATH.info, sandbox.client.about(name));
      assert.equal(answer.status, 404);
    }
  });
});
