/**
 * Chat's scenarios of availability, as conversations: who asks whom, what each answers, in order.
 *
 * A swarm under virtual time, whose broker and workers are listened to. Invariant: the texts beside this file are what is
 * said today; review their diff, then `npx vitest run test/golden -u`.
 */
import { beforeEach, expect, test, vi } from 'vitest';
import { type FormationRun, lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { Job, OrderOptions, Task, WorkOptions } from '../../src/features/tasks/api.ts';
import { TaskOffice } from '../../src/features/tasks/core/broker/office.ts';
import type { FromMember } from '../../src/features/tasks/core/messages.ts';
import type { Requirements } from '../../src/features/tasks/core/requirements.ts';
import { Workbench, type WorkMessage } from '../../src/features/tasks/core/workbench.ts';
import type { Life } from '../../src/sim/world/member.ts';
import { formations } from '../sim/formations.ts';

const formation = formations();
const gigabyte = 2 ** 30;
let lines: string[] = [];

beforeEach(() => {
  lines = [];
});

/** A swarm of a broker, an author and workers, and what they say to each other from now on. */
class Conversation {
  readonly author: Life;
  readonly workers: readonly Life[];
  private readonly made: FormationRun;
  private readonly names = new Map<string, string>();
  private readonly ends = new Map<string, () => void>();

  constructor(made: FormationRun) {
    this.made = made;
    const [author, ...workers] = made.others.map(lifeOf) as [Life, ...Life[]];
    this.author = author;
    this.workers = workers;
    this.names.set(made.broker.node.name, 'broker').set(author.node.name, 'author');
    for (const [i, { node }] of workers.entries()) this.names.set(node.name, `worker ${i + 1}`);
    const names = this.names;
    const { received } = TaskOffice.prototype;
    vi.spyOn(TaskOffice.prototype, 'received').mockImplementation(function (
      this: TaskOffice,
      from,
      message,
      done,
    ) {
      for (const said of saidByMember(message)) lines.push(`  ${names.get(from.name)} to broker: ${said}`);
      received.call(this, from, message, done);
    });
    const heard = Workbench.prototype.received;
    vi.spyOn(Workbench.prototype, 'received').mockImplementation(function (this: Workbench, message) {
      const name = names.get((this as unknown as { ports: { name: string } }).ports.name);
      for (const said of saidByBroker(message)) lines.push(`  broker to ${name}: ${said}`);
      heard.call(this, message);
    });
  }

  title(text: string): void {
    lines.push('', text);
  }

  note(text: string): void {
    lines.push(`  (${this.named(text)})`);
  }

  /** As they are called in the text. */
  named(text: string): string {
    return [...this.names].reduce((sofar, [name, role]) => sofar.replaceAll(name, role), text);
  }

  async work(at: number, options: WorkOptions = {}): Promise<void> {
    const run = (job: Job): Promise<string> =>
      new Promise((resolve) => this.ends.set(job.id, () => resolve('done')));
    (this.workers[at - 1] as Life).node.tasks.work('render', run, options);
    await this.made.world.run(1000);
  }

  async order(input: string, options: OrderOptions = {}): Promise<Task> {
    this.title(`the author orders ${input}`);
    const order = this.author.node.tasks.order('render', input, { ifInfeasible: 'queue', ...options });
    const task = await this.made.world.resolve(order);
    await this.made.world.run(1000);
    return task as Task;
  }

  /** In which nothing is said. */
  async passes(seconds: number): Promise<void> {
    await this.made.world.run(seconds * 1000);
  }

  async end(task: Task, what: string): Promise<void> {
    this.title(`${what} is done`);
    this.ends.get(task.id)?.();
    await this.made.world.run(1000);
  }

  async why(task: Task): Promise<void> {
    const status = await this.made.world.resolve(task.status());
    this.note(`it is ${status?.state}`);
    for (const why of status?.why ?? []) this.note(why.replace(/\d+ ms/g, 'N ms'));
  }

  async asks(target: number | 'swarm', needs: object): Promise<void> {
    const name = target === 'swarm' ? 'the swarm' : `worker ${target}`;
    this.title(`the author asks ${name} for its availability with ${JSON.stringify(needs)}`);
    const { node } = this.author;
    const asked =
      target === 'swarm'
        ? node.query({ swarm: true }, 'availability', needs).then(({ workers }) => workers)
        : node
            .query((this.workers[target - 1] as Life).node.name, 'availability', needs)
            .then((worker) => [worker]);
    for (const { name, whyNot, tasks, begins } of await this.made.world.resolve(asked)) {
      const inSeconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
      const when =
        begins === undefined
          ? 'when it could begin is not known'
          : `could begin in ${inSeconds(begins.p50Ms)} (p90 ${inSeconds(begins.p90Ms)}, from ${begins.count} tasks)`;
      lines.push(
        `  ${this.named(name)}: ${whyNot === '' ? 'yes' : `no, ${whyNot}`}; ${tasks} tasks remaining; ${when}`,
      );
    }
  }
}

function saidByMember(message: FromMember): string[] {
  switch (message.type) {
    case 'order':
      return message.orders.map(
        ({ service, priority, needs }) => `order of ${service}, ${needsText(needs, priority)}`,
      );
    case 'work':
      return message.services.map(
        ({ service, concurrency, queue }) =>
          `works on ${service}: ${concurrency} at a time, ${queue} may wait; ${message.capacity.cores} cores`,
      );
    case 'answers':
      return message.answers.map(
        ({ n, declined }) => `task ${n}: ${declined === '' ? 'yes' : `no, ${declined}`}`,
      );
    case 'started':
      return message.attempts.map(({ n }) => `has begun task ${n}`);
    case 'ended':
      return message.items.map(({ n, outcome }) => `task ${n} has ended: ${outcome}`);
    default:
      return [];
  }
}

function saidByBroker(message: WorkMessage): string[] {
  switch (message.type) {
    case 'offers':
      return message.offers.map(
        ({ n, service, needs, priority }) =>
          `are you available for task ${n} of ${service}, ${needsText(needs, priority)}?`,
      );
    case 'assigned':
      return message.tasks.map(({ n, fence }) => `task ${n} is yours, with fence ${fence}`);
    case 'withdrawn':
      return message.ns.map((n) => `task ${n} is not offered any more`);
    case 'settled':
      return message.items.map(
        ({ n, isAccepted }) => `the end of task ${n} is ${isAccepted ? 'stored' : 'refused'}`,
      );
    default:
      return [];
  }
}

function needsText({ cores, memory, software }: Requirements, priority: number): string {
  const needs = [
    ...(cores > 0 ? [`${cores} cores`] : []),
    ...(memory > 0 ? [`${memory / gigabyte} GiB`] : []),
    ...software,
  ];
  return `priority ${priority}${needs.length === 0 ? '' : `, needs ${needs.join(', ')}`}`;
}

async function isAsWritten(name: string): Promise<void> {
  await expect(`${lines.join('\n').trim()}\n`).toMatchFileSnapshot(`./${name}.txt`);
}

test('4 workers, of which 2 are busy: the broker asks those that have room, and queues the rest', async () => {
  const talk = new Conversation(await formation({ seed: 41, nodes: 6 }));
  talk.title('4 workers come');
  for (const at of [1, 2, 3, 4]) await talk.work(at, { cores: 4 });
  const first = await talk.order('1, so that a worker is busy');
  await talk.order('2, so that two are busy');
  await talk.order('3');
  await talk.order('4');
  const fifth = await talk.order('5, with all of them busy');
  await talk.why(fifth);
  await talk.end(first, '1');
  await talk.why(fifth);
  await isAsWritten('task-conversation-availability');
});

test("priorities: 1 goes to the front of a worker's queue, 2 to its middle, 3 to its end", async () => {
  const talk = new Conversation(await formation({ seed: 42, nodes: 3 }));
  talk.title('a worker comes, in whose own queue tasks may wait');
  await talk.work(1, { cores: 4, queue: 8 });
  const current = await talk.order('1, which begins at once');
  const third = [await talk.order('2', { priority: 3 }), await talk.order('3', { priority: 3 })] as const;
  const middle = await talk.order('4, in the middle', { priority: 2 });
  const front = await talk.order('5, in front', { priority: 1 });
  await talk.end(current, '1');
  await talk.end(front, '5');
  await talk.end(third[0], '2');
  await talk.end(middle, '4');
  await talk.end(third[1], '3');
  await isAsWritten('task-conversation-priorities');
});

test('advanced availability: requirements are compared, and each that does not fit says why', async () => {
  const talk = new Conversation(await formation({ seed: 43, nodes: 6 }));
  talk.title('4 workers come, each with something else');
  await talk.work(1, { cores: 2, memory: '4G', software: ['blender'] });
  await talk.work(2, { cores: 8, memory: '4G', software: ['blender'] });
  await talk.work(3, { cores: 8, memory: '16G' });
  await talk.work(4, { cores: 8, memory: '16G', software: ['blender'] });
  const needs = { cores: 4, memory: '8G', software: ['blender'] };
  for (const at of [1, 2, 3, 4]) await talk.asks(at, { service: 'render', ...needs });
  await talk.asks('swarm', { service: 'render', ...needs });
  const first = await talk.order('1, with these requirements', needs);
  await talk.passes(10);
  await talk.asks(4, { service: 'render', ...needs });
  await talk.end(first, '1');
  await talk.order('2, with these requirements', needs);
  await talk.asks(4, { service: 'render', ...needs });
  const third = await talk.order('3, with these requirements', needs);
  await talk.why(third);
  await isAsWritten('task-conversation-requirements');
});
