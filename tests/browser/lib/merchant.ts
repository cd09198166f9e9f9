// A merchant's page with widget.js and a button, under a strict policy of its own, on a port of its own.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Page } from 'playwright-core';

const SCRIPT = `
window.heard = [];
window.posted = [];
addEventListener('message', (event) => posted.push({ origin: event.origin, data: event.data }));
window.start = (options) => {
  window.opened = Kassa.open({
    ...options, onStatus: (status) => heard.push(status), onClose: () => heard.push('closed'),
  });
};
document.getElementById('pay').addEventListener('click', () => start(JSON.parse(document.body.dataset.options)));
`;

export type Widget = { url: string; tab?: boolean; language?: string };

export class MerchantPage {
  private readonly server: Server;
  private readonly base: string;

  private constructor(kassa: string) {
    this.base = `${kassa}/pay`;
    this.server = createServer((request, response) => {
      const script = request.url === '/shop.js';
      response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
      response.setHeader('referrer-policy', 'no-referrer');
      response.setHeader('content-security-policy',
        `default-src 'none'; script-src 'self' ${kassa}; frame-src ${kassa}; img-src data:; style-src 'self'`);
      response.end(script ? SCRIPT : this.html());
    });
  }

  static async open(kassa: string): Promise<MerchantPage> {
    const page = new MerchantPage(kassa);
    await new Promise<void>((ready) => page.server.listen(0, '127.0.0.1', ready));
    return page;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Shows it, and presses the button, as a payer does. */
  async pay(page: Page, widget: Widget): Promise<void> {
    await page.goto(this.origin);
    await page.evaluate((options) => (document.body.dataset['options'] = options), JSON.stringify(widget));
    await page.getByRole('button', { name: 'Pay' }).click();
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private html(): string {
    const lines = Array.from({ length: 80 }, (_, i) => `<p>Tea ${i}</p>`).join('');
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
      <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
      <script src="${this.base}/widget.js" defer></script><script src="/shop.js" defer></script></head>
      <body><main><h1>Shop</h1><button id="pay">Pay</button> <a href="#more">More</a>${lines}</main></body></html>`;
  }
}

type Told = { heard: string[]; posted: { origin: string; data: unknown }[] };

/** What the merchant's own functions were called with, in order. */
export async function heard(page: Page): Promise<string[]> {
  return await page.evaluate(() => (globalThis as unknown as Told).heard);
}

/** Every message that came to the merchant's window, whoever sent it. */
export async function posted(page: Page): Promise<Told['posted']> {
  return await page.evaluate(() => (globalThis as unknown as Told).posted);
}
