// widget.js on a merchant's page: the payer's page in a frame over it, or in a tab, and who may do that.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, FrameLocator, Page } from 'playwright-core';

import { eventually } from '../e2e/lib/eventually.ts';
import { Sandbox } from '../e2e/lib/sandbox.ts';
import { DESKTOP, launch, screenshot, violations, Visitor } from './lib/browser.ts';
import { heard, MerchantPage, posted } from './lib/merchant.ts';
import { create, createWidget, stateNow, waiting } from './lib/payer.ts';

let sandbox: Sandbox;
let browser: Browser;
let shop: MerchantPage; // its origin is in the project's list
let stranger: MerchantPage; // its origin is not

before(async () => {
  [sandbox, browser] = await Promise.all([Sandbox.start(), launch()]);
  shop = await MerchantPage.open(sandbox.ready.base_url);
  stranger = await MerchantPage.open(sandbox.ready.base_url);
  await sandbox.cli.setProject(sandbox.ready.project_id, 'page.origins', `https://shop.example ${shop.origin}`);
});
after(async () => {
  await browser.close();
  shop.close();
  stranger.close();
  await sandbox.finish();
});

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Payment' });
const inside = (page: Page): FrameLocator => page.frameLocator('iframe');
const title = (where: Page | FrameLocator, text: string) =>
  where.getByRole('heading', { level: 1, name: text }).waitFor();
const hears = async (page: Page, words: string[]) =>
  await eventually(words.join(', '), async () => {
    assert.deepEqual(await heard(page), words);
    return true;
  });
const focused = (page: Page) => page.evaluate(() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return `${at?.tagName ?? ''} ${at?.id ?? ''}`.trim();
});

test('over the merchant’s page, from the requisites to success and back', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  await shop.pay(page, { url: payin.url });
  await title(inside(page), 'Make the transfer');
  await screenshot(page, 'frame.phone', { fullPage: false });
  assert.deepEqual(await violations(page), []);
  await hears(page, ['processing']);
  await inside(page).getByRole('button', { name: 'I have paid' }).click();
  await title(inside(page), 'Payment received');
  await hears(page, ['processing', 'success']);
  await inside(page).getByRole('link', { name: 'Back to the shop' }).click();
  await dialog(page).waitFor({ state: 'detached' });
  await hears(page, ['processing', 'success', 'closed']);
  assert.equal(await focused(page), 'BUTTON pay', 'the focus is where it was');
  assert.equal(await page.evaluate(() => document.documentElement.style.overflow), '');
  assert.equal(new URL(page.url()).origin, shop.origin, 'the shop’s page is still there');
  await visitor.finish();
});

test('by itself back to the shop after a success', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await create(sandbox, { amount: 123906 }); // the money is there before anybody confirms
  await shop.pay(page, { url: payin.url });
  await title(inside(page), 'Payment received');
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal((await heard(page)).at(-1), 'closed');
  await visitor.finish();
});

test('the keyboard stays in it, Escape and the cross close it', async () => {
  const visitor = await Visitor.open(browser, { viewport: DESKTOP, colorScheme: 'dark' });
  const { page } = visitor;
  const payin = await waiting(sandbox);
  await shop.pay(page, { url: payin.url });
  await title(inside(page), 'Make the transfer');
  await screenshot(page, 'frame.desktop-dark', { fullPage: false });
  await eventually('the frame has the focus', async () => (await focused(page)) === 'IFRAME');
  const reached = new Set<string>();
  for (let i = 0; i < 14; ++i) {
    await page.keyboard.press('Tab');
    reached.add(await focused(page));
  }
  assert.deepEqual([...reached].filter((where) => where.includes('pay') || where.startsWith('A')), []);
  assert.ok(reached.has('BUTTON') && reached.has('IFRAME'), [...reached].join(', '));

  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), 'hidden');
  await inside(page).locator('body').press('Escape'); // with the focus in the frame
  await dialog(page).waitFor({ state: 'detached' });
  await hears(page, ['processing', 'closed']);
  assert.equal(await stateNow(sandbox, payin.paymentId), 'processing:awaiting_confirm', 'the payment goes on');

  await page.getByRole('button', { name: 'Pay' }).click();
  await title(inside(page), 'Make the transfer');
  await page.getByRole('button', { name: 'Close' }).click();
  await dialog(page).waitFor({ state: 'detached' });
  await visitor.finish();
});

