// A merchant: signs requests as wire §3 says, and knows the endpoints.
import { Agent } from 'node:http';

import { digits, fresh } from './random.ts';
import { request, type Answer, type Headers, type Json } from './http.ts';
import { signHmac, signRsa, tokenOf, type Liberties, type Scheme } from './sign.ts';
import type { SecretValues } from './privacy.ts';

export const PATH = {
  payin: '/api/v1/payment/p2p/payin',
  info: '/api/v1/payment/p2p/payin/info',
  confirm: '/api/v1/payment/p2p/payin/confirm',
  cancel: '/api/v1/payment/p2p/payin/cancel',
  widget: '/api/v1/widget/payin',
  widgetInfo: '/api/v1/widget/payin/info',
  payout: '/api/v1/payment/p2p/payout',
  payoutInfo: '/api/v1/payment/p2p/payout/info',
  banks: '/api/v1/bank/all',
  sendingBanks: '/api/v1/payment/p2p/bank/all',
  availableBanks: '/api/v1/payment/p2p/bank/available',
  balance: '/api/v1/balance/info',
  advance: '/api/v1/test/clock/advance',
  openapi: '/openapi.json',
} as const;

/** What a merchant has of a project: ids and keys, all in the clear. */
export type Identity = {
  projectId: string;
  merchantId: string;
  privateKeyPem: string;
  publicKeyPem: string;
  hmacKey: string;
};

export type SignedOptions = {
  scheme?: Scheme;
  algorithm?: string; // of x-access-merchant-algorithm; by default none for RSA, HMAC-SHA512 for HMAC
  liberties?: Liberties;
  timestamp?: string;
  merchantId?: string;
  token?: string;
  signature?: string;
  /** Added to the signed headers; undefined takes one away. */
  headers?: Record<string, string | string[] | undefined>;
};

