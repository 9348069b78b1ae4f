/** The doors of a node: one line for each. */
import type { AnyDoor } from '../host/door.ts';
import { nanomsgDoor } from './nanomsg/door.ts';

export const doors: readonly AnyDoor[] = [nanomsgDoor];
