/** `skein compat gossip`: the command line of a peer of rust-simple-gossip. */
import { Command } from 'commander';
import { countOption } from '../../../cli/kit/command.ts';

interface GossipFlags {
  readonly port: number;
  readonly period: number;
  readonly connect?: string;
}

export function build(): Command {
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
      const { runGossip } = await import('./gossip.ts');
      await runGossip({ port, periodMs: period * 1000, ...(connect === undefined ? {} : { connect }) });
    });
}
