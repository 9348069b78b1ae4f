/**
 * What `skein key` does with a file of keys: make one, take others in, choose the one in use, remove.
 *
 * Who calls it: the command. Invariant: nothing is written unless the whole change makes sense; each call
 * reads the file anew, since a person may have edited it.
 */
import { SkeinError } from '../../kernel/errors.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';
import { MeshKey } from './mesh-key.ts';

/** An id may be cut to this many characters. */
const idCharactersMin = 4;

export class KeyStore {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The first is used, all are accepted. */
  get keys(): readonly MeshKey[] {
    return readKeyFile(this.path) ?? [];
  }

  /** @param beside Where there is a key already: accepted beside it, not used yet. */
  make(beside: boolean): MeshKey {
    const { keys } = this;
    const [first] = keys;
    if (first !== undefined && !beside)
      throw new SkeinError(
        'SKEIN_KEY',
        `there is a key already (${first.id}) in ${this.path}; to change it for another: skein key new --beside`,
      );
    const key = MeshKey.make();
    writeKeyFile(this.path, [...keys, key]);
    return key;
  }

  /** @param text Keys, a key file, or what `skein key show --secret` prints. @returns Those that were not there yet. */
  add(text: string, first: boolean): readonly MeshKey[] {
    const given = textsIn(text).map((one) => MeshKey.parse(one, 'the key given'));
    if (given.length === 0)
      throw new SkeinError('SKEIN_KEY', 'no key was given; they are read from standard input, one a line');
    const { keys } = this;
    const fresh = given.filter((key) => !keys.some(({ id }) => id === key.id));
    if (fresh.length > 0) writeKeyFile(this.path, first ? [...fresh, ...keys] : [...keys, ...fresh]);
    return fresh;
  }

  /** Makes it the one in use. */
  use(id: string): MeshKey {
    const key = this.find(id);
    writeKeyFile(this.path, [key, ...this.keys.filter((other) => other.id !== key.id)]);
    return key;
  }

  /** @param last It may be the only one. */
  remove(id: string, last: boolean): MeshKey {
    const key = this.find(id);
    const rest = this.keys.filter((other) => other.id !== key.id);
    if (rest.length === 0 && !last)
      throw new SkeinError(
        'SKEIN_KEY',
        `${key.id} is the only key: without it running nodes lose all links; to remove it all the same: --last`,
      );
    writeKeyFile(this.path, rest);
    return key;
  }

  private find(id: string): MeshKey {
    const { keys } = this;
    const wanted = id.toLowerCase();
    const found = wanted.length < idCharactersMin ? [] : keys.filter((key) => key.id.startsWith(wanted));
    const [key] = found;
    if (key !== undefined && found.length === 1) return key;
    const there = keys.length === 0 ? 'there are none' : `there are ${keys.map((one) => one.id).join(', ')}`;
    throw new SkeinError('SKEIN_KEY', `${this.path} has no one key of the id ${id}; ${there}`);
  }
}

/** Whatever looks like a key; where nothing does, each line, so that the error can say what it is not. */
function textsIn(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return text.match(/\bskein1-\S+/gi) ?? lines.filter((line) => line !== '');
}
