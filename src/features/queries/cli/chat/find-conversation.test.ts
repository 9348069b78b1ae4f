/** The conversation that a shortened id means. */
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../cli/kit/exit.ts';
import { findConversation } from './find-conversation.ts';

const whole = (digits: string): string => digits.padEnd(32, '0');
const known = ['4f1c20ab', '4f1c30ab', '5a6b'].map((digits) => ({ id: whole(digits) }));

describe('a shortened id', () => {
  test('means the one conversation that begins so', () => {
    expect(findConversation(known, '5A6B')).toBe(whole('5a6b'));
    expect(findConversation(known, '4f1c2')).toBe(whole('4f1c20ab'));
  });

  test('a whole one may be that of a conversation of others', () => {
    expect(findConversation(known, whole('9999'))).toBe(whole('9999'));
  });

  test('is never guessed', () => {
    expect(() => findConversation(known, '4f1c')).toThrow(
      /^the ids of 2 conversations begin with 4f1c: write more digits of one of 4f1c20ab.*, 4f1c30ab/,
    );
    expect(() => findConversation(known, '9999')).toThrow(/^this node takes part in no conversation 9999/);
    expect(() => findConversation(known, 'b')).toThrow(UsageError);
  });
});
