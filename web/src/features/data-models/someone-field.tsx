/** Somebody: a member, or anybody with a role. */
import type { Someone } from '@piper/shared/project-rules';
import { useQuery } from '@tanstack/react-query';
import { SelectField } from '../../ui/field.tsx';
import { membersQuery, useProject } from '../projects/project.ts';
import { useRoles } from './roles.ts';

/** `role:viewer` or `member:<user id>`. */
export function someoneOf(chosen: string): Someone {
  const at = chosen.indexOf(':');
  const value = chosen.slice(at + 1);
  return chosen.startsWith('member:') ? { member: value } : { roles: [value] };
}

interface SomeoneFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

export function SomeoneField({ label, value, onChange }: SomeoneFieldProps) {
  const project = useProject();
  const roles = useRoles(project.slug);
  const { data: members = [] } = useQuery(membersQuery(project.id));
  const options = [
    ...roles.map(({ key, name }) => ({ value: `role:${key}`, label: `Anybody who is ${name}` })),
    ...members.map(({ userId, user }) => ({ value: `member:${userId}`, label: user?.name ?? userId })),
  ];
  return <SelectField label={label} options={options} value={value} onChange={(event) => onChange(event.target.value)} />;
}
