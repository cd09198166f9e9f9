// The sandbox's shop, as a payer goes through it: basket, order, the payer's page, thanks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, FrameLocator, Page } from 'playwright-core';

import { request } from '../e2e/lib/http.ts';
import { Sandbox } from '../e2e/lib/sandbox.ts';
import { DESKTOP, launch, overflow, PHONE, screenshot, smallTargets, violations, Visitor } from './lib/browser.ts';

let sandbox: Sandbox;
let browser: Browser;
let shop: string;

before(async () => {
  [sandbox, browser] = await Promise.all([Sandbox.start({}, undefined, ['--shop', '0']), launch()]);
  shop = sandbox.ready.shop_url!;
});
after(async () => {
  await browser.close();
  await sandbox.finish();
});

const inside = (page: Page): FrameLocator => page.frameLocator('iframe');
const title = (where: Page | FrameLocator, text: string) =>
  where.getByRole('heading', { level: 1, name: text }).waitFor();

/** From the choice of a method to the word that it is paid. */
async function payOn(where: Page | FrameLocator): Promise<void> {
  await title(where, 'How would you like to pay?');
  await where.getByRole('link', { name: 'To a card' }).click();
  await where.getByRole('button', { name: 'Kaspi Bank' }).click();
  await title(where, 'Make the transfer');
  await where.getByRole('button', { name: 'I have paid' }).click();
  await title(where, 'Payment received');
}

test('from the basket to the thanks, over the shop', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  await page.goto(shop);
  await title(page, 'Your basket');
  assert.equal(await page.locator('#total').innerText(), '₸21,200.00');
  await page.locator('#bowls').fill('2');
  assert.equal(await page.locator('#total').innerText(), '₸26,000.00');
  await page.getByRole('button', { name: 'Pay by bank transfer' }).click();
  await inside(page).getByText('Piala', { exact: true }).waitFor(); // its brand
  await screenshot(page, 'shop.frame-method', { fullPage: false });
  await payOn(inside(page));
  await inside(page).getByText('₸26,000.00').waitFor();
  await screenshot(page, 'shop.frame-success', { fullPage: false });
  await inside(page).getByRole('link', { name: 'Back to the shop' }).click();
  await title(page, 'Thank you!');
  assert.match(page.url(), /\/orders\/[0-9a-f-]{36}$/);
  await page.getByText('₸26,000.00').waitFor();
  await screenshot(page, 'shop.thanks');
  assert.deepEqual(await violations(page), []);
  await visitor.finish();
});

test('in a new tab', async () => {
  const visitor = await Visitor.open(browser, { viewport: DESKTOP });
  const { page } = visitor;
  await page.goto(shop);
  const opened = visitor.context.waitForEvent('page');
  await page.getByRole('button', { name: 'Pay in a new tab' }).click();
  const tab = await opened;
  await payOn(tab);
  await page.getByText('Paid!').waitFor(); // told by the tab
  await tab.getByRole('link', { name: 'Back to the shop' }).click();
  await title(tab, 'Thank you!');
  await tab.close();
  await title(page, 'Thank you!');
  await visitor.finish();
});

test('without script', async () => {
  const visitor = await Visitor.open(browser, { javaScriptEnabled: false });
  const { page } = visitor;
  await page.goto(shop);
  await page.locator('#pot').fill('0');
  await page.getByRole('button', { name: 'Pay by bank transfer' }).click();
  await payOn(page);
  await page.getByText('₸8,700.00').waitFor();
  await page.getByRole('link', { name: 'Back to the shop' }).click();
  await title(page, 'Thank you!');
  await visitor.finish();
});

test('closed and gone on with, cancelled and paid anew', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const pay = page.getByRole('button', { name: 'Pay by bank transfer' });
  await page.goto(shop);
  await pay.click();
  await inside(page).getByRole('link', { name: 'To a card' }).click();
  await inside(page).getByRole('button', { name: 'Kaspi Bank' }).click();
  await title(inside(page), 'Make the transfer');
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByText('Not paid yet.').waitFor();
  await screenshot(page, 'shop.not-yet');
  await pay.click();
  await title(inside(page), 'Make the transfer'); // the same payment
  await inside(page).getByRole('link', { name: 'Cancel payment' }).click();
  await inside(page).getByRole('button', { name: 'Yes, cancel' }).click();
  await title(inside(page), 'Payment cancelled');
  await inside(page).getByRole('link', { name: 'Back to the shop' }).click();
  await page.getByText('It was not paid.').waitFor();
  await pay.click();
  await title(inside(page), 'How would you like to pay?'); // another one
  await visitor.finish();
});

test('it looks well everywhere', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [size, viewport] of [['phone', PHONE], ['desktop', DESKTOP], ['small', { width: 320, height: 568 }]] as const) {
      const visitor = await Visitor.open(browser, { colorScheme, viewport });
      const { page } = visitor;
      await page.goto(shop);
      await title(page, 'Your basket');
      const name = `shop.${size}-${colorScheme}`;
      await screenshot(page, name);
      assert.deepEqual(await violations(page), [], name);
      assert.deepEqual(await smallTargets(page), [], name);
      assert.equal(await overflow(page), 0, name);
      if (size === 'desktop') {
        await page.getByRole('button', { name: 'Pay by bank transfer' }).click();
        await title(inside(page), 'How would you like to pay?');
        await screenshot(page, `${name}-frame`, { fullPage: false });
      }
      await visitor.finish();
    }
  }
});

test('an order is paid by Kassa’s word alone', async () => {
  const answer = await request(`${shop}/orders`, {
    method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }, body: 'tea=1',
  });
  const path = answer.json['path'] as string;
  const forged = JSON.stringify({ general: { payment_id: path.split('/').at(-1) }, status: { status: 'success', sub_status: null } });
  const heard = await request(`${shop}/callbacks`, {
    method: 'POST', headers: { 'content-type': 'application/json', 'x-access-timestamp': '1', 'x-access-signature': 'AAAA' }, body: forged,
  });
  assert.equal(heard.status, 401);
  const status = async () => (await request(shop + path, { headers: { accept: 'application/json' } })).json['status'];
  assert.equal(await status(), 'processing');
  const nothing = await request(`${shop}/orders`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'tea=0&pot=-1&bowls=99' });
  assert.equal(nothing.status, 422);
  assert.match((await request(shop + path)).text, /http-equiv="refresh".*One moment/s, 'its page waits');
});
