// A PostgreSQL server of this test process's own, in a temporary folder and on a socket there:
// started by the first who wants it, ended with the process.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, type Dirent } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from './eventually.ts';

const PROGRAMS = '/usr/lib/postgresql/15/bin';
const START_MS = 20_000;

export type Engine = 'sqlite' | 'postgresql';

/** Where sandboxes keep their data, if a test doesn't say it: a file of their own, or a database. */
export const ENGINE: Engine = engineOf(process.env['E2E_STORE'] ?? 'sqlite');

function engineOf(name: string): Engine {
  if (name === 'sqlite' || name === 'postgresql') return name;
  throw new Error(`E2E_STORE must be sqlite or postgresql, not ${name}`);
}

type User = { uid: number; gid: number };

/** PostgreSQL refuses to run as root. */
function otherUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((row) => row.startsWith('postgres:'));
  if (line === undefined) throw new Error('there is no user postgres; see ./dev');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

export class PostgresServer {
  private static running: Promise<PostgresServer> | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'kassa-e2e-pg-'));
  private readonly user = otherUser();
  private server: ChildProcess | undefined;
  private databases = 0;
  private readonly settings: string[];

  private constructor(settings: string[]) {
    this.settings = settings;
  }

  /** The one of this process. */
  static get(): Promise<PostgresServer> {
    PostgresServer.running ??= PostgresServer.make([]);
    return PostgresServer.running;
  }

  /** Another one, with settings such as 'enable_seqscan=off'. */
  static async make(settings: string[]): Promise<PostgresServer> {
    const made = new PostgresServer(settings);
    process.once('exit', () => made.vanish());
    if (made.user !== undefined) chownSync(made.folder, made.user.uid, made.user.gid);
    execFileSync(join(PROGRAMS, 'initdb'), [
      '-D', made.data, '-U', 'kassa', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync',
    ], { ...made.user, cwd: made.folder, stdio: 'ignore' });
    await made.start();
    return made;
  }

  async start(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    this.server = spawn(join(PROGRAMS, 'postgres'), [
      '-D', this.data, '-k', this.folder, '-c', 'listen_addresses=', '-c', 'fsync=off',
      '-c', 'shared_buffers=64MB', '-c', 'max_connections=200',
      '-c', 'track_commit_timestamp=on', // when a row was committed, by somebody who isn't Kassa
      ...this.settings.flatMap((setting) => ['-c', setting]),
    ], { ...this.user, cwd: this.folder, stdio: ['ignore', 'ignore', log] });
    closeSync(log);
    this.server.unref(); // the tests end when they are through
    await eventually('PostgreSQL answers', () => {
      try {
        return this.ask(this.urlOf('postgres'), 'SELECT 1') === '1';
      } catch {
        return undefined;
      }
    }, START_MS);
  }

  /** At once: whoever is connected is thrown out. */
  async stop(): Promise<void> {
    const server = this.server;
    if (server === undefined) return;
    this.server = undefined;
    server.ref();
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGINT');
    await ended;
  }

  /** Makes a new, empty database and answers its URL. */
  makeDatabase(): string {
    this.databases += 1;
    const name = `kassa_${this.databases}`;
    this.ask(this.urlOf('postgres'), `CREATE DATABASE ${name}`);
    return this.urlOf(name);
  }

  /** What a statement answers: rows in lines, columns by "|". */
  ask(url: string, sql: string): string {
    return execFileSync(join(PROGRAMS, 'psql'), ['-d', url, '-Atqc', sql], {
      encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  }

  /** What the server keeps of a database on disk. */
  filesOf(url: string): { path: string; content: Buffer }[] {
    const name = new URL(url).pathname.slice(1);
    this.ask(url, 'CHECKPOINT');
    const oid = this.ask(url, 'SELECT oid FROM pg_database WHERE datname = current_database()');
    const dir = join(this.data, 'base', oid);
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry: Dirent) => entry.isFile())
      .map((entry: Dirent) => ({ path: `${name}/${entry.name}.db`, content: readFileSync(join(dir, entry.name)) }));
  }

  /** What the server has logged. */
  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  private get logFile(): string {
    return join(this.folder, 'server.log');
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  private urlOf(database: string): string {
    return `postgresql:///${database}?host=${this.folder}&user=kassa`;
  }

  private vanish(): void {
    this.server?.kill('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
