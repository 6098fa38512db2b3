/** Applying actions, under its first name. */
export { applyActions } from './change-sets.service.ts';
