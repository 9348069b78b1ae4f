import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MeshKey } from './mesh-key.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

describe('a mesh key', () => {
  test('is read back from its text, in whatever case and with blanks around it', () => {
    for (let i = 0; i < 50; i++) {
      const key = MeshKey.make();
      expect(key.text).toMatch(/^skein1-[a-z2-7]{52}-[a-z2-7]{6}$/);
      for (const text of [key.text, key.text.toUpperCase(), `  ${key.text}\n`])
        expect(MeshKey.parse(text, 'x')).toMatchObject({ id: key.id, text: key.text });
    }
  });

  test('with any one letter wrong, or two exchanged, is told as a typo', () => {
    const { text } = MeshKey.make();
    const at = fc.integer({ min: 'skein1-'.length, max: text.length - 8 });
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 31 }), (i, shift) => {
        const wrong = alphabet[(alphabet.indexOf(text[i] as string) + shift) % 32];
        const typed = text.slice(0, i) + wrong + text.slice(i + 1);
        expect(() => MeshKey.parse(typed, 'SKEIN_KEY')).toThrow(/^SKEIN_KEY: the key has a typo/);
      }),
    );
    fc.assert(
      fc.property(at, (i) => {
        fc.pre(text[i] !== text[i + 1] && text[i + 1] !== '-');
        const typed = text.slice(0, i) + text[i + 1] + text[i] + text.slice(i + 2);
        expect(() => MeshKey.parse(typed, 'x')).toThrow(/typo/);
      }),
    );
  });

  test.each([
    ['', 'it does not begin as one'],
    ['hunter2', 'it does not begin as one'],
    ['skein1-abc', 'it has 10 characters of 66'],
    [`${MeshKey.make().text}x`, 'it has 67 characters of 66'],
    [MeshKey.make().text.replace(/.$/, '0'), 'some that no key has'],
  ])('%j is none, and the error does not repeat it', (text, reason) => {
    let message = '';
    try {
      MeshKey.parse(text, 'the key');
    } catch (error) {
      message = (error as Error).message;
      expect(error).toMatchObject({ code: 'SKEIN_KEY' });
    }
    expect(message).toContain(reason);
    if (text.length > 10) expect(message).not.toContain(text.slice(10));
  });

  test('shows its id only, however it is printed', () => {
    const key = MeshKey.make();
    for (const shown of [inspect(key), inspect({ key }), JSON.stringify({ key }), `${inspect([key])}`]) {
      expect(shown).toContain(key.id);
      expect(shown).not.toContain(key.text.slice(10, 30));
    }
  });

  test('gives each use a key of its own, the same each time', () => {
    const key = MeshKey.make();
    const again = MeshKey.parse(key.text, 'x');
    const uses = ['link proof', 'datagram encryption', 'datagram authentication'] as const;
    const derived = uses.map((use) => key.keyFor(use).toString('hex'));
    expect(new Set(derived).size).toBe(uses.length);
    expect(uses.map((use) => again.keyFor(use).toString('hex'))).toEqual(derived);
    expect(derived.join()).not.toContain(key.id);
  });
});
