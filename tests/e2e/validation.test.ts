// Every field of every request with every limit of wire §4 and §5, the codes of wire §10, and the
// published description of it all.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { ok, PATH, paymentIdOf } from './lib/client.ts';
import { inParallel } from './lib/eventually.ts';
import { request, type Answer, type Json } from './lib/http.ts';
import { fresh } from './lib/random.ts';
import { Sandbox } from './lib/sandbox.ts';
import { assertError, fieldErrors } from './lib/shape.ts';

/** A value as JSON text, for what JSON.stringify would not write so. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
const ABSENT = Symbol('absent');

/** Values that are accepted, and values that are refused with one of these codes. */
type Field = {
  name: string; good: unknown[]; bad: [value: unknown, ...codes: string[]][]; currency?: string; method?: string;
};

const long = (count: number, letter = 'x') => letter.repeat(count);
const REQUIRED_BAD: Field['bad'] = [[ABSENT, 'required'], [null, 'required']];
const NOT_TEXT: Field['bad'] = [
  [7, 'wrong_type'], [true, 'wrong_type'], [['x'], 'wrong_type'], [{ x: 'x' }, 'wrong_type'],
];
const OPTIONAL_GOOD = [ABSENT, null];
const URL_BAD: Field['bad'] = [
  ...NOT_TEXT, ['', 'empty', 'bad_format'], ['ftp://example.com/', 'bad_format'], ['example.com', 'bad_format'],
  ['https://', 'bad_format'], ['https:///path', 'bad_format'], ['javascript:alert(1)', 'bad_format'],
  ['https://exa mple.com/', 'bad_format'], ['//example.com', 'bad_format'],
  [`https://shop.invalid/${long(2028)}`, 'too_long'],
];
const URL_GOOD = [
  ...OPTIONAL_GOOD, 'https://shop.invalid', 'https://shop.invalid:8443/a/b?c=d&e=%20#f',
  `https://shop.invalid/${long(2027)}`, 'http://127.0.0.1:9/x',
];
const HOLDER: Pick<Field, 'good' | 'bad'> = {
  good: [
    ...OPTIONAL_GOOD, 'Erik Ackerman', "O'Neil-Smith Jr.", 'Ёлка Ящерица', 'Ґалаґан Їжак Єва Іван', '0', long(255),
    long(255, 'я'),
  ],
  bad: [
    ...NOT_TEXT, ['', 'empty', 'bad_format'], [long(256), 'too_long', 'bad_format'], ['A_B', 'bad_format'],
    ['Müller', 'bad_format'], ['<b>', 'bad_format'], ['名前', 'bad_format'], ['a😀', 'bad_format'],
  ],
};
const text = (name: string, limit: number): Field => ({
  name,
  good: [...OPTIONAL_GOOD, '', 'x', long(limit), long(limit, '😀'), '<script>"\';--</script>'],
  bad: [...NOT_TEXT, [long(limit + 1), 'too_long'], [long(limit + 1, '😀'), 'too_long']],
});

