/** Finds a record of a model by its name. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { isReadable, listRecords, recordsPath, type AnyRecord, type VisibleModel } from '../../platform/records.ts';
import { Picker } from '../../ui/picker.tsx';
import { titleOf, useTitles } from '../titles.ts';

interface RecordPickerProps {
  label: string;
  target: VisibleModel | undefined;
  isOpen: boolean;
  onClose: () => void;
  isChosen: (record: AnyRecord) => boolean;
  onChoose: (record: AnyRecord) => void;
}

export function RecordPicker({ label, target, isOpen, onClose, isChosen, onChoose }: RecordPickerProps) {
  const [search, setSearch] = useState('');
  const isSearchable = target !== undefined && target.search.length > 0;
  const path = target ? recordsPath(target) : '';
  const fields = target && isReadable(target, target.titleField) ? `id,${target.titleField}` : 'id';
  const found = useQuery({
    queryKey: ['records', path, 'pick', isSearchable ? search : ''],
    enabled: isOpen && target !== undefined,
    queryFn: async () => (await listRecords(path, { fields, ...(isSearchable ? { limit: 30, search } : { limit: 200 }) })).data,
    placeholderData: keepPreviousData,
  });
  const records = found.data ?? [];
  const nameless = records.filter((record) => titleOf(record, target) === undefined).map(({ id }) => id);
  const names = useTitles(target, nameless);
  return (
    <Picker
      label={label}
      isOpen={isOpen}
      onClose={onClose}
      onSearch={setSearch}
      items={records.map((record) => ({
        id: record.id,
        label: titleOf(record, target) ?? names[nameless.indexOf(record.id)] ?? record.id,
        // What the server found by another field must not be dropped here for not having the words in its name.
        ...(isSearchable ? { keywords: search } : {}),
        isSelected: isChosen(record),
        run: () => onChoose(record),
      }))}
      empty={found.isFetching ? 'Searching…' : 'Nothing matches.'}
    />
  );
}
