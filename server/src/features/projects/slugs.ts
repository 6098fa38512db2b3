/** Slugs: the readable names of projects in addresses. They follow the name, are unique, and former ones keep working. */
import { PiperError } from '@piper/shared/errors';
import type { Tx } from '#platform/db/db';
import { isUuid } from '#platform/ids';
import { listSlugsLike, lockSlugs } from './slugs.repo.ts';

const maxLength = 60;
/** Words that are addresses under /api/projects themselves. */
const reserved = new Set(['deleted', 'new']);

/** The slug a name suggests; `project` for names without a Latin letter or digit. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, maxLength)
    .replaceAll(/^-+|-+$/g, '');
  if (slug === '') return 'project';
  return isUuid(slug) || reserved.has(slug) ? `project-${slug}` : slug;
}

/** A free slug for this name: with a number when others have it. `projectId` may take back its own former ones. */
export async function chooseSlug(tx: Tx, name: string, projectId?: string): Promise<string> {
  const base = slugOf(name);
  await lockSlugs(tx, base);
  const taken = await listSlugsLike(tx, base);
  const isFree = (slug: string): boolean => !taken.has(slug) || taken.get(slug) === projectId;
  if (isFree(base)) return base;
  for (let number = 2; ; number++) if (isFree(`${base}-${number}`)) return `${base}-${number}`;
}

/** Takes exactly this slug or throws `already_exists`. */
export async function claimSlug(tx: Tx, slug: string, projectId?: string): Promise<string> {
  if (slugOf(slug) !== slug) {
    throw new PiperError('validation_failed', { message: `"${slug}" can't be used as a slug.`, details: [{ path: 'slug' }] });
  }
  await lockSlugs(tx, slug);
  const holder = (await listSlugsLike(tx, slug)).get(slug);
  if (holder === undefined || holder === projectId) return slug;
  throw new PiperError('already_exists', { message: 'Another project has or had this slug.', details: [{ path: 'slug' }] });
}
