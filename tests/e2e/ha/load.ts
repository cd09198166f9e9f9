// A load on several doors of one Kassa, and the proof that nothing it was answered is lost or doubled.
//
// Each worker creates payins one after another and confirms every fourth. Whatever is not answered, or
// answered 503, it repeats, as docs/durability.md tells merchants to, until it is answered: so at the
// end all that was begun has an answer, and all answers can be compared with what is there.
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import type { Cli } from '../lib/cli.ts';
import { Client, PATH, paymentIdOf, stateOf, type Identity } from '../lib/client.ts';
import { eventually, inParallel, within } from '../lib/eventually.ts';
import { request, type Answer, type Json } from '../lib/http.ts';
import { SecretValues } from '../lib/privacy.ts';

const AMOUNT = 500_000;
const REPEAT_MS = 50;
const CONFIRM_EVERY = 4;
const END_MS = 60_000;
const WIDTH = 16;

/** A create that was answered 200: by which door, and when. */
export type Answered = { requestId: string; door: string; at: number };

export class Load {
  readonly created = new Map<string, Answered>();
  readonly confirmed = new Set<string>();
  /** Answers that say "repeat": how many, by door. */
  readonly refused = new Map<string, number>();
  private readonly doors: Record<string, string>;
  private readonly client: Client;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 256 });
  private readonly workers: Promise<void>[] = [];
  private readonly storedBefore = new Set<string>();
  private balanceBefore = 0;
  private stopping = false;
  private closed = false;
  private failure: unknown;

  /** `doors`: base URLs by the names that reports call them. */
  constructor(identity: Identity, doors: Record<string, string>) {
    this.doors = doors;
    this.client = new Client(identity, () => '', new SecretValues());
  }

  async start(cli: Cli, workersByDoor: number): Promise<void> {
    for (const row of await cli.listPayments(this.client.projectId)) this.storedBefore.add(row['payment_id'] as string);
    this.balanceBefore = await this.balance();
    for (const door of Object.keys(this.doors)) {
      for (let i = 0; i < workersByDoor; i += 1) {
        const worker = this.work(door);
        worker.catch((error: unknown) => (this.failure ??= error));
        this.workers.push(worker);
      }
    }
  }

  /** Nothing new is begun; what is begun is repeated until it is answered. */
  async stop(): Promise<void> {
    this.stopping = true;
    await within('all that was begun is answered', END_MS, Promise.all(this.workers));
  }

  /** Fails if a worker was answered what no merchant may be answered. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  countAnswered(from: number, until = Infinity): number {
    return [...this.created.values()].filter(({ at }) => at >= from && at < until).length;
  }

  /** Waits until a door has answered `count` creates since a moment; that of the first. */
  async untilAnswered(door: string, since: number, count: number, deadlineMs: number): Promise<number> {
    return await eventually(`${door} answers`, () => {
      this.check();
      const moments = [...this.created.values()].filter((one) => one.door === door && one.at >= since);
      return moments.length >= count ? Math.min(...moments.map(({ at }) => at)) : undefined;
    }, deadlineMs);
  }

  /** Compares what was answered with what is there: by the API of every door, and by the command line. */
  async verify(cli: Cli): Promise<void> {
    const doors = Object.keys(this.doors);
    await inParallel([...this.created], WIDTH, async ([paymentId, answered], index) => {
      const info = await this.info(doors[index % doors.length] as string, paymentId);
      assert.equal(info['request_id'], answered.requestId, `${paymentId}, answered by ${answered.door}`);
      assert.equal(info['payment_info']['amount'], AMOUNT, paymentId);
    });
    await inParallel([...this.confirmed], WIDTH, async (paymentId, index) => {
      await eventually(`${paymentId}, which was confirmed, succeeds`, async () =>
        stateOf(await this.info(doors[index % doors.length] as string, paymentId)) === 'success', END_MS);
    });
    const stored = (await cli.listPayments(this.client.projectId)).map((row) => row['payment_id'] as string);
    assert.deepEqual(
      stored.filter((paymentId) => !this.storedBefore.has(paymentId)).toSorted(), [...this.created.keys()].toSorted(),
      'each payment that was asked for is there once, and no other',
    );
    const grown = await this.balance() - this.balanceBefore;
    assert.equal(grown, this.confirmed.size * AMOUNT, 'each success is posted once');
    assert.deepEqual(await cli.checkLedger(), []);
  }

  /** At once: what is not answered yet stays so. */
  close(): void {
    this.stopping = true;
    this.closed = true;
    this.agent.destroy();
  }

  private async work(door: string): Promise<void> {
    for (let count = 1; !this.stopping; count += 1) {
      const body = this.client.payin(AMOUNT);
      const paymentId = paymentIdOf(body);
      const created = await this.insist(door, PATH.payin, body);
      this.created.set(paymentId, {
        requestId: created['request_id'] as string, door, at: performance.now(),
      });
      if (count % CONFIRM_EVERY !== 0) continue;
      while (stateOf(await this.info(door, paymentId)) === 'processing:requisites') await pause(REPEAT_MS);
      await this.insist(door, PATH.confirm, this.client.about(paymentId));
      this.confirmed.add(paymentId);
    }
  }

  private async balance(): Promise<number> {
    const door = Object.keys(this.doors)[0] as string;
    const all = await this.insist(door, PATH.balance, { general: { project_id: this.client.projectId } });
    return (all['balance'] as Json[]).find((row) => row['currency'] === 'KZT')?.['amount'] as number;
  }

  private async info(door: string, paymentId: string): Promise<Json> {
    return await this.insist(door, PATH.info, this.client.about(paymentId));
  }

  /** Repeats a call until it is answered 200. */
  private async insist(door: string, path: string, body: Json): Promise<Json> {
    for (;;) {
      if (this.closed) throw new Error(`${door}${path} was not answered before the end`);
      const answer = await this.once(door, path, body);
      if (answer.status === 200) return answer.json;
      assert.equal(answer.status, 503, `${door}${path} answered ${answer.status}: ${answer.text}`);
      this.refused.set(door, (this.refused.get(door) ?? 0) + 1);
      await pause(REPEAT_MS);
    }
  }

  private async once(door: string, path: string, body: Json): Promise<Answer> {
    const text = JSON.stringify(body);
    return await request(this.doors[door] + path, {
      method: 'POST', headers: this.client.sign(text, { scheme: 'HMAC' }), body: text, agent: this.agent,
    });
  }
}
