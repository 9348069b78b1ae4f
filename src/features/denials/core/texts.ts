/** What people read about denials. Who calls it: the denials' behavior. */
import type { Denial } from './denial.ts';

/** Names in one line of the log. */
const namesShown = 3;

export const allowsAgain = 'this node is not denied any more';

export function denialText({ name, by }: Denial): string {
  return `${name} is denied in this mesh, by ${by}: skein node allow ${name} on another node lets it in again`;
}

export function ownDenialText({ name, by }: Denial): string {
  return `this node is denied in the mesh, by ${by}: it gets no link until skein node allow ${name} was run on another node; if it is not the machine that is meant, start it under another name`;
}

/** For the log: a member that lies can change many at a time. */
export function summaryOf(changed: readonly Denial[]): string {
  const shown = changed
    .slice(0, namesShown)
    .map(({ name, isDenied, by }) => `${name} is ${isDenied ? 'denied' : 'allowed again'} (by ${by})`)
    .join(', ');
  const more = changed.length - namesShown;
  return more > 0 ? `${shown}, and ${more} more` : shown;
}
