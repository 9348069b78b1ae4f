// skein without a key, for what encryption costs: the same program, one-way and there and back.
import { oneWay, roundTrip } from './skein/messages.mjs';
import { requestsInTurn } from './skein/requests.mjs';

export const title = 'skein without a key';

export const roles = { 'one-way': oneWay, 'round-trip': roundTrip, 'requests-in-turn': requestsInTurn };
