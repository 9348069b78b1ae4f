/**
 * What the two features of the conformance suite mean, written with a Map and a sort: the judge of its property test.
 *
 * Invariant: it shares no code with any store.
 */
import * as fc from 'fast-check';
import type { LedgerVerbs, Row } from './shapes.ts';

export interface PlainCommand {
  readonly feature: 'ledger' | 'tally';
  readonly verb: string;
  readonly input: unknown;
}

type Numbered = Row & { readonly n: number };

/** Few numbers, so that rows are replaced and removed; in any order, so that some come between others. */
const number = fc.integer({ min: 0, max: 12 });
const row: fc.Arbitrary<Numbered> = fc.record({
  n: number,
  text: fc.string({ maxLength: 6 }),
  bytes: fc.uint8Array({ maxLength: 6 }),
});

const command: fc.Arbitrary<PlainCommand> = fc.oneof(
  { weight: 4, arbitrary: verb('ledger', 'put', row) },
  verb('ledger', 'get', number),
  { weight: 2, arbitrary: verb('ledger', 'remove', number) },
  verb('ledger', 'list', fc.record({ from: number, below: number })),
  {
    weight: 2,
    arbitrary: verb(
      'ledger',
      'putAll',
      fc.record({ rows: fc.array(row, { maxLength: 5 }), failAfter: fc.integer({ min: 0, max: 5 }) }),
    ),
  },
  verb('ledger', 'refuse', fc.record({ why: fc.string() })),
  verb('tally', 'put', fc.integer({ min: -5, max: 5 })),
  verb('tally', 'get', fc.constant(undefined)),
  verb('tally', 'dance', fc.constant(undefined)),
);

/** What is asked for in one go, one such flight after the other. */
export const plainCommands = fc.array(fc.array(command, { maxLength: 8 }), { maxLength: 10 });

export class PlainModel {
  private rows = new Map<number, Row>();
  private puts = 0;
  private total = 0;

  execute({ feature, verb, input }: PlainCommand): unknown {
    if (feature === 'tally') return this.tally(verb, input as number);
    switch (verb as keyof LedgerVerbs) {
      case 'put':
        return { ok: this.put(input as Numbered) };
      case 'get':
        return { ok: this.rows.get(input as number) };
      case 'remove':
        return { ok: this.rows.delete(input as number) };
      case 'list':
        return { ok: this.list(input as { from: number; below: number }) };
      case 'putAll':
        return this.putAll(input as { rows: Numbered[]; failAfter: number });
      case 'refuse':
        return { failed: 'SKEIN_REFUSED' };
    }
  }

  get everything(): Numbered[] {
    return this.list({ from: 0, below: Number.POSITIVE_INFINITY });
  }

  private tally(verb: string, by: number): unknown {
    if (verb === 'dance') return { failed: 'SKEIN_INVALID' };
    if (verb === 'put') this.total += by;
    return { ok: this.total };
  }

  private put({ n, text, bytes }: Numbered): number {
    this.rows.set(n, { text, bytes });
    return ++this.puts;
  }

  private putAll({ rows, failAfter }: { rows: Numbered[]; failAfter: number }): unknown {
    if (failAfter < rows.length) return { failed: 'SKEIN_FAILED' };
    for (const each of rows) this.put(each);
    return { ok: undefined };
  }

  private list({ from, below }: { from: number; below: number }): Numbered[] {
    const within = [...this.rows].filter(([n]) => n >= from && n < below);
    return within.sort(([a], [b]) => a - b).map(([n, each]) => ({ n, ...each }));
  }
}

function verb(
  feature: PlainCommand['feature'],
  name: string,
  input: fc.Arbitrary<unknown>,
): fc.Arbitrary<PlainCommand> {
  return input.map((value) => ({ feature, verb: name, input: value }));
}
