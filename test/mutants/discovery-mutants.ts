/** Slips in discovery: who answers whom, who looks for whom. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const discovery = 'src/features/discovery/core/discovery.ts';
const healing = 'src/features/discovery/core/healing.ts';

export const discoveryMutants: readonly Mutant[] = [
  {
    name: 'no-beacon',
    breaks: 'the lowest id of a component never says that it is there',
    file: healing,
    find: 'for (const id of agent.routes.reachable()) if (id < agent.self.id) return;',
    replace: 'for (const id of agent.routes.reachable()) if (id !== agent.self.id) return;',
  },
  {
    name: 'beacon-not-heard',
    breaks: 'a satisfied node does not dial whom it hears outside its component',
    file: 'src/features/discovery/core/answering.ts',
    find: 'if (bridge && Number.isFinite(agent.routes.distance(id))) return undefined;',
    replace: 'if (bridge) return undefined;',
  },
  {
    name: 'crowd-answers-nobody',
    breaks: 'in a mesh of more than 16 nodes nobody answers a solicitation',
    file: 'src/features/discovery/core/crowd.ts',
    find: '1 / discoveryLimits.solicitRatio,',
    replace: '0 / discoveryLimits.solicitRatio,',
  },
  {
    name: 'no-reunion',
    breaks: 'known nodes out of reach are never tried again',
    file: healing,
    find: "    return targetOf(entry, 'reunite');",
    replace: '    return undefined;',
  },
  {
    name: 'no-new-links',
    breaks: 'a node that has lost a link does not look for another',
    file: discovery,
    find: '    this.seekSoon(agent);\n    if (reason ===',
    replace: '    if (reason ===',
  },
  {
    name: 'dial-never-over',
    breaks: 'a node that was dialed once counts as being dialed for ever',
    file: 'src/features/discovery/core/dials.ts',
    find: 'if (node !== undefined && this.underWay.get(node) === racing) this.underWay.delete(node);',
    replace: '',
  },
];
