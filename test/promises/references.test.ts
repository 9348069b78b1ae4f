/** Every claim of the guarantees, of the conformance tables and of the refusals names a test that exists and runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../../src/kernel/errors.ts';
import { problemsOf } from './check-references.ts';
import { parseDocument } from './claims.ts';
import { matches, testsIn } from './test-names.ts';

const featureApis = readdirSync(new URL('../../src/features', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `src/features/${name}/api.ts`);

const root = new URL('../../', import.meta.url);

/** What is not built yet, by the names that the tables use. */
const later = new Set(['compat chat', 'gossip', 'topics', 'key-value', 'tasks', 'dashboard', 'files']);

function read(file: string): string | undefined {
  try {
    return readFileSync(fileURLToPath(new URL(file, root)), 'utf8');
  } catch {
    return undefined;
  }
}

const guarantees = read('GUARANTEES.md') ?? '';
const conformance = read('docs/conformance.md') ?? '';
const security = read('SECURITY.md') ?? '';

test('every claim of GUARANTEES.md is shown by a test that exists and runs', () => {
  expect(problemsOf('GUARANTEES.md', guarantees, { read })).toEqual([]);
  expect(parseDocument(guarantees).claims.length).toBeGreaterThan(100);
});

test('every row of docs/conformance.md is shown by a test, or left to a capability that comes later', () => {
  expect(problemsOf('docs/conformance.md', conformance, { read, later })).toEqual([]);
  expect(parseDocument(conformance).claims.length).toBeGreaterThan(150);
});

test('every refusal of SECURITY.md is shown by a test that exists and runs', () => {
  const refusals = onlySection(security, 'What is refused, and the test that shows it');
  expect(problemsOf('SECURITY.md', refusals, { read })).toEqual([]);
  expect(parseDocument(refusals).claims.length).toBeGreaterThan(38);
});

/** The rest is blank, so that lines keep their numbers. */
function onlySection(text: string, heading: string): string {
  let isInside = false;
  const lines = text.split('\n').map((line) => {
    if (line.startsWith('## ')) isInside = line === `## ${heading}`;
    return isInside ? line : '';
  });
  return lines.join('\n');
}

test('every error code, every reason for a missing recipient and every verb has a row in GUARANTEES.md', () => {
  const rows = parseDocument(guarantees).claims.flatMap(({ lastCell, text }) =>
    lastCell === undefined ? [] : text,
  );
  const seen = [...featureApis, 'src/node/node.ts'].map((file) => read(file) ?? '').join('\n');
  const words = [...Object.keys(errorCodes), ...reasonsIn(seen), ...verbsIn(seen)];
  expect(words.length).toBeGreaterThan(50);
  expect(words.filter((word) => !rows.some((row) => row.includes(`\`${word}\``)))).toEqual([]);
});

function reasonsIn(source: string): string[] {
  const [, union = ''] = /type MissingReason = ([^;]+);/.exec(source) ?? [];
  return [...union.matchAll(/'([^']+)'/g)].map(([, reason]) => reason as string);
}

/** The methods of a node: `send()`, `broadcast()` ... */
function verbsIn(source: string): string[] {
  const names: string[] = [];
  const file = ts.createSourceFile('node.ts', source, ts.ScriptTarget.Latest, true);
  ts.forEachChild(file, (node) => {
    if (!ts.isInterfaceDeclaration(node) || !/^(NodeCore|LocalNodeCore|[A-Z][a-z]+Api)$/.test(node.name.text))
      return;
    for (const member of node.members)
      if (ts.isMethodSignature(member)) names.push(`${member.name.getText()}()`);
  });
  return names;
}

// ── the check itself can fail ─────────────────────────────────────────────────────────────────────────

const tests = `
  test('plain', () => {});
  describe('a group', () => {
    test('inside', () => {});
    test('twice', () => {});
    test.skip('asleep', () => {});
    test('off', { skip: true }, () => {});
    test.skipIf(process.platform === 'win32')('with a condition', () => {});
    test('decides itself', ({ skip }) => skip());
  });
  describe('another group', () => { it('twice', () => {}); });
  describe.skip('a sleeping group', () => { test('within', () => {}); });
  describe.each(['left', 'right'])('the %s side', () => { test('is there', () => {}); });
  test.todo('one day');
  test.each([[1, 'one'], [2, 'two']])('%i is %s', () => {});
  test.each(rows)('%s', () => {});
  test.each([['a row', 250_000]])('%s', () => {});
  test.each([250_000])('%i bytes', () => {});
  for (const name of names) test(\`made of \${name}\`, () => {});
`;

