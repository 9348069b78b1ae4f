/**
 * How commands are built: commander, with one-line errors, an example in each help, and the options that
 * choose the node.
 *
 * Used by every file in `commands/`. Invariant: wrong input is one line on stderr that says what is wrong
 * and what is accepted, and exit code 2.
 */
import { Command, type CommanderError, type Help, InvalidArgumentError } from 'commander';
import { acceptedDurations, parseDuration } from '../../kit/duration.ts';
import { ExitError, oneLine, UsageError } from './exit.ts';

export interface NodeChoice {
  readonly node?: string;
  readonly control?: string;
}

export interface PrintChoice {
  readonly json?: boolean;
}

/** A command with its summary and at least one example for its help. */
export function command(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(summary)
    .allowExcessArguments(false)
    .addHelpText('after', `\nExample:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
}

/** A command that talks to a running node. */
export function nodeCommand(name: string, summary: string, examples: readonly string[]): Command {
  return command(name, summary, examples)
    .option('--node <name>', 'the node to ask (default: the only one on this machine; or SKEIN_NODE)')
    .option('--control <path>', 'its control socket, instead of a name (or SKEIN_CONTROL)');
}

export function withJson(built: Command): Command {
  return built.option('--json', 'print JSON');
}

/** Parses an option that is a duration; milliseconds. */
export function durationOption(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  throw new InvalidArgumentError(`Expected ${acceptedDurations}.`);
}

export function countOption(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

export function numberOption(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a number of at least 0.');
}

/** Makes every command below `root` fail in skein's way. */
export function strict(root: Command): Command {
  root.exitOverride((error) => {
    throw translated(error, root);
  });
  root.configureOutput({ outputError: () => {}, writeErr: () => {} });
  root.showSuggestionAfterError(true);
  for (const child of root.commands) strict(child);
  return root;
}

function translated(error: CommanderError, at: Command): Error {
  if (error.exitCode === 0) return new ExitError(0);
  // A group without a subcommand would show its whole help.
  if (error.code === 'commander.help') return new UsageError(`say which: ${pathOf(at)} ${namesBelow(at)}`);
  const problem = oneLine(error.message).replace(/^error: |\.$/g, '');
  // Values of options say themselves what they accept.
  if (error.code === 'commander.invalidArgument') return new UsageError(problem);
  return new UsageError(`${problem}; ${acceptedBy(error, at)}`);
}

function acceptedBy(error: CommanderError, at: Command): string {
  if (error.code === 'commander.unknownCommand') return `commands: ${namesBelow(at)}`;
  if (error.code === 'commander.unknownOption') return `accepted: ${optionsOf(at).join(', ')}`;
  return `usage: ${pathOf(at)} ${at.usage()}`;
}

function namesBelow(at: Command): string {
  return visible(at, (help) => help.visibleCommands(at).map((each) => each.name())).join(', ');
}

function optionsOf(at: Command): string[] {
  return visible(at, (help) => help.visibleOptions(at).map((each) => each.long ?? each.flags));
}

function visible(at: Command, names: (help: Help) => string[]): string[] {
  return names(at.createHelp()).filter((name) => name !== 'help');
}

function pathOf(at: Command): string {
  return at.parent === null ? at.name() : `${pathOf(at.parent)} ${at.name()}`;
}
