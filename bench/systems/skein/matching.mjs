// skein's matching, in one process and without a store or a mesh: what the broker's loop does of it, turn by turn, in
// processor time. A turn is what one message or one answer of the store brings, and what is matched after it. The sources
// are bundled for it, since the package exports no insides.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { percentiles } from '../../roles/percentiles.mjs';

const sources = fileURLToPath(new URL('../../../src/', import.meta.url));
const ordersPerMessage = 500;
const endsPerMessage = 100;
/** Of workers that were asked at the same time. */
const answersPerTurn = 16;
const gibibyte = 2 ** 30;

export const tasksMatching = {
  sender: async (work, tell) => {
    const { Dispatch, OpenTasks, idOf } = await bundled(work);
    const broker = new Broker(work, { Dispatch, OpenTasks, idOf });
    for (let first = 0; first < work.count; first += ordersPerMessage)
      broker.ordered(Math.min(ordersPerMessage, work.count - first));
    while (broker.done < work.count) broker.ended();
    const { total, turns, done, problems } = broker;
    if (problems.length > 0) throw new Error(problems[0]);
    const figures = {
      order: total / work.count,
      turn: percentiles(turns).p99 / 1000,
      longest: Math.max(...turns) / 1000,
    };
    tell('done', { figures, verified: done });
  },
};

/** Of this checkout, or of another one. */
async function bundled({ shared }) {
  const from = shared.tree === undefined ? sources : join(shared.tree, 'src/');
  const core = join(from, 'features/tasks/core');
  const entry = join(shared.folder, `matching-${process.pid}.ts`);
  const file = join(shared.folder, `matching-${process.pid}.mjs`);
  const name = (path) => JSON.stringify(join(core, path));
  writeFileSync(
    entry,
    `export { Dispatch } from ${name('broker/dispatch.ts')};
     export { OpenTasks } from ${name('broker/open-tasks.ts')};
     export { idOf } from ${JSON.stringify(join(from, 'kernel/identity.ts'))};`,
  );
  const { rolldown } = await import('rolldown');
  const build = await rolldown({ input: entry, platform: 'node', external: (id) => id.startsWith('node:') });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
  return import(pathToFileURL(file).href);
}

/** The same numbers each time. */
function randomOf(seed) {
  let state = seed;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}

const services = ['render', 'encode', 'index'];
const words = ['blender', 'ffmpeg', 'python', 'cuda'];

const input = { encoding: 0, body: new Uint8Array(0) };

/** As the store makes it: field by field, of one kind. */
class Head {
  constructor(known) {
    const { n, service, needs, priority } = known;
    this.n = n;
    this.id = known.id ?? String(n).padStart(32, '0');
    this.author = 'author';
    this.service = service;
    this.needs = needs;
    this.priority = priority;
    this.state = 'queued';
    this.rank = known.rank ?? 0;
    this.inputBytes = 128;
    this.orderedAt = n;
    this.notBefore = 0;
    this.deadline = 0;
    this.timeoutMs = 0;
    this.attempts = known.attempts ?? 0;
    this.isIdempotent = false;
    this.attempt = known.attempt ?? 0;
    this.fence = known.fence ?? 0;
    this.worker = known.worker ?? '';
    this.workerLife = known.workerLife ?? 0;
    this.blockers = 0;
    this.doom = '';
    this.parent = 0;
    this.partsLeft = 0;
    this.since = n;
    this.reason = '';
  }
}

class Broker {
  turns = [];
  total = 0;
  done = 0;
  problems = [];
  random = randomOf(7);
  /** Claimed, the oldest first. */
  running = [];
  claims = [];
  last = 0;
  fence = 0;
  now = 0;

  constructor({ workers }, { Dispatch, OpenTasks, idOf }) {
    this.tasks = new OpenTasks();
    const byNode = new Map();
    const byName = new Map();
    for (let number = 0; number < workers; number++) {
      const worker = this.workerOf(`worker-${number}`, idOf);
      byNode.set(worker.node, worker);
      byName.set(worker.name, worker);
    }
    const here = {
      of: (node) => byNode.get(node),
      byName: (name) => byName.get(name),
      all: () => byNode.values(),
      everSeen: () => [],
    };
    this.dispatch = new Dispatch({
      desk: {
        ask: (verb, input, then) => verb === 'claim' && this.claims.push({ items: input.items, then }),
        by: () => ({ now: this.now, via: 'broker' }),
        now: () => this.now,
        storeTag: () => 1,
        reply: (worker, message) => this.said(worker, message),
        failed: (why) => this.problems.push(String(why.message)),
        flushLater: () => undefined,
      },
      tasks: this.tasks,
      workers: () => here,
      claimed: (head) => this.changed(head),
      abandoned: () => this.problems.push('a claim had no worker'),
    });
    this.dispatch.begin();
  }

