// Every state of the page, as phones and desktops show it: accessible, readable, nothing out of place.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser } from 'playwright-core';

import { DESKTOP, launch, overflow, PHONE, screenshot, smallTargets, violations, Visitor } from './lib/browser.ts';
import { Gallery, LANGUAGES } from './lib/gallery.ts';

let browser: Browser;
let gallery: Gallery;

before(async () => {
  browser = await launch();
  gallery = await Gallery.open();
});
after(async () => {
  gallery.close();
  await browser.close();
});

const LOOKS = [
  { name: 'phone-light', viewport: PHONE, colorScheme: 'light', language: 'ru' },
  { name: 'phone-dark', viewport: PHONE, colorScheme: 'dark', language: 'kk' },
  { name: 'desktop-light', viewport: DESKTOP, colorScheme: 'light', language: 'en' },
  { name: 'desktop-dark', viewport: DESKTOP, colorScheme: 'dark', language: 'az' },
  { name: 'small-light', viewport: { width: 360, height: 640 }, colorScheme: 'light', language: 'uz' },
  { name: 'small-dark', viewport: { width: 360, height: 640 }, colorScheme: 'dark', language: 'ky' },
  // 200 % zoom of a phone: half as many pixels of the page's own.
  { name: 'zoomed', viewport: { width: PHONE.width / 2, height: PHONE.height / 2 }, colorScheme: 'light', language: 'tg' },
] as const;

for (const look of LOOKS) {
  test(`every state on ${look.name}`, async () => {
    const visitor = await Visitor.open(browser, {
      viewport: look.viewport, colorScheme: look.colorScheme, reducedMotion: 'reduce',
    });
    const found: string[] = [];
    for (const scene of gallery.scenes) {
      await visitor.page.goto(gallery.url(scene, look.language));
      await screenshot(visitor.page, `${scene}.${look.language}.${look.name}`);
      for (const violation of await violations(visitor.page)) found.push(`${scene}: ${violation}`);
      for (const target of await smallTargets(visitor.page)) found.push(`${scene}: small: ${target}`);
      const wider = await overflow(visitor.page);
      if (wider > 0) found.push(`${scene}: ${wider} px wider than the window`);
    }
    assert.deepEqual(found, []);
    await visitor.finish();
  });
}

test('every language fits a small phone', async () => {
  const visitor = await Visitor.open(browser, { viewport: { width: 320, height: 568 }, reducedMotion: 'reduce' });
  const found: string[] = [];
  for (const language of LANGUAGES) {
    for (const scene of gallery.scenes) {
      await visitor.page.goto(gallery.url(scene, language));
      if (await overflow(visitor.page) > 0) found.push(`${scene} in ${language}`);
      assert.equal(await visitor.page.locator('html').getAttribute('lang'), language);
    }
  }
  assert.deepEqual(found, []);
  await visitor.finish();
});

// Node has the rules of all seven languages; a browser falls back to English where it has them not.
test('amounts are written as Intl writes them', async () => {
  const visitor = await Visitor.open(browser);
  for (const language of LANGUAGES) {
    for (const [scene, currency] of [['pay-card', 'KZT'], ['pay-phone', 'TJS']] as const) {
      await visitor.page.goto(gallery.url(scene, language));
      const written = (await visitor.page.locator('.sum dd').first().innerText()).trim();
      const allowed = (['symbol', 'narrowSymbol'] as const).map((currencyDisplay) =>
        new Intl.NumberFormat(language, { style: 'currency', currency, currencyDisplay }).format(123456.78));
      assert.ok(allowed.includes(written), `${language}: ${written} is none of ${allowed.join(' | ')}`);
    }
  }
  await visitor.finish();
});

test('the seconds that a script counts have the form that the server writes', async () => {
  const visitor = await Visitor.open(browser);
  for (const language of LANGUAGES) {
    await visitor.context.clearCookies();
    await visitor.page.clock.install({ time: 1_700_000_000_000 });
    await visitor.page.goto(gallery.url('success', language));
    const line = visitor.page.locator('#soon');
    const said = (await (await fetch(gallery.url('success', language))).text())
      .replace(/&#39;/g, "'").match(/id="soon"[^>]*>([^<]*)</)![1];
    assert.equal(await line.textContent(), said);
    await visitor.page.clock.pauseAt(1_700_000_005_000);
    const text = (await line.textContent())!;
    const [, left = ''] = /(\d+)/.exec(text) ?? [];
    assert.ok(Number(left) >= 1 && Number(left) <= 4, text);
    const forms: Record<string, string | null> = {
      one: await line.getAttribute('data-one'), few: await line.getAttribute('data-few'),
      other: await line.getAttribute('data-other'),
    };
    const form = forms[new Intl.PluralRules(language).select(Number(left))] || forms['other'];
    assert.ok(text.includes(form!.replace('{n}', left)), `${language}: ${text}`);
  }
  await visitor.finish();
});
