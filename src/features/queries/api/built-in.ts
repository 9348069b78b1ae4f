/**
 * What every node and every swarm answers: facts that the node knows, and nothing that it would have to guess.
 *
 * Used by `Answering`. Invariant: an answer has the fields of `built-in-results.ts`; a long one comes in pages.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { nameProblem } from '../../../kernel/identity.ts';
import { type Machine, machinePart } from '../../../kit/machine.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { reachableEntries } from '../../../kit/views.ts';
import type { LettersFeatureShape } from '../../letters/shape.ts';
import type { SwarmFeatureShape } from '../../swarm/shape.ts';
import type { TaskNeeds } from '../../tasks/api.ts';
import type { TasksFeatureShape, TasksShared } from '../../tasks/shape.ts';
import type { Query } from '../api.ts';
import { queryLimits } from '../core/limits.ts';
import type { Queries } from '../core/queries.ts';
import type { QueriesFeatureShape } from '../shape.ts';
import type { NodeAnswers, NodeMood, NodeStats, SwarmAnswers } from './built-in-results.ts';
import { letterPage, letterPosition } from './letters-page.ts';
import { afterName, fieldsOf, namesAfter, pageOf, wrongInput } from './pages.ts';

type Ports = NodePorts<QueriesFeatureShape, Queries>;
/** @param names Of the queries that are answered. */
type Answerers<Answers> = {
  readonly [Name in keyof Answers]: (
    input: unknown,
    names: readonly string[],
  ) => Answers[Name] | Promise<Answers[Name]>;
};

export class BuiltIn {
  readonly names: readonly string[];
  private readonly ports: Ports;
  private readonly ofNode: Answerers<NodeAnswers>;
  private readonly ofSwarm: Answerers<SwarmAnswers>;

