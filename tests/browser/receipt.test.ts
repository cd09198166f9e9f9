// The payer's receipt: a file with and without script, and what is refused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { Sandbox } from '../e2e/lib/sandbox.ts';
import { launch, screenshot, violations, Visitor } from './lib/browser.ts';
import { waiting } from './lib/payer.ts';

let sandbox: Sandbox;
let browser: Browser;

before(async () => {
  [sandbox, browser] = await Promise.all([Sandbox.start(), launch()]);
});
after(async () => {
  await browser.close();
  await sandbox.finish();
});

const title = (page: Page, text: string) => page.getByRole('heading', { level: 1, name: text }).waitFor();
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const pdf = (size: number) => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(size, 'x'), Buffer.from('\n%%EOF\n')]);

/** A page of a payin that was confirmed, and whose money nobody has seen. */
async function checking(page: Page): Promise<string> {
  const payin = await waiting(sandbox, { amount: 123905 });
  await page.goto(payin.url);
  await page.getByRole('button', { name: 'I have paid' }).click();
  await title(page, 'Checking your transfer');
  return payin.url;
}

test('a file with script, with its progress', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  await checking(page);
  const input = page.locator('input[type=file]');
  await input.setInputFiles({ name: 'receipt.pdf', mimeType: 'application/pdf', buffer: pdf(300_000) });
  await page.locator('.pick', { hasText: 'receipt.pdf' }).waitFor();
  await screenshot(page, 'flow.receipt-picked');
  await page.getByRole('button', { name: 'Send the receipt' }).click();
  await page.locator('.sent', { hasText: 'The receipt has been received. 1 of 5' }).waitFor();
  await page.locator('.pick', { hasText: 'Choose a file' }).waitFor();
  await page.locator('.sent:focus').waitFor(); // the focus is where the news are
  assert.match((await page.locator('#news').textContent())!, /has been received/);
  await screenshot(page, 'flow.receipt-sent');
  assert.deepEqual(await violations(page), []);
  await visitor.finish();
});

test('what is not sent at all', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  await checking(page);
  const input = page.locator('input[type=file]');
  const send = page.getByRole('button', { name: 'Send the receipt' });
  await input.setInputFiles({ name: 'receipt.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
  await send.click();
  await page.getByText('This is not a PDF, JPEG or PNG file.').waitFor();
  assert.equal(await input.getAttribute('aria-invalid'), 'true');
  await screenshot(page, 'flow.receipt-refused');
  assert.deepEqual(await violations(page), []);
  await input.setInputFiles({ name: 'receipt.pdf', mimeType: 'application/pdf', buffer: pdf(10 * 1024 * 1024 + 1) });
  await send.click();
  await page.getByText('This file is larger than 10 MB.').waitFor();
  await visitor.finish();
});

test('a file that only calls itself a PDF is refused by the server', async () => {
  const visitor = await Visitor.open(browser);
  visitor.expect(/415/);
  const { page } = visitor;
  await checking(page);
  await page.locator('input[type=file]').setInputFiles({ name: 'receipt.pdf', mimeType: 'application/pdf', buffer: Buffer.from('hello') });
  await page.getByRole('button', { name: 'Send the receipt' }).click();
  await page.getByText('This is not a PDF, JPEG or PNG file.').waitFor();
  await visitor.finish();
});

test('without script: taken, and refused in words', async () => {
  const visitor = await Visitor.open(browser, { javaScriptEnabled: false });
  const { page } = visitor;
  visitor.expect(/415/);
  await checking(page);
  await screenshot(page, 'flow.receipt-no-script');
  assert.equal(await page.locator('input[type=file]').isVisible(), false, 'a refresh would lose what is chosen');
  await page.getByRole('link', { name: 'Choose a file' }).click();
  await screenshot(page, 'flow.receipt-page');
  const input = page.locator('input[type=file]');
  await input.setInputFiles({ name: 'receipt.png', mimeType: 'image/png', buffer: PNG });
  await page.getByRole('button', { name: 'Send the receipt' }).click();
  await title(page, 'Checking your transfer');
  await page.locator('p:visible', { hasText: 'The receipt has been received.' }).waitFor();
  await page.getByRole('link', { name: 'Choose a file' }).click();
  await input.setInputFiles({ name: 'receipt.png', mimeType: 'image/png', buffer: Buffer.from('hello') });
  await page.getByRole('button', { name: 'Send the receipt' }).click();
  await page.getByText('This is not a PDF, JPEG or PNG file.').waitFor();
  await visitor.finish();
});

test('a file whose name says nothing is judged by its bytes', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  await checking(page);
  await page.locator('input[type=file]').setInputFiles({ name: 'receipt', mimeType: '', buffer: pdf(2_001) });
  await page.getByRole('button', { name: 'Send the receipt' }).click();
  await page.locator('.sent', { hasText: '1 of 5' }).waitFor();
  await visitor.finish();
});

