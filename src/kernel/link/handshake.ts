/**
 * The handshake of one link, from the first byte to the moment it opens.
 *
 * Who calls it: the link, which sends what it asks for and acts on the step it returns. Invariant: the
 * dialer proves first, nothing of a hello is parsed before its proof holds, and a link opens only after
 * both ends have accepted. `proof` is empty on plain links. (D dials, L listens.)
 * ```
 * D -> L  preface, hello        L -> D  preface, hello
 * D -> L  proof                 L -> D  proof
 *                               L -> D  accept | refuse      L decides first
 * D -> L  accept | refuse                                    open
 * ```
 */
import type { SecureStage } from '../contracts.ts';
import { type ErrorCode, type Failure, failure } from '../errors.ts';
import { isInstanceOf } from '../identity.ts';
import { headerBytes, headerVersion, preface, wireVersion, wireVersionMin } from '../wire/frame.ts';
import { acceptanceOf, ControlType, saysAnother } from './control.ts';
import { otherKeyText } from './dial-failure.ts';
import { decodeHello, type Hello } from './hello.ts';
import { decodeRefusal } from './refusal.ts';

export type LinkRole = 'dialer' | 'listener';

type Stage =
  /** Waiting for the other's preface and hello. */
  | { readonly name: 'greeting'; readonly prefaceSeen: number }
  | { readonly name: 'proving' }
  /** Our behaviors decide. */
  | { readonly name: 'deciding' }
  /** The other end has its say. */
  | { readonly name: 'awaiting' };

/** What the link does next. */
export type HandshakeStep =
  | { readonly next: 'wait' }
  /** The other end has proven itself: ask the behaviors. */
  | { readonly next: 'decide'; readonly peer: Hello }
  | { readonly next: 'refuse'; readonly failure: Failure }
  | { readonly next: 'open' }
  /** It broke the protocol. */
  | { readonly next: 'violation'; readonly text: string; readonly code?: ErrorCode }
  /** It said no. */
  | { readonly next: 'refused'; readonly failure: Failure };

const nothing = new Uint8Array(0);
const wait: HandshakeStep = { next: 'wait' };

export class Handshake {
  /** The other end's hello, once its proof has held. */
  peer: Hello | undefined;
  /** The other end holds another link to us. */
  otherHasAnother = false;
  private readonly role: LinkRole;
  private readonly security: SecureStage | undefined;
  private readonly send: (type: number, payload: Uint8Array) => void;
  private readonly ownHello: Uint8Array;
  private otherHello: Uint8Array = nothing;
  private stage: Stage = { name: 'greeting', prefaceSeen: 0 };

  constructor(
    role: LinkRole,
    ownHello: Uint8Array,
    security: SecureStage | undefined,
    send: (type: number, payload: Uint8Array) => void,
  ) {
    this.role = role;
    this.ownHello = ownHello;
    this.security = security;
    this.send = send;
    if (role === 'dialer') this.send(ControlType.hello, ownHello);
  }

  /** A refusal can still be understood by the other end: it has said hello. */
  get canRefuse(): boolean {
    return this.stage.name !== 'greeting';
  }

  get isDeciding(): boolean {
    return this.stage.name === 'deciding';
  }

  /** Takes the first bytes of the stream; what follows them, or undefined when they are not skein's. */
  takePreface(bytes: Uint8Array): Uint8Array | undefined {
    if (this.stage.name !== 'greeting') return bytes;
    const seen = this.stage.prefaceSeen;
    const count = Math.min(preface.length - seen, bytes.length);
    for (let i = 0; i < count; i++) if (bytes[i] !== preface[seen + i]) return undefined;
    this.stage = { name: 'greeting', prefaceSeen: seen + count };
    return bytes.subarray(count);
  }

  handle(type: number, payload: Uint8Array): HandshakeStep {
    switch (type) {
      case ControlType.hello:
        return this.helloReceived(payload);
      case ControlType.proof:
        return this.proofReceived(payload);
      case ControlType.accept:
        return this.acceptReceived(payload);
      case ControlType.refuse:
        return { next: 'refused', failure: this.refusalReceived(payload) };
      default:
        return violation('something else than a handshake');
    }
  }

