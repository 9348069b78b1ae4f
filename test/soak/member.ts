/**
 * One program in the mesh: a node, its traffic, and a diary of all that it did and was told.
 *
 * Run by crew.ts in a process of its own, as `node --expose-gc member.mjs SETTINGS`. Uses the package as any
 * program would, by its public names. Invariant: it judges nothing; it ends when told to, and when the judge
 * is gone.
 */
import { createHash } from 'node:crypto';
import { createNode, type LocalNode } from '../../src/index.ts';
import { SeededRandom } from '../../src/sim/world/random.ts';
import { nowMs } from './clock.ts';
import { Diary } from './diary.ts';
import { startBlocking } from './member-block.ts';
import { Traffic } from './member-traffic.ts';
import type { Answer, MemberSettings, Order, Word } from './protocol.ts';

const reportEveryMs = 500;
const settings = JSON.parse(process.argv[2] as string) as MemberSettings;
const random = new SeededRandom(`soak ${settings.seed}/${settings.name}/${settings.life}`);
/** Orders that come before the node is there wait for it. */
const early: Order[] = [];
let obey = (order: Order): void => void early.push(order);

// With the judge dead nobody would ever end this process.
process.once('disconnect', () => process.exit(3));
process.on('message', (order) => obey(order as Order));
await main().catch((error: unknown) => {
  say({ type: 'failed', text: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const node = await createNode({
    name: settings.name,
    listen: settings.listen,
    discoveryPort: settings.discoveryPort,
    folder: settings.folder,
  });
  const diary = new Diary(node);
  const traffic = new Traffic(node, settings, random.fork('traffic'), diary);
  const reports = setInterval(() => say(diary.report()), reportEveryMs);
  const stopBlocking = settings.block && startBlocking(settings.block, random.fork('block'));
  const close = async (): Promise<void> => {
    stopBlocking?.();
    await traffic.stop();
    diary.close();
    clearInterval(reports);
    say(diary.report());
    await node.close();
    say({ type: 'closed' });
    // From here on nothing keeps this process alive: that it ends by itself is one of the promises.
    process.removeAllListeners('disconnect');
    process.disconnect();
  };
  obey = (order) => {
    if (order.type === 'traffic') void traffic.turn(order.on);
    else if (order.type === 'probe') void answer(node, diary, traffic, order.probe);
    else if (order.type === 'hangup') void hangUp(node);
    else void close();
  };
  const { addresses } = await node.status();
  say({ type: 'ready', atMs: nowMs(), address: addresses[0] as string });
  for (const order of early.splice(0)) obey(order);
}

async function answer(node: LocalNode, diary: Diary, traffic: Traffic, probe: number): Promise<void> {
  const [known, topology, status] = [await node.recipients(), await node.topology(), await node.status()];
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  say({
    type: 'answer',
    probe,
    known,
    told: diary.up,
    topology: createHash('sha256').update(JSON.stringify(topology)).digest('base64'),
    links: status.links.map(({ node: other, key }) => ({ node: other, key })),
    keys: status.security.keys,
    resources,
    exceptions: status.counters['kernel.exceptions'] ?? 0,
    datagramsUnread: (status.features.discovery as Pick<Answer, 'datagramsUnread'>).datagramsUnread,
    sending: traffic.sending,
  });
}

async function hangUp(node: LocalNode): Promise<void> {
  const { links } = await node.status();
  if (links.length === 0) return;
  // The link may be gone by the time it is hung up.
  await node.hangup(random.pick(links).node).catch(() => undefined);
}

function say(word: Word): void {
  if (process.connected) process.send?.(word);
}
