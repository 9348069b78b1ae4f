/**
 * What the simulated programs do with availability: they set it at random, and listen to what others say.
 *
 * Who calls it: the simulation, where its workloads name `availability`. Invariant: what a life has set last is known here
 * at once; a life that has set nothing is available and active.
 */
import { type CheckCounts, count } from '../../../sim/world/checkers/checkers.ts';
import { isRunning, type Life } from '../../../sim/world/member.ts';
import type { Mesh } from '../../../sim/world/mesh.ts';
import { Pace } from '../../../sim/world/pace.ts';
import type { SeededRandom } from '../../../sim/world/random.ts';
import type { AvailabilityChange, AvailabilityState } from '../api.ts';

/** A digest is compared every 10 s, then a flood. */
const agreedLimitMs = 20_000;
const lookAgainMs = 500;
const usual: AvailabilityState = { available: true, active: true };

export class AvailabilityWorkload {
  readonly counts: Record<string, number> = { set: 0, heard: 0 };
  private readonly mesh: Mesh;
  private readonly checks: CheckCounts;
  private readonly random: SeededRandom;
  private readonly pace: Pace;
  private readonly said = new Map<Life, AvailabilityState>();
  /** What each program was notified of last, by name. */
  private readonly heard = new Map<Life, Map<string, AvailabilityState>>();

  constructor(mesh: Mesh, checks: CheckCounts, actsPerSecond: number) {
    this.mesh = mesh;
    this.checks = checks;
    this.random = mesh.world.random.fork('availability');
    this.pace = new Pace(mesh.world, this.random, actsPerSecond, () => this.act());
    mesh.observers.push({ started: (life) => this.listen(life) });
  }

  start(): void {
    this.pace.start();
  }

  /** All take work again: what other workloads try at rest must come off. */
  stop(): void {
    this.pace.stop();
    for (const life of this.mesh.living) this.beAvailable(life);
  }

  async conclude(): Promise<void> {
    const { world } = this.mesh;
    const until = world.now + agreedLimitMs;
    let problems = await this.problems();
    while (problems.length > 0 && world.now < until) {
      await world.run(lookAgainMs);
      problems = await this.problems();
    }
    for (const problem of problems) world.fail(`in a mesh at rest ${problem}`);
  }

  private listen(life: Life): void {
    const heard = new Map<string, AvailabilityState>();
    this.heard.set(life, heard);
    const { events } = life.node;
    events.addEventListener('node:changed', ({ detail: { name, available, active } }) => {
      this.counts.heard = (this.counts.heard ?? 0) + 1;
      heard.set(name, { available, active });
    });
    // One that comes back is reported where it is not in the usual state.
    events.addEventListener('node:down', ({ detail }) => heard.delete(detail.name));
  }

  private act(): void {
    const able = this.mesh.members.filter((member) => member.canAct);
    if (able.length === 0) return;
    const change: AvailabilityChange = {
      ...(this.random.chance(0.6) ? { available: this.random.chance(0.5) } : {}),
      ...(this.random.chance(0.6) ? { active: this.random.chance(0.5) } : {}),
    };
    this.set(this.random.pick(able).life as Life, change);
  }

  /** One whose event loop stands still does so later. */
  private beAvailable(life: Life): void {
    if (!isRunning(life) || life.isLeaving) return;
    if (life.member.canAct) this.set(life, { available: true });
    else this.mesh.world.after(lookAgainMs, () => this.beAvailable(life));
  }

  private set(life: Life, change: AvailabilityChange): void {
    this.counts.set = (this.counts.set ?? 0) + 1;
    const after = { ...(this.said.get(life) ?? usual), ...change };
    this.said.set(life, after);
    this.mesh.world.touchProgram();
    life.node.availability.set(change).then(
      ({ available, active }) => {
        if (available !== after.available || active !== after.active)
          this.mesh.world.fail(
            `${life.member.name} has set ${text(after)}, and was answered ${text({ available, active })}`,
          );
      },
      // What has ended its node has ended it.
      () => undefined,
    );
  }

  /** What nodes list, and what they were notified of, against what each has said. */
  private async problems(): Promise<string[]> {
    const lists = await this.mesh.ask(({ node }) => node.availability.list());
    const problems: string[] = [];
    for (const [life, list] of lists) {
      const states = new Map(list.map(({ name, available, active }) => [name, { available, active }]));
      for (const other of this.mesh.living) {
        const { name } = other.node;
        const truth = text(this.said.get(other) ?? usual);
        const listed = states.get(name);
        const heard = this.heard.get(life)?.get(name) ?? usual;
        count(this.checks, 'availability is as it was set', 1);
        if (listed === undefined) problems.push(`${life.node.name} does not list ${name}`);
        else if (text(listed) !== truth)
          problems.push(`${life.node.name} lists ${name} as ${text(listed)}, which is ${truth}`);
        if (text(heard) !== truth)
          problems.push(
            `${life.node.name} was notified last that ${name} is ${text(heard)}, which is ${truth}`,
          );
      }
    }
    return problems;
  }
}

function text({ available, active }: AvailabilityState): string {
  return `${available ? 'available' : 'not available'} and ${active ? 'active' : 'not active'}`;
}
