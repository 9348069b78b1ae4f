/**
 * Persist before send: a behavior that answers and sends only what its store has completed, killed at any point.
 *
 * The judge is the other node and the program, which remember what they were told; after the crash the restarted
 * node's store is asked what it has. Two planted faults show that the judge can find something.
 */
import { afterEach, expect, test, vi } from 'vitest';
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  FrameCalls,
  Reply,
  Shape,
  StoreCalls,
} from '../../src/kernel/contracts.ts';
import { idOf } from '../../src/kernel/identity.ts';
import { type Member, Mesh, storeModel, Table, World } from '../../src/sim/index.ts';
import { fullDisk, slowDisk } from '../../src/sim/world/faults/faults.ts';
import { SimulatedStore } from '../../src/sim/world/machine/simulated-store.ts';

const seeds = 250;
const livesPerSeed = 3;
const requestsPerLife = 12;
/** With a sync of 0.3 to 12 ms some are durable, some on their way and some not begun when the node is killed. */
const requestsWithinMs = 25;
const knowLimitMs = 20_000;

interface KeeperShape extends Shape {
  readonly commands: {
    /** Answered once it is kept. */
    keep(n: number): number;
    kept(): readonly number[];
  };
  readonly store: { append(n: number): number; all(): readonly number[] };
}

const keeperModel = storeModel<KeeperShape['store'], { readonly rows: Table<number, number> }>({
  name: 'keeper',
  initial: () => ({ rows: new Table() }),
  operations: {
    append: ({ rows }, n) => {
      rows.put(rows.size + 1, n);
      return rows.size;
    },
    all: ({ rows }) => [...rows.rows()].map(([, n]) => n),
  },
});

/** Keeps a number, then sends it to `b` and answers. */
class Keeper implements Behavior<KeeperShape> {
  readonly name = 'keeper';
  private readonly sends: 'when durable' | 'when asked';
  private readonly keeping = new Map<number, { readonly n: number; readonly reply: Reply<number> }>();
  private readonly reading = new Map<number, Reply<readonly number[]>>();

  readonly commands: CommandHandlers<KeeperShape> = {
    keep: (agent, n, reply) => {
      this.keeping.set(agent.store('append', n), { n, reply });
      if (this.sends === 'when asked') this.send(agent, n);
    },
    kept: (agent, _input, reply) => {
      this.reading.set(agent.store('all', undefined), reply);
    },
  };

  readonly store: StoreCalls<KeeperShape> = {
    completed: (agent, completion) => {
      if (completion.verb === 'all') {
        const reply = this.reading.get(completion.token);
        if (completion.ok) reply?.answer(completion.value);
        else reply?.fail(completion.failure);
        return;
      }
      const { n, reply } = this.keeping.get(completion.token) as { n: number; reply: Reply<number> };
      if (!completion.ok) return reply.fail(completion.failure);
      if (this.sends === 'when durable') this.send(agent, n);
      reply.answer(n);
    },
  };

  constructor(sends: 'when durable' | 'when asked') {
    this.sends = sends;
  }

  private send(agent: BehaviorAgent<KeeperShape>, n: number): void {
    agent.send({ to: 'node', node: idOf('b') }, new Uint8Array(), { type: 1, sequence: n });
  }
}

/** On `b`: remembers what came. */
class Witness implements Behavior {
  readonly name = 'keeper';
  readonly heard: Set<number>;
  readonly frames: FrameCalls = { message: (_agent, { sequence }) => void this.heard.add(sequence) };

  constructor(heard: Set<number>) {
    this.heard = heard;
  }
}

/** What one seed has shown. */
interface Evidence {
  readonly violations: string[];
  /** Numbers that others were told of. */
  told: number;
  /** Asked for, never reported, and kept all the same. */
  keptUnreported: number;
  /** Asked for, and gone with the crash. */
  lost: number;
  refused: number;
}

class Trial {
  private readonly world: World;
  private readonly mesh: Mesh;
  private readonly keeper: Member;
  private readonly heard = new Set<number>();
  private readonly answered = new Set<number>();
  private readonly refused = new Map<number, string>();
  private readonly asked: number[] = [];
  readonly evidence: Evidence = { violations: [], told: 0, keptUnreported: 0, lost: 0, refused: 0 };

  constructor(seed: number, sends: 'when durable' | 'when asked') {
    this.world = new World({ seed });
    this.mesh = new Mesh(this.world, { degree: 1, network: { latencyMs: 1 } });
    this.keeper = this.mesh.add({ name: 'a', store: [keeperModel], behaviors: () => [new Keeper(sends)] });
    this.mesh.start(this.mesh.add({ name: 'b', behaviors: () => [new Witness(this.heard)] }));
  }

