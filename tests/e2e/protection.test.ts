// What protects Kassa and its neighbours: who is slowed down, what can be stopped, how it ends.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { ok, PATH, paymentIdOf, type Client } from './lib/client.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { KASSA } from './lib/process.ts';
import { Sandbox } from './lib/sandbox.ts';
import { assertError } from './lib/shape.ts';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A signed POST that may be answered 503, which `client.post` takes for a failure. */
async function postAny(client: Client, path: string, body: Json): Promise<Answer> {
  const text = JSON.stringify(body);
  return await request(client.url(path), { method: 'POST', headers: client.sign(text), body: text });
}

describe('rate limits', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await Sandbox.start({
      KASSA_LIMITS__PROJECT_PER_SECOND: '1', KASSA_LIMITS__PROJECT_BURST: '40',
      KASSA_LIMITS__ADDRESS_PER_SECOND: '1', KASSA_LIMITS__ADDRESS_BURST: '30',
      KASSA_SECURITY__TRUSTED_PROXIES: '127.0.0.0/8',
    });
  });
  after(async () => {
    await sandbox.finish();
  });

  test('every signed answer says what is left; then 429 with retry-after', async () => {
    const { client } = (await sandbox.createProject('Eager', { currencies: ['KZT'] }));
    const banks = { general: { project_id: client.projectId } };
    const first = await client.post(PATH.banks, banks);
    assert.equal(first.status, 200);
    assert.equal(first.headers['ratelimit-limit'], '40');
    assert.equal(first.headers['ratelimit-remaining'], '39');
    assert.equal(first.headers['ratelimit-reset'], '1');
    const answers = await inParallel(range(60), 8, async () => await client.post(PATH.banks, banks));
    const limited = answers.filter(({ status }) => status === 429);
    assert.ok(limited.length >= 1 && limited.length <= 21, `${limited.length} of 60 behind a burst of 40`);
    for (const answer of limited) {
      assertError(answer, 429, 'rate_limited');
      assert.ok(Number(answer.headers['retry-after']) >= 1);
      assert.equal(answer.headers['ratelimit-remaining'], '0');
    }
    assert.ok((await sandbox.metric('kassa_rate_limited_total', 'by="project"')) >= limited.length);

    // After 401 and 403, before 422 (wire §10.1).
    const refused = async (body: Json) => await client.post(PATH.payin, body);
    assertError(await eventually('empty again', async () => {
      await inParallel(range(10), 8, async () => await client.post(PATH.banks, banks));
      const answer = await refused({ general: { project_id: client.projectId } });
      return answer.status === 429 ? answer : undefined;
    }), 429, 'rate_limited');
    const wrong = { general: { project_id: sandbox.ready.project_id } };
    assertError(await refused(wrong), 403, 'wrong_project');
    assert.equal((await client.post(PATH.banks, banks, { signature: 'AAAA' })).status, 401);

    // Another project of the same address is not slowed down.
    assert.equal((await sandbox.client.post(PATH.banks, sandbox.client.about('x'))).status, 200);
  });

  test('polling many payments always fits, and asking about what is not there does not', async () => {
    const { client } = await sandbox.createProject('Poller', { currencies: ['KZT'] });
    await sandbox.cli.setProject(client.projectId, 'rate.per_second', '0');
    const bodies = range(150).map(() => client.payin(600902));
    await inParallel(bodies, 16, async (body) => await client.create(body));
    await sandbox.cli.setProject(client.projectId, 'rate.per_second', '1');
    const polled = await inParallel(bodies, 16, async (body) =>
      await client.post(PATH.info, client.about(paymentIdOf(body))));
    assert.deepEqual([...new Set(polled.map(({ status }) => status))], [200], '150 polls, a burst of 40');
    assert.equal(polled.at(-1)?.headers['ratelimit-remaining'], '40', 'they took nothing');

    const guessed = await inParallel(range(80), 8, async (i) => await client.post(PATH.info, client.about(`no-${i}`)));
    assert.ok(guessed.some(({ status }) => status === 404));
    const again = async () => await client.post(PATH.info, client.about(paymentIdOf(bodies[0] as Json)));
    await eventually('the same payment at once is counted, and none is left', async () => (await again()).status === 429);
  });

  test('a project has a limit of its own', async () => {
    const { client } = await sandbox.createProject('Own', { currencies: ['KZT'] });
    await sandbox.cli.setProject(client.projectId, 'rate.per_second', '500');
    await sandbox.cli.setProject(client.projectId, 'rate.burst', '900');
    const answer = await client.post(PATH.banks, client.about('x'));
    assert.equal(answer.headers['ratelimit-limit'], '900');
    await sandbox.cli.setProject(client.projectId, 'rate.per_second', '0');
    const free = await client.post(PATH.banks, client.about('x'));
    assert.equal(free.headers['ratelimit-limit'], undefined, 'no limit, no header');
  });

  test('an address without a good signature is slowed down; the one that our proxy names counts', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const unsigned = async (address: string) => await request(sandbox.client.url('/nowhere'), { headers: from(address) });
    const answers = await inParallel(range(60), 8, async () => await unsigned('198.51.100.7'));
    const limited = answers.filter(({ status }) => status === 429);
    assert.ok(limited.length >= 1 && limited.length <= 30, `${limited.length} of 60 behind a burst of 30`);
    assert.ok(Number(limited[0]?.headers['retry-after']) >= 1);
    assert.equal((await unsigned('198.51.100.8')).status, 404, 'a neighbour is not slowed down');
    assert.equal((await unsigned('198.51.100.7, 198.51.100.8')).status, 404, 'what the client itself forwarded is not read');

    // An IPv6 subscriber is a /64, and bad signatures count there too.
    const { client } = sandbox;
    await inParallel(range(60), 8, async (i) => await client.post(PATH.info, client.about('x'), {
      signature: 'AAAA', headers: from(`2001:db8:0:1::${i + 1}`),
    }));
    const there = async (address: string) =>
      (await client.post(PATH.info, client.about('x'), { signature: 'AAAA', headers: from(address) })).status;
    await eventually('the subscriber is refused before the signature is looked at', async () =>
      (await there('2001:db8:0:1::ffff')) === 429);
    assert.equal(await there('2001:db8:0:2::1'), 401);
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      const watched = await request(sandbox.client.url(path), { headers: from('198.51.100.7') });
      assert.equal(watched.status, 200, 'whoever watches is not slowed down');
    }
  });
});

