// A sandbox of its own for a test file: started on a fresh directory and port, restarted on the same,
// and at its end held to what is true of every run: it ends cleanly, its ledger is clean, no
// invariant broke, and nothing secret is to be found in what it printed or stored.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Cli } from './cli.ts';
import { Client, type Identity } from './client.ts';
import { eventually } from './eventually.ts';
import { request, type Json } from './http.ts';
import { ENGINE, PostgresServer, type Engine } from './postgres.ts';
import { filesOf, SecretValues, type Leak } from './privacy.ts';
import { KassaProcess, type Environment } from './process.ts';
import { ReceiptFolder, ReceiptTable, type ReceiptFiles } from './receipt_files.ts';
import type { CallbackKeys } from './sink.ts';

const START_MS = 20_000;

/** The line that `kassa sandbox --json` prints when it is ready. */
export type Ready = {
  base_url: string;
  metrics_url: string;
  merchant_id: string;
  project_id: string;
  private_key: string;
  public_key: string;
  hmac_key: string;
  callback_public_key: string;
  callback_hmac_key: string;
  shop_url?: string; // with --shop
};

export class Sandbox {
  readonly dir: string;
  readonly cli: Cli;
  readonly client: Client;
  readonly secrets = new SecretValues();
  ready: Ready;
  process: KassaProcess;
  private printed = ''; // by processes before this one
  private metrics = '';
  private readonly environment: Environment;
  private readonly options: string[];
  private store: Store;

  private constructor(
    dir: string, store: Store, environment: Environment, options: string[],
    process: KassaProcess, ready: Ready,
  ) {
    this.dir = dir;
    this.store = store;
    this.environment = environment;
    this.options = options;
    this.process = process;
    this.ready = ready;
    this.cli = new Cli(join(dir, 'kassa.toml'));
    this.client = new Client(this.identity(), () => this.ready.base_url, this.secrets);
    this.secrets.add('key', this.callbackKeys.hmacKey);
  }

  /**
   * `environment` may override keys of the configuration: `{KASSA_CALLBACKS__SCHEDULE_S: '1,1'}`;
   * `options` are further ones of `kassa sandbox`.
   */
  static async start(
    environment: Environment = {}, engine: Engine = ENGINE, options: string[] = [],
  ): Promise<Sandbox> {
    return await Sandbox.startOn(engine === 'postgresql' ? await PostgresServer.get() : undefined, environment, options);
  }

  /** The same on that server, or on a file. */
  static async startOn(
    server: PostgresServer | undefined, environment: Environment = {}, options: string[] = [],
  ): Promise<Sandbox> {
    const dir = mkdtempSync(join(tmpdir(), 'kassa-e2e-'));
    const store = server === undefined ? undefined : { server, url: server.makeDatabase() };
    const { process, ready } = await launch(dir, store, '127.0.0.1:0', environment, options);
    return new Sandbox(dir, store, environment, options, process, ready);
  }

  get port(): number {
    return Number(new URL(this.ready.base_url).port);
  }

  get callbackKeys(): CallbackKeys {
    return {
      rsaPublicPem: readFileSync(this.ready.callback_public_key, 'utf8'),
      hmacKey: readFileSync(this.ready.callback_hmac_key, 'utf8').trimEnd(),
    };
  }

  /** Of a sandbox on PostgreSQL. */
  get storeUrl(): string {
    if (this.store === undefined) throw new Error('this sandbox keeps its data in a file');
    return this.store.url;
  }

  /** A merchant of a project that the command line made. */
  clientOf(identity: Identity): Client {
    return new Client(identity, () => this.ready.base_url, this.secrets);
  }

  /** Makes another project by the command line, with a merchant of its own. */
  async createProject(name: string, options: { live?: boolean; currencies?: string[] } = {}): Promise<{
    client: Client; callbackKeys: CallbackKeys;
  }> {
    const text = (path: unknown) => readFileSync(path as string, 'utf8');
    const merchantId = await this.cli.createMerchant(name);
    const keysDir = join(this.dir, `keys of ${name}`);
    const keys = await this.cli.createProject(merchantId, name, keysDir, options);
    const client = this.clientOf({
      projectId: keys['project_id'] as string,
      merchantId,
      privateKeyPem: text(keys['private_key']),
      publicKeyPem: text(keys['public_key']),
      hmacKey: text(keys['hmac_key']).trimEnd(),
    });
    const hmacKey = text(keys['callback_hmac_key']).trimEnd();
    this.secrets.add('key', hmacKey);
    return { client, callbackKeys: { rsaPublicPem: text(keys['callback_public_key']), hmacKey } };
  }

  get receiptFiles(): ReceiptFiles {
    const { dir, store } = this;
    return store === undefined ? new ReceiptFolder(join(dir, 'kassa.db')) : new ReceiptTable(store.server, store.url);
  }

  /** Ends the process without a warning, and starts it again on the same data and port. */
  async crashAndRestart(): Promise<void> {
    await this.process.kill();
    await this.startAgain();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.startAgain();
  }

