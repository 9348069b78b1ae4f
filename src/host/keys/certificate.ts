/**
 * The ephemeral certificate of one run of a node: self-signed, P-256, never stored.
 *
 * Who calls it: create-node, once, when there is a key. It proves nothing: TLS wants one, and who the other
 * end is follows from the proof of the mesh key over the session (link-proof.ts). Loaded when first needed,
 * since the library takes 100 ms that a node without a key should not pay.
 */
import { KeyObject, webcrypto } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const dayMs = 86_400_000;
/** Clocks may be wrong by a day; nobody checks the dates but some watching middlebox. */
const validDays = 3650;

export async function makeCertificate(): Promise<Certificate> {
  // It wants its metadata library to be there first.
  await import('reflect-metadata');
  const { cryptoProvider, X509CertificateGenerator } = await import('@peculiar/x509');
  cryptoProvider.set(webcrypto as never);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=skein',
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + validDays * dayMs),
    signingAlgorithm: algorithm,
    keys: keys as never,
  });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
  return { cert: certificate.toString('pem'), key: String(key) };
}