test('what was refused before its signature counts for its address, and what is no poll for its project', async () => {
  const sandbox = await Sandbox.start({
    KASSA_LIMITS__PROJECT_PER_SECOND: '1', KASSA_LIMITS__PROJECT_BURST: '20',
    KASSA_LIMITS__ADDRESS_PER_SECOND: '1', KASSA_LIMITS__ADDRESS_BURST: '20',
    KASSA_SECURITY__TRUSTED_PROXIES: '127.0.0.0/8',
  });
  try {
    const { client } = sandbox;
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const shapes: [status: number, ask: (address: string) => Promise<Answer>][] = [
      [404, async (address) => await request(client.url('/api/v1/nowhere'), { headers: from(address) })],
      [405, async (address) => await request(client.url(PATH.payin), { headers: from(address) })],
      [413, async (address) => await request(client.url(PATH.payin), {
        method: 'POST', headers: { ...from(address), 'content-type': 'application/json' }, body: 'x'.repeat(70_000) })],
      [415, async (address) => await request(client.url(PATH.payin), {
        method: 'POST', headers: { ...from(address), 'content-type': 'text/plain' }, body: '{}' })],
    ];
    // Asked faster than they are forgotten, which is one a second: sooner or later one is refused.
    const refusedInTheEnd = async (what: string, expected: number, ask: (i: number) => Promise<Answer>): Promise<void> => {
      await eventually(`${what} is refused in the end`, async () => {
        const answers = await inParallel(range(20), 4, ask);
        for (const { status } of answers) assert.ok(status === expected || status === 429, `${what}: ${status}`);
        return answers.some(({ status }) => status === 429);
      }, 30_000);
    };
    for (const [status, ask] of shapes) {
      await refusedInTheEnd(String(status), status, async () => await ask(`198.51.100.${status - 400}`));
    }

    const noPolls: [status: number, string, (i: number) => Json][] = [
      [422, PATH.info, () => ({ general: { project_id: client.projectId, payment_id: 'x'.repeat(256) } })],
      [422, PATH.info, (i) => ({ general: { payment_id: `nobody-${i}` } })],
      [200, PATH.balance, (i) => ({ general: { project_id: client.projectId, payment_id: `nobody-${i}` } })],
    ];
    for (const [number, [status, path, body]] of noPolls.entries()) {
      const { client: asking } = await sandbox.createProject(`No poll ${number}`, { currencies: ['KZT'] });
      const own = (i: number): Json => {
        const whole = body(i);
        if ('project_id' in whole['general']) whole['general']['project_id'] = asking.projectId;
        return whole;
      };
      await refusedInTheEnd(`${path} ${number}`, status, async (i) => await asking.post(path, own(i)));
    }
  } finally {
    await sandbox.finish();
  }
});

