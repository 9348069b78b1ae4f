/**
 * From the text of a scenario file to a scenario, or one line that says what makes no sense.
 *
 * Who calls it: `skein sim FILE` and the tests. Invariant: a scenario that comes out can be played: every
 * name is that of a node, nothing is left to be filled in. What is refused begins with the path of the
 * wrong value.
 */
import type * as v from 'valibot';
import { show } from './fields.ts';
import { Labels } from './labels.ts';
import { parseAction } from './parse-action.ts';
import type { RawStep } from './raw-step.ts';
import { check } from './refusal.ts';
import type { Scenario, ScenarioMember, Step } from './scenario.ts';
import { fileSchema, nodesSchemas, stepSchemas, verbs } from './schema.ts';
import { Selector } from './selection.ts';

type File = v.InferOutput<typeof fileSchema>;
type NodeOptions = v.InferOutput<typeof nodesSchemas.options>[string];

const defaultDegree = 3;
const defaultLatencyMs = 20;

/** @throws TypeError in one line. */
export function parseScenario(text: string): Scenario {
  return readScenario(parseJson(text));
}

/** The same for a value: a scenario written in a program. @throws TypeError in one line. */
export function readScenario(value: unknown): Scenario {
  const file: File = check(fileSchema, value, '');
  const nodes = readNodes(file.nodes);
  const steps = file.steps.map((step, index) => readStep(step, `steps[${index}]`));
  const members = [...readMembers(file, nodes), ...readTwins(file, nodes, steps)];
  const selector = new Selector(
    members.map(({ name }) => name),
    [...nodes.keys()],
  );
  return {
    name: file.name ?? 'scenario',
    about: file.about,
    seed: file.seed ?? 1,
    network: { latencyMs: file.network?.latency ?? defaultLatencyMs, loss: file.network?.loss ?? 0 },
    members,
    steps: planSteps(steps, selector),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (problem) {
    throw new TypeError(`no JSON: ${(problem as Error).message}`);
  }
}

/** Names to options, in the order given. */
function readNodes(nodes: unknown): Map<string, NodeOptions> {
  if (typeof nodes === 'number') return optionless(numbered(check(nodesSchemas.count, nodes, 'nodes')));
  if (Array.isArray(nodes)) return optionless(unique(check(nodesSchemas.list, nodes, 'nodes')));
  if (typeof nodes !== 'object' || nodes === null)
    throw new TypeError(
      `nodes: expected a count, a list of names, or an object from a name to its options, got ${show(nodes)}`,
    );
  const options = check(nodesSchemas.options, nodes, 'nodes');
  // The names as a list say what is wrong with one.
  check(nodesSchemas.list, Object.keys(options), 'nodes');
  return new Map(Object.entries(options));
}

function optionless(names: readonly string[]): Map<string, NodeOptions> {
  return new Map(names.map((name) => [name, {}]));
}

function numbered(count: number): string[] {
  const digits = String(count).length;
  return Array.from({ length: count }, (_, i) => `n${String(i + 1).padStart(digits, '0')}`);
}

function unique(names: readonly string[]): readonly string[] {
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0)
    throw new TypeError(
      `nodes[${twice}]: "${names[twice]}" is there twice; for two of one name there is the step "twin"`,
    );
  return names;
}

function readMembers(file: File, nodes: ReadonlyMap<string, NodeOptions>): ScenarioMember[] {
  const names = [...nodes.keys()];
  const selector = new Selector(names, names);
  return [...nodes].map(([name, options]) => {
    const seeds = selector.many(options.connect ?? [], `nodes.${name}.connect`);
    return member(
      file,
      name,
      name,
      options,
      seeds.filter((seed) => seed !== name),
    );
  });
}

/** A twin has the options of the node whose name it bears. */
function readTwins(
  file: File,
  nodes: ReadonlyMap<string, NodeOptions>,
  steps: readonly RawStep[],
): ScenarioMember[] {
  const twins = new Map<string, ScenarioMember>();
  for (const [index, step] of steps.entries()) {
    if (step.verb !== 'twin') continue;
    const { twin, as } = step.fields;
    const options = nodes.get(twin);
    if (options === undefined) throw new TypeError(`steps[${index}].twin: there is no "${twin}"`);
    if (nodes.has(as) || twins.has(as))
      throw new TypeError(`steps[${index}].as: "${as}" is taken; a twin needs a name of its own here`);
    twins.set(as, member(file, as, twin, options, []));
  }
  return [...twins.values()];
}

function member(
  file: File,
  name: string,
  nodeName: string,
  options: NodeOptions,
  connect: readonly string[],
): ScenarioMember {
  return {
    name,
    nodeName,
    degree: options.degree ?? file.degree ?? defaultDegree,
    namespace: options.namespace ?? 'scenario',
    discovery: options.discovery ?? file.discovery ?? true,
    connect,
  };
}

// ── steps ───────────────────────────────────────────────────────────────────────────────────────────

function readStep(step: unknown, path: string): RawStep {
  if (typeof step !== 'object' || step === null || Array.isArray(step))
    throw new TypeError(`${path}: expected a step such as {"start": "all"}, got ${show(step)}`);
  const found = verbs.filter((verb) => Object.hasOwn(step, verb));
  const [verb] = found;
  if (verb === undefined)
    throw new TypeError(
      `${path}: says nothing to do, got ${show(step)}; a step has one of ${verbs.join(', ')}`,
    );
  if (found.length > 1) throw new TypeError(`${path}: has ${found.join(' and ')}; one of them a step`);
  return { verb, fields: check(stepSchemas[verb], step, path) } as RawStep;
}

function planSteps(steps: readonly RawStep[], selector: Selector): Step[] {
  const labels = new Labels();
  return steps.map((step, index) => {
    const path = `steps[${index}]`;
    const { at = 0, after = 0 } = step.fields;
    return { path, at, after, action: parseAction(step, path, selector, labels) };
  });
}
