// Chromium as a payer has it, watched: what it logs, what it asks of whom, what it refuses.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

import { eventually } from '../../e2e/lib/eventually.ts';

export const ROOT = new URL('../../../', import.meta.url).pathname;
const SCREENSHOTS = join(ROOT, 'build/screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

export const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export async function launch(): Promise<Browser> {
  return await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
}

/** A payer's browser. `finish` holds it to what is true of every visit. */
export class Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  private readonly problems: string[] = [];
  private expected: RegExp[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    this.watch(page);
  }

  static async open(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
    // axe is brought in by the debugger's door, which no policy of the page guards.
    const context = await browser.newContext({ viewport: PHONE, ...options });
    context.setDefaultTimeout(30_000); // a deadline, on a machine that does much else
    return new Visitor(context, await context.newPage());
  }

  /** Another tab of the same browser. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    this.watch(page);
    return page;
  }

  /** What a test brings about on purpose. */
  expect(...problems: RegExp[]): void {
    this.expected.push(...problems);
  }

  private watch(page: Page): void {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.problems.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.problems.push(`error: ${error.message}`));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && url.hostname !== '127.0.0.1') this.problems.push(`request to ${url.host}`);
      if (request.headers()['referer']) this.problems.push(`referrer sent to ${url.pathname.slice(0, 12)}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.problems.push(`${response.status()} of ${new URL(response.url()).pathname}`);
    });
  }

  async finish(): Promise<void> {
    await this.context.close();
    const left = this.problems.filter((problem) => !this.expected.some((pattern) => pattern.test(problem)));
    if (left.length > 0) throw new Error(`the browser complained:\n  ${left.join('\n  ')}`);
  }
}

export async function screenshot(page: Page, name: string, { fullPage = true } = {}): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  // A transition is finished: the picture is of what stays.
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage, animations: 'disabled' });
}

/** What axe finds, with every rule it has but those that are about whole sites. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    type Result = { violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[] };
    const axe = (globalThis as unknown as { axe: { run(options: object): Promise<Result> } }).axe;
    const result = await axe.run({ iframes: false, resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return result.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${rule.help}: ${node.html.slice(0, 120)}: ${node.failureSummary ?? ''}`));
  });
  return found;
}

/** Targets that a thumb would miss: lower than 44 px, or narrower. Links within a sentence don't count. */
export async function smallTargets(page: Page): Promise<string[]> {
  return await page.evaluate(() =>
    [...document.querySelectorAll('a, button, input, summary')]
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ element, box }) => box.width > 0 && element.checkVisibility() && (box.height < 43.9 || box.width < 43.9))
      .map(({ element, box }) => `${element.outerHTML.slice(0, 80)} ${box.width}×${box.height}`));
}

/** What is wider than the window: nobody wants to scroll sideways for a card number. */
export async function overflow(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What a visit brings over the wire, heads of answers included: HTML and style, and all of it. */
export async function weigh(page: Page, url: string, awaited: string[]): Promise<{ usable: number; all: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const kinds = new Map<string, string>();
  const sizes = new Map<string, number>();
  session.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId)!;
    sizes.set(kind, (sizes.get(kind) ?? 0) + encodedDataLength);
  });
  await page.goto(url);
  await eventually(awaited.join(', '), () => awaited.every((kind) => sizes.has(kind)));
  const usable = sizes.get('Document')! + sizes.get('Stylesheet')!;
  return { usable, all: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
}
