import { computedUi } from '../computed-ui.tsx';

export const formula = computedUi('formula');
