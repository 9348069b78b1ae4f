/**
 * How long tests wait for what must happen but has no promised time.
 *
 * Loaded by vitest before each test file. Invariant: what vitest gives up after a second, which a machine with
 * both cores busy takes now and then, is waited for longer; what a test says of its own stands.
 */
import { vi } from 'vitest';

const patience = { timeout: 15_000 };
const waitFor = vi.waitFor;

vi.waitFor = (callback, options = patience) => waitFor(callback, options);
