/**
 * Makes a node in this process: checks the options, opens sockets and the runtime folder, and starts it.
 *
 * Who calls it: programs (`createNode`) and `skein up` (`createHostedNode`, which also needs the place in
 * the runtime folder). Invariant: either a started node is returned, or everything opened on the way is
 * given back and the promise rejects; no signal handlers, no work before the call.
 */

import { lookup } from 'node:dns/promises';
import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { SkeinError } from '../kernel/errors.ts';
import { createLocalNode, type LocalNode } from '../node/create.ts';
import type { Logger, NodeOptions } from '../node/node.ts';
import type { LocalNodeSettings } from '../node/platform.ts';
import { noStore } from '../node/settings.ts';
import {
  announcedAddresses,
  broadcastAddresses,
  formatAddress,
  type HostPort,
  type Interfaces,
  isWildcard,
  localAddresses,
  multicastZones,
} from './addresses.ts';
import { denialFileAt } from './denial-file.ts';
import { Driver, type DriverParts } from './driver.ts';
import { InterfaceWatch, type Reachability } from './interface-watch.ts';
import { makeCertificate } from './keys/certificate.ts';
import { KeyedSeal } from './keys/datagram-seal.ts';
import { identityFrom } from './keys/identity-file.ts';
import { watchKeys } from './keys/key-source.ts';
import type { MeshKey } from './keys/mesh-key.ts';
import { Ed25519Signer } from './keys/record-signer.ts';
import { defaultStorePath, LazyStore, ownStorePath } from './lazy-store.ts';
import { defaultName, holdChosenName, holdDefaultName } from './node-name.ts';
import { type NodePlan, type NodeRequest, planOf, requestOf } from './options.ts';
import { ownFilesIn } from './own-files.ts';
import { protectedText, requireLoopback } from './protected-mode.ts';
import { instancePending } from './runtime-entry.ts';
import { type Registration, RuntimeFolder } from './runtime-folder.ts';
import { folderTrouble } from './runtime-path.ts';
import { stateFolder } from './state-folder.ts';
import type { StoreMesh } from './store-mesh.ts';
import { StoreWarnings } from './store-warnings.ts';
import { Listener } from './transports/listener.ts';
import { Tls } from './transports/tls.ts';
import { Datagrams, type Log, multicastGroup } from './transports/udp.ts';

/** A node and what only its own process can do with it. */
export interface HostedNode {
  readonly node: LocalNode;
  /** What was bound, `host:port`, the chosen port included. */
  readonly address: string;
  /** Its place in the runtime folder: `update({ control })` adds the control socket. Removed when the node ends. */
  readonly registration: Registration;
  /** Whether it is to be served, and where. */
  readonly control: NodePlan['control'];
  /** Everything counted below the core, by name. */
  counters(): Record<string, number>;
}

/** Starts a node, which nobody else can attach to yet; resolves when it listens. Throws as the public `createNode`. */
export async function createNode(options: NodeOptions = {}): Promise<LocalNode> {
  const plan = planOf(requestOf(options));
  const { node } = await startNode(plan, plan.discovery.byFolder ? openFolderIfPossible(plan) : undefined);
  return node;
}

/** Each node's place in the runtime folder, for as long as its program holds the node. */
const registrations = new WeakMap<LocalNode, Registration>();

/** Undefined where the node is in no runtime folder. */
export function registrationOf(node: LocalNode): Registration | undefined {
  return registrations.get(node);
}

/** The same, always listed in the runtime folder, so that commands on this machine find it. */
export async function createHostedNode(request: NodeRequest): Promise<HostedNode> {
  const plan = planOf(request);
  const { node, driver, address, registration } = await startNode(
    plan,
    RuntimeFolder.open(plan.discovery.folder),
  );
  if (registration === undefined) throw new Error('a hosted node is always registered');
  const { control } = plan;
  return { node, address, registration, control, counters: () => driver.counters() };
}

interface Started {
  readonly node: LocalNode;
  readonly driver: Driver;
  readonly address: string;
  readonly registration: Registration | undefined;
}

