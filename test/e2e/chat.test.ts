/** `skein chat` from a pipe, and in a terminal of 80 columns: the transcripts of both. */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { program, Site, startProgram } from './helpers.ts';
import { noTerminal } from './in-terminal.ts';
import { Screen } from './screen.ts';

let site: Site;
let b: SkeinNode;
let c: SkeinNode;
/** What was said to b, as it was handled. */
const heard: unknown[] = [];
/** Says something as b in the conversation in which b was spoken to last. */
let answer: (text: string) => Promise<unknown>;

beforeAll(async () => {
  site = await Site.open(undefined, { SKEIN_NAMESPACE: `chat-${process.pid}` });
  await Promise.all(['a', 'b', 'c'].map((name) => site.up(name)));
  await site.must('status', '--wait', '--count', '3', '--node', 'a');
  [b, c] = (await Promise.all(['b', 'c'].map((name) => attached(name)))) as [SkeinNode, SkeinNode];
  // From now on the swarm knows all of them.
  await vi.waitFor(async () => expect(await b.swarm.nodes()).toHaveLength(3), 10_000);
  const handling = b.letters.handle(
    ({ body, conversation }) => {
      answer = (text) => b.letters.conversation(conversation as string).say(text);
      heard.push(body);
    },
    { conversations: true },
  );
  await handling.opened;
});
afterAll(async () => {
  await Promise.all([b, c].map((node) => node.close()));
  await site.close();
});
beforeEach(() => {
  heard.length = 0;
});

function attached(name: string): Promise<SkeinNode> {
  return attach({ control: join(site.folder, 'run', `${name}.sock`) });
}

/** Resolves once b has heard this. */
async function isHeard(text: string): Promise<void> {
  await vi.waitFor(() => expect(heard.at(-1)).toBe(text), 10_000);
}

/** Each shortened id by the place at which it comes first. */
function masked(text: string): string {
  const ids: string[] = [];
  return text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, '2026-11-29T10:27:34')
    .replace(/\b[0-9a-f]{8}\b/g, (id) => {
      if (!ids.includes(id)) ids.push(id);
      return `${ids.indexOf(id) + 1}f1c20ab`;
    })
    .replace(/ +$/gm, '');
}

class Terminal {
  private readonly screen = new Screen();
  private look = (): void => undefined;
  private kept: readonly string[] = [];
  private readonly stages: string[] = [];
  private readonly command;

  constructor(...args: string[]) {
    const line = ['stty cols 80 rows 24; exec', process.execPath, program, 'chat', ...args].join(' ');
    this.command = startProgram(['script', '-qec', line, '/dev/null'], {
      env: { ...site.environment(), TERM: 'xterm' },
    });
    this.command.process.stdout?.on('data', (chunk: Buffer) => {
      this.screen.write(chunk.toString());
      this.look();
    });
  }

  type(keys: string): void {
    this.command.process.stdin?.write(keys);
  }

  /** Resolves once the screen ends with this, the cursor as a bar. */
  ends(end: string): Promise<void> {
    return this.shows('', end);
  }

  /** The same, and shows that somewhere. */
  async shows(text: string, end: string): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const shown = this.screen.text(true);
        if (shown.includes(text) && shown.endsWith(end)) resolve();
      };
      const show = (): void =>
        reject(new Error(`${JSON.stringify(end)} did not come:\n${this.screen.text(true)}`));
      late = setTimeout(show, 10_000);
      this.look = look;
      look();
    }).finally(() => clearTimeout(late));
  }

  async keys(keys: string, end: string): Promise<void> {
    this.type(keys);
    await this.ends(end);
  }

  /** Types, waits until the screen ends so, and keeps what it shows under this title. */
  async step(title: string, keys: string, end: string): Promise<void> {
    await this.keys(keys, end);
    this.keep(title);
  }

  /** From the row on that is another one than before. */
  keep(title: string): void {
    const rows = this.screen.text(true).split('\n');
    const first = rows.findIndex((row, at) => row !== this.kept[at]);
    this.kept = rows;
    this.stages.push(`== ${title}\n${rows.slice(first).join('\n')}\n`);
  }

  async ended(): Promise<string> {
    const { exitCode } = await this.command.ended;
    this.stages.push(`== ended with ${exitCode}, the whole screen\n${this.screen.text()}\n`);
    return masked(this.stages.join('\n'));
  }
}

