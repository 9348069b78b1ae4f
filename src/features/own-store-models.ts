/** What each feature keeps in a node's own store, as models: a line for each that keeps something there. */
import type { AnyStoreModel } from '../stores/model.ts';
import { outboxModel } from './letters/store/outbox-model.ts';
import { taskResultsModel } from './tasks/store/results-model.ts';

export const ownStoreModels: readonly AnyStoreModel[] = [outboxModel, taskResultsModel];