  async readMetrics(): Promise<string> {
    const answer = await request(this.ready.metrics_url);
    if (answer.status !== 200) throw new Error(`${this.ready.metrics_url} answered ${answer.status}`);
    this.metrics += answer.text;
    return answer.text;
  }

  /** The sum of a metric's series, 0 where there is none. */
  async metric(name: string, labels = ''): Promise<number> {
    const lines = (await this.readMetrics()).split('\n');
    return lines
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .filter((line) => line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** What must be true at the end of every file that used the sandbox; then removes it. */
  async finish(): Promise<void> {
    const found: string[] = [];
    if (this.process.running) {
      for (const problem of await this.cli.checkLedger()) found.push(`ledger: ${problem}`);
      const breaches = await this.metric('kassa_invariant_breaches_total');
      if (breaches !== 0) found.push(`${breaches} invariants broke`);
      const frozen = await this.metric('kassa_payments_frozen');
      if (frozen !== 0) found.push(`${frozen} payments are frozen`);
      await this.stop();
    } else {
      found.push(`kassa was not running any more:\n${this.process.output.slice(-3000)}`);
    }
    for (const leak of this.leaks()) found.push(`${leak.kind} value ${leak.value} in ${leak.where}`);
    if (found.length > 0) throw new Error(`${found.join('\n')}\n(kept: ${this.dir})`);
    rmSync(this.dir, { recursive: true });
  }

  /** Secret and personal values that stand in the clear where they must not. */
  leaks(): Leak[] {
    const output = Buffer.from(this.printed + this.process.output);
    return [
      ...this.secrets.findIn(output, 'what kassa printed', ['personal', 'key', 'token']),
      ...this.secrets.findIn(Buffer.from(this.metrics), 'metrics', ['personal', 'key', 'token']),
      ...this.secrets.findIn(Buffer.from(this.cli.printed), 'what commands printed', ['personal', 'key']),
      ...this.secrets.findIn(Buffer.from(this.cli.printedKeys), 'what commands printed', ['personal']),
      ...this.files().flatMap(({ path, content }) =>
        this.secrets.findIn(content, path, path.endsWith('.log')
          ? ['personal', 'key', 'token'] : ['personal', 'key'])),
    ];
  }

  /** All that it keeps, the store's files with it, but those that exist to hold a key. */
  files(): { path: string; content: Buffer }[] {
    const { dir, store } = this;
    return store === undefined ? filesOf(dir) : [...filesOf(dir), ...store.server.filesOf(store.url)];
  }

  async stop(): Promise<void> {
    const ended = await this.process.stop();
    this.printed += this.process.output;
    if (ended.code !== 0) {
      const how = `code ${ended.code}, signal ${ended.signal}`;
      throw new Error(`kassa ended with ${how}:\n${this.process.output.slice(-3000)}`);
    }
  }

  /** From the next start on its data are there: in a PostgreSQL database, or without one in its folder. */
  moveTo(store?: { server: PostgresServer; url: string }): void {
    this.store = store;
  }

  async startAgain(): Promise<void> {
    this.printed += this.process.output;
    this.client.forgetConnections();
    const before = this.ready;
    const { process, ready } = await launch(
      this.dir, this.store, `127.0.0.1:${this.port}`, this.environment, this.options,
    );
    this.process = process;
    this.ready = ready;
    if (ready.project_id !== before.project_id || ready.base_url !== before.base_url) {
      throw new Error(`it went on as another: ${JSON.stringify(ready)} after ${JSON.stringify(before)}`);
    }
  }

  private identity(): Identity {
    return {
      projectId: this.ready.project_id,
      merchantId: this.ready.merchant_id,
      privateKeyPem: readFileSync(this.ready.private_key, 'utf8'),
      publicKeyPem: readFileSync(this.ready.public_key, 'utf8'),
      hmacKey: readFileSync(this.ready.hmac_key, 'utf8').trimEnd(),
    };
  }
}

/** Where its data are, if not in its folder. */
type Store = { server: PostgresServer; url: string } | undefined;

async function launch(
  dir: string, store: Store, listen: string, environment: Environment, options: string[],
): Promise<{ process: KassaProcess; ready: Ready }> {
  const args = ['sandbox', '--dir', dir, '--listen', listen, '--json', ...options];
  if (store !== undefined) args.push('--store', store.url);
  const process = new KassaProcess(args, environment);
  try {
    const line = await eventually('kassa sandbox is ready', () => {
      if (!process.running) throw new Error('it ended');
      return /^(.*)\n/.exec(process.stdout)?.[1];
    }, START_MS);
    return { process, ready: readyOf(JSON.parse(line) as Json) };
  } catch (error) {
    if (process.running) await process.kill();
    throw new Error(`kassa sandbox did not start:\n${process.output}`, { cause: error });
  }
}

function readyOf(line: Json): Ready {
  const names = [
    'base_url', 'metrics_url', 'merchant_id', 'project_id', 'private_key', 'public_key', 'hmac_key',
    'callback_public_key', 'callback_hmac_key',
  ];
  const missing = names.filter((name) => typeof line[name] !== 'string' || line[name] === '');
  if (missing.length > 0) throw new Error(`the ready line lacks ${missing.join(', ')}`);
  return line as Ready;
}
