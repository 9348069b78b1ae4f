/** A recorded session as it would be had one of its nodes another wire version: what must be refused, and clearly. */
import { decodeHello, encodeHello } from '../../../src/kernel/link/hello.ts';
import { concatenate } from '../../../src/kernel/wire/bytes.ts';
import { headerBytes, preface } from '../../../src/kernel/wire/frame.ts';
import { framesOf } from './frames.ts';
import type { Session } from './session.ts';

/** Only the hello of this node says so: of a build whose hello everybody can read. */
export function withHelloVersion(session: Session, node: string, version: number): Session {
  return withChunks(session, node, (bytes) => {
    const hello = decodeHello(bytes.subarray(preface.length + headerBytes));
    if (!isOpening(bytes) || typeof hello === 'string') return bytes;
    const head = bytes.slice(0, preface.length + headerBytes);
    return concatenate([head, encodeHello({ ...hello, wireVersion: version, wireVersionMin: version })]);
  });
}

/** Each frame of this node says so in its header. */
export function withFrameVersion(session: Session, node: string, version: number): Session {
  return withChunks(session, node, (bytes) => {
    const frames = framesOf(bytes).map((frame) => {
      const changed = frame.bytes.slice();
      changed[4] = (version << 4) | ((changed[4] as number) & 0x0f);
      return changed;
    });
    return concatenate(isOpening(bytes) ? [preface, ...frames] : frames);
  });
}

/** The first bytes of its streams are not skein's. */
export function withPreface(session: Session, node: string, other: Uint8Array): Session {
  return withChunks(session, node, (bytes) =>
    isOpening(bytes) ? concatenate([other, bytes.subarray(preface.length)]) : bytes,
  );
}

function isOpening(bytes: Uint8Array): boolean {
  return preface.every((byte, i) => bytes[i] === byte);
}

function withChunks(session: Session, node: string, change: (bytes: Uint8Array) => Uint8Array): Session {
  const events = session.events.map((event) =>
    event.node === node && event.what === 'writes' ? { ...event, bytes: change(event.bytes) } : event,
  );
  return { ...session, events };
}
