/** What a program may ask `availability.set` for. Called by both implementations, before anything else. */
import { shown } from '../../../kit/arguments.ts';
import type { AvailabilityChange } from '../api.ts';

const words = ['available', 'active'] as const;

/** @returns What was named, and nothing else. @throws TypeError that names the value. */
export function checkChange(change: AvailabilityChange): AvailabilityChange {
  if (typeof change !== 'object' || change === null)
    throw new TypeError(`availability: expected { available, active }, got ${shown(change)}`);
  const checked: { available?: boolean; active?: boolean } = {};
  for (const [word, value] of Object.entries(change)) {
    if (!words.includes(word as never))
      throw new TypeError(`availability: there is no ${shown(word)}; use available or active`);
    if (value === undefined) continue;
    if (typeof value !== 'boolean')
      throw new TypeError(`availability: ${word}: expected true or false, got ${shown(value)}`);
    checked[word as 'available'] = value;
  }
  return checked;
}
