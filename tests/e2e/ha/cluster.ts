// deploy/ha as tests see it: started and ended by its own scripts, its nodes killed and started by
// them, and asked what an operator could ask.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Cli } from '../lib/cli.ts';
import type { Identity } from '../lib/client.ts';
import { eventually } from '../lib/eventually.ts';
import { request } from '../lib/http.ts';
import { KASSA, PROJECT_ROOT } from '../lib/process.ts';

const SCRIPTS = join(PROJECT_ROOT, 'deploy/ha');
const PSQL = '/usr/lib/postgresql/15/bin/psql';
const START_MS = 600_000; // it may have to install Debian packages
const SCRIPT_MS = 120_000;

export type Node = 'pg1' | 'pg2';
export const NODES: readonly Node[] = ['pg1', 'pg2'];

export const GATEWAYS = ['gateway1', 'gateway2'] as const;
export type Gateway = (typeof GATEWAYS)[number];

export class Cluster {
  readonly dir: string;
  readonly cli: Cli;
  private readonly settings: Map<string, string>;

  /** One that runs already. */
  constructor(dir: string) {
    this.dir = dir;
    this.settings = new Map(['kassa-ha', 'secrets'].flatMap((file) =>
      readFileSync(join(dir, file), 'utf8').trimEnd().split('\n').map((line) => {
        const [name, value] = line.split('=');
        return [name ?? '', value ?? ''] as const;
      })));
    this.cli = new Cli(join(dir, 'gateway1/gateway.toml'));
  }

  /** `ttlS`: Patroni's `ttl`, for which a dead primary keeps all waiting. */
  static async start(ttlS: number): Promise<Cluster> {
    const dir = mkdtempSync(join(tmpdir(), 'kassa-ha-'));
    process.once('exit', () => vanish(dir));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
    await promisify(execFile)(join(SCRIPTS, 'start'), [dir], {
      env: { ...process.env, KASSA, HA_TTL_S: String(ttlS) }, timeout: START_MS,
    });
    return new Cluster(dir);
  }

  /** Ends all by its own script. */
  async stop(): Promise<void> {
    keepLogs(this.dir);
    await promisify(execFile)(join(SCRIPTS, 'stop'), [this.dir], { timeout: SCRIPT_MS });
  }

  /** Every process that the scripts started and that still runs, by the name of its part. */
  processes(): { part: string; pid: number }[] {
    const started = readdirSync(join(this.dir, 'run')).map((file) => ({
      part: file.replace('.pid', ''), pid: Number(readFileSync(join(this.dir, 'run', file), 'utf8').split(' ')[0]),
    }));
    const postmasters = NODES.map((node) => ({
      part: `PostgreSQL of ${node}`, pid: Number(readFileSync(join(this.dir, node, 'data/postmaster.pid'), 'utf8').split('\n')[0]),
    }));
    return [...started, ...postmasters].filter(({ pid }) => existsSync(`/proc/${pid}`));
  }

  get front(): string {
    return this.url('FRONT');
  }

  urlOf(gateway: Gateway): string {
    return this.url(`${gateway.toUpperCase()}_HTTP`);
  }

  /** The process of a gateway, and when it began: another one would have another. */
  processOf(gateway: Gateway): string {
    const known = readFileSync(join(this.dir, `run/${gateway}.pid`), 'utf8').trim();
    const stat = readFileSync(`/proc/${known.split(' ')[0]}/stat`, 'utf8');
    const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    if (began !== known.split(' ')[1]) throw new Error(`${gateway} is not the process that was started`);
    return known;
  }

  identity(): Identity {
    const project = JSON.parse(readFileSync(join(this.dir, 'kassa/project.json'), 'utf8')) as Record<string, string>;
    const text = (name: string) => readFileSync(project[name] as string, 'utf8');
    return {
      projectId: project['project_id'] as string,
      merchantId: project['project_id'] as string,
      privateKeyPem: text('private_key'),
      publicKeyPem: text('public_key'),
      hmacKey: text('hmac_key').trimEnd(),
    };
  }