const FIELDS: readonly Field[] = [
  {
    name: 'general.payment_id',
    good: ['x', long(255), long(255, '😀'), 'любые знаки ✓ \u200e\t\n "\\', ' '],
    bad: [...REQUIRED_BAD, ...NOT_TEXT, ['', 'empty'], [long(256), 'too_long'], [long(256, '😀'), 'too_long']],
  },
  { name: 'general.merchant_callback_url', good: URL_GOOD, bad: URL_BAD },
  { name: 'general.merchant_success_callback_url', good: URL_GOOD, bad: URL_BAD },
  { name: 'general.merchant_decline_callback_url', good: URL_GOOD, bad: URL_BAD },
  { name: 'general.redirect_url', good: URL_GOOD, bad: URL_BAD },
  {
    name: 'payment.method',
    good: ['card-p2p', 'phone-p2p', 'international-card-p2p'],
    bad: [
      ...REQUIRED_BAD, ...NOT_TEXT, ['', 'empty', 'not_enabled'], ['sbp-p2p', 'not_enabled'],
      ['CARD-P2P', 'not_enabled', 'unknown_value'], ['cash', 'not_enabled', 'unknown_value'],
      [long(33), 'too_long'],
    ],
  },
  {
    name: 'payment.method', currency: 'TJS',
    good: ['card-p2p', 'phone-p2p'],
    bad: [['international-card-p2p', 'not_enabled']],
  },
  {
    name: 'payment.payment_system',
    good: [...OPTIONAL_GOOD, 'visa', long(32)],
    bad: [...NOT_TEXT, [long(33), 'too_long']],
  },
  {
    name: 'payment.amount',
    good: [1, 10_000_000_000_000, new Raw('7')],
    bad: [
      ...REQUIRED_BAD, [0, 'out_of_range'], [-1, 'out_of_range'], [10_000_000_000_001, 'out_of_range'],
      [new Raw('9223372036854775808'), 'out_of_range', 'wrong_type'],
      [new Raw('18446744073709551617'), 'out_of_range', 'wrong_type'],
      [new Raw('1' + '0'.repeat(40)), 'out_of_range', 'wrong_type'],
      [new Raw('-9223372036854775809'), 'out_of_range', 'wrong_type'],
      [new Raw('1.0'), 'wrong_type', 'bad_format'], [new Raw('1.5'), 'wrong_type', 'bad_format'],
      [new Raw('1e3'), 'wrong_type', 'bad_format'], [new Raw('1E+3'), 'wrong_type', 'bad_format'],
      [new Raw('-0'), 'wrong_type', 'bad_format', 'out_of_range'],
      ['1', 'wrong_type'], ['', 'wrong_type'], [true, 'wrong_type'], [[1], 'wrong_type'], [{}, 'wrong_type'],
    ],
  },
  {
    name: 'payment.currency',
    good: ['KZT', 'TJS'],
    bad: [
      ...REQUIRED_BAD, ...NOT_TEXT, ['', 'empty', 'bad_format'], ['kzt', 'bad_format'], ['KZ', 'bad_format'],
      ['KZTT', 'bad_format', 'too_long'], ['USD', 'not_enabled'], ['QQQ', 'not_enabled', 'unknown_value'],
      ['KZТ', 'bad_format'], [' KZT', 'bad_format', 'too_long'],
    ],
  },
  {
    name: 'payment.lifetime',
    good: [...OPTIONAL_GOOD, 300, 450, 600],
    bad: [
      [299, 'out_of_range'], [601, 'out_of_range'], [900, 'out_of_range'], [0, 'out_of_range'], [-300, 'out_of_range'],
      ['300', 'wrong_type'], [new Raw('300.0'), 'wrong_type', 'bad_format'], [new Raw('3e2'), 'wrong_type', 'bad_format'],
      [true, 'wrong_type'],
    ],
  },
  {
    name: 'payment.bank_symbol',
    good: [...OPTIONAL_GOOD, 'kaspi-kzt'],
    bad: [...NOT_TEXT, ['no-such-bank', 'unknown_value'], [long(33), 'too_long']],
  },
  text('payment.description', 255),
  {
    name: 'payment.extra_param',
    good: [...OPTIONAL_GOOD, 'example', 'A-z_0', long(16)],
    bad: [
      ...NOT_TEXT, ['', 'empty', 'bad_format'], [long(17), 'too_long', 'bad_format'], ['a b', 'bad_format'],
      ['é', 'bad_format'], ['a\n', 'bad_format'],
    ],
  },
  {
    name: 'sender.pan',
    good: [...OPTIONAL_GOOD, '123456789012', '4400430140020306', '4850788018041726', long(32, '1')],
    bad: [
      ...NOT_TEXT, ['', 'empty', 'bad_format'], [long(11, '1'), 'bad_format', 'out_of_range'],
      [long(33, '1'), 'too_long', 'bad_format'],
      ['4400 4301 4002 0306', 'bad_format'], ['44004301400203o6', 'bad_format'],
      ['٤٤٠٠٤٣٠١٤٠٠٢٠٣٠٦', 'bad_format'], ['-400430140020306', 'bad_format'],
    ],
  },
  {
    name: 'sender.phone',
    good: [...OPTIONAL_GOOD, '+77001234567'],
    bad: [
      ...NOT_TEXT, ['', 'empty', 'bad_format'], ['77001234567', 'bad_format'], ['+7700123456', 'bad_format'],
      ['+770012345678', 'bad_format'], ['+992909992433', 'bad_format'], ['+7 700 123 45 67', 'bad_format'],
      ['+77001234567\n', 'bad_format'], [`+7${long(23, '0')}`, 'too_long', 'bad_format'],
    ],
  },
  {
    name: 'sender.phone', currency: 'TJS',
    good: ['+77001234567', '+992909992433', '+9929099924', '+992909992433123'.slice(0, 16)],
    bad: [['+992909992', 'bad_format'], ['+9929099924331234', 'bad_format'], ['+375291234567', 'bad_format']],
  },
  {
    name: 'sender.bank_symbol',
    good: [...OPTIONAL_GOOD, '', 'kaspi-kzt'],
    bad: [...NOT_TEXT, ['no-such-bank', 'unknown_value'], [long(33), 'too_long']],
  },
  { name: 'sender.card_holder', ...HOLDER },
  {
    name: 'customer.id',
    good: ['x', long(255), long(255, '😀'), "Robert'); DROP TABLE payments;--"],
    bad: [...REQUIRED_BAD, ...NOT_TEXT, ['', 'empty'], [long(256), 'too_long']],
  },
  {
    name: 'customer.ip_address',
    good: ['192.0.2.1', '2001:db8::1', '::1', '::ffff:192.0.2.1', '2001:DB8:0:0:0:0:0:1'],
    bad: [
      ...REQUIRED_BAD, ...NOT_TEXT, ['', 'empty', 'bad_format'], ['localhost', 'bad_format'], ['999.0.2.1', 'bad_format'],
      ['192.0.2', 'bad_format'], ['192.0.2.1/24', 'bad_format'], ['192.0.2.1:80', 'bad_format'], [':::', 'bad_format'],
      ['[::1]', 'bad_format'], [' 192.0.2.1', 'bad_format'], [long(256, '1'), 'too_long', 'bad_format'],
    ],
  },
  text('customer.first_name', 255),
  text('customer.last_name', 255),
  {
    name: 'customer.customer_type',
    good: [...OPTIONAL_GOOD, 'ftd', 'trust'],
    bad: [
      ...NOT_TEXT, ['', 'empty', 'bad_format', 'unknown_value'], ['FTD', 'bad_format', 'unknown_value'],
      ['vip', 'bad_format', 'unknown_value'],
    ],
  },
  {
    name: 'customer.country',
    good: ['KZ', 'TJ', 'RU', 'US'],
    bad: [
      ...REQUIRED_BAD, ...NOT_TEXT, ['', 'empty', 'bad_format'], ['kz', 'bad_format'], ['KAZ', 'bad_format', 'too_long'],
      ['K', 'bad_format'], ['ZZ', 'unknown_value', 'bad_format'],
    ],
  },
  {
    name: 'customer.language',
    good: [...OPTIONAL_GOOD, 'kk', 'tg', 'ru', 'en', 'de'],
    bad: [
      ...NOT_TEXT, ['', 'empty', 'bad_format'], ['KK', 'bad_format'], ['kaz', 'bad_format', 'too_long'], ['k1', 'bad_format'],
    ],
  },
  {
    name: 'customer.email',
    good: [...OPTIONAL_GOOD, 'customer@example.com', 'first.last+tag@sub.example.com', `${long(60)}@example.com`],
    bad: [
      ...NOT_TEXT, ['', 'empty', 'bad_format'], ['customer', 'bad_format'], ['customer@', 'bad_format'],
      ['@example.com', 'bad_format'], ['a b@example.com', 'bad_format'], ['[email protected]', 'bad_format'],
      ['a@b@example.com', 'bad_format'], [`${long(250)}@example.com`, 'too_long'],
    ],
  },
  text('customer.browser', 512),
  text('customer.device_type', 512),
  text('customer.user_agent', 1024),
];

