/**
 * The IP addresses behind a name, found in a way that can be called off.
 *
 * Who calls it: dials. `getaddrinfo` cannot be called off: while a name server is silent it keeps the process alive for 10 s
 * or more after its node has closed, and four such calls hold every thread that files and stores need. So where the system
 * itself would only look into /etc/hosts and ask DNS, this module does both; elsewhere it asks the system. Invariant:
 * after `signal` nothing of it keeps the process alive, where the system is not asked.
 */
import { type LookupAddress, lookup, promises } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { hostLimits } from '../limits.ts';

export interface ResolveOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Default: the system's. */
  readonly files?: NameFiles;
  /** Name servers, `ip` or `ip:port`. Default: the system's. */
  readonly servers?: readonly string[];
}

/** The texts of the files that say how names are resolved; undefined: there is none. */
export interface NameFiles {
  readonly hosts: string | undefined;
  readonly nsswitch: string | undefined;
  readonly resolv: string | undefined;
}

/** Sources that add nothing to /etc/hosts and DNS but for the names that are left to the system anyway. */
const plainSources = new Set([
  'files',
  'dns',
  'resolve',
  'myhostname',
  'mymachines',
  'mdns4_minimal',
  'mdns_minimal',
]);

/** In the order in which they are to be tried; empty: the name is not known. Never rejects. */
export async function resolveHost(host: string, options: ResolveOptions): Promise<string[] | 'timeout'> {
  if (isIP(host) !== 0) return [host];
  const files = options.files ?? systemFiles();
  const listed = fromHosts(host, files.hosts ?? '');
  if (listed.length > 0) return listed;
  return isLeftToSystem(host, files) ? bySystem(host, options) : byDns(host, files, options);
}

function systemFiles(): NameFiles {
  const [hosts, nsswitch, resolv] = ['/etc/hosts', '/etc/nsswitch.conf', '/etc/resolv.conf'].map(textOf);
  return { hosts, nsswitch, resolv };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function fromHosts(host: string, text: string): string[] {
  const name = host.toLowerCase().replace(/\.$/, '');
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    return isIP(address) !== 0 && names.includes(name) ? [address] : [];
  });
}

/** Also where there is no nsswitch.conf, as with musl, the C library looks into /etc/hosts and asks DNS. */
function isLeftToSystem(host: string, { nsswitch = '' }: NameFiles): boolean {
  if (process.platform !== 'linux') return true;
  if (/(^|\.)(local|localhost)\.?$/i.test(host) || host.toLowerCase() === hostname().toLowerCase())
    return true;
  const line = /^\s*hosts:(.*)$/m.exec(nsswitch)?.[1] ?? 'files dns';
  const sources = line
    .replace(/#.*|\[[^\]]*\]/g, ' ')
    .trim()
    .split(/\s+/);
  return !sources.every((source) => plainSources.has(source));
}

function bySystem(host: string, { timeoutMs, signal }: ResolveOptions): Promise<string[] | 'timeout'> {
  return new Promise((resolve) => {
    const end = (found: string[] | 'timeout') => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      resolve(found);
    };
    const aborted = () => end([]);
    const timer = setTimeout(() => end('timeout'), timeoutMs);
    signal.addEventListener('abort', aborted);
    // Its late answer finds the promise settled.
    lookup(host, { all: true, verbatim: true }, (error: Error | null, found: LookupAddress[]) =>
      end(error === null ? found.map((one) => one.address) : []),
    );
  });
}

async function byDns(host: string, files: NameFiles, options: ResolveOptions): Promise<string[] | 'timeout'> {
  const { timeoutMs, signal, servers } = options;
  const resolver = new promises.Resolver();
  if (servers !== undefined) resolver.setServers(servers);
  let isLate = false;
  const aborted = () => resolver.cancel();
  const timer = setTimeout(() => {
    isLate = true;
    resolver.cancel();
  }, timeoutMs);
  signal.addEventListener('abort', aborted);
  try {
    for (const name of candidates(host, files.resolv ?? '')) {
      if (signal.aborted || isLate) break;
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      if (found.length > 0) return found;
    }
    return isLate ? 'timeout' : [];
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
  }
}

/** As the C library does: names with few dots are looked for in the search domains first (resolv.conf(5)). */
function candidates(host: string, resolv: string): string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)];
  const search = [...resolv.matchAll(/^\s*(?:search|domain)\s+(.+)$/gm)].at(-1)?.[1] ?? '';
  const domains = search
    .trim()
    .split(/\s+/)
    .filter((domain) => domain !== '');
  const dots = Number(/^\s*options\s.*\bndots:(\d+)/m.exec(resolv)?.[1] ?? 1);
  const inDomains = domains.slice(0, hostLimits.searchDomainsMax).map((domain) => `${host}.${domain}`);
  return host.split('.').length - 1 >= dots ? [host, ...inDomains] : [...inDomains, host];
}
