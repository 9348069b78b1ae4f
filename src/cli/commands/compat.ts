/** `skein compat`: programs that skein does the work of, with their own command lines. */
import { Command } from 'commander';
import { featureClis } from '../../features/cli.ts';

export async function build(): Promise<Command> {
  const compat = new Command('compat')
    .description('stand in for another program, with its own command line')
    .addHelpText('after', '\nExample:\n  $ skein compat gossip --port 8080 --period 5');
  const loaders = Object.values(featureClis).flatMap(({ compat: added = {} }) => Object.values(added));
  for (const { build } of await Promise.all(loaders.map((load) => load()))) compat.addCommand(await build());
  return compat;
}