const OBJECTS: readonly Field[] = ['general', 'payment', 'sender', 'customer'].map((name) => ({
  name,
  good: name === 'sender' ? [{}] : [],
  bad: [
    ...REQUIRED_BAD, ['x', 'wrong_type'], [7, 'wrong_type'], [[], 'wrong_type'], [true, 'wrong_type'],
  ],
}));

const named = (name: string, currency?: string): Field => {
  const found = FIELDS.find((field) => field.name === name && field.currency === currency);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
};
const required = (field: Field): Field => ({
  ...field,
  good: field.good.filter((value) => !OPTIONAL_GOOD.includes(value as symbol)),
  bad: [...REQUIRED_BAD, ...field.bad],
});
const NO_BANK_CODE: Field['bad'] = [
  ...NOT_TEXT, ['', 'empty'], ['12345678901', 'bad_format'], ['1234567890123', 'bad_format'],
  ['12345678901x', 'bad_format'], ['١٢٣٤٥٦٧٨٩٠١٢', 'bad_format'], [long(256, '1'), 'too_long', 'bad_format'],
];
const IGNORED = [...OPTIONAL_GOOD, '', 'x', 7, true, {}, [], long(256, '1'), '123456789012'];

/** What a payout has of its own, and what it shares with a payin. */
const PAYOUT_FIELDS: readonly Field[] = [
  ...FIELDS.filter((field) => /^general|^customer|^payment/.test(field.name) && ![
    'general.payment_id', 'general.redirect_url', 'payment.method', 'payment.lifetime', 'payment.bank_symbol',
    'customer.customer_type', 'customer.language',
  ].includes(field.name)),
  // The payins have used up their own: one namespace.
  { ...named('general.payment_id'), good: ['y', long(255, 'y'), long(255, '🙂'), 'другие знаки ✓\t\n "\\', '  '] },
  ...['KZT', 'TJS'].map((currency): Field => ({
    name: 'payment.method', currency,
    good: ['card-p2p', 'phone-p2p'],
    bad: [
      ...REQUIRED_BAD, ...NOT_TEXT, ['', 'empty', 'not_enabled'], ['international-card-p2p', 'not_enabled'],
      ['cash', 'not_enabled', 'unknown_value'], [long(33), 'too_long'],
    ],
  })),
  { ...required(named('sender.pan')), name: 'receiver.pan' },
  { ...named('sender.pan'), name: 'receiver.pan', method: 'phone-p2p' },
  { ...named('sender.phone'), name: 'receiver.phone' },
  { ...required(named('sender.phone')), name: 'receiver.phone', method: 'phone-p2p' },
  { ...required(named('sender.phone', 'TJS')), name: 'receiver.phone', currency: 'TJS', method: 'phone-p2p' },
  { name: 'receiver.card_holder', ...HOLDER },
  { name: 'receiver.bank_code', good: IGNORED, bad: [] },
  { name: 'receiver.bank_code', method: 'phone-p2p', good: IGNORED, bad: [] },
  { name: 'receiver.bank_code', currency: 'TJS', good: [...OPTIONAL_GOOD, '123456789012'], bad: NO_BANK_CODE },
  {
    name: 'receiver.bank_code', currency: 'TJS', method: 'phone-p2p',
    good: ['123456789012', '000000000000'], bad: [...REQUIRED_BAD, ...NO_BANK_CODE],
  },
  ...OBJECTS.map((field) => field.name === 'sender' ? { ...field, name: 'receiver', good: [] } : field),
  // What only a payin has is unknown here, and ignored.
  ...['general.redirect_url', 'payment.lifetime', 'payment.bank_symbol', 'customer.customer_type', 'customer.language']
    .map((name): Field => ({ name, good: [...OPTIONAL_GOOD, '', 'x', 7, {}], bad: [] })),
];

