/** Messages as programs get them: those for this node, and those that pass through it. */

/** A message for this node. */
export interface Message<Body = unknown> {
  /** The name of the node that sent it. */
  readonly from: string;
  /** Its id: the first 48 bits of SHA-256 of its name. */
  readonly fromId: number;
  /** Its instance: 16 hexadecimal digits, new at each of its starts. */
  readonly instance: string;
  /** Its number for this message: equal (from, instance, id) is the same message. */
  readonly id: number;
  /** Always `message`: the line that meshage's programs know. */
  readonly command: 'message';
  /** What its sender called it; `message` where it said nothing. */
  readonly kind: string;
  /** The recipients this copy carried when it arrived here. */
  readonly recipients: readonly string[];
  /** The nodes it passed, its sender first, this one last; only where the sender asked for a trace. */
  readonly route: readonly string[] | undefined;
  /** What was sent: any JSON value, bytes, or what CBOR has words for. */
  readonly body: Body;
  /** One printable line. */
  toString(): string;
}

/** A message on its way through this node. */
export interface SnoopedMessage {
  /** The name of the node that sent it. */
  readonly from: string;
  /** That node's number for it. */
  readonly id: number;
  /** What its sender called it. */
  readonly kind: string;
  /** Those for whom this copy goes on. */
  readonly recipients: readonly string[];
  /** The neighbor that passed it to this node. */
  readonly via: string;
  /** The whole body where it came in one frame. */
  readonly body: unknown;
  /** Length of the whole body, encoded. */
  readonly bodyBytes: number;
  /** One printable line. */
  toString(): string;
}
