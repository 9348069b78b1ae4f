/** `skein key`: the mesh keys of this user, which make a mesh closed to everybody else. */
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { defaultKeyPath } from '../../host/keys/key-file.ts';
import { KeyStore } from '../../host/keys/key-store.ts';
import { command, type PrintChoice, withJson } from '../kit/command.ts';
import { print, printError, printJson, table } from '../kit/output.ts';

interface KeyOptions extends PrintChoice {
  readonly keyFile?: string;
}

export function build(): Command {
  return command('key', 'make, show and change the mesh keys of this user', [
    'skein key new',
    'ssh other skein key add < ~/.config/skein/keys',
    'skein key show',
  ])
    .addCommand(buildNew())
    .addCommand(buildShow())
    .addCommand(buildAdd())
    .addCommand(buildUse())
    .addCommand(buildRemove());
}

function buildNew(): Command {
  return keyCommand('new', 'make a key, readable by this user alone', [
    'skein key new',
    'skein key new --beside   # to rotate: then key add, use and rm',
  ])
    .option('--beside', 'beside the key there is: accepted, not yet used')
    .action(({ keyFile, beside, json }: KeyOptions & { beside?: boolean }) => {
      const store = storeOf(keyFile);
      const key = store.make(beside === true);
      if (json === true) return printJson({ path: store.path, id: key.id });
      print(`made key ${key.id} in ${store.path}`);
      print(`bring it to the next machine:\n  ssh HOST skein key add < ${store.path}`);
      if (store.keys.length > 1)
        print(`once all machines have it, on each of them:\n  skein key use ${key.id}`);
    });
}

function buildShow(): Command {
  return keyCommand('show', 'list the keys by id; the first is used, all are accepted', [
    'skein key show',
    'skein key show --secret   # the keys themselves: whoever has one is a member',
  ])
    .option('--secret', 'the keys themselves')
    .action(({ keyFile, secret, json }: KeyOptions & { secret?: boolean }) => {
      const store = storeOf(keyFile);
      const rows = store.keys.map((key, i) => ({
        id: key.id,
        state: i === 0 ? 'used' : 'accepted',
        ...(secret === true ? { key: key.text } : {}),
      }));
      if (json === true) return printJson({ path: store.path, keys: rows });
      if (rows.length === 0)
        return print(`no keys in ${store.path}; make one: skein key new${fileFlag(keyFile)}`);
      const head = secret === true ? ['ID', 'STATE', 'KEY'] : ['ID', 'STATE'];
      print(
        table(
          head,
          rows.map((row) => Object.values(row)),
        ),
      );
    });
}

function buildAdd(): Command {
  return keyCommand('add', 'take in keys from standard input', [
    'ssh HOST skein key add < ~/.config/skein/keys',
    'skein key add   # paste the key, Enter, Ctrl-D',
  ])
    .option('--first', 'use it from now on')
    .action(async ({ keyFile, first, json }: KeyOptions & { first?: boolean }) => {
      if (process.stdin.isTTY) printError('paste the key, then Enter and Ctrl-D:');
      const store = storeOf(keyFile);
      const fresh = store.add(await textOf(process.stdin), first === true);
      if (json === true) return printJson({ path: store.path, added: fresh.map(({ id }) => id) });
      if (fresh.length === 0) return print(`${store.path} has it already`);
      for (const { id } of fresh) print(`added key ${id} to ${store.path}`);
    });
}

function buildUse(): Command {
  return keyCommand('use', 'use this key from now on; the others stay accepted', ['skein key use 1f0c'])
    .argument('<id>', 'as `skein key show` lists it; its first four characters are enough')
    .action((id: string, { keyFile, json }: KeyOptions) => {
      const store = storeOf(keyFile);
      const used = store.use(id).id;
      if (json === true) printJson({ path: store.path, id: used });
      else print(`using key ${used}`);
    });
}

function buildRemove(): Command {
  return keyCommand('rm', 'remove a key; running nodes close the links that were proven with it', [
    'skein key rm 1f0c',
  ])
    .argument('<id>', 'as `skein key show` lists it; its first four characters are enough')
    .option('--last', 'also when it is the only one')
    .action((id: string, { keyFile, last, json }: KeyOptions & { last?: boolean }) => {
      const store = storeOf(keyFile);
      const removed = store.remove(id, last === true).id;
      if (json === true) printJson({ path: store.path, id: removed });
      else print(`removed key ${removed} from ${store.path}`);
    });
}

function keyCommand(name: string, summary: string, examples: readonly string[]): Command {
  return withJson(command(name, summary, examples)).option(
    '--key-file <path>',
    'instead of the file of this user ($XDG_CONFIG_HOME/skein/keys; or SKEIN_KEY_FILE)',
  );
}

/** So that the advice is about the same file. */
function fileFlag(keyFile: string | undefined): string {
  return keyFile === undefined ? '' : ` --key-file ${keyFile}`;
}

function storeOf(keyFile: string | undefined): KeyStore {
  return new KeyStore(keyFile ?? defaultKeyPath());
}
