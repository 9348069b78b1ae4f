/** Runs that once failed, each for a reason of its own that is mended: they must stay green. */
import { expect, test } from 'vitest';
import { failureLines, runSimulation, type SimulationOptions } from '../../src/sim/index.ts';

const brief = { degree: 4, minutes: 0.25 } as const;

const seeds: Readonly<Record<string, SimulationOptions>> = {
  'nodes that had started again beyond a partition counted for the island that met them': {
    nodes: 9,
    degree: 3,
    seed: 714,
    minutes: 0.2,
    latencyMs: 1,
    workload: 'letters',
    faults: ['twin', 'crash', 'restart', 'partition', 'slow'],
  },
  'a request that came late was carried out again by the next life of its node': {
    nodes: 8,
    degree: 3,
    minutes: 0.25,
    seed: 7000640,
    workload: 'calls',
    faults: ['leave', 'vanish', 'oneway'],
  },
  'an end that lost a link and dialed anew held its floods until the next digest': {
    ...brief,
    nodes: 8,
    degree: 2,
    seed: 3483453790,
    lossPercent: 1,
    start: 'islands',
    faults: ['partition'],
    joinAndCrash: true,
  },
  'a summary that came late, over a dead link, went back and forth for ever': {
    ...brief,
    nodes: 12,
    degree: 3,
    seed: 985321320,
    latencyMs: 60,
    faults: ['vanish', 'oneway', 'restart'],
  },
  'what an incarnation that was over had heard of reports was noted late, and took the place of the next one':
    {
      nodes: 6,
      degree: 3,
      seed: 610,
      minutes: 0.7,
      latencyMs: 20,
      workload: 'letters',
      faults: ['crash', 'leave', 'partition', 'pause', 'cut', 'vanish', 'slow', 'disk', 'jump'],
    },
  'a pause of 2.6 s and bytes repeated twice, 3 s together, counted as no hindrance': {
    ...brief,
    nodes: 9,
    degree: 3,
    seed: 3811567253,
    lossPercent: 0,
    latencyMs: 5,
    faults: ['pause', 'dials', 'slow', 'loss'],
  },
  'a suspend counted as silence of others, up to a second of it': {
    ...brief,
    nodes: 23,
    seed: 1045910465,
    lossPercent: 0,
    latencyMs: 60,
    start: 'islands',
    workload: 'chatty',
    faults: ['jump', 'pause', 'vanish'],
  },
  'two relays of receipts died one after the other, and a message was asked about only four times': {
    ...brief,
    nodes: 21,
    degree: 3,
    seed: 4287918385,
    lossPercent: 1,
    workload: 'chatty',
    faults: ['vanish'],
  },
  'nobody was drawn to answer a newcomer that three times asked within a second, and then not for 2.4': {
    ...brief,
    nodes: 20,
    seed: 9200413,
    lossPercent: 0,
    latencyMs: 60,
    start: 'sites',
    workload: 'chatty',
    faults: ['leave', 'partition'],
    joinAndCrash: true,
  },
  'a hail that came after the goodbye of its node put it back into the directory of the broker': {
    nodes: 12,
    degree: 3,
    minutes: 0.25,
    seed: 27,
    workload: 'chatty,calls,channels,formation',
    faults: ['twin', 'jump', 'leave', 'cut'],
  },
  'a report to an author was noted as heard that had ignored it, since it did not know the broker yet': {
    nodes: 6,
    minutes: 0.5,
    seed: 901,
    workload: 'letters',
    faults: ['crash', 'leave', 'partition', 'pause', 'cut', 'slow', 'disk', 'jump'],
  },
  'a proof of identity that an invented incarnation had shown first was not checked again, and the node kept out':
    {
      nodes: 9,
      degree: 2,
      minutes: 0.3,
      seed: 24,
      lossPercent: 1,
      latencyMs: 1,
      workload: 'letters',
      faults: ['crash', 'pause', 'liar', 'restart'],
    },
  'a recipient of which an incarnation was invented was taken for gone by the broker, and had nothing to say to it':
    {
      nodes: 9,
      degree: 2,
      minutes: 0.3,
      seed: 148,
      lossPercent: 0,
      latencyMs: 20,
      workload: 'letters',
      faults: ['jump', 'flap', 'disk', 'liar', 'loss', 'oneway', 'partition', 'datagrams', 'restart'],
    },
  'a question about a name that came 3 s late was judged by the islands of the answer': {
    nodes: 5,
    degree: 4,
    minutes: 0.5,
    seed: 187,
    lossPercent: 3,
    latencyMs: 20,
    workload: 'letters',
    faults: ['oneway', 'liar', 'twin', 'crash'],
  },
  'a letter that a full store had refused, and an outbox kept after its program had given up, counted as out of order':
    {
      nodes: 9,
      degree: 4,
      minutes: 0.5,
      seed: 57,
      lossPercent: 0,
      latencyMs: 20,
      workload: 'letters-in-bursts',
      faults: ['twin', 'drift', 'loss', 'disk', 'oneway', 'slow'],
    },
  'forgeries that were older than what their recipient believed of a name, and were passed by unread, counted as seen':
    {
      nodes: 8,
      degree: 3,
      minutes: 0.1,
      seed: 65,
      lossPercent: 0,
      latencyMs: 1,
      workload: 'letters',
      faults: ['slow', 'liar', 'dials', 'flap', 'vanish'],
    },
  'the refusal of a put counted as heard by an author that had sent it again meanwhile, and what came after it was stored before it':
    {
      nodes: 6,
      degree: 2,
      minutes: 0.5,
      seed: 597,
      lossPercent: 0,
      latencyMs: 5,
      workload: 'letters',
      faults: ['pause', 'datagrams', 'cut', 'disk', 'loss', 'drift', 'restart', 'partition', 'vanish'],
    },
};

test.each(Object.entries(seeds))('%s', async (_reason, options) => {
  const report = await runSimulation(options);
  expect(report.failures.length, failureLines(report).join('\n')).toBe(0);
});
