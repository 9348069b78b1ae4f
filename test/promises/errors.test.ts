/** Error codes that no other test brings about, and which of all codes say that the same call may succeed later. */
import { describe, expect, test } from 'vitest';
import type { Behavior } from '../../src/kernel/contracts.ts';
import { type ErrorCode, errorCodes, failure, SkeinError } from '../../src/kernel/errors.ts';
import { idOf } from '../../src/kernel/identity.ts';
import { TestMesh, type TestNode } from '../core/harness.ts';

test('exactly the codes of passing trouble are retryable', () => {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  expect(codes.filter((code) => new SkeinError(code, 'x').retryable)).toEqual([
    'SKEIN_UNREACHABLE',
    'SKEIN_TIMEOUT',
    'SKEIN_NO_ROUTE',
    'SKEIN_NO_SERVICE',
    'SKEIN_LOST',
    'SKEIN_BUSY',
    'SKEIN_UNDELIVERED',
    'SKEIN_NOT_LINKED',
    'SKEIN_MAILBOX_FULL',
    'SKEIN_STORE_ELSEWHERE',
    'SKEIN_STORE_FULL',
  ]);
});

describe('two names of one id', () => {
  // Found by trying 33 million names.
  const [one, other] = ['n9bn8g', 'nglouz'] as const;

  test('cannot be in one mesh: the second is refused with SKEIN_ID_COLLISION by whoever knows the first', () => {
    expect(idOf(one)).toBe(idOf(other));
    const mesh = new TestMesh();
    const [a] = mesh.chain('a', one) as [TestNode, TestNode];
    const late = mesh.add(other);
    const dialed = late.dial('a');
    mesh.run(3000);
    expect(late.answers.get(dialed)?.failure?.code).toBe('SKEIN_ID_COLLISION');
    expect(a.neighborNames()).toEqual([one]);
  });
});

describe('a dial by hand', () => {
  function dialed(prepare: (mesh: TestMesh) => void, behaviors: Behavior[] = []): string | undefined {
    const mesh = new TestMesh();
    const a = mesh.add('a');
    mesh.add('b', { behaviors });
    prepare(mesh);
    const token = a.dial('b');
    mesh.run(2000);
    return a.answers.get(token)?.failure?.code;
  }

  test('is SKEIN_REFUSED when a behavior of the other node says no', () => {
    const refuses: Behavior = {
      name: 'guard',
      links: { checkIncoming: () => failure('SKEIN_REFUSED', 'not now') },
    };
    expect(dialed(() => {}, [refuses])).toBe('SKEIN_REFUSED');
  });

  test('is SKEIN_PROTOCOL when what answers there does not speak skein', () => {
    const speakHttp = (mesh: TestMesh): void => {
      mesh.tamper = (bytes, from) =>
        from.name === 'b' ? new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n') : bytes;
    };
    expect(dialed(speakHttp)).toBe('SKEIN_PROTOCOL');
  });
});

test('SKEIN_NOT_NEEDED ends dials of discovery that came second, and is told to no program', () => {
  const mesh = new TestMesh();
  const codes: string[] = [];
  const recorder = (): Behavior => ({
    name: 'recorder',
    links: { outgoingError: (_agent, error) => void codes.push(error.failure.code) },
  });
  for (const name of ['b', 'c', 'd']) mesh.add(name, { behaviors: [recorder()] });
  const a = mesh.add('a', { degree: 1 });
  mesh.run(3000);
  expect(a.neighborNames()).toHaveLength(1);
  expect(new Set(codes)).toEqual(new Set(['SKEIN_NOT_NEEDED']));
  for (const node of mesh.nodes.values()) expect(node.told('warning')).toEqual([]);
});
