/** Until builds of two wire versions understand each other the rule is: the same, or a refusal that says why. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ControlType } from '../../src/kernel/link/control.ts';
import { decodeRefusal } from '../../src/kernel/link/refusal.ts';
import { headerBytes, wireVersion, wireVersionMin } from '../../src/kernel/wire/frame.ts';
import { framesOf } from './session/frames.ts';
import { type Played, play } from './session/play.ts';
import { readSession } from './session/session.ts';
import { withFrameVersion, withHelloVersion, withPreface } from './session/versions.ts';

const session = readSession(readFileSync(new URL('./sessions/messages.txt', import.meta.url), 'utf8'));
const later = wireVersion + 1;
const words = `the wire versions do not meet: ${wireVersionMin} to ${wireVersion} here, ${later} to ${later} there`;

/** What a node told the other end when it refused it. */
function refusalsSaid({ said }: Played): string[] {
  return [...said.values()].flatMap((bytes) =>
    framesOf(bytes)
      .filter(({ feature, type }) => feature === 0 && type === ControlType.refuse)
      .map((frame) => decodeRefusal(frame.bytes.subarray(headerBytes)))
      .map(({ code, message }) => `${code} ${message}`),
  );
}

const sawNobody = (played: Played) => played.seen.filter((text) => /^(up|link to|message)/.test(text));

describe('a node of another wire version', () => {
  test('is refused by the dialer, whose program is told both versions', () => {
    const played = play(withHelloVersion(session, 'far', later), 'near');
    expect(played.failures).toEqual([`SKEIN_VERSION ${words}`]);
    expect(sawNobody(played)).toEqual([]);
  });

  test('is refused by the listener, which tells it both versions', () => {
    const played = play(withHelloVersion(session, 'near', later), 'far');
    expect(refusalsSaid(played)).toEqual([`SKEIN_VERSION ${words}`]);
    expect(sawNobody(played)).toEqual([]);
  });

  test('whose very frames are of that version fails the dial with both versions, and not as noise', () => {
    const played = play(withFrameVersion(session, 'far', later), 'near');
    expect(played.failures).toEqual([`SKEIN_VERSION far: ${words}`]);
    expect(sawNobody(played)).toEqual([]);
  });

  test('whose very frames are of that version gets no link from the node that it dials', () => {
    const played = play(withFrameVersion(session, 'near', later), 'far');
    expect(sawNobody(played)).toEqual([]);
    expect([...played.said.values()].every(({ length }) => length === 0)).toBe(true);
  });
});

test('a stream that begins with another preface fails the dial as one that is not of skein', () => {
  const played = play(withPreface(session, 'far', Uint8Array.of(0xf5, 0x53, 0x4b, 0x58)), 'near');
  expect(played.failures).toEqual(['SKEIN_PROTOCOL far: it does not speak skein']);
  expect(sawNobody(played)).toEqual([]);
});
