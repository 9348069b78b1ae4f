/** Slips in denials: who hears of one, and what follows from it. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const folder = 'src/features/denials/core';

export const denialsMutants: readonly Mutant[] = [
  {
    name: 'denial-not-passed-on',
    breaks: 'what is denied is not said to the neighbors of the moment',
    file: `${folder}/denials.ts`,
    find: '      if (features.includes(denialsFeature))\n',
    replace: '      if (features.includes(denialsFeature) && known.size === 0)\n',
  },
  {
    name: 'list-not-begun-with',
    breaks: 'a link does not begin with the list of who is denied',
    file: `${folder}/exchange.ts`,
    find: 'if (entries.length > 0) agent.sendHere',
    replace: 'if (entries.length > 1e6) agent.sendHere',
  },
  {
    name: 'denied-and-let-in',
    breaks: 'members keep the list of who is denied, and let them in',
    file: `${folder}/denials.ts`,
    find: 'agent.shutOut(this.list.isEmpty ? undefined : (node, instance) => this.whyShutOut(node, instance));',
    replace: 'agent.shutOut(undefined);',
  },
];
