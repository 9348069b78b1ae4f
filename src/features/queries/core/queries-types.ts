/** What the core of queries and its program say to each other: queries to the swarm in, answers out. */
import type { Shape } from '../../../kernel/contracts.ts';

/** A query to the swarm, on its way to the broker. */
export interface SwarmQuery {
  readonly name: string;
  readonly encoding: number;
  /** Base64: questions to the broker are JSON. */
  readonly body: string;
}

export type QueriesEvent =
  /** As the broker: to be answered by one `answered`. */
  | ({ readonly type: 'query'; readonly token: number; readonly from: string } & SwarmQuery)
  /** Nobody waits for its answer any more. */
  | { readonly type: 'left'; readonly token: number };

export interface QueriesShape extends Shape {
  readonly commands: {
    /** Resolves with JSON of the broker's making. */
    askSwarm(query: SwarmQuery): string;
    answered(answer: { readonly token: number; readonly json: string }): void;
  };
  readonly event: QueriesEvent;
}
