#!/usr/bin/env node
/**
 * The command line's entrance: picks the command, loads only what it needs, and turns every failure into
 * one line and an exit code.
 *
 * Run by a person or a shell. Invariant: `skein up` must not pay for the other commands, so each is a file
 * of its own that is loaded when it is asked for.
 */
import { Command } from 'commander';
import { featureClis } from '../features/cli.ts';
import { packageVersion } from '../host/package-version.ts';
import { commandFirst } from './argument-order.ts';
import { refuseKeyArgument } from './key-argument.ts';
import { strict } from './kit/command.ts';
import { exitCodeOf, lineOf } from './kit/exit.ts';
import type { CommandLoaders } from './kit/feature-cli.ts';
import { wasInterrupted } from './kit/interrupt.ts';
import { endWithOutput, printError } from './kit/output.ts';

const loaders: CommandLoaders = {
  up: () => import('./commands/up.ts'),
  down: () => import('./commands/down.ts'),
  status: () => import('./commands/status.ts'),
  why: () => import('./commands/why.ts'),
  node: () => import('./commands/node.ts'),
  ...Object.assign({}, ...Object.values(featureClis).map(({ commands }) => commands)),
  store: () => import('./commands/store.ts'),
  demo: () => import('./commands/demo.ts'),
  api: () => import('./commands/api.ts'),
  config: () => import('./commands/config.ts'),
  key: () => import('./commands/key.ts'),
  sim: () => import('./commands/sim.ts'),
  compat: () => import('./commands/compat.ts'),
};

/** All commands where the asked-for one is not known: for help, and for what was meant. */
async function buildProgram(asked: string): Promise<Command> {
  const program = new Command('skein')
    .description('Programs on many machines find each other, form a mesh and work together.')
    .version(packageVersion(), '--version', 'print the version')
    .addHelpText('after', '\nExample:\n  $ skein up --name a &\n  $ skein status');
  const only = Object.hasOwn(loaders, asked) ? loaders[asked] : undefined;
  const wanted = only === undefined ? Object.values(loaders) : [only];
  for (const { build } of await Promise.all(wanted.map((load) => load()))) program.addCommand(await build());
  return strict(program);
}

async function main(): Promise<void> {
  endWithOutput();
  try {
    refuseKeyArgument(process.argv.slice(2));
    const [asked = '--help', ...rest] = commandFirst(process.argv.slice(2));
    const program = await buildProgram(asked);
    await program.parseAsync([asked, ...rest], { from: 'user' });
  } catch (problem) {
    const line = lineOf(problem);
    if (line !== undefined) printError(line);
    process.exitCode = exitCodeOf(problem);
  }
  // What nobody reads would keep the process.
  if (wasInterrupted()) process.exit();
}

await main();
