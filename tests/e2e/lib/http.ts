// One HTTP request over node:http, with nothing added but what HTTP itself needs; and raw sockets for
// what no client library would send.
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';

import { within } from './eventually.ts';
import { parseStrictly } from './json_lines.ts';

export type Headers = Record<string, string | string[]>;
/** JSON of the other side. It is read by tests that assert each of its parts. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = Record<string, any>;
export type Answer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The parsed body; throws if it is not JSON. */
  json: Json;
};

const ANSWER_MS = 20_000;

export async function request(
  url: string,
  options: { method?: string; headers?: Headers; body?: string | Buffer; agent?: Agent } = {},
): Promise<Answer> {
  const body = options.body === undefined ? undefined : Buffer.from(options.body);
  const length: Headers = body === undefined ? {} : { 'content-length': String(body.length) };
  const sent = new Promise<Answer>((resolve, reject) => {
    const outgoing = httpRequest(url, {
      method: options.method ?? 'GET',
      headers: { ...length, ...options.headers },
      ...(options.agent === undefined ? { agent: false } : { agent: options.agent }),
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        resolve({
          status: response.statusCode as number,
          headers: response.headers,
          text,
          get json() {
            return parseStrictly(text) as Json;
          },
        });
      });
    });
    outgoing.end(body);
  });
  return await within(`an answer of ${url}`, ANSWER_MS, sent);
}

/** What came back on a raw connection until it was closed or the time was over. */
export type RawAnswer = { text: string; statuses: number[]; closed: boolean; ms: number };

/** A TCP connection that sends what it is told, byte by byte if need be. */
export class RawConnection {
  private readonly socket: Socket;
  private received = Buffer.alloc(0);
  private closed = false;
  private readonly openedAt = performance.now();
  private readonly end: Promise<void>;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (part) => {
      this.received = Buffer.concat([this.received, part]);
    });
    // A server that closes on garbage may reset the connection: an end like any other.
    socket.on('error', () => {});
    this.end = new Promise((resolve) => {
      socket.once('close', () => {
        this.closed = true;
        resolve();
      });
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    socket.on('end', () => socket.end());
    await within(
      'a connection', 10_000,
      new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('error', reject);
      }),
    );
    return new RawConnection(socket);
  }

  send(bytes: string | Buffer): void {
    if (!this.closed) this.socket.write(bytes);
  }

  get isClosed(): boolean {
    return this.closed;
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  get statuses(): number[] {
    return [...this.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((found) => Number(found[1]));
  }

  /** Waits until the server closes, at most `deadlineMs`; the connection is gone afterwards. */
  async untilClosed(deadlineMs: number): Promise<RawAnswer> {
    await within('the server closes', deadlineMs, this.end).catch(() => {});
    const answer = {
      text: this.text, statuses: this.statuses, closed: this.closed,
      ms: performance.now() - this.openedAt,
    };
    this.destroy();
    return answer;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