let sandbox: Sandbox;
let accepted = 0;

before(async () => {
  sandbox = await Sandbox.start();
});
after(async () => {
  await sandbox.finish();
});

/** A payout that has what any method and currency may ask for. */
function payoutOf(currency: string, method: string): Json {
  return sandbox.client.payout(10914, {
    payment: { currency, method },
    receiver: { pan: '5169497700000008', phone: '+77001234567', bank_code: '123456789012' },
  });
}

/** The body of a create with one value in place of its own. */
function bodyWith(path: string, name: string, value: unknown, currency = 'KZT', method = 'card-p2p'): string {
  const body = path === PATH.payout
    ? payoutOf(currency, method) : sandbox.client.payin(10902, { payment: { currency, method } });
  const [object = '', field] = name.split('.');
  const place = (field === undefined ? body : body[object]) as Json;
  const key = field ?? object;
  if (value === ABSENT) delete place[key];
  else place[key] = value instanceof Raw ? '@raw@' : value;
  const written = JSON.stringify(body);
  return value instanceof Raw ? written.replace('"@raw@"', value.text) : written;
}

function shownAs(value: unknown): string {
  const written = value === ABSENT ? 'absent' : value instanceof Raw ? value.text : JSON.stringify(value);
  return written.length > 60 ? `${written.slice(0, 50)}… (${written.length})` : written;
}

