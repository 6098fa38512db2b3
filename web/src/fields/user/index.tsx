import type { FieldUi } from '../field-ui.ts';
import { relation } from '../relation/index.tsx';

export const user: FieldUi = { ...relation, name: 'user' };