test('another payment’s receipt is called that', async () => {
  const visitor = await Visitor.open(browser);
  visitor.expect(/409/);
  const { page } = visitor;
  for (const said of ['1 of 5', 'shown for another payment already']) {
    await checking(page);
    await page.locator('input[type=file]').setInputFiles({ name: 'a.pdf', mimeType: 'application/pdf', buffer: pdf(2_002) });
    await page.getByRole('button', { name: 'Send the receipt' }).click();
    await page.locator('main').getByText(said).first().waitFor();
  }
  await visitor.finish();
});

test('two presses are one file', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  await checking(page);
  let uploads = 0;
  await page.route('**/receipt', async (route) => {
    ++uploads;
    await route.continue();
  });
  await page.locator('input[type=file]').setInputFiles({ name: 'a.pdf', mimeType: 'application/pdf', buffer: pdf(200_003) });
  await page.getByRole('button', { name: 'Send the receipt' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.locator('.sent', { hasText: '1 of 5' }).waitFor();
  assert.equal(uploads, 1);
  await visitor.finish();
});

test('what happens elsewhere leaves a picked file, and one under way', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const url = await checking(page);
  const input = page.locator('input[type=file]');
  const showElsewhere = async (size: number) => {
    const answer = await fetch(`${url}/receipt`, { method: 'POST', headers: { 'content-type': 'application/pdf' }, body: pdf(size) });
    assert.equal(answer.status, 200);
  };
  await input.setInputFiles({ name: 'mine.pdf', mimeType: 'application/pdf', buffer: pdf(2_004) });
  await showElsewhere(2_005);
  await page.locator('.sent', { hasText: '1 of 5' }).waitFor(); // the other one
  assert.equal(await input.evaluate((element: HTMLInputElement) => element.files!.length), 1);
  await page.locator('.pick', { hasText: 'mine.pdf' }).waitFor();

  let go = () => {};
  const held = new Promise<void>((free) => (go = free));
  await page.route('**/receipt', async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole('button', { name: 'Send the receipt' }).click();
  await page.getByText('Sending…').waitFor();
  await showElsewhere(2_006);
  await page.locator('.sent', { hasText: '2 of 5' }).waitFor();
  await page.getByText('Sending…').waitFor();
  await page.locator('#receipt progress').waitFor();
  go();
  await page.locator('.sent', { hasText: '3 of 5' }).waitFor();
  await page.locator('.pick', { hasText: 'Choose a file' }).waitFor();
  await visitor.finish();
});

test('an open question is left alone', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  await page.goto(payin.url);
  await page.getByRole('link', { name: 'Cancel payment' }).click();
  const before = await page.locator('#page').getAttribute('data-version');
  const fetched = page.waitForResponse((response) => response.url() === payin.url);
  const answer = await fetch(`${payin.url}/receipt`, { method: 'POST', headers: { 'content-type': 'application/pdf' }, body: pdf(2_007) });
  assert.equal(answer.status, 200);
  await fetched;
  await page.getByRole('dialog').getByRole('button', { name: 'No, go back' }).click();
  await page.locator('.sent', { hasText: '1 of 5' }).waitFor();
  assert.notEqual(await page.locator('#page').getAttribute('data-version'), before);
  await visitor.finish();
});

test('before the button and after a cancel there is a way to the form', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  await page.goto(payin.url);
  for (const count of [1, 2]) {
    await page.getByRole('link', { name: 'Attach the receipt' }).click();
    await title(page, 'Attach the receipt');
    await page.locator('input[type=file]').setInputFiles({ name: 'a.pdf', mimeType: 'application/pdf', buffer: pdf(2_010 + count) });
    await page.getByRole('button', { name: 'Send the receipt' }).click();
    await page.locator('.sent', { hasText: `${count} of 5` }).waitFor();
    await page.getByRole('link', { name: 'Back to the payment' }).click();
    if (count === 1) {
      await title(page, 'Make the transfer');
      await page.getByRole('link', { name: 'Cancel payment' }).click();
      await page.getByRole('button', { name: 'Yes, cancel' }).click();
    }
    await title(page, 'Payment cancelled');
    if (count === 1) await page.locator('.sent', { hasText: '1 of 5' }).waitFor();
  }
  await visitor.finish();
});
