/**
 * A peer of rust-simple-gossip at the terminal, on a mesh of skein's: its command line and its lines.
 *
 * Called by `skein compat gossip`. Peers know each other by the addresses they listen at, which are their names
 * here; whom a peer hears of through another it connects to. Invariant: each line is one of the five of the original.
 */
import { randomInt } from 'node:crypto';
import { print } from '../../../cli/kit/output.ts';
import { createNode } from '../../../host/create-node.ts';
import type { SkeinNode } from '../../../node/node.ts';

export interface GossipOptions {
  readonly port: number;
  readonly periodMs: number;
  readonly connect?: string;
}

const kind = 'gossip';
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const idLength = 10;
const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Until a signal ends it. */
export async function runGossip({ port, periodMs, connect }: GossipOptions): Promise<void> {
  const startedAt = performance.now();
  const say = (text: string): void => print(`${elapsed(performance.now() - startedAt)} - ${text}`);
  const address = `127.0.0.1:${port}`;
  const node = await createNode({
    name: nameOf(address),
    namespace: kind,
    listen: address,
    discovery: false,
    degree: 0,
    connect: connect === undefined ? [] : [connect],
  });
  say(`My address is "${address}"`);
  /** In the order in which they were connected. */
  const peers = new Set<string>();
  const { events } = node;
  events.addEventListener('link:up', ({ detail }) => {
    if (peers.has(detail.node)) return;
    peers.add(detail.node);
    say(`Connected to peer at "${addressOf(detail.node)}"`);
  });
  events.addEventListener('link:down', ({ detail }) => peers.delete(detail.node));
  // Peer exchange: whoever is heard of through others is connected to.
  events.addEventListener('node:up', ({ detail }) => void dialUnlessLinked(node, detail.name, peers));
  node.handle<string>(({ body, from }) => say(`Received message [${body}] from "${addressOf(from)}"`), {
    kind,
  });
  const timer = setInterval(() => {
    const id = Array.from({ length: idLength }, () => alphabet[randomInt(alphabet.length)]).join('');
    say(`Sending message [${id}] to [${[...peers].map((peer) => `"${addressOf(peer)}"`).join(', ')}]`);
    if (peers.size > 0) void node.send([...peers], id, { kind, require: 'none' }).catch(() => undefined);
  }, periodMs);
  await new Promise<void>((resolve) => {
    for (const signal of endSignals) process.once(signal, () => resolve());
    events.addEventListener('close', () => resolve());
  });
  clearInterval(timer);
  await node.close();
}

/** Both ends may try at once: one link stays. */
async function dialUnlessLinked(node: SkeinNode, name: string, peers: ReadonlySet<string>): Promise<void> {
  if (!peers.has(name)) await node.dial(addressOf(name)).catch(() => undefined);
}

/** A name has no colon. */
function nameOf(address: string): string {
  return address.replace(':', '-');
}

function addressOf(name: string): string {
  return name.replace(/-(\d+)$/, ':$1');
}

/** `HH:MM:SS` since the start. */
function elapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
