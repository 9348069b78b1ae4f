import { describe, expect, test } from 'vitest';
import {
  decodeFrames,
  encodeFrame,
  FrameType,
  joinFrames,
  type SessionFrame,
  sessionProtocol,
} from './frames.ts';

/** What is on the wire, of each type: whoever changes one of these raises `sessionProtocol`. */
const golden: readonly [SessionFrame, string][] = [
  [[FrameType.hello, 0, { protocol: 1 }], '830000b9000168' + '70726f746f636f6c01'],
  [[FrameType.part, 7, Uint8Array.of(1, 2)], '830107420102'],
  [[FrameType.call, 7, 'status', {}], '8402076673746174757' + '3b90000'],
  [[FrameType.stream, 7, 'listen', {}, 1024], '850307666c697374656eb90000190400'],
  [[FrameType.duplex, 7, 'pair', {}, 524288], '8504076470616972b900001a00080000'],
  [[FrameType.cancel, 7], '820507'],
  [[FrameType.credit, 7, 512], '830607190200'],
  [[FrameType.data, 7, Uint8Array.of(255)], '83070741ff'],
  [[FrameType.end, 7], '820807'],
  [[FrameType.welcome, 0, { protocol: 1 }], '830900b900016870726f746f636f6c01'],
  [[FrameType.answer, 7, null], '830a07f6'],
  [[FrameType.opened, 7], '820b07'],
  [[FrameType.item, 7, 'x'], '830c076178'],
  [[FrameType.over, 7], '820d07'],
  [[FrameType.failed, 7, { code: 'SKEIN_BUSY' }], '830e07b9000164636f64656a534b45494e5f42555359'],
  [[FrameType.finished, 7], '820f07'],
  [[FrameType.state, 7, {}], '831007b90000'],
  [[FrameType.mark, 7], '821107'],
];

describe('frames', () => {
  test('of every type are these bytes', () => {
    expect(golden.map(([frame]) => frame[0])).toEqual(Object.values(FrameType));
    for (const [frame, hex] of golden) expect(Buffer.from(encodeFrame(frame)).toString('hex')).toBe(hex);
    expect(sessionProtocol).toBe(2);
  });

  test('are read back as they were, many in one message', () => {
    const frames = golden.map(([frame]) => frame);
    const encoded = frames.map(encodeFrame);
    const message = joinFrames(
      encoded,
      encoded.reduce((sum, { length }) => sum + length, 0),
    );
    expect(decodeFrames(message)).toEqual(frames);
  });

  test.each([
    ['nothing', ''],
    ['no list', '01'],
    ['a list of no frames', '8101'],
    ['a frame without a number', '81810a'],
    ['a type that there is not', '81821201'],
    ['a negative number', '81820a20'],
    ['half a message', '8182'],
    ['more than one', '818205078182'],
  ])('%s is refused', (_what, hex) => {
    expect(() => decodeFrames(Buffer.from(hex, 'hex'))).toThrow('no message of a session');
  });
});
