// A payer's way through a payin of the merchant's own form, on the built binary.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { Sandbox } from '../e2e/lib/sandbox.ts';
import { launch, screenshot, violations, Visitor, weigh } from './lib/browser.ts';
import { create, stateNow, waiting } from './lib/payer.ts';
import { Shop } from './lib/shop.ts';

let sandbox: Sandbox;
let browser: Browser;
let shop: Shop;

before(async () => {
  [sandbox, browser, shop] = await Promise.all([Sandbox.start(), launch(), Shop.open()]);
});
after(async () => {
  await browser.close();
  shop.close();
  await sandbox.finish();
});

const title = (page: Page, text: string) => page.getByRole('heading', { level: 1, name: text }).waitFor();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

test('from the link to success and back to the shop', async () => {
  const visitor = await Visitor.open(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = visitor;
  const payin = await create(sandbox, { redirectUrl: `${shop.url}/thanks` });
  await page.goto(payin.url);
  await title(page, 'Make the transfer'); // by itself, once requisites are there
  assert.match(await page.title(), /Make the transfer · ₸1,234\.00/);
  const { pan } = await waitingPan(payin.paymentId);
  assert.equal((await page.locator('.number span').allInnerTexts()).join(''), pan);

  await press(page, 'Copy the card number');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), pan);
  await press(page, 'Copy the amount');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '1234');

  await press(page, 'I have paid');
  await title(page, 'Checking your transfer');
  assert.match(await stateNow(sandbox, payin.paymentId), /^(processing:paid|success)$/);
  await title(page, 'Payment received'); // the simulated payer's money comes a second later
  await page.getByText(/You will be back in the shop in \d seconds?\./).waitFor();
  await page.waitForURL(`${shop.url}/thanks`);
  const visit = shop.visits.find(({ path }) => path === '/thanks');
  assert.equal(visit?.headers.referer, undefined, 'the link is nobody else’s business');
  await visitor.finish();
});

async function waitingPan(paymentId: string): Promise<{ pan: string }> {
  return { pan: (await sandbox.client.info(paymentId))['recipient_requisites']['pan'] as string };
}

