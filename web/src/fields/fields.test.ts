import { expect, test } from 'vitest';
import { fieldTypes } from '@piper/shared/fields/index';
import { fieldUis } from './index.ts';

test('every field type has its half in the browser', () => {
  expect([...fieldUis.keys()].toSorted()).toEqual([...fieldTypes.keys()].toSorted());
});
