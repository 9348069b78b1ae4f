/**
 * The facades of a node's features: made in order, told together.
 *
 * Who calls it: the local node. Invariant: what a behavior delivers reaches its own facade and no other; every facade
 * hears of the node's end once.
 */
import type { SkeinError } from '../kernel/errors.ts';
import type { AnyFeature, ApiOf, Facade } from '../kit/feature.ts';
import type { NodePorts } from '../kit/node-ports.ts';

export class Facades {
  private readonly byName = new Map<string, Facade>();

  /** In the order of their list: a feature comes after those that it needs. */
  add(feature: AnyFeature, ports: NodePorts): void {
    this.byName.set(feature.name, feature.facade(ports));
  }

  apiOf<F extends AnyFeature>(feature: F): ApiOf<F> | undefined {
    return this.byName.get(feature.name)?.api as ApiOf<F> | undefined;
  }

  sharedOf(name: string): object | undefined {
    return this.byName.get(name)?.shared;
  }

  /** False: it is no feature's. */
  deliver(name: string, event: unknown): boolean {
    const facade = this.byName.get(name);
    facade?.event?.(event);
    return facade !== undefined;
  }

  /** A program listens to this event, and none did before. */
  listening(type: string): void {
    for (const facade of this.byName.values()) facade.listening?.(type);
  }

  /** A setting of this feature has changed. */
  async changed(name: string | undefined): Promise<void> {
    if (name !== undefined) await this.byName.get(name)?.changed?.();
  }

  resumed(): void {
    for (const facade of this.byName.values()) facade.resumed?.();
  }

  /** @param idle Called once nothing runs, at once where nothing does. */
  drain(idle: () => void): void {
    const draining = [...this.byName.values()].filter(({ drain }) => drain !== undefined);
    let left = draining.length;
    const done = (): void => {
      if (--left === 0) idle();
    };
    if (left === 0) return idle();
    for (const facade of draining) facade.drain?.(done);
  }

  end(error: SkeinError | undefined): void {
    for (const facade of this.byName.values()) facade.end?.(error);
  }
}
