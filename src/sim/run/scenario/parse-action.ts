/**
 * One step's fields into what is to be done, with every node looked up.
 *
 * Who calls it: `parse.ts`. Invariant: the fields fit the verb's schema already; what is refused here are
 * names that nobody has and combinations that no run could show.
 */
import type * as v from 'valibot';
import type { Labels } from './labels.ts';
import type { RawStep } from './raw-step.ts';
import type { Action, Expectation, Selection, SendAction } from './scenario.ts';
import type { expectSchema } from './schema.ts';
import type { SelectionText, Selector } from './selection.ts';

const defaultWithinMs = 10_000;
const defaultFlapEveryMs = 500;
/** The product's own default wait for receipts. */
const defaultTimeoutMs = 10_000;

export function parseAction(step: RawStep, path: string, selector: Selector, labels: Labels): Action {
  const many = (selection: SelectionText, field: string) => selector.many(selection, `${path}.${field}`);
  const one = (name: string, field: string) => selector.one(name, `${path}.${field}`);
  const { verb, fields } = step;
  switch (verb) {
    case 'start':
      return { verb, who: many(fields.start, verb), everyMs: fields.every ?? 0 };
    case 'stop':
      return { verb, who: many(fields.stop, verb) };
    case 'crash':
      return { verb, who: many(fields.crash, verb) };
    case 'vanish':
      return { verb, who: many(fields.vanish, verb) };
    case 'restart':
      return { verb, who: many(fields.restart, verb) };
    case 'resume':
      return { verb, who: many(fields.resume, verb) };
    case 'pause':
      return { verb, who: many(fields.pause, verb), forMs: fields.for };
    case 'partition': {
      const sides = sidesOf(fields.partition, path, selector);
      return { verb, sides, as: labels.name('fault', fields.as, path), forMs: fields.for };
    }
    case 'oneWay': {
      const from = many(fields.oneWay.from, 'oneWay.from');
      const to = many(fields.oneWay.to, 'oneWay.to');
      return { verb, from, to, as: labels.name('fault', fields.as, path), forMs: fields.for };
    }
    case 'flap': {
      const everyMs = fields.every ?? defaultFlapEveryMs;
      return {
        verb,
        who: many(fields.flap, verb),
        everyMs,
        as: labels.name('fault', fields.as, path),
        forMs: fields.for,
      };
    }
    case 'loss':
      return { verb, share: fields.loss, as: labels.name('fault', fields.as, path), forMs: fields.for };
    case 'lie': {
      const { kinds, as, for: forMs } = fields;
      return { verb, who: one(fields.lie, verb), kinds, as: labels.name('fault', as, path), forMs };
    }
    case 'heal':
      return {
        verb,
        which: fields.heal === 'all' ? undefined : labels.earlier('fault', fields.heal, `${path}.heal`),
      };
    case 'twin':
      return { verb, of: fields.twin, as: fields.as };
    case 'send':
    case 'broadcast':
      return parseSend(step, path, selector, labels);
    case 'dial':
      return { verb, from: one(fields.dial, verb), to: one(fields.to, 'to') };
    case 'hangup':
      return { verb, from: one(fields.hangup, verb), to: one(fields.to, 'to') };
    case 'expect': {
      const expect = parseExpectation(fields.expect, `${path}.expect`, selector, labels);
      return { verb, expect, withinMs: fields.within ?? defaultWithinMs, forMs: fields.for ?? 0 };
    }
  }
}

/** Who is on no side is cut off from nobody named: they are a side of their own, together. */
function sidesOf(text: SelectionText, path: string, selector: Selector): string[][] {
  const sides = [text].flat().map((side, i) => selector.many(side, `${path}.partition[${i}]`));
  const twice = sides.flat().find((name, i, all) => all.indexOf(name) !== i);
  if (twice !== undefined) throw new TypeError(`${path}.partition: "${twice}" is on two sides`);
  return sides;
}

function parseSend(
  { verb, fields }: Extract<RawStep, { verb: 'send' | 'broadcast' }>,
  path: string,
  selector: Selector,
  labels: Labels,
): SendAction {
  const from = selector.one(verb === 'send' ? fields.send : fields.broadcast, `${path}.${verb}`);
  const to =
    verb === 'broadcast'
      ? undefined
      : recipients(selector.many(fields.to, `${path}.to`), from, fields.to, path);
  return {
    verb: 'send',
    from,
    to,
    as: labels.name('message', fields.as, path),
    timeoutMs: fields.timeout ?? defaultTimeoutMs,
    outcome: fields.outcome,
    missing: fields.missing === undefined ? undefined : selector.many(fields.missing, `${path}.missing`),
  };
}

/** `all` means all others; a node that names itself has made a mistake. */
function recipients(names: readonly string[], from: string, given: SelectionText, path: string): string[] {
  if (names.includes(from) && given !== 'all')
    throw new TypeError(`${path}.to: "${from}" would send to itself`);
  return names.filter((name) => name !== from);
}

// ── expectations ────────────────────────────────────────────────────────────────────────────────────

type ExpectFields = v.InferOutput<typeof expectSchema>;

function parseExpectation(
  fields: ExpectFields,
  path: string,
  selector: Selector,
  labels: Labels,
): Expectation {
  if (Object.keys(fields).length === 0) throw new TypeError(`${path}: expects nothing`);
  const {
    together,
    knows,
    knowsNot,
    components,
    links,
    linked,
    notLinked,
    delivered,
    running,
    ended,
    lost,
    neverLost,
  } = fields;
  const table = (given: Record<string, SelectionText>, field: string) =>
    selectionTable(given, `${path}.${field}`, selector);
  const many = (given: SelectionText, field: string) => selector.many(given, `${path}.${field}`);
  return {
    ...(together && {
      together: [together].flat().map((group, i) => selection(group, `${path}.together[${i}]`, selector)),
    }),
    ...(knows && { knows: table(knows, 'knows') }),
    ...(knowsNot && { knowsNot: table(knowsNot, 'knowsNot') }),
    ...(components && { components }),
    ...(links && { links }),
    ...(linked && { linked: table(linked, 'linked') }),
    ...(notLinked && { notLinked: table(notLinked, 'notLinked') }),
    ...(delivered && { delivered: deliveries(delivered, `${path}.delivered`, selector, labels) }),
    ...(running && { running: many(running, 'running') }),
    ...(ended && { ended: namedOnly(ended, `${path}.ended`, selector) }),
    ...(lost && { lost: many(lost, 'lost') }),
    ...(neverLost && { neverLost: many(neverLost, 'neverLost') }),
  };
}

function selection(text: SelectionText, path: string, selector: Selector): Selection {
  return text === 'all' ? 'all' : selector.many(text, path);
}

function selectionTable(given: Record<string, SelectionText>, path: string, selector: Selector) {
  return Object.fromEntries(
    Object.entries(namedOnly(given, path, selector)).map(([name, text]) => [
      name,
      selection(text, `${path}.${name}`, selector),
    ]),
  );
}

function deliveries(given: Record<string, SelectionText>, path: string, selector: Selector, labels: Labels) {
  return Object.fromEntries(
    Object.entries(given).map(([label, text]) => [
      labels.earlier('message', label, path),
      text.length === 0 ? [] : selection(text, `${path}.${label}`, selector),
    ]),
  );
}

function namedOnly<Value>(
  given: Record<string, Value>,
  path: string,
  selector: Selector,
): Record<string, Value> {
  for (const name of Object.keys(given)) selector.one(name, path);
  return given;
}
