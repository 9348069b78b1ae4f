/**
 * What each feature adds to the command line: a line for each, by its name on the wire. A feature without commands is
 * listed as such, so that none is forgotten.
 */
import { type FeatureCli, withoutCommands } from '../cli/kit/feature-cli.ts';
import { availabilityCli } from './availability/cli.ts';
import { callsCli } from './calls/cli.ts';
import { channelsCli } from './channels/cli.ts';
import { formationCli } from './formation/cli.ts';
import type { features } from './index.ts';
import { lettersCli } from './letters/cli.ts';
import { logCli } from './log/cli.ts';
import { messagingCli } from './messaging/cli.ts';
import { queriesCli } from './queries/cli.ts';
import { swarmCli } from './swarm/cli.ts';
import { tasksCli } from './tasks/cli.ts';
import { topologyCli } from './topology/cli.ts';

type FeatureName = (typeof features)[number]['name'];

export const featureClis: Readonly<Record<FeatureName, FeatureCli>> = {
  formation: formationCli,
  topology: topologyCli,
  discovery: withoutCommands,
  messaging: messagingCli,
  availability: availabilityCli,
  calls: callsCli,
  channel: channelsCli,
  identity: withoutCommands,
  denials: withoutCommands,
  swarm: swarmCli,
  conversations: withoutCommands,
  letters: lettersCli,
  tasks: tasksCli,
  queries: queriesCli,
  log: logCli,
};
