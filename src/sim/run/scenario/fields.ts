/**
 * The small values of a scenario file: durations, shares, names, and how each is refused.
 *
 * Who calls it: the file's schema. Invariant: every check has a message of its own that says what is
 * accepted and what was given, since it reaches a person as one line.
 */
import * as v from 'valibot';
import { nameProblem } from '../../../kernel/identity.ts';
import { lieKinds } from '../../world/faults/lies.ts';

const showTextMax = 60;
const millisecondsPer = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const acceptedDurations = 'a duration such as "500ms", "10s" or "2m" (a number alone is seconds)';
/** A day: as long as a simulation may be. */
const durationMsMax = 86_400_000;
const lossPercentMax = 50;
const labelCharactersMax = 60;

/** A value of the file, short enough for an error line. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > showTextMax ? `${text.slice(0, showTextMax)}...` : text;
}

/** The issue of a value that is none of what is accepted. */
function instead(accepted: string) {
  return (issue: { readonly input: unknown }) => `expected ${accepted}, got ${show(issue.input)}`;
}

/** An object with these fields and no others. @param accepted What to write where there is no object at all. */
export function objectField<const Entries extends v.ObjectEntries>(entries: Entries, accepted: string) {
  return v.strictObject(entries, (issue) => {
    if (issue.expected === 'never') return `unknown field; accepted are ${Object.keys(entries).join(', ')}`;
    return issue.expected.startsWith('"') ? 'missing' : instead(accepted)(issue);
  });
}

export function durationField(minimumMs = 0, maximumMs = durationMsMax) {
  const range = minimumMs <= 1 && maximumMs === durationMsMax ? '' : ` from ${minimumMs} to ${maximumMs} ms`;
  const refuse = instead(`${acceptedDurations}${range}`);
  return v.pipe(
    v.union([v.string(), v.number()], refuse),
    v.rawTransform<string | number, number>(({ dataset, addIssue, NEVER }) => {
      const milliseconds = parseDuration(dataset.value);
      if (milliseconds !== undefined && milliseconds >= minimumMs && milliseconds <= maximumMs)
        return milliseconds;
      addIssue({ message: refuse({ input: dataset.value }) });
      return NEVER;
    }),
  );
}

/** `"5%"` or 5; as a share. */
export const lossField = v.pipe(
  v.union([v.string(), v.number()], instead(`a loss such as "5%", at most ${lossPercentMax}%`)),
  v.rawTransform<string | number, number>(({ dataset, addIssue, NEVER }) => {
    const match = /^(\d+(?:\.\d+)?)\s*%?$/.exec(String(dataset.value).trim());
    const percent = Number(match?.[1] ?? Number.NaN);
    if (percent <= lossPercentMax) return percent / 100;
    addIssue({
      message: instead(`a loss such as "5%", at most ${lossPercentMax}%`)({ input: dataset.value }),
    });
    return NEVER;
  }),
);

export function wholeField(minimum: number, maximum: number) {
  const message = instead(`a whole number from ${minimum} to ${maximum}`);
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(minimum, message),
    v.maxValue(maximum, message),
  );
}

export const textField = v.pipe(
  v.string(instead('a text')),
  v.minLength(1, 'expected a text, got an empty one'),
);
/** What a message or a fault is called: any short text. */
export const labelField = v.pipe(
  textField,
  v.maxLength(labelCharactersMax, `expected at most ${labelCharactersMax} characters`),
);
export const flagField = v.boolean(instead('true or false'));

/** A name of a node, or of anything that the file gives a name. */
export const nameField = v.pipe(
  v.string(instead('a name')),
  v.rawCheck<string>(({ dataset, addIssue }) => {
    const problem = dataset.typed ? nameProblem(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  }),
);

const lies = instead(`a list of ${lieKinds.join(', ')}`);
export const liesField = v.pipe(v.array(v.picklist(lieKinds, lies), lies), v.minLength(1, lies));

/** Resolved later, when the nodes are known. */
export const selectionField = v.union(
  [v.string(), v.array(v.string())],
  instead('nodes such as "a", "a,b", "n1..n3", "all" or a list of them'),
);

export const selectionsByName = v.record(
  v.string(),
  selectionField,
  instead('an object from a name to nodes, such as {"a": "b,c"}'),
);

function parseDuration(value: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(String(value).trim());
  if (match === null) return undefined;
  const unit = (match[2] ?? 's') as keyof typeof millisecondsPer;
  return Math.round(Number(match[1]) * millisecondsPer[unit]);
}
