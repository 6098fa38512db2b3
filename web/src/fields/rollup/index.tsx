import { computedUi } from '../computed-ui.tsx';

export const rollup = computedUi('rollup');
