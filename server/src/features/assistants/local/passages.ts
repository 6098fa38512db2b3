/** Finds the passages of texts that answer best to the terms of a question. */
import type { SearchTerm } from './search-terms.ts';

export interface Passage {
  text: string;
  score: number;
}

const longest = 420;

/** The best passage of a text; undefined when no term is in it. A rare whole word counts more than a part of a word. */
export function bestPassage(text: string, terms: readonly SearchTerm[]): Passage | undefined {
  let best: Passage | undefined;
  for (const passage of passagesOf(text)) {
    const score = scoreOf(passage, terms);
    if (score > (best?.score ?? 0)) best = { text: passage, score };
  }
  return best;
}

function scoreOf(passage: string, terms: readonly SearchTerm[]): number {
  const lower = passage.toLowerCase().normalize('NFC');
  let score = 0;
  for (const term of terms) {
    const at = lower.indexOf(term.stem);
    if (at < 0) continue;
    // Long words say more than short ones; each term counts once, so that all terms beat one term often.
    const weight = term.isUnspaced ? 2 * term.word.length : Math.min(term.word.length, 10);
    score += isWholeWord(lower, at, term) ? weight : weight / 3;
  }
  return score;
}

function isWholeWord(text: string, at: number, term: SearchTerm): boolean {
  return term.isUnspaced || at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? ' ');
}

/** Paragraphs, and long ones in pieces that end at a sentence or a space where there is one. */
function* passagesOf(text: string): Generator<string> {
  for (const paragraph of text.split(/\n\s*\n/u)) {
    let rest = paragraph.trim();
    while (rest.length > longest) {
      const cut = cutAt(rest);
      yield rest.slice(0, cut).trim().toWellFormed();
      rest = rest.slice(cut).trimStart();
    }
    if (rest !== '') yield rest;
  }
}

function cutAt(text: string): number {
  const head = text.slice(0, longest);
  const sentence = Math.max(...['. ', '! ', '? ', '。', '！', '？', '\n'].map((end) => head.lastIndexOf(end)));
  if (sentence > longest / 3) return sentence + 1;
  const space = head.lastIndexOf(' ');
  if (space > longest / 3) return space;
  // Not between the halves of a surrogate pair.
  return /[\ud800-\udbff]$/.test(head) ? longest - 1 : longest;
}
