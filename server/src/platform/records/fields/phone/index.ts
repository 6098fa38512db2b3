import { isOption } from '@piper/shared/fields/field-type';
import { textColumn } from '../text/index.ts';

export const phone = textColumn('phone', (text, field) =>
  isOption(field, 'international')
    ? `(case when piper.try_phone(${text}) like '+%' then piper.try_phone(${text}) end)`
    : `piper.try_phone(${text})`,
);