test('Escape closes what is uppermost first', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await createWidget(sandbox, { currency: 'KZT', method: 'payin-p2p-card' });
  await shop.pay(page, { url: payin.url });
  const frame = inside(page);
  await title(frame, 'Choose a bank to pay to');
  await frame.locator('summary').click();
  await frame.locator('summary').press('Escape');
  await frame.getByRole('link', { name: 'Русский' }).waitFor({ state: 'hidden' });
  await frame.getByRole('searchbox').fill('alif');
  await frame.getByRole('searchbox').press('Escape'); // empties it
  await frame.getByRole('link', { name: 'Cancel payment' }).click();
  await frame.getByRole('dialog').press('Escape');
  await frame.getByRole('dialog').waitFor({ state: 'hidden' });
  assert.equal(await dialog(page).count(), 1);
  await frame.locator('body').press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await visitor.finish();
});

test('one that still loads is closed by Escape', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  await page.route(payin.url, () => {}); // no answer ever
  await shop.pay(page, { url: payin.url });
  await dialog(page).waitFor();
  await screenshot(page, 'frame.loading', { fullPage: false });
  await page.keyboard.press('Escape');
  await hears(page, ['closed']);
  await visitor.finish();
});

test('opened twice it is one, another link closes the first', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const [first, second] = [await waiting(sandbox), await create(sandbox, { amount: 123902 })];
  await shop.pay(page, { url: first.url });
  await title(inside(page), 'Make the transfer');
  const start = (url: string) => page.evaluate((link) =>
    (globalThis as unknown as { start(options: object): void }).start({ url: link }), url);
  await start(first.url);
  assert.equal(await page.locator('iframe').count(), 1);
  await hears(page, ['processing']);
  await start(second.url);
  await title(inside(page), 'Getting payment details');
  assert.equal(await page.locator('iframe').count(), 1);
  await hears(page, ['processing', 'closed', 'processing']);
  await page.evaluate(() => (globalThis as unknown as { opened: { close(): void } }).opened.close());
  await hears(page, ['processing', 'closed', 'processing', 'closed']);
  assert.equal(await page.evaluate(() => document.documentElement.style.overflow), '', 'the page scrolls again');
  await visitor.finish();
});

test('the back button goes back in it, then leaves the shop whole', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await createWidget(sandbox);
  await shop.pay(page, { url: payin.url });
  const frame = inside(page);
  await title(frame, 'How would you like to pay?');
  await frame.getByRole('link', { name: 'To a card' }).click();
  await title(frame, 'Choose a bank to pay to');
  await page.evaluate(() => history.back());
  await title(frame, 'How would you like to pay?');
  await page.getByRole('button', { name: 'Close' }).click();
  await dialog(page).waitFor({ state: 'detached' });
  await page.goto('about:blank');
  await page.goBack();
  await page.getByRole('heading', { name: 'Shop' }).waitFor();
  assert.equal(await dialog(page).count(), 0);
  await visitor.finish();
});

test('another language within the frame is still heard', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  await shop.pay(page, { url: payin.url });
  const frame = inside(page);
  await frame.locator('summary').click();
  await frame.getByRole('link', { name: 'Русский' }).click();
  await title(frame, 'Сделайте перевод');
  await frame.getByRole('button', { name: 'Перевод сделан' }).click();
  await title(frame, 'Платёж получен');
  await hears(page, ['processing', 'success', 'closed']); // by itself, after a while
  await visitor.finish();
});

test('an origin that is not in the list gets a tab, and is told nothing', async () => {
  const visitor = await Visitor.open(browser);
  visitor.expect(/frame-ancestors/);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  const opened = visitor.context.waitForEvent('page');
  await stranger.pay(page, { url: payin.url });
  const tab = await opened;
  await title(tab, 'Make the transfer');
  await dialog(page).waitFor({ state: 'detached' });
  await tab.getByRole('button', { name: 'I have paid' }).click();
  await title(tab, 'Payment received');
  assert.deepEqual(await posted(page), [{ origin: sandbox.ready.base_url, data: { kassa: 'ready' } }]);
  await tab.close();
  await hears(page, ['closed']);
  await visitor.finish();
});

