/**
 * What happens in a swarm, for the log of its store: who joined, left or was lost, who took over, and what features note.
 *
 * Made by the chronicle, which writes it with what it has seen. While nobody has used the store it is kept here, up to a
 * limit; beyond it is counted, and what is written then begins with who is here. Invariant: what was not written when this
 * node stops being the broker is not written later, since the next broker writes what it sees itself; only the loss of the
 * broker before it is kept, which nobody else could have written.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import type { LogEvent } from '../../../kernel/log-event.ts';
import { swarmLimits } from './limits.ts';

/** Of the broker: its clock and its name. */
type Broker = Pick<BehaviorAgent, 'wallNow' | 'self'>;

export class Happenings {
  private readonly unwritten: LogEvent[] = [];
  private former: NodeId | undefined;
  private lossOfFormer: LogEvent | undefined;
  private missed = 0;
  /** What was kept was too much: it must begin again. */
  private hasOverflowed = false;

  get mustBeginAgain(): boolean {
    return this.hasOverflowed;
  }

  get hasUnwritten(): boolean {
    return this.unwritten.length > 0;
  }

  clear(): void {
    this.unwritten.length = 0;
    this.missed = 0;
    this.hasOverflowed = false;
  }

  /** @param isWrittenElsewhere The next broker is another node, which writes that the former one is gone. */
  brokerChanged(former: NodeId | undefined, isWrittenElsewhere: boolean): void {
    if (isWrittenElsewhere) this.lossOfFormer = undefined;
    else if (former !== undefined) this.former = former;
  }

  /** A node has become unreachable while this one did not write. @param broker Whom this node follows. */
  downBefore(
    { id, name }: { readonly id: NodeId; readonly name: string },
    reason: 'lost' | 'left',
    broker: NodeId | undefined,
    by: Broker,
  ): void {
    if (id === this.former || id === broker) this.lossOfFormer = eventOf(`node.${reason}`, name, by);
  }

  /** So many events could not be written. */
  notWritten(count: number): void {
    this.missed += count;
  }

  /** The first events of a broker. */
  tookOver(epoch: number, by: Broker): void {
    this.hasOverflowed = false;
    if (this.lossOfFormer !== undefined) this.noted(this.lossOfFormer);
    this.lossOfFormer = undefined;
    this.noted({ ...eventOf('broker.changed', by.self.name, by), note: `epoch ${epoch}` });
  }

  /** It was here when this node began to write. */
  present(name: string, by: Broker): void {
    this.noted(eventOf('node.present', name, by));
  }

  joined(name: string, by: Broker, isOpen: boolean): void {
    this.noted(eventOf('node.joined', name, by), isOpen);
  }

  left(name: string, reason: 'lost' | 'left', by: Broker, isOpen: boolean): void {
    this.noted(eventOf(`node.${reason}`, name, by), isOpen);
  }

  /** Some of them; how many could not be written before is an event of its own. */
  takeUnwritten(): readonly LogEvent[] {
    const taken = this.unwritten.splice(0, swarmLimits.swarmEventsPerWrite);
    const last = taken.at(-1);
    if (this.unwritten.length > 0 || this.missed === 0 || last === undefined) return taken;
    const lost = {
      ...last,
      type: 'log.missed',
      author: '',
      subject: '',
      note: `${this.missed} events were not logged`,
    };
    this.missed = 0;
    return [...taken, lost];
  }

  /** @param isOpen It is written in a moment. Otherwise nobody may ever use the store. */
  noted(event: LogEvent, isOpen = true): void {
    const max = isOpen ? swarmLimits.swarmNodesMax : swarmLimits.swarmEventsKeptMax;
    if (this.hasOverflowed || (isOpen && this.unwritten.length >= max)) this.missed++;
    else if (this.unwritten.length < max) this.unwritten.push(event);
    else {
      // What is left of it without its beginning would say of nodes that they are here which are gone.
      this.missed += this.unwritten.length + 1;
      this.unwritten.length = 0;
      this.hasOverflowed = true;
    }
  }
}

function eventOf(type: string, name: string, { wallNow, self }: Broker): LogEvent {
  const at = Math.floor(wallNow);
  return { type, at, author: name, subject: name, recipients: [], trace: [self.name], note: '' };
}
