/**
 * The names of the tests in a TypeScript source, found without running it.
 *
 * Used by the check of references. A name made at run time (`%s`, `${...}`) is a pattern. Invariant: what
 * would not run unconditionally is said to be skipped; `skipIf`, `runIf` and a skip from within a test are
 * conditions (a tool that is not installed), not that.
 */
import ts from 'typescript';

/** One title of a test or of a group: as it is written, and what it may become. */
interface Title {
  readonly text: string;
  /** Undefined: only itself. */
  readonly pattern: RegExp | undefined;
  /** The rows of an `each`, where they stand in the call itself: what a pattern stands for occurs in them. */
  readonly rows: string | undefined;
}

export interface FoundTest {
  /** Groups first, the test last. */
  readonly titles: readonly Title[];
  readonly skipped: boolean;
}

interface Callee {
  readonly base: string;
  readonly modifiers: readonly string[];
  readonly rows: ts.Node | undefined;
  /** `test.each` and the like, still without their rows or condition. */
  readonly unfinished: boolean;
}

const groupNames = new Set(['describe', 'suite']);
const testNames = new Set(['test', 'it']);
const takesArguments = new Set(['each', 'for', 'skipIf', 'runIf', 'extend']);
const skipModifiers = new Set(['skip', 'todo', 'fails']);

export function testsIn(source: string): FoundTest[] {
  const file = ts.createSourceFile('any.ts', source, ts.ScriptTarget.Latest, true);
  const found: FoundTest[] = [];
  const visit = (node: ts.Node, groups: readonly Title[], skipped: boolean): void => {
    const definition = ts.isCallExpression(node) ? definitionOf(node) : undefined;
    if (definition?.title === undefined) {
      return ts.forEachChild(node, (child) => visit(child, groups, skipped));
    }
    const titles = [...groups, definition.title];
    const isSkipped = skipped || definition.skipped;
    if (definition.isTest) found.push({ titles, skipped: isSkipped });
    else ts.forEachChild(node, (child) => visit(child, titles, isSkipped));
  };
  visit(file, [], false);
  return found;
}

/** Whether a reference (groups that may be left out from the front, then the test) names this test. */
export function matches(test: FoundTest, names: readonly string[]): 'exactly' | 'by pattern' | undefined {
  const titles = test.titles.slice(-names.length);
  if (titles.length < names.length) return undefined;
  if (titles.every(({ text }, i) => text === names[i])) return 'exactly';
  return titles.every((title, i) => fits(title, names[i] as string)) ? 'by pattern' : undefined;
}

function fits({ text, pattern, rows }: Title, name: string): boolean {
  if (text === name) return true;
  const values = pattern?.exec(name)?.slice(1);
  if (values === undefined) return false;
  return rows === undefined || values.every((value) => isInRows(value, rows));
}

/** As a text of its own, or as a number. */
function isInRows(value: string, rows: string): boolean {
  const quoted = ["'", '"', '`'].some((quote) => rows.includes(quote + value + quote));
  return quoted || (/^-?[\d.]+$/.test(value) && new RegExp(`(?<![\\w.])${value}(?![\\w.])`).test(rows));
}

function definitionOf(call: ts.CallExpression) {
  const callee = calleeOf(call.expression);
  if (callee === undefined || callee.unfinished) return undefined;
  const name = callee.base.replace(/^x/, '');
  const [title, ...others] = call.arguments;
  const skipped =
    callee.base !== name ||
    callee.modifiers.some((modifier) => skipModifiers.has(modifier)) ||
    others.some(hasSkipOption);
  return { isTest: testNames.has(name), skipped, title: title && titleOf(title, callee) };
}

function calleeOf(node: ts.Expression): Callee | undefined {
  if (ts.isIdentifier(node)) {
    const known = groupNames.has(node.text.replace(/^x/, '')) || testNames.has(node.text.replace(/^x/, ''));
    return known ? { base: node.text, modifiers: [], rows: undefined, unfinished: false } : undefined;
  }
  if (ts.isPropertyAccessExpression(node)) {
    const inner = calleeOf(node.expression);
    const modifier = node.name.text;
    const modifiers = [...(inner?.modifiers ?? []), modifier];
    return inner && { ...inner, modifiers, unfinished: takesArguments.has(modifier) };
  }
  const called = ts.isCallExpression(node)
    ? node.expression
    : ts.isTaggedTemplateExpression(node) && node.tag;
  const inner = called ? calleeOf(called) : undefined;
  if (inner?.unfinished !== true) return undefined;
  const rows = ts.isCallExpression(node) ? node.arguments[0] : (node as ts.TaggedTemplateExpression).template;
  return {
    ...inner,
    rows: /^(each|for)$/.test(inner.modifiers.at(-1) ?? '') ? rows : undefined,
    unfinished: false,
  };
}

/** `test('name', { skip: true }, ...)` */
function hasSkipOption(node: ts.Expression): boolean {
  if (!ts.isObjectLiteralExpression(node)) return false;
  return node.properties.some(
    (property) =>
      ts.isPropertyAssignment(property) &&
      skipModifiers.has(property.name.getText()) &&
      property.initializer.kind === ts.SyntaxKind.TrueKeyword,
  );
}

function titleOf(node: ts.Expression, { rows }: Callee): Title | undefined {
  const isTable = rows !== undefined && (ts.isArrayLiteralExpression(rows) || ts.isTemplateLiteral(rows));
  // 250_000 is printed as 250000.
  const rowText = isTable ? rows.getText().replace(/(?<=\d)_(?=\d)/g, '') : undefined;
  if (ts.isStringLiteralLike(node)) {
    return {
      text: node.text,
      pattern: rows && patternOf(node.text.split(/%[sdifjoO#%]|\$[\w.]+/), rowText),
      rows: rowText,
    };
  }
  if (!ts.isTemplateExpression(node)) return undefined;
  const parts = [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
  return { text: node.getText().slice(1, -1), pattern: patternOf(parts, rowText), rows: rowText };
}

/** Undefined where nothing of the name is fixed and no rows are known: it would name everything. */
function patternOf(parts: readonly string[], rows: string | undefined): RegExp | undefined {
  if (parts.length === 1 || (rows === undefined && parts.join('').trim() === '')) return undefined;
  return new RegExp(
    `^${parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('(.+)')}$`,
    's',
  );
}
