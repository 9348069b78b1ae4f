// libzmq without Node.js: a small program of ours in C (native/push-pull.c), compiled for the run. The role's own
// process only starts it and passes on what it says; the program measures itself and verifies each body.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const title = 'libzmq in C';
export const needs = {
  commands: [{ command: 'gcc', from: "Debian's gcc" }],
  headers: [{ header: 'zmq.h', from: "Debian's libzmq3-dev" }],
};

const source = fileURLToPath(new URL('../native/push-pull.c', import.meta.url));
let compiled;

export async function prepare(folder) {
  compiled = join(folder, 'push-pull');
  execFileSync('gcc', ['-O2', '-pthread', '-o', compiled, source, '-lzmq'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { shared: { program: compiled }, end: () => undefined };
}

export function version() {
  return execFileSync(compiled, ['version'], { encoding: 'utf8' }).trim();
}

export const roles = {
  'one-way': {
    receiver: (work, tell) => run(work, ['receiver'], tell),
    sender: (work, tell) => run(work, ['sender', work.addresses[0]], tell),
  },
};

/** The program ends when its input does: with this process, however that ends. */
function run({ shared, bytes, count }, [role, ...more], tell) {
  const options = { stdio: ['pipe', 'pipe', 'inherit'] };
  const program = spawn(shared.program, [role, String(bytes), String(count), ...more], options);
  program.once('exit', () => process.exit(1));
  createInterface({ input: program.stdout }).on('line', (line) => {
    const { type, ...said } = JSON.parse(line);
    tell(type, said);
  });
}
