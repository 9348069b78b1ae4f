/**
 * Checks of what built-in queries are answered with: the other node may be of another version, or lie.
 *
 * Used by who asks. Invariant: what passes has the fields of `built-in-results.ts` and no others.
 */
import { fields, flag, listOf, number, oneOf, text } from '../../../kit/answers.ts';
import { workerAnswer } from '../../tasks/api/answers.ts';
import type { MachineFacts, NodeAnswers, NodeMood, SwarmAnswers } from './built-in-results.ts';

type Checks<Answers> = { readonly [Name in keyof Answers]: (value: unknown) => Answers[Name] };

const moods = ['idle', 'busy', 'overloaded'] as const;
const mood: { readonly [Field in keyof NodeMood]: (value: unknown) => NodeMood[Field] } = {
  mood: oneOf(moods),
  running: number,
  waiting: number,
};

const machine = fields<MachineFacts>(
  {
    cores: number,
    memoryBytes: number,
    freeMemoryBytes: number,
    processMemoryBytes: number,
    processCpuMs: number,
  },
  { cpuGhz: number, load: number },
);

const letters = fields(
  {
    letters: listOf(
      fields({
        id: text,
        n: number,
        from: text,
        type: text,
        sentAt: number,
        bytes: number,
        recipients: listOf(fields({ name: text, state: text })),
        recipientCount: number,
      }),
    ),
  },
  { next: number },
);

export const nodeChecks: Checks<NodeAnswers> = {
  services: fields({ services: listOf(text), queries: listOf(text) }),
  service: fields(
    { name: text, isOffered: flag },
    { running: number, waiting: number, concurrency: number, queue: number },
  ),
  stats: fields({ version: text, uptimeMs: number, nodeCount: number, linkCount: number }, { machine }),
  mood: fields(mood),
  availability: workerAnswer,
  state: letters,
  peers: fields({ peers: listOf(fields({ name: text, hops: number })) }, { next: text }),
};

export const swarmChecks: Checks<SwarmAnswers> = {
  services: fields(
    { services: listOf(fields({ name: text, nodeCount: number })), queries: listOf(text) },
    { next: text },
  ),
  service: fields({ name: text, nodes: listOf(text), nodeCount: number }),
  stats: fields({ broker: text, nodeCount: number, seenCount: number }),
  mood: fields({ ...mood, broker: text }),
  availability: fields({ workers: listOf(workerAnswer), workerCount: number }),
  state: letters,
  peers: fields(
    {
      peers: listOf(fields({ name: text, firstSeen: number, lastSeen: number, isReachable: flag })),
    },
    { next: text },
  ),
};
