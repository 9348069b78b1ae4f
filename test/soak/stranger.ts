/**
 * Strangers on one host: they knock at the members' ports all the time, each in one of many ways.
 *
 * Run by strangers.ts in a process of its own on each host. Invariant: no knock is made with a key that a
 * member holds; it ends when told to, and when the judge is gone.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { SeededRandom } from '../../src/sim/world/random.ts';
import { type KnockKind, type KnockOutcome, knock, knockKinds, recordClientHello } from './knocks.mjs';
import { StrangerDatagrams } from './stranger-datagrams.ts';
import { StrangerNode } from './stranger-node.ts';
import type {
  StrangerKind,
  StrangerOrder,
  StrangerSettings,
  StrangerWord,
  Tallies,
  Tally,
} from './stranger-protocol.ts';

/**
 * Mean pause between two knocks of a kind. All hosts and kinds together have fewer half-open connections to
 * one member than any of its limits: what is tried here is patience, bench/strangers.mjs tries the limits.
 */
const everyMs: Record<StrangerKind, number> = {
  silence: 1000,
  'random bytes': 500,
  'never finishes': 1000,
  'TLS to nowhere': 1000,
  'TLS and silence': 1500,
  'TLS and garbage': 700,
  'another key': 1000,
  'retired key': 1000,
  'random datagram': 400,
  'forged datagram': 400,
  'replayed datagram': 400,
};
/** Longer than any limit of a handshake, a stop, and a cut after it. */
const giveUpMs = 45_000;
const tellEveryMs = 1000;

const settings = JSON.parse(process.argv[2] as string) as StrangerSettings;
const random = new SeededRandom(`strangers ${settings.seed}/${settings.name}`);
const tallies: Tallies = {};
let targets: readonly string[] = [];
let isOver = false;

// With the judge dead nobody would ever end this process.
process.once('disconnect', () => process.exit(3));
process.on('message', (order) => void obey(order as StrangerOrder));
const hello = await recordClientHello();
const datagrams = await StrangerDatagrams.open(settings);
const foreigner = await StrangerNode.open(settings.name, MeshKey.make().text, settings, letIn);
let outcast: StrangerNode | undefined;
setInterval(() => say({ type: 'tally', tallies }), tellEveryMs);
for (const kind of knockKinds) void keepOn(kind, (address) => knockAt(kind, address));
void keepOn('another key', (address) => foreigner.knock(address));
void keepOn('retired key', (address) => outcast?.knock(address));
for (const kind of ['random datagram', 'forged datagram', 'replayed datagram'] as const)
  void keepOn(kind, () => datagrams.send(kind));

async function obey(order: StrangerOrder): Promise<void> {
  if (order.type === 'targets') targets = order.addresses;
  else if (order.type === 'retired') await retire(order.key);
  else {
    isOver = true;
    say({ type: 'tally', tallies });
    // What is under way ends with the process, as strangers do.
    process.disconnect();
  }
}

async function retire(key: string): Promise<void> {
  await outcast?.close();
  outcast = await StrangerNode.open(`${settings.name}-old`, key, settings, letIn);
}

/** Never waits for a knock to be over before the next one begins. */
async function keepOn(
  kind: StrangerKind,
  knockOnce: (address: string) => Promise<KnockOutcome | 'sent'> | undefined,
): Promise<void> {
  while (!isOver) {
    await wait(everyMs[kind] * random.between(0.5, 1.5));
    const knocking = targets.length === 0 ? undefined : knockOnce(random.pick(targets));
    if (knocking === undefined) continue;
    const tally = tallyOf(kind);
    tally.knocks++;
    void knocking.then((outcome) => {
      if (outcome === 'open') tally.givenUp++;
      else if (outcome !== 'sent') tally[outcome]++;
    });
  }
}

function knockAt(kind: KnockKind, address: string): Promise<KnockOutcome> {
  const at = address.lastIndexOf(':');
  return knock(
    kind,
    { host: address.slice(0, at), port: Number(address.slice(at + 1)) },
    { hello, giveUpMs },
  );
}

function tallyOf(kind: StrangerKind): Tally {
  tallies[kind] ??= { knocks: 0, refused: 0, nobody: 0, givenUp: 0 };
  return tallies[kind];
}

function letIn(text: string): void {
  say({ type: 'let-in', text });
}

function say(word: StrangerWord): void {
  if (process.connected) process.send?.(word);
}
