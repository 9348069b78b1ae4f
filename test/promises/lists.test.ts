/** Lists that the broker of the swarm answers in pages: one that lies does not keep anybody who lists them. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allLetters } from '../../src/features/letters/cli/find-letter.ts';
import { swarmLimits } from '../../src/features/swarm/core/limits.ts';
import type { Swarm } from '../../src/features/swarm/core/swarm.ts';
import { swarm } from '../../src/features/swarm/feature.ts';
import { listTasks } from '../../src/features/tasks/cli/find-task.ts';
import type { LocalNode } from '../../src/node/node.ts';
import type { ControlClient } from '../../src/remote/client.ts';
import type { Mesh, World } from '../../src/sim/index.ts';
import { swarmOfTwo } from './swarm-of-two.ts';

const store = '0123456789ab';
let world: World;
let mesh: Mesh;
/** The broker of the swarm. */
let a: LocalNode;
let b: LocalNode;

beforeEach(async () => {
  ({ world, mesh, a, b } = await swarmOfTwo());
});
afterEach(() => mesh.killAll());

/** From now on the broker answers this question with that. @returns How often it was asked. */
function lies(verb: string, answer: unknown): () => number {
  const { core } = a as unknown as { core: { behavior(feature: typeof swarm): Swarm } };
  let asked = 0;
  core.behavior(swarm).answerBy(verb, (_from, _input, reply) => {
    asked++;
    reply.answer(JSON.stringify(answer));
  });
  return () => asked;
}

const worker = {
  ...{ name: 'w', isHere: true, whyNot: '', tasks: 0, waiting: 0, services: [] },
  ...{ cores: 1, freeCores: 1, memory: 1, freeMemory: 1, software: [], resources: {} },
};
const service = { service: 's', depth: 0, atWorkers: 0, workers: [], workerCount: 0 };
const seen = { name: 'n', firstSeen: 0, lastSeen: 0, services: [], addresses: [], identity: '' };
const talk = { id: '0'.repeat(32), startedBy: 'n', startedAt: 0, participants: [] };
const letter = { id: '0'.repeat(32), n: 1, from: 'n', type: 'letter', sentAt: 0, bytes: 0, recipients: [] };
const task = {
  ...{
    id: '0'.repeat(32),
    n: 1,
    from: 'n',
    service: 's',
    state: 'queued',
    priority: 3,
    orderedAt: 0,
    startedAt: 0,
    endedAt: 0,
  },
  ...{ attempt: 0, attempts: 1, fence: 0, worker: '', reason: '', retryOf: '', parent: '' },
  ...{ inputBytes: 0, resultBytes: 0 },
};
const event = { n: 5, type: 't', at: 0, author: 'n', subject: '', recipients: [], trace: [], note: '' };
const logPage = { events: [event], place: 5, isMore: true, lost: 0, oldest: 1, newest: 9 };

/** What a command calls, at a node of this process. */
const client = {
  call: async (name: string, { after }: { readonly after?: number }) => {
    if (name === 'letters') return { letters: await b.letters.list({ after: after ?? 0 }) };
    return b.tasks.list({ after: after ?? 0 });
  },
} as unknown as ControlClient;

/** A hundred times the page, as many as the broker has in one. */
const often = <Item>(item: Item, count: number): Item[] => Array.from({ length: count }, () => item);

test.each<[string, string, unknown, () => Promise<unknown>]>([
  ['workers', 'tasks.workers', { items: [worker], isMore: true }, () => b.tasks.workers()],
  ['services', 'tasks.services', { items: [service], isMore: true }, () => b.tasks.services()],
  ['nodes', 'nodes', often(seen, swarmLimits.swarmNodesPerPage), () => b.swarm.nodes()],
  ['conversations', 'conversations.of', often(talk, 50), () => b.letters.conversations()],
  ['letters', 'letters.list', [letter], () => allLetters(client, {})],
  ['tasks', 'tasks.list', { tasks: [task], place: 1, isMore: true }, () => listTasks(client, {})],
  ['the log', 'log.read', { page: logPage, store, isOther: false }, () => b.log.list({ limit: 9 })],
  [
    'the newest of the log',
    'log.read',
    { page: logPage, store, isOther: false },
    () => b.log.list({ last: 9 }),
  ],
])(
  'who lists %s at a broker that answers the same page again and again has an error at once',
  async (_what, verb, page, list) => {
    const asked = lies(verb, page);
    await expect(world.resolve(list(), 60_000)).rejects.toMatchObject({
      ...{
        code: 'SKEIN_PROTOCOL',
        message: expect.stringContaining('a list that does not get on was answered'),
      },
    });
    expect(asked()).toBeLessThanOrEqual(2);
  },
);

test('who follows the log at a broker that answers what it has answered before is given it once', async () => {
  const page = { ...logPage, events: [], isMore: false };
  lies('log.follow', { page, store, isOther: false });
  const entries: number[] = [];
  const following = b.log.follow();
  void (async () => {
    for await (const { n } of following) entries.push(n);
  })();
  await world.run(100);
  lies('log.follow', { page: { ...logPage, place: 6, events: [{ ...event, n: 6 }] }, store, isOther: false });
  await world.run(5000);
  expect(entries).toEqual([6]);
});
