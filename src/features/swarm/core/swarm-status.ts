/** What `status` of a node says of the swarm. Called by the swarm's behavior. */
import type { Failure } from '../../../kernel/errors.ts';
import type { Home } from './home.ts';
import type { Office } from './shared.ts';

interface Standing {
  readonly office: Office;
  /** Name of the node that keeps the swarm. */
  readonly broker: string | undefined;
  /** Why nobody does. */
  readonly problem: Failure | undefined;
  readonly home: Home | undefined;
}

export function swarmStatus({ office, broker, problem, home }: Standing): Record<string, unknown> {
  const failed = office.state === 'failed' ? office.failure : problem;
  return {
    broker,
    store: office.state,
    ...(failed === undefined ? {} : { problem: failed.message }),
    ...(home === undefined ? {} : { home: { store: home.store, host: home.host } }),
  };
}