export class Client {
  readonly identity: Identity;
  readonly token: string;
  private readonly baseUrl: () => string;
  private readonly secrets: SecretValues;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 128 });

  constructor(identity: Identity, baseUrl: () => string, secrets: SecretValues) {
    this.identity = identity;
    this.token = tokenOf(identity.publicKeyPem);
    this.baseUrl = baseUrl;
    this.secrets = secrets;
    secrets.add('token', this.token);
    secrets.add('key', identity.hmacKey, ...linesOfKey(identity.privateKeyPem));
  }

  get projectId(): string {
    return this.identity.projectId;
  }

  url(path: string): string {
    return this.baseUrl() + path;
  }

  /** The headers that wire §3 asks for. */
  sign(body: string, options: SignedOptions = {}): Headers {
    const scheme = options.scheme ?? 'RSA';
    const timestamp = options.timestamp ?? String(Math.floor(Date.now() / 1000));
    const { privateKeyPem, hmacKey } = this.identity;
    const signature = options.signature ?? (scheme === 'RSA'
      ? signRsa(privateKeyPem, body, timestamp, options.liberties)
      : signHmac(hmacKey, body, timestamp, options.liberties));
    const algorithm = options.algorithm ?? (scheme === 'HMAC' ? 'HMAC-SHA512' : undefined);
    const headers: Record<string, string | string[] | undefined> = {
      'content-type': 'application/json',
      'x-access-timestamp': timestamp,
      'x-access-merchant-id': options.merchantId ?? this.identity.projectId,
      'x-access-token': options.token ?? this.token,
      'x-access-signature': signature,
      'x-access-merchant-algorithm': algorithm,
      ...options.headers,
    };
    return Object.fromEntries(
      Object.entries(headers).filter((pair): pair is [string, string | string[]] => pair[1] !== undefined),
    );
  }

  /** A signed POST of any body, as text or as a value. Never a 5xx: that fails the test at once. */
  async post(path: string, body: string | Json, options: SignedOptions = {}): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    if (typeof body !== 'string') this.secrets.addBody(body);
    const answer = await request(this.url(path), {
      method: 'POST', headers: this.sign(text, options), body: text, agent: this.agent,
    });
    if (answer.status >= 500) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
    return answer;
  }

  async get(path: string): Promise<Answer> {
    return await request(this.url(path), { agent: this.agent });
  }

  /** The body of info, cancel and confirm. */
  about(paymentId: string): Json {
    return { general: { project_id: this.projectId, payment_id: paymentId } };
  }

  async create(body: Json, options: SignedOptions = {}): Promise<Json> {
    return ok(await this.post(PATH.payin, body, options));
  }

  async info(paymentId: string): Promise<Json> {
    const info = ok(await this.post(PATH.info, this.about(paymentId)));
    this.secrets.addBody(info);
    return info;
  }

  async confirm(paymentId: string): Promise<Answer> {
    return await this.post(PATH.confirm, this.about(paymentId));
  }

  async cancel(paymentId: string): Promise<Answer> {
    return await this.post(PATH.cancel, this.about(paymentId));
  }

  async createWidget(body: Json, options: SignedOptions = {}): Promise<Json> {
    return ok(await this.post(PATH.widget, body, options));
  }

  async widgetInfo(paymentId: string): Promise<Json> {
    return ok(await this.post(PATH.widgetInfo, this.about(paymentId)));
  }

  async createPayout(body: Json, options: SignedOptions = {}): Promise<Json> {
    return ok(await this.post(PATH.payout, body, options));
  }

  async payoutInfo(paymentId: string): Promise<Json> {
    return ok(await this.post(PATH.payoutInfo, this.about(paymentId)));
  }

  /** Moves the test clock; answers `{now, fired}`. */
  async advance(seconds: number): Promise<{ now: number; fired: number }> {
    const body = { general: { project_id: this.projectId }, seconds };
    return ok(await this.post(PATH.advance, body)) as { now: number; fired: number };
  }

  async balance(currency: string): Promise<{ amount: number; locked_amount: number }> {
    const all = ok(await this.post(PATH.balance, { general: { project_id: this.projectId } }));
    const found = (all['balance'] as Json[]).find((row) => row['currency'] === currency);
    if (found === undefined) throw new Error(`no balance in ${currency}`);
    return found as { amount: number; locked_amount: number };
  }

  /** A complete payin that nothing is wrong with; personal data that no other test has. */
  payin(amount: number, overrides: PayinOverrides = {}): Json {
    const { general, payment, sender, customer } = overrides;
    const currency = (payment?.['currency'] as string | undefined) ?? 'KZT';
    return {
      general: { project_id: this.projectId, payment_id: `e2e-${fresh()}`, ...general },
      payment: { method: 'card-p2p', amount, currency, lifetime: 300, ...payment },
      sender: sender ?? { pan: `4850${digits(12)}`, card_holder: `Payer ${lettersOf(fresh())}` },
      customer: {
        id: `customer-${fresh()}`, ip_address: '192.0.2.1', country: currency === 'TJS' ? 'TJ' : 'KZ',
        first_name: `First${fresh()}`, last_name: `Last${fresh()}`, customer_type: 'ftd',
        email: `${fresh()}@example.com`, ...customer,
      },
    };
  }

  /** A complete widget payin that nothing is wrong with; personal data that no other test has. */
  widget(amount: number, overrides: PayinOverrides = {}): Json {
    const { general, payment, sender, customer } = overrides;
    const currency = (payment?.['currency'] as string | undefined) ?? 'KZT';
    return {
      general: { project_id: this.projectId, payment_id: `e2e-${fresh()}`, ...general },
      payment: { amount, currency, lifetime: 300, ...payment },
      ...(sender === undefined ? {} : { sender }),
      customer: {
        id: `customer-${fresh()}`, ip_address: '192.0.2.1', country: currency === 'TJS' ? 'TJ' : 'KZ',
        email: `${fresh()}@example.com`, ...customer,
      },
    };
  }

  /** A complete payout that nothing is wrong with; personal data that no other test has. */
  payout(amount: number, overrides: PayoutOverrides = {}): Json {
    const { general, payment, receiver, customer } = overrides;
    const currency = (payment?.['currency'] as string | undefined) ?? 'KZT';
    return {
      general: { project_id: this.projectId, payment_id: `e2e-${fresh()}`, ...general },
      receiver: receiver ?? { pan: `5169${digits(12)}`, card_holder: `Receiver ${lettersOf(fresh())}` },
      payment: { method: 'card-p2p', amount, currency, ...payment },
      customer: {
        id: `customer-${fresh()}`, ip_address: '192.0.2.1', country: currency === 'TJS' ? 'TJ' : 'KZ',
        first_name: `First${fresh()}`, last_name: `Last${fresh()}`, email: `${fresh()}@example.com`, ...customer,
      },
    };
  }

  /** Connections of a server that is gone are of no use to the next one. */
  forgetConnections(): void {
    this.agent.destroy();
  }
}

export type PayinOverrides = { general?: Json; payment?: Json; sender?: Json; customer?: Json };
export type PayoutOverrides = { general?: Json; payment?: Json; receiver?: Json; customer?: Json };

export function ok(answer: Answer): Json {
  if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${answer.text}`);
  return answer.json;
}

export function paymentIdOf(body: Json): string {
  return body['general']['payment_id'] as string;
}

/** `processing:paid`, `decline`: of an answer, or of a callback's `status` object. */
export function stateOf(part: Json): string {
  const sub = part['sub_status'] as string | null;
  return sub === null ? String(part['status']) : `${part['status']}:${sub}`;
}

function linesOfKey(pem: string): string[] {
  return pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
}

function lettersOf(hex: string): string {
  return hex.replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] as string);
}
