/** What is typed in a chat, read and completed. */
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../cli/kit/exit.ts';
import { chatCommandOf } from './chat-line.ts';
import { completeFor } from './completion.ts';

describe('a line', () => {
  test.each([
    ['', { type: 'nothing' }],
    ['   ', { type: 'nothing' }],
    ['say  two  words ', { type: 'say', text: 'two  words' }],
    ['wait', { type: 'wait', forMs: undefined }],
    ['wait 500ms', { type: 'wait', forMs: 500 }],
    ['invite b, c d', { type: 'invite', names: ['b', 'c', 'd'] }],
    ['converse b c', { type: 'converse', names: ['b', 'c'] }],
    ['conversation 4F1c', { type: 'go-on', id: '4F1c' }],
    ['conversations', { type: 'conversations' }],
    ['leave', { type: 'leave' }],
    ['state b', { type: 'state', names: ['b'] }],
    ['peers', { type: 'peers' }],
    ['peers all', { type: 'all-peers' }],
    ['peer b mood', { type: 'query', node: 'b', query: 'mood', input: null }],
    ['peer b service echo', { type: 'query', node: 'b', query: 'service', input: 'echo' }],
    ['swarm state {"from":"b"}', { type: 'query', node: undefined, query: 'state', input: { from: 'b' } }],
    ['quit', { type: 'quit' }],
    ['order coffee', { type: 'order', service: 'coffee', input: null }],
    ['order coffee latte --no-milk', { type: 'order', service: 'coffee', input: 'latte --no-milk' }],
    ['order render {"frame":1}', { type: 'order', service: 'render', input: { frame: 1 } }],
    ['order status', { type: 'order-status', id: undefined }],
    ['order status 4F1c', { type: 'order-status', id: '4f1c' }],
  ])('%j is read', (line, command) => {
    expect(chatCommandOf(line)).toEqual(command);
  });

  test.each([
    ['sya hello', /^no command "sya": one of say, wait/],
    ['constructor', /^no command "constructor"/],
    ['say', /^say: say what; usage: say TEXT$/],
    ['wait soon', /^wait: expected a duration .*, got "soon"; usage/],
    ['invite', /^invite: name a node; usage: invite NAME/],
    ['converse', /^converse: name a node; usage: converse NAME/],
    ['conversation', /^conversation: "" is not the id of a conversation: write 4 to 32/],
    ['conversation b', /^conversation: "b" is not the id of a conversation/],
    ['leave b', /^leave: "b" is too much; usage: leave$/],
    ['invite b/c', /^invite: .*"b\/c" does not fit; usage/],
    ['order', /^order: a name is missing; usage: order SERVICE/],
    ['order a/b', /^order: .*"a\/b" does not fit/],
    [
      'order status coffee',
      /^order: "coffee" is not the id of an order: write 4 to 32.*usage: order status \[ID\]$/,
    ],
    ['peer', /^peer: a name is missing; usage: peer NAME QUERY/],
    ['peer b', /^peer: a name is missing/],
    ['swarm', /^swarm: a name is missing; usage: swarm QUERY/],
    ['peer b disk {"from"', /^the input begins as JSON and is none/],
    ['who else', /^who: "else" is too much; usage: who$/],
    ['peers some', /^peers: "some" is too much; usage: peers \[all\]$/],
  ])('%j is refused, and what is accepted is said', (line, text) => {
    expect(() => chatCommandOf(line)).toThrow(UsageError);
    expect(() => chatCommandOf(line)).toThrow(text);
  });
});

describe('completion', () => {
  const complete = completeFor({
    nodes: async () => [{ name: 'farm1' }, { name: 'farm2' }, { name: 'page' }] as never,
    query: async (target: unknown) =>
      ({ queries: typeof target === 'string' ? ['disk', 'stats'] : ['state', 'stats'] }) as never,
    tasks: {
      services: async () => [{ service: 'render' }, { service: 'x\u001b[2J' }] as never,
    },
    letters: {
      conversations: async () =>
        [`4f1c20ab${'0'.repeat(24)}`, '5'.repeat(32), '4f1c\u001b[2J'].map((id) => ({ id })) as never,
    },
  });
  test.each([
    ['sa', ['say '], 'sa'],
    ['p', ['peer', 'peers'], 'p'],
    ['peers ', ['all '], ''],
    ['invite farm', ['farm1', 'farm2'], 'farm'],
    ['invite farm1 p', ['page '], 'p'],
    ['peer pa', ['page '], 'pa'],
    ['peer page d', ['disk '], 'd'],
    ['swarm st', ['state', 'stats'], 'st'],
    ['conversation 4', ['4f1c20ab '], '4'],
    ['converse farm1 p', ['page '], 'p'],
    ['say farm', [], 'farm'],
    ['order ', ['render', 'status'], ''],
    ['order ren', ['render '], 'ren'],
    ['peer page disk x', [], 'x'],
  ])('of %j offers %j', async (line, words, replaced) => {
    expect(await complete(line)).toEqual([words, replaced]);
  });
});
