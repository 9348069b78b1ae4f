/** `skein compat`: programs that skein does the work of, with their own command lines. */
import { Command } from 'commander';
import { countOption } from '../kit/command.ts';
import { ExitError } from '../kit/exit.ts';
import { printError } from '../kit/output.ts';

export function build(): Command {
  return new Command('compat')
    .description('stand in for another program, with its own command line')
    .addHelpText('after', '\nExample:\n  $ skein compat gossip --port 8080 --period 5')
    .addCommand(vee())
    .addCommand(gossip());
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
      const { runVee } = await import('../compat/vee.ts');
      await runVee({
        name,
        formation,
        address,
        insecure: doorInsecure,
        ...(pairTo === undefined ? {} : { pairTo }),
      });
    });
}

interface GossipFlags {
  readonly port: number;
  readonly period: number;
  readonly connect?: string;
}

function gossip(): Command {
  return new Command('gossip')
    .description('a peer of rust-simple-gossip: sends all others a message each period; prints its lines')
    .requiredOption('--port <port>', 'where it listens, on 127.0.0.1', countOption)
    .requiredOption('--period <seconds>', 'between two of its messages', countOption)
    .option('--connect <address>', 'a peer; the others are learned from it')
    .addHelpText(
      'after',
      '\nExample:\n' +
        '  $ skein compat gossip --port 8080 --period 5\n' +
        '  $ skein compat gossip --period=6 --port=8081 --connect="127.0.0.1:8080"',
    )
    .action(async ({ port, period, connect }: GossipFlags) => {
      const { runGossip } = await import('../compat/gossip.ts');
      await runGossip({ port, periodMs: period * 1000, ...(connect === undefined ? {} : { connect }) });
    });
}
