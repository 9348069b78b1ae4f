/**
 * The schema of a scenario file: which fields there are, and what each accepts.
 *
 * Who calls it: `parse.ts`. A step has one verb, which says what other fields it takes; so there is one
 * schema per verb. Invariant: no field is ignored: what is not known is refused.
 */
import * as v from 'valibot';
import { errorCodes } from '../../../kernel/errors.ts';
import {
  durationField,
  flagField,
  labelField,
  liesField,
  lossField,
  nameField,
  objectField,
  selectionField,
  selectionsByName,
  show,
  textField,
  wholeField,
} from './fields.ts';

const nodesMax = 1000;
const degreeMax = 64;
const latencyMsMax = 1000;

const nodeFields = objectField(
  {
    degree: v.exactOptional(wholeField(0, degreeMax)),
    namespace: v.exactOptional(nameField),
    discovery: v.exactOptional(flagField),
    connect: v.exactOptional(selectionField),
  },
  "an object with the node's options",
);

/** How many, or their names, or their names with options: which of them is chosen by what is given. */
export const nodesSchemas = {
  count: wholeField(1, nodesMax),
  list: v.pipe(v.array(nameField), v.minLength(1, 'expected at least one name')),
  options: v.record(v.string(), nodeFields),
};

/** Everything but nodes and steps, which `parse.ts` looks at one by one. */
export const fileSchema = objectField(
  {
    name: v.exactOptional(textField),
    about: v.exactOptional(textField),
    seed: v.exactOptional(wholeField(0, Number.MAX_SAFE_INTEGER)),
    nodes: v.unknown(),
    degree: v.exactOptional(wholeField(0, degreeMax)),
    discovery: v.exactOptional(flagField),
    network: v.exactOptional(
      objectField(
        { latency: v.exactOptional(durationField(0, latencyMsMax)), loss: v.exactOptional(lossField) },
        'an object such as {"latency": "20ms"}',
      ),
    ),
    steps: v.pipe(
      v.array(v.unknown(), (issue) => `expected a list of steps, got ${show(issue.input)}`),
      v.minLength(1, 'expected at least one step'),
    ),
  },
  'one JSON object',
);

const sendOutcomes = ['delivered', ...Object.keys(errorCodes)];

export const expectSchema = objectField(
  {
    together: v.exactOptional(selectionField),
    knows: v.exactOptional(selectionsByName),
    knowsNot: v.exactOptional(selectionsByName),
    components: v.exactOptional(wholeField(1, nodesMax)),
    links: v.exactOptional(wholeField(1, degreeMax)),
    linked: v.exactOptional(selectionsByName),
    notLinked: v.exactOptional(selectionsByName),
    delivered: v.exactOptional(selectionsByName),
    running: v.exactOptional(selectionField),
    ended: v.exactOptional(
      v.record(
        v.string(),
        v.picklist(
          Object.keys(errorCodes),
          (issue) => `expected a code such as SKEIN_NAME_TAKEN, got ${show(issue.input)}`,
        ),
        (issue) =>
          `expected an object from a name to a code such as SKEIN_NAME_TAKEN, got ${show(issue.input)}`,
      ),
    ),
    lost: v.exactOptional(selectionField),
    neverLost: v.exactOptional(selectionField),
  },
  'an object such as {"together": "all"}',
);

const when = { at: v.exactOptional(durationField()), after: v.exactOptional(durationField()) };
const as = v.exactOptional(labelField);
const lasts = v.exactOptional(durationField(1));
/** Faster than this nothing of a mesh would notice, and a real firewall could not follow. */
const flapEveryMsMin = 50;
const sending = {
  ...when,
  as,
  timeout: v.exactOptional(durationField(1)),
  outcome: v.exactOptional(
    v.picklist(sendOutcomes, (issue) => {
      return `expected "delivered" or a code such as SKEIN_UNDELIVERED, got ${show(issue.input)}`;
    }),
  ),
  missing: v.exactOptional(selectionField),
};

function step<const Entries extends v.ObjectEntries>(entries: Entries) {
  return objectField(entries, 'a step such as {"start": "all"}');
}

/** By verb: the fields of its step. */
export const stepSchemas = {
  start: step({ start: selectionField, every: lasts, ...when }),
  stop: step({ stop: selectionField, ...when }),
  crash: step({ crash: selectionField, ...when }),
  vanish: step({ vanish: selectionField, ...when }),
  restart: step({ restart: selectionField, ...when }),
  pause: step({ pause: selectionField, for: lasts, ...when }),
  resume: step({ resume: selectionField, ...when }),
  partition: step({ partition: selectionField, as, for: lasts, ...when }),
  oneWay: step({
    oneWay: objectField({ from: selectionField, to: selectionField }, '{"from": NODES, "to": NODES}'),
    as,
    for: lasts,
    ...when,
  }),
  flap: step({
    flap: selectionField,
    every: v.exactOptional(durationField(flapEveryMsMin)),
    as,
    for: lasts,
    ...when,
  }),
  loss: step({ loss: lossField, as, for: lasts, ...when }),
  lie: step({ lie: nameField, kinds: liesField, as, for: lasts, ...when }),
  heal: step({ heal: labelField, ...when }),
  twin: step({ twin: nameField, as: nameField, ...when }),
  send: step({ send: nameField, to: selectionField, ...sending }),
  broadcast: step({ broadcast: nameField, ...sending }),
  dial: step({ dial: nameField, to: nameField, ...when }),
  hangup: step({ hangup: nameField, to: nameField, ...when }),
  expect: step({ expect: expectSchema, within: v.exactOptional(durationField()), for: lasts, ...when }),
} as const;

export type Verb = keyof typeof stepSchemas;
export const verbs = Object.keys(stepSchemas) as Verb[];
