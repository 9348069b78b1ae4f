/** What differs between the golden bytes that are kept and those of today, each as a sentence that says what to do. */
import type { GoldenEntries } from './wire-text.ts';

export function differencesOf(kept: GoldenEntries, today: GoldenEntries): string[] {
  const added = [...today]
    .filter(([key, value]) => !kept.has(key) || isAddition(kept.get(key) as string, value))
    .map(([key]) => `${key} is new: keep its bytes with npm run wire:record`);
  return [...breaksOf(kept, today), ...added];
}

/** Only what a node of the build before would not understand. */
export function breaksOf(kept: GoldenEntries, today: GoldenEntries): string[] {
  const breaks: string[] = [];
  for (const [key, before] of kept) {
    const now = today.get(key);
    if (now === undefined)
      breaks.push(`${key} is gone: nodes of the build before still send it; keep its sample and its decoder`);
    else if (now !== before && !isAddition(before, now)) breaks.push(changed(key, before, now));
  }
  return breaks;
}

/** A name was added at the end of a table: nodes of the build before never send its number. */
function isAddition(before: string, now: string): boolean {
  return now.startsWith(`${before} `) && !now.includes('\n');
}

function changed(key: string, before: string, now: string): string {
  return (
    `${key} has changed: nodes of the build before send and expect\n${before}\nand those of this build\n${now}\n` +
    'Undo it, or raise wireVersion in src/kernel/wire/frame.ts and run npm run wire:record -- --replace-bytes'
  );
}