async function tryField(path: string, field: Field): Promise<void> {
  const failures: string[] = [];
  const send = async (value: unknown): Promise<Answer> =>
    await sandbox.client.post(path, bodyWith(path, field.name, value, field.currency, field.method));
  const attempt = async (value: unknown, check: (answer: Answer) => void) => {
    const answer = await send(value);
    try {
      check(answer);
    } catch (error) {
      failures.push(`${shownAs(value)} → ${answer.status} ${answer.text}\n    ${(error as Error).message}`);
    }
  };
  await inParallel(field.good, 8, async (value) => await attempt(value, (answer) => {
    assert.equal(answer.status, 200);
    accepted++;
  }));
  await inParallel(field.bad, 8, async ([value, ...codes]) => await attempt(value, (answer) => {
    assertError(answer, 422, 'validation_failed');
    const errors = answer.json['errors'] as Json[];
    // What stands in an object that isn't one can't be named apart from it.
    const own = errors.filter((error) => error['field'] === field.name);
    assert.equal(own.length, 1, `one error of ${field.name}`);
    assert.ok(codes.includes(own[0]?.['code'] as string), `one of ${codes.join(', ')}`);
    if (field.name.includes('.')) assert.equal(errors.length, 1, 'nothing else is wrong');
    const message = own[0]?.['message'] as string;
    const sent = typeof value === 'string' && value.length > 8 ? value : undefined;
    if (sent !== undefined) assert.ok(!message.includes(sent), 'a message repeats nothing that was sent');
  }));
  assert.deepEqual(failures, [], field.name);
}

