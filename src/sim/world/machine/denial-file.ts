/** The file in which a simulated machine keeps which nodes are denied. Who calls it: the mesh, for each life. */
import type { Host } from './host.ts';

export function denialFileOf(host: Host): {
  denialFile: { path: string; read(): string | undefined; write(text: string): void };
} {
  return {
    denialFile: {
      path: `${host.name}/denied.json`,
      read: () => host.denials,
      write(text) {
        host.denials = text;
      },
    },
  };
}