test('where the browser allows no tab, a link to press', async () => {
  const visitor = await Visitor.open(browser);
  visitor.expect(/frame-ancestors/);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  await page.addInitScript(() => {
    const real = window.open.bind(window);
    let first = true;
    window.open = (...args) => {
      if (!first) return real(...args);
      first = false;
      return null;
    };
  });
  await stranger.pay(page, { url: payin.url, language: 'ru-KZ' });
  const link = page.getByRole('link', { name: 'Открыть страницу оплаты' });
  await link.waitFor();
  await screenshot(page, 'frame.refused', { fullPage: false });
  assert.deepEqual(await violations(page), []);
  const opened = visitor.context.waitForEvent('page');
  await link.click();
  const tab = await opened;
  await title(tab, 'Make the transfer');
  assert.equal(await page.getByRole('dialog').count(), 0);
  assert.deepEqual(await heard(page), []);
  await tab.close();
  await hears(page, ['closed']);
  await visitor.finish();
});

test('a tab by wish tells an origin of the list what happens', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  const opened = visitor.context.waitForEvent('page');
  await shop.pay(page, { url: payin.url, tab: true });
  const tab = await opened;
  await title(tab, 'Make the transfer');
  await hears(page, ['processing']);
  await tab.getByRole('button', { name: 'I have paid' }).click();
  await title(tab, 'Payment received');
  await hears(page, ['processing', 'success']);
  await tab.close();
  await hears(page, ['processing', 'success', 'closed']);
  await visitor.finish();
});

test('what others say is not believed', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  await shop.pay(page, { url: payin.url });
  await title(inside(page), 'Make the transfer');
  await hears(page, ['processing']);
  await page.evaluate(() => {
    for (const data of [{ kassa: 'status', status: 'success' }, { kassa: 'close' }, null, 'text']) postMessage(data, '*');
  });
  await eventually('all came', async () => (await posted(page)).length === 6);
  assert.deepEqual(await heard(page), ['processing']);
  assert.equal(await dialog(page).count(), 1);
  await visitor.finish();
});

test('only links of payments are opened', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  await page.goto(shop.origin);
  const message = await page.evaluate(() => {
    try {
      (globalThis as unknown as { start(options: object): void }).start({ url: 'javascript:alert(1)' });
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  });
  assert.match(message, /must be the form_url/);
  assert.equal(await page.locator('iframe').count(), 0);
  await visitor.finish();
});

test('what scrolls goes below the header, where the cross is', async () => {
  const visitor = await Visitor.open(browser, { viewport: { width: 390, height: 480 } });
  const { page } = visitor;
  await shop.pay(page, { url: (await waiting(sandbox)).url });
  const frame = inside(page);
  await title(frame, 'Make the transfer');
  await frame.locator('body').evaluate(() => scrollTo(0, document.body.scrollHeight));
  await screenshot(page, 'frame.scrolled', { fullPage: false });
  const cross = (await page.getByRole('button', { name: 'Close' }).boundingBox())!;
  const below = await frame.locator('body').evaluate((_, y) => {
    const at = document.elementFromPoint(innerWidth - 30, y);
    return at?.closest('header') ? 'header' : at?.tagName;
  }, cross.y + cross.height / 2);
  assert.equal(below, 'header');
  await visitor.finish();
});

test('a success without an address of the shop closes the frame', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await createWidget(sandbox, { amount: 123906, method: 'payin-p2p-card', redirectUrl: '' });
  await shop.pay(page, { url: payin.url });
  await inside(page).getByRole('button', { name: 'Any bank' }).click();
  await title(inside(page), 'Payment received');
  await inside(page).getByRole('button', { name: 'Close' }).click();
  await dialog(page).waitFor({ state: 'detached' });
  await visitor.finish();
});