describe('fields of a payin', () => {
  for (const field of [...FIELDS, ...OBJECTS]) {
    test(`${field.name}${field.currency === undefined ? '' : ` (${field.currency})`}`, async () => await tryField(PATH.payin, field));
  }

  test('all that is wrong is told at once', async () => {
    const answer = await sandbox.client.post(PATH.payin, {
      general: { project_id: sandbox.ready.project_id, payment_id: '', redirect_url: 'x' },
      payment: { method: 'cash', amount: 0, currency: 'KZT', lifetime: 1, extra_param: 'a b' },
      sender: null,
      customer: { id: null, ip_address: 'x', country: 'x', email: 'x', first_name: 7, customer_type: 'x' },
    });
    assertError(answer, 422, 'validation_failed');
    assert.deepEqual(Object.keys(fieldErrors(answer.json)).sort(), [
      'customer.country', 'customer.customer_type', 'customer.email', 'customer.first_name', 'customer.id',
      'customer.ip_address', 'general.payment_id', 'general.redirect_url', 'payment.amount', 'payment.extra_param',
      'payment.lifetime', 'payment.method', 'sender',
    ]);
    assert.equal(answer.json['project_id'], sandbox.ready.project_id);
  });

  test('an empty body lacks every object', async () => {
    const answer = await sandbox.client.post(PATH.payin, '{}');
    assertError(answer, 422, 'validation_failed');
    const errors = fieldErrors(answer.json);
    for (const name of ['general', 'payment', 'sender', 'customer']) assert.equal(errors[name], 'required');
  });

  test('what is unknown is ignored, wherever it stands', async () => {
    const body = sandbox.client.payin(10902);
    for (const place of [body, body['general'], body['payment'], body['sender'], body['customer']] as Json[]) {
      place['unknown'] = { deep: [1, null, { x: true }] };
    }
    await sandbox.client.create(body);
    accepted++;
  });

  test('nothing is stored of what was refused', async () => {
    const payments = await sandbox.cli.listPayments();
    assert.equal(payments.length, accepted);
  });
});

describe('fields of a payout', () => {
  for (const field of PAYOUT_FIELDS) {
    const where = [field.currency, field.method].filter((part) => part !== undefined).join(' ');
    test(`${field.name}${where === '' ? '' : ` (${where})`}`, async () => await tryField(PATH.payout, field));
  }

  test('all that is wrong is told at once', async () => {
    const answer = await sandbox.client.post(PATH.payout, {
      general: { project_id: sandbox.ready.project_id, payment_id: '', merchant_callback_url: 'x' },
      payment: { method: 'phone-p2p', amount: 0, currency: 'TJS', extra_param: 'a b' },
      receiver: { pan: 'x', card_holder: '' },
      customer: { id: null, ip_address: 'x', country: 'x', email: 'x' },
    });
    assertError(answer, 422, 'validation_failed');
    assert.deepEqual(Object.keys(fieldErrors(answer.json)).sort(), [
      'customer.country', 'customer.email', 'customer.id', 'customer.ip_address', 'general.merchant_callback_url',
      'general.payment_id', 'payment.amount', 'payment.extra_param', 'receiver.bank_code', 'receiver.card_holder',
      'receiver.pan', 'receiver.phone',
    ]);
  });

  test('nothing is stored of what was refused', async () => {
    const payments = await sandbox.cli.listPayments();
    assert.equal(payments.length, accepted);
  });
});

