/** The words of the built-in provider: what it is, what it found, and how to get more. Markdown. */
import type { StreamPart } from '@piper/shared/stream/parts';
import { bestPassage, type Passage } from './passages.ts';
import type { Found } from './search.repo.ts';
import type { SearchTerm } from './search-terms.ts';

export type Source = Extract<StreamPart, { type: 'source' }>;

export interface LocalAnswer {
  text: string;
  sources: Source[];
}

const whatItIs = 'I am Piper’s built-in search, not a language model: I can only show what this project already holds.';
const howToGetMore =
  'For written answers, connect an AI provider: add a key under **Settings → AI providers**, or start Piper with one of ' +
  '`OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, `GOOGLE_API_KEY`, `OPENROUTER_API_KEY`, or `OLLAMA_BASE_URL` for a server of your own.';

const shown = 5;

interface Hit {
  found: Found;
  passage: Passage;
}

/** Chooses the best passages of what was found and cites each. */
export function answerFrom(
  found: readonly Found[],
  terms: readonly SearchTerm[],
  held: { files: number; prompts: number },
): LocalAnswer {
  const hits = chooseHits(found, terms);
  if (hits.length === 0) return { text: nothingFound(terms, held), sources: [] };
  const quotes = hits.map(({ found: { kind, title }, passage }, index) => {
    return `${index + 1}. **${escapeMarkdown(title)}** (${kind})\n\n${quote(passage.text)}`;
  });
  const intro = `${whatItIs} This fits your question best:`;
  return { text: [intro, ...quotes, '---', howToGetMore].join('\n\n'), sources: hits.map(toSource) };
}

function chooseHits(found: readonly Found[], terms: readonly SearchTerm[]): Hit[] {
  const hits = found.flatMap((each): Hit[] => {
    const passage = bestPassage(each.text, terms);
    return passage ? [{ found: each, passage }] : [];
  });
  const seen = new Set<string>();
  return hits
    .toSorted((a, b) => b.passage.score - a.passage.score)
    .filter(({ passage }) => !seen.has(passage.text) && seen.add(passage.text))
    .slice(0, shown);
}

function nothingFound(terms: readonly SearchTerm[], held: { files: number; prompts: number }): string {
  const searched =
    held.files + held.prompts === 0
      ? 'This project holds no files and no prompts yet. Upload files with text and I can quote them.'
      : terms.length === 0
        ? 'Ask me with words that could stand in its files, prompts or threads.'
        : `I found nothing about ${terms.map((term) => `“${escapeMarkdown(term.word)}”`).join(', ')} in its files, prompts and threads.`;
  return [`${whatItIs} ${searched}`, howToGetMore].join('\n\n');
}

function toSource({ found, passage }: Hit): Source {
  const reference = { file: 'fileId', prompt: 'promptId', message: 'messageId' } as const;
  return {
    type: 'source',
    id: `${found.kind}:${found.id}`,
    title: found.title,
    snippet: passage.text,
    [reference[found.kind]]: found.id,
  };
}

/** Quoted text is shown as it is: it must not become links, images or headings of the answer. */
const escapeMarkdown = (text: string): string => text.replaceAll(/[\\`*_{}[\]<>#!|~$&]/g, '\\$&').replaceAll(/\s*\n\s*/g, ' ');

const quote = (text: string): string =>
  text
    .split('\n')
    .map((line) => `   > ${escapeMarkdown(line)}`)
    .join('\n');
