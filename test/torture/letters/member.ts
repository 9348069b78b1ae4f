/**
 * A node of the fleet: sends letters, handles them, or is there to become the broker. `node member.mjs WORK`.
 *
 * It is killed at any moment, and goes on where its diary ends. A line is on the disk before the next step: `sending KEY`
 * before a letter is first sent, `stored KEY ID RECIPIENTS WHERE` once a send has resolved, `failed KEY CODE` when it has not
 * (it is repeated then, as a program would, with the same key); `begun ID KEY` as a handler is called, `handled ID KEY`
 * before it returns. `started` begins an incarnation. Invariant: it judges nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Letter } from '../../../src/index.ts';
import { SeededRandom } from '../../../src/sim/world/random.ts';
import { openDiary } from '../diary.ts';
import { memberNode, say } from '../member-node.ts';
import { handlersAtWork, type MemberWork } from './settings.ts';

const loops = 4;
const sendTimeoutMs = 5000;
const againMs = 100;
const handlerMsMax = 15;
/** Of letters, at their first attempt. */
const throwShare = 0.1;
const attempts = 1000;

interface Body {
  readonly key: string;
  readonly filler: Uint8Array;
}

const work = JSON.parse(process.argv[2] as string) as MemberWork;
const { before, note } = openDiary(work.diary, true);
note('started');
let isFinishing = false;
process.on('message', (message) => {
  if (message === 'finish') isFinishing = true;
});
const node = await memberNode(work);

if (work.role.startsWith('recipient'))
  node.letters.handle<Body>(handle, {
    ...{ concurrency: handlersAtWork, attempts },
    dedup: work.role === 'recipient with dedup',
  });
if (work.role === 'sender') {
  await Promise.all(Array.from({ length: loops }, (_, loop) => send(loop)));
  say({ type: 'finished' });
}

async function handle({ id, body, attempt }: Letter<Body>): Promise<void> {
  note('begun', id, body.key);
  const random = new SeededRandom(`${body.key} ${attempt}`);
  await sleep(random.integer(0, handlerMsMax));
  if (attempt === 1 && random.chance(throwShare)) throw new Error('not at the first attempt');
  note('handled', id, body.key);
}

async function send(loop: number): Promise<void> {
  const prefix = `${work.name}/${loop}/`;
  const keysOf = (what: string) =>
    before.flatMap((line) => (line.startsWith(`${what} ${prefix}`) ? [line.split(' ')[1] as string] : []));
  const [begun, stored] = [keysOf('sending'), new Set(keysOf('stored'))];
  // Of these the incarnation before did not hear what became of them.
  for (const key of begun) if (!stored.has(key)) await sendUntilStored(key);
  for (let n = begun.length; !isFinishing; n++) {
    note('sending', prefix + n);
    await sendUntilStored(prefix + n);
  }
}

/** The same letter each time: all of it follows from its key. */
async function sendUntilStored(key: string): Promise<void> {
  const random = new SeededRandom(key);
  const to = random.sample(work.recipients, random.integer(1, 2));
  const filler = random.bytes(random.integer(0, random.chance(0.05) ? 50_000 : 1000));
  const body: Body = { key, filler };
  for (;;) {
    try {
      const options = { idempotencyKey: key, allowUnknown: true, timeoutMs: sendTimeoutMs };
      const { id, where } = await node.letters.send(to, body, options);
      note('stored', key, id, to.join(','), where);
      return;
    } catch (error) {
      note('failed', key, (error as { code?: string }).code ?? String(error));
      await sleep(againMs);
    }
  }
}
