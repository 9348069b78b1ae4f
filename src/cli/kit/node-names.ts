/** Names of nodes in one argument. Who calls it: the commands that send. */
import { UsageError } from './exit.ts';

/** @param accepted For the error. @throws UsageError where a name is empty. */
export function namesIn(nodes: string, accepted: string): string[] {
  const names = nodes.split(',').map((name) => name.trim());
  if (!names.includes('')) return names;
  throw new UsageError(`nodes: one of ${JSON.stringify(nodes)} has no name; say ${accepted}`);
}
