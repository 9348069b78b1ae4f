/** `skein pair`: a channel to another node, joined to standard input and output. */
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import { durationOption, type NodeChoice, nodeCommand } from '../../../cli/kit/command.ts';
import { UsageError } from '../../../cli/kit/exit.ts';
import { interrupted } from '../../../cli/kit/interrupt.ts';
import { isTerminalOfOthers } from '../../../cli/kit/standard-input.ts';
import { sessionOf, withNode } from '../../../cli/kit/with-node.ts';
import { SkeinError } from '../../../kernel/index.ts';
import { attachedChannels } from '../api/attached-channel.ts';
import type { Channel, ChannelsApi, PairRequest } from '../api.ts';

interface PairFlags extends NodeChoice {
  readonly listen?: boolean;
  readonly protocol?: string;
  readonly timeout?: number;
}

export function build(): Command {
  return nodeCommand('pair', 'a channel to another node, joined to standard input and output', [
    'skein pair --listen > copy.tar          # at b: the first who asks',
    'skein pair b < archive.tar              # at a',
    'tar c . | skein pair b --protocol backup',
  ])
    .argument('[other]', 'the node at the other end')
    .option('--listen', 'wait for another node to ask, and accept the first')
    .option('--protocol <name>', 'what both ends call what they speak (default: pair; with --listen: any)')
    .option('--timeout <duration>', 'how long to wait for the other end (default: 10s)', durationOption)
    .action((other: string | undefined, flags: PairFlags) => {
      const { listen = false, timeout } = flags;
      if (listen && other !== undefined)
        throw new UsageError(`pair: name a node or give --listen, and not both (${other} is named)`);
      if (!listen && other === undefined) throw new UsageError('pair: name a node, or give --listen');
      if (listen && timeout !== undefined) throw new UsageError('--timeout: with --listen it waits for ever');
      return withNode(flags, async (client) => {
        const signal = interrupted();
        const channel = await open(attachedChannels(sessionOf(client)), other, flags, signal);
        if (channel !== undefined) await join(channel, signal);
      });
    });
}

/** Undefined: interrupted before there was one. */
async function open(
  channels: ChannelsApi,
  other: string | undefined,
  { protocol, timeout }: PairFlags,
  signal: AbortSignal,
): Promise<Channel | undefined> {
  const named = protocol === undefined ? {} : { protocol };
  if (other !== undefined) {
    const wait = timeout === undefined ? {} : { timeoutMs: timeout };
    return channels.pair(other, { ...named, ...wait, signal });
  }
  const requests = channels.pairs({ ...named, signal })[Symbol.asyncIterator]();
  const first = await requests.next();
  if (first.done === true) return undefined;
  void refuseAll(requests);
  return first.value.accept();
}

/** Standard input and output are taken: whoever comes later is told so at once. */
async function refuseAll(requests: AsyncIterator<PairRequest>): Promise<void> {
  try {
    for (let next = await requests.next(); next.done !== true; next = await requests.next())
      next.value.refuse('its one channel is taken');
  } catch {
    // The node has ended, which the channel tells.
  }
}

/** Over when both halves are; a job in the background has nothing to say. Standard input that is never read to its end must not keep the process. */
async function join(channel: Channel, signal: AbortSignal): Promise<void> {
  const { stdin, stdout } = process;
  const over = new Promise<void>((resolve, reject) => {
    channel.once('error', reject);
    channel.once('close', resolve);
    signal.addEventListener('abort', () => channel.destroy(), { once: true });
    if (signal.aborted) channel.destroy();
  });
  if (isTerminalOfOthers()) channel.end();
  else stdin.pipe(channel);
  stdout.on('error', () => channel.destroy(new SkeinError('SKEIN_CLOSED', 'nobody reads standard output')));
  channel.pipe(stdout, { end: false });
  try {
    await over;
  } finally {
    stdin.unpipe(channel);
    (stdin as Readable).destroy();
  }
}
