// A shop on this machine that payers come back to, and what they brought with them.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Shop {
  readonly visits: { path: string; headers: IncomingHttpHeaders }[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      if (request.url !== '/favicon.ico') this.visits.push({ path: request.url!, headers: request.headers });
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title><h1>Thank you</h1>');
    });
  }

  static async open(): Promise<Shop> {
    const shop = new Shop();
    await new Promise<void>((ready) => shop.server.listen(0, '127.0.0.1', ready));
    return shop;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
