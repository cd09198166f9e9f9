// The widget: the payer chooses the method and the bank, then pays as any other.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { Sandbox } from '../e2e/lib/sandbox.ts';
import { launch, screenshot, violations, Visitor } from './lib/browser.ts';
import { createWidget, widgetStateNow } from './lib/payer.ts';

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
const METHODS = 'How would you like to pay?';
const BANKS = 'Choose a bank to pay to';

for (const javaScriptEnabled of [true, false]) {
  test(`method, bank, transfer, success ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
    const visitor = await Visitor.open(browser, { javaScriptEnabled });
    const { page } = visitor;
    const payin = await createWidget(sandbox);
    assert.match(payin.url, /\/widget\/[0-9a-f]{40}$/);
    await page.goto(payin.url);
    await title(page, METHODS);
    await page.getByRole('link', { name: 'To a card' }).click();
    await title(page, BANKS);
    await page.goBack();
    await title(page, METHODS);
    await page.goForward();
    await title(page, BANKS);
    await page.getByRole('button', { name: 'Alif Bank' }).click();
    await title(page, 'Make the transfer');
    assert.equal(await page.getByText('Alif Bank').count(), 1);
    assert.equal(await widgetStateNow(sandbox, payin.paymentId), 'processing:awaiting_confirm');
    await page.getByRole('button', { name: 'I have paid' }).click();
    await title(page, 'Payment received');
    await visitor.finish();
  });
}

test('a search that finds, and one that doesn’t', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await createWidget(sandbox, { currency: 'KZT', method: 'payin-p2p-card' });
  await page.goto(payin.url);
  await title(page, BANKS); // the method was preselected
  const search = page.getByRole('searchbox', { name: 'Find a bank' });
  await search.fill('kASp');
  assert.deepEqual(await page.locator('#banks > li[data-name]:visible b').allInnerTexts(), ['Kaspi Bank']);
  await search.fill('каспи');
  assert.deepEqual(await page.locator('#banks > li[data-name]:visible b').allInnerTexts(), ['Kaspi Bank']);
  await search.fill('Халық');
  assert.deepEqual(await page.locator('#banks > li[data-name]:visible b').allInnerTexts(), ['Halyk Bank']);
  await search.fill('no such');
  await page.getByText('No bank has that name.').waitFor();
  await screenshot(page, 'flow.search');
  assert.deepEqual(await violations(page), []);
  await search.fill('');
  await page.getByRole('link', { name: 'Pay another way' }).click();
  await title(page, METHODS);
  await page.getByRole('link', { name: 'By phone number' }).click();
  await page.getByRole('button', { name: 'Any bank' }).click();
  await title(page, 'Make the transfer');
  await page.getByText('Phone number', { exact: true }).waitFor();
  await visitor.finish();
});

test('another bank while nobody is found', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await createWidget(sandbox, { amount: 123902, method: 'payin-p2p-card' });
  await page.goto(payin.url);
  await page.getByRole('button', { name: 'Any bank' }).click();
  await title(page, 'Getting payment details');
  await page.getByRole('link', { name: 'Choose another bank' }).click();
  await title(page, BANKS);
  await page.getByRole('button', { name: 'Alif Bank' }).click();
  await title(page, 'Getting payment details');
  await page.getByRole('link', { name: 'Cancel payment' }).click();
  await page.getByRole('button', { name: 'Yes, cancel' }).click();
  await title(page, 'Payment cancelled');
  await visitor.finish();
});

test('two tabs choose: both show what was chosen', async () => {
  const visitor = await Visitor.open(browser);
  const payin = await createWidget(sandbox, { method: 'payin-p2p-card' });
  const second = await visitor.tab();
  await visitor.page.goto(payin.url);
  await second.goto(payin.url);
  await title(second, BANKS);
  await visitor.page.getByRole('button', { name: 'Any bank' }).click();
  await title(visitor.page, 'Make the transfer');
  await title(second, 'Make the transfer');
  await visitor.finish();
});

test('with the keyboard alone', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await createWidget(sandbox);
  await page.goto(payin.url);
  await title(page, METHODS);
  await page.keyboard.press('Tab'); // language
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await title(page, BANKS);
  await page.getByRole('button', { name: 'Any bank' }).focus();
  await page.keyboard.press('Enter');
  await title(page, 'Make the transfer');
  await visitor.finish();
});
