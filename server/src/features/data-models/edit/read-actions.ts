/** Actions as they come from outside: each is held to its form before an edit believes it. */
import { Compile } from 'typebox/compile';
import type { ModelAction } from '@piper/shared/data-models';
import { actionSchemas } from '@piper/shared/model-actions';
import { strict } from '@piper/shared/contract';
import Type from 'typebox';
import { refuse } from './refuse.ts';

const checks = new Map(
  Object.entries(actionSchemas).map(([name, schema]) => [name, Compile(strict({ do: Type.Literal(name), ...schema }))]),
);

/** The actions, if that is what these are. Throws `validation_failed`, naming the place as `actions[0].field.type`. */
export function readActions(given: readonly unknown[]): ModelAction[] {
  return given.map((action, i) => readAction(action, `actions[${i}]`));
}

function readAction(given: unknown, path: string): ModelAction {
  const name = typeof given === 'object' && given !== null && 'do' in given ? given.do : undefined;
  const check = typeof name === 'string' ? checks.get(name) : undefined;
  if (!check) refuse(`${path}.do`, `must be one of ${[...checks.keys()].join(', ')}`);
  if (check.Check(given)) return given as ModelAction;
  const [error] = check.Errors(given);
  const place = (error?.instancePath ?? '').replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.');
  return refuse(`${path}${place}`, describe(error));
}

function describe(error: { keyword: string; message: string; params: object } | undefined): string {
  if (error?.keyword === 'boolean') return 'is not known here';
  const missing =
    error?.keyword === 'required' ? (error.params as { requiredProperties?: string[] }).requiredProperties : undefined;
  return missing ? `lacks ${missing.join(', ')}` : (error?.message ?? 'is not valid');
}
