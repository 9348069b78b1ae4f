/**
 * Who has not answered a message yet, and what has become of the copies for each.
 *
 * Made for each message that wants receipts. Nearly all have one recipient: it lies in the object itself, since a
 * map for each message cost more than all the rest of sending it.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import type { MissingReason } from './messaging-types.ts';

/** What has become of the copies for one recipient. */
export interface Way {
  /** The neighbor that the last copy left by; undefined: there was none to send it by. */
  via: NodeId | undefined;
  /** Copies of which nobody has said what became of them: while there are any, undelivered is not certain. */
  copies: number;
  /** The last bad news of a hop or of the recipient. */
  lastReason: MissingReason | undefined;
}

const nobody: NodeId = -1;

export class Waiting implements Way {
  // The first recipient's.
  via: NodeId | undefined = undefined;
  copies = 0;
  lastReason: MissingReason | undefined = undefined;
  private first: NodeId;
  private readonly others: Map<NodeId, Way> | undefined;

  constructor(first: NodeId, others?: Map<NodeId, Way>) {
    this.first = first;
    this.others = others;
  }

  /** For these, each once. */
  static of(nodes: readonly NodeId[]): Waiting {
    const [first = nobody, ...rest] = nodes;
    if (rest.length === 0) return new Waiting(first);
    return new Waiting(
      first,
      new Map(rest.map((node) => [node, { via: undefined, copies: 0, lastReason: undefined }])),
    );
  }

  get size(): number {
    return (this.first === nobody ? 0 : 1) + (this.others?.size ?? 0);
  }

  /** Where there is exactly one. */
  get only(): NodeId | undefined {
    return this.others === undefined && this.first !== nobody ? this.first : undefined;
  }

  has(node: NodeId): boolean {
    return (node === this.first && node !== nobody) || this.others?.has(node) === true;
  }

  get(node: NodeId): Way | undefined {
    return node === this.first && node !== nobody ? this : this.others?.get(node);
  }

  /** False when it had answered already, or was never asked. */
  delete(node: NodeId): boolean {
    if (node !== this.first || node === nobody) return this.others?.delete(node) === true;
    this.first = nobody;
    return true;
  }

  /** As they are now: whoever goes through them may delete. */
  nodes(): NodeId[] {
    const others = this.others === undefined ? [] : [...this.others.keys()];
    return this.first === nobody ? others : [this.first, ...others];
  }
}
