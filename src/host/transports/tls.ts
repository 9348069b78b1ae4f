/**
 * TLS under the links of a node that has a key: both ends of its handshake, and the proof that follows it.
 *
 * Who calls it: the TCP transport, with a connected socket. Invariant: TLS 1.3 or nothing; a handshake is
 * over within its time or its socket is gone; certificates are not looked at, since whoever sits in the
 * middle with two sessions has two exporters, and the proof over either fails at the other.
 */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { RecordSigner } from '../../kernel/contracts.ts';
import { type Failure, failure } from '../../kernel/errors.ts';
import type { Certificate } from '../keys/certificate.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { exporterBytes, exporterLabel, LinkProof } from '../keys/link-proof.ts';
import { hostLimits } from '../limits.ts';
import { StrangerBytes } from './stranger-bytes.ts';

export interface SecuredStream {
  readonly socket: TLSSocket;
  readonly stage: LinkProof;
}

export interface TlsCounters {
  /** Handshakes that came to nothing. */
  failed: number;
  /** Ended to make room, since too many were under way. */
  refused: number;
  /** Ended since they brought too much without having proven the key. */
  readonly floods: number;
}

const minVersion = 'TLSv1.3';
const protocol = 'skein/1';

export class Tls {
  readonly ring: KeyRing;
  /** Of the life whose links these are. */
  signer: RecordSigner;
  private readonly context: SecureContext;
  /** What others began and have not ended, the oldest first. */
  private readonly underWay = new Set<TLSSocket>();
  private readonly strangers = new StrangerBytes();
  private failed = 0;
  private refused = 0;

  constructor(ring: KeyRing, signer: RecordSigner, { cert, key }: Certificate) {
    this.ring = ring;
    this.signer = signer;
    // Without tickets: each session has a handshake of its own, and nothing of it can be taken up again.
    const secureOptions = constants.SSL_OP_NO_TICKET;
    this.context = createSecureContext({ cert, key, minVersion, maxVersion: minVersion, secureOptions });
  }

  get counters(): TlsCounters {
    return { failed: this.failed, refused: this.refused, floods: this.strangers.floods };
  }

  /** @param head What was read of the stream already. @param proven Told when the other end has proven a key. */
  async accept(socket: Socket, head: Uint8Array, proven: () => void): Promise<SecuredStream | undefined> {
    // Read again by TLS, as if it had just come.
    socket.pause();
    socket.unshift(head);
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: this.context,
      ALPNProtocols: [protocol],
      requestCert: false,
    });
    this.makeRoom();
    this.underWay.add(secured);
    this.strangers.watch(secured, socket);
    const problem = await shaken(secured, 'secure', hostLimits.tlsHandshakeTimeoutMs);
    this.underWay.delete(secured);
    if (problem === undefined) return this.staged(secured, proven);
    this.failed++;
    return undefined;
  }

  async dial(
    socket: Socket,
    address: string,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<SecuredStream | Failure> {
    if (this.ring.first === undefined) {
      socket.destroy();
      return failure('SKEIN_KEY', `dial: this node has no key any more; add one: skein key add`);
    }
    const secured = connect({
      socket,
      secureContext: this.context,
      ALPNProtocols: [protocol],
      minVersion,
      // Ephemeral and self-signed: the proof over this session says who it is.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    this.strangers.watch(secured, socket);
    const problem = await shaken(secured, 'secureConnect', timeoutMs, signal);
    if (problem === undefined) return this.staged(secured);
    this.failed++;
    const text =
      problem === 'timeout'
        ? 'did not finish TLS in time'
        : 'did not agree on TLS: a node without a key listens there, or another program';
    return failure(problem === 'timeout' ? 'SKEIN_TIMEOUT' : 'SKEIN_KEY', `${address} ${text}`);
  }

  /** An honest handshake is over in two round trips: the oldest is the least likely to be one. */
  private makeRoom(): void {
    if (this.underWay.size < hostLimits.tlsHandshakesMax) return;
    const [oldest] = this.underWay;
    if (oldest === undefined) return;
    // At once: of many that come in one turn each is to end another.
    this.underWay.delete(oldest);
    this.refused++;
    oldest.destroy();
  }

  private staged(socket: TLSSocket, proven?: () => void): SecuredStream {
    const exporter = socket.exportKeyingMaterial(exporterBytes, exporterLabel, Buffer.alloc(0));
    const isProven = () => {
      this.strangers.forget(socket);
      proven?.();
    };
    const { ring, signer } = this;
    const stage = new LinkProof({ ring, exporter: new Uint8Array(exporter), signer, proven: isProven });
    return { socket, stage };
  }
}

/** Waits for the end of a handshake; why there is none, and the socket is gone then. */
function shaken(
  socket: TLSSocket,
  event: 'secure' | 'secureConnect',
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<'timeout' | 'failed' | undefined> {
  return new Promise((resolve) => {
    const end = (problem: 'timeout' | 'failed' | undefined) => {
      clearTimeout(timer);
      socket.off(event, done);
      socket.off('close', closed);
      signal?.removeEventListener('abort', closed);
      if (problem !== undefined) socket.destroy();
      // Nothing is read before its link is there to take it.
      else socket.pause();
      resolve(problem);
    };
    const done = () => end(undefined);
    const closed = () => end('failed');
    const timer = setTimeout(() => end('timeout'), timeoutMs);
    socket.once(event, done);
    // Stays for good: between here and its link the socket must not be able to throw.
    socket.on('error', () => end('failed'));
    socket.once('close', closed);
    signal?.addEventListener('abort', closed);
  });
}