test('in a terminal what arrives stands above the line that is being typed', async ({ skip }) => {
  if (noTerminal !== undefined) skip(noTerminal);
  const terminal = new Terminal('--node', 'a');
  await terminal.ends('a> |');
  // Keys one by one, as a person types: Node.js takes several at once for text that was pasted. A tab in the middle of other keys would be one that was pasted.
  await terminal.keys('inv', 'a> inv|');
  await terminal.keys('\t', 'a> invite |');
  await terminal.keys('b', 'a> invite b|');
  await terminal.step('a command and a name are completed', '\t', 'a> invite b |');
  await terminal.step('who takes part', '\r', '(b takes part)\na> |');
  const { id } = (await b.letters.conversations())[0] as { id: string };
  const room = b.letters.conversation(id);
  terminal.type('say hel');
  await terminal.ends('a> say hel|');
  await room.say('are you there?');
  await terminal.ends('b: are you there?\na> say hel|');
  terminal.keep('something has arrived in the middle of a line');
  await terminal.step('the line goes on', 'lo\r', '(stored for b)\na> |');
  await isHeard('hello');

  const [before, after] = [
    'this line is longer than one row of the terminal has columns, and the cursor',
    ' goes back into it',
  ];
  terminal.type(`say ${before}${after}`);
  await terminal.ends(`${after.slice(-10)}|`);
  terminal.type('\u001b[D'.repeat(after.length));
  await terminal.ends(`${before.slice(-2)}|${after}`);
  await room.say('first row\nsecond row');
  await room.say('with a \u001b[2J control sequence');
  await terminal.shows('control sequence\na> say this', `${before.slice(-2)}|${after}`);
  terminal.keep('two more have arrived while the cursor was in a long line');
  await terminal.keys('!', `sor!|${after}`);
  await terminal.step('the rest of the line is typed where the cursor was', '\r', '(stored for b)\na> |');
  await isHeard(`${before}!${after}`);

  await terminal.step('the arrow up brings back what was typed', '\u001b[A\u001b[A', 'a> say hello|');
  await terminal.step('Ctrl-C clears the line', '\u0003', 'a> |');
  await terminal.keys('peer b m', 'peer b m|');
  await terminal.keys('\t', 'peer b mood |');
  await terminal.step('a query is completed and answered', '\r', '}\na> |');
  await terminal.step('the swarm is asked', 'swarm service echo\r', '"nodeCount": 0\n}\na> |');
  await terminal.step('what is unknown', 'peer c weather\r', '(SKEIN_UNKNOWN_QUERY)\na> |');
  await terminal.step('no command', 'sya hello\r', 'help, quit\na> |');
  await c.letters.conversation(id).say('may I join?');
  await terminal.ends('c: may I join?\na> |');
  terminal.keep('somebody who did not take part speaks');
  await terminal.step('it goes to both from now on', 'say welcome\r', '(stored for b, c)\na> |');
  // What was not waited for yet: four, and one more.
  await terminal.step('a wait ends at once where something has arrived', 'wait\r', 'a> wait\na> |');
  terminal.type('wait\r');
  await terminal.ends('a> wait\na> wait\na> |');
  await terminal.step('Ctrl-C ends a wait', '\u0003', 'interrupted\na> |');
  await terminal.step('who is here', 'peers\r', '\nc     1          -\na> |');
  terminal.type('peers all\r');
  await terminal.shows('LAST SEEN', '\na> |');
  terminal.keep('who was ever here');

  const other = await c.letters.converse('a');
  await other.say('this is between us');
  await terminal.ends('this is between us\na> |');
  terminal.keep('another conversation');
  await terminal.step('both are listed', 'conversations\r', '  c   a, c\na> |');
  await terminal.keys('conversation ', 'conversation |');
  await terminal.keys(other.id.slice(0, 6), `${other.id.slice(0, 6)}|`);
  await terminal.keys('\t', `${other.id.slice(0, 8)} |`);
  await terminal.step('the other one goes on', '\r', ': c takes part)\na> |');
  await terminal.step('what is said goes to those', 'say yes\r', '(stored for c)\na> |');
  await terminal.step('it is left', 'leave\r', `(left conversation ${other.id.slice(0, 8)})\na> |`);
  expect(await other.participants()).toEqual(['c']);
  await terminal.step('none is current', 'who\r', 'begins one)\na> |');
  terminal.type('\u0004');
  await expect(await terminal.ended()).toMatchFileSnapshot('./transcripts/chat-terminal.txt');
});

