/**
 * The shapes of all tasks that have not ended, found by service and requirements.
 *
 * The task queue asks it once for each task that comes, so it takes its steps by what is a word or a number already: to make
 * the key of a shape costs six times as much. Invariant: a shape is in here for as long as it has members.
 */
import type { Requirements } from '../requirements.ts';
import { othersKey, Shape, shapeKey } from './shapes.ts';

type ByMemory = Map<number, Shape>;
type ByCores = Map<number, ByMemory>;

export class ShapeIndex {
  /** By service, and what is needed beside cores and memory. */
  private readonly services = new Map<string, Map<string, ByCores>>();
  private readonly byKey = new Map<string, Shape>();

  get(key: string): Shape | undefined {
    return this.byKey.get(key);
  }

  /** The shape of such tasks, which has one more member from now on. */
  join(service: string, needs: Requirements): Shape {
    const byMemory = within(within(within(this.services, service), othersKey(needs)), needs.cores);
    let shape = byMemory.get(needs.memory);
    if (shape === undefined) {
      shape = new Shape(shapeKey(service, needs), service, needs);
      byMemory.set(needs.memory, shape);
      this.byKey.set(shape.key, shape);
    }
    shape.members++;
    return shape;
  }

  /** It has one member less. */
  leave(shape: Shape): void {
    shape.members--;
    if (shape.members > 0) return;
    const { key, service, needs } = shape;
    this.byKey.delete(key);
    const byOthers = within(this.services, service);
    const byCores = within(byOthers, othersKey(needs));
    const byMemory = within(byCores, needs.cores);
    byMemory.delete(needs.memory);
    if (byMemory.size === 0) byCores.delete(needs.cores);
    if (byCores.size === 0) byOthers.delete(othersKey(needs));
    if (byOthers.size === 0) this.services.delete(service);
  }
}

function within<Key, InnerKey, Value>(maps: Map<Key, Map<InnerKey, Value>>, key: Key): Map<InnerKey, Value> {
  let inner = maps.get(key);
  if (inner === undefined) {
    inner = new Map();
    maps.set(key, inner);
  }
  return inner;
}