function problems(text: string, more: { later?: ReadonlySet<string> } = {}): string[] {
  return problemsOf('d.md', text, { read: (file) => (file === 'x.test.ts' ? tests : undefined), ...more });
}

describe('a claim', () => {
  const shown = '`x.test.ts › plain`';

  test('is a row of a table but its head, or an item of a list, and nothing else', () => {
    const table = `| a | b |\n|---|:--|\n| row | ${shown} |\n`;
    const text = `# - no claim\n\n${table}\n- item ${shown}\n1. first\n   ${shown}\n\nOnly words | here.\n`;
    const code = '```\n- in code\n| in | code |\n```\n';
    expect(parseDocument(text + code).claims.map(({ line }) => line)).toEqual([5, 7, 8]);
    expect(problems(text + code)).toEqual([]);
  });

  test('without a test is told with its line', () => {
    expect(problems('| a |\n|---|\n| bare |\n\n- also bare\n')).toEqual([
      'd.md:3: names no test: | bare |',
      'd.md:5: names no test: - also bare',
    ]);
  });

  test('may have its test in a footnote, which must exist, once, be used and name a test', () => {
    expect(problems(`- good[^a]\n\n[^a]: ${shown}\n`)).toEqual([]);
    expect(problems(`- bad[^b]\n\n[^a]: ${shown}\n[^c]: nothing\n[^c]: ${shown}`)).toEqual([
      'd.md:1: no footnote [^b]',
      'd.md:3: nothing refers to [^a]',
      'd.md:4: nothing refers to [^c]',
      'd.md:4: [^c] names no test',
      'd.md:5: nothing refers to [^c]',
      'd.md:5: [^c] is there twice',
    ]);
  });

  test('may be left to later only in a row, by a known name, and where that is allowed', () => {
    const row = (cell: string) => `| a | b |\n|---|---|\n| x | ${cell} |\n`;
    const allowed = { later: new Set(['tasks']) };
    expect(problems(row('later (tasks)'), allowed)).toEqual([]);
    expect(problems(row('later (tasks)'))).toEqual(['d.md:3: names no test: | x | later (tasks) |']);
    expect(problems(row('later (sleep)'), allowed)).toEqual(['d.md:3: "sleep" is none of tasks']);
    expect(problems(row('later'), allowed)).toHaveLength(1);
    expect(problems('- later (tasks)', allowed)).toHaveLength(1);
  });
});

describe('a named test', () => {
  const named = (name: string, file = 'x.test.ts') => problems(`- \`${file} › ${name}\``);

  test.each([
    'plain',
    'inside',
    'a group › inside',
    'a group › twice',
    'with a condition',
    'decides itself',
    '%i is %s',
    '2 is two',
    'a row',
    '250000 bytes',
    'made of wood',
    'the %s side › is there',
    'the left side › is there',
  ])('is found: %s', (name) => {
    expect(named(name)).toEqual([]);
  });

  test.each([
    ['nowhere', 'x.test.ts has no test "nowhere"'],
    ['another group › inside', 'x.test.ts has no test "another group › inside"'],
    ['3 is three', 'x.test.ts has no test "3 is three"'],
    ['the far side › is there', 'x.test.ts has no test "the far side › is there"'],
    ['row', 'x.test.ts has no test "row"'],
    ['%s', 'x.test.ts has 2 tests "%s": name their group too'],
    ['twice', 'x.test.ts has 2 tests "twice": name their group too'],
    ['asleep', '"asleep" in x.test.ts is skipped'],
    ['off', '"off" in x.test.ts is skipped'],
    ['within', '"within" in x.test.ts is skipped'],
    ['one day', '"one day" in x.test.ts is skipped'],
  ])('is told to be missing, ambiguous or skipped: %s', (name, problem) => {
    expect(named(name)).toEqual([`d.md:1: ${problem}`]);
  });

  test('must be in a file of tests that exists', () => {
    expect(named('plain', 'y.test.ts')).toEqual(['d.md:1: y.test.ts is no file of tests']);
    expect(named('plain', 'x.ts')).toEqual(['d.md:1: x.ts is no file of tests']);
  });

  test('may have backticks and bars in its name', () => {
    expect(parseDocument('- ``f.test.ts › by `close` \\| so``').claims[0]?.references).toEqual([
      { line: 1, file: 'f.test.ts', names: ['by `close` | so'] },
    ]);
  });

  test('is found in the sources of this repository by every form that they use', () => {
    const found = testsIn(read('test/core/links.test.ts') ?? '');
    const names = [
      'two nodes that dial each other at once',
      'keep one link, the same at both ends, with delays of up to 40 ms',
    ];
    expect(found.filter((one) => matches(one, names) !== undefined)).toHaveLength(1);
    expect(found.length).toBeGreaterThan(10);
  });
});
