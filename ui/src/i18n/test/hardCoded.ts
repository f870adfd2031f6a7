// Finds texts that stand in the source instead of in `i18n/`: what is between tags, in attributes and properties that people
// read, and whatever reads like words for people anywhere else.
import ts from 'typescript';

export interface Found {
  line: number;
  text: string;
  node: ts.Node;
  why: 'tag' | 'attribute' | 'child' | 'property' | 'argument' | 'words' | 'moduleLevel';
}

/** Attributes that people read, or hear. */
const ATTRIBUTES = new Set(
  `label title placeholder aria-label aria-description aria-roledescription description alt fallback cancel children hint
  reason about message nothingFoundMessage text error empty note caption confirm action done verb what heading prompt
  none problem unit suffix help busyLabel because`.split(/\s+/),
);
/** Properties that hold what one of those attributes is given, or what the palette, the keys and notices show. */
const PROPERTIES = new Set(
  `label title placeholder aria-label description hint about reason message header help problem heading caption note
  nothingFoundMessage`.split(/\s+/),
);
/** What these are called with is shown. */
const CALLED = new Set(['showDone', 'showReason', 'plural', 'refused', 'lacking']);
/** Attributes and properties whose strings are for the browser. */
const FOR_THE_BROWSER = new Set(
  `className class style d viewBox transform points data-testid classNames gridTemplateColumns background boxShadow fontFamilyMonospace gridTemplateRows zIndex keys press takenBy border
  transition fontFamily fontFeatureSettings textWrap size sizes w h mih maw grid template font filter cursor autoComplete
  strokeDasharray rel allow`.split(/\s+/),
);
/** Elements whose text is a key or code in every language. */
const VERBATIM = new Set(['Kbd', 'kbd', 'code', 'Code']);
const KEYS = new Set(
  'Enter Escape Home End Tab Space Delete Backspace Shift Control Alt Meta Mod Esc Ctrl Insert Mac'.split(' '),
);

/** Selectors, addresses, and what has one name in every language. */
const SAME_EVERYWHERE =
  /^(?:\[.*\]|[a-z]+:\/\/.*|v\d+ ·|[A-Z]+-\d+|[a-z]+-\d+(?: [a-z]+-\d+)*|teller:\w+|[\w.]+ [<>=!]+ \w+|(?:UTC|JSON|NDJSON|CSV|CEL|JSONata|SQL|TLS|px|ms|µs|Ledgerscope)[\s\d]*)$/;

