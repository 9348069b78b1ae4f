/** Slips in letters, and in the log that is kept beside them. Read by the catalog. */
import type { Mutant } from './mutant.ts';

const letters = 'src/features/letters';

export const lettersMutants: readonly Mutant[] = [
  {
    name: 'settled-and-kept',
    breaks: 'a recipient hands a letter over again while its broker does not know yet that it was handled',
    file: `${letters}/core/mailbox.ts`,
    find: 'const inHand = [...this.inHand.keys(), ...this.unconfirmed.keys()];',
    replace: 'const inHand = [...this.inHand.keys()];',
  },
  {
    name: 'put-before-unchecked',
    breaks: 'a put is stored although the one of its author before it was not',
    file: `${letters}/core/put-line.ts`,
    find: 'const before = this.underWay.length > 1 ? this.last : null;',
    replace: 'const before = null;',
    workload: 'letters-in-bursts',
  },
  {
    name: 'ignored-for-good',
    breaks: 'what a member ignored before it followed the broker is not said to it again',
    file: `${letters}/core/letters.ts`,
    find: 'startedOver: (node) => this.office.memberStartedOver(node),',
    replace: '',
    workload: 'letters',
  },
  {
    name: 'follower-skips',
    breaks: 'a follower of the log that has waited misses the next event',
    file: 'src/features/log/core/waiting-readers.ts',
    find: 'reader.request = { ...reader.request, after: page.place };',
    replace: 'reader.request = { ...reader.request, after: page.place + 1 };',
  },
];
