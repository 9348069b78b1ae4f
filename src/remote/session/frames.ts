/**
 * The session protocol, frame by frame: what a client and a node say to each other on one connection.
 *
 * A message of the WebSocket is one CBOR array of frames; a frame is an array that begins with its type and the number
 * of what it belongs to. Who calls it: both ends of a session. Invariant: what is decoded has been walked once before
 * (`kit/codec.ts`), so that no bytes can make the decoder work for long, and is a list of frames of known types.
 */
import { SkeinError } from '../../kernel/errors.ts';
import { decodeBody, encodeEnvelope } from '../../kit/codec.ts';

/** Where a session begins: `GET`, with `Upgrade: websocket`. */
export const sessionPath = '/api/v1/session';
/** Two ends with other numbers do not understand each other. */
export const sessionProtocol = 2;

export const FrameType = {
  // From the client.
  /**
   * `[hello, 0, {protocol, brief, resumable, resumes}]`: the first of a session. `resumes` is the token of the session
   * before, of which the client wants to know what it missed.
   */
  hello: 0,
  /** `[part, id, bytes]`: a piece of the input of the call `id`, which comes after the last of them. */
  part: 1,
  /** `[call, id, operation, input, manner?]` (`CallManner`). Where its parts went before, without an input. */
  call: 2,
  /** `[stream, id, operation, input, credit]`: so many items may come. */
  stream: 3,
  /** `[duplex, id, operation, input, credit]`: so many bytes may come. */
  duplex: 4,
  /** `[cancel, id]`: nobody waits for it any more. With an error text: a duplex is given up. */
  cancel: 5,
  // From both.
  /** `[credit, id, count, passed?]`: `count` more items or bytes may come; `true`: the oldest mark of a stream is passed. */
  credit: 6,
  /** `[data, id, bytes]` of a duplex. */
  data: 7,
  /** `[end, id]`: nothing more comes from this side of a duplex. */
  end: 8,
  // From the node.
  /** `[welcome, 0, {protocol, name, life, token, taken}]`: of a resumable session its token, and what was taken in the one before. */
  welcome: 9,
  /** `[answer, id, output]` */
  answer: 10,
  /** `[opened, id, credit]`: the node is collecting; of a duplex, so many bytes may go. */
  opened: 11,
  /** `[item, id, item]` */
  item: 12,
  /** `[over, id, nodeEnds]`: it has ended well; `true`: since the node does. */
  over: 13,
  /** `[failed, id, error]`: it has ended otherwise. Of 0: the session has. */
  failed: 14,
  /** `[finished, id]`: the other end of a duplex has all that the client wrote. */
  finished: 15,
  /** `[state, id, state]` of a duplex, now and then. */
  state: 16,
  /** `[mark, id]` of a stream: the node goes no further than one mark ahead until the reader has passed this one. */
  mark: 17,
} as const;

/** How a call is made; without one it cannot be given up. */
export const CallManner = {
  /** It may be given up by `cancel`. */
  cancelable: 1,
  /** It is answered only where it fails. */
  told: 2,
} as const;

export type SessionFrame = readonly [type: number, id: number, ...rest: unknown[]];

const lastType = FrameType.mark;
/** An array whose end is marked: frames are encoded before their number is known. */
const arrayHead = 0x9f;
const arrayEnd = 0xff;

/** @throws TypeError for what CBOR cannot say. */
export function encodeFrame(frame: SessionFrame): Uint8Array {
  return encodeEnvelope(frame);
}

/** One message of encoded frames. */
export function joinFrames(frames: readonly Uint8Array[], byteLength: number): Uint8Array {
  const joined = new Uint8Array(byteLength + 2);
  joined[0] = arrayHead;
  let at = 1;
  for (const frame of frames) {
    joined.set(frame, at);
    at += frame.length;
  }
  joined[at] = arrayEnd;
  return joined;
}

/** @throws SkeinError SKEIN_CONTROL when this is no message of a session. */
export function decodeFrames(message: Uint8Array): readonly SessionFrame[] {
  let frames: unknown;
  try {
    frames = decodeBody(1, message);
  } catch (cause) {
    throw notFrames({ cause });
  }
  if (!Array.isArray(frames) || !frames.every(isFrame)) throw notFrames();
  return frames;
}

function isFrame(value: unknown): value is SessionFrame {
  if (!Array.isArray(value)) return false;
  const [type, id] = value as unknown[];
  return isCount(type) && type <= lastType && isCount(id);
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function notFrames(options: ErrorOptions = {}): SkeinError {
  return new SkeinError('SKEIN_CONTROL', 'that is no message of a session: a CBOR array of frames', options);
}
