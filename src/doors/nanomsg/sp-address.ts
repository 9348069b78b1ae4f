/**
 * Addresses as nanomsg writes them: `tcp://host:port` and `ipc://path`.
 *
 * Who calls it: the options, the CLI and whoever opens a nanomsg socket. Invariant: what it lets through can be
 * given to node:net as it is.
 */
import { resolve } from 'node:path';
import { formatAddress, parseAddress } from '../../host/addresses.ts';
import { SkeinError } from '../../kernel/errors.ts';
import type { SpTransport } from './sp-stream.ts';

export type SpAddress =
  /** An empty host: every interface to listen on, this machine to connect to. */
  | { readonly transport: 'tcp'; readonly host: string; readonly port: number }
  | { readonly transport: 'ipc'; readonly path: string };

/** What a socket's address takes on Linux, its final NUL included. */
const pathBytesMax = 107;

/**
 * @param what Names the option in the error, for example `formation`.
 * @throws SkeinError SKEIN_ADDRESS that says what is wrong and shows an address.
 */
export function parseSpAddress(text: string, what: string): SpAddress {
  const [transport, rest] = split(text);
  if (transport === 'tcp') {
    const { host, port } = parseAddress(rest.replace(/^\*:/, ':'), what);
    return { transport, host, port };
  }
  if (transport === 'ipc' && rest !== '') {
    const path = resolve(rest);
    if (Buffer.byteLength(path) <= pathBytesMax) return { transport, path };
    throw problem(what, text, `its path is over ${pathBytesMax} bytes`);
  }
  throw problem(what, text, 'it is neither tcp:// nor ipc://');
}

export function formatSpAddress(address: SpAddress): string {
  if (address.transport === 'ipc') return `ipc://${address.path}`;
  return `tcp://${formatAddress(address.host === '' ? '*' : address.host, address.port)}`;
}

function split(text: string): [SpTransport | undefined, string] {
  for (const transport of ['tcp', 'ipc'] as const)
    if (text.startsWith(`${transport}://`)) return [transport, text.slice(transport.length + 3)];
  return [undefined, text];
}

function problem(what: string, text: string, why: string): SkeinError {
  const shown = JSON.stringify(text.slice(0, 80));
  return new SkeinError('SKEIN_ADDRESS', `${what}: ${shown}: ${why}; tcp://127.0.0.1:7015 is an address`);
}