  /** Our behaviors let it pass. `hasAnother`: we already hold another link to that node. */
  accept(hasAnother: boolean): HandshakeStep {
    this.send(ControlType.accept, acceptanceOf(hasAnother));
    if (this.role === 'dialer') return { next: 'open' };
    this.stage = { name: 'awaiting' };
    return wait;
  }

  private helloReceived(payload: Uint8Array): HandshakeStep {
    if (this.stage.name !== 'greeting') return violation('a hello out of order');
    this.otherHello = payload.slice();
    if (this.role === 'listener') this.send(ControlType.hello, this.ownHello);
    else this.sendProof();
    this.stage = { name: 'proving' };
    return wait;
  }

  private proofReceived(payload: Uint8Array): HandshakeStep {
    if (this.stage.name !== 'proving') return violation('a proof out of order');
    const other: LinkRole = this.role === 'dialer' ? 'listener' : 'dialer';
    if (this.security?.verify(other, this.dialerHello, this.listenerHello, payload) === false) {
      return violation(otherKeyText, 'SKEIN_KEY');
    }
    const hello = decodeHello(this.otherHello);
    if (typeof hello === 'string') return violation(hello);
    if (!this.isProvenLife(hello))
      return violation(`it is not the life of ${hello.name} that its hello names`);
    this.peer = hello;
    this.stage = { name: 'awaiting' };
    if (this.role === 'dialer') return wait;
    this.sendProof();
    return this.decide(hello);
  }

  /** Every member can write any name and instance into a hello; only the life itself can sign for it. */
  private isProvenLife({ instance }: Hello): boolean {
    const { security } = this;
    if (security === undefined) return true;
    return security.publicKey !== undefined && isInstanceOf(instance, security.publicKey);
  }

  private acceptReceived(payload: Uint8Array): HandshakeStep {
    if (this.stage.name !== 'awaiting' || this.peer === undefined)
      return violation('an acceptance out of order');
    this.otherHasAnother = saysAnother(payload);
    return this.role === 'listener' ? { next: 'open' } : this.decide(this.peer);
  }

  /** Of one that has proven nothing only so much: whether our own proof was the reason. The words are ours. */
  private refusalReceived(payload: Uint8Array): Failure {
    const refusal = decodeRefusal(payload);
    if (this.security === undefined || this.peer !== undefined) return refusal;
    return refusal.code === 'SKEIN_KEY'
      ? failure('SKEIN_KEY', otherKeyText)
      : failure('SKEIN_REFUSED', 'refused by one that has not proven the mesh key');
  }

  private decide(peer: Hello): HandshakeStep {
    this.stage = { name: 'deciding' };
    if (peer.wireVersionMin <= wireVersion && peer.wireVersion >= wireVersionMin)
      return { next: 'decide', peer };
    const text = noCommonVersion(peer.wireVersionMin, peer.wireVersion);
    return { next: 'refuse', failure: failure('SKEIN_VERSION', text) };
  }

  private sendProof(): void {
    this.send(
      ControlType.proof,
      this.security?.proof(this.role, this.dialerHello, this.listenerHello) ?? nothing,
    );
  }

  private get dialerHello(): Uint8Array {
    return this.role === 'dialer' ? this.ownHello : this.otherHello;
  }

  private get listenerHello(): Uint8Array {
    return this.role === 'dialer' ? this.otherHello : this.ownHello;
  }
}

/** What to do about a frame whose header cannot be read: a build of another wire version writes that into each. */
export function unreadable(bytes: Uint8Array, start: number, end: number): HandshakeStep {
  const version = headerVersion(bytes, start);
  const isSpoken = version >= wireVersionMin && version <= wireVersion;
  if (isSpoken || end - start < headerBytes) return violation('a frame header that is not ours');
  return violation(noCommonVersion(version, version), 'SKEIN_VERSION');
}

function noCommonVersion(lowest: number, highest: number): string {
  const here = `${wireVersionMin} to ${wireVersion} here`;
  return `the wire versions do not meet: ${here}, ${lowest} to ${highest} there`;
}

function violation(text: string, code: ErrorCode = 'SKEIN_PROTOCOL'): HandshakeStep {
  return { next: 'violation', text, code };
}
