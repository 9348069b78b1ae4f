// skein's roles with a store that holds many letters: what a put and a delivery cost there against an empty one, by the same
// nodes in the same run, and how long it takes to open it.
import { rmSync } from 'node:fs';
import { storeInFlight } from '../../roles/durable.mjs';
import { sendTo } from './letters.mjs';
import { beBroker, openBroker, openMember } from './swarm-nodes.mjs';
import { fill, handleAll } from './waiting-letters.mjs';

const senderName = 'sender';
/** Below the limit of a mailbox. */
const perRecipient = 90_000;

export const lettersMany = {
  receiver: async (work, tell) => {
    const { node, swarm, openedMs: empty } = await beBroker(work, tell);
    // When the sender has left nobody else can have become the broker.
    node.events.addEventListener('node:down', async ({ detail }) => {
      if (detail.name !== senderName) return;
      await node.close();
      const { openedMs: opened } = await openBroker(work, swarm);
      rmSync(swarm.folder, { recursive: true, force: true });
      tell('done', { figures: { empty, opened }, verified: 1 });
    });
  },
  sender: async (work, tell) => {
    const node = await openMember(work, senderName);
    const empty = await measured(node, work, 'first');
    const recipients = Math.ceil(work.letters / perRecipient);
    await fill(node, { ...work, count: work.letters }, (number) => `waiting-${number % recipients}`);
    const full = await measured(node, work, 'second');
    await node.close();
    const figures = { put: empty.put / full.put, deliver: empty.deliver / full.deliver };
    tell('done', { figures, verified: empty.verified + full.verified });
  },
};

/** Letters a second, put and then handled, of a recipient with this name. */
async function measured(node, work, name) {
  const sent = await new Promise((resolve) => {
    void storeInFlight(work, (_type, report) => resolve(report), sendTo(node, name, 1));
  });
  const recipient = await openMember(work, `${name}-0`);
  const handled = await handleAll(recipient, work);
  await recipient.close();
  return { put: sent.figures.rate, deliver: handled.rate, verified: sent.verified + handled.verified };
}