test('a cancel asks first, and can be taken back', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  await page.goto(payin.url);
  await page.getByRole('link', { name: 'Cancel payment' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel this payment?' });
  await dialog.waitFor();
  await screenshot(page, 'flow.cancel-dialog');
  assert.deepEqual(await violations(page), []);
  await dialog.getByRole('button', { name: 'No, go back' }).click();
  assert.equal(await stateNow(sandbox, payin.paymentId), 'processing:awaiting_confirm');
  await page.getByRole('link', { name: 'Cancel payment' }).click();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('link', { name: 'Cancel payment' }).click();
  await dialog.getByRole('button', { name: 'Yes, cancel' }).click();
  await title(page, 'Payment cancelled');
  await page.getByText('You cancelled this payment.').waitFor();
  assert.equal(await stateNow(sandbox, payin.paymentId), 'decline');
  await visitor.finish();
});

test('without script: refresh, question, cancel, confirm', async () => {
  const visitor = await Visitor.open(browser, { javaScriptEnabled: false });
  const { page } = visitor;
  const first = await create(sandbox);
  await page.goto(first.url);
  await title(page, 'Make the transfer'); // the page asks again by itself
  assert.equal(await page.locator('.copy').first().isVisible(), false, 'a button that could do nothing');
  await screenshot(page, 'flow.no-script');
  await page.getByRole('link', { name: 'Cancel payment' }).click();
  await title(page, 'Cancel this payment?');
  await page.getByRole('link', { name: 'No, go back' }).click();
  await title(page, 'Make the transfer');
  await page.getByRole('link', { name: 'Cancel payment' }).click();
  await press(page, 'Yes, cancel');
  await title(page, 'Payment cancelled');

  const second = await waiting(sandbox, { redirectUrl: `${shop.url}/scriptless` });
  await page.goto(second.url);
  await press(page, 'I have paid');
  await title(page, 'Payment received');
  await page.waitForURL(`${shop.url}/scriptless`);
  await visitor.finish();
});

test('two tabs, another device, reload and back show the true state', async () => {
  const visitor = await Visitor.open(browser);
  const other = await Visitor.open(browser);
  const payin = await waiting(sandbox, { amount: 123905 }); // nobody answers after the confirm
  const second = await visitor.tab();
  for (const page of [visitor.page, second, other.page]) {
    await page.goto(payin.url);
    await title(page, 'Make the transfer');
  }
  await press(other.page, 'I have paid');
  for (const page of [other.page, visitor.page, second]) await title(page, 'Checking your transfer');
  await visitor.page.reload();
  await title(visitor.page, 'Checking your transfer');
  await visitor.page.goto('about:blank');
  await visitor.page.goBack();
  await title(visitor.page, 'Checking your transfer');
  await visitor.finish();
  await other.finish();
});

test('a press on a page that is old changes nothing and shows what is true', async () => {
  const visitor = await Visitor.open(browser, { javaScriptEnabled: false });
  const payin = await waiting(sandbox);
  await visitor.page.goto(payin.url);
  await title(visitor.page, 'Make the transfer');
  await sandbox.client.cancel(payin.paymentId);
  await press(visitor.page, 'I have paid');
  await title(visitor.page, 'Payment cancelled');
  assert.equal(await stateNow(sandbox, payin.paymentId), 'decline');
  await visitor.finish();
});

test('offline in the middle, and back', async () => {
  const visitor = await Visitor.open(browser);
  visitor.expect(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_INCOMPLETE_CHUNKED_ENCODING/);
  const { page } = visitor;
  const payin = await waiting(sandbox, { amount: 123905 });
  await page.goto(payin.url);
  await title(page, 'Make the transfer');
  await visitor.context.setOffline(true);
  await page.getByText('No connection.').waitFor();
  await press(page, 'I have paid');
  await page.getByText('Not sent yet.').waitFor();
  await screenshot(page, 'flow.offline');
  assert.deepEqual(await violations(page), []);
  assert.equal(await stateNow(sandbox, payin.paymentId), 'processing:awaiting_confirm');
  await visitor.context.setOffline(false);
  await title(page, 'Checking your transfer'); // the press was kept
  await page.locator('.offline:empty').waitFor({ state: 'attached' });
  assert.match(await stateNow(sandbox, payin.paymentId), /^processing:paid$/);
  await visitor.finish();
});

test('a press that the server could not take is sent again', async () => {
  const visitor = await Visitor.open(browser);
  visitor.expect(/503 of .*\/confirm/, /status of 503/);
  const { page } = visitor;
  const payin = await waiting(sandbox, { amount: 123905 });
  await page.goto(payin.url);
  let refused = 0;
  await page.route('**/confirm', (route) => (refused++ < 2 ? route.fulfill({ status: 503, body: '' }) : route.continue()));
  await press(page, 'I have paid');
  await page.getByText('Not sent yet.').waitFor();
  await title(page, 'Checking your transfer');
  assert.equal(refused, 3);
  await visitor.finish();
});

test('a press that waits is dropped with the state that it was for', async () => {
  const visitor = await Visitor.open(browser);
  visitor.expect(/503 of .*\/(confirm|cancel)/, /status of 503/);
  const { page } = visitor;
  const payin = await waiting(sandbox, { amount: 123905 });
  await page.goto(payin.url);
  await page.route('**/confirm', (route) => route.fulfill({ status: 503, body: '' }));
  await press(page, 'I have paid');
  await page.getByText('Not sent yet.').waitFor();
  await sandbox.client.cancel(payin.paymentId); // on another device
  await title(page, 'Payment cancelled');
  await page.locator('.offline:empty').waitFor({ state: 'attached' });
  await visitor.finish();
});

test('a line about the connection is where the payer looks, and a proxy’s word is no connection', async () => {
  const visitor = await Visitor.open(browser, { viewport: { width: 390, height: 560 } });
  visitor.expect(/502 of /, /status of 502/);
  const { page } = visitor;
  const payin = await waiting(sandbox, { amount: 123905 });
  await page.route(/\/(events|state)$/, (route) => route.fulfill({ status: 502, body: 'Bad gateway' }));
  await page.goto(payin.url);
  await page.getByRole('button', { name: 'I have paid' }).scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  const line = page.getByText('No connection.');
  await line.waitFor();
  const box = (await line.boundingBox())!;
  assert.ok(box.y >= 0 && box.y + box.height <= 560, `the line is at ${box.y}`);
  await visitor.finish();
});

test('a button of the page is on the first screen of a small phone', async () => {
  const visitor = await Visitor.open(browser, { viewport: { width: 360, height: 640 } });
  const { page } = visitor;
  await page.goto((await waiting(sandbox)).url);
  const box = (await page.getByRole('button', { name: 'I have paid' }).boundingBox())!;
  await screenshot(page, 'flow.small', { fullPage: false });
  assert.ok(box.y + box.height <= 640, `it ends at ${box.y + box.height}`);
  await visitor.finish();
});

test('a copy that failed is not called one', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const { url, pan } = await waiting(sandbox);
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: { writeText: () => Promise.reject(new Error('no')) } });
    document.execCommand = () => false;
  });
  await page.goto(url);
  await press(page, 'Copy the card number');
  await page.getByText('It was not copied.').waitFor();
  await screenshot(page, 'flow.copy-failed', { fullPage: false });
  assert.equal(await page.locator('.copy.done').count(), 0);
  assert.equal(await page.evaluate(() => getSelection()!.toString().replace(/\s/g, '')), pan, 'it is selected');
  await visitor.finish();
});

