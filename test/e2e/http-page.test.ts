/** Every line of `curl` in docs/http.md, word for word: what it prints is what the page says. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { servedPair } from './served-pair.ts';

const page = readFileSync(new URL('../../docs/http.md', import.meta.url), 'utf8');
/** Each command with the line that it prints. */
const lines = [...page.matchAll(/^\$ (curl .*)\n(.*)$/gm)].map(
  ([, command = '', printed = '']) => [command, printed] as const,
);

const pair = servedPair(async ({ a, b }) => {
  b.respond<{ width: number; height: number }>('area', ({ input }) => input.width * input.height);
  b.handle(() => undefined);
  await a.ready({ services: ['area'] });
});

/** What has to happen for a stream to have an item. */
const causes: Readonly<Record<string, () => unknown>> = {
  listen: () => pair().b.send('a', { text: 'hello' }, { kind: 'greeting' }),
  events: () => pair().b.hangup('a'),
};

test('there are lines to try', () => expect(lines.length).toBeGreaterThan(8));

test.each(lines)('%s', async (command, printed) => {
  const child = spawn('sh', ['-c', `exec ${command.replace('SOCKET', pair().server.path)}`]);
  const [, operation = ''] = /api\/v1\/(\S+)/.exec(command) ?? [];
  const first = new Promise<string>((resolve, reject) => {
    let text = '';
    let isOpen = false;
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      // A stream says with an empty line that it stands.
      if (!isOpen) void causes[operation]?.();
      isOpen = true;
      const line = text.split('\n').find((each) => each.startsWith('{'));
      if (line !== undefined && text.includes(`${line}\n`)) resolve(line);
    });
    child.once('close', () => reject(new Error(`it ended with ${JSON.stringify(text)}`)));
  });
  expect(await first).toMatch(patternOf(printed));
  child.kill();
});

/** `...` stands for what differs each time. */
function patternOf(line: string): RegExp {
  const literal = line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('\\.\\.\\.', '.+')}$`);
}
