// JetStream: publishes that a nats-server of this run's own has written to its file. It confirms before it syncs: by default
// it syncs every two minutes, and a power cut takes what came since.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { storeInFlight, storeInTurn } from '../roles/durable.mjs';
import { needs as natsNeeds, version as natsVersion, startServer } from './nats.mjs';

export const title = 'JetStream';
export const needs = { ...natsNeeds, packages: ['@nats-io/jetstream', ...natsNeeds.packages] };
export const share = 0.5;
export const version = natsVersion;

const stream = 'BENCH';
const subject = 'bench.letter';
const publishOptions = { timeout: 10_000 };

export async function prepare(folder) {
  const data = mkdtempSync(join(folder, 'jetstream-'));
  const { servers, end } = await startServer(data, `jetstream { store_dir: "${data}" }\n`);
  return { shared: { servers, folder: data }, end };
}

const receiver = (_work, tell) => tell('ready');

export const roles = {
  letters: { receiver, sender: async (work, tell) => storeInFlight(work, tell, await publisher(work)) },
  'letters-in-turn': {
    receiver,
    sender: async (work, tell) => storeInTurn(work, tell, await publisher(work)),
  },
};

/** Into a stream of its own for each round. */
async function publisher({ shared }) {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
  const nc = await connect({ servers: shared.servers });
  const manager = await jetstreamManager(nc);
  await manager.streams.delete(stream).catch(() => undefined);
  await manager.streams.add({ name: stream, subjects: [subject], storage: 'file' });
  const js = jetstream(nc);
  return async (body) => (await js.publish(subject, body, publishOptions)).seq;
}