test('whoever comes back from the shop stays, and may stay before', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await create(sandbox, { amount: 123906, redirectUrl: `${shop.url}/once` });
  await page.goto(payin.url);
  await title(page, 'Payment received');
  await page.waitForURL(`${shop.url}/once`);
  await page.goBack();
  await title(page, 'Payment received');
  assert.equal(await page.locator('#soon').count(), 0);
  await page.getByRole('link', { name: 'Back to the shop' }).waitFor();

  const other = await create(sandbox, { amount: 123906, redirectUrl: `${shop.url}/never` });
  await page.goto(other.url);
  await title(page, 'Payment received');
  await page.getByRole('link', { name: 'Stay here' }).click();
  await page.locator('#soon').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Back to the shop' }).waitFor();
  await visitor.finish();
});

test('the time left is heard as it is seen', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox, { amount: 123905 });
  await page.clock.install();
  await page.goto(payin.url);
  const heard = page.locator('.left .hear');
  assert.match((await heard.textContent())!, /5 minutes left/);
  await page.clock.fastForward(200_000);
  await page.getByText('2 minutes left to pay').waitFor({ state: 'attached' });
  await page.clock.fastForward(50_000);
  await page.locator('#news', { hasText: '1 minute left to pay' }).waitFor({ state: 'attached' });
  await visitor.finish();
});

test('the list of languages is open', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  await page.goto((await waiting(sandbox)).url);
  await page.locator('summary').click();
  await screenshot(page, 'flow.languages', { fullPage: false });
  assert.deepEqual(await violations(page), []);
  await visitor.finish();
});

test('the stream is refused: the page asks instead', async () => {
  const visitor = await Visitor.open(browser);
  visitor.expect(/503 of .*\/events/, /status of 503/);
  const { page } = visitor;
  await page.route('**/events', (route) => route.fulfill({ status: 503, body: '' }));
  const payin = await waiting(sandbox, { amount: 123905 });
  await page.goto(payin.url);
  await title(page, 'Make the transfer');
  await sandbox.client.confirm(payin.paymentId);
  await title(page, 'Checking your transfer');
  await visitor.finish();
});

test('the server is gone for a while', async () => {
  const visitor = await Visitor.open(browser);
  visitor.expect(/ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING/);
  const { page } = visitor;
  const payin = await waiting(sandbox, { amount: 123905 });
  await page.goto(payin.url);
  await title(page, 'Make the transfer');
  await sandbox.stop();
  await page.getByText('No connection.').waitFor();
  await sandbox.restart();
  await page.getByText('No connection.').waitFor({ state: 'hidden' });
  await sandbox.client.confirm(payin.paymentId);
  await title(page, 'Checking your transfer');
  await visitor.finish();
});

