/**
 * The ephemeral certificate of one run of a node: self-signed, P-256, never stored.
 *
 * Who calls it: create-node, once, when there is a key. It proves nothing: TLS wants one, and who the other
 * end is follows from the proof of the mesh key over the session (link-proof.ts). A thread of its own makes
 * it, and takes the library with it when it ends: that is 100 ms and 15 MB, and a heap that has held it
 * collects garbage worse ever after (a receiver of 64 KiB bodies then needs 3.7 times the processor).
 */
import * as crypto from 'node:crypto';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type * as X509 from '@peculiar/x509';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

/** Clocks may be wrong by a day; nobody checks the dates but some watching middlebox. */
const validDays = 3650;

/** Where no thread can be had (a bundled program, the permission model) it is made here. */
export async function makeCertificate(): Promise<Certificate> {
  try {
    return await madeByThread();
  } catch {
    return await madeHere();
  }
}

export async function madeHere(): Promise<Certificate> {
  // The library wants this one to be there first.
  await import('reflect-metadata');
  return selfSigned(crypto, await import('@peculiar/x509'), validDays);
}

/** As text, since no file lies at a place that source, build and bundlers agree on. */
const program = `
const { parentPort, workerData: { metadata, library, validDays } } = require('node:worker_threads');
require(metadata);
const made = (${selfSigned})(require('node:crypto'), require(library), validDays);
made.then((certificate) => parentPort.postMessage(certificate));
`;

export function madeByThread(): Promise<Certificate> {
  const { resolve } = createRequire(import.meta.url);
  const workerData = {
    metadata: resolve('reflect-metadata'),
    library: resolve('@peculiar/x509'),
    validDays,
  };
  return new Promise((made, failed) => {
    const thread = new Worker(program, { eval: true, workerData, execArgv: [], env: {} });
    thread.once('message', made);
    thread.once('error', failed);
    thread.once('exit', () => failed(new Error('the thread has made no certificate')));
  });
}

/** Uses nothing but what it is given: the thread runs its text. */
async function selfSigned(
  { webcrypto, KeyObject }: typeof crypto,
  { cryptoProvider, X509CertificateGenerator }: typeof X509,
  days: number,
): Promise<Certificate> {
  cryptoProvider.set(webcrypto as never);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const dayMs = 86_400_000;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=skein',
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + days * dayMs),
    signingAlgorithm: algorithm,
    keys: keys as never,
  });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
  return { cert: certificate.toString('pem'), key: String(key) };
}
