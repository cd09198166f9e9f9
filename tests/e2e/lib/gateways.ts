// Several gateways on one PostgreSQL: `kassa serve` as often as wanted, on the store and the key ring
// of a sandbox that was there before, each with its own port, socket and log.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { Cli } from './cli.ts';
import { eventually } from './eventually.ts';
import { request } from './http.ts';
import { KassaProcess, type Environment } from './process.ts';

const READY_MS = 20_000;

export class Gateway {
  readonly name: string;
  readonly port: number;
  readonly cli: Cli;
  private readonly config: string;
  private readonly environment: Environment;
  private process: KassaProcess;
  private printed = ''; // by processes before this one

  private constructor(name: string, port: number, config: string, environment: Environment) {
    this.name = name;
    this.port = port;
    this.config = config;
    this.environment = environment;
    this.cli = new Cli(config);
    this.process = this.launch();
  }

  /** `dir` is the sandbox's folder. */
  static async start(dir: string, name: string, environment: Environment = {}): Promise<Gateway> {
    const port = await freePort();
    const base = `http://127.0.0.1:${port}`;
    const own: Record<string, string> = {
      listen: `127.0.0.1:${port}`,
      admin_socket: join(dir, `${name}.sock`),
      public_api_base: base,
      public_page_base: `${base}/pay`,
      file: join(dir, `${name}.log`),
    };
    const text = readFileSync(join(dir, 'kassa.toml'), 'utf8').split('\n').map((line) => {
      const key = line.split(' = ')[0] as string;
      return key in own ? `${key} = ${JSON.stringify(own[key])}` : line;
    }).join('\n');
    const config = join(dir, `${name}.toml`);
    writeFileSync(config, text);
    const gateway = new Gateway(name, port, config, environment);
    await gateway.untilReady();
    return gateway;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.process.pid;
  }

  get running(): boolean {
    return this.process.running;
  }

  get output(): string {
    return this.printed + this.process.output;
  }

  async untilReady(): Promise<void> {
    await eventually(`gateway ${this.name} is ready`, async () => {
      if (!this.process.running) throw new Error(`it ended:\n${this.process.output}`);
      return (await request(`${this.baseUrl}/readyz`)).status === 200;
    }, READY_MS);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    if (!this.running) throw new Error(`gateway ${this.name} ended by itself:\n${this.output.slice(-6000)}`);
    await this.process.kill();
  }

  /** SIGTERM: what is under way is brought to its end. */
  async stop(): Promise<void> {
    const ended = await this.process.stop();
    if (ended.code !== 0) throw new Error(`gateway ${this.name} ended with ${JSON.stringify(ended)}:\n${this.output}`);
  }

  /** On the same port, after it ended. */
  async startAgain(): Promise<void> {
    this.printed += this.process.output;
    this.process = this.launch();
    await this.untilReady();
  }

  /** SIGSTOP: it stands still with all that it holds. */
  suspend(): void {
    if (!this.running) throw new Error(`gateway ${this.name} ended by itself:\n${this.output.slice(-6000)}`);
    process.kill(this.pid, 'SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** The sum of a metric's series, 0 where there is none. */
  async metric(name: string, labels = ''): Promise<number> {
    const answer = await request(`${this.baseUrl}/metrics`);
    return answer.text.split('\n')
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .filter((line) => line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  private launch(): KassaProcess {
    return new KassaProcess(['serve', '--config', this.config], this.environment);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
