// The limit with encryption: frames over node:tls, TLS 1.3, with a certificate made for this run. The client does
// not ask who the server is: that costs once per connection, and is not what is measured.
import { webcrypto } from 'node:crypto';
import tls from 'node:tls';
import { frameRoles } from './frames.mjs';

export const title = 'raw node:tls';

const minVersion = 'TLSv1.3';

/** Once for all runs: what it makes reaches the roles as `work.shared`. */
export async function prepare() {
  return { shared: await makeCertificate(), end: () => undefined };
}

const played = frameRoles({
  serve: (onSocket, { shared }) =>
    new Promise((resolve) => {
      const server = tls.createServer({ ...shared, minVersion, noDelay: true }, onSocket);
      server.listen(0, '127.0.0.1', () => resolve(server.address().port));
    }),
  connect: (port) =>
    new Promise((resolve) => {
      const options = { port, host: '127.0.0.1', minVersion, rejectUnauthorized: false };
      const socket = tls.connect(options, () => resolve(socket.setNoDelay(true)));
    }),
});

export const roles = {
  'one-way': played['one-way'],
  'round-trip': played['round-trip'],
  channel: played.channel,
  'channel-relay': played['channel-relay'],
};

async function makeCertificate() {
  await import('reflect-metadata');
  const { PemConverter, X509CertificateGenerator } = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned(
    { name: 'CN=bench', keys, signingAlgorithm: algorithm, notAfter: new Date(Date.now() + 86_400_000) },
    webcrypto,
  );
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key, cert: made.toString('pem') };
}
