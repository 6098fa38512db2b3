/** The roles a rule may name. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../../platform/api.ts';

export const rolesQuery = (project: string) =>
  queryOptions({
    queryKey: ['roles', project],
    queryFn: async () => (await api('listRoles', { params: { project } })).data,
  });

const builtIn = ['owner', 'admin', 'member', 'viewer'].map((key) => ({ key, name: key }));

export interface RoleName {
  key: string;
  name: string;
}

/** Built-in ones first, then the project's own. */
export const useRoles = (project: string): RoleName[] => [...builtIn, ...(useQuery(rolesQuery(project)).data ?? [])];