async function startNode(plan: NodePlan, folder: RuntimeFolder | undefined): Promise<Started> {
  const log = logTo(plan.logger);
  const tlsMade = makeTls(plan);
  // Awaited below; until then its failure is nobody's.
  tlsMade.catch(() => undefined);
  const listener = await Listener.open(await listenAddress(plan));
  const undo: (() => unknown)[] = [() => listener.close()];
  try {
    const bound = listener.address;
    const reachability = reachabilityOf(plan, bound, networkInterfaces());
    const { addresses, targets } = reachability;
    const datagrams = await openDatagrams(plan, targets, log);
    undo.push(() => datagrams?.close());
    const registration = await register(plan, folder);
    undo.push(() => registration?.remove());
    const name = registration?.entry.name ?? plan.name ?? defaultName();
    const told = { addresses, broadcastTargets: datagrams === undefined ? [] : targets };
    const settings = settingsOf(plan, name, bound, told);
    const watched = plan.discovery.byFolder ? folder : undefined;
    const tls = await tlsMade;
    const forgetKeys =
      plan.keys === undefined ? () => undefined : watchKeys(plan.keys, (text) => log('error', text, {}));
    undo.push(forgetKeys);
    const loopbackOnly = !plan.isOpen;
    const parts = {
      listener,
      datagrams,
      registration,
      watched,
      loopbackOnly,
      tls,
      forgetKeys,
      log,
      doors: plan.doors,
      ...storesOf(plan, name, log),
      ownFiles: ownFilesIn(storeFolder(plan)),
    };
    const { node, driver } = launch(settings, parts);
    undo.unshift(() => node.kill());
    const local = plan.discovery.byFolder ? localAddresses(bound.host, bound.port, addresses) : [];
    registration?.update({ instance: node.instance, addresses: local });
    driver.start();
    const watch = new InterfaceWatch({
      known: reachability,
      derive: (interfaces) => reachabilityOf(plan, bound, interfaces),
      changed: (now) => {
        log('info', `this machine's addresses have changed: ${now.addresses.join(', ')}`, {});
        void datagrams?.retarget(now.targets).then(() => driver.readdressed(now.addresses, now.targets));
        if (datagrams === undefined) driver.readdressed(now.addresses, []);
        const found = plan.discovery.byFolder ? localAddresses(bound.host, bound.port, now.addresses) : [];
        updateEntry(registration, { addresses: found }, log);
      },
    });
    node.events.addEventListener('close', () => watch.close());
    if (registration !== undefined) registrations.set(node, registration);
    followName(node, registration, log);
    return { node, driver, address: formatAddress(bound.host, bound.port), registration };
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
}

async function makeTls({ keys }: NodePlan): Promise<Tls | undefined> {
  return keys === undefined ? undefined : new Tls(keys.ring, new Ed25519Signer(), await makeCertificate());
}

function launch(settings: LocalNodeSettings, parts: DriverParts): { node: LocalNode; driver: Driver } {
  const made: Driver[] = [];
  const node = createLocalNode(settings, (events) => {
    const driver = new Driver(events, parts);
    made.push(driver);
    return driver;
  });
  // Each attached program that follows something adds one: Node.js would warn of a leak on standard error.
  setMaxListeners(0, node.events);
  return { node, driver: made[0] as Driver };
}

/** Protected mode looks at the address itself, not at the name that stands for it. */
async function listenAddress(plan: NodePlan): Promise<HostPort> {
  const { host, port } = plan.listen;
  const text = formatAddress(host, port);
  if (isWildcard(host)) {
    if (!plan.isOpen) throw new SkeinError('SKEIN_PROTECTED', protectedText(`listen: ${text}`));
    return plan.listen;
  }
  const resolved = isIP(host) !== 0 ? host : await resolveName(host);
  if (!plan.isOpen) requireLoopback(`listen: ${text}`, resolved);
  return { host: resolved, port };
}

async function resolveName(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new SkeinError('SKEIN_ADDRESS', `listen: the name ${host} is not known on this machine`, { cause });
  }
}

/** The folder of the store also where this node keeps none. */
function storeFolder({ store, namespace }: NodePlan): string {
  return dirname(store === undefined || store === noStore ? defaultStorePath(namespace) : store);
}

/** Opened by the first that wants something of them. */
function storesOf(
  { store, namespace, keys }: NodePlan,
  name: string,
  log: Log,
): Pick<DriverParts, 'store' | 'ownStore' | 'storeWarnings'> {
  const storeWarnings = new StoreWarnings((text) => log('warn', text, {}));
  if (store === noStore) return { store: undefined, ownStore: undefined, storeWarnings };
  const path = store ?? defaultStorePath(namespace);
  const { warn } = storeWarnings;
  const keyIds = (): readonly string[] => keys?.ring.all.map(({ id }) => id) ?? [];
  const stores = {
    store: new LazyStore({ path, parts: 'sqlite-parts.js', warn, keyIds }),
    ownStore: new LazyStore({ path: ownStorePath(path, name), parts: 'own-sqlite-parts.js', warn, keyIds }),
  };
  keys?.ring.changed((removed) => {
    for (const { mesh } of Object.values(stores)) followKeys(mesh, removed, log);
  });
  return { ...stores, storeWarnings };
}

