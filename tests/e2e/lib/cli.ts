// The command line as tests use it: each command's spelling and the parts of its JSON are here only.
import { parseStrictly } from './json_lines.ts';
import { run, type Environment } from './process.ts';
import type { Json } from './http.ts';

export type CliResult = { code: number; stdout: string; stderr: string };
/** One line of a payment's history: from, to and why are for people, told says whether merchants are. */
export type EventRow = {
  event: number; at_ms: number; cause: string; by: string; from: string; to: string; amount: number;
  why: string; told: boolean;
};

/** Every command of the first version with an example of its use, for `--help`. */
export const COMMANDS: readonly string[][] = [
  ['sandbox'], ['serve'], ['migrate'], ['config', 'check'], ['version'],
  ['merchant', 'create'], ['trader', 'create'], ['trader', 'set'], ['trader', 'list'], ['trader', 'report'],
  ['project', 'create'], ['project', 'list'], ['project', 'show'], ['project', 'set'],
  ['project', 'callbacks'], ['project', 'keys', 'make'], ['project', 'keys', 'list'], ['project', 'keys', 'add'],
  ['project', 'keys', 'expire'], ['project', 'keys', 'remove'], ['keys', 'list'], ['keys', 'rotate'],
  ['requisites', 'import'], ['requisites', 'list'], ['requisites', 'on'], ['requisites', 'off'],
  ['payment', 'list'], ['payment', 'show'], ['payment', 'resolve'], ['payment', 'receiver'],
  ['payment', 'receipt'],
  ['notice', 'add'], ['notice', 'list'], ['notice', 'show'], ['notice', 'assign'], ['notice', 'read'],
  ['callback', 'list'], ['callback', 'replay'],
  ['operator', 'add'], ['operator', 'list'], ['operator', 'set'],
  ['settlement', 'create'], ['settlement', 'approve'], ['settlement', 'reject'],
  ['settlement', 'list'], ['settlement', 'show'],
  ['ledger', 'check'], ['ledger', 'balances'], ['ledger', 'export'], ['resume'], ['backup'], ['restore'],
  ['export'], ['import'],
  ['sign'], ['verify'],
  ['ledger', 'check'], ['ledger', 'balances'], ['ledger', 'export'], ['resume'],
  ['switch', 'on'], ['switch', 'off'], ['switch', 'list'], ['drain'], ['log', 'level'],
];

/** Who decides, in the history of what tests decide: the operator that a sandbox has. */
export const OPERATOR = 'demo';

export class Cli {
  private readonly config: string;
  private readonly environment: Environment;
  /** Everything that commands printed, for the search for leaks. */
  printed = '';
  /** What commands printed that are there to hand out keys. */
  printedKeys = '';

  constructor(config: string, environment: Environment = {}) {
    this.config = config;
    this.environment = environment;
  }

  /** Runs a command on this configuration, whatever it comes to. */
  async any(...args: string[]): Promise<CliResult> {
    const result = await run([...args, '--config', this.config], { environment: this.environment });
    const handsOutKeys = args[0] === 'project' && ['create', 'callbacks', 'keys'].includes(args[1] ?? '');
    // A reference or note may name people, and these are the commands that say it.
    const saysReferences = ['settlement', 'notice'].includes(args[0] ?? '') && args[1] === 'show';
    // And this one is there to say whom a payout goes to.
    const saysReceivers = args[0] === 'payment' && args[1] === 'receiver';
    if (saysReferences || saysReceivers) this.printed += `${result.stderr}\n`;
    else if (handsOutKeys) this.printedKeys += `${result.stdout}\n${result.stderr}\n`;
    else this.printed += `${result.stdout}\n${result.stderr}\n`;
    return result;
  }

  /** Runs a command that must succeed, and returns its JSON. */
  async json(...args: string[]): Promise<Json> {
    const result = await this.any(...args, '--json');
    if (result.code !== 0) {
      throw new Error(`kassa ${args.join(' ')} → ${result.code}: ${result.stderr}${result.stdout}`);
    }
    return parseStrictly(result.stdout) as Json;
  }

