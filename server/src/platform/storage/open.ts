/** Chooses the storage the configuration names; the S3 library loads only when S3 is configured and first used. */
import { join } from 'node:path';
import type { Env } from '../env.ts';
import { openDiskStorage } from './disk.ts';
import type { Storage } from './storage.ts';

/** The storage of this instance: S3 when `S3_*` is set, otherwise `DATA_DIR/files`. */
export async function openStorage(env: Pick<Env, 's3' | 'dataDir'>): Promise<Storage> {
  if (!env.s3) return openDiskStorage(join(env.dataDir, 'files'));
  const { openS3Storage } = await import('./s3.ts');
  return openS3Storage(env.s3);
}
