/** A project with customers and their orders, and the people around it: for tests of definitions over HTTP. */
import { beforeAll, expect } from 'vitest';
import { createProject, registerUser, type TestUser } from './accounts.ts';
import type { TestServer } from './harness.ts';

type Json = Record<string, unknown>;
export interface Body {
  data: Json & { fields: (Json & { id: string; key: string })[]; id: string };
  meta: { version: number; changeSet: string };
  error: { code: string; message: string; details: { path: string; message: string }[] };
}

interface Who {
  who?: TestUser | undefined;
  headers?: Record<string, string>;
}

export interface Shop {
  project: { id: string; slug: string };
  /** Address of its records. */
  items: string;
  /** Ids of the models. */
  customers: string;
  orders: string;
}

const roles = ['owner', 'stranger', 'admin', 'member', 'viewer'] as const;

export const keysOf = (body: Body): string[] => body.data.fields.map((field) => field.key);
export const fieldIn = (body: Body, key: string) => body.data.fields.find((field) => field.key === key)!;

/** Makes the people before the tests; requests are the owner's unless somebody else is named. */
export function useShop(server: TestServer) {
  const people = {} as Record<(typeof roles)[number], TestUser>;
  beforeAll(async () => {
    for (const role of roles) people[role] = await registerUser(server);
  });

  async function call(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    url: string,
    payload?: object,
    as: TestUser | Who = {},
  ) {
    const { who = people.owner, headers = {} } = 'browser' in as ? { who: as } : as;
    const reply = await who.browser.send({ method, url, headers, ...(payload && { payload }) });
    const body = (reply.body === '' ? {} : reply.json()) as Body;
    return { status: reply.statusCode, headers: reply.headers, text: reply.body, body };
  }

  async function done(...args: Parameters<typeof call>): Promise<Body> {
    const reply = await call(...args);
    expect(reply.status, reply.text).toBeLessThan(300);
    return reply.body;
  }

  async function shop(): Promise<Shop> {
    const project = await createProject(people.owner);
    const customers = await done('POST', '/api/models', { project: project.slug, ...customerModel });
    const orders = await done('POST', '/api/models', { project: project.id, ...orderModel });
    return { project, items: `/api/projects/${project.slug}/items`, customers: customers.data.id, orders: orders.data.id };
  }

  let kept: Promise<Shop> | undefined;
  /** One for all tests that change nothing. */
  const shopOnce = (): Promise<Shop> => (kept ??= shop());
  return { people, call, done, shop, shopOnce };
}

const customerModel = {
  label: 'Customer',
  labelPlural: 'Customers',
  fields: [
    { type: 'text', label: 'Name', required: true },
    { type: 'email', label: 'E-mail', key: 'email', unique: true },
    { type: 'select', label: 'State', options: { choices: [{ value: 'open' }, { value: 'closed' }] }, default: 'open' },
  ],
};

const orderModel = {
  label: 'Order',
  labelPlural: 'Orders',
  fields: [
    { type: 'decimal', label: 'Price' },
    { type: 'integer', label: 'Quantity' },
    { type: 'formula', label: 'Total', options: { formula: '{price} * {quantity}' } },
    {
      type: 'relation',
      label: 'Customer',
      relation: { kind: 'many-to-one', target: 'customers', reverse: { label: 'Orders' } },
    },
  ],
};
