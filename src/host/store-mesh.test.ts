import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreMesh } from './store-mesh.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-mesh-'));
  path = join(folder, 'swarm.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const meshOf = (...ids: string[]): StoreMesh => new StoreMesh(path, () => ids);
const word = (): unknown => JSON.parse(readFileSync(`${path}-mesh`, 'utf8'));

test('a store that is nobody’s belongs to the mesh that opens it first', () => {
  meshOf('a').check();
  expect(existsSync(`${path}-mesh`)).toBe(false);
  meshOf('a').take();
  expect(word()).toEqual({ keys: ['a'] });
  expect(statSync(`${path}-mesh`).mode & 0o777).toBe(0o600);
  meshOf('a').take();
});

test('a store of another mesh is refused, with whose it is and what to do', () => {
  meshOf('a').take();
  for (const act of ['check', 'take'] as const)
    expect(() => meshOf('b')[act]()).toThrow(
      `the store ${path} belongs to the mesh of key a, and this node has key b: nothing was read or changed; give this mesh a store of its own with --store or another --namespace; where the key of that mesh was changed, run: skein store rekey`,
    );
  expect(() => meshOf().check()).toThrow('the mesh of key a, and this node has no key');
  expect(word()).toEqual({ keys: ['a'] });
});

test('a store of nodes without a key is not one of a mesh with a key', () => {
  meshOf().take();
  meshOf().take();
  expect(() => meshOf('a').take()).toThrow('belongs to nodes without a key, and this node has key a');
});

test('a key that is changed while both are held takes the store along', () => {
  meshOf('old').take();
  meshOf('new', 'old').take();
  expect(word()).toEqual({ keys: ['new', 'old'] });
  meshOf('new').take();
  expect(word()).toEqual({ keys: ['new'] });
  expect(() => meshOf('old').check()).toThrow('belongs to the mesh of key new');
});

test('keys that change in a running node take the store along, and no other one', () => {
  meshOf('old').take();
  meshOf('new', 'old').keysChanged([]);
  meshOf('new').keysChanged(['old']);
  expect(word()).toEqual({ keys: ['new'] });
  meshOf('x').keysChanged(['y']);
  expect(word()).toEqual({ keys: ['new'] });
  meshOf().keysChanged(['new']);
  expect(word()).toEqual({ keys: ['new'] });
});

test('whose store it is can be changed by hand, also where the word is damaged', () => {
  for (const damaged of ['', '{}', '{"keys":[1]}']) {
    writeFileSync(`${path}-mesh`, damaged);
    expect(() => meshOf('a').take()).toThrow('skein store rekey');
    expect(readFileSync(`${path}-mesh`, 'utf8')).toBe(damaged);
  }
  expect(meshOf('b').write()).toEqual(['b']);
  meshOf('b').check();
});
