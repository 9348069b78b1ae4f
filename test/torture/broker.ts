/**
 * The broker: a node with a store, in a process of its own. Run by the members as `node broker.mjs SETTINGS`.
 *
 * Invariant: it closes when asked to, and when the members are gone.
 */
import { createNode } from '../../src/index.ts';
import type { BrokerSettings } from './broker-settings.ts';

const { store, formation, namespace } = JSON.parse(process.argv[2] as string) as BrokerSettings;
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_fields: unknown, text?: string) => console.error(`broker: ${text}`),
  error: (_fields: unknown, text?: string) => console.error(`broker: ${text}`),
};
const node = await createNode({
  name: 'broker',
  namespace,
  store,
  formation: [formation],
  discovery: false,
  key: false,
  logger: logger as never,
});
node.events.addEventListener('formation:broker', ({ detail }) => {
  if (detail.broker !== undefined) process.send?.('ready');
});
process.on('message', async () => {
  await node.close();
  process.disconnect();
});
process.on('disconnect', () => process.exit());
