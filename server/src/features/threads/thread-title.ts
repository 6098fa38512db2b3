/** The title a thread has at once, made of what was said first. */

const longest = 60;

/** The first line with words in it, shortened at a word. Empty when there are no words. */
export function titleFromText(text: string): string {
  const line = text
    .slice(0, 2_000)
    .split(/\r?\n/u)
    .map((part) =>
      part
        .replace(/^[#>*\-\s`]+/u, '')
        .replace(/\s+/gu, ' ')
        .trim(),
    )
    .find((part) => /[\p{L}\p{N}\p{S}]/u.test(part));
  return line === undefined ? '' : shorten(line);
}

/** Cuts whole characters as people see them, not code units, and at a space when there is one. */
function shorten(line: string): string {
  const graphemes = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(line.slice(0, longest * 12))].map(
    (g) => g.segment,
  );
  if (graphemes.length <= longest && line.length <= longest * 12) return line;
  const cut = graphemes.slice(0, longest - 1).join('');
  const space = cut.lastIndexOf(' ');
  return `${(space > cut.length / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
