/** `skein api`: all that a program can ask of a node, with an example of each; no node need run. */
import type { Command } from 'commander';
import type { AnyOperation } from '../../kit/operation.ts';
import { describeInput, type FieldDescription } from '../../kit/operation-input.ts';
import { skeinOperations } from '../../remote/operations.ts';
import { command, type PrintChoice, withJson } from '../kit/command.ts';
import { UsageError } from '../kit/exit.ts';
import { print, printJson } from '../kit/output.ts';

export function build(): Command {
  return withJson(
    command('api', 'show what programs can ask of a node, with an example of each', [
      'skein api',
      'skein api send',
    ]),
  )
    .argument('[operation]', 'only this one')
    .action(async (only: string | undefined, options: PrintChoice) => {
      const all = await skeinOperations();
      const named = only === undefined ? all : all.filter(([name]) => name === only);
      if (named.length === 0)
        throw new UsageError(
          `there is no operation ${only}: there are ${all.map(([name]) => name).join(', ')}`,
        );
      if (options.json) return printJson(named.map(([name, operation]) => described(name, operation)));
      if (only === undefined) print(`${introduction}\n`);
      print(named.map(([name, operation]) => formatOperation(name, operation)).join('\n\n'));
    });
}

const introduction = `A node answers these on its control socket: by HTTP, as shown here, and in a
session (attach() of the library). SOCKET is the path that skein up was given by
--control, or NAME.sock in $XDG_RUNTIME_DIR/skein. A body that JSON has no words
for is {"$bytes":"BASE64"}; an error is application/problem+json, with a code.`;

function described(name: string, { kind, summary, input, example }: AnyOperation): object {
  return { name, kind, summary, input: describeInput(input), example };
}

export function formatOperation(name: string, operation: AnyOperation): string {
  const fields = Object.entries(describeInput(operation.input)).map(formatField);
  const lines = [
    `${name} (${operation.kind})`,
    `  ${operation.summary}`,
    ...fields,
    ...exampleOf(name, operation),
  ];
  return lines.join('\n');
}

function formatField([name, { required, description }]: [string, FieldDescription]): string {
  return `    ${name}${required ? '' : '?'}${description === undefined ? '' : `: ${description}`}`;
}

/** What can be pasted into a shell. */
export function exampleOf(name: string, { kind, example }: AnyOperation): string[] {
  if (kind === 'duplex') return ['  bytes both ways: in a session only'];
  const data = JSON.stringify(example ?? {}).replaceAll("'", "'\\''");
  const flags = kind === 'stream' ? '-sN' : '-s';
  return [`  $ curl ${flags} --unix-socket SOCKET http://skein/api/v1/${name} \\`, `      -d '${data}'`];
}