test('what is signed well never counts for its address', async () => {
  const sandbox = await Sandbox.start({ KASSA_LIMITS__ADDRESS_PER_SECOND: '1', KASSA_LIMITS__ADDRESS_BURST: '5' });
  try {
    const answers = await inParallel(range(60), 8, async () =>
      await sandbox.client.post(PATH.banks, sandbox.client.about('x')));
    assert.ok(answers.every(({ status }) => status === 200));
  } finally {
    await sandbox.finish();
  }
});

describe('switches', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(async () => {
    await sandbox.finish();
  });
  const flip = async (state: string, ...what: string[]) =>
    await sandbox.cli.json('switch', state, ...what, '--as', 'demo', '--why', 'a test');
  const unavailable = (answer: Answer) => {
    assertError(answer, 503, 'unavailable');
    assert.ok(Number(answer.headers['retry-after']) >= 1);
  };
  const payout = () => ({
    general: { project_id: sandbox.client.projectId, payment_id: `out-${Math.random()}` },
    receiver: { pan: '4400430140020306' },
    payment: { method: 'card-p2p', amount: 5000, currency: 'KZT' },
    customer: { id: 'c', ip_address: '192.0.2.1', country: 'KZ' },
  });

  test('payins off: new ones are refused, what was accepted goes on, the same call is answered', async () => {
    const { client } = sandbox;
    const accepted = client.payin(600000);
    await client.create(accepted);
    await flip('off', 'payins');
    const refused = client.payin(600000);
    unavailable(await postAny(client, PATH.payin, refused));
    assert.equal((await client.create(accepted))['payment_id'], paymentIdOf(accepted));
    await eventually('requisites', async () =>
      (await client.info(paymentIdOf(accepted)))['sub_status'] === 'awaiting_confirm');
    ok(await client.confirm(paymentIdOf(accepted)));
    await eventually('success', async () => (await client.info(paymentIdOf(accepted)))['status'] === 'success');
    ok(await client.post(PATH.payout, payout()));
    assert.equal(await sandbox.metric('kassa_switches_off'), 1);
    await flip('on', 'payins');
    assert.equal((await client.create(refused))['sub_status'], 'requisites', 'nothing had been stored');
  });

  test('payouts off', async () => {
    await flip('off', 'payouts');
    unavailable(await postAny(sandbox.client, PATH.payout, payout()));
    await sandbox.client.create(sandbox.client.payin(600902));
    await flip('on', 'payouts');
    ok(await sandbox.client.post(PATH.payout, payout()));
  });

  test('a method or a bank that is off is a wrong field', async () => {
    const { client } = sandbox;
    await flip('off', 'method', 'phone-p2p');
    await flip('off', 'bank', 'kaspi-kzt');
    const create = async (payment: Json) =>
      await client.post(PATH.payin, client.payin(600902, { payment }));
    const field = (answer: Answer) => (answer.json['errors'] as Json[]).map(({ field, code }) => `${field} ${code}`);
    assert.deepEqual(field(await create({ method: 'phone-p2p' })), ['payment.method not_enabled']);
    assert.deepEqual(field(await create({ bank_symbol: 'kaspi-kzt' })), ['payment.bank_symbol not_enabled']);
    assert.equal((await create({})).status, 200);
    await flip('on', 'method', 'phone-p2p');
    await flip('on', 'bank', 'kaspi-kzt');
    assert.equal((await create({ method: 'phone-p2p' })).status, 200);
    assert.equal((await create({ bank_symbol: 'kaspi-kzt' })).status, 200);
  });

  describe('the same create again is answered as ever, whatever was switched off or taken away since', () => {
    const kinds = {
      payin: (client: Client) => ({ path: PATH.payin, body: client.payin(600000, { payment: { bank_symbol: 'kaspi-kzt' } }) }),
      widget: (client: Client) => ({ path: PATH.widget, body: client.widget(600000, {
        payment: { widget_method: 'payin-p2p-card' }, sender: { bank_symbol: 'kaspi-kzt' } }) }),
      payout: (client: Client) => ({ path: PATH.payout, body: client.payout(600000) }),
    };
    for (const [kind, make] of Object.entries(kinds)) {
      test(kind, async () => {
        const { client } = await sandbox.createProject(`Again ${kind}`, { currencies: ['KZT'] });
        const { path, body } = make(client);
        const first = ok(await client.post(path, body));
        const again = async (what: string) => {
          const answer = await postAny(client, path, body);
          assert.equal(answer.status, 200, `${what}: ${answer.text}`);
          assert.equal(answer.json['request_id'], first['request_id'], what);
        };
        const other = async (status: number, code: string) => {
          assertError(await postAny(client, path, make(client).body), status, code);
          const changed = structuredClone(body) as Json;
          changed['payment']['amount'] = 5001;
          assertError(await postAny(client, path, changed), status, code);
        };
        await again('all is on');
        await flip('off', 'method', 'card-p2p');
        await again('the method is off');
        if (kind !== 'widget') await other(422, 'validation_failed');
        await flip('on', 'method', 'card-p2p');

        await flip('off', 'bank', 'kaspi-kzt');
        await again('the bank is off');
        await flip('on', 'bank', 'kaspi-kzt');

        await flip('off', 'project', client.projectId);
        await again('the project is off');
        await other(403, 'project_not_active');
        await flip('on', 'project', client.projectId);

        await sandbox.cli.setProject(client.projectId, 'currencies', 'TJS');
        await again('the currency is gone');
        await other(422, 'validation_failed');
      });
    }

    test('a payout whose bank code is no field of its currency any more', async () => {
      const { client } = await sandbox.createProject('Bank codes', { currencies: ['TJS'] });
      const file = join(sandbox.dir, 'somoni.toml');
      const catalog = readFileSync(join(import.meta.dirname, '../../data/catalog.toml'), 'utf8');
      const takeCodes = async (methods: string) => {
        writeFileSync(file, catalog.replace(/^bank_code_checked = \[.+\]$/m, `bank_code_checked = ${methods}`));
        await sandbox.cli.json('catalog', 'import', file);
      };
      await takeCodes('["card-p2p"]');
      const body = client.payout(600000, {
        payment: { currency: 'TJS' }, receiver: { pan: '5169000000000001', bank_code: '000000000777' } });
      const first = ok(await client.post(PATH.payout, body));
      await takeCodes('[]');
      assert.equal(ok(await client.post(PATH.payout, body))['request_id'], first['request_id']);
      for (const [field, value] of [['pan', '5169000000000002'], ['bank_code', '000000000778']] as const) {
        const other = structuredClone(body) as Json;
        other['receiver'][field] = value;
        const conflict = await client.post(PATH.payout, other);
        assert.deepEqual([conflict.status, conflict.json['code']], [409, 'payment_id_conflict'], field);
      }
    });
  });

  test('a project and a trader', async () => {
    const { client } = await sandbox.createProject('Stopped', { currencies: ['KZT'] });
    await flip('off', 'project', client.projectId);
    assertError(await client.post(PATH.payin, client.payin(600902)), 403, 'project_not_active');
    await flip('on', 'project', client.projectId);
    assert.equal((await client.post(PATH.payin, client.payin(600902))).status, 200);

    const trader = await sandbox.cli.createTrader('T', { KZT: 100 });
    await flip('off', 'trader', trader);
    const traders = (await sandbox.cli.json('trader', 'list'))['traders'] as Json[];
    assert.equal(traders.find((row) => row['trader_id'] === trader)?.['state'], 'off');

    // What was set without the switch is told as it is.
    await sandbox.cli.setProject(client.projectId, 'state', 'suspended');
    const row = ((await sandbox.cli.json('switch', 'list'))['switches'] as Json[])
      .find(({ which }) => which === client.projectId);
    assert.deepEqual([row?.['state'], row?.['by'], row?.['at']], ['off', '', null]);
    const { stdout } = await sandbox.cli.any('switch', 'list');
    assert.match(stdout, /SINCE/);
    assert.match(stdout, new RegExp(`trader +${trader} +off +20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ +demo`));
  });

  test('who flipped what last and why is kept, and logged, across a restart', async () => {
    await flip('off', 'payouts');
    await sandbox.restart();
    const switches = (await sandbox.cli.json('switch', 'list'))['switches'] as Json[];
    const row = switches.find(({ what }) => what === 'payouts');
    assert.deepEqual([row?.['state'], row?.['by'], row?.['why']], ['off', 'demo', 'a test']);
    assert.ok(Math.abs(Number(row?.['at']) - Date.now() / 1000) < 600);
    const log = readFileSync(join(sandbox.dir, 'kassa.log'), 'utf8');
    assert.match(log, /switch\.flipped what=payouts which=- state=off by=demo/);
    unavailable(await postAny(sandbox.client, PATH.payout, payout()));
    await flip('on', 'payouts');
  });

  test('what does not exist can not be switched', async () => {
    for (const what of [['bank', 'no-such'], ['method', 'no-such'], ['project', 'x'], ['trader', '00000000-0000-4000-8000-000000000000']]) {
      assert.equal((await sandbox.cli.refusal('switch', 'off', ...what, '--as', 'demo')).code, 'not_found');
    }
    for (const what of [['everything'], ['bank'], ['payins', 'x']]) {
      assert.equal((await sandbox.cli.refusal('switch', 'off', ...what, '--as', 'demo')).code, 'validation_failed');
    }
  });

  test('draining: red readiness, no new payments, all else goes on, and back', async () => {
    const { client } = sandbox;
    const accepted = client.payin(600000);
    await client.create(accepted);
    assert.equal((await sandbox.cli.json('drain', '--as', 'demo'))['draining'], true);
    const red = await request(client.url('/readyz'));
    assert.equal(red.status, 503);
    assert.deepEqual(red.json, { ready: false, reasons: ['draining: no new payments are taken'] });
    assert.equal((await request(client.url('/healthz'))).status, 200);
    unavailable(await postAny(client, PATH.payin, client.payin(600000)));
    assert.equal((await client.create(accepted))['payment_id'], paymentIdOf(accepted));
    await eventually('requisites', async () =>
      (await client.info(paymentIdOf(accepted)))['sub_status'] === 'awaiting_confirm');
    ok(await client.cancel(paymentIdOf(accepted)));
    assert.equal(await sandbox.metric('kassa_draining'), 1);
    await sandbox.cli.json('drain', '--off', '--as', 'demo');
    assert.deepEqual((await request(client.url('/readyz'))).json, { ready: true, reasons: [] });
    await client.create(client.payin(600902));
  });

  test('the log\'s level changes while it runs', async () => {
    const log = () => readFileSync(join(sandbox.dir, 'kassa.log'), 'utf8');
    assert.equal((await sandbox.cli.json('log', 'level'))['level'], 'warn');
    const ask = async (id: string) =>
      await sandbox.client.post(PATH.info, sandbox.client.about('nobody'), { headers: { 'x-request-id': id } });
    await ask('quiet-1');
    await sandbox.cli.json('log', 'level', 'debug', '--as', 'demo');
    await ask('loud-1');
    await eventually('a line', () => log().includes('loud-1'));
    await sandbox.cli.json('log', 'level', 'warn', '--as', 'demo');
    await ask('quiet-2');
    assert.ok(!log().includes('quiet-'));
    assert.match(log(), /log\.level_changed level=debug by=demo/);
  });
});

