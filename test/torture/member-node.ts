/**
 * The node of a member that is killed at any moment: begun, and closed when its fleet asks for it.
 *
 * Used by the member programs. Invariant: a member whose fleet is gone ends.
 */
import { createNode, type LocalNode } from '../../src/index.ts';
import type { FromMember } from './fleet.ts';

export interface NodeSettings {
  readonly name: string;
  readonly namespace: string;
  /** Addresses: the node that binds one is the broker. */
  readonly formation: readonly string[];
  /** Default: a port that the system picks. */
  readonly listen?: string;
  /** One file for all of them: whichever is the broker writes it. */
  readonly store: string;
}

const closeDrainMs = 20_000;

export const say = (message: FromMember): void => void process.send?.(message);

export async function memberNode({
  name,
  namespace,
  formation,
  store,
  listen,
}: NodeSettings): Promise<LocalNode> {
  const warn = (_fields: unknown, text?: string) => console.error(`${name}: ${text}`);
  const quiet = () => undefined;
  const node = await createNode({
    ...{ name, namespace, store, formation: [...formation], discovery: false, key: false },
    ...(listen === undefined ? {} : { listen }),
    logger: { debug: quiet, info: quiet, warn: quiet, error: warn } as never,
  });
  node.events.addEventListener('formation:broker', ({ detail: { broker } }) => {
    const { name: keeper, epoch, address } = broker ?? {};
    if (keeper !== undefined && epoch !== undefined && address !== undefined)
      say({ type: 'broker', broker: keeper, epoch, address });
  });
  process.on('message', (message) => {
    if (message === 'close') void node.close({ drainMs: closeDrainMs }).then(() => process.exit(0));
  });
  process.on('disconnect', () => process.exit(1));
  return node;
}
