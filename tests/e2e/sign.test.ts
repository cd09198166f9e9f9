// The tests' own signatures agree with the published vectors; everything else here relies on it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { canonical, message, sha256, signHmac, signRsa, tokenOf, verifyStrict } from './lib/sign.ts';
import type { Liberties } from './lib/sign.ts';

type Vectors = {
  rsa_private_key_pem: string;
  rsa_public_key_pem: string;
  access_token: string;
  hmac_key_file_text: string;
  cases: Record<string, Case>;
};
type Case = {
  body: string;
  timestamp: string;
  canonical: string;
  message: string;
  sha256_hex: string;
  rsa_signature: string;
  hmac_signature: string;
  also_accepted: Record<string, string>;
  must_be_refused: Record<string, string | Record<string, string>>;
};

const vectors = JSON.parse(
  readFileSync(new URL('../data/signing-vectors.json', import.meta.url), 'utf8'),
) as Vectors;
const hmacKey = vectors.hmac_key_file_text.trimEnd();

const liberties: Record<string, Liberties> = {
  rsa_padded_signature: { encoding: 'base64url-padded' },
  rsa_over_padded_message: { paddedMessage: true },
  rsa_single_hash: { otherHash: true },
  rsa_standard_base64: { encoding: 'base64' },
  rsa_over_padded_message_single_hash: { paddedMessage: true, otherHash: true },
  rsa_utf16_order: { utf16Order: true },
  rsa_booleans_as_words: { booleansAsWords: true },
  hmac_padded: { encoding: 'base64url-padded' },
  hmac_standard_base64: { encoding: 'base64' },
  hmac_hex: { encoding: 'hex' },
  hmac_over_digest: { otherHash: true },
};

test('the token is the public key', () => {
  assert.equal(tokenOf(vectors.rsa_public_key_pem), vectors.access_token);
});

for (const [name, vector] of Object.entries(vectors.cases)) {
  const { body, timestamp } = vector;

  describe(`vector ${name}`, () => {
    test('strict form', () => {
      assert.equal(canonical(body), vector.canonical);
      assert.equal(message(body, timestamp), vector.message);
      assert.equal(sha256(message(body, timestamp)).toString('hex'), vector.sha256_hex);
      assert.equal(signRsa(vectors.rsa_private_key_pem, body, timestamp), vector.rsa_signature);
      assert.equal(signHmac(hmacKey, body, timestamp), vector.hmac_signature);
    });

    test('liberal forms', () => {
      for (const [form, expected] of Object.entries(vector.also_accepted)) {
        const taken = liberties[form];
        assert.ok(taken, `the vectors have a form that this test doesn't know: ${form}`);
        const made = form.startsWith('rsa')
          ? signRsa(vectors.rsa_private_key_pem, body, timestamp, taken)
          : signHmac(hmacKey, body, timestamp, taken);
        assert.equal(made, expected, form);
      }
    });

    test('what must be refused', () => {
      const strict = (scheme: 'RSA' | 'HMAC', at: string, signature: string) =>
        verifyStrict(scheme, scheme === 'RSA' ? vectors.rsa_public_key_pem : hmacKey, body, at, signature);
      assert.ok(strict('RSA', timestamp, vector.rsa_signature));
      assert.ok(strict('HMAC', timestamp, vector.hmac_signature));
      for (const [form, forged] of Object.entries(vector.must_be_refused)) {
        const at = typeof forged === 'string' ? timestamp : String(forged['timestamp']);
        const rsa = typeof forged === 'string' ? forged : String(forged['rsa_signature']);
        const hmac = typeof forged === 'string' ? forged : String(forged['hmac_signature']);
        assert.ok(!strict('RSA', at, rsa), `RSA ${form}`);
        assert.ok(!strict('HMAC', at, hmac), `HMAC ${form}`);
      }
    });
  });
}
