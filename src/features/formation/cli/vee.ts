/** A node of vee at the terminal: what happens on stderr, what it is told by whom it is paired with on stdout. */
import { createInterface } from 'node:readline';
import { print, printable, printError } from '../../../cli/kit/output.ts';
import { isTerminalOfOthers } from '../../../cli/kit/standard-input.ts';
import { VeeNode } from '../../../doors/nanomsg/vee-node.ts';

export async function runVee(options: {
  readonly name: string;
  readonly formation: string;
  readonly address: string;
  readonly pairTo?: string;
  readonly insecure: boolean;
}): Promise<void> {
  const say = (text: string): void => printError(printable(`${options.name}: ${text}`));
  const node = new VeeNode(options, {
    joined: (role) => say(role === 'bound' ? `broker of ${options.formation}` : `in ${options.formation}`),
    lost: (reason) => say(`the broker is gone (${reason})`),
    paired: (other, address) => say(`paired with ${other} at ${address}`),
    unpaired: (other, reason) => say(`no longer paired with ${other}: ${reason}`),
    data: (payload) => print(printable(payload)),
    failed: (explanation) => say(explanation),
  });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  await Promise.race([node.open(), ended]);
  // In the background of a terminal it has nothing to say.
  const lines = isTerminalOfOthers() ? undefined : createInterface({ input: process.stdin });
  lines?.on('line', (line) => {
    if (!node.send(line)) say('not paired: the line went nowhere');
  });
  await ended;
  lines?.close();
  await node.close();
}
