/** Queries of a node in this process: asking over calls and the swarm, answering what comes by both. */
import type { Facade } from '../../../kit/feature.ts';
import { LateAbort } from '../../../kit/late-abort.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import type { CallsFeatureShape } from '../../calls/shape.ts';
import type { QueriesNodeApi, Query, QueryOptions } from '../api.ts';
import { queryLimits } from '../core/limits.ts';
import { type Queries, queryService } from '../core/queries.ts';
import type { QueriesEvent } from '../core/queries-types.ts';
import type { QueriesFeatureShape } from '../shape.ts';
import { Answering, inputOf } from './answering.ts';
import { Asking } from './asking.ts';
import { BuiltIn } from './built-in.ts';
import { failureOf } from './query-failures.ts';
import { base64Of, bytesOf } from './sealed.ts';

type Ports = NodePorts<QueriesFeatureShape, Queries>;

export function queriesFacade(node: Ports): Facade<QueriesFeatureShape> {
  const asking = new Asking(node);
  const answering = new Answering(() => node.name, new BuiltIn(node));
  const swarmQueries = new SwarmQueries(node, answering);
  node.needed<CallsFeatureShape>('calls').answer(queryService, (call) => answering.atNode(call));
  const api: QueriesNodeApi = {
    async query(target: never, name: string, input: unknown = null, options: QueryOptions = {}) {
      node.checkOpen();
      return asking.query(target, name, input, options) as never;
    },
    queries: {
      answer(name, handler, options = {}) {
        node.checkOpen();
        return answering.answer(name, handler as (query: Query) => unknown, options);
      },
    },
  };
  return { api, event: (event) => swarmQueries.handle(event) };
}

/** Queries to the swarm whose broker this node is. */
class SwarmQueries {
  private readonly ports: Ports;
  private readonly answering: Answering;
  /** By token. */
  private readonly atWork = new Map<number, LateAbort>();

  constructor(ports: Ports, answering: Answering) {
    this.ports = ports;
    this.answering = answering;
  }

  handle(event: QueriesEvent): void {
    if (event.type === 'left') this.atWork.get(event.token)?.abort();
    else void this.answer(event);
  }

  private async answer(event: Extract<QueriesEvent, { type: 'query' }>): Promise<void> {
    const { token, from, name, encoding, body } = event;
    const left = new LateAbort(nobodyWaits);
    this.atWork.set(token, left);
    const query = (input: unknown): Query => ({
      ...{ name, input, from, isToSwarm: true, timeoutMs: queryLimits.queryTimeoutMs },
      get signal() {
        return left.signal;
      },
    });
    let answer: object;
    try {
      const given = await this.answering.give(query(inputOf({ encoding, body: bytesOf(body) })));
      answer = { encoding: given.encoding, body: base64Of(given.body) };
    } catch (problem) {
      answer = { failed: failureOf(problem) };
    }
    this.atWork.delete(token);
    this.ports.tell('answered', { token, json: JSON.stringify(answer) });
  }
}

function nobodyWaits(): DOMException {
  return new DOMException('nobody waits for the answer any more', 'AbortError');
}
