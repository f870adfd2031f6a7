// Another layout of the same JSON: only white space between its parts is different. Numbers, escapes, the order of fields and
// even doubled ones stay as they are written, which no reader and writer of values can promise.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gsu;

function tokens(json: string): string[] {
  return json.match(TOKEN) ?? [];
}

/** Without white space. */
export function compactJson(json: string): string {
  return tokens(json).join('');
}

/** A field or item a line. For JSON only: other text comes out in some other layout. */
export function prettyJson(json: string): string {
  const parts: string[] = [];
  let depth = 0;
  const line = () => parts.push(`\n${'  '.repeat(depth)}`);
  const all = tokens(json);
  for (const [at, token] of all.entries()) {
    const before = all[at - 1];
    if (token === '}' || token === ']') {
      depth = Math.max(0, depth - 1);
      if (before !== '{' && before !== '[') line();
    } else if (before === '{' || before === '[' || before === ',') {
      line();
    }
    parts.push(token === ':' ? ': ' : token);
    if (token === '{' || token === '[') depth += 1;
  }
  return parts.join('');
}
