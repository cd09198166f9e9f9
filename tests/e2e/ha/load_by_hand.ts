// `deploy/ha/load DIR`: a load on what runs there until Ctrl-C, a line each second; then the proof that
// nothing it was answered is lost or doubled.
import { Cluster } from './cluster.ts';
import { Load } from './load.ts';

const WORKERS = 4; // by door

const dir = process.argv[2];
if (dir === undefined) throw new Error('usage: load_by_hand.ts DIR');
const cluster = new Cluster(dir);
const load = new Load(cluster.identity(), {
  gateway1: cluster.urlOf('gateway1'), gateway2: cluster.urlOf('gateway2'), haproxy: cluster.front,
});
await load.start(cluster.cli, WORKERS);

let said = performance.now();
const clock = setInterval(() => {
  const since = said;
  said = performance.now();
  const answered = load.countAnswered(since, said);
  const primary = answered === 0 ? ': nobody can commit' : '';
  console.log(`${new Date().toISOString().slice(11, 19)}  ${String(answered).padStart(5)} payments answered${primary}`);
}, 1000);

await new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
});
clearInterval(clock);
console.log('\nwhat was begun is being answered');
await load.stop();
console.log(`comparing ${load.created.size} payments with what is there`);
await load.verify(cluster.cli);
load.close();
console.log(`${load.created.size} payments answered, ${load.confirmed.size} of them confirmed: none is lost, ` +
  'none is doubled, the books are clean');
