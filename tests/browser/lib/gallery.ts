// The pages that the C++ tests rendered (KASSA_PAGES), served with the page's own script and style and
// under its policy: every state in every language, at once and without waiting for a payment.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { ROOT } from './browser.ts';

const PAGES = join(ROOT, 'build/pages');
const ASSETS = join(ROOT, 'web/dist');
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
  + "connect-src 'self'; form-action 'self'; base-uri 'none'";
const TYPES: Record<string, string> = { html: 'text/html', css: 'text/css', js: 'text/javascript' };

export const LANGUAGES = ['ru', 'kk', 'tg', 'uz', 'ky', 'az', 'en'];

export class Gallery {
  readonly scenes: string[];
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    this.scenes = [...new Set(readdirSync(PAGES).map((name) => name.split('.')[0]!))].sort();
    if (this.scenes.length < 20) throw new Error(`only ${this.scenes.length} scenes in ${PAGES}`);
  }

  static async open(): Promise<Gallery> {
    const server = createServer((request, response) => {
      const path = request.url!.split('?')[0]!;
      try {
        const content = readFileSync(join(path.endsWith('.html') ? PAGES : ASSETS, path));
        response.setHeader('content-type', TYPES[path.split('.').at(-1)!]!);
        response.setHeader('content-security-policy', POLICY);
        response.setHeader('referrer-policy', 'no-referrer');
        response.end(content);
      } catch {
        // There is no payment, so no stream and no state of it: the script asks again later.
        response.statusCode = /\/(events|state)$/.test(path) ? 204 : 404;
        response.end();
      }
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    return new Gallery(server);
  }

  url(scene: string, language: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${scene}.${language}.html`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
