/**
 * Whether what is seen is what was expected, and if not, what is wrong in words.
 *
 * Who calls it: the director, again and again until nothing is wrong or time is over. Invariant: it reads
 * the observation alone, so that simulated and real programs are judged by the same words.
 */
import type { Expectation, Selection } from './scenario.ts';
import type { Observation, ProgramView } from './stage.ts';

/** Enough to see what is wrong; sixty nodes that know nobody would fill pages. */
const problemsMax = 4;

/** What each message was sent to, and by whom. */
export interface SentView {
  readonly from: string;
  readonly to: readonly string[] | undefined;
}

/** Empty when all that is expected holds. */
export function judge(
  expectation: Expectation,
  seen: Observation,
  sent: ReadonlyMap<string, SentView>,
): string[] {
  const { together, knows, knowsNot, components, links, linked, notLinked } = expectation;
  const { delivered, running, ended, lost, neverLost } = expectation;
  return [
    ...(together ?? []).flatMap((group) => judgeTogether(group, seen)),
    ...entries(knows).flatMap(([name, others]) => judgeKnows(name, others, seen, true)),
    ...entries(knowsNot).flatMap(([name, others]) => judgeKnows(name, others, seen, false)),
    ...(components === undefined ? [] : judgeComponents(components, seen)),
    ...(links === undefined ? [] : judgeLinks(links, seen)),
    ...entries(linked).flatMap(([name, others]) => judgeLinked(name, others, seen, true)),
    ...entries(notLinked).flatMap(([name, others]) => judgeLinked(name, others, seen, false)),
    ...entries(delivered).flatMap(([label, to]) => judgeDelivered(label, to, seen, sent)),
    ...(running === undefined ? [] : judgeRunning(running, seen)),
    ...entries(ended).flatMap(([name, code]) => judgeEnded(name, code, seen)),
    ...(lost ?? []).flatMap((name) => judgeLost(name, seen)),
    ...(neverLost ?? []).flatMap((name) => judgeNeverLost(name, seen)),
  ];
}

