/** What the formation and the program say to each other. */
import type { Shape } from '../../../kernel/contracts.ts';
import type { Standing } from './election.ts';

export interface FormationOptions {
  /** `host:port`, the preferred one first; none: this node is in no formation. */
  readonly addresses: readonly string[];
  /** Where there are none: addresses of one that the node joins once a feature wants a broker. */
  readonly whenWanted?: readonly string[];
  /** More doors for programs of this machine, which the broker opens: `ipc://path`. */
  readonly doors: readonly string[];
  /** Where programs that speak nanomsg meet this node; empty: nowhere. */
  readonly meeting: string;
}

export interface FormationShape extends Shape {
  readonly commands: {
    /** Asks the broker. @param to A member's name, or a service's. */
    pair(to: string): Paired;
  };
  readonly event: FormationEvent;
}

/** Whom the broker named. */
export interface Paired {
  readonly other: string;
  /** Of this mesh; else a program that speaks nanomsg, and comes to this node's meeting address. */
  readonly isNode: boolean;
}

export type FormationEvent =
  /** Another than before, or none. */
  | { readonly type: 'broker'; readonly broker: BrokerView | undefined }
  /** A program that speaks nanomsg is to be met at its address. */
  | { readonly type: 'asked'; readonly other: string; readonly address: string }
  | { readonly type: 'trouble'; readonly text: string };

/** The formation's broker, as this node knows it. */
export interface BrokerView {
  /** Undefined: a program that is no node. */
  readonly name: string | undefined;
  /** Where it is met: `tcp://host:port`. */
  readonly address: string;
  /** Of two brokers the one with the higher epoch is followed. Absent: it is a program that speaks nanomsg. */
  readonly epoch?: number;
  /** Unix milliseconds by its own clock; of a guest, when it found it. */
  readonly since: number;
}

export interface FormationStatus extends Record<string, unknown> {
  readonly role: Standing['role'];
  readonly addresses: readonly string[];
  readonly broker: BrokerView | undefined;
  /** In the directory, itself included; only the broker knows. */
  readonly members?: number;
  /** It is denied, and becomes no broker meanwhile. */
  readonly aside?: boolean;
}
