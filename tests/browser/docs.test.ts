// The page of the API, /docs, as a developer's browser shows it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser } from 'playwright-core';

import { Sandbox } from '../e2e/lib/sandbox.ts';
import { DESKTOP, launch, screenshot, Visitor } from './lib/browser.ts';

let sandbox: Sandbox;
let browser: Browser;

before(async () => {
  [sandbox, browser] = await Promise.all([Sandbox.start(), launch()]);
});
after(async () => {
  await browser.close();
  await sandbox.finish();
});

interface Description {
  paths: Record<string, unknown>;
  webhooks: Record<string, unknown>;
}

const described = async () => (await sandbox.client.get('/openapi.json')).json as unknown as Description;

test('every call and callback of the description is on the page, and opens', async () => {
  const { paths, webhooks } = await described();
  const visitor = await Visitor.open(browser, { viewport: DESKTOP });
  const { page } = visitor;
  await page.goto(`${sandbox.ready.base_url}/docs`);
  await page.locator('.opblock').first().waitFor();
  const shown = await page.locator('.opblock-summary-path').evaluateAll(
    (places) => places.map((place) => (place as HTMLElement).dataset['path']),
  );
  assert.deepEqual(shown.sort(), Object.keys({ ...paths, ...webhooks }).sort());
  await screenshot(page, 'docs');

  const payin = page.locator('.opblock', { has: page.locator('[data-path$="/payin"]') }).first();
  await payin.locator('.opblock-summary-control').click();
  await payin.getByText('payment_id').first().waitFor();
  assert.equal(await payin.getByRole('button', { name: 'Try it out' }).count(), 0, 'nothing is sent unsigned');
  await screenshot(page, 'docs-payin');
  await visitor.finish(); // no complaint of the policy, no request to anybody else
});

test('without script it says where the description is', async () => {
  const visitor = await Visitor.open(browser, { javaScriptEnabled: false });
  await visitor.page.goto(`${sandbox.ready.base_url}/docs`);
  const link = visitor.page.getByRole('link', { name: 'openapi.json' });
  assert.equal(new URL((await link.getAttribute('href'))!, `${sandbox.ready.base_url}/docs`).pathname, '/openapi.json');
  await visitor.finish();
});

test('what it is made of is kept by browsers, and comes with its licences', async () => {
  const page = await sandbox.client.get('/docs');
  assert.equal(page.status, 200);
  const script = /src="([^"]+)"/.exec(page.text)![1]!;
  const file = await sandbox.client.get(`/${script}`);
  assert.equal(file.status, 200);
  assert.match(file.headers['cache-control'] as string, /immutable/);
  assert.match((await sandbox.client.get('/docs/licences.txt')).text, /Apache License/);
  assert.equal((await sandbox.client.get('/docs/page.css')).status, 404);
});
