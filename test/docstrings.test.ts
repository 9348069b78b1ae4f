/**
 * Every public name and every member of it says what it is: what an editor shows is all that most users ever read.
 *
 * It reads the sources with the compiler, as a program that imports `skein` or one of its parts sees them.
 */
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'src');
const entries = {
  skein: 'index.ts',
  'skein/kernel': 'kernel/index.ts',
  'skein/testing': 'testing/index.ts',
  'skein/sim': 'sim/index.ts',
};

const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: () => undefined,
} as ts.ParseConfigFileHost);
const program = ts.createProgram(
  Object.values(entries).map((file) => join(source, file)),
  { ...config?.options, noEmit: true, composite: false },
);
const checker = program.getTypeChecker();

const isDocumented = (symbol: ts.Symbol): boolean =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '' ||
  symbol.getJsDocTags(checker).some(({ name }) => name === 'throws' || name === 'example');

const isOurs = (symbol: ts.Symbol): boolean =>
  (symbol.declarations ?? []).some((one) => one.getSourceFile().fileName.startsWith(source));

/** Who only carries on what another declares is documented there. */
const isPrivate = (symbol: ts.Symbol): boolean =>
  (symbol.declarations ?? []).every(
    (one) => (ts.getCombinedModifierFlags(one as ts.Declaration) & ts.ModifierFlags.Private) !== 0,
  );

function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  const declared = checker.getDeclaredTypeOfSymbol(symbol);
  const isShape =
    (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.TypeAlias)) !== 0;
  if (!isShape || declared.isUnion()) return [];
  const statics = [...(symbol.exports?.values() ?? [])].filter(({ name }) => name !== 'prototype');
  return [...declared.getProperties(), ...statics].filter((member) => isOurs(member) && !isPrivate(member));
}

function undocumented(file: string): string[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(source, file)) as ts.SourceFile);
  return checker.getExportsOfModule(module as ts.Symbol).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const bare = isDocumented(symbol) ? [] : [exported.name];
    const members = membersOf(symbol).filter((member) => !isDocumented(member));
    return [...bare, ...members.map((member) => `${exported.name}.${member.name} (${placeOf(member)})`)];
  });
}

function placeOf(symbol: ts.Symbol): string {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName ?? '';
  return relative(dirname(source), file);
}

test.each(Object.entries(entries))(
  'every name of %s and every member of it has a docstring',
  (_name, file) => {
    expect(program.getSourceFile(join(source, file))).toBeDefined();
    expect(undocumented(file)).toEqual([]);
  },
);
