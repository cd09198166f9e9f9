// Whether the time of a wrong link's answer tells which sort of wrong it is. Asks for malformed, forged
// and authentic but unknown links in a random order over one connection, and compares each sort with
// forged ones, and forged ones with other forged ones: what differs no more than those differs by chance.
//
//   cd tests/e2e && npm ci && E2E_KASSA=../../build/release/kassa \
//     PATH=$PWD/node_modules/.bin:$PATH node ../../bench/pages/links.ts [ROUNDS]
import { randomBytes, randomInt } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';

import type { Json } from '../../tests/e2e/lib/http.ts';
import { eventually } from '../../tests/e2e/lib/eventually.ts';
import { KassaProcess } from '../../tests/e2e/lib/process.ts';
import { Sandbox } from '../../tests/e2e/lib/sandbox.ts';

const ROUNDS = Number(process.argv[2] ?? 3000);
// Every request is another client's, so that none is told to wait.
const ENVIRONMENT = { KASSA_SECURITY__TRUSTED_PROXIES: '127.0.0.1/32' };

/** A Kassa that knows the key of these links, and none of their payments: its ring, an empty store. */
async function forgetful(): Promise<{ base: string; unknown: string[]; end: () => Promise<void> }> {
  const sandbox = await Sandbox.start(ENVIRONMENT);
  const unknown: string[] = [];
  for (let i = 0; i < 50; ++i) {
    const created: Json = await sandbox.client.create(sandbox.client.payin(100000));
    unknown.push((created['integration']['form_url'] as string).slice(-40));
  }
  await sandbox.stop();
  for (const name of readdirSync(sandbox.dir)) {
    if (name !== 'key-ring.toml') rmSync(join(sandbox.dir, name), { recursive: true });
  }
  const kassa = new KassaProcess(['sandbox', '--dir', sandbox.dir, '--listen', '127.0.0.1:0', '--json'], ENVIRONMENT);
  const ready = await eventually('kassa is ready', () => /^(.*)\n/.exec(kassa.stdout)?.[1]);
  return {
    base: (JSON.parse(ready) as Json)['base_url'] as string, unknown,
    end: async () => {
      await kassa.stop();
      rmSync(sandbox.dir, { recursive: true });
    },
  };
}

const { base, unknown, end } = await forgetful();
const forged = (): string => randomBytes(20).toString('hex');
const SORTS: Record<string, () => string> = {
  'forged': forged,
  'forged, again': forged,
  'unknown': () => unknown[randomInt(unknown.length)]!,
  'too short': () => forged().slice(1),
  'too long': () => `${forged()}0`,
  'no hexadecimal': () => `${forged().slice(1)}g`,
  'capitals': () => forged().toUpperCase(),
};

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function time(method: string, path: string): Promise<number> {
  const headers = { 'x-forwarded-for': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}` };
  const start = process.hrtime.bigint();
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest(base + path, { method, agent, headers });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const took = Number(process.hrtime.bigint() - start) / 1000;
      response.resume();
      response.once('end', () =>
        response.statusCode === 404 ? resolve(took) : reject(new Error(`${path} is answered ${response.statusCode}`)));
    });
    outgoing.end();
  });
}

const quantile = (sorted: number[], share: number): number => sorted[Math.floor(sorted.length * share)]!;

/** The middle of 95 of 100 differences of medians, of samples drawn again. */
function difference(a: number[], b: number[]): [number, number] {
  const median = (values: number[]) =>
    quantile(Array.from(values, () => values[randomInt(values.length)]!).sort((x, y) => x - y), 0.5);
  const found = Array.from({ length: 400 }, () => median(a) - median(b)).sort((x, y) => x - y);
  return [quantile(found, 0.025), quantile(found, 0.975)];
}

for (const [method, prefix, suffix] of [['GET', '/pay/', ''], ['GET', '/pay/widget/', ''], ['POST', '/pay/', '/confirm']] as const) {
  const times = new Map(Object.keys(SORTS).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS + 100; ++round) {
    const order = Object.keys(SORTS).map((name) => ({ name, at: Math.random() })).sort((a, b) => a.at - b.at);
    for (const { name } of order) {
      const took = await time(method, prefix + SORTS[name]!() + suffix);
      if (round >= 100) times.get(name)!.push(took); // the first ones warm up
    }
  }
  console.log(`\n${method} ${prefix}TOKEN${suffix}, ${ROUNDS} of each, microseconds`);
  console.log('  sort              10 %   median     90 %   median less that of forged ones, 95 % sure');
  const control = times.get('forged')!;
  for (const [name, values] of times) {
    const sorted = values.toSorted((a, b) => a - b);
    const [low, high] = difference(values, control);
    const numbers = [0.1, 0.5, 0.9].map((share) => quantile(sorted, share).toFixed(1).padStart(8)).join(' ');
    console.log(`  ${name.padEnd(15)} ${numbers}   ${name === 'forged' ? '' : `${low.toFixed(1)} … ${high.toFixed(1)}`}`);
  }
}
agent.destroy();
await end();
