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
  await page.getByRole('button', { name: 'Send the receipt' }).click();
  await page.getByText('The receipt has been received.').waitFor();
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
  const input = page.locator('input[type=file]');
  await input.setInputFiles({ name: 'receipt.png', mimeType: 'image/png', buffer: PNG });
  await page.getByRole('button', { name: 'Send the receipt' }).click();
  await page.getByText('The receipt has been received.').waitFor();
  await input.setInputFiles({ name: 'receipt.png', mimeType: 'image/png', buffer: Buffer.from('hello') });
  await page.getByRole('button', { name: 'Send the receipt' }).click();
  await page.getByText('This is not a PDF, JPEG or PNG file.').waitFor();
  await visitor.finish();
});
