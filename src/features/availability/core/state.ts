/**
 * What a node says of its willingness to work, as one byte of its announcement.
 *
 * `u8 flags`: 1 not available, 2 not active. A node that is both available and active announces nothing. Invariant:
 * what is read is a state; bytes after the first are those of a later version.
 */

/** Whether a node takes work, and whether somebody is at it. */
export interface AvailabilityState {
  /** No: it gets no offers of work and no requests that name no node. */
  readonly available: boolean;
  /** No: nobody is at it. It is shown, nothing else. */
  readonly active: boolean;
}

export const StateFlag = { unavailable: 1, inactive: 2 } as const;

/** Of a node that has said nothing. */
export const usualState: AvailabilityState = { available: true, active: true };

/** Undefined: nothing need be announced. */
export function encodeState({ available, active }: AvailabilityState): Uint8Array | undefined {
  const flags = (available ? 0 : StateFlag.unavailable) | (active ? 0 : StateFlag.inactive);
  return flags === 0 ? undefined : Uint8Array.of(flags);
}

export function decodeState(section: Uint8Array | undefined): AvailabilityState {
  const flags = section?.[0] ?? 0;
  return { available: (flags & StateFlag.unavailable) === 0, active: (flags & StateFlag.inactive) === 0 };
}

export function isSameState(a: AvailabilityState, b: AvailabilityState): boolean {
  return a.available === b.available && a.active === b.active;
}
