/**
 * A broker's registry of 10,000 members, real time: what a hail costs it, from its bytes on, and a look-up, and how
 * much memory an entry takes.
 */
import { Broker } from '../../src/features/formation/core/broker.ts';
import {
  decodeFormationMessage,
  encodeFormationMessage,
  type FormationMessage,
} from '../../src/features/formation/core/formation-messages.ts';
import { type Figure, median } from './figure.ts';

const members = 10_000;
const rounds = 21;
/** For the memory, whose measure is coarse: many registries. */
const registries = 10;

export function registryFigures(): Promise<readonly Figure[]> {
  const hails = Array.from({ length: members }, (_, i) => hailOf(i));
  const before = heapBytes();
  const brokers = Array.from({ length: registries }, () => brokerOf(hails, 0));
  const bytesPerEntry = (heapBytes() - before) / (registries * members);
  const broker = brokers[0] as Broker;
  const hailUs = medianUs((round) => {
    for (let i = 0; i < members; i++) take(broker, hails[i] as Uint8Array, i, round * 1000);
  });
  const lookupUs = medianUs(() => {
    for (let i = 0; i < members; i++) {
      const name = i % 2 === 0 ? `member-${i}` : `service-${i % 100}`;
      if (broker.registry.find(name) === undefined) throw new Error(`${name} was not found`);
    }
  });
  return Promise.resolve([
    figure('a hail, from its bytes on', hailUs, 'us', 20),
    figure('a look-up by name or service', lookupUs, 'us', 5),
    figure('memory of an entry', bytesPerEntry, 'bytes', 1024),
  ]);
}

function figure(what: string, value: number, unit: string, goal: number): Figure {
  return { name: `registry of ${members} members: ${what}, real time`, value, unit, goal };
}

function hailOf(i: number): Uint8Array {
  return encodeFormationMessage({
    type: 'Hail',
    name: `member-${i}`,
    address: `tcp://10.0.${i >> 8}.${i & 255}:7017`,
    services: [`service-${i % 100}`, 'status'],
  });
}

function brokerOf(hails: readonly Uint8Array[], now: number): Broker {
  const broker = new Broker({ name: 'broker', address: 'tcp://10.1.0.1:7016', services: [] });
  for (const [i, hail] of hails.entries()) take(broker, hail, i, now);
  return broker;
}

function take(broker: Broker, bytes: Uint8Array, from: number, now: number): void {
  const message = decodeFormationMessage(bytes);
  if ('problem' in message) throw new Error(message.problem);
  const answers = broker.received(message satisfies FormationMessage, from, now);
  if (answers.length > 0) throw new Error('a hail was answered');
}

/** Of one in `members`. */
function medianUs(act: (round: number) => void): number {
  const times = Array.from({ length: rounds }, (_, round) => {
    const begun = performance.now();
    act(round);
    return ((performance.now() - begun) * 1000) / members;
  });
  return median(times);
}

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
