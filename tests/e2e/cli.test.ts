// The command line: every command's help and exit codes, and a live project set up and run by it alone.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { COMMANDS, OPERATOR } from './lib/cli.ts';
import { ok, PATH, paymentIdOf, stateOf, type Client } from './lib/client.ts';
import { eventually, within } from './lib/eventually.ts';
import { request, type Json } from './lib/http.ts';
import { KASSA, KassaProcess, run, type Environment } from './lib/process.ts';
import { digits } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import { assertError, displayData, fieldErrors, titles, UUID } from './lib/shape.ts';

const FEE_BP = 150;
const FEE_FIXED = 1000;
const CONFIG_WRONG = 78; // EX_CONFIG of sysexits.h
const NOBODY = '00000000-0000-7000-8000-000000000000';

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.start();
});
after(async () => {
  await sandbox.finish();
});

describe('every command', () => {
  for (const command of COMMANDS) {
    test(`kassa ${command.join(' ')} --help`, async () => {
      const { code, stdout } = await run([...command, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, /Example/i);
      assert.match(stdout, new RegExp(`kassa ${command.join(' ')}\\b`), 'an example of its use');
      assert.match(stdout, /--json/);
    });
  }

  test('kassa --help names them all', async () => {
    const { code, stdout } = await run(['--help']);
    assert.equal(code, 0);
    for (const command of COMMANDS) assert.match(stdout, new RegExp(`\\b${command[0]}\\b`));
  });

  test('wrong usage ends with 2 and says how', async () => {
    for (const args of [
      [], ['nothing'], ['payment'], ['payment', 'nothing'], ['payment', 'show'], ['payment', 'list', '--nothing'],
      ['payment', 'resolve', NOBODY], ['payment', 'resolve', NOBODY, '--as', OPERATOR], ['project', 'create'],
      ['payment', 'resolve', NOBODY, '--as', OPERATOR, '--nothing', '--decline'], ['callback', 'replay', NOBODY],
      ['requisites', 'import'], ['payment', 'list', '--limit', 'many'], ['project', 'set', NOBODY, 'no equals sign'],
      ['trader', 'set'], ['trader', 'report', NOBODY], ['trader', 'report', NOBODY, 'paid'], ['payment', 'receiver', NOBODY],
      ['notice', 'assign', NOBODY, '--as', OPERATOR], ['notice', 'read', NOBODY], ['notice', 'show'],
    ]) {
      const { code, stdout, stderr } = await sandbox.cli.any(...args);
      assert.equal(code, 2, `kassa ${args.join(' ')}: ${stderr}`);
      assert.ok((stdout + stderr).length > 0);
    }
  });

  test('a refusal ends with 1 and a sentence', async () => {
    for (const args of [
      ['payment', 'show', NOBODY], ['payment', 'show', 'x'], ['project', 'show', NOBODY], ['requisites', 'on', NOBODY],
      ['payment', 'show', 'no-such-order', '--project', sandbox.ready.project_id],
      ['payment', 'resolve', NOBODY, '--decline', '--as', OPERATOR], ['callback', 'replay', NOBODY, '1'],
      ['requisites', 'import', '/nowhere/cards.csv'], ['project', 'set', sandbox.ready.project_id, 'no.such=1'],
      ['project', 'set', sandbox.ready.project_id, 'window.assignment_s=soon'],
      ['project', 'set', sandbox.ready.project_id, 'mode=live'], ['payment', 'list', '--limit', '0'],
      ['payment', 'list', '--status', 'lost'], ['payment', 'list', '--cursor', 'x'],
      ['trader', 'set', NOBODY, '--state', 'off'], ['trader', 'report', NOBODY, 'paid', '--as', OPERATOR],
      ['payment', 'receiver', NOBODY, '--as', OPERATOR], ['notice', 'show', NOBODY], ['notice', 'show', 'x'],
      ['notice', 'read', NOBODY, '--as', OPERATOR], ['notice', 'assign', NOBODY, NOBODY, '--as', OPERATOR],
      ['notice', 'list', '--state', 'lost'], ['notice', 'add', '--payment', NOBODY, '--amount', '5', '--as', OPERATOR],
      ['project', 'callbacks', sandbox.ready.project_id, '--algorithm', 'MD5', '--as', OPERATOR], ['resume', NOBODY, '--as', OPERATOR],
      ['project', 'create', '--merchant', NOBODY, '--name', 'x', '--currency', 'KZT', '--keys-dir', sandbox.dir],
    ]) {
      const { code, stderr } = await sandbox.cli.any(...args);
      assert.equal(code, 1, `kassa ${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /^kassa: .+/s);
    }
  });

  test('lists and shows speak to people and to programs', async () => {
    const payin = sandbox.client.payin(400902);
    const { request_id: requestId } = await sandbox.client.create(payin);
    const commands: [args: string[], part: string][] = [
      [['version'], 'version'], [['config', 'check'], 'ok'], [['project', 'list'], 'projects'],
      [['project', 'show', sandbox.ready.project_id], 'settings'], [['requisites', 'list'], 'requisites'],
      [['payment', 'list'], 'payments'], [['payment', 'show', requestId as string], 'events'],
      [['payment', 'show', paymentIdOf(payin), '--project', sandbox.ready.project_id], 'events'],
      [['callback', 'list'], 'callbacks'], [['callback', 'list', requestId as string], 'callbacks'],
      [['notice', 'list'], 'notices'], [['trader', 'list'], 'traders'], [['ledger', 'check'], 'problems'], [['ledger', 'balances'], 'totals'], [['resume', '--as', OPERATOR], 'resumed'], [['migrate', '--help'], ''],
    ];
    for (const [args, part] of commands.filter(([, part]) => part !== '')) {
      const people = await sandbox.cli.any(...args);
      assert.equal(people.code, 0, people.stderr);
      assert.ok(people.stdout.length > 0, `kassa ${args.join(' ')} says something`);
      assert.throws(() => JSON.parse(people.stdout), 'for people, not JSON');
      assert.ok(part in (await sandbox.cli.json(...args)), `kassa ${args.join(' ')} --json has ${part}`);
    }
  });

  test('what a merchant says can not steer the terminal', async () => {
    const payin = sandbox.client.payin(400902);
    const evil = `x\u001b[2J\u0007\r\nFAKE\u202e\u009b ${paymentIdOf(payin)}`;
    (payin['general'] as Json)['payment_id'] = evil;
    const { request_id: requestId } = await sandbox.client.create(payin);
    for (const args of [['payment', 'list'], ['payment', 'show', requestId as string]]) {
      const { stdout } = await sandbox.cli.any(...args);
      assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u, args.join(' '));
      assert.match(stdout, /x\\u\{1b\}\[2J\\u\{7\}\\u\{d\}\\u\{a\}FAKE\\u\{202e\}\\u\{9b\}/);
    }
    assert.equal((await sandbox.cli.json('payment', 'show', requestId as string))['payment_id'], evil, 'programs get it whole');
  });

  test('whoever acts is an operator who is on', async () => {
    await sandbox.cli.addOperators('gone');
    assert.equal((await sandbox.cli.any('operator', 'set', 'gone', '--state', 'off')).code, 0);
    const { request_id: requestId } = await sandbox.client.create(sandbox.client.payin(400902));
    const id = requestId as string;
    for (const name of ['gone', 'nobody', '\u001b[31m', 'x'.repeat(65)]) {
      for (const args of [
        ['payment', 'resolve', id, '--decline'], ['trader', 'report', id, 'received', '--amount', '5'],
        ['notice', 'add', '--payment', id, '--amount', '5'], ['notice', 'read', NOBODY], ['notice', 'assign', NOBODY, id],
        ['payment', 'receiver', id], ['resume'], ['resume', id],
      ]) {
        const refused = await sandbox.cli.refusal(...args, '--as', name);
        assert.equal(refused.code, 'validation_failed', args.join(' '));
        assert.match(refused.sentence, /\bas is (no operator's name|an operator who is switched off)/);
      }
    }
    assert.equal((await sandbox.cli.showPayment(id))['state'], 'processing:requisites');
  });

  test('with --json what is wrong is JSON too', async () => {
    for (const [args, code, exit] of [
      [['payment', 'show'], 'wrong_usage', 2], [['notice', 'add', '--as', OPERATOR, '--amount', '5'], 'wrong_usage', 2],
      [['payment', 'show', 'x'], 'validation_failed', 1], [['requisites', 'import', '/nowhere/cards.csv'], 'refused', 1],
    ] as const) {
      const result = await sandbox.cli.any(...args, '--json');
      assert.equal(result.code, exit, args.join(' '));
      assert.equal((JSON.parse(result.stdout) as Json)['code'], code, args.join(' '));
    }
  });

  test('lists go page by page, in a stable order', async () => {
    for (let n = 0; n < 5; n++) await sandbox.client.create(sandbox.client.payin(401902));
    const whole = (await sandbox.cli.listPayments()).map((row) => row['request_id']);
    const paged: unknown[] = [];
    let cursor = '';
    do {
      const page = await sandbox.cli.json(
        'payment', 'list', '--limit', '2', ...(cursor === '' ? [] : ['--cursor', cursor]));
      assert.ok((page['payments'] as Json[]).length <= 2);
      paged.push(...(page['payments'] as Json[]).map((row) => row['request_id']));
      cursor = (page['next_cursor'] as string | null) ?? '';
    } while (cursor !== '');
    assert.deepEqual(paged, whole);
    assert.equal(new Set(paged).size, paged.length);
  });
});

describe('a live project', () => {
  let live: Client;
  let traderId: string;
  let keys: Json;
  const cards = { plain: `4400${digits(12)}`, csv: `4401${digits(12)}`, tjs: `9000${digits(12)}` };

  before(async () => {
    const merchantId = await sandbox.cli.createMerchant('Corner shop');
    assert.match(merchantId, UUID);
    traderId = await sandbox.cli.createTrader('Aziz', { KZT: 1_000_000, TJS: 1_000_000 });
    keys = await sandbox.cli.createProject(merchantId, 'Live shop', join(sandbox.dir, 'live-keys'), {
      live: true, currencies: ['KZT', 'TJS'],
    });
    live = sandbox.clientOf({
      projectId: keys['project_id'] as string,
      merchantId,
      privateKeyPem: readFileSync(keys['private_key'] as string, 'utf8'),
      publicKeyPem: readFileSync(keys['public_key'] as string, 'utf8'),
      hmacKey: readFileSync(keys['hmac_key'] as string, 'utf8').trimEnd(),
    });
    sandbox.secrets.add('personal', ...Object.values(cards));
    await sandbox.cli.setProject(live.projectId, 'fee_bp.KZT', String(FEE_BP));
    await sandbox.cli.setProject(live.projectId, 'fee_fixed.KZT', String(FEE_FIXED));
    await sandbox.cli.setProject(live.projectId, 'window.assignment_s', '2');
  });

  function importFile(name: string, text: string): string {
    const path = join(sandbox.dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  type Row = Json & { number: string; bank: string };
  async function importRows(...rows: Row[]): Promise<string[]> {
    for (const row of rows) sandbox.secrets.add('personal', row['number'], row['holder']);
    const whole = rows.map((row) => ({
      trader_id: traderId, currency: 'KZT', methods: 'card-p2p', ...row,
    }));
    const path = importFile('import.json', JSON.stringify({ requisites: whole }));
    const ids = await sandbox.cli.importRequisites(path);
    rmSync(path); // it is the operator's, and full of numbers
    assert.equal(ids.length, rows.length);
    return ids;
  }

  type Routed = { paymentId: string; requestId: string; pan: string | undefined; info: Json };
  /** Creates a live payin and waits until requisites are given or none are to be had. */
  async function route(amount: number, payment: Json = {}): Promise<Routed> {
    const body = live.payin(amount, { payment });
    const created = await live.create(body);
    const info = await eventually('requisites or a decline', async () => {
      const now = await live.info(paymentIdOf(body));
      return stateOf(now) === 'processing:requisites' ? undefined : now;
    });
    return {
      paymentId: paymentIdOf(body), requestId: created['request_id'] as string,
      pan: info['recipient_requisites']?.['pan'] as string | undefined, info,
    };
  }

  /** Nobody fitted: declined when the window ended, and the history says why. */
  async function assertMissed(routed: Routed, why: RegExp): Promise<void> {
    assert.equal(routed.pan, undefined);
    assert.equal(stateOf(routed.info), 'decline');
    assert.equal(routed.info['status_description'], 'No requisites available');
    const events = await sandbox.cli.eventsOf(routed.requestId);
    const told = events.map((event) => event.why).join('\n');
    assert.match(told, why, 'the reason of the miss is in the history');
  }

  test('its keys are files that only their owner reads', () => {
    for (const name of ['private_key', 'hmac_key', 'callback_hmac_key']) {
      assert.equal(statSync(keys[name] as string).mode & 0o777, 0o600, name);
    }
    assert.match(readFileSync(keys['callback_public_key'] as string, 'utf8'), /^-----BEGIN PUBLIC KEY-----/);
  });

  test('it has no test clock, takes no http URLs, and starts with nothing', async () => {
    const body = { general: { project_id: live.projectId }, seconds: 1 };
    assertError(await live.post(PATH.advance, body), 404, 'not_found');
    const http = live.payin(1000, { general: { merchant_callback_url: 'http://shop.invalid/' } });
    const refused = await live.post(PATH.payin, http);
    assert.deepEqual(fieldErrors(refused.json), { 'general.merchant_callback_url': 'bad_format' });
    assert.deepEqual(await live.balance('KZT'), { currency: 'KZT', amount: 0, locked_amount: 0 });
  });

  test("its keys open nothing of another project's", async () => {
    const theirs = sandbox.client.about('x');
    assertError(await live.post(PATH.info, theirs), 403, 'wrong_project');
    const stranger = await live.post(PATH.info, theirs, { merchantId: sandbox.ready.project_id });
    assert.equal(stranger.status, 401);
    assert.equal(stranger.json['reason'], 'unknown_key');
    const payin = sandbox.client.payin(402902);
    await sandbox.client.create(payin);
    const same = await live.post(PATH.info, live.about(paymentIdOf(payin)));
    assertError(same, 404, 'payment_not_found');
  });

  test('without requisites it declines when the window ends', async () => {
    await assertMissed(await route(100_000), /./);
  });

  test('from imported requisites to the balance', async () => {
    const [id] = await importRows({ number: cards.plain, bank: 'kaspi-kzt' });
    const routed = await route(250_000);
    assert.equal(routed.pan, cards.plain);
    assert.deepEqual(routed.info['recipient_requisites'], {
      pan: cards.plain, card_holder: '--', bank_name: 'kaspi-kzt', bank_country: 'KZ', currency: 'KZT',
    });
    assert.equal(titles(displayData(routed.info))[0], 'recipient_pan', 'an unknown holder is left out');

    const shown = await sandbox.cli.showPayment(routed.requestId);
    assert.equal(shown['mode'], 'live');
    assert.equal(shown['requisites']['requisites_id'], id);
    assert.equal(shown['requisites']['trader_id'], traderId);
    assert.equal(shown['requisites']['number'], `${cards.plain.slice(0, 5)}****${cards.plain.slice(-4)}`);
    const events = shown['events'] as Json[];
    assert.ok(events.some((event) => event['cause'] === 'assigned' && event['why'] !== ''), 'why these');

    assert.equal(stateOf(ok(await live.confirm(routed.paymentId))), 'processing:paid');
    await sandbox.cli.resolveReceived(routed.requestId, 250_000);
    assert.equal(stateOf(await live.info(routed.paymentId)), 'success');
    const fee = (250_000 * FEE_BP) / 10_000 + FEE_FIXED;
    assert.deepEqual(await live.balance('KZT'), { currency: 'KZT', amount: 250_000 - fee, locked_amount: 0 });
    const settled = await sandbox.cli.showPayment(routed.requestId);
    assert.equal(settled['settled_amount'], 250_000);
    assert.equal(settled['settled_fee'], fee);
    const last = (settled['events'] as Json[]).filter((event) => event['to'] === 'success').at(-1) as Json;
    assert.equal(last['name'], OPERATOR, 'who decided');
    assert.deepEqual(await sandbox.cli.checkLedger(), []);
  });

  test('a correction posts the difference', async () => {
    const before = await live.balance('KZT');
    const routed = await route(100_000);
    ok(await live.confirm(routed.paymentId));
    await sandbox.cli.resolveReceived(routed.requestId, 100_000);
    await sandbox.cli.resolveReceived(routed.requestId, 60_000);
    const fee = (60_000 * FEE_BP) / 10_000 + FEE_FIXED;
    assert.equal((await live.balance('KZT')).amount, before.amount + 60_000 - fee);
    assert.deepEqual(await sandbox.cli.checkLedger(), []);
  });

  test("a payin beyond the trader's credit finds nobody", async () => {
    await assertMissed(await route(900_000), /credit|exposure|owe/i);
  });

  test('a trader who is off is given nothing, until they are on again', async () => {
    const number = `4404${digits(12)}`;
    const bank = 'halyk-kzt';
    await importRows({ number, bank });
    const flip = async (state: string) => await sandbox.cli.json('switch', state, 'trader', traderId, '--as', OPERATOR);
    await flip('off');
    await assertMissed(await route(61_000, { bank_symbol: bank }), /trader off/);
    await flip('on');
    assert.notEqual((await route(61_001, { bank_symbol: bank })).pan, undefined);
  });

  test('a CSV file, phones, and the other currency', async () => {
    const phone = `+992${digits(9)}`;
    sandbox.secrets.add('personal', phone, 'Khal Drogo Csv');
    const csv = [
      'trader_id,currency,methods,bank,number,holder,pool',
      `${traderId},KZT,card-p2p,kaspi-kzt,${cards.csv},"Khal Drogo Csv",csv`,
      `${traderId},TJS,card-p2p,dushanbe-city-bank,${cards.tjs},,default`,
      `${traderId},TJS,phone-p2p,dushanbe-city-bank,${phone},,default`, '',
    ].join('\n');
    const path = importFile('cards.csv', csv);
    assert.equal((await sandbox.cli.importRequisites(path)).length, 3);
    rmSync(path);
    await sandbox.cli.setProject(live.projectId, 'pool.extra_param.csv', 'csv');
    const byPool = await route(70_000, { extra_param: 'csv' });
    assert.equal(byPool.pan, cards.csv);
    assert.equal(byPool.info['recipient_requisites']['card_holder'], 'Khal Drogo Csv');
    const tjs = await route(70_000, { currency: 'TJS' });
    assert.equal(tjs.pan, cards.tjs);
    assert.equal(tjs.info['recipient_requisites']['card_holder'], '---');
    const byPhone = await route(70_000, { currency: 'TJS', method: 'phone-p2p' });
    assert.equal(byPhone.pan, phone);
    assert.ok(titles(displayData(byPhone.info)).includes('recipient_phone'));
    const rows = await sandbox.cli.listRequisites();
    assert.ok(rows.every((row) => /\*{4}/.test(row['number'] as string)), 'numbers are masked');
  });

  test('a wrong row is refused with its place, and nothing of its file is taken', async () => {
    const before = (await sandbox.cli.listRequisites()).length;
    const good = { trader_id: traderId, currency: 'KZT', methods: 'card-p2p', bank: 'kaspi-kzt', number: `4402${digits(12)}` };
    for (const wrong of [
      { bank: 'no-such-bank' }, { trader_id: NOBODY }, { currency: 'QQQ' }, { amount_min: 0 }, { number: '' },
      { amount_min: 5, amount_max: 4 }, { time_zone: 'Nowhere/Land' }, { weight: 0 }, { methods: '' },
    ]) {
      const path = importFile('wrong.json', JSON.stringify({ requisites: [good, { ...good, number: `4403${digits(12)}`, ...wrong }] }));
      const refused = await sandbox.cli.any('requisites', 'import', path);
      rmSync(path);
      assert.equal(refused.code, 1, `${JSON.stringify(wrong)}: ${refused.stdout}`);
    }
    assert.equal((await sandbox.cli.listRequisites()).length, before);
  });

  describe('routing', () => {
    /** A pool of its own with these requisites, for payins that ask for it. */
    async function pool(name: string, ...rows: Row[]): Promise<{ payment: Json; ids: string[] }> {
      await sandbox.cli.setProject(live.projectId, `pool.extra_param.${name}`, name);
      return { payment: { extra_param: name }, ids: await importRows(...rows.map((row) => ({ ...row, pool: name }))) };
    }
    const card = () => `4405${digits(12)}`;

    test('the bank that was asked for', async () => {
      const [kaspi, other] = [card(), card()];
      const banks = ok(await live.post(PATH.banks, {
        general: { project_id: live.projectId }, payment: { currency: 'KZT', method: 'card-p2p' },
      }))['banks'] as Json[];
      const another = banks.map((bank) => bank['symbol'] as string).find((symbol) => symbol !== 'kaspi-kzt') as string;
      const { payment } = await pool('banks', { number: kaspi, bank: 'kaspi-kzt' }, { number: other, bank: another });
      for (const [n, [bank, pan]] of [['kaspi-kzt', kaspi], [another, other], ['kaspi-kzt', kaspi]].entries()) {
        assert.equal((await route(10_000 + n, { ...payment, bank_symbol: bank })).pan, pan);
      }
    });

    test('bank/available lists a bank as long as it can be given', async () => {
      const asked = { general: { project_id: live.projectId }, payment: { currency: 'KZT', method: 'card-p2p' } };
      const symbols = async (path: string) =>
        (ok(await live.post(path, asked))['banks'] as Json[]).map((bank) => bank['symbol'] as string);
      const idle = (await symbols(PATH.banks)).at(-1) as string;
      assert.ok(!(await symbols(PATH.availableBanks)).includes(idle), 'nothing of this bank yet');
      const { payment } = await pool('available', { number: card(), bank: idle, day_count_max: 1 });
      assert.ok((await symbols(PATH.availableBanks)).includes(idle));
      assert.ok((await route(11_000, { ...payment, bank_symbol: idle })).pan);
      assert.ok(!(await symbols(PATH.availableBanks)).includes(idle), 'its day is full');
    });

    test('limits of the amount', async () => {
      const [small, large] = [card(), card()];
      const { payment } = await pool(
        'amounts', { number: small, bank: 'kaspi-kzt', amount_max: 20_000 },
        { number: large, bank: 'kaspi-kzt', amount_min: 30_000 });
      assert.equal((await route(20_000, payment)).pan, small);
      assert.equal((await route(30_000, payment)).pan, large);
      await assertMissed(await route(25_000, payment), /./);
    });

    test('off and on', async () => {
      const number = card();
      const { payment, ids } = await pool('switch', { number, bank: 'kaspi-kzt' });
      await sandbox.cli.switchRequisites(ids[0] as string, false);
      await assertMissed(await route(11_000, payment), /./);
      await sandbox.cli.switchRequisites(ids[0] as string, true);
      assert.equal((await route(11_001, payment)).pan, number);
    });

    test('the count and the sum of a day', async () => {
      const counted = await pool('count', { number: card(), bank: 'kaspi-kzt', day_count_max: 2 });
      assert.ok((await route(12_000, counted.payment)).pan);
      assert.ok((await route(12_001, counted.payment)).pan);
      await assertMissed(await route(12_002, counted.payment), /count/i);
      const summed = await pool('sum', { number: card(), bank: 'kaspi-kzt', day_sum_max: 25_000 });
      assert.ok((await route(13_000, summed.payment)).pan);
      await assertMissed(await route(13_001, summed.payment), /sum/i);
      assert.ok((await route(12_000, summed.payment)).pan);
    });

    test('one payin of one amount at a time, also after a cancel', async () => {
      const { payment } = await pool('slots', { number: card(), bank: 'kaspi-kzt' });
      const first = await route(14_000, payment);
      assert.ok(first.pan);
      await assertMissed(await route(14_000, payment), /./);
      assert.ok((await route(14_001, payment)).pan, 'another amount is another slot');
      ok(await live.cancel(first.paymentId));
      await assertMissed(await route(14_000, payment), /./);
    });

    test('the rest between two', async () => {
      const { payment } = await pool('rest', { number: card(), bank: 'kaspi-kzt', cool_down_s: 3600 });
      assert.ok((await route(15_000, payment)).pan);
      await assertMissed(await route(15_001, payment), /cool|rest/i);
    });

    test('taking turns, by weight', async () => {
      const [light, heavy] = [card(), card()];
      const { payment } = await pool(
        'turns', { number: light, bank: 'kaspi-kzt' }, { number: heavy, bank: 'kaspi-kzt', weight: 2 });
      const uses = new Map<string | undefined, number>();
      for (let n = 0; n < 9; n++) {
        const { pan } = await route(100 + n, payment);
        uses.set(pan, (uses.get(pan) ?? 0) + 1);
      }
      const [ofLight, ofHeavy] = [uses.get(light) ?? 0, uses.get(heavy) ?? 0];
      assert.equal(ofLight + ofHeavy, 9);
      assert.ok(ofHeavy >= 5 && ofLight >= 2, `${ofLight} and ${ofHeavy} of nine`);
    });
  });

  test('suspended, it takes no new payments and finishes the old ones', async () => {
    const open = await route(16_000);
    assert.ok(open.pan);
    await sandbox.cli.setProject(live.projectId, 'state', 'suspended');
    assertError(await live.post(PATH.payin, live.payin(16_001)), 403, 'project_not_active');
    assert.equal(stateOf(ok(await live.confirm(open.paymentId))), 'processing:paid');
    await sandbox.cli.setProject(live.projectId, 'state', 'active');
    await live.create(live.payin(16_002));
  });
});

describe('serve', () => {
  let dir: string;
  let config: string;

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'kassa-serve-'));
    config = join(dir, 'kassa.toml');
    writeFileSync(config, [
      'listen = "127.0.0.1:0"', `store = "sqlite:${dir}/kassa.db"`, `key_ring = "${dir}/key-ring.toml"`,
      `admin_socket = "${dir}/admin.sock"`, '[log]', `file = "${dir}/kassa.log"`, '',
    ].join('\n'));
  });
  after(() => rmSync(dir, { recursive: true }));

  const kassa = async (...args: string[]) => await run([...args, '--config', config]);

  test('a store that was never made is refused, migrate makes it', async () => {
    assert.equal((await kassa('serve')).code, 1);
    const made = await kassa('migrate', '--json');
    assert.equal(made.code, 0, made.stderr);
    const again = await kassa('migrate', '--json');
    assert.equal(again.code, 0);
    const { before: from, after: to } = JSON.parse(again.stdout) as Json;
    assert.equal(from, to);
  });

  test('commands work on the store with nobody serving it', async () => {
    const made = await kassa('merchant', 'create', '--name', 'Offline', '--json');
    assert.equal(made.code, 0, made.stderr);
    const check = await kassa('ledger', 'check');
    assert.equal(check.code, 0, check.stderr);
  });

  test('it serves, owns its store alone, answers the command line, and ends on SIGTERM', async () => {
    const server = new KassaProcess(['serve', '--config', config, '--json']);
    try {
      const port = await eventually('the port', () => /"port":(\d+)/.exec(server.stdout)?.[1], 15_000);
      const ready = await request(`http://127.0.0.1:${port}/readyz`);
      assert.equal(ready.status, 200);
      assert.equal((await request(`http://127.0.0.1:${port}/healthz`)).status, 200);
      assert.equal(statSync(join(dir, 'admin.sock')).mode & 0o777, 0o600);
      assert.equal(statSync(join(dir, 'key-ring.toml')).mode & 0o777, 0o600);

      const second = await kassa('serve');
      assert.equal(second.code, 1);
      assert.match(second.stderr, new RegExp(`\\b${server.pid}\\b`), 'it says who owns the store');

      const keys = await kassa('project', 'list', '--json');
      assert.deepEqual(JSON.parse(keys.stdout), { projects: [] });
      const unsigned = await request(`http://127.0.0.1:${port}${PATH.info}`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}',
      });
      assertError(unsigned, 401, 'unauthorized');
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
    } finally {
      if (server.running) await server.kill();
    }
  });

  test('what is wrong with a configuration is said, all of it', async () => {
    const wrong = join(dir, 'wrong.toml');
    writeFileSync(wrong, 'listen = "nowhere"\nunknown = 1\n[http]\nthreads = 0\n');
    const { code, stderr } = await run(['config', 'check', '--config', wrong]);
    assert.equal(code, CONFIG_WRONG);
    for (const key of ['listen', 'unknown', 'http.threads']) assert.ok(stderr.includes(key), key);
    assert.equal((await kassa('config', 'check')).code, 0);
    assert.equal((await run(['config', 'check'], { environment: { KASSA_CONFIG: config } })).code, 0);
    assert.equal((await run(['config', 'check', '--config', config], { environment: { KASSA_NOTHING: '1' } })).code, CONFIG_WRONG);
    assert.equal((await run(['config', 'check', '--config', join(dir, 'missing.toml')])).code, CONFIG_WRONG);
    assert.equal((await run(['serve', '--config', wrong])).code, CONFIG_WRONG, 'systemd does not start that again');
  });

  test('what a configuration names is looked at', async () => {
    const check = async (environment: Environment): Promise<string> => {
      const { code, stderr } = await run(['config', 'check', '--config', config], { environment });
      assert.equal(code, CONFIG_WRONG, stderr);
      return stderr;
    };
    assert.match(await check({ KASSA_KEY_RING: join(dir, 'lost.toml') }), /cannot open key ring .*lost\.toml/);
    assert.match(await check({ KASSA_STORE: 'sqlite:file:x' }), /store's URL must be/);
    assert.match(await check({ KASSA_HTTP__CONNECTIONS_MAX: '1000000' }), /1000512 open files/);
    const both = await check({ KASSA_TLS__CERTIFICATE: join(dir, 'no.pem'), KASSA_TLS__KEY: join(dir, 'no.key'), KASSA_KEY_RING: join(dir, 'lost.toml') });
    assert.match(both, /no\.pem: is no readable certificate/);
    assert.match(both, /lost\.toml/, 'all of it');
  });

  test('it tells systemd when it is ready, reloads and stops', async () => {
    const socket = join(dir, 'notify.sock');
    // Node has no datagram sockets of files; python3, which the tests' system has, does.
    const listener = spawn('python3', ['-u', '-c', [
      'import socket, sys', 's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)', 's.bind(sys.argv[1])', 'print("bound")',
      'while True: print(s.recv(4096).decode().split("\\n")[0])'].join('\n'), socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    let heard = '';
    listener.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
    try {
      await eventually('the listener listens', () => heard.includes('bound'));
      const server = new KassaProcess(['serve', '--config', config], { NOTIFY_SOCKET: socket });
      await eventually('it is ready', () => heard === 'bound\nREADY=1\n', 15_000);
      process.kill(server.pid, 'SIGHUP');
      await eventually('it has reloaded', () => heard === 'bound\nREADY=1\nRELOADING=1\nREADY=1\n', 15_000);
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
      await eventually('it says that it stops', () => heard.endsWith('STOPPING=1\n'));
    } finally {
      listener.kill();
    }
  });

  test('it leaves no core, in which keys and cards would stand', async () => {
    const own = mkdtempSync(join(tmpdir(), 'kassa-core-'));
    // Of a process that can't be dumped, /proc belongs to root: so it is run as somebody else.
    const root = process.getuid?.() === 0;
    if (root) chownSync(own, 65534, 65534);
    const server = spawn(KASSA, ['sandbox', '--dir', own, '--listen', '127.0.0.1:0', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'], ...(root ? { uid: 65534, gid: 65534 } : {}) });
    let printed = '';
    server.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    try {
      await eventually('it serves', () => printed.includes('base_url'), 15_000);
      assert.match(readFileSync(`/proc/${server.pid}/limits`, 'utf8'), /Max core file size +0 +0 /);
      assert.equal(statSync(`/proc/${server.pid}/environ`).uid, 0);
    } finally {
      const ended = new Promise((resolve) => server.once('close', resolve));
      server.kill('SIGTERM');
      await within('it ends', 15_000, ended);
    }
    rmSync(own, { recursive: true });
  });

  test('a working directory that may not be looked into has no configuration', () => {
    const closed = mkdtempSync(join(tmpdir(), 'kassa-closed-'));
    const root = process.getuid?.() === 0;
    if (root) chownSync(closed, 65534, 65534);
    const { stderr, status } = spawnSync('sh', ['-c', 'chmod 0 . && exec "$0" config check', KASSA], {
      cwd: closed, encoding: 'utf8', env: { PATH: process.env['PATH'] }, ...(root ? { uid: 65534, gid: 65534 } : {}) });
    rmSync(closed, { recursive: true });
    assert.equal(status, CONFIG_WRONG);
    assert.equal(stderr, 'kassa: cannot read kassa.toml: Permission denied\n');
  });

  test('--version is what `kassa version` says', async () => {
    const flag = await run(['--version']);
    assert.equal(flag.code, 0);
    assert.equal(flag.stdout, (await run(['version'])).stdout);
  });
});

test('another sandbox on the same folder is refused, a restart goes on', async () => {
  const second = await run(['sandbox', '--dir', sandbox.dir, '--listen', '127.0.0.1:0', '--json']);
  assert.equal(second.code, 1);
  const payin = sandbox.client.payin(403902);
  const created = await sandbox.client.create(payin);
  await sandbox.restart();
  assert.equal((await sandbox.client.info(paymentIdOf(payin)))['request_id'], created['request_id']);
});
