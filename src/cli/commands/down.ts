/** `skein down`: the node says goodbye and its program ends. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../kit/command.ts';
import { print, printJson } from '../kit/output.ts';
import { withNode } from '../kit/with-node.ts';

/** A node leaves within two seconds; its process may need a moment more. */
const endTimeoutMs = 3000;
const lookAgainMs = 20;

export function build(): Command {
  return withJson(
    nodeCommand('down', 'let the node leave the mesh and end', ['skein down', 'skein down --node a']),
  ).action((choice: NodeChoice & PrintChoice) =>
    withNode(
      choice,
      async (client) => {
        const { name, pid } = await client.call('status', {});
        await client.call('down', {});
        if (pid !== undefined) await ended(pid);
        if (choice.json) printJson({ node: name });
        else print(`${name} has left`);
      },
      { isBrief: true },
    ),
  );
}

/** So that the name and the port are free when this command returns. */
async function ended(pid: number): Promise<void> {
  const deadline = Date.now() + endTimeoutMs;
  while (isRunning(pid) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