function followKeys(mesh: StoreMesh, removed: readonly MeshKey[], log: Log): void {
  try {
    mesh.keysChanged(removed.map(({ id }) => id));
  } catch (error) {
    log('error', (error as Error).message, {});
  }
}

function reachabilityOf(plan: NodePlan, bound: HostPort, interfaces: Interfaces): Reachability {
  const targets = plan.discovery.udp ? broadcastTargets(plan, bound.host, interfaces) : [];
  if (plan.advertise === undefined)
    return { addresses: announcedAddresses(bound.host, bound.port, interfaces), targets };
  const given = plan.advertise.map(({ host, port }) => formatAddress(host, port === 0 ? bound.port : port));
  return { addresses: given, targets };
}

function broadcastTargets(plan: NodePlan, host: string, interfaces: Interfaces): string[] {
  const { broadcast, port } = plan.discovery;
  if (broadcast !== undefined) return [...broadcast];
  const zones = multicastZones(host, interfaces);
  const groups = zones.map((zone) => formatAddress(`${multicastGroup}%${zone}`, port));
  return [...broadcastAddresses(host, interfaces).map((target) => formatAddress(target, port)), ...groups];
}

async function openDatagrams(
  plan: NodePlan,
  targets: readonly string[],
  log: Log,
): Promise<Datagrams | undefined> {
  if (!plan.discovery.udp) return undefined;
  return Datagrams.open({ port: plan.discovery.port, targets, loopbackOnly: !plan.isOpen, log });
}

/** In a container with read-only file systems a node goes without the folder; an unsafe one is refused. */
function openFolderIfPossible(plan: NodePlan): RuntimeFolder | undefined {
  try {
    return RuntimeFolder.open(plan.discovery.folder);
  } catch (error) {
    if (plan.discovery.folder !== undefined || folderTrouble(error) !== 'cannot-make') throw error;
    logTo(plan.logger)(
      'warn',
      `nodes of this machine are not found by folder: ${(error as Error).message}`,
      {},
    );
    return undefined;
  }
}

async function register(
  plan: NodePlan,
  folder: RuntimeFolder | undefined,
): Promise<Registration | undefined> {
  if (folder === undefined) return undefined;
  const entry = {
    name: plan.name ?? defaultName(),
    namespace: plan.namespace,
    // Until the node is made, which is a moment from now.
    instance: instancePending,
    pid: process.pid,
    addresses: [],
    control: null,
    startedAt: Date.now(),
  };
  return plan.name === undefined ? holdDefaultName(folder, entry) : holdChosenName(folder, entry);
}

function settingsOf(
  plan: NodePlan,
  name: string,
  bound: HostPort,
  { addresses, broadcastTargets }: Pick<LocalNodeSettings, 'addresses' | 'broadcastTargets'>,
): LocalNodeSettings {
  const { namespace, degree, seeds, changeable, stallToleranceMs, version, behaviors, features } = plan;
  return {
    ...changeable,
    ...plan.forFeatures,
    name,
    nameChosen: plan.name !== undefined,
    namespace,
    degree,
    addresses,
    seeds,
    solicit: broadcastTargets.length > 0,
    broadcastTargets,
    stallToleranceMs,
    version,
    pid: process.pid,
    ...Object.assign({}, ...plan.doors.map(({ door, plan }) => door.settings(plan, bound, addresses))),
    ...(plan.keys === undefined ? {} : { seal: new KeyedSeal(plan.keys.ring) }),
    ...(behaviors === undefined ? {} : { behaviors }),
    features,
    // Two nodes of one machine have two names, and so two identities.
    denialFile: denialFileAt(join(stateFolder(namespace), 'denied.json')),
    identityKey: (own) => identityFrom(plan.identity ?? join(stateFolder(namespace), `${own}.identity`)),
  };
}

/** A default name may prove taken elsewhere in the mesh: the node then takes another, and its entry follows. */
function followName(node: LocalNode, registration: Registration | undefined, log: Log): void {
  if (registration === undefined) return;
  node.events.addEventListener('warning', ({ detail }) => {
    if (detail.code !== 'SKEIN_NAME_TAKEN' || node.name === registration.entry.name) return;
    updateEntry(registration, { name: node.name, instance: node.instance }, log);
  });
}

function updateEntry(
  registration: Registration | undefined,
  changes: Parameters<Registration['update']>[0],
  log: Log,
): void {
  try {
    registration?.update(changes);
  } catch (error) {
    const text = `the runtime folder does not have the change of this node: ${(error as Error).message}`;
    log('warn', text, { ...changes });
  }
}

function logTo(logger: Logger | undefined): Log {
  return (level, text, fields) => logger?.[level](fields, text);
}
