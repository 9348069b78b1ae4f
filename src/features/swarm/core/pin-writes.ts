/**
 * Pins on their way into the store, until they are there: one whose commit has failed, or has ended in the unknown, is
 * written again.
 *
 * Made by `Owners`, for as long as this node is the broker; a store that is claimed again meanwhile gets what it lacks.
 * Invariant: a pin is given up only once it is in the store, its name is forgotten, or the store has another one.
 */
import { swarmLimits } from './limits.ts';
import type { Pin } from './swarm-types.ts';

export interface PinWritesPorts {
  now(): number;
  /** @returns the token of the operation. */
  write(pin: Pin): number;
}

const never = Number.POSITIVE_INFINITY;

export class PinWrites {
  private readonly ports: PinWritesPorts;
  /** By name: not in the store for certain. */
  private readonly wanted = new Map<string, Pin>();
  /** By the token of its operation. */
  private readonly underWay = new Map<number, Pin>();
  private againAt = never;

  constructor(ports: PinWritesPorts) {
    this.ports = ports;
  }

  pinned(pin: Pin): void {
    this.wanted.set(pin.name, pin);
    this.write(pin);
  }

  forget(name: string): void {
    this.wanted.delete(name);
  }

  /** Another node is the broker: what it does not know it pins itself. */
  clear(): void {
    this.wanted.clear();
    this.underWay.clear();
    this.againAt = never;
  }

  /** The store is open again. @param isKnown Its name has a pin there. @returns those that it lacks. */
  missing(isKnown: (name: string) => boolean): readonly Pin[] {
    for (const name of [...this.wanted.keys()]) if (isKnown(name)) this.wanted.delete(name);
    if (this.wanted.size > 0) this.againAt = this.ports.now();
    return [...this.wanted.values()];
  }

  /** An operation has ended: it may be one of these. */
  completed(token: number, isWritten: boolean): void {
    const pin = this.underWay.get(token);
    this.underWay.delete(token);
    // Forgotten meanwhile, or pinned to another identity since.
    if (pin === undefined || this.wanted.get(pin.name) !== pin) return;
    if (isWritten) this.wanted.delete(pin.name);
    else this.againAt = Math.min(this.againAt, this.ports.now() + swarmLimits.swarmPinAgainMs);
  }

  nextDeadline(): number {
    return this.againAt;
  }

  deadline(now: number): void {
    if (now < this.againAt) return;
    this.againAt = never;
    const isAsked = new Set(this.underWay.values());
    let left = swarmLimits.swarmPinsPerWrite;
    for (const pin of this.wanted.values()) {
      if (isAsked.has(pin)) continue;
      if (left-- === 0) {
        this.againAt = now + swarmLimits.swarmPinAgainMs;
        return;
      }
      this.write(pin);
    }
  }

  private write(pin: Pin): void {
    this.underWay.set(this.ports.write(pin), pin);
  }
}
