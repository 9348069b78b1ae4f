/**
 * A member that has the key and behaves as no honest node does: it speaks the wire by itself, without a kernel.
 *
 * Used by the tests of limits, against real nodes. Invariant: up to the open link it does what every dialer
 * does; what it sends from then on is up to the test.
 */
import { connect, type TLSSocket } from 'node:tls';
import { discoveryFeature } from '../../src/features/discovery/core/discovery.ts';
import { encodeRecords, TopologyType } from '../../src/features/topology/core/messages.ts';
import { topologyFeature } from '../../src/features/topology/core/topology.ts';
import { KeyRing } from '../../src/host/keys/key-ring.ts';
import { exporterBytes, exporterLabel, LinkProof } from '../../src/host/keys/link-proof.ts';
import type { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { Ed25519Signer } from '../../src/host/keys/record-signer.ts';
import { featureNumber, type Instance, idOf, instanceOf } from '../../src/kernel/identity.ts';
import { limits } from '../../src/kernel/limits.ts';
import { controlFrame } from '../../src/kernel/link/control.ts';
import { Handshake } from '../../src/kernel/link/handshake.ts';
import { encodeHello } from '../../src/kernel/link/hello.ts';
import { type Announcement, encodeAnnouncement } from '../../src/kernel/routing/announcement.ts';
import {
  encodeFrame,
  Frame,
  preface,
  RouteKind,
  wireVersion,
  wireVersionMin,
} from '../../src/kernel/wire/frame.ts';
import { FrameSplitter } from '../../src/kernel/wire/splitter.ts';

interface RogueOptions {
  readonly name: string;
  readonly signer: Ed25519Signer;
  readonly instance: Instance | undefined;
}

export class RogueMember {
  readonly name: string;
  private readonly instance: Instance;
  private readonly signer: Ed25519Signer;
  private readonly socket: TLSSocket;
  private readonly closing: Promise<void>;
  private handshake: Handshake | undefined;

  private constructor({ name, signer, instance }: RogueOptions, socket: TLSSocket) {
    this.name = name;
    this.signer = signer;
    this.instance = instance ?? instanceOf(signer.publicKey);
    this.socket = socket;
    socket.on('error', () => undefined);
    this.closing = new Promise((resolve) => socket.on('close', () => resolve()));
  }

  /** Resolves once its link is open; rejects with the refusal. @param instance What its hello says that it is. */
  static async join(
    address: string,
    key: MeshKey,
    name: string,
    signer = new Ed25519Signer(),
    instance?: Instance,
  ): Promise<RogueMember> {
    const at = address.lastIndexOf(':');
    const [host, port] = [address.slice(0, at), Number(address.slice(at + 1))];
    const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ['skein/1'] });
    const member = new RogueMember({ name, signer, instance }, socket);
    await new Promise((resolve) => socket.on('secureConnect', resolve).on('close', resolve));
    await member.shakeHands(key);
    return member;
  }

  /** A record, its own unless the changes say otherwise, signed by it. */
  record(changes: Partial<Announcement> = {}): Uint8Array {
    const own = {
      id: idOf(this.name),
      name: this.name,
      namespace: 'default',
      instance: instanceOf(this.signer.publicKey),
    };
    const rest = { epoch: 1, sequence: 1, left: false, version: '1', addresses: [], links: [], services: [] };
    return encodeAnnouncement({ ...own, ...rest, sections: new Map(), ...changes }, this.signer);
  }

  announce(records: readonly Uint8Array[]): void {
    for (let i = 0; i < records.length; i += 100) {
      const carried = records.slice(i, i + 100).map((bytes) => ({ bytes, unreachableForMs: 0 }));
      const head = {
        kind: RouteKind.link,
        type: TopologyType.records,
        feature: featureNumber(topologyFeature),
      };
      const nobody = { destination: 0, source: 0, sequence: 0, flags: 0, ttl: 1 };
      this.socket.write(encodeFrame({ ...head, ...nobody }, encodeRecords(carried)));
    }
  }

  /** Resolves when the other end has had enough. */
  closed(): Promise<void> {
    return this.closing;
  }

  close(): void {
    this.socket.destroy();
  }

  private shakeHands(key: MeshKey): Promise<void> {
    const exporter = this.socket.exportKeyingMaterial(exporterBytes, exporterLabel, Buffer.alloc(0));
    const { signer } = this;
    const ring = new KeyRing([key]);
    const stage = new LinkProof({ ring, exporter: new Uint8Array(exporter), signer });
    this.socket.write(preface);
    const handshake = new Handshake('dialer', this.hello(), stage, (type, payload) =>
      this.socket.write(controlFrame(type, payload)),
    );
    this.handshake = handshake;
    return new Promise((resolve, reject) => {
      const frame = new Frame();
      const take = (chunk: Uint8Array, start: number, end: number) => {
        if (frame.read(chunk, start, end) && this.handshake !== undefined) this.step(frame, resolve, reject);
        return true;
      };
      const splitter = new FrameSplitter({ frame: take });
      this.socket.on('data', (chunk) => splitter.push(handshake.takePreface(chunk) ?? new Uint8Array(0)));
      void this.closing.then(() => reject(new Error('closed')));
    });
  }

  private step(frame: Frame, resolve: () => void, reject: (error: Error) => void): void {
    const step = this.handshake?.handle(frame.type, frame.payload);
    if (step?.next === 'refused') reject(new Error(step.failure.message));
    if (step?.next !== 'decide') return;
    this.handshake?.accept(false);
    this.handshake = undefined;
    resolve();
  }

  private hello(): Uint8Array {
    const { name } = this;
    const who = { id: idOf(name), name, namespace: 'default', instance: this.instance };
    const purpose = { feature: featureNumber(discoveryFeature), reason: 0, isPrivate: false };
    const what = { wireVersion, wireVersionMin, version: '1', purpose, solicits: false };
    const times = { uptimeMs: 0, islandNodes: 1, stallToleranceMs: limits.stallToleranceMsMax };
    return encodeHello({ ...who, ...what, ...times, features: [topologyFeature], keyId: new Uint8Array(0) });
  }
}
