/** Where the built files of threads are: beside the files of skein, or of the program that was bundled with it. */
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ErrorCode, SkeinError } from '../kernel/errors.ts';

/**
 * Where the built files of a thread are: beside this one, or, where it is part of a bundled program, in the folder `chunks`
 * beside that. From source (tests of skein itself) they are those of the last build.
 *
 * @param what Needs them.
 * @throws SkeinError which says what to copy.
 */
export function threadFolder(what: string, files: readonly string[], code: ErrorCode = 'SKEIN_STORE'): URL {
  // In a program that was bundled as CommonJS `import.meta` is empty.
  const here = import.meta.url ?? pathToFileURL(__filename).href;
  const places = here.endsWith('.ts') ? ['../../dist/chunks/'] : ['./', './chunks/'];
  const folders = places.map((place) => new URL(place, here));
  const found = folders.find((folder) => files.every((file) => existsSync(new URL(file, folder))));
  if (found !== undefined) return found;
  const text = `${what} needs ${files.join(' and ')} of skein, and ${fileURLToPath(folders.at(-1) as URL)} has none: copy the folder dist/chunks of the package skein there, as a program that is bundled must`;
  throw new SkeinError(code, text);
}
