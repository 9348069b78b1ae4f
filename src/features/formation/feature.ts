/** The formation feature: a well-known address whose broker pairs members, and programs that are no nodes. */
import { feature } from '../../kit/feature.ts';
import type { AvailabilityCore } from '../availability/core/shared.ts';
import { formationFacade } from './api/facade.ts';
import { Formation, formationFeature } from './core/formation.ts';
import type { FormationOptions } from './core/formation-types.ts';
import type { FormationFeatureShape } from './shape.ts';

const noFormation: FormationOptions = { addresses: [], doors: [], meeting: '' };

export const formation = feature<FormationFeatureShape>()({
  name: formationFeature,
  needs: ['availability', 'channel'],
  nodeEvents: ['formation:broker'],
  behavior: ({ settings, needed }) =>
    new Formation(settings.formation ?? noFormation, needed<AvailabilityCore>('availability')),
  facade: formationFacade,
  operations: {},
  attached: () => ({}),
});