  // ---- merchants, projects, traders ------------------------------------------------------------

  async createMerchant(name: string): Promise<string> {
    return idOf(await this.json('merchant', 'create', '--name', name), 'merchant_id');
  }

  /** `settings` as {'payout_methods.KZT': 'card-p2p'}; an empty value takes the default again. */
  async setTrader(traderId: string, settings: Record<string, string>): Promise<void> {
    await this.json('trader', 'set', traderId, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`));
  }

  async createTrader(name: string, credit: Record<string, number>): Promise<string> {
    const credits = Object.entries(credit).flatMap(([code, minor]) => ['--credit', `${code}=${minor}`]);
    return idOf(await this.json('trader', 'create', '--name', name, ...credits), 'trader_id');
  }

  /** Makes a project with its keys in `keysDir`; `private_key` and the others are paths. */
  async createProject(merchantId: string, name: string, keysDir: string, options: {
    live?: boolean; currencies?: string[];
  } = {}): Promise<Json> {
    const currencies = (options.currencies ?? []).flatMap((code) => ['--currency', code]);
    return await this.json(
      'project', 'create', '--merchant', merchantId, '--name', name, '--keys-dir', keysDir, ...currencies,
      ...(options.live === true ? ['--live'] : []),
    );
  }

  async listProjects(): Promise<Json[]> {
    return (await this.json('project', 'list'))['projects'] as Json[];
  }

  async showProject(projectId: string): Promise<Json> {
    return await this.json('project', 'show', projectId);
  }

  async setProject(projectId: string, setting: string, value: string): Promise<void> {
    await this.json('project', 'set', projectId, `${setting}=${value}`);
  }

  async setCallbackAlgorithm(projectId: string, algorithm: string): Promise<Json> {
    return await this.json('project', 'callbacks', projectId, '--algorithm', algorithm, '--as', OPERATOR);
  }

  // ---- requisites ------------------------------------------------------------------------------

  /** Returns the ids in the order of the file's rows. */
  async importRequisites(file: string): Promise<string[]> {
    return (await this.json('requisites', 'import', file))['requisites_ids'] as string[];
  }

  async listRequisites(): Promise<Json[]> {
    return await this.all('requisites', 'requisites', 'list');
  }

  async switchRequisites(id: string, on: boolean): Promise<void> {
    await this.json('requisites', on ? 'on' : 'off', id);
  }

  // ---- payments, callbacks, the ledger ---------------------------------------------------------

  async listPayments(projectId?: string): Promise<Json[]> {
    const filter = projectId === undefined ? [] : ['--project', projectId];
    return await this.all('payments', 'payment', 'list', ...filter);
  }

  async showPayment(requestId: string): Promise<Json> {
    return await this.json('payment', 'show', requestId);
  }

  async eventsOf(requestId: string): Promise<EventRow[]> {
    return (await this.showPayment(requestId))['events'] as EventRow[];
  }

  async resolve(requestId: string, ...how: string[]): Promise<Json> {
    return await this.json('payment', 'resolve', requestId, ...how, '--as', OPERATOR);
  }

  async resolveReceived(requestId: string, amount: number): Promise<Json> {
    return await this.resolve(requestId, '--received', String(amount));
  }

  async listCallbacks(requestId?: string): Promise<Json[]> {
    return await this.all('callbacks', 'callback', 'list', ...(requestId === undefined ? [] : [requestId]));
  }

  /** Tells the event of that number again, and says what came of it. */
  async replay(requestId: string, event: number): Promise<Json> {
    return await this.json('callback', 'replay', requestId, String(event));
  }

  /** Whom a payout goes to, in the clear. */
  async receiver(requestId: string): Promise<Json> {
    return await this.json('payment', 'receiver', requestId, '--as', OPERATOR);
  }

  /** A trader's word about a payment of theirs; `more`: `--amount`, `--order`, `--trader` … */
  async report(requestId: string, word: string, ...more: string[]): Promise<Json> {
    return await this.json('trader', 'report', requestId, word, '--as', OPERATOR, ...more);
  }

  // ---- notices ---------------------------------------------------------------------------------

  /** `options` as they are spelled: {number: …, amount: 5, reference: …}. */
  async addNotice(options: Record<string, string | number>): Promise<Json> {
    return await this.json('notice', 'add', ...spelled(options), '--as', OPERATOR);
  }

  async listNotices(...filter: string[]): Promise<Json[]> {
    return await this.all('notices', 'notice', 'list', ...filter);
  }

  async showNotice(noticeId: string): Promise<Json> {
    return await this.json('notice', 'show', noticeId);
  }

  async assignNotice(noticeId: string, requestId: string): Promise<Json> {
    return await this.json('notice', 'assign', noticeId, requestId, '--as', OPERATOR);
  }

  async readNotice(noticeId: string, ...more: string[]): Promise<Json> {
    return await this.json('notice', 'read', noticeId, '--as', OPERATOR, ...more);
  }

  // ---- settlements -----------------------------------------------------------------------------

  async addOperators(...names: string[]): Promise<void> {
    for (const name of names) await this.json('operator', 'add', name);
  }

  /** `options` as they are spelled: {kind: 'deposit', project: …, amount: 5, currency: 'KZT', …}. */
  async createSettlement(options: Record<string, string | number>): Promise<Json> {
    return await this.json('settlement', 'create', ...spelled(options));
  }

  async approve(settlementId: string, as: string): Promise<Json> {
    return await this.json('settlement', 'approve', settlementId, '--as', as);
  }

  async reject(settlementId: string, as: string, ...more: string[]): Promise<Json> {
    return await this.json('settlement', 'reject', settlementId, '--as', as, ...more);
  }

  async showSettlement(settlementId: string): Promise<Json> {
    return await this.json('settlement', 'show', settlementId);
  }

  async listSettlements(...filter: string[]): Promise<Json[]> {
    return await this.all('settlements', 'settlement', 'list', ...filter);
  }

  /** A command that must be refused: what it said, and its code. */
  async refusal(...args: string[]): Promise<{ code: string; sentence: string }> {
    const result = await this.any(...args, '--json');
    if (result.code !== 1) {
      throw new Error(`kassa ${args.join(' ')} → ${result.code}: ${result.stderr}${result.stdout}`);
    }
    return { code: (JSON.parse(result.stdout) as Json)['code'] as string, sentence: result.stderr };
  }

  /** The problems that it found; none is clean. */
  async checkLedger(): Promise<string[]> {
    const result = await this.any('ledger', 'check', '--json');
    const report = JSON.parse(result.stdout) as Json;
    const problems = report['problems'] as string[];
    if ((result.code === 0) !== (problems.length === 0)) {
      throw new Error(`ledger check ends with ${result.code} and says ${result.stdout}`);
    }
    return problems;
  }

  /** Every row of a list, page by page. */
  private async all(rows: string, ...args: string[]): Promise<Json[]> {
    const found: Json[] = [];
    let cursor = '';
    do {
      const page = await this.json(...args, '--limit', '1000', ...(cursor === '' ? [] : ['--cursor', cursor]));
      found.push(...(page[rows] as Json[]));
      cursor = (page['next_cursor'] as string | null | undefined) ?? '';
    } while (cursor !== '');
    return found;
  }
}

/** {kind: 'deposit'} → --kind deposit */
export function spelled(options: Record<string, string | number>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function idOf(answer: Json, name: string): string {
  const id = (answer[name] ?? answer['id']) as unknown;
  if (typeof id !== 'string') throw new Error(`no ${name} in ${JSON.stringify(answer)}`);
  return id;
}