  async run(): Promise<Evidence> {
    for (let life = 0; life < livesPerSeed; life++) {
      this.mesh.start(this.keeper);
      if (!(await this.world.runUntil(() => this.mesh.allKnowAll, knowLimitMs)))
        throw new Error('the two nodes do not know each other');
      await this.live();
      this.mesh.crash(this.keeper);
      await this.world.run(50);
      this.judge(await this.keptAfterCrash());
    }
    this.mesh.killAll();
    this.evidence.violations.push(...this.world.failures);
    return this.evidence;
  }

  /** Requests at any time, under a disk and a program that may misbehave, up to a moment like any other. */
  private async live(): Promise<void> {
    const { world, keeper } = this;
    const { random } = world;
    const fault = random.pick([undefined, slowDisk([keeper], 4), fullDisk([keeper])]);
    world.after(random.between(0, requestsWithinMs), () => fault?.start(this.mesh));
    world.after(random.between(0, 2 * requestsWithinMs), () => fault?.end(this.mesh));
    if (random.chance(0.3))
      world.after(random.between(0, requestsWithinMs), () => keeper.life?.platform.pause());
    for (let i = 0; i < requestsPerLife; i++)
      world.after(random.between(0, requestsWithinMs), () => this.ask());
    await world.run(random.between(0, 2 * requestsWithinMs));
    fault?.end(this.mesh);
  }

  private ask(): void {
    const { life } = this.keeper;
    if (life === undefined) return;
    const n = this.asked.length + 1;
    this.asked.push(n);
    (life.node.command('keeper', 'keep', n) as Promise<number>).then(
      () => this.answered.add(n),
      (error: { code: string }) => this.refused.set(n, error.code),
    );
    this.world.touchProgram();
  }

  private async keptAfterCrash(): Promise<readonly number[]> {
    const life = this.mesh.start(this.keeper);
    const kept = await this.world.resolve(life.node.command('keeper', 'kept', undefined));
    this.mesh.crash(this.keeper);
    return kept as readonly number[];
  }

  private judge(kept: readonly number[]): void {
    const { evidence } = this;
    const told = new Set([...this.heard, ...this.answered]);
    for (const n of told) if (!kept.includes(n)) evidence.violations.push(`${n} was told of and is not kept`);
    for (const [n, code] of this.refused)
      if (code === 'SKEIN_STORE_FULL' && kept.includes(n))
        evidence.violations.push(`${n} was refused by a full disk and is kept`);
    if (kept.some((n, i) => i > 0 && n <= (kept[i - 1] as number)))
      evidence.violations.push(`kept in another order: ${kept.join(' ')}`);
    evidence.told = told.size;
    evidence.keptUnreported = kept.filter((n) => !told.has(n)).length;
    evidence.refused = [...this.refused.values()].filter((code) => code === 'SKEIN_STORE_FULL').length;
    evidence.lost = this.asked.filter((n) => !kept.includes(n)).length - evidence.refused;
  }
}

async function violationsOf(
  count: number,
  sends: 'when durable' | 'when asked' = 'when durable',
): Promise<number> {
  let violated = 0;
  for (let seed = 1; seed <= count; seed++)
    if ((await new Trial(seed, sends).run()).violations.length > 0) violated++;
  return violated;
}

afterEach(() => vi.restoreAllMocks());

test('a behavior that persists before it sends has told nobody of what a crash took, over 250 seeds', async () => {
  const all: Evidence = { violations: [], told: 0, keptUnreported: 0, lost: 0, refused: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const found = await new Trial(seed, 'when durable').run();
    all.violations.push(...found.violations.map((text) => `seed ${seed}: ${text}`));
    for (const name of ['told', 'keptUnreported', 'lost', 'refused'] as const) all[name] += found[name];
  }
  expect(all.violations).toEqual([]);
  // All that can become of a request has become of many.
  for (const name of ['told', 'keptUnreported', 'lost', 'refused'] as const)
    expect(all[name], name).toBeGreaterThan(seeds);
});

test('the judge finds a store that reports before it is durable', async () => {
  const { execute } = SimulatedStore.prototype;
  vi.spyOn(SimulatedStore.prototype, 'execute').mockImplementation(function (this: SimulatedStore, ...call) {
    const durable = execute.apply(this, call);
    if (call[1].verb !== 'append') return durable;
    durable.catch(() => undefined);
    return Promise.resolve(1);
  });
  expect(await violationsOf(20)).toBeGreaterThan(15);
});

test('the judge finds a behavior that sends before its store has completed', async () => {
  expect(await violationsOf(20, 'when asked')).toBeGreaterThan(15);
});
