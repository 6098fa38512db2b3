/**
 * Two validators: bodies are taken as they are (Ajv's usual coercion would turn null into 0 and drop unknown fields in
 * silence), texts of the address are converted to the types their schema names.
 */
import AjvCompiler from '@fastify/ajv-compiler';
import type { FastifyInstance } from 'fastify';

const common = { allErrors: false, useDefaults: true, removeAdditional: false } as const;

export function useValidators(app: FastifyInstance): void {
  const build = AjvCompiler();
  const compilers: Record<string, ReturnType<typeof build>> = {};
  const compilerFor = (part: string) =>
    (compilers[part] ??= build(app.getSchemas() as Parameters<typeof build>[0], {
      customOptions: part === 'body' ? { ...common, coerceTypes: false } : { ...common, coerceTypes: 'array' },
    }));
  app.setValidatorCompiler((route) => {
    const part = route.httpPart === 'body' ? 'body' : 'address';
    return compilerFor(part)(route);
  });
}