describe('fields of the other calls', () => {
  const calls = { payoutInfo: PATH.payoutInfo, info: PATH.info, confirm: PATH.confirm, cancel: PATH.cancel };
  for (const [name, path] of Object.entries(calls)) {
    test(`${name} wants general.payment_id`, async () => {
      const cases: [unknown, Record<string, string>][] = [
        [{ payment_id: undefined }, { 'general.payment_id': 'required' }],
        [{ payment_id: null }, { 'general.payment_id': 'required' }],
        [{ payment_id: '' }, { 'general.payment_id': 'empty' }],
        [{ payment_id: 7 }, { 'general.payment_id': 'wrong_type' }],
        [{ payment_id: long(256) }, { 'general.payment_id': 'too_long' }],
        [{ payment_id: '', project_id: null }, { 'general.payment_id': 'empty', 'general.project_id': 'required' }],
      ];
      for (const [general, expected] of cases) {
        const whole = { project_id: sandbox.ready.project_id, payment_id: 'x', ...(general as Json) };
        const answer = await sandbox.client.post(path, { general: whole });
        assertError(answer, 422, 'validation_failed');
        assert.deepEqual(fieldErrors(answer.json), expected);
      }
      assertError(await sandbox.client.post(path, sandbox.client.about(`none-${fresh()}`)), 404, 'payment_not_found');
    });
  }

  test('the test clock takes 1 to 31536000 whole seconds', async () => {
    const advance = async (seconds: string) => await sandbox.client.post(
      PATH.advance, `{"general":{"project_id":"${sandbox.ready.project_id}"},"seconds":${seconds}}`);
    for (const seconds of ['0', '-1', '31536001', '1e3', '1.0', '"1"', 'null', 'true', '[]', '99999999999999999999']) {
      const answer = await advance(seconds);
      assertError(answer, 422, 'validation_failed');
      assert.deepEqual(Object.keys(fieldErrors(answer.json)), ['seconds'], seconds);
    }
    const absent = await sandbox.client.post(PATH.advance, { general: { project_id: sandbox.ready.project_id } });
    assert.deepEqual(fieldErrors(absent.json), { seconds: 'required' });
    assert.equal((await advance('1')).status, 200);
  });

  test('balance lists every enabled currency', async () => {
    const answer = ok(await sandbox.client.post(PATH.balance, { general: { project_id: sandbox.ready.project_id } }));
    const rows = answer['balance'] as Json[];
    assert.deepEqual(rows.map((row) => row['currency']).sort(), ['KZT', 'TJS']);
    for (const row of rows) {
      assert.deepEqual(Object.keys(row), ['currency', 'amount', 'locked_amount']);
      assert.ok(Number.isSafeInteger(row['amount']) && Number.isSafeInteger(row['locked_amount']));
    }
  });

  test('the three lists of banks', async () => {
    const general = { project_id: sandbox.ready.project_id };
    const list = async (path: string, payment?: Json) => {
      const banks = ok(await sandbox.client.post(path, { general, ...(payment && { payment }) }))['banks'] as Json[];
      const symbols = banks.map((bank) => bank['symbol'] as string);
      assert.deepEqual(symbols, [...symbols].sort());
      for (const bank of banks) {
        assert.deepEqual(Object.keys(bank), ['symbol', 'code', 'name', 'country', 'currencies', 'methods']);
        assert.ok(bank['code'] === null || /^\d{12}$/.test(bank['code'] as string));
      }
      return banks;
    };
    for (const path of [PATH.banks, PATH.sendingBanks, PATH.availableBanks]) {
      const all = await list(path);
      const symbols = all.map((bank) => bank['symbol']);
      assert.ok(symbols.includes('kaspi-kzt') && symbols.includes('dushanbe-city-bank'), path);
      const kzt = await list(path, { currency: 'KZT', method: 'card-p2p' });
      assert.ok(kzt.length > 0 && kzt.length < all.length);
      assert.ok(kzt.every((bank) => (bank['currencies'] as string[]).includes('KZT')));
      const wrong = await sandbox.client.post(path, { general, payment: { currency: 'kzt' } });
      assertError(wrong, 422, 'validation_failed');
    }
  });
});