  /** SIGKILL for a node's Patroni, PostgreSQL and all its processes. */
  async kill(node: Node): Promise<void> {
    await this.node('kill', node);
  }

  /** Starts a killed node; what becomes of it is Patroni's. */
  async startAgain(node: Node): Promise<void> {
    await this.node('start', node);
  }

  /** The node of which Patroni says that it is primary, if there is one. */
  async primary(): Promise<Node | undefined> {
    for (const node of NODES) if ((await this.patroni(node, '/primary'))?.status === 200) return node;
    return undefined;
  }

  /** Waits for a standby that commits wait for: it has all that was answered. */
  async untilReplicated(deadlineMs: number): Promise<void> {
    await eventually('there is a synchronous standby', async () => {
      for (const node of NODES) if ((await this.patroni(node, '/sync'))?.status === 200) return true;
      return false;
    }, deadlineMs);
  }

  /** Waits until a commit returns on a node, asked there itself; the moment at which it did. */
  async untilCommits(node: Node, deadlineMs: number): Promise<number> {
    return await eventually(`${node} commits`, async () => {
      // Within one statement the commit waits for the standby, so this is as exact as can be.
      await promisify(execFile)(PSQL, [
        '-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', this.setting(`${node.toUpperCase()}_SQL_PORT`),
        '-U', 'postgres', '-d', 'postgres', '-c', 'INSERT INTO probe DEFAULT VALUES',
      ], { env: { ...process.env, PGPASSWORD: this.setting('SUPERUSER_PASSWORD') }, timeout: deadlineMs });
      return performance.now();
    }, deadlineMs);
  }

  /** What `untilCommits` writes to. */
  async makeProbe(): Promise<void> {
    await promisify(execFile)(PSQL, [
      '-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', this.setting('DATABASE_PORT'),
      '-U', 'postgres', '-d', 'postgres', '-c', 'CREATE TABLE probe (at timestamptz DEFAULT now())',
    ], { env: { ...process.env, PGPASSWORD: this.setting('SUPERUSER_PASSWORD') } });
  }

  /** The sum of a metric's series over both gateways. */
  async metric(name: string): Promise<number> {
    let sum = 0;
    for (const gateway of GATEWAYS) {
      const { text } = await request(`${this.urlOf(gateway)}/metrics`);
      for (const line of text.split('\n')) {
        if (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) sum += Number(line.split(' ').at(-1));
      }
    }
    return sum;
  }

  private async node(command: 'kill' | 'start', node: Node): Promise<void> {
    await promisify(execFile)(join(SCRIPTS, 'node'), [command, node, this.dir], { timeout: SCRIPT_MS });
  }

  /** Nothing if that Patroni doesn't answer. */
  private async patroni(node: Node, path: string): Promise<{ status: number } | undefined> {
    return await request(this.url(`${node.toUpperCase()}_REST`) + path).catch(() => undefined);
  }

  private url(name: string): string {
    return `http://127.0.0.1:${this.setting(`${name}_PORT`)}`;
  }

  private setting(name: string): string {
    const value = this.settings.get(name);
    if (value === undefined) throw new Error(`${this.dir} has no ${name}`);
    return value;
  }
}

function keepLogs(dir: string): void {
  cpSync(join(dir, 'log'), join(PROJECT_ROOT, 'build/logs/failover'), { recursive: true });
}

/** The end of a test that broke off, whether all was started or not. */
function vanish(dir: string): void {
  if (!existsSync(dir)) return;
  try {
    keepLogs(dir);
    execFileSync(join(SCRIPTS, 'stop'), [dir], { stdio: ['ignore', 'ignore', 'pipe'], timeout: SCRIPT_MS });
  } catch (error) {
    console.error(`what was started in ${dir} may not have ended: ${String(error)}`);
  }
}
