// The merchant's side of callbacks: receives them, checks each signature, remembers the order, and
// behaves as badly as it is told to.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { stateOf } from './client.ts';
import { eventually } from './eventually.ts';
import type { Json } from './http.ts';
import { parseStrictly } from './json_lines.ts';
import { verifyStrict, type Scheme } from './sign.ts';

export type Delivery = {
  path: string; // internal, success or decline
  headers: IncomingMessage['headers'];
  text: string;
  json: Json;
  state: string;
  paymentId: string;
  requestId: string;
  at: number; // ms
  status: number; // what it was answered; 0: nothing
};

/** What to do with a try: 200 unless told otherwise. `nth` counts tries of the same state from 1. */
export type Behaviour = (
  delivery: Delivery, nth: number,
) => Reaction | undefined;
export type Reaction = {
  status?: number; headers?: Record<string, string>; body?: string; delayMs?: number; hang?: boolean;
};

export type CallbackKeys = { rsaPublicPem: string; hmacKey: string };

export class Sink {
  readonly deliveries: Delivery[] = [];
  /** Sentences about callbacks that no merchant should have got. */
  readonly complaints: string[] = [];
  private readonly server: Server;
  private readonly keys = new Map<string, CallbackKeys[]>();
  private behaviour: Behaviour = () => undefined;

  private constructor() {
    this.server = createServer((request, response) => {
      this.receive(request, response).catch((error: unknown) => {
        this.complaints.push(`the sink failed: ${String(error)}`);
        response.destroy();
      });
    });
  }

  static async start(): Promise<Sink> {
    const sink = new Sink();
    await new Promise<void>((resolve) => sink.server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The three URLs of a create; `tag` keeps the tests of one file apart. */
  urls(tag = 'callbacks'): Json {
    const base = `http://127.0.0.1:${this.port}/${tag}`;
    return {
      merchant_callback_url: `${base}/internal`,
      merchant_success_callback_url: `${base}/success`,
      merchant_decline_callback_url: `${base}/decline`,
    };
  }

  /** Several while one takes another's place, as a merchant would have them. */
  trust(projectId: string, ...keys: CallbackKeys[]): void {
    this.keys.set(projectId, keys);
  }

  behave(behaviour: Behaviour): void {
    this.behaviour = behaviour;
  }

  of(paymentId: string): Delivery[] {
    return this.deliveries.filter((delivery) => delivery.paymentId === paymentId);
  }

  /** The states told of a payment, in order, those that were answered 2xx. */
  statesOf(paymentId: string): string[] {
    return this.of(paymentId).filter(wasTaken).map((delivery) => delivery.state);
  }

  async waitFor(paymentId: string, state: string, deadlineMs = 10_000): Promise<Delivery> {
    return await eventually(
      `callback ${state} of ${paymentId}`,
      () => this.of(paymentId).find((delivery) => delivery.state === state && wasTaken(delivery)),
      deadlineMs,
    );
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    if (this.complaints.length > 0) throw new Error(this.complaints.join('\n'));
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const delivery = this.read(request, Buffer.concat(parts).toString('utf8'));
    const nth = this.deliveries.filter(
      (one) => one.requestId === delivery.requestId && one.state === delivery.state,
    ).length + 1;
    this.deliveries.push(delivery);
    const answer = this.behaviour(delivery, nth) ?? {};
    if (answer.hang === true) return;
    if (answer.delayMs !== undefined) await pause(answer.delayMs);
    delivery.status = answer.status ?? 200;
    response.writeHead(delivery.status, answer.headers).end(answer.body);
  }

  private read(request: IncomingMessage, text: string): Delivery {
    const json = parseStrictly(text) as Json;
    const complaint = this.wrongWith(request, text, json);
    if (complaint !== undefined) this.complaints.push(`${complaint}: ${request.url}: ${text}`);
    return {
      path: (request.url ?? '').split('/').at(-1) ?? '',
      headers: request.headers,
      text,
      json,
      state: stateOf(json['status']),
      paymentId: json['general']['payment_id'] as string,
      requestId: json['general']['request_id'] as string,
      at: Date.now(),
      status: 0,
    };
  }

  private wrongWith(request: IncomingMessage, text: string, json: Json): string | undefined {
    const header = (name: string) => String(request.headers[name] ?? '');
    const keys = this.keys.get(json['project_id'] as string);
    if (keys === undefined) return 'a callback of a project that nobody trusts';
    if (request.method !== 'POST') return `method ${request.method}`;
    if (!header('content-type').startsWith('application/json')) return 'content-type';
    if (header('x-access-merchant-id') !== json['project_id']) return 'x-access-merchant-id';
    if ('x-access-token' in request.headers) return 'a callback carries no token';
    const timestamp = header('x-access-timestamp');
    if (!/^[1-9][0-9]{9}$/.test(timestamp)) return `timestamp ${timestamp}`;
    if (Math.abs(Number(timestamp) - Date.now() / 1000) > 15) return `a stale timestamp ${timestamp}`;
    const scheme = schemeOf(header('x-access-merchant-algorithm'));
    if (scheme === undefined) return 'x-access-merchant-algorithm';
    const good = keys.some(({ rsaPublicPem, hmacKey }) => verifyStrict(
      scheme, scheme === 'RSA' ? rsaPublicPem : hmacKey, text, timestamp, header('x-access-signature')));
    return good ? undefined : `a bad ${scheme} signature`;
  }
}

function schemeOf(algorithm: string): Scheme | undefined {
  return ({ 'RSA-SHA256': 'RSA', 'HMAC-SHA512': 'HMAC' } as const)[algorithm];
}

function wasTaken(delivery: Delivery): boolean {
  return delivery.status >= 200 && delivery.status < 300;
}
