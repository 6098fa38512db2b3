/** The search of the local provider as a tool for AI models: they look up what the project holds and answer from it. */
import { fail } from '@piper/shared/errors';
import { userIdOf } from '#platform/actor';
import type { AiTool } from '../tools.ts';
import { bestPassage } from './passages.ts';
import { searchProject } from './search.repo.ts';
import { searchTerms } from './search-terms.ts';

const most = 8;

export const searchTool: AiTool = {
  name: 'search_project',
  description:
    'Searches the files, prompts and threads of this project that the user may see, by words. Gives the best passage of each, with its source.',
  input: {
    type: 'object',
    properties: { query: { type: 'string', description: 'The words to look for, in the language of the texts.' } },
    required: ['query'],
  },
  effect: 'pure',
  async call(ctx, input, { projectId, threadId }) {
    const terms = searchTerms(queryOf(input));
    const userId = userIdOf(ctx.actor) ?? fail('forbidden');
    const found = await searchProject(ctx.db, { userId, projectId, exceptThreadId: threadId }, terms);
    const hits = found.flatMap(({ kind, id, title, text }) => {
      const passage = bestPassage(text, terms);
      return passage ? [{ score: passage.score, hit: { kind, id, title, passage: passage.text } }] : [];
    });
    const best = hits.toSorted((a, b) => b.score - a.score).slice(0, most);
    return { found: best.map(({ hit }) => hit) };
  },
};

/** AI models don't always keep to the schema. */
function queryOf(input: unknown): string {
  const query = (input as { query?: unknown } | null)?.query;
  return typeof query === 'string' && query.trim() !== ''
    ? query
    : fail('validation_failed', 'Give a `query`: the words to look for.');
}
