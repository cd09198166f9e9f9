// What open pages cost: so many payers look at their page and nothing happens. Prints the memory that
// each stream takes of Kassa, its share of a core while all are idle, and how long a change takes to
// reach a page among them.
//
//   cd tests/e2e && npm ci && E2E_KASSA=../../build/release/kassa \
//     PATH=$PWD/node_modules/.bin:$PATH node ../../bench/pages/pages.ts [COUNT] [SECONDS]
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import type { Json } from '../../tests/e2e/lib/http.ts';
import { Sandbox } from '../../tests/e2e/lib/sandbox.ts';

const COUNT = Number(process.argv[2] ?? 5000);
const SECONDS = Number(process.argv[3] ?? 60);
const OF_PAYMENT = 5; // tabs of one payer
const OF_ADDRESS = 100; // pages of one address
const TICKS_PER_SECOND = 100; // of /proc/PID/stat

const sandbox = await Sandbox.start();
const { pid } = sandbox.process;

/** Resident memory of its own, in bytes; and the processor's time that it has used, in seconds. */
function used(): { memory: number; cpu: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] as string;
  const fields = stat.split(' ');
  return {
    memory: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024,
    cpu: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}

/** Opens a stream from an address of its own network, and resolves at its first event. */
async function open(url: string, number: number): Promise<IncomingMessage> {
  const address = `127.1.${Math.floor(number / OF_ADDRESS / 250)}.${1 + (Math.floor(number / OF_ADDRESS) % 250)}`;
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${url}/events`, { agent: false, localAddress: address });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      if (response.statusCode !== 200) return reject(new Error(`a stream is answered ${response.statusCode}`));
      response.once('data', () => resolve(response));
      return undefined;
    });
    outgoing.end();
  });
}

async function pages(count: number): Promise<string[]> {
  const created: Promise<string>[] = [];
  for (let i = 0; i < count; ++i) {
    created.push(sandbox.client.createWidget(sandbox.client.widget(100000, { payment: { lifetime: 600 } }))
      .then((answer: Json) => answer['integration']['form_url'] as string));
  }
  return await Promise.all(created);
}

const urls = await pages(Math.ceil(COUNT / OF_PAYMENT));
const before = used();
const streams: IncomingMessage[] = [];
for (let first = 0; first < COUNT; first += 50) {
  const some = Array.from({ length: Math.min(50, COUNT - first) }, async (_, i) =>
    await open(urls[Math.floor((first + i) / OF_PAYMENT)] as string, first + i));
  streams.push(...await Promise.all(some));
}
let ended = 0;
for (const stream of streams) stream.on('close', () => ended++).on('error', () => {}).resume();
await pause(2000);
const opened = used();
await pause(SECONDS * 1000);
const after = used();

const told: number[] = [];
for (let i = 0; i < 20; ++i) {
  const at = (i * 37) % urls.length;
  const stream = streams[at * OF_PAYMENT] as IncomingMessage;
  const begun = performance.now();
  const news = new Promise<void>((resolve) => {
    stream.on('data', (part: Buffer) => { if (part.toString().includes('"decline"')) resolve(); });
  });
  await fetch(`${urls[at] as string}/cancel`, { method: 'POST', redirect: 'manual' });
  await news;
  told.push(performance.now() - begun);
}
told.sort((a, b) => a - b);
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
console.log(`pages open            ${streams.length}, ended meanwhile ${ended}`);
console.log(`memory before         ${megabytes(before.memory)} MB`);
console.log(`memory with them      ${megabytes(after.memory)} MB: ${megabytes(after.memory - before.memory)} MB more, `
  + `${Math.round((after.memory - before.memory) / streams.length)} bytes a page`);
console.log(`while nothing happens ${(100 * (after.cpu - opened.cpu) / SECONDS).toFixed(2)} % of a core over ${SECONDS} s`);
console.log(`a change reaches one  p50 ${(told[10] as number).toFixed(1)} ms, slowest ${(told[19] as number).toFixed(1)} ms of 20`);
for (const stream of streams) stream.destroy();
await sandbox.process.kill();
process.exit(0);