  workerOf(name, idOf) {
    const { random } = this;
    const software = words.filter(() => random(2) === 0);
    const offers = services.filter((_, i) => i === 0 || random(2) === 0);
    return {
      ...{ name, node: idOf(name), life: 1, isDraining: false, isAway: false, opening: 1, handed: new Set() },
      services: offers.map((service) => ({
        ...{ service, concurrency: 8 + random(24), queue: random(3) * 4, isIdempotent: false },
      })),
      capacity: {
        cores: 8 * (1 + random(8)),
        memory: 32 * (1 + random(8)) * gibibyte,
        software,
        resources: random(4) === 0 ? [['gpu', 1 + random(4)]] : [],
      },
    };
  }

  /** The store has the orders of one message. */
  ordered(count) {
    const orders = Array.from({ length: count }, () => this.order());
    this.turn(() => {
      for (const order of orders) {
        const rank = this.dispatch.place(order.priority);
        order.rank = rank;
        this.changed(order);
      }
      this.dispatch.takeMoved();
    });
  }

  order() {
    const { random } = this;
    const n = ++this.last;
    const chance = random(20);
    const needs = {
      cores: [1, 1, 2, 4, 8][random(5)],
      memory: [1, 2, 4, 8, 16][random(5)] * gibibyte,
      software: random(2) === 0 ? [] : [words[random(4)]],
      resources: random(10) === 0 ? [['gpu', 1]] : [],
      node: '',
      not: [],
    };
    const priority = chance === 0 ? 1 : chance < 3 ? 2 : 3;
    return new Head({ n, service: services[random(3)], needs, priority });
  }

  /** A worker takes all that it is offered, and begins with what it is given. */
  said(worker, { type, offers, tasks }) {
    if (type === 'offers') {
      const answers = offers.map(({ n, offer }) => ({ n, offer, declined: '' }));
      this.answers.push({ from: worker, answers });
    }
    if (type === 'assigned') for (const { n } of tasks) this.begun.push(n);
  }

  answers = [];
  begun = [];

  /** What workers, the store and the loop still owe comes turn by turn until nothing is left. */
  settle() {
    for (;;) {
      const answers = this.answers.splice(0, answersPerTurn);
      const claim = this.claims.shift();
      if (answers.length > 0) {
        this.turn(() => {
          for (const { from, answers: given } of answers) this.dispatch.answered(from, given);
        });
      } else if (this.begun.length > 0) this.started();
      if (claim !== undefined) this.claimed(claim);
      if (answers.length > 0 || claim !== undefined || this.begun.length > 0) continue;
      if (this.dispatch.nextDeadline() > this.now) return;
      this.turn(() => this.dispatch.deadline(this.now));
    }
  }

  claimed({ items, then }) {
    const value = items.map(({ n, worker, life, attempts, isIdempotent }) => {
      const head = this.changedHead(n, 'assigned');
      Object.assign(head, { worker, workerLife: life, attempts, isIdempotent, fence: ++this.fence });
      head.attempt++;
      return { head, input, whole: null };
    });
    this.turn(() => then({ ok: true, value }));
  }

  started() {
    const heads = this.begun.splice(0).map((n) => this.changedHead(n, 'running'));
    for (const { n } of heads) this.running.push(n);
    this.turn(() => {
      for (const head of heads) this.changed(head);
    });
  }

  /** Some of what runs is done, any of them. */
  ended() {
    this.settle();
    if (this.running.length === 0) throw new Error(`${this.done} of ${this.last} tasks were matched`);
    const count = Math.min(endsPerMessage, this.running.length);
    const heads = Array.from({ length: count }, () => this.takeRunning());
    this.turn(() => {
      for (const head of heads) this.changed(head);
    });
    this.done += count;
  }

  takeRunning() {
    const at = this.random(this.running.length);
    const n = this.running[at];
    this.running[at] = this.running.at(-1);
    this.running.pop();
    return this.changedHead(n, 'done');
  }

  /** As the store answers: always another object. */
  changedHead(n, state) {
    const head = new Head(this.tasks.get(n));
    head.state = state;
    head.since = this.now;
    return head;
  }

  /** As the office does it. */
  changed(head) {
    const before = this.tasks.get(head.n);
    this.tasks.put(head);
    this.dispatch.changed(head, before);
  }

  /** Whatever the collector and the compiler do meanwhile is in it. */
  turn(act) {
    this.now++;
    const before = process.cpuUsage();
    act();
    this.dispatch.flush();
    const { user, system } = process.cpuUsage(before);
    this.turns.push(user + system);
    this.total += user + system;
  }
}
