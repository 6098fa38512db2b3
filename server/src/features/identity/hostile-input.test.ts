/** Every text that identity and projects take, filled with what should not hurt: found from the contracts, so that none is forgotten. */
import { expect, test } from 'vitest';
import type { Contract } from '@piper/shared/contract';
import * as identity from '@piper/shared/identity';
import * as projects from '@piper/shared/projects';
import { createProject, registerUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';

const server = useTestServer();

interface Taker {
  contract: Contract;
  property: string;
}

const isContract = (value: unknown): value is Contract =>
  typeof value === 'object' && value !== null && 'path' in value && 'access' in value;

/** Plausible values of everything a body may need besides the text under test. */
const valid: Record<string, unknown> = {
  email: 'somebody@example.com',
  password: 'correct horse',
  name: 'x',
  token: 'x',
  newPassword: 'correct horse',
  currentPassword: 'correct horse',
};

const exported: unknown[] = [...Object.values(identity), ...Object.values(projects)];
const takers: Taker[] = exported
  .filter(isContract)
  .flatMap((contract) => Object.keys(propertiesOf(contract)).map((property) => ({ contract, property })));

function propertiesOf({ body }: Contract): object {
  return 'properties' in body ? (body.properties as object) : {};
}

const hostile: Record<string, string> = {
  SQL: `'); drop table piper.users cascade; --`,
  'half a character': 'a\ud800b',
  markup: '<img src=x onerror=alert(1)>',
  'a prototype': '__proto__',
  'very long': 'x'.repeat(1_000_000),
};

test('there are texts to try', () => {
  expect(takers.length).toBeGreaterThan(15);
});

test.each(takers)(
  '$contract.method $contract.path takes hostile "$property" as text or refuses it',
  async ({ contract, property }) => {
    const somebody = await registerUser(server);
    const project = await createProject(somebody);
    const required = 'required' in contract.body ? (contract.body.required as string[]) : [];
    const base = Object.fromEntries(required.map((name) => [name, valid[name]]));
    const url = contract.path.replace(':id', project.id);
    const send = (value: string) =>
      somebody.browser.send({ method: contract.method as 'POST', url, payload: { ...base, [property]: value } });
    for (const [what, value] of Object.entries(hostile)) {
      const reply = await send(value);
      expect(reply.statusCode, `${what}: ${reply.body}`).toBeLessThan(500);
    }
    expect((await send('a\0b@example.com')).json().error.code).toBe('validation_failed');
    const { rows } = await server.deps.pool.query('select count(*)::int as n from piper.users');
    expect(rows[0].n).toBeGreaterThan(0);
  },
);
