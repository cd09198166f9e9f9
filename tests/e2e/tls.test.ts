// TLS in Kassa itself: who gets in, with which protocol, and a certificate that is changed while it serves.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

import { PATH } from './lib/client.ts';
import { eventually, inParallel, within } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { KassaProcess, run, type Environment } from './lib/process.ts';
import { Sandbox } from './lib/sandbox.ts';

const HEAD_TIMEOUT_S = 1;

let folder: string;
let sandbox: Sandbox; // made for its store, keys and project; then served by `serve` with TLS
let server: KassaProcess;
let port: number;

const file = (name: string): string => join(folder, name);
const config = (): string => join(sandbox.dir, 'kassa.toml');

/** A certificate for 127.0.0.1 that signs itself, with its key. */
function makeCertificate(name: string): void {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)],
  { stdio: 'ignore' });
}

function install(name: string): void {
  copyFileSync(file(`${name}.pem`), file('current.pem'));
  copyFileSync(file(`${name}.key`), file('current.key'));
}

const environment = (): Environment => ({
  KASSA_TLS__CERTIFICATE: file('current.pem'), KASSA_TLS__KEY: file('current.key'), KASSA_LISTEN: '127.0.0.1:0',
  KASSA_HTTP__HEAD_TIMEOUT_S: String(HEAD_TIMEOUT_S), KASSA_LOG__FILE: '',
});

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kassa-tls-'));
  makeCertificate('first');
  makeCertificate('second');
  install('first');
  sandbox = await Sandbox.start();
  await sandbox.stop();
  writeFileSync(config(), readFileSync(config(), 'utf8').replace('level = "warn"', 'level = "info"'));
  server = new KassaProcess(['serve', '--json', '--config', config()], environment());
  const line = await eventually('it serves', () => {
    if (!server.running) throw new Error(server.output);
    return /^(.*)\n/.exec(server.stdout)?.[1];
  }, 20_000);
  port = (JSON.parse(line) as Json)['port'] as number;
});
after(async () => {
  assert.equal((await server.stop()).code, 0);
  await sandbox.crashAndRestart();
  await sandbox.finish();
  rmSync(folder, { recursive: true });
});

type TlsAnswer = { status: number; text: string; json: Json };

async function call(path: string, body: Json | string | undefined, agent: Agent): Promise<TlsAnswer> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  if (typeof body === 'object') sandbox.secrets.addBody(body);
  const headers = text === undefined ? {} : { ...sandbox.client.sign(text), 'content-length': String(Buffer.byteLength(text)) };
  return await within(`${path} over TLS`, 20_000, new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      host: '127.0.0.1', port, path, method: text === undefined ? 'GET' : 'POST', headers, agent,
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('end', () => {
        const answer = Buffer.concat(parts).toString('utf8');
        resolve({ status: response.statusCode as number, text: answer, json: JSON.parse(answer) as Json });
      });
    });
    outgoing.end(text);
  }));
}

const trusting = (...names: string[]): Agent =>
  new Agent({ keepAlive: true, maxSockets: 8, ca: names.map((name) => readFileSync(file(`${name}.pem`))) });

/** A connection after its handshake, or why there is none. */
async function shake(options: ConnectionOptions): Promise<TLSSocket> {
  return await within('a handshake', 10_000, new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => resolve(socket));
    socket.once('error', reject);
  }));
}

async function serving(): Promise<string> {
  const socket = await shake({});
  const name = socket.getPeerCertificate().subject.CN as string;
  socket.destroy();
  return name;
}

