// What Lighthouse says of the page on a slow phone: the median of five runs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import lighthouse from 'lighthouse';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

import { Sandbox } from '../e2e/lib/sandbox.ts';
import { FLAGS } from './lib/browser.ts';
import { waiting } from './lib/payer.ts';
import { freePort } from './lib/port.ts';

const RUNS = 5;
const SCORE_MIN = 0.99;

let sandbox: Sandbox;
let browser: Browser;
let port: number;

before(async () => {
  port = await freePort();
  [sandbox, browser] = await Promise.all([
    Sandbox.start(),
    chromium.launch({ executablePath: '/usr/bin/chromium', args: [...FLAGS, `--remote-debugging-port=${port}`] }),
  ]);
});
after(async () => {
  await browser.close();
  await sandbox.finish();
});

test('Lighthouse on a phone: 99 or more in each category', async () => {
  const scores = new Map<string, number[]>();
  const reasons = new Set<string>();
  for (let run = 0; run < RUNS; ++run) {
    const payin = await waiting(sandbox);
    const result = await lighthouse(payin.url, {
      port, logLevel: 'error', onlyCategories: ['performance', 'accessibility', 'best-practices'],
      formFactor: 'mobile', throttlingMethod: 'simulate',
    });
    for (const [name, category] of Object.entries(result!.lhr.categories)) {
      scores.set(name, [...(scores.get(name) ?? []), category.score ?? 0]);
      for (const { id, weight } of category.auditRefs) {
        const audit = result!.lhr.audits[id]!;
        if (weight > 0 && audit.score !== null && audit.score < 1) reasons.add(`${id} ${audit.score} ${audit.displayValue ?? ''}`);
      }
    }
  }
  for (const [name, values] of scores) {
    values.sort((a, b) => a - b);
    console.log(`# ${name}: ${values.map((score) => Math.round(score * 100)).join(', ')}`);
    assert.ok(values[(RUNS - 1) / 2]! >= SCORE_MIN, `${name}: ${values.join(', ')}: ${[...reasons].join('; ')}`);
  }
});
