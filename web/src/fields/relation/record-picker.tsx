/** Finds a record of a model by its name. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listRecords, recordsPath, type AnyRecord, type VisibleModel } from '../../platform/records.ts';
import { Picker } from '../../ui/picker.tsx';
import { titleOf } from '../targets.ts';

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
  const found = useQuery({
    queryKey: ['records', path, 'pick', isSearchable ? search : ''],
    enabled: isOpen && target !== undefined,
    queryFn: async () =>
      (await listRecords(path, { limit: isSearchable ? 30 : 200, search: isSearchable ? search : undefined })).data,
    placeholderData: keepPreviousData,
  });
  return (
    <Picker
      label={label}
      isOpen={isOpen}
      onClose={onClose}
      onSearch={setSearch}
      items={(found.data ?? []).map((record) => ({
        id: record.id,
        label: titleOf(record, target),
        // What the server found by another field must not be dropped here for not having the words in its name.
        ...(isSearchable ? { keywords: search } : {}),
        isSelected: isChosen(record),
        run: () => onChoose(record),
      }))}
      empty={found.isFetching ? 'Searching…' : 'Nothing matches.'}
    />
  );
}
