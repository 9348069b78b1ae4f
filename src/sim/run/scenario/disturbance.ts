/**
 * Everything that disturbs the network at a moment: partitions, one-way paths, flapping machines, loss.
 *
 * Who calls it: the director, which tells the stage the sum of it. Invariant: what is blocked depends only
 * on what is active now; a fault that ends leaves the others as they are.
 */
import type { Action } from './scenario.ts';
import type { Blocks } from './stage.ts';

export type NetworkAction = Extract<Action, { verb: 'partition' | 'oneWay' | 'flap' | 'loss' }>;

export class Disturbance {
  private readonly active = new Map<string, NetworkAction>();
  /** Flaps that are off at the moment. */
  private readonly unplugged = new Set<string>();

  begin(action: NetworkAction): void {
    this.active.set(action.as, action);
    if (action.verb === 'flap') this.unplugged.add(action.as);
  }

  /** False: it had ended already. */
  end(name: string): boolean {
    this.unplugged.delete(name);
    return this.active.delete(name);
  }

  /** A flapping machine's plug changes over. False: it flaps no more. */
  toggle(name: string): boolean {
    if (!this.active.has(name)) return false;
    if (!this.unplugged.delete(name)) this.unplugged.add(name);
    return true;
  }

  get names(): string[] {
    return [...this.active.keys()];
  }

  get lossShare(): number {
    const shares = [...this.active.values()].map((action) => (action.verb === 'loss' ? action.share : 0));
    return Math.max(0, ...shares);
  }

  blocks(): Blocks {
    const rules = [...this.active.values()].flatMap((action) => this.rule(action) ?? []);
    return (from, to) => from !== to && rules.some((rule) => rule(from, to));
  }

  private rule(action: NetworkAction): Blocks | undefined {
    switch (action.verb) {
      case 'partition': {
        const side = new Map(action.sides.flatMap((names, i) => names.map((name) => [name, i] as const)));
        return (from, to) => side.get(from) !== side.get(to);
      }
      case 'oneWay': {
        const [sources, targets] = [new Set(action.from), new Set(action.to)];
        return (from, to) => sources.has(from) && targets.has(to);
      }
      case 'flap': {
        if (!this.unplugged.has(action.as)) return undefined;
        const off = new Set(action.who);
        return (from, to) => off.has(from) || off.has(to);
      }
      case 'loss':
        return undefined;
    }
  }
}
