/** Records: the routes of a project's own data. The engine is the platform's. */
import { defineFeature } from '#platform/feature';
import { serveItems } from './items.routes.ts';

export const records = defineFeature({ name: 'records', routes: serveItems });
