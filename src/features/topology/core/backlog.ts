/**
 * Records that wait until there is time for them: those of each link in the order in which they came, the links in turn.
 *
 * Who calls it: the topology behavior. Invariant: what waits is bounded in bytes, for one link and in all. What finds no
 * room is left out: neighbors compare digests each sync period, and what a node lacks is sent again.
 */
import type { LinkId } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { topologyLimits } from './limits.ts';
import type { CarriedRecord } from './messages.ts';

/** A record whose heading has been read. */
export interface WaitingRecord extends CarriedRecord {
  readonly id: NodeId;
  readonly from: LinkId;
}

interface Line {
  records: WaitingRecord[];
  /** Those before it have been taken. */
  next: number;
  bytes: number;
}

/** Taken ones are let go of in such numbers: at each step it would move all others. */
const trimmedFrom = 1024;

export class Backlog {
  /** How many wait. */
  size = 0;
  private readonly lines = new Map<LinkId, Line>();
  private bytes = 0;

  /** False: there is no room. @param record Its bytes are copied: they lie inside a received chunk. */
  add(record: WaitingRecord): boolean {
    const line = this.lines.get(record.from) ?? { records: [], next: 0, bytes: 0 };
    const { length } = record.bytes;
    const { backlogLinkBytesMax, backlogBytesMax } = topologyLimits;
    if (line.bytes + length > backlogLinkBytesMax || this.bytes + length > backlogBytesMax) return false;
    line.records.push({ ...record, bytes: record.bytes.slice() });
    this.lines.set(record.from, line);
    this.count(line, length, 1);
    return true;
  }

  /** The first of the link whose turn it is, of those whose first may be taken. */
  take(mayTake: (record: WaitingRecord) => boolean): WaitingRecord | undefined {
    for (const [link, line] of this.lines) {
      const record = line.records[line.next] as WaitingRecord;
      if (!mayTake(record)) continue;
      line.next++;
      this.count(line, -record.bytes.length, -1);
      if (line.next >= trimmedFrom) {
        line.records = line.records.slice(line.next);
        line.next = 0;
      }
      // To the end of the row, if anything of it is left.
      this.lines.delete(link);
      if (line.next < line.records.length) this.lines.set(link, line);
      return record;
    }
    return undefined;
  }

  /** The links of which something waits. */
  links(): IterableIterator<LinkId> {
    return this.lines.keys();
  }

  /** What this link brought is not believed any more. */
  forget(link: LinkId): void {
    const line = this.lines.get(link);
    if (line === undefined) return;
    this.lines.delete(link);
    this.count(line, -line.bytes, line.next - line.records.length);
  }

  private count(line: Line, bytes: number, records: number): void {
    line.bytes += bytes;
    this.bytes += bytes;
    this.size += records;
  }
}
