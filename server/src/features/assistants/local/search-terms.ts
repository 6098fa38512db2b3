/** The words of a question that are worth looking for, in any script. */

export interface SearchTerm {
  /** As written, in lower case. */
  word: string;
  /** Its beginning, which other forms of the word share; the word itself when it is short or not alphabetic. */
  stem: string;
  /** Written in a script without spaces, where PostgreSQL finds no words: it is searched as a part of the text. */
  isUnspaced: boolean;
}

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const maxTerms = 12;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Words that say what kind of sentence it is, not what it is about. */
const fillers = new Set(
  `a about an and any are as at be but by can could did do does for from give had has have he her his how i if in into is it its just like list may me more
  my no not of on one or our please say she should show so some tell than that the their them then there these they this those to up us was we were what
  when where which who why will with would you your
  aber als am an auf aus bei bin bist da das dass dein dem den der des die dies doch du ein eine einem einen einer es für gibt hat hatte ich ihr im in ist
  ja kann kein man mein mich mir mit nach nicht noch nur oder sag sein sich sie sind so über um und uns unser vom von vor war was wenn wer wie wir wird wo zu zum zur
  au aux avec ce ces cette comme dans de des du elle en est et il ils je la le les leur mais me mes mon ne nous on ou par pas pour quand que quel quelle qui
  sa se ses son sont sur tu un une vous
  al como con cual cuando de del donde el ella en es esta este hay la las lo los mi no nos o para pero por que se si sin son su sus un una y
  в во вы да для до его ее если есть и из или их к как кто ли мне мой мы на не но о об он она они от по с так там то ты у что эта это я`.split(
    /\s+/u,
  ),
);

/** At most twelve terms, in the order of the question; fillers only when there is nothing else. */
export function searchTerms(question: string): SearchTerm[] {
  const words = new Set<string>();
  for (const { segment, isWordLike } of segmenter.segment(question.slice(0, 4_000))) {
    if (isWordLike) words.add(segment.toLowerCase().normalize('NFC'));
  }
  const all = [...words];
  const telling = all.filter((word) => !fillers.has(word) && (word.length > 1 || /\p{N}/u.test(word)));
  return (telling.length > 0 ? telling : all).slice(0, maxTerms).map(toTerm);
}

function toTerm(word: string): SearchTerm {
  const isUnspaced = unspaced.test(word);
  const isInflected = !isUnspaced && word.length > 5 && /^\p{L}+$/u.test(word);
  return { word, stem: isInflected ? word.slice(0, Math.max(5, word.length - 2)) : word, isUnspaced };
}
