/**
 * `query`: asking a node by a request to its hidden service, or the swarm by a question to its broker.
 *
 * Made by the facade. Invariant: whatever the other end answers, the program gets a value that fits or a SkeinError.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { idOf } from '../../../kernel/identity.ts';
import { fields, number, text } from '../../../kit/answers.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { raced } from '../../../kit/waiting.ts';
import type { FailedCall } from '../../calls/api.ts';
import type { CallsFeatureShape } from '../../calls/shape.ts';
import type { QueryOptions, QueryTarget } from '../api.ts';
import { queryLimits } from '../core/limits.ts';
import { type Queries, queryService } from '../core/queries.ts';
import type { QueriesFeatureShape } from '../shape.ts';
import { checkQuery } from './check-options.ts';
import { answersNone, doesNotFit, errorOf } from './query-failures.ts';
import { nodeChecks, swarmChecks } from './result-checks.ts';
import { base64Of, bytesOf, type Sealed, sealed, unsealed } from './sealed.ts';

type Ports = NodePorts<QueriesFeatureShape, Queries>;

const theSwarm = 'the swarm';

export class Asking {
  private readonly ports: Ports;
  private readonly calls: CallsFeatureShape['shared'];

  constructor(ports: Ports) {
    this.ports = ports;
    this.calls = ports.needed<CallsFeatureShape>('calls');
  }

  async query(target: QueryTarget, name: string, input: unknown, options: QueryOptions): Promise<unknown> {
    checkQuery(target, name, options);
    const question = sealed(input, queryLimits.queryInputBytesMax, `query ${name}: an input`);
    const isSwarm = typeof target !== 'string';
    const where = isSwarm ? theSwarm : target;
    const given = isSwarm
      ? await this.askSwarm(name, question, options)
      : await this.askNode(target, name, question, options);
    const checks: Readonly<Record<string, (value: unknown) => unknown>> = isSwarm ? swarmChecks : nodeChecks;
    try {
      const answer = unsealed(given, queryLimits.queryAnswerBytesMax);
      return Object.hasOwn(checks, name) ? checks[name]?.(answer) : answer;
    } catch (problem) {
      throw doesNotFit(name, where, problem);
    }
  }

  // ── a node ────────────────────────────────────────────────────────────────────────────────────────

  private async askNode(
    node: string,
    name: string,
    question: Sealed,
    options: QueryOptions,
  ): Promise<unknown> {
    const { mesh } = this.ports;
    if (node !== this.ports.name && mesh.records.get(idOf(node)) === undefined)
      throw new SkeinError('SKEIN_UNKNOWN_NODE', `query ${name}: no node is called "${node}"`);
    const wait = { timeoutMs: queryLimits.queryTimeoutMs, ...options };
    try {
      return await this.calls.request(queryService, node, { name, ...question }, wait);
    } catch (problem) {
      throw problem instanceof SkeinError ? asQuery(problem, name, node) : problem;
    }
  }

  // ── the swarm ─────────────────────────────────────────────────────────────────────────────────────

  private async askSwarm(name: string, { encoding, body }: Sealed, options: QueryOptions): Promise<unknown> {
    const { ports } = this;
    const { signal, cancel } = ports.limitedSignal({ timeoutMs: queryLimits.queryTimeoutMs, ...options });
    try {
      const asked = ports.ask('askSwarm', { name, encoding, body: base64Of(body) });
      const json = await raced(asked, signal, `query ${name}: the broker of the swarm did not answer`);
      return this.swarmAnswer(json, name);
    } finally {
      cancel();
    }
  }

  private swarmAnswer(json: string, name: string): unknown {
    const broker = this.ports.behavior.broker ?? theSwarm;
    let given: ReturnType<typeof swarmAnswer>;
    try {
      given = swarmAnswer(JSON.parse(json));
    } catch (problem) {
      throw doesNotFit(name, theSwarm, problem);
    }
    const { failed, encoding, body = '' } = given;
    if (failed !== undefined) throw errorOf(failed, name, broker, theSwarm);
    return { encoding, body: bytesOf(body) };
  }
}

const swarmAnswer = fields(
  {},
  { failed: fields({ code: text, message: text }), encoding: number, body: text },
);

/** A request's failure in the words of queries: its service is no name that anybody knows. */
function asQuery(problem: SkeinError, name: string, node: string): SkeinError {
  const { code, message, details } = problem;
  if (code === 'SKEIN_NO_SERVICE') return answersNone(name, node);
  if (code === 'SKEIN_FAILED' && details !== undefined)
    return errorOf(details as FailedCall, name, node, node);
  const worded = message.replaceAll(queryService, `query ${name}`);
  return new SkeinError(code, worded, { cause: problem.cause });
}
