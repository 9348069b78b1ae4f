/** Checks what is to be denied. Who calls it: the swarm here, and of a node in another process. */
import { checkName } from '../../../kernel/identity.ts';
import type { DenyOptions } from '../api.ts';

const identityPattern = /^[0-9a-f]{32}$/;

/** @throws TypeError */
export function checkDeny(
  name: string,
  { identity }: DenyOptions,
): { readonly name: string; readonly identity?: string } {
  checkName(name, 'deny');
  if (identity === undefined) return { name };
  if (typeof identity !== 'string' || !identityPattern.test(identity))
    throw new TypeError(
      `deny: an identity has 32 hexadecimal digits, and "${String(identity).slice(0, 80)}" does not fit; node.swarm.nodes() and skein node ls --all --json show them`,
    );
  return { name, identity };
}
