// The programs of docs/integrating.md, as they stand there, give the signatures of the vectors.
//
// Those whose interpreters every test run has; with E2E_SNIPPETS=all, as `./dev test snippets` sets it
// after it has installed them, PHP, Go and Java too.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { PROJECT_ROOT } from './lib/process.ts';

type Vectors = {
  rsa_private_key_pem: string;
  cases: Record<string, { body: string; timestamp: string; rsa_signature: string }>;
};
type Snippet = { file: string; command: string[]; keepsNumbers: boolean };

/** The one vector whose numbers are not whole: the page says who can't sign those. */
const NUMBERS = 'numbers_as_written';
const JARS = ['databind', 'core', 'annotations'].map((part) => `/usr/share/java/jackson-${part}.jar`).join(':');

const EVERYWHERE: Snippet[] = [
  { file: 'sign.sh', command: ['bash', 'sign.sh'], keepsNumbers: false },
  { file: 'sign.mjs', command: ['node', 'sign.mjs'], keepsNumbers: false },
  { file: 'sign.py', command: ['/usr/bin/python3', 'sign.py'], keepsNumbers: true },
];
const INSTALLED: Snippet[] = [
  { file: 'sign.php', command: ['php', 'sign.php'], keepsNumbers: false },
  { file: 'sign.go', command: ['./sign'], keepsNumbers: true },
  { file: 'Sign.java', command: ['java', '-cp', `${JARS}:.`, 'Sign'], keepsNumbers: false },
];
const snippets = [...EVERYWHERE, ...(process.env['E2E_SNIPPETS'] === 'all' ? INSTALLED : [])];

const page = readFileSync(join(PROJECT_ROOT, 'docs/integrating.md'), 'utf8');
const vectors = JSON.parse(readFileSync(join(PROJECT_ROOT, 'tests/data/signing-vectors.json'), 'utf8')) as Vectors;

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'kassa-snippets-'));
  writeFileSync(join(folder, 'key.pem'), vectors.rsa_private_key_pem);
});
after(() => rmSync(folder, { recursive: true }));

/** What stands in the fence behind the mark. */
function snippet(file: string): string {
  const found = new RegExp(`<!-- snippet: ${file.replace('.', '\\.')} -->\\n\`\`\`\\w+\\n(.*?)\\n\`\`\`\\n`, 's').exec(page);
  assert.ok(found?.[1] !== undefined, `docs/integrating.md has no snippet ${file}`);
  return `${found[1]}\n`;
}

function run(command: string[], input = ''): string {
  const [program, ...rest] = command as [string, ...string[]];
  const environment = { ...process.env, GOFLAGS: '-mod=mod', GO111MODULE: 'off', GOCACHE: join(folder, 'go') };
  return execFileSync(program, rest, { cwd: folder, input, encoding: 'utf8', env: environment }).trimEnd();
}

function compile(file: string): void {
  if (file.endsWith('.go')) run(['go', 'build', '-o', 'sign', file]);
  if (file.endsWith('.java')) run(['javac', '-cp', JARS, file]);
}

for (const { file, command, keepsNumbers } of snippets) {
  describe(file, () => {
    before(() => {
      writeFileSync(join(folder, file), snippet(file));
      compile(file);
    });

    for (const [name, { body, timestamp, rsa_signature: expected }] of Object.entries(vectors.cases)) {
      const other = name === NUMBERS && !keepsNumbers;
      test(`${name}${other ? ': other numbers, as the page says' : ''}`, () => {
        const signed = run([...command, 'key.pem', timestamp], body);
        if (other) assert.notEqual(signed, expected);
        else assert.equal(signed, expected);
      });
    }
  });
}

test('every program of the page is run', () => {
  const marked = [...page.matchAll(/<!-- snippet: (\S+) -->/g)].map((match) => match[1]);
  assert.deepEqual(marked, [...EVERYWHERE, ...INSTALLED].map(({ file }) => file));
  assert.ok(vectors.cases[NUMBERS] !== undefined);
});
