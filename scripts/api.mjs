/**
 * Writes down the public API, one report for each entry of package.json's "exports": `npm run api` puts them
 * into docs/api, where each public change is a diff. Made from the declarations in dist, so build first.
 * test/api-report.test.ts calls `makeReports` and fails where one differs from the file in docs/api. Types that an
 * entry's declarations name without exporting them are written out in the report of the main entry, since programs
 * compile against them; the others list their names, or a change of the kernel's inside would be a diff there.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const packageFile = join(root, 'package.json');
const ending = '.api.md';
const unexportedId = 'ae-forgotten-export';
export const reportFolder = join(root, 'docs', 'api');

/** `{ name, entry, text }` for each public entry: the report's file name, what a program imports, the report. */
export function makeReports() {
  const { name, exports } = JSON.parse(readFileSync(packageFile, 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'skein-api-'));
  try {
    return Object.entries(exports)
      .filter(([, { types }]) => types !== undefined)
      .map(([path, { types }]) => {
        const entry = name + path.slice(1);
        const fileName = entry.replaceAll('/', '-') + ending;
        return { name: fileName, entry, text: makeReport({ path, entry, types, fileName, folder }) };
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The names of the reports that lie in the repository. */
export function storedReports() {
  return existsSync(reportFolder) ? readdirSync(reportFolder).filter((file) => file.endsWith(ending)) : [];
}

function makeReport({ path, entry, types, fileName, folder }) {
  const declarations = join(root, types);
  if (!existsSync(declarations)) throw new Error(`${types} is missing: run \`npm run build\` first`);
  const isWhole = path === '.';
  const problems = [];
  const unexported = new Set();
  const result = Extractor.invoke(configure(declarations, fileName, folder, isWhole), {
    localBuild: true,
    messageCallback(message) {
      message.handled = true;
      const { messageId, category, logLevel, text } = message;
      if (messageId === unexportedId) unexported.add(/"(.+?)"/.exec(text)[1]);
      else if (category === 'Compiler' || logLevel === 'error') problems.push(text);
    },
  });
  if (problems.length > 0 || !result.apiReportChanged)
    throw new Error(`the declarations of ${entry} cannot be read: ${problems.join('; ')}`);
  const text = withTitle(entry, readFileSync(join(folder, fileName), 'utf8'));
  return isWhole ? text : text + listOf(unexported);
}

function configure(declarations, fileName, folder, includeForgottenExports) {
  // What the extractor would have in the report besides the declarations: tags that nothing here uses, and
  // complaints with line numbers, which would change with every comment.
  const silent = { default: { logLevel: 'none' } };
  return ExtractorConfig.prepare({
    packageJsonFullPath: packageFile,
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          extends: './tsconfig.base.json',
          compilerOptions: { types: ['node'] },
          files: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: fileName,
        reportFolder: folder,
        reportTempFolder: join(folder, 'temp'),
        includeForgottenExports,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: { ...silent, [unexportedId]: { logLevel: 'warning' } },
        tsdocMessageReporting: silent,
      },
    },
  });
}

/** The extractor's own title names the package only, which is the same for all entries. */
function withTitle(entry, text) {
  const begin = text.indexOf('```ts\n');
  if (begin < 0) throw new Error(`the report of ${entry} has no declarations`);
  const title = `# What \`import ... from '${entry}'\` gives\n\nWritten by \`npm run api\`; do not edit.\n\n`;
  return title + text.slice(begin).replace('// (No @packageDocumentation comment for this package)\n\n', '');
}

function listOf(unexported) {
  if (unexported.size === 0) return '';
  const names = [...unexported].sort().map((name) => `- ${name}\n`);
  return `\nNamed above, but not exported from this entry:\n\n${names.join('')}`;
}

function writeReports() {
  const reports = makeReports();
  mkdirSync(reportFolder, { recursive: true });
  for (const file of storedReports())
    if (!reports.some(({ name }) => name === file)) rmSync(join(reportFolder, file));
  for (const { name, text } of reports) writeFileSync(join(reportFolder, name), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeReports();
