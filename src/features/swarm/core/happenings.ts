/**
 * What happens to the nodes of a swarm, for the log of its store: who joined, left or was lost, and who took over.
 *
 * Made by the swarm's behavior, which writes it with what it has seen. Invariant: what was not written when this node
 * stops being the broker is not written later, since the next broker writes what it sees itself; only the loss of the
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

  get hasUnwritten(): boolean {
    return this.unwritten.length > 0;
  }

  clear(): void {
    this.unwritten.length = 0;
    this.missed = 0;
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
    if (this.lossOfFormer !== undefined) this.add(this.lossOfFormer);
    this.lossOfFormer = undefined;
    this.add({ ...eventOf('broker.changed', by.self.name, by), note: `epoch ${epoch}` });
  }

  /** It was here when this node began to write. */
  present(name: string, by: Broker): void {
    this.add(eventOf('node.present', name, by));
  }

  joined(name: string, by: Broker): void {
    this.add(eventOf('node.joined', name, by));
  }

  left(name: string, reason: 'lost' | 'left', by: Broker): void {
    this.add(eventOf(`node.${reason}`, name, by));
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
      note: `${this.missed} joins and leaves`,
    };
    this.missed = 0;
    return [...taken, lost];
  }

  private add(event: LogEvent): void {
    if (this.unwritten.length < swarmLimits.swarmNodesMax) this.unwritten.push(event);
    else this.missed++;
  }
}

function eventOf(type: string, name: string, { wallNow, self }: Broker): LogEvent {
  const at = Math.floor(wallNow);
  return { type, at, author: name, subject: name, recipients: [], trace: [self.name], note: '' };
}
