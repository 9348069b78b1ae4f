/** Messages as programs get them: those for this node, and those that pass through it. */

export interface Message<Body = unknown> {
  /** The source's name. */
  readonly source: string;
  readonly sourceId: number;
  /** The source's instance: new at each of its starts. */
  readonly instance: string;
  /** The source's number for this message: equal (source, instance, id) is the same message. */
  readonly id: number;
  readonly command: 'message';
  readonly kind: string;
  /** The recipients this copy carried when it arrived here. */
  readonly recipients: readonly string[];
  /** The nodes it passed, source first, this one last; only where the sender asked for a trace. */
  readonly route: readonly string[] | undefined;
  readonly body: Body;
  /** One printable line. */
  toString(): string;
}

export interface SnoopedMessage {
  readonly source: string;
  readonly id: number;
  readonly kind: string;
  readonly recipients: readonly string[];
  /** The neighbor it came from. */
  readonly from: string;
  /** The whole body where it came in one frame. */
  readonly body: unknown;
  readonly bodyBytes: number;
  toString(): string;
}
