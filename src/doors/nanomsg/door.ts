/**
 * The nanomsg door: the formation's addresses, where members meet programs that speak nanomsg.
 *
 * Opened by the setting `formation`; without it the door serves the formation of this user alone, and no program that
 * speaks nanomsg. Invariant: the addresses are bound when the formation acts first, not before.
 */
import { userInfo } from 'node:os';

import { meetingsPart } from '../../features/formation/api/meetings.ts';
import type { HostPort } from '../../host/addresses.ts';
import type { Door, DoorParts, DoorSettings, OpenDoor } from '../../host/door.ts';
import { Watchdog } from '../../host/watchdog.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { FormationDoors } from './formation-doors.ts';
import {
  addressesWhenWanted,
  type FormationPlan,
  formationPlan,
  meetingAddress,
} from './formation-option.ts';
import { Meetings } from './meetings.ts';

export const nanomsgDoor: Door<FormationPlan> = { plan, settings, open };

function plan({ values, placeOf }: DoorSettings, isOpen: boolean): FormationPlan {
  const { formation, doorInsecure, endWhenHung, namespace } = values;
  if (formation !== undefined)
    return formationPlan(formation, { doorInsecure, endWhenHung }, isOpen, placeOf('formation'));
  if (!doorInsecure) {
    const whenWanted = addressesWhenWanted(namespace, userName());
    return { addresses: [], whenWanted, doors: [], doorInsecure, endWhenHung };
  }
  const text = `${placeOf('doorInsecure')}: there is no formation whose door it opens; name one: --formation, or the option formation`;
  throw new SkeinError('SKEIN_INVALID', text);
}

/** In a container a user may have a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

function settings(plan: FormationPlan, bound: HostPort, announced: readonly string[]): object {
  const meeting = plan.addresses.length === 0 ? '' : meetingAddress(bound, announced, plan.doorInsecure);
  return { formation: { ...plan, meeting } };
}

function open({ addresses, doorInsecure, endWhenHung }: FormationPlan, parts: DoorParts): OpenDoor {
  const isForNanomsg = addresses.length > 0;
  const meetings = new Meetings(doorInsecure);
  let doors: FormationDoors | undefined;
  let watchdog: Watchdog | undefined;
  const make = (feature: string): FormationDoors =>
    new FormationDoors({
      report: (event) => parts.report(feature, event),
      holds: (isHolding) => {
        watchdog?.stop();
        watchdog = isHolding && endWhenHung ? new Watchdog() : undefined;
      },
      counters: parts.counters,
      accept: parts.accept,
      speaks: parts.speaks,
      isForNanomsg,
      isOpenToAll: doorInsecure,
      loopbackOnly: parts.loopbackOnly,
    });
  return {
    parts: { [meetingsPart]: meetings },
    ...(isForNanomsg ? { nanomsg: meetings.take.bind(meetings) } : {}),
    act(feature, action) {
      doors ??= make(feature);
      doors.act(action);
    },
    counters: () => ({
      'door.refused': (doors?.counters.refused ?? 0) + meetings.refused,
      'door.missed': meetings.missed,
      'door.dropped': doors?.counters.dropped ?? 0,
    }),
    async close() {
      meetings.close();
      await doors?.close();
    },
  };
}
