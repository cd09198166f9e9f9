// The README's first payment by hand, word for word: its bash blocks, run in one shell against a
// sandbox. Only the address differs, since the tests' sandboxes take any free port.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';

import { KASSA } from './lib/process.ts';
import { Sandbox } from './lib/sandbox.ts';

const README = join(import.meta.dirname, '..', '..', 'README.md');
const STEPS = 6;

let sandbox: Sandbox;
let folder: string;

before(async () => {
  sandbox = await Sandbox.start();
  folder = mkdtempSync(join(tmpdir(), 'kassa-readme-'));
  mkdirSync(join(folder, 'var'));
  symlinkSync(sandbox.dir, join(folder, 'var', 'sandbox'));
  mkdirSync(join(folder, 'build'));
  symlinkSync(dirname(KASSA), join(folder, 'build', 'release'));
});
after(async () => {
  rmSync(folder, { recursive: true });
  await sandbox.finish();
});

test('a first signed payment by hand', () => {
  const text = readFileSync(README, 'utf8');
  const blocks = [...text.matchAll(/^```bash\n(.*?)^```$/gms)].map((block) => block[1] ?? '');
  assert.equal(blocks.length, STEPS, 'the README has another number of steps: look at this test');
  const printed = blocks.join('\n').replace('http://127.0.0.1:8080', sandbox.ready.base_url);
  assert.ok(printed.includes(sandbox.ready.base_url), 'the README names another address');

  const run = spawnSync('bash', ['-euo', 'pipefail', '-c', printed], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  assert.equal(run.status, 0, run.stderr);
  const answers = run.stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  assert.deepEqual(
    answers.map((answer) => [answer.status, answer.sub_status].filter(Boolean).join(':')),
    ['processing:requisites', 'processing:awaiting_confirm', 'processing:paid', 'success'],
  );
  assert.match(run.stdout, /What happened/, 'the whole life is shown');
  assert.match(run.stdout, /clean/, 'and the ledger is clean');
});
