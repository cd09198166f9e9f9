// The payer's receipts: what is taken, what is refused, and that only its operators can read one.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { OPERATOR } from './lib/cli.ts';
import { paymentIdOf, stateOf } from './lib/client.ts';
import { eventually } from './lib/eventually.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { formThat, open } from './lib/page.ts';
import { Sandbox } from './lib/sandbox.ts';

const MIB = 1024 * 1024;

let sandbox: Sandbox;
let outs = 0;

before(async () => {
  sandbox = await Sandbox.start();
});
after(async () => {
  await sandbox.finish();
});

type Payin = { paymentId: string; requestId: string; url: string };

/** A payin that waits for its payer: in test mode nobody pays before the payer confirms. */
async function waiting(): Promise<Payin> {
  const payin = sandbox.client.payin(123400);
  const created = await sandbox.client.create(payin);
  const paymentId = paymentIdOf(payin);
  await eventually('requisites', async () =>
    stateOf(await sandbox.client.info(paymentId)) === 'processing:awaiting_confirm');
  return {
    paymentId,
    requestId: created['request_id'] as string,
    url: created['integration']['form_url'] as string,
  };
}

/** A PDF that nobody has shown yet, with bytes to look for. */
function pdf(size = 2000): Buffer {
  const head = Buffer.from('%PDF-1.7\n');
  const tail = Buffer.from('\n%%EOF\n');
  return Buffer.concat([head, randomBytes(size - head.length - tail.length), tail]);
}

async function show(url: string, body: Buffer, type = 'application/pdf'): Promise<Answer> {
  return await request(`${url}/receipt`, { method: 'POST', headers: { 'content-type': type }, body });
}

