/** `skein compat`: programs that skein does the work of, with their own command lines. */
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { ExitError } from '../exit.ts';
import { print, printable, printError } from '../output.ts';

export function build(): Command {
  return new Command('compat')
    .description('stand in for another program, with its own command line')
    .addCommand(vee());
}

interface VeeFlags {
  readonly doorInsecure?: boolean;
}

const veeUsage = 'Usage: skein compat vee NAME FORMATION_ADDRESS OWN_ADDRESS [PAIR_TO]';

function vee(): Command {
  return new Command('vee')
    .description('a node of vee: whoever binds the formation is its broker; speaks nanomsg')
    .usage('NAME FORMATION_ADDRESS OWN_ADDRESS [PAIR_TO]')
    .argument('[words...]')
    .option('--door-insecure', 'addresses of other machines too: nanomsg has no keys')
    .addHelpText(
      'after',
      '\nLines of standard input go to whom it is paired with; what comes from there is printed.\n' +
        '\nExample:\n' +
        '  $ skein compat vee Broker tcp://127.0.0.1:7015 tcp://127.0.0.1:7016 &\n' +
        '  $ skein compat vee First tcp://127.0.0.1:7015 tcp://127.0.0.1:7017 &\n' +
        '  $ skein compat vee Second tcp://127.0.0.1:7015 tcp://127.0.0.1:7018 First',
    )
    .action(async (words: readonly string[], { doorInsecure = false }: VeeFlags) => {
      const [name, formation, address, pairTo, ...more] = words;
      if (name === undefined || formation === undefined || address === undefined || more.length > 0) {
        printError(veeUsage);
        throw new ExitError(2);
      }
      await runVee({
        name,
        formation,
        address,
        insecure: doorInsecure,
        ...(pairTo === undefined ? {} : { pairTo }),
      });
    });
}

async function runVee(options: {
  readonly name: string;
  readonly formation: string;
  readonly address: string;
  readonly pairTo?: string;
  readonly insecure: boolean;
}): Promise<void> {
  const { VeeNode } = await import('../../host/nanomsg/vee-node.ts');
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
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (!node.send(line)) say('not paired: the line went nowhere');
  });
  await ended;
  lines.close();
  await node.close();
}
