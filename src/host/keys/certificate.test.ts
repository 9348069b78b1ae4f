import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { expect, test } from 'vitest';
import { madeByThread, madeHere, makeCertificate } from './certificate.ts';

test.each([
  ['by a thread', madeByThread],
  ['without one', madeHere],
])('a certificate made %s is self-signed, P-256, valid for years, and fits its key', async (_way, make) => {
  const { cert, key } = await make();
  const parsed = new X509Certificate(cert);
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.subject).toBe('CN=skein');
  expect(parsed.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
  expect(Date.parse(parsed.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(parsed.validTo)).toBeGreaterThan(Date.now() + 9 * 365 * 86_400_000);
  expect(() => createSecureContext({ cert, key })).not.toThrow();
});

test('no two are the same', async () => {
  const [one, other] = await Promise.all([makeCertificate(), makeCertificate()]);
  expect(one.cert).not.toBe(other.cert);
  expect(one.key).not.toBe(other.key);
});