  constructor(ports: Ports) {
    this.ports = ports;
    this.ofNode = {
      services: (_input, queries) => ({ services: this.ownServices(), queries }),
      service: (input) => this.ownService(serviceName(input)),
      stats: () => this.nodeStats(),
      mood: () => this.nodeMood(),
      availability: (input) => standing(input, (service, needs) => this.tasks.ownStanding(service, needs)),
      state: (input) => this.letters(ports.name, letterPosition(fieldsOf('state', input, ['after']).after)),
      peers: (input) => this.reachablePeers(afterName('peers', input)),
    };
    this.ofSwarm = {
      services: (input, queries) => ({ ...this.offered(afterName('services', input)), queries }),
      service: (input) => this.offering(serviceName(input)),
      stats: () => this.swarmStats(),
      mood: () => ({ ...this.nodeMood(), broker: ports.name }),
      availability: (input) => this.ranked(input),
      state: (input) => this.lettersOf(input),
      peers: (input) => this.seenPeers(afterName('peers', input)),
    };
    this.names = Object.keys(this.ofNode);
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  async answer({ name, input, isToSwarm }: Query, names: readonly string[]): Promise<unknown> {
    const known = name as keyof NodeAnswers;
    return isToSwarm ? this.ofSwarm[known](input, names) : this.ofNode[known](input, names);
  }

  /** This node, and those that it can reach. */
  private here(): { readonly name: string; readonly services: readonly string[] }[] {
    const { self } = this.ports.mesh;
    return [{ name: self.name, services: [...self.services] }, ...reachableEntries(this.ports.mesh)];
  }

  // ── services ──────────────────────────────────────────────────────────────────────────────────────

  private ownServices(): string[] {
    return [...this.ports.mesh.self.services].sort();
  }

  private ownService(name: string) {
    const isOffered = this.ports.mesh.self.services.has(name);
    return { name, isOffered, ...this.ports.behavior.calls.standing(name) };
  }

  private offered(after: string | undefined): Pick<SwarmAnswers['services'], 'services' | 'next'> {
    const counts = new Map<string, number>();
    for (const { services } of this.here())
      for (const name of services) counts.set(name, (counts.get(name) ?? 0) + 1);
    const names = namesAfter([...counts.keys()].sort(), after);
    const all = names.map((name) => ({ name, nodeCount: counts.get(name) ?? 0 }));
    const { items, next } = pageOf(all, ({ name }) => name);
    return { services: items, ...nextOf(next) };
  }

  private offering(service: string): SwarmAnswers['service'] {
    const offering = this.here().filter(({ services }) => services.includes(service));
    const nodes = offering.map(({ name }) => name).sort();
    return { name: service, nodes: nodes.slice(0, queryLimits.queryNamesShownMax), nodeCount: nodes.length };
  }

  // ── figures ───────────────────────────────────────────────────────────────────────────────────────

  private nodeStats(): NodeStats {
    const { mesh, now } = this.ports;
    const machine = this.ports.platformPart<Machine>(machinePart)?.facts();
    return {
      version: mesh.self.version,
      uptimeMs: Math.round(now - mesh.self.startedAt),
      nodeCount: this.here().length,
      linkCount: mesh.neighbors.size,
      ...(machine === undefined ? {} : { machine }),
    };
  }

  private nodeMood(): NodeMood {
    const { running, waiting } = this.ports.behavior.calls.work();
    const mood = waiting > 0 ? 'overloaded' : running > 0 ? 'busy' : 'idle';
    return { mood, running, waiting };
  }

  private swarmStats(): SwarmAnswers['stats'] {
    const { name, behavior } = this.ports;
    return { broker: name, nodeCount: this.here().length, seenCount: behavior.seenCount };
  }

  // ── workers ───────────────────────────────────────────────────────────────────────────────────────

  private get tasks(): TasksShared {
    return this.ports.needed<TasksFeatureShape>('tasks');
  }

  private async ranked(input: unknown): Promise<SwarmAnswers['availability']> {
    const workers = await standing(input, (service, needs) => this.tasks.workers(service, needs));
    return { workers: pageOf(workers, ({ name }) => name).items, workerCount: workers.length };
  }

  // ── letters ───────────────────────────────────────────────────────────────────────────────────────

  private lettersOf(input: unknown): Promise<SwarmAnswers['state']> {
    if (typeof input === 'string') return this.letters(author(input), undefined);
    const { from, after } = fieldsOf('state', input, ['from', 'after']);
    return this.letters(from === undefined ? undefined : author(from), letterPosition(after));
  }

  private async letters(from: string | undefined, after: number | undefined): Promise<NodeAnswers['state']> {
    const letters = this.ports.needed<LettersFeatureShape>('letters');
    const filter = { ...(from === undefined ? {} : { from }), ...(after === undefined ? {} : { after }) };
    return letterPage(await letters.list(filter));
  }

  // ── peers ─────────────────────────────────────────────────────────────────────────────────────────

  private reachablePeers(after: string | undefined): NodeAnswers['peers'] {
    const { table } = this.ports.mesh;
    const others = reachableEntries(this.ports.mesh);
    const byName = new Map(others.map(({ name, id }) => [name, id]));
    const names = namesAfter([...byName.keys()].sort(), after);
    const all = names.map((name) => ({ name, hops: table.distance(byName.get(name) as number) }));
    const { items, next } = pageOf(all, ({ name }) => name);
    return { peers: items, ...nextOf(next) };
  }

  private async seenPeers(after = ''): Promise<SwarmAnswers['peers']> {
    const seen = await this.ports.needed<SwarmFeatureShape>('swarm').nodesAfter(after);
    const all = seen.map(({ name, firstSeen, lastSeen, isReachable }) => ({
      ...{ name, firstSeen, lastSeen, isReachable },
    }));
    const { items, next } = pageOf(all, ({ name }) => name);
    return { peers: items, ...nextOf(next) };
  }
}

function nextOf<Place>(next: Place | undefined): { readonly next?: Place } {
  return next === undefined ? {} : { next };
}

function serviceName(input: unknown): string {
  if (typeof input === 'string' && nameProblem(input) === undefined) return input;
  throw wrongInput('service', 'its input is the name of a service', input);
}

const needNames = ['cores', 'memory', 'software', 'resources', 'node', 'not'];

/** @throws SkeinError SKEIN_INVALID for what no task can need. */
async function standing<Answer>(
  input: unknown,
  of: (service: string, needs: TaskNeeds) => Answer | Promise<Answer>,
): Promise<Answer> {
  const { service, ...needs } = fieldsOf('availability', input, ['service', ...needNames]);
  try {
    return await of(service === undefined ? '' : serviceName(service), needs);
  } catch (problem) {
    if (!(problem instanceof TypeError)) throw problem;
    throw new SkeinError('SKEIN_INVALID', problem.message, { cause: problem });
  }
}

function author(name: unknown): string {
  if (typeof name === 'string' && nameProblem(name) === undefined) return name;
  throw wrongInput('state', 'an author is the name of a node', name);
}