describe('JSON that is none', () => {
  const good = () => JSON.stringify(sandbox.client.payin(10902));
  const cases: Record<string, (text: string) => string | Buffer> = {
    'nothing': () => '',
    'spaces': () => '  ',
    'an array': () => '[]',
    'a string': () => '"x"',
    'a number': () => '1',
    'null': () => 'null',
    'cut off': (text) => text.slice(0, -1),
    'text after the value': (text) => `${text}x`,
    'a second value': (text) => `${text}{}`,
    'a NUL after the value': (text) => `${text}\0`,
    'a byte order mark': (text) => `\ufeff${text}`,
    'a duplicate key': (text) => text.replace('{"general"', '{"sender":{},"general"'),
    'a duplicate key deep down': (text) => text.replace('"id":', '"id":"a","id":'),
    'a duplicate key by escapes': (text) => text.replace('"id":', '"\\u0069d":"a","id":'),
    'a trailing comma': (text) => text.replace(/}$/, ',}'),
    'a comment': (text) => text.replace('{', '{/**/'),
    'single quotes': (text) => text.replaceAll('"', "'"),
    'NaN': (text) => text.replace('10902', 'NaN'),
    'a leading zero': (text) => text.replace('10902', '010902'),
    'a plus sign': (text) => text.replace('10902', '+10902'),
    'hexadecimal': (text) => text.replace('10902', '0x10'),
    'a lone surrogate': (text) => text.replace('"KZT"', '"\\ud800"'),
    'surrogates the wrong way round': (text) => text.replace('"KZT"', '"\\udc00\\ud800"'),
    'an escaped NUL': (text) => text.replace('"KZT"', '"\\u0000"'),
    'a control character': (text) => text.replace('"KZT"', '"\n"'),
    'an unknown escape': (text) => text.replace('"KZT"', '"\\x41"'),
    'broken UTF-8': (text) => Buffer.from(text.replace('KZT', '\xff\xfe'), 'latin1'),
    'overlong UTF-8': (text) => Buffer.from(text.replace('KZT', '\xc0\xaf'), 'latin1'),
    'a surrogate in UTF-8': (text) => Buffer.from(text.replace('KZT', '\xed\xa0\x80'), 'latin1'),
    'beyond Unicode': (text) => Buffer.from(text.replace('KZT', '\xf4\x90\x80\x80'), 'latin1'),
    '33 levels': (text) => text.replace(/}$/, `,"deep":${'['.repeat(32)}${']'.repeat(32)}}`),
    '10,000 levels': (text) => text.replace(/}$/, `,"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
    'objects without end': () => '{"a":'.repeat(10_000),
  };
  for (const [name, make] of Object.entries(cases)) {
    test(name, async () => {
      // What is no JSON has no canonical form: any signature will do, JSON is looked at before it.
      const headers = sandbox.client.sign(good());
      const answer = await request(sandbox.client.url(PATH.payin), { method: 'POST', headers, body: make(good()) });
      assertError(answer, 400, 'invalid_json');
    });
  }

  test('32 levels are still read', async () => {
    const deep = good().replace(/}$/, `,"deep":${'['.repeat(31)}${']'.repeat(31)}}`);
    const answer = await sandbox.client.post(PATH.payin, deep);
    assert.equal(answer.status, 200, answer.text);
  });
});

test('openapi.json describes every call and every field', async () => {
  const answer = await sandbox.client.get(PATH.openapi);
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  const document = answer.json;
  assert.match(document['openapi'] as string, /^3\.1\.\d+$/);
  assert.ok(typeof document['info']['title'] === 'string' && typeof document['info']['version'] === 'string');

  const resolve = (part: Json): Json => {
    const reference = part['$ref'] as string | undefined;
    if (reference === undefined) return part;
    const found = reference.replace(/^#\//, '').split('/').reduce((at: Json | undefined, key) => at?.[key], document);
    assert.ok(found, `${reference} leads nowhere`);
    return resolve(found);
  };
  const schemaOf = (path: string): Json => {
    const call = document['paths'][path]?.['post'] as Json | undefined;
    assert.ok(call, `${path} is not described`);
    assert.ok('200' in call['responses']);
    return resolve(resolve(call['requestBody'])['content']['application/json']['schema']);
  };
  for (const path of Object.values(PATH).filter((one) => one.startsWith('/api/'))) {
    assert.ok('general' in schemaOf(path)['properties'], path);
  }
  const payin = schemaOf(PATH.payin);
  for (const name of new Set(['general.project_id', ...FIELDS.map((field) => field.name)])) {
    const [object = '', field = ''] = name.split('.');
    const described = resolve(payin['properties'][object])['properties'][field] as Json | undefined;
    assert.ok(described, `${name} is not described`);
  }
  for (const object of ['general', 'payment', 'sender', 'customer']) {
    assert.ok((payin['required'] as string[]).includes(object), `${object} is required`);
  }
});

test('what was accepted can be asked for by any payment_id', async () => {
  for (const paymentId of ['любые знаки', '"; DROP TABLE payments;--', '../../etc/passwd', '\u202e\u0001%s%n', '👨‍👩‍👧']) {
    const body = sandbox.client.payin(10902, { general: { payment_id: paymentId } });
    await sandbox.client.create(body);
    const info = await sandbox.client.info(paymentIdOf(body));
    assert.equal(info['payment_id'], paymentId);
  }
});