test('with the keyboard alone', async () => {
  const visitor = await Visitor.open(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = visitor;
  const payin = await waiting(sandbox, { amount: 123905 });
  await page.goto(payin.url);
  await title(page, 'Make the transfer');
  const reached: string[] = [];
  for (let i = 0; i < 12; ++i) {
    await page.keyboard.press('Tab');
    const name = await page.evaluate(() => {
      const at = document.activeElement!;
      return at === document.body ? '' : at.getAttribute('aria-label') ?? at.textContent!.trim();
    });
    if (name === '' || reached.includes(name)) break;
    reached.push(name);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
    assert.notEqual(outline, 'none', `${name} shows that it has the focus`);
  }
  assert.deepEqual(reached, [
    'Language: English', 'Copy the amount', 'Copy the card number', 'I have paid', 'Attach the receipt', 'Cancel payment',
  ]);
  await page.getByRole('button', { name: 'I have paid' }).focus();
  await page.keyboard.press('Enter');
  await title(page, 'Checking your transfer');
  assert.equal(await page.evaluate(() => document.activeElement!.tagName), 'H1', 'the focus is where the news are');
  await visitor.finish();
});

test('the language is the payment’s, then the payer’s, through every form', async () => {
  const visitor = await Visitor.open(browser, { javaScriptEnabled: false });
  const { page } = visitor;
  const payin = await waiting(sandbox, { language: 'kk' });
  await page.goto(payin.url);
  await title(page, 'Аударым жасаңыз');
  await page.locator('summary').click();
  await page.getByRole('link', { name: 'Русский' }).click();
  await title(page, 'Сделайте перевод');
  await press(page, 'Перевод сделан');
  await title(page, 'Проверяем перевод');
  await visitor.finish();
  const fallback = await waiting(sandbox, { language: 'fr' });
  assert.match(await (await fetch(fallback.url)).text(), /<html lang="kk">/, 'the country’s');
});

test('endings in human words', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const blocked = await create(sandbox, { amount: 123901 });
  await page.goto(blocked.url);
  await page.getByText('This payment can’t be accepted.'.replace('’', "'")).waitFor();
  const unpaid = await waiting(sandbox, { amount: 123903 });
  const half = await waiting(sandbox, { amount: 123904 });
  const nobody = await create(sandbox, { amount: 123902 });
  await sandbox.client.confirm(half.paymentId);
  await page.goto(nobody.url);
  await title(page, 'Getting payment details');
  await page.goto(unpaid.url);
  await title(page, 'Make the transfer');
  await sandbox.client.advance(301);
  await title(page, 'The time to pay is over'); // told by the stream
  await page.goto(nobody.url);
  await page.getByText('There are no payment details right now.').waitFor();
  await page.goto(half.url);
  await page.getByText('The amount asked for was ₸1,239.04.').waitFor();
  await sandbox.client.advance(700);
  await page.goto(unpaid.url);
  await title(page, 'Time is up');
  await visitor.finish();
});

test('a wrong link, in the language of the browser', async () => {
  const visitor = await Visitor.open(browser, { locale: 'ru-RU' });
  visitor.expect(/404/);
  const payin = await create(sandbox);
  await visitor.page.goto(payin.url.slice(0, -40) + '0'.repeat(40));
  await title(visitor.page, 'Такой страницы нет');
  await screenshot(visitor.page, 'flow.not-found');
  assert.deepEqual(await violations(visitor.page), []);
  await visitor.finish();
});

test('what it weighs on the wire', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const payin = await waiting(sandbox);
  const { usable, all } = await weigh(page, payin.url, ['Script', 'Stylesheet']);
  console.log(`# HTML + CSS ${usable} bytes, everything ${all} bytes, heads of answers included`);
  assert.ok(usable <= 14 * 1024, `${usable} bytes`);
  assert.ok(all <= 35 * 1024, `${all} bytes`);
  await visitor.finish();
});

test('readable in 1.5 s at 400 kbit/s, 400 ms round trip and a quarter of the CPU', async () => {
  const visitor = await Visitor.open(browser);
  const { page } = visitor;
  const session = await visitor.context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false, latency: 400, downloadThroughput: 400_000 / 8, uploadThroughput: 400_000 / 8,
  });
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  const times: number[] = [];
  for (let i = 0; i < 5; ++i) {
    const payin = await waiting(sandbox);
    await session.send('Network.clearBrowserCache');
    await page.goto(payin.url);
    times.push(await page.evaluate(() => new Promise<number>((done) => {
      new PerformanceObserver((list) => done(list.getEntries().at(-1)!.startTime))
        .observe({ type: 'largest-contentful-paint', buffered: true });
    })));
  }
  times.sort((a, b) => a - b);
  console.log(`# largest paint ${times.map((ms) => Math.round(ms)).join(', ')} ms`);
  assert.ok(times[2]! < 1500, `median ${times[2]} ms`);
  await visitor.finish();
});
