// One run: the processes of one piece of work for one system, from start to end. Who calls it: rounds.mjs.
// Invariant: it resolves with figures only if every part has verified all that it should; it leaves no process.
import { casts } from './casts.mjs';
import { startRole } from './processes.mjs';

const deadlineMs = 120_000;

/** @throws Error that says what was missing, damaged, or ended too early. */
export async function measure(system, work) {
  const cast = casts[work.shape];
  const parts = cast.parts.flatMap((part) =>
    Array.from({ length: part.spread ? work.processes : 1 }, (_, index) => ({ ...part, index })),
  );
  const running = [];
  const deadline = timeout(work.deadlineMs ?? deadlineMs, `${system.name}: ${work.name} has not ended`);
  try {
    await Promise.race([deadline.passed, startAll({ system, work, cast, parts, running })]);
    await Promise.race([deadline.passed, ...running.map(({ failed }) => failed), reports(running)]);
    for (const part of running) check(system, work, part);
    return cast.conclude(running, work);
  } finally {
    deadline.cancel();
    await Promise.all(running.map((part) => part.stop()));
  }
}

async function startAll({ system, work, cast, parts, running }) {
  const addresses = [];
  for (const [place, part] of parts.entries()) {
    const given = { ...work, addresses, index: part.index };
    const { role } = part;
    const process_ = startRole({ system, shape: work.shape, role, work: given, nodeFlags: cast.nodeFlags });
    running.push(Object.assign(process_, { verifies: part.verifies, index: part.index }));
    if (place < parts.length - 1) addresses.push((await process_.next('ready')).address);
  }
}

async function reports(running) {
  for (const part of running) if (part.verifies !== undefined) part.done = await part.next('done');
}

function check(system, work, { role, verifies, index, done }) {
  if (verifies === undefined) return;
  const expected = verifies(work, index, done);
  if (done.verified === expected) return;
  throw new Error(
    `${system.name}: ${done.verified} of ${expected} arrived intact at the ${role} (${work.name})`,
  );
}

function timeout(milliseconds, text) {
  let timer;
  const passed = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${text} after ${milliseconds} ms`)), milliseconds);
  });
  passed.catch(() => undefined);
  return { passed, cancel: () => clearTimeout(timer) };
}