describe('payments over TLS', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version}: created and asked for on kept connections`, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: readFileSync(file('first.pem')), minVersion: version, maxVersion: version });
      await inParallel(Array.from({ length: 60 }), 8, async () => {
        const body = sandbox.client.payin(100_000);
        const created = await call(PATH.payin, body, agent);
        assert.equal(created.status, 200, created.text);
        const info = await call(PATH.info, sandbox.client.about((body['general'] as Json)['payment_id'] as string), agent);
        assert.equal(info.json['request_id'], created.json['request_id']);
      });
      agent.destroy();
    });
  }

  test('a body and an answer of several records', async () => {
    const agent = trusting('first');
    const padding = 'x'.repeat(60_000);
    const created = await call(PATH.payin, { ...sandbox.client.payin(100_000), ignored: padding }, agent);
    assert.equal(created.status, 200, created.text);
    const page = await call('/openapi.json', undefined, agent);
    assert.ok(page.text.length > 20_000, `${page.text.length} bytes`);
    assert.equal(page.json['openapi'], '3.1.0');
    agent.destroy();
  });

  test('requests that come in one record are all answered', async () => {
    const socket = await shake({});
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(20));
    await eventually('20 answers', () => text.split('HTTP/1.1 200').length === 21);
    socket.destroy();
  });
});

describe('who does not get in', () => {
  test('TLS 1.1', async () => {
    await assert.rejects(shake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));
  });

  test('TLS 1.2 without forward secrecy or authenticated encryption', async () => {
    for (const ciphers of ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA']) {
      await assert.rejects(shake({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }), ciphers);
    }
  });

  test('another protocol inside: http/1.1 is chosen, h2 alone is refused', async () => {
    const socket = await shake({ ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(socket.alpnProtocol, 'http/1.1');
    socket.destroy();
    await assert.rejects(shake({ ALPNProtocols: ['h2'] }));
  });

  test('plain HTTP, and who says nothing: closed, and the next one is served', async () => {
    for (const words of ['GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n', '']) {
      const plain = connectTcp(port, '127.0.0.1');
      let text = '';
      plain.on('data', (part) => (text += String(part)));
      plain.on('error', () => {}); // a reset is an end, too
      const closed = new Promise<void>((resolve) => plain.once('close', () => resolve()));
      plain.write(words);
      await within('the end of the connection', 10_000, closed);
      assert.ok(!text.includes('HTTP/1.1 200'), text);
    }
    assert.equal(await serving(), 'first');
  });
});

describe('SIGHUP', () => {
  const reload = async (event: string): Promise<void> => {
    const before = server.output.split(event).length;
    process.kill(server.pid, 'SIGHUP');
    await eventually(event, () => server.output.split(event).length > before);
  };

  test('brings another certificate; connections that are there go on', async () => {
    const old = trusting('first');
    old.maxSockets = 1;
    assert.equal((await call('/healthz', undefined, old)).status, 200);
    install('second');
    await reload('config.reloaded');
    assert.equal(await serving(), 'second');
    assert.equal((await call('/healthz', undefined, old)).status, 200, 'on the kept connection');
    await assert.rejects(call('/healthz', undefined, new Agent({ ca: readFileSync(file('first.pem')) })));
    old.destroy();
  });

  test('with a broken certificate or another’s key keeps what it has, and says so', async () => {
    writeFileSync(file('current.pem'), 'no certificate');
    await reload('config.not_reloaded');
    assert.match(server.output, /current\.pem: is no readable certificate chain/);
    install('second');
    copyFileSync(file('first.key'), file('current.key'));
    await reload('config.not_reloaded');
    assert.match(server.output, /current\.key: .*key/);
    assert.equal(await serving(), 'second');
    install('first');
    await reload('config.reloaded');
    assert.equal(await serving(), 'first');
  });

  test('changes nothing at all where something can not be read', async () => {
    const level = async (): Promise<unknown> =>
      JSON.parse((await run(['log', 'level', '--json', '--config', config()])).stdout)['level'];
    const toml = readFileSync(config(), 'utf8');
    writeFileSync(config(), toml.replace('level = "info"', 'level = "debug"'));
    writeFileSync(file('current.pem'), 'no certificate');
    await reload('config.not_reloaded');
    assert.equal(await level(), 'info', 'the log has not begun anew either');
    install('first');
    await reload('config.reloaded');
    assert.equal(await level(), 'debug');
    writeFileSync(config(), toml);
    await reload('config.reloaded');
  });

  test('never prints a key', () => {
    for (const name of ['first', 'second']) {
      for (const line of readFileSync(file(`${name}.key`), 'utf8').split('\n').filter((text) => text.length > 40)) {
        assert.ok(!server.output.includes(line));
      }
    }
  });
});

test('a certificate without its key does not start', async () => {
  const half = await run(['config', 'check', '--config', config()], { environment: { KASSA_TLS__CERTIFICATE: file('first.pem') } });
  assert.equal(half.code, 78);
  assert.match(half.stderr, /go together/);
});

test('a key that everybody may read is refused, and found before a start', async () => {
  const open = file('open.key');
  copyFileSync(file('first.key'), open);
  const check = async (mode: number) => {
    chmodSync(open, mode);
    return await run(['config', 'check', '--config', config()], {
      environment: { KASSA_TLS__CERTIFICATE: file('first.pem'), KASSA_TLS__KEY: open } });
  };
  const everybody = await check(0o644);
  assert.equal(everybody.code, 78);
  assert.match(everybody.stderr, /open\.key: can be read by everybody: .*chmod o= /);
  assert.equal((await check(0o640)).code, 0, 'a group may');
  const another = await run(['config', 'check', '--config', config()], {
    environment: { KASSA_TLS__CERTIFICATE: file('first.pem'), KASSA_TLS__KEY: file('second.key') } });
  assert.equal(another.code, 78);
  assert.match(another.stderr, /second\.key: .*key/);
});
