/** A mutant is code that the compiler takes: one that is nonsense would be caught by whatever it breaks. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { mutants } from './catalog.ts';
import { plant } from './mutant.ts';

/** The project's tests with all sources, of which single files can be replaced. */
class Checker {
  private readonly replaced = new Map<string, string>();
  private readonly versions = new Map<string, number>();
  private readonly service: ts.LanguageService;

  constructor() {
    const { sys } = ts;
    const { config } = ts.readConfigFile('tsconfig.test.json', sys.readFile);
    const { fileNames, options } = ts.parseJsonConfigFileContent(config, sys, process.cwd());
    this.service = ts.createLanguageService({
      getScriptFileNames: () => fileNames,
      getScriptVersion: (file) => String(this.versions.get(file) ?? 0),
      getScriptSnapshot: (file) => {
        const text = this.replaced.get(file) ?? sys.readFile(file);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => process.cwd(),
      // What a slip leaves unused is no nonsense.
      getCompilationSettings: () => ({ ...options, noUnusedLocals: false, noUnusedParameters: false }),
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: sys.fileExists,
      readFile: sys.readFile,
      readDirectory: sys.readDirectory,
      directoryExists: sys.directoryExists,
      getDirectories: sys.getDirectories,
    });
  }

  /** What the compiler says of a file with this text. */
  problems(file: string, text: string): string[] {
    this.replaced.set(file, text);
    this.versions.set(file, (this.versions.get(file) ?? 0) + 1);
    const found = this.service.getSemanticDiagnostics(file);
    this.replaced.delete(file);
    this.versions.set(file, (this.versions.get(file) ?? 0) + 1);
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  }
}

test('each mutant compiles', () => {
  const checker = new Checker();
  const problems = mutants.flatMap((mutant) => {
    const file = resolve(mutant.file);
    const found = checker.problems(file, plant(mutant, readFileSync(file, 'utf8')));
    return found.map((text) => `${mutant.name}: ${text}`);
  });
  expect(problems).toEqual([]);
}, 600_000);
