/**
 * What may follow in the line that is being typed: commands, nodes, queries.
 *
 * Called by the terminal at Tab. Invariant: it asks for names only where a name may stand, and never for longer than a
 * moment.
 */

import { digitsShown, idProblem } from '../../../../cli/kit/short-id.ts';
import { nameProblem } from '../../../../kernel/index.ts';
import type { SkeinNode } from '../../../../node/node.ts';
import { chatCommands } from './chat-line.ts';
import type { Complete } from './console.ts';
import { conversations } from './ids.ts';

/** A person waits for it. */
const timeoutMs = 2000;
const namesFollow = new Set<string>(['invite', 'converse', 'state']);
const theSwarm = { swarm: true } as const;

type Asked = Pick<SkeinNode, 'nodes' | 'query'> & {
  readonly tasks: Pick<SkeinNode['tasks'], 'services'>;
  readonly letters: Pick<SkeinNode['letters'], 'conversations'>;
};

export function completeFor(node: Asked): Complete {
  return async (line) => {
    const words = line.trimStart().split(/\s+/);
    const typed = words.at(-1) ?? '';
    const found = (await candidates(node, words)).filter((word) => word.startsWith(typed)).sort();
    // With one left the next word can be typed at once.
    return [found.length === 1 ? [`${found[0]} `] : found, typed];
  };
}

async function candidates(node: Asked, words: readonly string[]): Promise<readonly string[]> {
  const [command, name = ''] = words;
  const place = words.length - 1;
  if (place === 0) return Object.keys(chatCommands);
  if (command === 'peers' && place === 1) return ['all'];
  if (command === 'conversation' && place === 1) {
    // What a broker that lies answers would be typed into the terminal.
    const all = (await node.letters.conversations()).filter(
      ({ id }) => idProblem(conversations, id) === undefined,
    );
    return all.map(({ id }) => id.slice(0, digitsShown(all)));
  }
  if (command === 'order' && place === 1) {
    const names = (await node.tasks.services()).map(({ service }) => service);
    return ['status', ...names.filter((service) => nameProblem(service) === undefined)];
  }
  if (namesFollow.has(command as string) || (command === 'peer' && place === 1))
    return (await node.nodes({ all: true })).map((each) => each.name);
  if (command === 'peer' && place === 2)
    return (await node.query(name, 'services', null, { timeoutMs })).queries;
  if (command === 'swarm' && place === 1)
    return (await node.query(theSwarm, 'services', null, { timeoutMs })).queries;
  return [];
}
