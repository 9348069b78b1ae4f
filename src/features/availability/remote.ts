/** What other processes may ask about availability. */
import * as v from 'valibot';
import { flag } from '../../kit/fields.ts';
import { operationsOf } from '../../kit/operation.ts';
import type { AvailabilityApi } from './api.ts';

const { call } = operationsOf<AvailabilityApi>();

const state = { available: v.boolean(), active: v.boolean() };

export const operations = {
  setAvailability: call({
    summary: 'Whether this node takes work, and whether somebody is at it; what is not named stays.',
    input: v.strictObject({ available: v.exactOptional(flag), active: v.exactOptional(flag) }),
    output: v.strictObject(state),
    example: { available: false },
    run: ({ availability }, change) => availability.set(change),
  }),
  availability: call({
    summary: 'Which reachable nodes take work, and at which somebody is active.',
    input: v.strictObject({}),
    output: v.strictObject({ nodes: v.array(v.strictObject({ name: v.string(), ...state })) }),
    example: {},
    run: async ({ availability }) => ({ nodes: await availability.list() }),
  }),
};
