// Runs skein and its rivals in turn on the same work in the same run: `npm run bench`, with `-- --quick` for a short
// one, `--only WORK[,WORK]`, `--systems A,B`, `--rounds N`, `--folder PATH`, `--before PATH`, `--json`, `--write`. It chooses, installs what is missing,
// has the rounds played (rounds.mjs) and reports. Exits 1 when a message was missing or damaged anywhere.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installRivals } from './install.mjs';
import { before, chooseSystems, chooseWorks, loadSystems, plays } from './matrix.mjs';
import { missingFor, packageVersion } from './missing.mjs';
import { table } from './report/table.mjs';
import { writeReport } from './report/write.mjs';
import { diskOf, diskProblem } from './roles/disk.mjs';
import { namespacesProblem } from './roles/namespaces.mjs';
import { runRounds } from './rounds.mjs';
import { works as allWorks, withFirst } from './works.mjs';

const roundsFull = 5;
const roundsQuick = 1;

const { flags, works, names } = readArguments();
const rounds = flags.rounds ?? (flags.quick ? roundsQuick : roundsFull);
const leftOut = [];
const folder = mkdtempSync(join(flags.folder ?? tmpdir(), 'skein-bench-'));
const prepared = [];
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void cleanUp().then(() => process.exit(1)));
try {
  const systems = await present(await chosenSystems());
  const shared = await prepare(systems);
  const progress = process.stderr.isTTY ? (text) => process.stderr.write(`\r\x1b[K${text}`) : undefined;
  const disk = describedDisk();
  const played = await runRounds({
    works: playable(works.filter(({ onDisk }) => !onDisk || disk !== undefined)),
    systems: ready(systems),
    rounds,
    quick: flags.quick,
    shared,
    progress,
  });
  progress?.('');
  report({ ...described(systems, disk), ...played, leftOut });
} finally {
  await cleanUp();
}

/** The roles' processes end by themselves when this one does. */
async function cleanUp() {
  for (const { end } of prepared.splice(0)) await end();
  rmSync(folder, { recursive: true, force: true });
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        only: { type: 'string' },
        systems: { type: 'string' },
        rounds: { type: 'string' },
        folder: { type: 'string' },
        before: { type: 'string' },
      },
    });
    const given = values.rounds === undefined ? undefined : Number(values.rounds);
    if (given !== undefined && !(Number.isInteger(given) && given > 0))
      throw new Error(`--rounds takes a whole number from 1 on, got ${values.rounds}`);
    const chosen = withFirst(chooseWorks(values.only, allWorks));
    const names = chooseSystems(values.systems);
    const others = values.before === undefined ? [] : [before(values.before)];
    return { flags: { ...values, rounds: given }, works: chosen, names: [...names, ...others] };
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

async function chosenSystems() {
  const systems = await loadSystems(names);
  return systems.filter((system) => works.some((work) => plays(system, work)));
}

/** Those that this machine has all for; a line for each of the others. */
async function present(systems) {
  if (systems.some(({ needs }) => needs.packages !== undefined)) {
    const problem = installRivals();
    if (problem !== undefined) console.error(problem);
  }
  return systems.filter((system) => {
    const reason = missingFor(system);
    if (reason !== undefined) leaveOut(system, reason);
    return reason === undefined;
  });
}

/** What a system needs once for all runs: a key, a certificate, a server, a compiled program. */
async function prepare(systems) {
  const shared = {};
  for (const { name, prepare: prepareSystem, ...system } of systems) {
    if (prepareSystem === undefined) continue;
    try {
      const made = await prepareSystem(folder);
      prepared.push(made);
      shared[name] = made.shared;
    } catch (error) {
      leaveOut({ name, ...system }, error.message.trim().split('\n')[0]);
    }
  }
  return shared;
}

function ready(systems) {
  return systems.filter(({ name }) => leftOut.every(({ system }) => system !== name));
}

function leaveOut({ name, title }, reason) {
  leftOut.push({ system: name, reason });
  console.error(`${title} is left out: ${reason}`);
}

/** Those that this machine can play; a line for each of the others. */
function playable(chosen) {
  const problem = chosen.some(({ needsNamespaces }) => needsNamespaces) ? namespacesProblem() : undefined;
  return chosen.filter(({ name, needsNamespaces }) => {
    if (!needsNamespaces || problem === undefined) return true;
    leaveOut({ name, title: name }, problem);
    return false;
  });
}

/** Undefined where nothing durable is measured. */
function describedDisk() {
  const durable = works.filter(({ onDisk }) => onDisk);
  if (durable.length === 0) return undefined;
  const problem = diskProblem(folder);
  if (problem === undefined) return diskOf(folder);
  leaveOut({ name: durable.map(({ name }) => name).join(', '), title: 'durable work' }, problem);
  return undefined;
}

function described(systems, disk) {
  const { version, platform, arch } = process;
  const environment = {
    node: version.slice(1),
    cores: availableParallelism(),
    platform: `${platform} ${arch}`,
    ...(disk && { disk }),
  };
  const versions = Object.fromEntries(ready(systems).flatMap(versionOf));
  return { date: new Date().toISOString().slice(0, 10), environment, versions, quick: flags.quick, rounds };
}

/** Of its package, and of its program where it has one. */
function versionOf({ name, needs, version }) {
  const parts = [];
  if (needs.packages !== undefined) parts.push(packageVersion(needs.packages[0]));
  if (version !== undefined) parts.push(version());
  return parts.length === 0 ? [] : [[name, parts.join(' / ')]];
}

function report(whole) {
  console.log(flags.json ? JSON.stringify(whole, null, 2) : table(whole));
  if (flags.write) writeReport(whole);
  if (whole.failures.length > 0) process.exitCode = 1;
}
