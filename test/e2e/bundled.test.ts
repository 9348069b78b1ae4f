/**
 * A program that was bundled with skein into one file, as an ES module and as CommonJS, in a folder without skein: it runs,
 * announces skein's version, and keeps letters once the files of the store's thread are beside it.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { freeTcpPorts } from '../free-ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const base = mkdtempSync(join(tmpdir(), 'skein-bundled-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const program = `
import { createNode } from 'skein';
async function main() {
  const formation = ['tcp://127.0.0.1:' + process.env.PORT];
  const node = await createNode({ key: false, discovery: false, name: 'a', formation, store: process.env.STORE });
  const sent = () => node.letters.send('b', 'x', { allowUnknown: true }).then(({ where }) => where, ({ code, message }) => [code, message]);
  console.log(JSON.stringify({ version: (await node.status()).version, sent: await sent() }));
  await node.close();
}
main();`;

test.each(['esm', 'cjs'] as const)(
  'a program that was bundled as %s says what its store needs, and keeps letters once it has that',
  async (format) => {
    const folder = join(base, format);
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    // Its package.json is that of another program.
    writeFileSync(join(base, 'package.json'), '{"version":"9.9.9","type":"commonjs"}');
    symlinkSync(join(root, 'node_modules/@photostructure'), join(folder, 'node_modules/@photostructure'));
    const file = join(folder, format === 'esm' ? 'program.mjs' : 'program.cjs');
    await build({
      stdin: { contents: program, resolveDir: root, sourcefile: 'program.js' },
      alias: { skein: join(root, exports['.'].default as string) },
      outfile: file,
      ...{ bundle: true, platform: 'node', format, logLevel: 'error' },
    });
    const needs = `the store needs worker.js and sqlite-parts.js of skein, and ${join(folder, 'chunks/')} has none: copy the folder dist/chunks of the package skein there, as a program that is bundled must`;
    expect(await output(file, folder)).toEqual({ version, sent: ['SKEIN_STORE', needs] });
    cpSync(join(root, 'dist/chunks'), join(folder, 'chunks'), { recursive: true });
    expect(await output(file, folder)).toEqual({ version, sent: 'store' });
  },
);

async function output(file: string, folder: string): Promise<unknown> {
  const [port] = await freeTcpPorts(1);
  const home = { HOME: folder, XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder, XDG_RUNTIME_DIR: folder };
  const env = { ...home, PATH: process.env.PATH, PORT: String(port), STORE: join(folder, 'swarm.sqlite') };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env, cwd: folder });
  return JSON.parse(stdout);
}
