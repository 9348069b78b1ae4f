/** Slips in formations: who is the broker, whom it knows, and what it answers. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const folder = 'src/features/formation/core';

export const formationMutants: readonly Mutant[] = [
  {
    name: 'broker-never-yields',
    breaks: 'a broker that sees one of a higher epoch stays the broker',
    file: `${folder}/election.ts`,
    find: '      if (best !== undefined && outranks(best, standing.claim)) this.stepDown(agent, best);\n',
    replace: '      return;\n',
  },
  {
    name: 'claim-kept',
    breaks: 'a broker that gives way goes on announcing its claim',
    file: `${folder}/election.ts`,
    find: "    agent.door({ type: 'release', address });\n    agent.announce(undefined);\n  }",
    replace: "    agent.door({ type: 'release', address });\n  }",
  },
  {
    name: 'address-kept',
    breaks: 'a broker that gives way keeps its address',
    file: `${folder}/election.ts`,
    find: "    agent.door({ type: 'release', address });\n    agent.announce(undefined);\n  }",
    replace: '    agent.announce(undefined);\n  }',
  },
  {
    name: 'dead-broker-followed',
    breaks: 'the claim of a broker that is out of reach stays',
    file: `${folder}/election.ts`,
    find: 'if (claim === undefined) this.claims.delete(node);',
    replace: 'if (claim === undefined) return;',
  },
  {
    name: 'epoch-by-clock-alone',
    breaks: 'the epoch of a new broker need not be above those that it has seen',
    file: `${folder}/claim.ts`,
    find: 'Math.max(Math.floor(seen / lowMax) + 1, Math.floor(wallNow / 1000))',
    replace: 'Math.floor(wallNow / 1000)',
  },
  {
    name: 'hailed-once',
    breaks: 'a member hails its broker once and never again',
    file: `${folder}/formation.ts`,
    find: '    this.hailAt = agent.now + formationLimits.hailIntervalMs;',
    replace: '    this.hailAt = never;',
  },
  {
    name: 'lease-not-renewed',
    breaks: 'a hail of a member that is known does not renew its lease',
    file: `${folder}/registry.ts`,
    find: 'this.entries.set(name, { ...known, until });',
    replace: 'this.entries.set(name, known);',
  },
  {
    name: 'lease-without-end',
    breaks: 'a member that hails no more stays in the directory',
    file: `${folder}/registry.ts`,
    find: '      if (entry.until > now) break;',
    replace: '      if (entry.until + 1e9 > now) break;',
  },
  {
    name: 'left-and-listed',
    breaks: 'a member that has left stays in the directory until its lease ends',
    file: `${folder}/formation.ts`,
    find: "    if (event.type === 'node-down' && event.reason === 'left') this.broker?.ended(String(event.node.id));\n    else if (event.type",
    replace: '    if (event.type',
  },
  {
    name: 'hail-after-goodbye',
    breaks: 'a hail that the goodbye of its node has overtaken puts it back into the directory',
    file: `${folder}/formation.ts`,
    find: "    if (message.type === 'Hail' && agent.directory.get(source)?.left === true) return;\n",
    replace: '',
  },
  {
    name: 'new-broker-denies',
    breaks: 'a new broker denies whoever has not hailed it yet',
    file: `${folder}/broker.ts`,
    find: 'const mayCome = now < this.wholeAt && this.held.length',
    replace: 'const mayCome = now < 0 && this.held.length',
  },
  {
    name: 'broker-not-found',
    breaks: 'a broker that is asked for itself finds nobody',
    file: `${folder}/broker.ts`,
    find: '    if (destination === self.name) return self;\n',
    replace: '',
  },
  {
    name: 'no-turns',
    breaks: 'of those that offer a service the same one is named each time',
    file: `${folder}/registry.ts`,
    find: '    offering.delete(first);\n    offering.add(first);\n',
    replace: '',
  },
  {
    name: 'any-request-answered',
    breaks: 'an answer of the broker is taken for that to whichever request looks like it',
    file: `${folder}/pair-requests.ts`,
    find: 'const request = number === undefined ? this.likeliest(destination) : this.waiting.get(number);',
    replace: 'const request = this.likeliest(destination);',
  },
  {
    name: 'requests-die-with-broker',
    breaks: 'requests that wait when a broker is found are not put to it',
    file: `${folder}/formation.ts`,
    find: "    if (standing.role !== 'seeking') for (const request of this.requests.all()) this.ask(agent, request);\n",
    replace: '',
  },
];
