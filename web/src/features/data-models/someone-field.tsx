/** Somebody: a member, or anybody with a role. */
import type { Someone } from '@piper/shared/project-rules';
import { useQuery } from '@tanstack/react-query';
import { SelectField } from '../../ui/field.tsx';
import { membersQuery, useProject } from '../projects/project.ts';
import { useRoles } from './roles.ts';

/** `role:viewer`, `role:support,viewer` or `member:<user id>`. */
export function someoneOf(chosen: string): Someone {
  const at = chosen.indexOf(':');
  const value = chosen.slice(at + 1);
  return chosen.startsWith('member:') ? { member: value } : { roles: value.split(',') };
}

export const nameOfSomeone = ({ member, roles = [] }: Someone): string =>
  member === undefined ? `role:${roles.join(',')}` : `member:${member}`;

interface SomeoneFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

export function SomeoneField({ label, value, onChange }: SomeoneFieldProps) {
  const project = useProject();
  const roles = useRoles(project.slug);
  const { data: members = [] } = useQuery(membersQuery(project.id));
  const offered = [
    ...roles.map(({ key, name }) => ({ value: `role:${key}`, label: `Anybody who is ${name}` })),
    ...members.map(({ userId, user }) => ({ value: `member:${userId}`, label: user?.name ?? userId })),
  ];
  // Somebody with several roles, or who is gone, stays chosen.
  const isOffered = offered.some((option) => option.value === value);
  const options = isOffered
    ? offered
    : [...offered, { value, label: value.slice(value.indexOf(':') + 1).replaceAll(',', ' and ') }];
  return <SelectField label={label} options={options} value={value} onChange={(event) => onChange(event.target.value)} />;
}
