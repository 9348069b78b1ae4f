/** `node-show`: one node and, where it is a neighbor, the link to it. */
import * as v from 'valibot';
import { SkeinError } from '../../../kernel/errors.ts';
import { nodeName } from '../../../kit/fields.ts';
import { operation } from '../../../kit/operation.ts';
import type { LinkInfo, NodeInfo } from '../../../node/node.ts';

export interface ShownNode extends NodeInfo {
  /** The link to it, when it is a neighbor. */
  readonly link?: LinkInfo;
}

export const nodeShow = operation({
  name: 'node-show',
  summary: 'What is known of one node, reachable or not.',
  input: v.strictObject({ node: nodeName }),
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
});
