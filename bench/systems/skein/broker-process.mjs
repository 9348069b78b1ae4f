// The broker that is to be killed, in a process below that of its role: bench/child.mjs runs it.
import { beBroker } from './swarm-nodes.mjs';

export const roles = { takeover: { broker: beBroker } };