/** As one line, shortened. */
export function problemsText(problems: readonly string[]): string {
  const more = problems.length - problemsMax;
  return problems.slice(0, problemsMax).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** Node names to their neighbors: an edge counts when both ends have it. */
export function effectiveLinks(seen: Observation): Map<string, Set<string>> {
  const claims = new Map<string, Set<string>>();
  // A twin bears the same name: to the others the two are one.
  for (const { nodeName, links } of running(seen))
    claims.set(nodeName, new Set([...(claims.get(nodeName) ?? []), ...links]));
  return new Map(
    [...claims].map(([name, links]) => [
      name,
      new Set([...links].filter((other) => claims.get(other)?.has(name))),
    ]),
  );
}

export function componentsOf(seen: Observation): string[][] {
  const edges = effectiveLinks(seen);
  const found: string[][] = [];
  const met = new Set<string>();
  for (const start of edges.keys()) {
    if (met.has(start)) continue;
    met.add(start);
    const component = [start];
    for (const name of component)
      for (const other of edges.get(name) ?? [])
        if (!met.has(other)) {
          met.add(other);
          component.push(other);
        }
    found.push(component.sort());
  }
  return found;
}

/** Programs that run and can be asked. */
function running(seen: Observation): ProgramView[] {
  return [...seen.values()].filter(({ state }) => state === 'running');
}

function chosen(selection: Selection, seen: Observation): ProgramView[] {
  return selection === 'all' ? running(seen) : selection.flatMap((name) => seen.get(name) ?? []);
}

function judgeTogether(group: Selection, seen: Observation): string[] {
  const members = chosen(group, seen);
  if (members.length === 0) return ['nobody runs'];
  const names = new Set(members.map(({ nodeName }) => nodeName));
  return members.flatMap((program) => {
    if (program.state !== 'running') return [`${program.name} does not run`];
    const wanting = [...names].filter((name) => name !== program.nodeName && !program.knows.has(name));
    const strangers = [...program.knows].filter((name) => !names.has(name));
    return [
      ...(wanting.length === 0 ? [] : [`${program.name} does not know ${few(wanting)}`]),
      ...(strangers.length === 0 ? [] : [`${program.name} still knows ${few(strangers)}`]),
    ];
  });
}

function judgeKnows(name: string, others: Selection, seen: Observation, should: boolean): string[] {
  const program = seen.get(name);
  if (program?.state !== 'running') return [`${name} does not run`];
  const wrong = namesBut(program, others, seen).filter((other) => program.knows.has(other) !== should);
  if (wrong.length === 0) return [];
  return [`${name} ${should ? 'does not know' : 'knows'} ${few(wrong)}`];
}

function judgeLinked(name: string, others: Selection, seen: Observation, should: boolean): string[] {
  const program = seen.get(name);
  if (program?.state !== 'running') return [`${name} does not run`];
  const linked = effectiveLinks(seen).get(program.nodeName) ?? new Set();
  const wrong = namesBut(program, others, seen).filter((other) => linked.has(other) !== should);
  if (wrong.length === 0) return [];
  return [`${name} ${should ? 'has no link to' : 'has a link to'} ${few(wrong)}`];
}

function namesBut(program: ProgramView, selection: Selection, seen: Observation): string[] {
  return chosen(selection, seen)
    .map(({ nodeName }) => nodeName)
    .filter((other) => other !== program.nodeName);
}

function judgeComponents(expected: number, seen: Observation): string[] {
  const components = componentsOf(seen);
  if (components.length === expected) return [];
  const sizes = components.map(({ length }) => length).sort((a, b) => b - a);
  return [`the network has ${plural(components.length, 'component')} (${sizes.join(', ')} nodes)`];
}

/** In a mesh too small for it, everybody else is enough. */
function judgeLinks(atLeast: number, seen: Observation): string[] {
  const edges = effectiveLinks(seen);
  return running(seen).flatMap(({ name, nodeName, knows }) => {
    const has = edges.get(nodeName)?.size ?? 0;
    const needs = Math.min(atLeast, knows.size);
    return has >= needs ? [] : [`${name} has ${plural(has, 'link')} of ${needs}`];
  });
}

function judgeDelivered(
  label: string,
  to: Selection,
  seen: Observation,
  sent: ReadonlyMap<string, SentView>,
): string[] {
  const source = sent.get(label)?.from;
  const expected = new Set(
    chosen(to, seen).flatMap(({ name }) => (to === 'all' && name === source ? [] : name)),
  );
  return [...seen.values()].flatMap(({ name, received }) => {
    const times = received.get(label) ?? 0;
    if (times === (expected.has(name) ? 1 : 0)) return [];
    return [times === 0 ? `${name} did not get "${label}"` : `${name} got "${label}" ${timesText(times)}`];
  });
}

function judgeRunning(expected: readonly string[], seen: Observation): string[] {
  return [...seen.values()].flatMap(({ name, state, ended }) => {
    const runs = state !== 'off';
    if (runs === expected.includes(name)) return [];
    return [runs ? `${name} runs` : `${name} does not run${ended === undefined ? '' : ` (${ended})`}`];
  });
}

function judgeEnded(name: string, code: string, seen: Observation): string[] {
  const program = seen.get(name);
  if (program?.ended === code) return [];
  return [
    `${name} ${program?.ended === undefined ? 'has not ended by itself' : `ended with ${program.ended}`}`,
  ];
}

/** Everyone that runs now was told so at least once. */
function judgeLost(name: string, seen: Observation): string[] {
  const nodeName = seen.get(name)?.nodeName ?? name;
  const untold = running(seen).filter(
    (program) => program.nodeName !== nodeName && !program.downs.has(nodeName),
  );
  return untold.length === 0 ? [] : [`${few(untold.map((program) => program.name))} never lost ${name}`];
}

function judgeNeverLost(name: string, seen: Observation): string[] {
  const nodeName = seen.get(name)?.nodeName ?? name;
  const told = [...seen.values()].filter(({ downs }) => downs.has(nodeName));
  return told.length === 0 ? [] : [`${few(told.map((program) => program.name))} lost ${name}`];
}

function entries<Value>(table: Readonly<Record<string, Value>> | undefined): [string, Value][] {
  return Object.entries(table ?? {});
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function timesText(times: number): string {
  return times === 1 ? 'without being meant' : `${times} times`;
}
