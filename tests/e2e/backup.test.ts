// A backup taken under load, restored elsewhere and served: what was answered before it began is in it.
import assert from 'node:assert/strict';
import {
  appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { paymentIdOf } from './lib/client.ts';
import { eventually, inParallel } from './lib/eventually.ts';
import type { Json } from './lib/http.ts';
import { KassaProcess, run } from './lib/process.ts';
import { Random } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';

const MERCHANTS = 4;
const BEFORE = 200; // payments that are there before the backup begins

let sandbox: Sandbox;
let random: Random;
let folder: string;

before(async () => {
  random = new Random('backup');
  sandbox = await Sandbox.start({}, 'sqlite'); // PostgreSQL has tools of its own for this
  folder = mkdtempSync(join(tmpdir(), 'kassa-backup-'));
});
after(async () => {
  await sandbox.finish();
  rmSync(folder, { recursive: true });
});

/** Creates payments until it is told to stop; each is pushed when it was answered. */
async function trade(answered: Json[], running: () => boolean): Promise<void> {
  while (running()) {
    const body = sandbox.client.payin(random.between(1, 400) * 1000);
    const created = await sandbox.client.create(body);
    answered.push({ body, request_id: created['request_id'] });
  }
}

/** Another Kassa on another store, with the sandbox's key ring. */
class Restored {
  static async serve(store: string): Promise<Restored> {
    const process = new KassaProcess(['serve', '--json', '--config', join(sandbox.dir, 'kassa.toml')], {
      KASSA_STORE: `sqlite:${store}`, KASSA_ADMIN_SOCKET: `${store}.sock`, KASSA_LISTEN: '127.0.0.1:0',
    });
    const line = await eventually('the restored Kassa serves', () => {
      if (!process.running) throw new Error(process.output);
      return /^(.*)\n/.exec(process.stdout)?.[1];
    }, 20_000);
    return new Restored(process, (JSON.parse(line) as Json)['port'] as number);
  }

  readonly process: KassaProcess;
  private readonly port: number;

  private constructor(process: KassaProcess, port: number) {
    this.process = process;
    this.port = port;
  }

  async info(paymentId: string): Promise<Json> {
    const kept = sandbox.ready.base_url;
    const client = sandbox.clientOf(sandbox.client.identity);
    sandbox.ready.base_url = `http://127.0.0.1:${this.port}`;
    try {
      const asked = client.info(paymentId); // the address is read before the first wait
      sandbox.ready.base_url = kept;
      return await asked;
    } finally {
      sandbox.ready.base_url = kept;
    }
  }
}

const backUp = async (...more: string[]): Promise<Json> => await sandbox.cli.json('backup', join(folder, 'backups'), ...more);
const filesIn = (path: string): string[] => readdirSync(path).sort();

test('under load: verified, restored elsewhere, with every payment answered before it began', async () => {
  let running = true;
  const answered: Json[] = [];
  const merchants = Array.from({ length: MERCHANTS }, () => trade(answered, () => running));
  await eventually(`${BEFORE} payments`, () => answered.length >= BEFORE, 30_000);
  const known = [...answered];
  const made = await backUp();
  const during = answered.length - known.length;
  running = false;
  await Promise.all(merchants);
  assert.ok(during > 0, 'nothing was created while the backup was made: it was under no load');

  const backup = made['backup'] as string;
  assert.deepEqual(filesIn(backup), ['kassa.db', 'manifest.json']);
  assert.equal(statSync(join(backup, 'kassa.db')).mode & 0o777, 0o600);
  assert.ok((made['payments'] as number) >= known.length);

  const store = join(folder, 'elsewhere', 'kassa.db');
  mkdirSync(join(folder, 'elsewhere'));
  const restored = await sandbox.cli.json('restore', backup, '--to', store, '--verify');
  assert.equal(restored['verified'], true);
  assert.equal(restored['payments'], made['payments']);
  assert.deepEqual(restored['lanes'], made['lanes'], 'the books end where the backup says');

  const other = await Restored.serve(store);
  try {
    await inParallel(known, 16, async ({ body, request_id }) => {
      const info = await other.info(paymentIdOf(body as Json));
      assert.equal(info['request_id'], request_id);
      assert.equal(info['payment_info']['initial_amount'], (body as Json)['payment']['amount']);
    });
  } finally {
    assert.equal((await other.process.stop()).code, 0);
  }
});

test('a stopped store is backed up too', async () => {
  await sandbox.stop();
  const made = await backUp();
  assert.equal((await sandbox.cli.json('restore', made['backup'] as string, '--verify'))['verified'], true);
  await sandbox.crashAndRestart();
});

test('--keep leaves the newest whole ones and what is not ours', async () => {
  const into = join(folder, 'kept');
  mkdirSync(into);
  mkdirSync(join(into, 'somebody'));
  const made: string[] = [];
  for (let i = 0; i < 4; i++) made.push((await sandbox.cli.json('backup', into, '--keep', '2'))['backup'] as string);
  assert.deepEqual(filesIn(into).map((name) => join(into, name)), [...made.slice(2), join(into, 'somebody')]);
});

describe('what is not whole', () => {
  test('an interrupted backup is refused, and the next one clears it away', async () => {
    const into = join(folder, 'interrupted');
    const made = (await sandbox.cli.json('backup', into))['backup'] as string;
    const partial = `${made}.partial`;
    cpSync(made, partial, { recursive: true });
    rmSync(join(partial, 'manifest.json'));
    const refused = await sandbox.cli.any('restore', partial, '--to', join(folder, 'never.db'));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /no whole backup/);
    assert.ok(!existsSync(join(folder, 'never.db')));
    await sandbox.cli.json('backup', into);
    assert.ok(!existsSync(partial));
    assert.ok(existsSync(made));
  });

  test('a killed backup leaves no manifest', async () => {
    const into = join(folder, 'killed');
    const command = new KassaProcess(['backup', into, '--config', join(sandbox.dir, 'kassa.toml')]);
    await eventually('it has begun', () => existsSync(into) && filesIn(into).length > 0);
    await command.kill();
    for (const name of filesIn(into)) {
      if (name.endsWith('.partial')) {
        const refused = await sandbox.cli.any('restore', join(into, name), '--verify');
        assert.equal(refused.code, 1, `${name}: ${refused.stdout}`);
      } else {
        // It was done before the signal came: then it is whole.
        assert.equal((await sandbox.cli.json('restore', join(into, name), '--verify'))['verified'], true);
      }
    }
  });

  test('a changed byte, a file too many and a file too few are named, and nothing is restored', async () => {
    const made = (await backUp())['backup'] as string;
    const damage: [string, (copy: string) => void, RegExp][] = [
      ['a changed byte', (copy) => {
        const bytes = readFileSync(join(copy, 'kassa.db'));
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
        writeFileSync(join(copy, 'kassa.db'), bytes);
      }, /kassa\.db: its bytes are not those/],
      ['a longer file', (copy) => appendFileSync(join(copy, 'kassa.db'), 'x'), /kassa\.db: its bytes are not those/],
      ['a file too many', (copy) => writeFileSync(join(copy, 'more'), ''), /more: the manifest doesn't know it/],
      ['a file too few', (copy) => rmSync(join(copy, 'kassa.db')), /kassa\.db: it is missing/],
      ['other counts', (copy) => {
        const path = join(copy, 'manifest.json');
        writeFileSync(path, readFileSync(path, 'utf8').replace(/"payments":\d+/, '"payments":1'));
      }, /other numbers of rows/],
    ];
    for (const [what, spoil, says] of damage) {
      const copy = join(folder, what);
      cpSync(made, copy, { recursive: true });
      spoil(copy);
      const target = join(folder, `${what}.db`);
      const refused = await sandbox.cli.any('restore', copy, '--to', target);
      assert.equal(refused.code, 1, what);
      assert.match(refused.stderr, says, what);
      assert.ok(!existsSync(target), what);
      assert.ok(!existsSync(`${target}.restoring`), what);
    }
  });

  test('what lies at the target is never overwritten', async () => {
    const made = (await backUp())['backup'] as string;
    const own = await sandbox.cli.any('restore', made, '--to', join(sandbox.dir, 'kassa.db'));
    assert.equal(own.code, 1);
    assert.match(own.stderr, /in use by process/);
    const target = join(folder, 'taken.db');
    writeFileSync(target, 'somebody’s');
    const refused = await sandbox.cli.any('restore', made, '--to', target);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /is there already/);
    assert.equal(readFileSync(target, 'utf8'), 'somebody’s');
  });

  test('restore without a purpose is wrong usage', async () => {
    const { code } = await run(['restore', folder, '--config', join(sandbox.dir, 'kassa.toml')]);
    assert.equal(code, 2);
  });
});

test('the key ring is not in a backup', async () => {
  const ring = readFileSync(join(sandbox.dir, 'key-ring.toml'), 'utf8');
  const keys = ring.match(/[A-Za-z0-9+/_=-]{40,}/g) ?? [];
  assert.ok(keys.length > 0, 'no key was found in the ring');
  const made = (await backUp())['backup'] as string;
  for (const name of filesIn(made)) {
    const bytes = readFileSync(join(made, name));
    for (const key of keys) assert.ok(!bytes.includes(key), `${name} holds a key of the ring`);
  }
});
