/** Stands for the types made of a project's definitions, so that the client's fixed part is checked like any other code. */
export interface Sample {
  id: string;
  name: string | null;
  parent: string | null;
  createdAt: string;
}

export interface Models {
  samples: {
    record: Sample;
    onDemand: { total: string | null };
    one: { parent: 'samples' };
    many: { children: 'samples' };
    any: { about: 'samples' };
    calls: 'year(createdAt)' | 'count(children)';
    sort: 'id' | 'name' | 'createdAt';
    create: { name?: string | null };
    update: { name?: string | null };
    filter: { name?: { _eq?: string | null } };
    unique: 'name' | readonly ['name', 'parent'];
  };
}

/** Models whose records have addresses here. */
export type ModelName = 'samples';
export type Action = 'read' | 'create' | 'update' | 'delete';

export const projectId = '00000000-0000-0000-0000-000000000000';
export const modelIds: Readonly<Record<ModelName, string>> = { samples: '00000000-0000-0000-0000-000000000000' };
