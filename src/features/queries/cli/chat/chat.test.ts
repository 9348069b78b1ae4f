/** A chat whose commands take long. */
import { expect, test } from 'vitest';
import type { SkeinNode } from '../../../../node/node.ts';
import { Chat } from './chat.ts';
import type { ChatConsole } from './console.ts';
import { Talk } from './talk.ts';

const forEver = new Promise<never>(() => undefined);

/** Types these lines, and Ctrl-C at the moment that it is asked to. */
function chatOf(node: object, lines: readonly string[]) {
  const printed: string[] = [];
  let interrupt = (): void => undefined;
  const console: ChatConsole = {
    lines: (async function* () {
      yield* lines;
    })(),
    print: async (text) => void printed.push(text),
    complain: async (text) => void printed.push(`! ${text}`),
    onInterrupt(listener) {
      interrupt = listener;
      return () => undefined;
    },
    close: () => undefined,
  };
  const whole = node as SkeinNode;
  return {
    printed,
    chat: new Chat(whole, new Talk(whole, ['b']), console),
    interrupt: () => interrupt(),
  };
}

const listening = { opened: Promise.resolve(), close: async () => undefined };

test.each(['state b', 'say hello', 'conversations', 'converse b'])(
  '%j is interrupted while the swarm does not answer, and the chat goes on',
  async (line) => {
    const asked = (): Promise<never> => {
      queueMicrotask(interrupt);
      return forEver;
    };
    const letters = { handle: () => listening, list: asked, converse: asked, conversations: asked };
    const { chat, printed, interrupt } = chatOf({ name: 'a', letters }, [line, 'who']);
    await chat.run();
    expect(printed).toEqual(['! interrupted', '(no conversation: say TEXT begins one with b)']);
    expect(chat.failures).toBe(1);
  },
);

test('no page is asked for after an interrupt, nor after one that does not get on', async () => {
  const letter = { id: '4f1c', n: 7, from: 'b', sentAt: 0, recipients: [{ name: 'a', state: 'stored' }] };
  const pages: unknown[] = [];
  let isLying = false;
  const list = async (filter: unknown): Promise<object[]> => {
    pages.push(filter);
    if (pages.length > 9) throw new Error('pages are asked for without end');
    if (!isLying) queueMicrotask(interrupt);
    return [letter];
  };
  const letters = { handle: () => listening, list, body: async () => ({ body: 'hello' }) };
  const { chat, printed, interrupt } = chatOf({ name: 'a', letters }, ['state b']);
  await chat.run();
  expect(printed).toEqual(['! interrupted']);
  expect(pages).toEqual([{ from: 'b', after: 0 }]);

  isLying = true;
  const lied = chatOf({ name: 'a', letters }, ['state b']);
  await lied.chat.run();
  expect(lied.printed).toEqual([expect.stringMatching(/b \(a stored\): hello/)]);
  expect(pages).toHaveLength(3);
});
