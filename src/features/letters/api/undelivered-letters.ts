/**
 * The event `letter:undelivered`: what has ended without delivery, said to the program while that listens.
 *
 * Made by the letters facade. What the store keeps and nobody has heard of is left there; what this node alone knows, of
 * its outbox, waits here. Invariant: each is emitted at most once, and counts as heard once a listener was called.
 */
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { Letters } from '../core/letters.ts';
import type { OwnUndelivered, ReportPlace } from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';
import type { LettersFeatureShape } from '../shape.ts';

export const undeliveredEvent = 'letter:undelivered';

type Ports = Pick<
  NodePorts<LettersFeatureShape, Letters>,
  'behavior' | 'tryEnter' | 'tell' | 'emit' | 'isListenedTo'
>;

export class UndeliveredLetters {
  private readonly ports: Ports;
  /** Known here alone, and heard by nobody. */
  private waiting: OwnUndelivered[] = [];

  constructor(ports: Ports) {
    this.ports = ports;
  }

  ended(letters: readonly OwnUndelivered[]): void {
    const { behavior } = this.ports;
    let heard: ReportPlace | undefined;
    let isKept = false;
    for (const letter of letters) {
      const { place } = letter;
      if (place !== undefined && !behavior.reports.isNew(place)) continue;
      if (this.emit(letter)) heard = place ?? heard;
      else if (place === undefined) this.keep(letter);
      else {
        isKept = true;
        break;
      }
    }
    if (heard === undefined && !isKept) return;
    if (!this.ports.tryEnter()) return;
    if (heard !== undefined) behavior.reports.heard(heard);
    if (isKept) behavior.reports.notListening();
  }

  /** A program listens, and none did before; or the kernel of the node was replaced. */
  listening(): void {
    if (!this.ports.isListenedTo(undeliveredEvent)) return;
    this.ports.tell('listen', undefined);
    // The listener is being added.
    void Promise.resolve().then(() => {
      const waiting = this.waiting.splice(0);
      this.waiting.unshift(...waiting.filter((letter) => !this.emit(letter)));
    });
  }

  /** False: nobody listens. */
  private emit({ id, recipient, state, reason }: OwnUndelivered): boolean {
    if (!this.ports.isListenedTo(undeliveredEvent)) return false;
    this.ports.emit(undeliveredEvent, { id, recipient, state, reason });
    return true;
  }

  private keep(letter: OwnUndelivered): void {
    this.waiting.push(letter);
    if (this.waiting.length > letterLimits.letterReportsMax) this.waiting.shift();
  }
}
