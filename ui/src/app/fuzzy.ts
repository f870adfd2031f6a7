// How well a text answers what was typed: every word of the query has to be in it, whole, begun, or letter by letter.

const WHOLE = 100;
const BEGINS = 80;
const WITHIN = 50;
/** Letters in order, with others between them: `evdt` finds “Event detail”. */
const SCATTERED = 20;

/** The score of one word; 0 if it is not there. */
function scoreOf(word: string, text: string): number {
  const at = text.indexOf(word);
  if (at >= 0) {
    const begins = at === 0 || /[^\p{L}\p{N}]/u.test(text.charAt(at - 1));
    if (!begins) return WITHIN;
    const end = text.charAt(at + word.length);
    return (end === '' || /[^\p{L}\p{N}]/u.test(end) ? WHOLE : BEGINS) + (at === 0 ? 5 : 0);
  }
  let from = 0;
  let gaps = 0;
  for (const letter of word) {
    const next = text.indexOf(letter, from);
    if (next < 0) return 0;
    gaps += next - from;
    from = next + letter.length;
  }
  // Letters that are strewn over the whole text are there by chance.
  return gaps > word.length * 3 ? 0 : Math.max(1, SCATTERED - gaps);
}

/** How well title and further words answer a query: 0 means not at all. A hit in the title counts more. */
export function fuzzyScore(query: string, title: string, further = ''): number {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const [first, second] = [title.toLowerCase(), further.toLowerCase()];
  let sum = 0;
  for (const word of words) {
    const inTitle = scoreOf(word, first);
    const inFurther = second.includes(word) ? scoreOf(word, second) / 4 : 0;
    const best = Math.max(inTitle, inFurther);
    if (best === 0) return 0;
    sum += best;
  }
  return words.length === 0 ? 1 : sum / words.length;
}
