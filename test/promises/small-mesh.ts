/**
 * A few nodes in the simulator, linked as a test says: what the tests of the guarantees run on.
 *
 * Used by the tests beside it. Nodes do not solicit; each dials the seeds it is given, again when it is
 * started again. Invariant: `closeMesh` ends every program, and a failure that the world noted fails the test.
 */
import { expect } from 'vitest';
import type { LocalNode } from '../../src/node/create.ts';
import type { Message, NodeEvents, SendOptions, SendResult } from '../../src/node/node.ts';
import { type Life, type Member, type MemberOptions, Mesh, World } from '../../src/sim/index.ts';
import type { NetworkOptions } from '../../src/sim/world/network/network.ts';

let open: SmallMesh | undefined;

/** Names to the names that each dials; who is dialed comes first: `{ a: [], b: ['a'] }`. */
export type Plan = Readonly<Record<string, readonly string[]>>;

export interface SmallMeshOptions {
  readonly seed?: number;
  readonly network?: NetworkOptions;
  /** Wait until all know all. Default true. */
  readonly settle?: boolean;
}

export class SmallMesh {
  /** Programs that a test lets end by themselves. */
  readonly mayEnd = new Set<string>();
  readonly world: World;
  readonly mesh: Mesh;

  constructor(plan: Plan, { seed = 1, network = {} }: SmallMeshOptions) {
    this.world = new World({ seed });
    this.mesh = new Mesh(this.world, { degree: 0, network: { latencyMs: 5, ...network } });
    for (const [name, seeds] of Object.entries(plan)) this.start({ name, seeds });
  }

  /** @param options Its seeds are names here. */
  start(options: MemberOptions): Life {
    const seeds = (options.seeds ?? []).map((seed) => this.member(seed).host.address);
    return this.mesh.start(this.mesh.add({ solicit: false, ...options, seeds }));
  }

  member(name: string): Member {
    const member = this.mesh.member(name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return member;
  }

  life(name: string): Life {
    const { life } = this.member(name);
    if (life === undefined) throw new Error(`${name} does not run`);
    return life;
  }

  node(name: string): LocalNode {
    return this.life(name).node;
  }

  restart(name: string): LocalNode {
    return this.mesh.start(this.member(name)).node;
  }

  crash(name: string): void {
    this.mesh.crash(this.member(name));
  }

  async whole(): Promise<void> {
    const count = this.mesh.living.length;
    const ready = this.mesh.living.map(({ node }) => node.ready({ count, timeoutMs: 120_000 }));
    await this.world.resolve(Promise.all(ready), 120_000);
  }

  run(milliseconds: number): Promise<boolean> {
    return this.world.run(milliseconds);
  }

  send(from: string, to: string | string[], body: unknown, options: SendOptions = {}): Promise<SendResult> {
    return this.world.resolve(this.node(from).send(to, body, options), 180_000);
  }

  /** What a program's handler got, as it gets it. */
  collect(name: string): unknown[] {
    const got: unknown[] = [];
    this.node(name).handle(({ body }: Message) => void got.push(body));
    return got;
  }

  /** What a send came to, whether it resolved or not; `pending` until then. */
  outcome(sending: Promise<SendResult>): {
    now: SendResult | { code: string; details: unknown } | 'pending';
  } {
    const outcome: ReturnType<SmallMesh['outcome']> = { now: 'pending' };
    sending.then(
      (result) => {
        outcome.now = result;
      },
      (error: { code: string; details: unknown }) => {
        outcome.now = { code: error.code, details: error.details };
      },
    );
    return outcome;
  }

  told<Type extends keyof NodeEvents>(name: string, type: Type): NodeEvents[Type][] {
    const told: NodeEvents[Type][] = [];
    this.node(name).events.addEventListener(type, ({ detail }) => told.push(detail));
    return told;
  }
}

/** Linked and settled: all know all. */
export async function smallMesh(plan: Plan, options: SmallMeshOptions = {}): Promise<SmallMesh> {
  const small = new SmallMesh(plan, options);
  open = small;
  if (options.settle === false) return small;
  await small.whole();
  await small.run(1000);
  return small;
}

export function closeMesh(): void {
  const small = open;
  open = undefined;
  small?.mesh.killAll();
  const failures = (small?.world.failures ?? []).filter(
    (text) => ![...(small as SmallMesh).mayEnd].some((name) => text.includes(`: ${name} ended by itself: `)),
  );
  expect(failures).toEqual([]);
}

/** What a send that was not delivered to all rejects with. */
export function undelivered(...missing: [node: string, reason: string][]) {
  return expect.objectContaining({
    code: 'SKEIN_UNDELIVERED',
    details: expect.objectContaining({ missing: missing.map(([node, reason]) => ({ node, reason })) }),
  });
}
