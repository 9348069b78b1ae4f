/**
 * Bad bytes against what reads those of nanomsg programs and of brokers: streams, messages, claims, and a broker that
 * is handed what came of them.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SpProtocol, SpStream, spGreeting, spMessage } from '../../src/doors/nanomsg/sp-stream.ts';
import { decodeClaim } from '../../src/features/formation/core/claim.ts';
import { decodeFormationMessage } from '../../src/features/formation/core/formation-messages.ts';
import type { FormationStatus } from '../../src/features/formation/core/formation-types.ts';
import { formationLimits } from '../../src/features/formation/core/limits.ts';
import { formation as formationFeature } from '../../src/features/formation/feature.ts';
import { limits } from '../../src/kernel/limits.ts';
import { TestMesh } from '../core/harness.ts';
import { claimSample, formationMessageSamples } from '../samples/formation.ts';
import { joined, mutate, mutations, seed, times } from './mutations.ts';

const samples = formationMessageSamples.map(({ bytes }) => bytes);
const sample = fc.constantFrom(...samples);

test('mutated messages are one of the five within its limits, or a problem in words', () => {
  fc.assert(
    fc.property(sample, mutations, (bytes, list) => {
      const read = decodeFormationMessage(mutate(bytes, list));
      if ('problem' in read) expect(read.problem.length).toBeLessThan(200);
      else if (read.type === 'Hail') {
        expect(read.name.length).toBeLessThanOrEqual(formationLimits.formationNameLength);
        expect(read.services.length).toBeLessThanOrEqual(limits.servicesPerRecordMax);
      }
    }),
    { seed, numRuns: times(4000) },
  );
});

test('mutated claims are claims within their limits, or none', () => {
  fc.assert(
    fc.property(mutations, (list) => {
      const claim = decodeClaim(mutate(claimSample.bytes, list));
      if (claim !== undefined) expect(claim.epoch).toBeLessThanOrEqual(formationLimits.epochMax);
    }),
    { seed, numRuns: times(2000) },
  );
});

test.each(['tcp', 'ipc'] as const)(
  'a mutated stream over %s is told as broken, or its messages are whole',
  (transport) => {
    const stream = joined(spGreeting(SpProtocol.bus), ...samples.map((body) => spMessage(body, transport)));
    fc.assert(
      fc.property(mutations, fc.integer({ min: 1, max: 300 }), (list, chunkBytes) => {
        const bytes = mutate(stream, list);
        let length = 0;
        const message = (body: Uint8Array): boolean => {
          length += body.length;
          return true;
        };
        const reader = new SpStream(
          { greeted: () => undefined, message },
          { protocol: SpProtocol.bus, transport },
        );
        for (let at = 0; at < bytes.length; at += chunkBytes)
          if (reader.push(bytes.slice(at, at + chunkBytes)) !== undefined) break;
        expect(length).toBeLessThanOrEqual(bytes.length);
      }),
      { seed, numRuns: times(3000) },
    );
  },
);

test('a broker takes whatever comes through its door and along the mesh, and lives on', () => {
  const place = '10.9.0.1:7015';
  const mesh = new TestMesh();
  const formation = { addresses: [place], doors: [], meeting: 'tcp://a:1' };
  const a = mesh.add('a', { formation });
  mesh.run(2000);
  a.doorEvent({ type: 'joined', peer: 1, address: place });
  // Sound messages between the others: few mutated ones are still a message, and these meet a registry with entries.
  const someMutations = fc.option(mutations, { nil: [] });
  fc.assert(
    fc.property(sample, someMutations, (bytes, list) => {
      a.doorEvent({ type: 'message', peer: 1, bytes: mutate(bytes, list) });
    }),
    { seed, numRuns: times(3000) },
  );
  const { role, members = 0 } = a.core.behavior(formationFeature).status() as FormationStatus;
  expect(role).toBe('broker');
  expect(members).toBeGreaterThan(1);
  expect(a.counter('kernel.exceptions')).toBe(0);
});
