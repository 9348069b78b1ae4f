/**
 * Makes a certificate, as a node with a key does or in this thread, and prints how large the heap is afterwards.
 *
 * Run by canaries.test.ts, which asks for the one or the other.
 */
import { getHeapSpaceStatistics } from 'node:v8';
import { madeHere, makeCertificate } from '../../src/host/keys/certificate.ts';
import { print } from './collections.ts';

const { cert } = await (process.argv[2] === 'here' ? madeHere() : makeCertificate());
const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
print({ youngBytes: young?.space_size, heapBytes: process.memoryUsage().heapTotal, pem: cert.slice(0, 27) });
process.exit(0);
