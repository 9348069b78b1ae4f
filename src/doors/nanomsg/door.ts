/**
 * The nanomsg door: the formation's addresses, where members meet programs that speak nanomsg.
 *
 * Opened by the option `formation`. Invariant: the addresses are bound when the formation acts first, not before.
 */

import { meetingsPart } from '../../features/formation/api/meetings.ts';
import { formationLimits } from '../../features/formation/core/limits.ts';
import type { HostPort } from '../../host/addresses.ts';
import type { Door, DoorParts, OpenDoor } from '../../host/door.ts';
import { flag, record, texts, wrong } from '../../host/option-values.ts';
import { Watchdog } from '../../host/watchdog.ts';
import { FormationDoors } from './formation-doors.ts';
import { type FormationPlan, formationPlan, meetingAddress } from './formation-option.ts';
import { Meetings } from './meetings.ts';

const formationNames: ReadonlySet<string> = new Set(['addresses', 'doorInsecure', 'endWhenHung']);

export const nanomsgDoor: Door<FormationPlan> = { option: 'formation', check, settings, open };

function check(value: unknown, isOpen: boolean): FormationPlan | undefined {
  if (value === undefined) return undefined;
  const given = Array.isArray(value)
    ? { addresses: value }
    : record('formation', value, formationNames, ', or a list of addresses');
  const addresses = texts(given, 'addresses', formationLimits.formationAddressesMax, 'formation');
  if (addresses.length === 0) throw wrong('formation', addresses, 'one address or more, or leave it out');
  const doorInsecure = flag(given, 'doorInsecure', false, 'formation.doorInsecure');
  const endWhenHung = flag(given, 'endWhenHung', false, 'formation.endWhenHung');
  return formationPlan(addresses, { doorInsecure, endWhenHung }, isOpen);
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
