// Which systems there are, and which piece of work each plays: what its file has roles for. Invariant: importing
// a system's file loads nothing of the system; its roles do, in processes of their own.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const names = [
  'raw',
  'raw-tls',
  'skein',
  'skein-tls',
  'nats',
  'zeromq',
  'libzmq',
  'cote',
  'moleculer',
  'gossipsub',
  'bullmq',
  'jetstream',
];

/**
 * By name; or, for a system from elsewhere, by `{ name, url }` of its file. A file has `title`, `roles` (by shape,
 * then role) and, where it applies: `needs` (missing.mjs), `share` of the full count that it does in the same time,
 * `prepare(folder)` for what it needs once for all runs, `version()`.
 */
export function loadSystems(chosen = names) {
  return Promise.all(
    chosen.map((one) => (typeof one === 'string' ? load(one, ownFile(one)) : load(one.name, one.url))),
  );
}

async function load(name, url) {
  const module = await import(url);
  return { name, url: String(url), share: 1, needs: {}, ...module };
}

function ownFile(name) {
  return new URL(`./systems/${name}.mjs`, import.meta.url);
}

/** skein of another commit, beside this one. @param tree Its checkout. @throws Error where it is not built. */
export function before(tree) {
  if (!existsSync(join(tree, 'dist', 'index.js')))
    throw new Error(
      `--before ${tree}: there is no dist/index.js; give a checkout, and run \`npm ci && npm run build\` there`,
    );
  process.env.SKEIN_BENCH_BEFORE = resolve(tree);
  return { name: 'before', url: ownFile('before') };
}

export function plays(system, work) {
  return work.shape in system.roles;
}

/** Checks what `--systems` names. @throws Error that lists what there is. */
export function chooseSystems(given) {
  return given === undefined ? names : chosenOf('system', given, names, (name, asked) => name === asked);
}

/** Checks what `--only` names, and takes prefixes up to a hyphen. @throws Error that lists what there is. */
export function chooseWorks(given, works) {
  if (given === undefined) return works;
  const matches = (name, asked) => name === asked || name.startsWith(`${asked}-`);
  const all = works.map(({ name }) => name);
  const chosen = chosenOf('work', given, all, matches);
  return works.filter(({ name }) => chosen.includes(name));
}

function chosenOf(what, given, all, matches) {
  const asked = given.split(',').map((name) => name.trim());
  for (const one of asked) {
    if (all.some((name) => matches(name, one))) continue;
    throw new Error(`there is no ${what} "${one}"; there are: ${all.join(', ')}`);
  }
  return all.filter((name) => asked.some((one) => matches(name, one)));
}
