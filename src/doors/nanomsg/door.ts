/**
 * The nanomsg door: the formation's addresses, where members meet programs that speak nanomsg.
 *
 * Opened by the setting `formation`. Invariant: the addresses are bound when the formation acts first, not before.
 */

import { meetingsPart } from '../../features/formation/api/meetings.ts';
import type { HostPort } from '../../host/addresses.ts';
import type { Door, DoorParts, DoorSettings, OpenDoor } from '../../host/door.ts';
import { Watchdog } from '../../host/watchdog.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { FormationDoors } from './formation-doors.ts';
import { type FormationPlan, formationPlan, meetingAddress } from './formation-option.ts';
import { Meetings } from './meetings.ts';

export const nanomsgDoor: Door<FormationPlan> = { plan, settings, open };

function plan({ values, placeOf }: DoorSettings, isOpen: boolean): FormationPlan | undefined {
  const { formation, doorInsecure, endWhenHung } = values;
  if (formation !== undefined)
    return formationPlan(formation, { doorInsecure, endWhenHung }, isOpen, placeOf('formation'));
  if (!doorInsecure) return undefined;
  const text = `${placeOf('doorInsecure')}: there is no formation whose door it opens; name one: --formation, or the option formation`;
  throw new SkeinError('SKEIN_INVALID', text);
}

function settings(plan: FormationPlan, bound: HostPort, announced: readonly string[]): object {
  return { formation: { ...plan, meeting: meetingAddress(bound, announced, plan.doorInsecure) } };
}

function open({ doorInsecure, endWhenHung }: FormationPlan, parts: DoorParts): OpenDoor {
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
      isOpenToAll: doorInsecure,
      loopbackOnly: parts.loopbackOnly,
    });
  return {
    parts: { [meetingsPart]: meetings },
    nanomsg: meetings.take.bind(meetings),
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
