/** The formation on the command line. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';
import { plural } from '../../cli/kit/output.ts';
import { formatDuration } from '../../kit/duration.ts';
import type { BrokerView } from './api.ts';

/** As the formation's behavior reports it. */
interface FormationView {
  readonly addresses: readonly string[];
  readonly broker: BrokerView | undefined;
  readonly members: number;
}

export const formationCli: FeatureCli = {
  commands: {},
  compat: { vee: () => import('./cli/compat-vee.ts') },
  /** Nothing for a node that is in no formation. */
  statusLines({ formation }) {
    const { addresses = [], broker, members } = (formation ?? {}) as Partial<FormationView>;
    if (addresses.length === 0) return [];
    if (broker === undefined) return [['formation', `no broker yet at ${addresses.join(', ')}`]];
    const who = broker.name ?? 'a nanomsg program';
    const since = new Date(broker.since).toISOString().replace(/\.\d+Z$/, 'Z');
    const duration = formatDuration(Math.max(0, Date.now() - broker.since));
    const size = members === undefined ? '' : `; ${plural(members, 'member')}`;
    return [['broker', `${who} at ${broker.address} since ${since} (${duration})${size}`]];
  },
};
