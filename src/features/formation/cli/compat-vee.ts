/** `skein compat vee`: the command line of a node of vee. */
import { Command } from 'commander';
import { ExitError } from '../../../cli/kit/exit.ts';
import { printError } from '../../../cli/kit/output.ts';

interface VeeFlags {
  readonly doorInsecure?: boolean;
}

const veeUsage = 'Usage: skein compat vee NAME FORMATION_ADDRESS OWN_ADDRESS [PAIR_TO]';

export function build(): Command {
  return new Command('vee')
    .description('a node of vee: whoever binds the formation is its broker; speaks nanomsg')
    .usage('NAME FORMATION_ADDRESS OWN_ADDRESS [PAIR_TO]')
    .argument('[words...]')
    .option('--door-insecure', 'addresses of other machines too: nanomsg has no keys')
    .addHelpText(
      'after',
      '\nLines of standard input go to the paired program; lines from there are printed.\n' +
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
      const { runVee } = await import('./vee.ts');
      await runVee({
        name,
        formation,
        address,
        insecure: doorInsecure,
        ...(pairTo === undefined ? {} : { pairTo }),
      });
    });
}
