/**
 * The latest version of each node's records that is anywhere, the truth or a lie, but with a signature that holds.
 *
 * Who calls it: the mesh notes what nodes sign, liars note what they sign; a liar asks. Invariant: a record with a later
 * version than this is nowhere known, so a node that gets one looks at its signature, and does not pass it by as old.
 */
import type { NodeId } from '../../kernel/identity.ts';
import { compareVersions, decodeHeading, type Heading } from '../../kernel/routing/announcement.ts';

export class LatestVersions {
  private readonly byNode = new Map<NodeId, Heading>();

  /** @param bytes A record; its signature may be missing, since it has just been made. */
  note(bytes: Uint8Array): void {
    const heading = decodeHeading(bytes);
    if (heading === undefined) throw new Error('a program or a liar signed what is no record');
    const known = this.byNode.get(heading.id);
    if (known === undefined || compareVersions(heading, known) > 0) this.byNode.set(heading.id, heading);
  }

  /** The epoch and the sequence of the later of the two: of this record, or of any other of its node. */
  laterOf({ id, epoch, sequence, instance }: Heading): Pick<Heading, 'epoch' | 'sequence'> {
    const known = this.byNode.get(id);
    const isLatest = known === undefined || compareVersions({ epoch, sequence, instance }, known) >= 0;
    return isLatest ? { epoch, sequence } : { epoch: known.epoch, sequence: known.sequence };
  }
}