test('from a pipe it goes line by line, and ends with 1 where something has failed', async () => {
  const d = await site.up('d');
  await site.must('status', '--wait', '--count', '4', '--node', 'a');
  const lines = [
    'invite b',
    'who',
    'say hello',
    'wait 20s',
    'conversations',
    'peer b service echo',
    'peer b weather',
    'sya',
    'state d',
    'quit',
  ];
  const echo = b.letters.list({ from: 'd' });
  expect(await echo).toEqual([]);
  const running = site.start('chat', '--node', 'd');
  running.process.stdin?.end(`${lines.join('\n')}\nsay not any more\n`);
  // The answer comes while it waits: what is said is printed as stored before that.
  for await (const line of running.lines) if (line === '(stored for b)') break;
  await vi.waitFor(() => expect(heard).toContain('hello'), 30_000);
  await answer('hello d');
  const chat = await running.ended;
  expect(masked(chat.stdout)).toBe(
    [
      ...['(b takes part)', '(b takes part)', '(stored for b)', 'b: hello d'],
      ...['ID         BEGUN                BY  PARTICIPANTS', '1f1c20ab*  2026-11-29T10:27:34  d   b, d'],
      ...['{', '  "name": "echo",', '  "isOffered": false', '}'],
      ...['2026-11-29T10:27:34  d (b delivered)', ''],
    ].join('\n'),
  );
  expect(chat.stderr).toBe(
    'skein: chat: query weather at b: it is unknown: b answers availability, mood, peers, service, services, state, stats (SKEIN_UNKNOWN_QUERY)\n' +
      'skein: chat: no command "sya": one of say, wait, invite, leave, who, converse, conversations, conversation, peers, peer, swarm, state, order, help, quit\n',
  );
  expect(chat.exitCode).toBe(1);
  d.process.kill('SIGINT');
  await d.ended;
});

