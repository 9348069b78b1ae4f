/**
 * Looks into the records of others at a pace that leaves the node its time: a slice of each turn of the event loop.
 *
 * Who calls it: the topology behavior, with what neighbors bring and as time passes. What its heading settles is settled at
 * once; the rest costs a signature and a look at the whole mesh, and waits in line where many come. Invariant: what others
 * bring takes no more of a turn than the slice, however much it is, and no neighbor has to wait for another's crowd.
 */
import type { BehaviorAgent, LinkId } from '../../../kernel/contracts.ts';
import { TimeSlice } from '../../../kernel/parts/time-slice.ts';
import type { Records } from '../../../kernel/routing/records.ts';
import { Backlog, type WaitingRecord } from './backlog.ts';
import type { Intake, Taken } from './intake.ts';
import { topologyLimits } from './limits.ts';
import type { CarriedRecord } from './messages.ts';
import { Newcomers } from './newcomers.ts';

export interface PacedIntakePorts {
  readonly taken: (agent: BehaviorAgent, taken: Taken, record: CarriedRecord, from: LinkId) => void;
  /** A neighbor brings more unknown nodes than it may: they wait. Once for each link. */
  readonly held: (agent: BehaviorAgent, from: LinkId) => void;
}

export class PacedIntake {
  /** Records for which there was no room. */
  leftOut = 0;
  private readonly intake: Intake;
  private readonly records: Records;
  private readonly ports: PacedIntakePorts;
  private readonly slice = new TimeSlice(topologyLimits.intakeSliceMs, topologyLimits.intakeSliceRecords);
  private readonly backlog = new Backlog();
  private readonly newcomers = new Newcomers();

  constructor(intake: Intake, records: Records, ports: PacedIntakePorts) {
    this.intake = intake;
    this.records = records;
    this.ports = ports;
  }

  /** How many records wait. */
  get waitingCount(): number {
    return this.backlog.size;
  }

  arrived(agent: BehaviorAgent, records: readonly CarriedRecord[], from: LinkId): void {
    for (const carried of records) {
      const glance = this.intake.glance(carried.bytes, agent.self);
      if ('outcome' in glance) this.ports.taken(agent, glance, carried, from);
      else this.takeOrKeep(agent, { ...carried, id: glance.id, from });
    }
  }

  /** The loop has turned: the next slice. */
  deadline(agent: BehaviorAgent, now: number): void {
    this.slice.renew();
    // As many origins as somebody likes may be due at a time: they have no more of the turn than what comes.
    for (const { record, received, from } of this.intake.due(now))
      this.takeOrKeep(agent, { ...received, id: record.id, from });
    while (!this.slice.isOver && this.backlog.size > 0) {
      const next = this.backlog.take((record) => this.mayTake(agent, record));
      if (next === undefined) break;
      this.look(agent, next, next.from);
    }
  }

  nextDeadline(now: number): number {
    if (this.slice.isHalfUsed) return now;
    let next = this.intake.nextDeadline(now);
    for (const link of this.backlog.links()) next = Math.min(next, this.newcomers.nextAt(link, now));
    return next;
  }

  /** Links whose newcomers had to wait. */
  get heldLinks(): ReadonlySet<LinkId> {
    return this.newcomers.heldLinks;
  }

  linkDown(link: LinkId): void {
    this.newcomers.linkDown(link);
  }

  /** What this link brought is not believed any more. */
  forget(link: LinkId): void {
    this.backlog.forget(link);
  }

  private takeOrKeep(agent: BehaviorAgent, record: WaitingRecord): void {
    const isAlone = this.backlog.size === 0 && !this.slice.isOver;
    if (isAlone && this.mayTake(agent, record)) this.look(agent, record, record.from);
    else if (!this.backlog.add(record)) this.leftOut++;
  }

  private mayTake(agent: BehaviorAgent, { id, from }: WaitingRecord): boolean {
    if (this.records.get(id) !== undefined || this.newcomers.take(from, agent.now)) return true;
    if (this.newcomers.hold(from)) this.ports.held(agent, from);
    return false;
  }

  private look(agent: BehaviorAgent, record: CarriedRecord, from: LinkId): void {
    const begunAt = agent.clock();
    const { bytes, unreachableForMs } = record;
    const taken = this.intake.take(bytes, unreachableForMs, from, agent.self, agent.now);
    this.ports.taken(agent, taken, record, from);
    this.slice.use(agent.clock() - begunAt);
  }
}
