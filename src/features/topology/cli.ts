/** The topology on the command line. */
import type { FeatureCli } from '../../cli/kit/feature-cli.ts';
import { plural } from '../../cli/kit/output.ts';

/** A node that forged or flooded and is kept out for it: none, on almost all days. */
interface CutOff {
  readonly name: string;
  readonly reason: string;
  readonly times: number;
}

export const topologyCli: FeatureCli = {
  commands: { mesh: () => import('./cli/mesh.ts') },
  statusLines({ topology }) {
    const { cutOff = [] } = (topology ?? {}) as { readonly cutOff?: readonly CutOff[] };
    return cutOff.map(({ name, reason, times }) => [
      'cut off',
      `${name}: ${reason} (${plural(times, 'time')})`,
    ]);
  },
};