test('a full queue answers 503 with retry-after, and the same call repeated takes effect once', async () => {
  const sandbox = await Sandbox.start({ KASSA_ENGINE__QUEUE_MAX: '4', KASSA_ENGINE__BATCH_MAX: '4' });
  try {
    let refused = 0;
    const bodies = range(300).map(() => sandbox.client.payin(600902));
    await inParallel(bodies, 64, async (body) => {
      await eventually('it is taken', async () => {
        const answer = await postAny(sandbox.client, PATH.payin, body);
        if (answer.status === 200) return true;
        assertError(answer, 503, 'unavailable');
        assert.equal(answer.json['retryable'], true);
        assert.ok(Number(answer.headers['retry-after']) >= 1);
        refused++;
        return false;
      });
    });
    assert.ok(refused > 0, 'the queue of four was full at least once');
    assert.ok((await sandbox.metric('kassa_commands_total', 'outcome="queue_full"')) >= refused);
    assert.equal((await sandbox.cli.listPayments()).length, bodies.length);
  } finally {
    await sandbox.finish();
  }
});

test('it does not start where its connections would not fit into the limit of open files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kassa-e2e-'));
  const start = (files: number) => spawnSync('sh', ['-c', 'ulimit -n "$1" && exec "$0" sandbox --dir "$2" --listen 127.0.0.1:0',
    KASSA, String(files), dir], { encoding: 'utf8', timeout: 30_000 });
  const ended = start(1000);
  assert.equal(ended.status, 1, ended.stderr);
  assert.match(ended.stderr, /http\.connections_max = 10000 needs 10512 open files, but the limit is 1000/);
  rmSync(dir, { recursive: true });
});

test('a stop finishes what was accepted: every create that was answered is there, each once', async () => {
  const sandbox = await Sandbox.start();
  const bodies = range(400).map(() => sandbox.client.payin(600902));
  const answered: string[] = [];
  const load = inParallel(bodies, 32, async (body) => {
    try {
      const answer = await postAny(sandbox.client, PATH.payin, body);
      if (answer.status === 200) answered.push(paymentIdOf(body));
      else assert.equal(answer.status, 503);
    } catch {
      // Not connected any more, or closed: nothing was promised.
    }
  });
  await eventually('some are answered', () => answered.length >= 50);
  await sandbox.stop();
  await load;
  assert.ok(answered.length < bodies.length, 'it was stopped on the way');
  const stored = (await sandbox.cli.listPayments()).map((row) => row['payment_id'] as string);
  assert.equal(new Set(stored).size, stored.length);
  assert.deepEqual(answered.filter((id) => !stored.includes(id)), []);
  await sandbox.startAgain();
  await sandbox.finish();
});