/** As a browser sends a form with one file. */
async function submitFile(pageUrl: string, action: string, file: Buffer, name = 'r.pdf'): Promise<Answer> {
  const boundary = `----WebKitFormBoundary${randomBytes(8).toString('hex')}`;
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="receipt"; filename="${name}"\r\n`
    + 'Content-Type: application/octet-stream\r\n\r\n';
  return await request(new URL(action, pageUrl).href, {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  });
}

async function read(payin: Payin, ...options: string[]): Promise<{ told: Json; file: Buffer }> {
  const out = join(sandbox.dir, `out-${++outs}.txt`);
  const told = await sandbox.cli.json(
    'payment', 'receipt', payin.requestId, '--out', out, '--as', OPERATOR, ...options);
  assert.equal(statSync(out).mode & 0o777, 0o600);
  return { told, file: readFileSync(out) };
}

async function unread(payin: Payin): Promise<number> {
  return (await sandbox.cli.showPayment(payin.requestId))['unread'] as number;
}

test('a receipt is kept sealed, read as it was sent, and marked read', async () => {
  const payin = await waiting();
  const file = pdf();
  const answer = await show(payin.url, file);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json, {
    number: 1, kind: 'pdf', size: file.length, created: true,
    status: 'processing', sub_status: 'awaiting_confirm',
  });
  const shown = (await sandbox.cli.showPayment(payin.requestId))['notices'] as Json[];
  assert.equal(shown.length, 1);
  assert.deepEqual(
    [shown[0]?.['kind'], shown[0]?.['number'], shown[0]?.['file'], shown[0]?.['size'], shown[0]?.['state']],
    ['receipt', 1, 'pdf', file.length, 'attached']);

  const looked = await read(payin, '--keep-unread');
  assert.ok(looked.file.equals(file));
  assert.equal(await unread(payin), 1);
  const life = (await sandbox.cli.showPayment(payin.requestId))['events'] as Json[];
  const look = life.at(-1);
  assert.deepEqual(
    [look?.['cause'], look?.['by'], look?.['name'], look?.['why']],
    ['shown', 'operator', OPERATOR, 'receipt 1']);
  const decided = await read(payin, '--number', '1');
  assert.ok(decided.file.equals(file));
  assert.equal(decided.told['state'], 'read');
  assert.equal(await unread(payin), 0);

  const clear = file.subarray(100, 132);
  for (const { path, content } of sandbox.files()) assert.ok(!content.includes(clear), path);
  assert.equal(sandbox.receiptFiles.ids().length, 1);
});

test('a file is what its bytes are', async () => {
  const payin = await waiting();
  const pe = Buffer.concat([Buffer.from('MZ\x90\0'), randomBytes(500), Buffer.from('%PDF-1.7 %%EOF')]);
  for (const [body, type] of [
    [pe, 'application/pdf'], [Buffer.from('%PDF-1.7 without an end'), 'application/pdf'],
    [Buffer.alloc(0), 'application/pdf'], [Buffer.from('GIF89a'), 'image/png'], [pdf(), 'text/plain'],
  ] as const) {
    const answer = await show(payin.url, body, type);
    assert.equal(answer.status, 415, answer.text);
    assert.equal(answer.json['code'], 'unsupported_media_type');
  }
  assert.equal((await submitFile(payin.url, `${payin.url}/receipt`, pe, 'receipt.pdf')).status, 415);
  assert.equal(await unread(payin), 0);
});

test('one file is one payment\'s receipt', async () => {
  const one = await waiting();
  const other = await waiting();
  const file = pdf();
  assert.equal((await show(one.url, file)).status, 200);
  const again = await show(one.url, file);
  assert.equal(again.status, 200);
  assert.equal(again.json['created'], false);
  assert.equal(again.json['number'], 1);
  const stolen = await show(other.url, file);
  assert.equal(stolen.status, 409, stolen.text);
  assert.equal(stolen.json['code'], 'conflict');
  assert.equal(await unread(one), 1);
  assert.equal(await unread(other), 0);
});

test('one file for four payments at once becomes one receipt, and one file is kept', async () => {
  const payins = [await waiting(), await waiting(), await waiting(), await waiting()];
  const kept = sandbox.receiptFiles.ids().length;
  const file = pdf(MIB);
  const answers = await Promise.all(payins.map(async ({ url }) => await show(url, file)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409]);
  assert.equal(sandbox.receiptFiles.ids().length, kept + 1);
});

test('ten MiB are taken, and no byte more; five files, and no more', async () => {
  const payin = await waiting();
  const largest = pdf(10 * MIB);
  assert.equal((await show(payin.url, largest)).status, 200);
  for (const size of [10 * MIB + 1, 10 * MIB + 64 * 1024]) {
    const answer = await show(payin.url, pdf(size));
    assert.equal(answer.status, 413);
    assert.equal(answer.json['code'], 'body_too_large');
  }
  assert.ok((await read(payin)).file.equals(largest));
  for (let n = 2; n <= 5; ++n) assert.equal((await show(payin.url, pdf())).status, 200);
  assert.equal((await show(payin.url, pdf())).status, 409);
  assert.equal((await show(payin.url, largest)).status, 200);
});

test('a form works without script, and says in words why not', async () => {
  const payin = await waiting();
  const { answer, forms } = await open(`${payin.url}/receipt?lang=en`);
  assert.equal(answer.status, 200);
  assert.doesNotMatch(answer.text, /http-equiv="refresh"/, 'a refresh would lose the chosen file');
  const form = formThat(forms, /receipt/i);
  assert.match(form.words, /enctype="multipart\/form-data"/);
  const file = pdf();
  const sent = await submitFile(payin.url, form.action, file);
  assert.equal(sent.status, 303);
  assert.equal(new URL(String(sent.headers['location']), payin.url).href, `${payin.url}?lang=en`);
  assert.match((await open(`${payin.url}/receipt?lang=en`)).answer.text, /The receipt has been received/);
  assert.ok((await read(payin)).file.equals(file));

  for (const [wrong, status, why] of [
    [Buffer.from('not one'), 415, /not a PDF, JPEG or PNG/],
    [pdf(10 * MIB + 64 * 1024), 413, /larger than 10 MB/],
  ] as const) {
    const refused = await submitFile(payin.url, form.action, wrong);
    assert.equal(refused.status, status);
    assert.match(String(refused.headers['content-type']), /^text\/html/);
    assert.match(refused.text, why);
  }
});

test('a receipt after the time is over goes to a person, and an earlier one holds the window', async () => {
  const late = await waiting();
  const early = await waiting();
  assert.equal((await show(early.url, pdf())).status, 200);
  await sandbox.client.advance(600);
  assert.equal(stateOf(await sandbox.client.info(late.paymentId)), 'dispute:no_payment');
  const answer = await show(late.url, pdf());
  assert.equal(answer.json['sub_status'], 'confirm_timeout', answer.text);
  const caused = (await sandbox.cli.eventsOf(late.requestId)).at(-1);
  assert.equal(caused?.cause, 'receipt');
  assert.equal(caused?.by, 'payer');
  await sandbox.client.advance(7200);
  assert.equal(stateOf(await sandbox.client.info(early.paymentId)), 'dispute:no_payment');
  await read(early);
  await sandbox.client.advance(1);
  assert.equal(stateOf(await sandbox.client.info(early.paymentId)), 'decline');
});

test('a payment that needs none takes none', async () => {
  const payin = await waiting();
  await sandbox.client.confirm(payin.paymentId);
  await eventually('success', async () => stateOf(await sandbox.client.info(payin.paymentId)) === 'success');
  const answer = await show(payin.url, pdf());
  assert.equal(answer.status, 409);
  assert.equal(answer.json['code'], 'transition_not_allowed');
  assert.equal((await request(`${payin.url}/receipt`)).status, 303);
});

test('a wrong link is one and the same 404, form or file', async () => {
  const { url } = await waiting();
  const wrong = `${url.slice(0, -40)}${'0'.repeat(40)}`;
  const page = await request(wrong);
  const raw = await show(wrong, pdf());
  const form = await submitFile(wrong, `${wrong}/receipt`, pdf());
  const got = await request(`${wrong}/receipt`);
  for (const answer of [page, raw, form, got]) {
    assert.equal(answer.status, 404);
    assert.equal(answer.text, page.text);
  }
});

test('killed while files come: what was answered is there, and every file has its row', async () => {
  const payins = [await waiting(), await waiting(), await waiting(), await waiting()];
  const kept = sandbox.receiptFiles.ids().length;
  const files = payins.map(() => pdf(4 * MIB));
  const uploads = payins.map(async ({ url }, n) => (await show(url, files[n] ?? Buffer.of())).status);
  assert.equal(await Promise.race(uploads), 200);
  await sandbox.crashAndRestart();
  let rows = 0;
  for (const [n, upload] of (await Promise.allSettled(uploads)).entries()) {
    const payin = payins[n];
    assert.ok(payin);
    const count = await unread(payin);
    if (upload.status === 'fulfilled') assert.equal(count, 1);
    if (count === 1) assert.ok((await read(payin)).file.equals(files[n] ?? Buffer.of()));
    rows += count;
  }
  assert.ok(rows >= 1);
  sandbox.receiptFiles.growOld();
  await sandbox.restart();
  assert.equal(sandbox.receiptFiles.ids().length, kept + rows);
  assert.equal((await sandbox.cli.any('ledger', 'check')).code, 0);
});

test('a crash and a start leave every receipt and nothing else; a missing file is reported', async () => {
  const payin = await waiting();
  const file = pdf();
  assert.equal((await show(payin.url, file)).status, 200);
  const files = sandbox.receiptFiles;
  const orphan = files.addOrphan();
  files.growOld();
  await sandbox.crashAndRestart();
  assert.ok(!files.ids().includes(orphan));
  assert.ok((await read(payin)).file.equals(file));

  const putBack = files.hide(files.ids()[0] ?? '');
  const checked = await sandbox.cli.any('ledger', 'check');
  putBack();
  assert.notEqual(checked.code, 0);
  assert.match(checked.stdout, /the file of receipt \d is missing/);
});
