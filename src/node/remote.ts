/** What other processes may ask of a node itself, whatever its features. */
import * as v from 'valibot';
import { SkeinError } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';
import { kindName, listOf, nodeCount, nodeName, nodeNames, timeoutMs, wholeNumber } from '../kit/fields.ts';
import { operationsOf } from '../kit/operation.ts';
import type { Setting } from '../kit/setting.ts';
import { linkInfoSchema, names, nodeInfoSchema, nothing } from '../kit/view-schemas.ts';
import type { LinkInfo, NodeInfo } from '../kit/views.ts';
import { eventsOf } from './event-stream.ts';
import type { LocalNode, NodeSettings } from './node.ts';
import { changeableNames, settings } from './settings.ts';

/** One node and, where it is a neighbor, the link to it. */
export interface ShownNode extends NodeInfo {
  readonly link?: LinkInfo;
}

const whole = v.pipe(v.number(), v.integer());

type Changes = Readonly<Record<keyof NodeSettings, ReturnType<typeof changeField>>>;

/** Of the table, so that a node accepts while running what it accepts at its start. */
const changes = Object.fromEntries(
  changeableNames.map((name) => [name, changeField(settings[name])]),
) as Changes;

const settingsSchema = v.strictObject(
  Object.fromEntries(changeableNames.map((name) => [name, whole])) as Record<
    keyof NodeSettings,
    typeof whole
  >,
);

/** What may change is a number, all of it. */
function changeField({ type, help }: Setting<number>) {
  return v.exactOptional(
    v.pipe(
      v.number((issue) => type.problem(issue.input) ?? ''),
      v.rawCheck<number>(({ dataset, addIssue }) => {
        const problem = dataset.typed ? type.problem(dataset.value) : undefined;
        if (problem !== undefined) addIssue({ message: problem });
      }),
      v.description(`${help}: ${type.accepted}`),
    ),
  );
}

const statusSchema = v.strictObject({
  name: v.string(),
  id: whole,
  namespace: v.string(),
  instance: v.string(),
  version: v.string(),
  pid: v.optional(whole),
  uptimeMs: whole,
  addresses: names,
  settings: settingsSchema,
  security: v.strictObject({ mode: v.picklist(['key', 'loopback', 'open']), keys: names }),
  links: v.array(linkInfoSchema),
  nodeCount: whole,
  services: names,
  counters: v.record(v.string(), v.number()),
  features: v.record(v.string(), v.unknown()),
  troubles: v.array(
    v.strictObject({
      name: v.string(),
      threw: whole,
      isOff: v.boolean(),
      slowCalls: whole,
      slowestMs: whole,
    }),
  ),
  warnings: v.array(v.strictObject({ at: v.number(), text: v.string() })),
});

const explanationSchema = v.strictObject({
  summary: v.string(),
  findings: v.array(v.strictObject({ code: v.string(), text: v.string() })),
});

const { call, stream } = operationsOf<LocalNode>();

export const nodeOperations = {
  status: call({
    summary: 'This node: addresses, settings, links, counters.',
    input: v.strictObject({}),
    output: statusSchema,
    example: {},
    run: (node) => node.status(),
  }),
  why: call({
    summary: 'Why a node is missing or, without a name, why this node is alone.',
    input: v.strictObject({ node: v.exactOptional(nodeName) }),
    output: explanationSchema,
    example: { node: 'c' },
    run: (node, input) => node.explain(input.node),
  }),
  'node-show': call({
    summary: 'What is known of one node, reachable or not.',
    input: v.strictObject({ node: nodeName }),
    output: v.strictObject({ ...nodeInfoSchema.entries, link: v.optional(linkInfoSchema) }),
    example: { node: 'b' },
    async run(node, input): Promise<ShownNode> {
      const known = await node.nodes({ all: true });
      const found = known.find((info) => info.name === input.node);
      if (found === undefined) {
        throw new SkeinError(
          'SKEIN_UNKNOWN_NODE',
          `no node named ${input.node} is known; known are ${known.map((info) => info.name).join(', ')}`,
        );
      }
      const link = (await node.status()).links.find((each) => each.node === input.node);
      return link === undefined ? found : { ...found, link };
    },
  }),
  ready: call({
    summary: 'Wait until named nodes, services, a number of nodes or of links are there.',
    input: v.strictObject({
      nodes: v.exactOptional(nodeNames),
      services: v.exactOptional(listOf(kindName, 'service names', limits.servicesPerRecordMax)),
      count: v.exactOptional(nodeCount),
      links: v.exactOptional(wholeNumber(0, limits.linksMax)),
      timeoutMs: v.exactOptional(timeoutMs),
    }),
    output: nothing,
    example: { nodes: ['b'], timeoutMs: 10_000 },
    async run(node, input, { signal }) {
      await node.ready({ ...input, signal });
      return {};
    },
  }),
  set: call({
    summary: 'Change settings while the node runs; without any, show those that may change.',
    input: v.strictObject(changes),
    output: settingsSchema,
    example: { degree: 4 },
    run: (node, input) => node.set(input),
  }),
  down: call({
    summary: 'Leave the mesh and end the node; resolves once it has said goodbye.',
    input: v.strictObject({}),
    output: nothing,
    example: {},
    async run(node) {
      await node.close();
      return {};
    },
  }),
  events: stream({
    summary: 'Nodes and links that come and go, warnings, the end of the node; with "types" those alone.',
    input: v.strictObject({
      types: v.exactOptional(listOf(v.string(), 'types of events', limits.servicesPerRecordMax)),
    }),
    output: v.strictObject({ type: v.string(), detail: v.unknown() }),
    example: {},
    run: async (node, { types }, { signal }) => eventsOf(node, signal, types),
  }),
};
