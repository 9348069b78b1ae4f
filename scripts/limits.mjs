/**
 * `npm run limits`: writes docs/limits.md, the page of every limit with its value and its reason, from the
 * `limits.ts` of each part of the source. A test compares the page with what this makes today.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
export const limitsFile = join(root, 'docs', 'limits.md');
/** What the list of all limits gathers: each stands in the file of its part already. */
const gathered = join('features', 'limits.ts');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(limitsFile, await limitsPage());
  console.log('docs/limits.md is written');
}

export async function limitsPage() {
  const source = join(root, 'src');
  const files = readdirSync(source, { recursive: true })
    .filter((file) => file.split(sep).at(-1) === 'limits.ts' && file !== gathered)
    .sort();
  const parts = await Promise.all(files.map((file) => partOf(file, source)));
  return `# Limits

Every queue, wait, retry and size that others could drive up has its limit, with the reason for it. This page is
made from the source by \`npm run limits\`; programs read those of the kernel and of the features as \`limits\`.
${parts.join('')}`;
}

async function partOf(file, source) {
  const text = readFileSync(join(source, file), 'utf8');
  const { name, properties } = recordIn(file, text);
  const values = (await evaluated(join(source, file)))[name];
  const rows = [];
  for (const property of properties) {
    const key = property.name.getText();
    const { section, reason } = commentsOf(property, text);
    if (section !== undefined) rows.push(`| **${section}** | | |`);
    const why = reason ?? (section === undefined && rows.length > 0 ? 'as above' : undefined);
    if (why === undefined) throw new Error(`src/${file}: ${key} has no reason: write one above it`);
    rows.push(`| \`${key}\` | ${withUnit(key, values[key])} | ${why} |`);
  }
  return `\n## ${titleOf(file)}\n\n| limit | value | why |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

/** What a file of the source exports. */
export async function evaluated(file) {
  const build = await rolldown({ input: file });
  const { output } = await build.generate({ format: 'esm', codeSplitting: false });
  await build.close();
  return import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
}

/** The one exported record of a file, and its lines. */
function recordIn(file, text) {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  for (const statement of tree.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const [{ name, initializer }] = statement.declarationList.declarations;
    const value =
      initializer !== undefined && ts.isAsExpression(initializer) ? initializer.expression : initializer;
    if (value !== undefined && ts.isObjectLiteralExpression(value))
      return { name: name.getText(), properties: value.properties.filter(ts.isPropertyAssignment) };
  }
  throw new Error(`src/${file} exports no record of limits`);
}

function commentsOf(property, text) {
  const comments = (ts.getLeadingCommentRanges(text, property.getFullStart()) ?? []).map(({ pos, end }) =>
    text.slice(pos, end),
  );
  const section = comments
    .find((comment) => comment.startsWith('// ──'))
    ?.replace(/[/─]+/g, '')
    .trim();
  const reason = comments
    .find((comment) => comment.startsWith('/**'))
    ?.replace(/^\/\*\*|\*\/$/g, '')
    .replace(/\n\s*\*/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .trim();
  return { section, reason };
}

/** The last word of a name is its unit; `Max` and `Min` may follow it. */
function withUnit(name, value) {
  if (typeof value !== 'number') return `\`${JSON.stringify(value)}\``;
  const unit = /(Bytes|Ms)(?:Per[A-Z][a-z]+)?(?:Max|Min)?$/.exec(name)?.[1];
  if (unit === 'Bytes') return bytesText(value);
  if (unit === 'Ms')
    return value >= 1000 && value % 1000 === 0 ? `${grouped(value / 1000)} s` : `${grouped(value)} ms`;
  return grouped(value);
}

function bytesText(value) {
  for (const [unit, size] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ])
    if (value >= size && value % size === 0) return `${grouped(value / size)} ${unit}`;
  return `${grouped(value)} bytes`;
}

function grouped(value) {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 15 });
}

function titleOf(file) {
  const parts = dirname(file).split(sep);
  return parts[0] === 'features' ? `Feature ${parts[1]}` : `\`src/${parts.join('/')}\``;
}