test('an order is answered with a receipt, its status is asked by it, and what came of it is shown', async () => {
  const guest = await site.up('guest');
  await site.must('status', '--wait', '--count', '4', '--node', 'guest');
  const made: unknown[] = [];
  const work = b.tasks.work('coffee', async ({ input }) => {
    if (input === null) throw new Error('no\u001b[2J beans');
    made.push(input);
    return { cups: 2 };
  });
  await work.opened;
  const lines = [
    ...['order status', 'order coffee latte --no-milk', 'wait 20s', 'order coffee', 'wait 20s'],
    ...['order status', 'order tea', 'order status ffff'],
  ];
  const { stdout, stderr, exitCode } = await site.run(['chat', '--node', 'guest'], {
    input: `${lines.join('\n')}\n`,
  });
  const id = '([0-9a-f]{8})';
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`;
  const pattern = new RegExp(
    `^\\(no orders\\)\n\\(order ${id}: coffee\\)\norder \\1 is done: \\{"cups":2\\}\n` +
      `\\(order ${id}: coffee\\)\norder \\2 is failed: no\\P{Cc}*beans\n` +
      `ID +ORDERED +STATE +SERVICE +WORKER\n\\1 +${time} +done +coffee +b\n\\2 +${time} +failed +coffee +b\n$`,
    'u',
  );
  expect(stdout).toMatch(pattern);
  const [, done = '', failed = ''] = pattern.exec(stdout) ?? [];
  expect(made).toEqual(['latte --no-milk']);
  expect(stderr).toMatch(/^skein: chat: no worker that was ever here .*"tea".* \(SKEIN_INFEASIBLE\)\n/);
  expect(stderr).toMatch(
    /\nskein: chat: the swarm has no order ffff: `order status` lists those of this node\n$/,
  );
  expect(exitCode).toBe(1);
  const later = await site.run(['chat', '--node', 'a'], {
    input: `order status ${done}\norder status ${failed}\n`,
  });
  expect(later.stdout).toMatch(
    new RegExp(
      `^order ${done} of coffee is done at b: \\{"cups":2\\}\norder ${failed} of coffee is failed at b: no.*\n$`,
    ),
  );
  await work.close();
  guest.process.kill('SIGINT');
  await guest.ended;
});

test('a conversation is joined where none is current, and goes on after a restart of its node', async () => {
  const f = await site.up('f');
  await site.must('status', '--wait', '--count', '4', '--node', 'a');
  await vi.waitFor(
    async () => expect((await b.swarm.nodes()).map(({ name }) => name)).toContain('f'),
    10_000,
  );
  const chat = site.start('chat', '--node', 'f');
  const room = await b.letters.converse('f');
  await room.say('come in');
  const digits = room.id.slice(0, 8);
  const next = async (): Promise<string> => (await chat.lines.next()).value as string;
  expect(await next()).toBe(`(conversation ${digits}: b takes part)`);
  expect(await next()).toBe('b: come in');
  chat.process.stdin?.write('say thanks\n');
  expect(await next()).toBe('(stored for b)');
  await isHeard('thanks');
  await site.must('down', '--node', 'f');
  expect((await chat.ended).exitCode).toBe(1);
  await f.ended;

  await room.say('are you still there?');
  await site.up('f');
  const again = site.start('chat', 'c', '--node', 'f', '--conversation', digits);
  expect((await again.lines.next()).value).toBe(`(conversation ${digits}: b, c take part)`);
  expect((await again.lines.next()).value).toBe('b: are you still there?');
  again.process.stdin?.end('say here I am\nleave\nconversations\n');
  expect((await again.lines.next()).value).toBe('(stored for b, c)');
  await isHeard('here I am');
  expect(await again.ended).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(new RegExp(`\\(left conversation ${digits}\\)\n\\(no conversations\\)\n$`)),
  });
  expect(await room.participants()).toEqual(['b', 'c']);
  await site.must('down', '--node', 'f');
});

test('a node that handles what is said to it elsewhere is refused, and one that ends ends the chat', async () => {
  expect(await site.run(['chat', '--node', 'b'], { input: 'who\n' })).toMatchObject({
    ...{
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/handles letters of conversations already.*\(SKEIN_INVALID\)\n$/),
    },
  });
  expect(await site.run(['chat', 'not a name', '--node', 'a'], { input: '' })).toMatchObject({
    exitCode: 2,
    stdout: '',
  });
  for (const [id, exitCode, text] of [
    ['b', 2, '--conversation: "b" is not the id of a conversation'],
    ['0'.repeat(32), 1, 'nobody takes part in it any more'],
    ['00000', 1, 'this node takes part in no conversation 00000'],
  ] as const)
    expect(await site.run(['chat', '--conversation', id, '--node', 'a'], { input: '' })).toMatchObject({
      ...{ exitCode, stdout: '', stderr: expect.stringContaining(text) },
    });
  await site.up('e');
  const chat = site.start('chat', '--node', 'e');
  chat.process.stdin?.write('who\n');
  expect((await chat.lines.next()).value).toBe('(no conversation: invite NAME begins one)');
  await site.must('down', '--node', 'e');
  expect(await chat.ended).toMatchObject({
    exitCode: 1,
    stderr: 'skein: chat: node e has ended (SKEIN_CLOSED)\n',
  });
});
