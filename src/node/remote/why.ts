/** `why`: the findings of every part of the node, in sentences. */
import * as v from 'valibot';
import { nodeName } from '../../kit/fields.ts';
import { operation } from '../../kit/operation.ts';

export const why = operation({
  name: 'why',
  summary: 'Why a node is missing or, without a name, why this node is alone.',
  input: v.strictObject({ node: v.exactOptional(nodeName) }),
  run: (node, input) => node.explain(input.node),
});
