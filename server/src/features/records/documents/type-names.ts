/** Names of types made from what people call their data models: identifiers in every language a document is turned into. */
import type { DataModel } from '@piper/shared/data-model';

/** Types made of one model beside that of its records. */
export const typeSuffixes = ['', 'Create', 'Update', 'Filter'] as const;

/** `Unit price (€)` → `UnitPrice`; empty for what has no Latin letters. */
export function pascalCase(text: string): string {
  const words = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

/** A name for each, by its label or else its key, none of whose types is called like another's. The same models get the same names. */
export function nameModels(models: readonly DataModel[], reserved: ReadonlySet<string>): Map<DataModel, string> {
  const taken = new Set(reserved);
  const names = new Map<DataModel, string>();
  for (const model of models) {
    const name = freeName(model, taken);
    names.set(model, name);
    for (const suffix of typeSuffixes) taken.add(name + suffix);
  }
  return names;
}

function freeName(model: DataModel, taken: ReadonlySet<string>): string {
  // Candidates never end.
  for (const name of candidates(model)) if (typeSuffixes.every((suffix) => !taken.has(name + suffix))) return name;
  throw new Error(`no name for ${model.key}`);
}

function* candidates({ key, label }: DataModel): Generator<string> {
  const plain = [pascalCase(label), pascalCase(key)].filter((name) => /^[A-Z]/.test(name) && name.length <= 100);
  yield* plain;
  const base = plain.at(-1) ?? 'Model';
  yield `${base}Model`;
  for (let n = 2; ; n++) yield `${base}${n}`;
}
