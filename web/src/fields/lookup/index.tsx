import { computedUi } from '../computed-ui.tsx';

export const lookup = computedUi('lookup');