const hasLetters = (text: string): boolean => /\p{L}/u.test(text);
/** A word of two letters or more, and another word behind it. */
const WORDS = /\p{L}{2,}[’',:;.!?…)”]* [(“]?\p{L}/u;
const SENTENCE_WORD = /^[A-Z][a-z]+(?:-[a-z]+)*(?:…|\.)?$/;

/** The text of a literal; of one with values in it, the text between them. */
export function literalText(node: ts.Node): string | null {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('\u0000');
}

const nameOf = (name: ts.Node): string =>
  ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : name.getText();

const tagOf = (node: ts.Node): string =>
  ts.isJsxElement(node) ? node.openingElement.tagName.getText() : ts.isJsxFragment(node) ? '' : '';

/** Where a literal stands, through conditions and what is put together of several. */
function placeOf(literal: ts.Node): { kind: Found['why'] | 'browser' | 'none' | 'other' } {
  let node = literal;
  let { parent } = node;
  let passedOperator = false;
  while (parent !== undefined) {
    if (ts.isJsxAttribute(parent)) {
      const name = nameOf(parent.name);
      if (FOR_THE_BROWSER.has(name)) return { kind: 'browser' };
      const element = parent.parent.parent;
      const tag = ts.isJsxOpeningLikeElement(element) ? element.tagName.getText() : '';
      if (ATTRIBUTES.has(name) || (tag === 'Pair' && name === 'name')) return { kind: 'attribute' };
      return { kind: 'other' };
    }
    if (ts.isJsxExpression(parent) && !ts.isJsxAttribute(parent.parent)) {
      return { kind: VERBATIM.has(tagOf(parent.parent)) ? 'none' : 'child' };
    }
    if (ts.isPropertyAssignment(parent)) {
      if (parent.name === node) return { kind: 'none' };
      const name = nameOf(parent.name);
      if (FOR_THE_BROWSER.has(name)) return { kind: 'browser' };
      return { kind: PROPERTIES.has(name) ? 'property' : 'other' };
    }
    if (ts.isConditionalExpression(parent)) {
      if (parent.condition === node) return { kind: 'none' };
    } else if (ts.isBinaryExpression(parent)) {
      const operator = parent.operatorToken.kind;
      const yields = [
        ts.SyntaxKind.AmpersandAmpersandToken,
        ts.SyntaxKind.BarBarToken,
        ts.SyntaxKind.QuestionQuestionToken,
        ts.SyntaxKind.PlusToken,
      ];
      if (!yields.includes(operator)) return { kind: 'none' };
      passedOperator = true;
    } else if (ts.isCallExpression(parent)) {
      const called = parent.expression.getText();
      const last = called.split('.').at(-1) ?? called;
      if (parent.expression === node) return { kind: 'other' };
      if (CALLED.has(last)) return { kind: 'argument' };
      if (
        [
          't',
          'rich',
          'named',
          'commands',
          'querySelector',
          'querySelectorAll',
          'closest',
          'matches',
          'getPropertyValue',
        ].includes(last)
      )
        return { kind: 'none' };
      return { kind: 'other' };
    } else if (ts.isElementAccessExpression(parent) && parent.argumentExpression === node) {
      return { kind: 'none' };
    } else if (ts.isNewExpression(parent)) {
      // What is thrown so is a mistake of ours, in words for us.
      return { kind: parent.expression.getText() === 'Error' ? 'none' : 'other' };
    } else if (
      !(
        ts.isParenthesizedExpression(parent) ||
        ts.isJsxExpression(parent) ||
        ts.isTemplateSpan(parent) ||
        ts.isTemplateExpression(parent) ||
        ts.isAsExpression(parent) ||
        ts.isNonNullExpression(parent) ||
        ts.isSatisfiesExpression(parent)
      )
    ) {
      const silent =
        ts.isLiteralTypeNode(parent) ||
        ts.isImportDeclaration(parent) ||
        ts.isExportDeclaration(parent) ||
        ts.isCaseClause(parent) ||
        ts.isEnumMember(parent) ||
        ts.isTypeNode(parent) ||
        ts.isExternalModuleReference(parent);
      return { kind: silent ? 'none' : 'other' };
    }
    node = parent;
    parent = node.parent;
  }
  return { kind: passedOperator ? 'other' : 'none' };
}

const insideOfFunction = (node: ts.Node): boolean => {
  for (let at = node.parent; at !== undefined; at = at.parent) if (ts.isFunctionLike(at)) return true;
  return false;
};

/** Everything in a file that should come from `i18n/`, or is asked for before the language is known. */
export function findHardCoded(file: string, source: string): Found[] {
  const tree = ts.createSourceFile(
    file,
    source,
    ts.ScriptTarget.Latest,
    true,
    file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );
  const found: Found[] = [];
  const add = (node: ts.Node, why: Found['why'], text: string) =>
    found.push({ node, why, text: text.replaceAll('\u0000', '{}').replace(/\s+/g, ' ').trim(), line: lineOf(node) });
  const lineOf = (node: ts.Node) => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) {
      if (hasLetters(node.text) && !VERBATIM.has(tagOf(node.parent))) add(node, 'tag', node.text);
      return;
    }
    const text = literalText(node);
    if (text !== null) {
      const letters = hasLetters(text.replaceAll('\u0000', '').trim().replace(SAME_EVERYWHERE, ''));
      const { kind } = letters ? placeOf(node) : { kind: 'none' };
      if (kind === 'attribute' || kind === 'child' || kind === 'property' || kind === 'argument') add(node, kind, text);
      else if (kind === 'other') {
        const plain = text.replaceAll('\u0000', ' x ').replace(/ +/g, ' ');
        if (WORDS.test(plain) || (SENTENCE_WORD.test(text) && !KEYS.has(text))) add(node, 'words', text);
      }
    }
    if (
      ts.isCallExpression(node) &&
      ['t', 'rich', 'plural'].includes(node.expression.getText(tree)) &&
      !insideOfFunction(node)
    )
      add(node, 'moduleLevel', node.getText(tree));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
