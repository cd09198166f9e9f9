// A merchant's payins for the tests of the page, and what the payer's link leads to.
import { fresh } from '../../e2e/lib/random.ts';
import type { Json } from '../../e2e/lib/http.ts';
import { paymentIdOf, stateOf } from '../../e2e/lib/client.ts';
import { eventually } from '../../e2e/lib/eventually.ts';
import type { Sandbox } from '../../e2e/lib/sandbox.ts';

export type Payin = { paymentId: string; url: string };
export type Wishes = { amount?: number; language?: string; currency?: string; redirectUrl?: string; bank?: string };

/** A payin of the merchant's own form, as it was created: requisites are being looked for. */
export async function create(sandbox: Sandbox, wishes: Wishes = {}): Promise<Payin> {
  const body = sandbox.client.payin(wishes.amount ?? 123400) as Json;
  body['general']['redirect_url'] = wishes.redirectUrl ?? 'https://shop.example/order';
  body['customer']['language'] = wishes.language ?? 'en';
  const created = await sandbox.client.create(body);
  return { paymentId: paymentIdOf(body), url: created['integration']['form_url'] as string };
}

/** One that waits for its payer. */
export async function waiting(sandbox: Sandbox, wishes: Wishes = {}): Promise<Payin & { pan: string }> {
  const payin = await create(sandbox, wishes);
  const pan = await eventually('requisites', async () =>
    (await sandbox.client.info(payin.paymentId))['recipient_requisites']?.['pan'] as string | undefined);
  return { ...payin, pan };
}

export async function stateNow(sandbox: Sandbox, paymentId: string): Promise<string> {
  return stateOf(await sandbox.client.info(paymentId));
}

/** A widget's payin. */
export async function createWidget(sandbox: Sandbox, wishes: Wishes & { method?: string } = {}): Promise<Payin> {
  const paymentId = `widget-${fresh()}`;
  const currency = wishes.currency ?? 'TJS';
  const body: Json = {
    general: {
      project_id: sandbox.client.projectId, payment_id: paymentId,
      ...(wishes.redirectUrl === '' ? {} : { redirect_url: wishes.redirectUrl ?? 'https://shop.example/order' }),
    },
    payment: { amount: wishes.amount ?? 123400, currency, ...(wishes.method ? { widget_method: wishes.method } : {}) },
    ...(wishes.bank ? { sender: { bank_symbol: wishes.bank } } : {}),
    customer: { id: 'customer-7', ip_address: '192.0.2.1', country: currency === 'TJS' ? 'TJ' : 'KZ', language: wishes.language ?? 'en' },
  };
  const answer = await sandbox.client.post('/api/v1/widget/payin', body);
  if (answer.status !== 200) throw new Error(`widget/payin answered ${answer.status}: ${answer.text}`);
  return { paymentId, url: answer.json['integration']['form_url'] as string };
}

export async function widgetStateNow(sandbox: Sandbox, paymentId: string): Promise<string> {
  const answer = await sandbox.client.post('/api/v1/widget/payin/info', sandbox.client.about(paymentId));
  return stateOf(answer.json);
}
