import { OneInput } from '../../fields/relation/index.tsx';
import type { DesignedModel } from './models.ts';

interface RecordInputProps {
  model: DesignedModel;
  label: string;
  help: string;
  value: string | undefined;
  onChange: (id: string | undefined) => void;
}

/** One record of the data model, chosen by its name. */
export function RecordInput({ model, label, help, value, onChange }: RecordInputProps) {
  const relation = { kind: 'many-to-one', target: model.id, as: 'record' } as const;
  const abilities = { operators: [], sortable: false, creatable: true, updatable: true };
  return (
    <OneInput
      field={{ key: 'record', type: 'relation', label, help, relation, ...abilities }}
      value={value}
      onChange={(id) => onChange(typeof id === 'string' ? id : undefined)}
    />
  );
}
