/** The typed TypeScript client of a project: types made of its definitions, and the part that is the same for all. The same definitions give the same bytes. */
import { readFileSync } from 'node:fs';
import { fieldTypes } from '@piper/shared/fields/index';
import { describeProject } from '../documents/described.ts';
import { takeTurns } from '../documents/take-turns.ts';
import type { ProjectCtx } from '../items.place.ts';
import { modelEntry, modelKey, modelTypes } from './model-types.ts';
import { operatorsName, operatorTypes } from './operator-types.ts';
import { literals, property } from './write-types.ts';

const readPart = (name: string): string => {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  const end = text.lastIndexOf('\nimport ');
  return text.slice(text.indexOf(';\n', end) + 2).trimStart();
};

interface Fixed {
  types: string;
  code: string;
  operators: string;
  /** Words of the fixed part: a model of such a name would take their place. */
  words: ReadonlySet<string>;
}

let fixed: Fixed | undefined;

function fixedParts(): Fixed {
  const types = readPart('client-types.template.ts');
  const code = readPart('client.template.ts');
  const operators = operatorTypes();
  const words = `${types}${code}${operators}`.match(/\b[A-Z]\w*\b/g) ?? [];
  const names = [...fieldTypes.keys()].map(operatorsName);
  return { types, code, operators, words: new Set([...words, ...names, 'Models', 'ModelName', 'Action']) };
}

const head = `/**
 * The records of a Piper project, as far as you may see and change them. Made from its definitions; fetch it again when they change.
 *
 *   const client = createClient({ url: 'https://piper.example.com', token: '…' });
 *   const { data } = await client.items('…').list({ filter: {}, fields: ['*'] });
 */
`;

/** The whole file, for the context's class of actors. */
export async function clientFile(ctx: ProjectCtx): Promise<string> {
  fixed ??= fixedParts();
  const { models, projectId } = await describeProject(ctx, fixed.words);
  const turn = takeTurns();
  const [types, entries]: [string[], string[]] = [[], []];
  for (const described of models) {
    types.push(modelTypes(described));
    entries.push(modelEntry(described));
    await turn();
  }
  const own = models.filter((described) => described.isOwn);
  const ids = own.map((described) => `  ${property(modelKey(described))}: ${JSON.stringify(described.model.id)},\n`);
  return [
    head,
    ...types,
    `/** Piper's own models have a \`$\` before their key. */\nexport interface Models {\n${entries.join('')}}\n`,
    `/** Models whose records have addresses here. */\nexport type ModelName = ${literals(own.map(modelKey))};`,
    "export type Action = 'read' | 'create' | 'update' | 'delete';\n",
    `export const projectId = ${JSON.stringify(projectId)};`,
    `export const modelIds: Readonly<Record<ModelName, string>> = {\n${ids.join('')}};\n`,
    fixed.operators,
    fixed.types,
    fixed.code,
  ].join('\n');
}
