/** Files: uploads, their content, and the clean-up of what nothing uses. */
import { files as fileModel } from '@piper/shared/system-models/index';
import { deleteFile as deleteContract } from '@piper/shared/files';
import { defineFeature } from '#platform/feature';
import { serve } from '#platform/http/serve';
import type {} from '#platform/records/hooks';
import type {} from '#platform/sweeper';
import { removeDueBlobs, removeOrphans } from './blobs.ts';
import { serveContent } from './content.routes.ts';
import { deleteFile } from './files.service.ts';
import { serveUpload } from './upload.routes.ts';

export { accessFile } from './files.access.ts';
export type { FileMeta } from './files.repo.ts';
export { attachFiles, readFileContent, readFileText } from './files.service.ts';

export const files = defineFeature({
  name: 'files',
  systemModels: [{ model: fileModel }],
  sweepers: [
    { name: 'file-orphans', everyMs: 15 * 60_000, sweep: removeOrphans },
    { name: 'file-blobs', everyMs: 5 * 60_000, sweep: removeDueBlobs },
  ],
  routes: async (app, deps) => {
    await serveUpload(app, deps);
    serveContent(app, deps);
    serve(app, deps, deleteContract, async (ctx, { params }) => {
      await deleteFile(ctx, params.id);
      return {};
    });
  },
});
