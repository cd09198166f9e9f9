// A page's script, as far as it listens: reads server-sent events of one address.
import { request as httpRequest, type IncomingMessage } from 'node:http';

import { within } from './eventually.ts';
import type { Json } from './http.ts';

export type ServerEvent = { event: string; id: string; data: Json };

export class EventSource {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly events: ServerEvent[] = [];
  private readonly response: IncomingMessage;
  private unread = '';
  private news: () => void = () => {};
  private ended = false;

  private constructor(response: IncomingMessage) {
    this.response = response;
    this.status = response.statusCode as number;
    this.headers = response.headers;
    response.setEncoding('utf8');
    response.on('data', (part: string) => this.read(part));
    response.on('error', () => {});
    response.on('close', () => {
      this.ended = true;
      this.news();
    });
  }

  static async open(url: string): Promise<EventSource> {
    const response = await within('a stream', 10_000, new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = httpRequest(url, { agent: false, headers: { accept: 'text/event-stream' } });
      outgoing.once('error', reject);
      outgoing.once('response', resolve);
      outgoing.end();
    }));
    return new EventSource(response);
  }

  /** The next event that is like this; those before it are kept in `events` too. */
  async until(what: string, is: (data: Json) => boolean, deadlineMs = 20_000): Promise<Json> {
    let at = 0;
    const found = async (): Promise<Json> => {
      for (;;) {
        for (; at < this.events.length; at++) {
          const { data } = this.events[at] as ServerEvent;
          if (is(data)) return data;
        }
        if (this.ended) throw new Error(`the stream ended before ${what}`);
        await new Promise<void>((resolve) => { this.news = resolve; });
      }
    };
    return await within(what, deadlineMs, found());
  }

  async untilEnded(deadlineMs: number): Promise<void> {
    const end = async (): Promise<void> => {
      while (!this.ended) await new Promise<void>((resolve) => { this.news = resolve; });
    };
    await within('the end of a stream', deadlineMs, end());
  }

  close(): void {
    this.response.destroy();
  }

  private read(part: string): void {
    this.unread += part;
    for (let end = this.unread.indexOf('\n\n'); end !== -1; end = this.unread.indexOf('\n\n')) {
      const lines = this.unread.slice(0, end).split('\n');
      this.unread = this.unread.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (data === undefined) continue;
      this.events.push({ event: field('event') ?? 'message', id: field('id') ?? '', data: JSON.parse(data) as Json });
    }
    this.news();
  }
}
