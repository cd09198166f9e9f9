// The binary under test as a process: what it printed, how it ended, and how to end it.
//
// Only processes that were started here are ever ended, by their own handle.
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Readable } from 'node:stream';

import { within } from './eventually.ts';

export const PROJECT_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** E2E_KASSA, else KASSA_BIN, else the release build. */
export const KASSA = resolve(
  process.env['E2E_KASSA'] ?? process.env['KASSA_BIN'] ?? `${PROJECT_ROOT}build/release/kassa`,
);

const STOP_MS = 15_000;

export type Ended = { code: number | null; signal: NodeJS.Signals | null };
export type Environment = Record<string, string>;

// No orphan is left when a test run breaks off.
const alive = new Set<ChildProcess>();
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')));

/** Our environment without KASSA_… (each of which would override a key of the configuration). */
function environmentWith(extra: Environment): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('KASSA_'));
  return { ...Object.fromEntries(kept), ...extra };
}

export class KassaProcess {
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private result: Ended | undefined;

  constructor(args: string[], environment: Environment = {}, cwd?: string) {
    if (!existsSync(KASSA)) throw new Error(`there is no ${KASSA}: \`./dev build\` makes it`);
    this.child = spawn(KASSA, args, {
      env: environmentWith(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => resolve((this.result = { code, signal })));
    });
    this.ended.catch(() => {}); // whoever waits for it is told; nobody has to
    alive.add(this.child);
    this.child.once('close', () => alive.delete(this.child));
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get running(): boolean {
    return this.result === undefined;
  }

  /** SIGTERM, and waits for the end. */
  async stop(): Promise<Ended> {
    this.child.kill('SIGTERM');
    return await within('kassa ends after SIGTERM', STOP_MS, this.ended);
  }

  /** SIGKILL, as a power cut does it to a process. */
  async kill(): Promise<Ended> {
    this.child.kill('SIGKILL');
    return await within('kassa ends after SIGKILL', STOP_MS, this.ended);
  }

  get output(): string {
    return `${this.stdout}\n${this.stderr}`;
  }
}

/** Runs a command of the binary to its end. */
export async function run(
  args: string[], options: { environment?: Environment; cwd?: string; deadlineMs?: number } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = new KassaProcess(args, options.environment, options.cwd);
  try {
    const ended = await within(`kassa ${args.join(' ')}`, options.deadlineMs ?? 30_000, command.ended);
    if (ended.code === null) throw new Error(`kassa ${args.join(' ')} ended by ${ended.signal}`);
    return { code: ended.code, stdout: command.stdout, stderr: command.stderr };
  } finally {
    if (command.running) await command.kill();
  }
}
