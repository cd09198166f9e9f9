// A project's look on its payers' page: what is shown, in light and dark, with and without script, and
// how a change comes there.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { request } from '../e2e/lib/http.ts';
import { Sandbox } from '../e2e/lib/sandbox.ts';
import { DESKTOP, launch, overflow, PHONE, screenshot, smallTargets, violations, Visitor, weigh } from './lib/browser.ts';
import { waiting } from './lib/payer.ts';

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="32" r="30" fill="#0b6e4f"/>
<path d="M20 26h24v6a12 12 0 0 1-24 0z" fill="#fff"/></svg>`;
const LOGO_DARK = LOGO.replace('#0b6e4f', '#7be0b5').replace('#fff', '#0b1530');
const WORDMARK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40">
<path d="M4 8h32v24H4zM48 8h8v24h-8zM68 8h24v24H68zM104 8h40v24h-40zM156 8h40v24h-40z" fill="#12151c"/></svg>`;

let sandbox: Sandbox;
let browser: Browser;

before(async () => {
  [sandbox, browser] = await Promise.all([Sandbox.start(), launch()]);
});
after(async () => {
  await browser.close();
  await sandbox.finish();
});

const set = (name: string, value: string) => sandbox.cli.setProject(sandbox.ready.project_id, name, value);
const title = (page: Page, text: string) => page.getByRole('heading', { level: 1, name: text }).waitFor();

/** Sets a logo as an operator does: from a file. */
async function setLogo(name: string, content: string): Promise<void> {
  const path = join(sandbox.dir, `${name}.svg`);
  writeFileSync(path, content);
  await set(name, `@${path}`);
}

const colourOf = (page: Page, selector: string, property: string) =>
  page.locator(selector).first().evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);

test('logo, name, colours and help, in every look, and a change with the next page', async () => {
  const payin = await waiting(sandbox);
  const plain = await Visitor.open(browser, { colorScheme: 'light' });
  await plain.page.goto(payin.url);
  assert.equal(await colourOf(plain.page, '.button', 'background-color'), 'rgb(29, 78, 216)');
  await setLogo('brand.logo', LOGO);
  await setLogo('brand.logo_dark', LOGO_DARK);
  await set('brand.name', 'Чайная «Зелёный лист»');
  await set('brand.colour', '#0b6e4f');
  await set('brand.support', 'help@shop.example');
  await plain.page.reload();
  assert.equal(await colourOf(plain.page, '.button', 'background-color'), 'rgb(11, 110, 79)');
  await plain.finish();

  for (const javaScriptEnabled of [true, false]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [size, viewport] of [['phone', PHONE], ['desktop', DESKTOP]] as const) {
        const visitor = await Visitor.open(browser, { javaScriptEnabled, colorScheme, viewport });
        const { page } = visitor;
        await page.goto(payin.url);
        await title(page, 'Make the transfer');
        await page.getByText('Чайная «Зелёный лист»').waitFor();
        await page.getByRole('link', { name: 'help@shop.example' }).waitFor();
        const image = page.locator('.brand img');
        assert.equal((await image.boundingBox())!.height, 32);
        assert.ok(await image.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 0));
        const name = `brand.${size}-${colorScheme}${javaScriptEnabled ? '' : '.no-script'}`;
        await screenshot(page, name);
        if (javaScriptEnabled) {
          assert.deepEqual(await violations(page), [], name);
          assert.deepEqual(await smallTargets(page), [], name);
        }
        assert.equal(await overflow(page), 0, name);
        const light = await colourOf(page, '.button', 'background-color');
        assert.equal(light === 'rgb(11, 110, 79)', colorScheme === 'light', `${name}: ${light}`);
        await visitor.finish();
      }
    }
  }
});

test('a wordmark is the name; made for light only, it stands on a plate in the dark', async () => {
  await setLogo('brand.logo', WORDMARK);
  await set('brand.logo_dark', '');
  await set('brand.name', 'Lines');
  const payin = await waiting(sandbox);
  for (const colorScheme of ['light', 'dark'] as const) {
    const visitor = await Visitor.open(browser, { colorScheme });
    const { page } = visitor;
    await page.goto(payin.url);
    await page.getByRole('img', { name: 'Lines' }).waitFor();
    assert.equal(await page.locator('.brand span').count(), 0);
    const ground = await colourOf(page, '.brand img', 'background-color');
    assert.equal(ground, colorScheme === 'dark' ? 'rgb(255, 255, 255)' : 'rgba(0, 0, 0, 0)');
    await screenshot(page, `brand.wordmark-${colorScheme}`);
    assert.deepEqual(await violations(page), []);
    await visitor.finish();
  }
});

test('with the largest logo it still is light', async () => {
  const path = 'h9v9'.repeat(4_070); // pictures are sent as they are: what is in it doesn't matter
  await setLogo('brand.logo', `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path d="M0 0${path}"/></svg>`);
  const visitor = await Visitor.open(browser);
  const { usable, all } = await weigh(visitor.page, (await waiting(sandbox)).url, ['Script', 'Stylesheet', 'Image']);
  console.log(`# branded: HTML + CSS ${usable} bytes, everything ${all} bytes, heads of answers included`);
  assert.ok(usable <= 14 * 1024, `${usable} bytes`);
  assert.ok(all <= 35 * 1024, `${all} bytes`);
  await visitor.finish();
});

test('its files are kept for ever under names of their content, and do nothing', async () => {
  await setLogo('brand.logo', LOGO);
  const payin = await waiting(sandbox);
  const { text } = await request(payin.url);
  const paths = [...text.matchAll(/"(\/pay\/brand\/[^"]+)"/g)].map((match) => match[1]!);
  assert.equal(paths.length, 2, text);
  for (const path of paths) {
    const answer = await request(sandbox.ready.base_url + path);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    if (path.endsWith('.svg')) assert.match(String(answer.headers['content-security-policy']), /default-src 'none'.*sandbox/);
  }
  const logo = paths.find((path) => path.endsWith('.svg'))!;
  await setLogo('brand.logo', LOGO_DARK);
  assert.equal((await request(sandbox.ready.base_url + logo)).status, 404, 'of an earlier look');
  assert.ok(!(await request(payin.url)).text.includes(logo));
});

test('what can’t be read is refused, with the setting and its contrast', async () => {
  const refusal = async (name: string, value: string) => {
    const result = await sandbox.cli.any('project', 'set', sandbox.ready.project_id, `${name}=${value}`);
    assert.equal(result.code, 1);
    return result.stderr;
  };
  assert.match(await refusal('brand.colour', '#ffcc00'),
    /settings\.brand\.colour.*#ffcc00 has a contrast of 1\.37 on the page's light grounds.*4\.50: #846a00 would do/s);
  assert.match(await refusal('page.origins', 'shop.example'), /settings\.page\.origins.*shop\.example is none/s);
  const path = join(sandbox.dir, 'hostile.svg');
  writeFileSync(path, LOGO.replace('<path', '<script>alert(1)</script><path'));
  assert.match(await refusal('brand.logo', `@${path}`), /settings\.brand\.logo.*it has <script/s);
});
