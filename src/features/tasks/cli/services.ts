/** `skein task services`: what waits of each service, who has it, and how long its tasks wait and run. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { fittedTable, print, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { formatDuration } from '../../../kit/duration.ts';
import type { ServiceView } from '../api.ts';

export function buildServices(): Command {
  return withJson(
    nodeCommand('services', 'list the services of tasks: what waits, who has them, how long they take', [
      'skein task services',
    ]).addHelpText(
      'after',
      '\nQUEUED tasks wait for a worker, the oldest of them for OLDEST; TAKEN ones are\n' +
        'at a worker. WAITED and RAN: p50/p90 of those that were done last; FROM: how\n' +
        'many these were.',
    ),
  ).action(async (flags: NodeChoice & PrintChoice) => {
    const { services } = await withNode(flags, (client) => client.call('taskServices', {}));
    if (flags.json) printJson(services);
    else print(services.length === 0 ? 'no services' : formatServices(services, Date.now()));
  });
}

/** @param now Unix milliseconds. */
export function formatServices(services: readonly ServiceView[], now: number): string {
  return fittedTable(
    ['SERVICE', 'QUEUED', 'OLDEST', 'TAKEN', 'WAITED', 'RAN', 'FROM', 'WORKERS'],
    services.map(({ service, depth, oldestAt, atWorkers, durations, workers, workerCount }) => {
      const quantiles = (p50: number, p90: number): string => `${formatDuration(p50)}/${formatDuration(p90)}`;
      const more = workerCount - workers.length;
      return [
        ...[service, String(depth)],
        oldestAt === undefined ? '-' : formatDuration(Math.max(0, now - oldestAt)),
        String(atWorkers),
        ...(durations === undefined
          ? ['-', '-', '0']
          : [
              quantiles(durations.waitedP50, durations.waitedP90),
              quantiles(durations.ranP50, durations.ranP90),
              String(durations.count),
            ]),
        workerCount === 0 ? '-' : `${workers.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
      ];
    }),
    ['SERVICE', 'WORKERS'],
  );
}
