// skein's roles with letters: accepted by the broker, which has them on its disk by then, many at a time or one by one.
import { storeInFlight, storeInTurn } from '../../roles/durable.mjs';
import { askBroker, beBroker, openMember, removeStore } from './swarm-nodes.mjs';

/** A mailbox takes 100,000. */
const recipients = 8;
const options = { allowUnknown: true };

export const letters = {
  receiver: beBroker,
  sender: async (work, tell) => {
    const node = await openMember(work, 'sender');
    const done = async (type, report) => {
      const { longest } = await askBroker(node);
      removeStore(work);
      tell(type, { ...report, figures: { ...report.figures, turns: longest } });
    };
    await askBroker(node);
    await storeInFlight(work, done, sendTo(node));
  },
};

export const lettersInTurn = {
  receiver: beBroker,
  sender: async (work, tell) => {
    const node = await openMember(work, 'sender');
    const done = (type, report) => {
      removeStore(work);
      tell(type, report);
    };
    await storeInTurn(work, done, sendTo(node));
  },
};

export function sendTo(node, name = 'late', names = recipients) {
  return async (body, number) => (await node.letters.send(`${name}-${number % names}`, body, options)).id;
}
