/** `ready`: waits until what is asked for is there, or says what is missing and why. */
import * as v from 'valibot';
import { limits } from '../../kernel/limits.ts';
import { kindName, listOf, nodeCount, nodeNames, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import { operation } from '../../kit/operation.ts';

export const ready = operation({
  name: 'ready',
  summary: 'Wait until named nodes, services, a number of nodes or of links are there.',
  input: v.strictObject({
    nodes: v.exactOptional(nodeNames),
    services: v.exactOptional(listOf(kindName, 'service names', limits.servicesPerRecordMax)),
    count: v.exactOptional(nodeCount),
    links: v.exactOptional(wholeNumber(0, limits.linksMax)),
    timeoutMs: v.exactOptional(timeoutMs),
  }),
  async run(node, input, signal) {
    await node.ready({ ...input, signal });
    return {};
  },
});
