/**
 * What features keep in a store, as models: for workloads whose programs use other features where the tree has them.
 *
 * Read by workloads, which name no feature that their own does not need.
 */
export { storeModels } from '../../features/store-models.ts';
