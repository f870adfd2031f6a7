import { IconChevronRight } from '@tabler/icons-react';
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { formatPlace } from '../../app/place';
import { t } from '../../i18n';
import type { JsonNode } from '../../platform/wire';
import { copyText } from '../bits';
import { type IdLink, idLink } from './idLinks';
import s from './JsonTree.module.css';
import { containerText, isContainer, scalarText, type TreeLine, treeLines } from './treeRows';

interface JsonTreeProps {
  nodes: readonly JsonNode[];
  label: string;
  testId?: string;
  /** Says what an empty tree means. */
  empty?: string;
  /** Goes where an id leads; without it ids are no links. */
  onFollow?: (link: IdLink) => void;
  /** Is told the JSON pointer of the field that has the focus. */
  onPath?: (path: string) => void;
  /** Is told the JSON pointer of the field under the pointer; nothing when it leaves. */
  onHover?: ((path: string | null) => void) | undefined;
  /** What Enter does on a value that cannot be unfolded. */
  onEnter?: ((path: string) => void) | undefined;
  /** Stands before each line. */
  margin?: ((node: JsonNode) => ReactNode) | undefined;
}

const CHANGE_WORDS = {
  same: '',
  within: '',
  added: 'added',
  removed: 'removed',
  changed: 'changed',
} as const;

/** A JSON value as a tree; fields that differ from the compared value are tinted and show what was there before. */
export function JsonTree(props: JsonTreeProps) {
  const { nodes, label, testId, empty = t('shared.nothingHere'), onFollow, onPath, onEnter } = props;
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [focused, setFocused] = useState<string | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const move = useRef(false);
  const lines = useMemo(() => treeLines(nodes, chosen), [nodes, chosen]);
  const rows = lines.map((line) => line.node);
  const stop = rows.some((node) => node.path === focused) ? focused : (rows[0]?.path ?? null);

  useLayoutEffect(() => {
    if (!move.current || focused === null) return;
    move.current = false;
    tree.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(focused)}"]`)?.focus();
  });

  if (rows.length === 0) return <p className={s.nothing}>{empty}</p>;

  const turn = ({ node, open }: TreeLine) => setChosen(new Map(chosen).set(node.path, !open));

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey) return;
    const at = rows.findIndex((node) => node.path === stop);
    const line = lines[at];
    if (line === undefined) return;
    const { node, open } = line;
    const goTo = (target: JsonNode | undefined) => {
      if (target === undefined) return;
      move.current = true;
      setFocused(target.path);
    };
    if ((event.ctrlKey || event.metaKey) && event.key === 'c') {
      void copyText(scalarText(node));
      return;
    }
    const keys: Record<string, () => void> = {
      ArrowDown: () => goTo(rows[at + 1]),
      j: () => goTo(rows[at + 1]),
      ArrowUp: () => goTo(rows[at - 1]),
      k: () => goTo(rows[at - 1]),
      Home: () => goTo(rows[0]),
      End: () => goTo(rows.at(-1)),
      ArrowRight: () => (isContainer(node) && !open ? turn(line) : goTo(rows[at + 1])),
      ArrowLeft: () => {
        if (isContainer(node) && node.children > 0 && open) turn(line);
        else goTo(rows.slice(0, at).findLast((above) => above.depth < node.depth));
      },
      Enter: () => {
        const link = onFollow === undefined ? null : idLink(node);
        if (link !== null) onFollow?.(link);
        else if (isContainer(node) && node.display === null) turn(line);
        else if (onEnter !== undefined) onEnter(node.path);
        else if (isContainer(node)) turn(line);
      },
    };
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };

  return (
    <div ref={tree} role="tree" aria-label={label} className={s.tree} data-testid={testId} onKeyDown={onKeyDown}>
      {lines.map((line) => (
        <TreeRow
          key={line.node.path}
          node={line.node}
          open={line.open}
          stop={line.node.path === stop}
          onFocus={() => {
            setFocused(line.node.path);
            onPath?.(line.node.path);
          }}
          onFollow={onFollow}
          onHover={props.onHover}
          margin={props.margin?.(line.node)}
          onToggle={() => turn(line)}
        />
      ))}
    </div>
  );
}

interface TreeRowProps {
  node: JsonNode;
  open: boolean;
  stop: boolean;
  onFocus: () => void;
  onToggle: () => void;
  onFollow: ((link: IdLink) => void) | undefined;
  onHover: ((path: string | null) => void) | undefined;
  margin: ReactNode;
}

function TreeRow({ node, open, stop, onFocus, onToggle, onFollow, onHover, margin }: TreeRowProps) {
  const container = isContainer(node) && node.children > 0;
  const word = CHANGE_WORDS[node.change];
  const indent = 12 + Math.max(0, node.depth - 1) * 16;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys for all of its rows
    <div
      role="treeitem"
      aria-level={Math.max(1, node.depth)}
      aria-selected={stop}
      {...(container ? { 'aria-expanded': open } : {})}
      tabIndex={stop ? 0 : -1}
      data-path={node.path}
      data-change={node.change}
      data-testid={`node-${node.path}`}
      className={`${s.row} ${s[node.change === 'within' && node.display !== null ? 'changed' : node.change]}`}
      style={margin === undefined ? { paddingLeft: indent } : { paddingLeft: 0 }}
      onPointerEnter={onHover === undefined ? undefined : () => onHover(node.path)}
      onPointerLeave={onHover === undefined ? undefined : () => onHover(null)}
      onFocus={onFocus}
      onClick={container ? onToggle : undefined}
    >
      {margin}
      <span className={s.mark} style={margin === undefined ? {} : { marginLeft: indent }} aria-hidden="true">
        {container && <IconChevronRight size={13} className={open ? s.opened : s.closed} />}
      </span>
      <span className={s.key}>{node.key === '' ? t('shared.value') : node.key}</span>
      {container ? (
        <ContainerText node={node} />
      ) : (
        <span className={s.values}>
          {node.change === 'changed' && node.before !== null && (
            <>
              <span className={`${s.value} ${s.before}`} title={t('shared.before')}>
                {node.before}
              </span>
              <span className={s.arrow} aria-hidden="true">
                →
              </span>
            </>
          )}
          <span className={`${s.value} ${s[node.kind]} selectable`}>
            <Value node={node} onFollow={onFollow} />
          </span>
          {node.display !== null && <span className={s.display}>{node.display}</span>}
        </span>
      )}
      {word !== '' && <span className="visually-hidden">{word}</span>}
    </div>
  );
}

/** A value; ids are links. The keys follow a link from its row, so that a tree stays one stop. */
function Value({ node, onFollow }: { node: JsonNode; onFollow: ((link: IdLink) => void) | undefined }) {
  const text = node.change === 'removed' ? (node.before ?? scalarText(node)) : scalarText(node);
  const link = onFollow === undefined || node.change === 'removed' ? null : idLink(node);
  if (link === null) return text;
  return (
    <a
      href={'to' in link ? formatPlace(link.to) : '#'}
      className="link"
      tabIndex={-1}
      onClick={(event) => {
        event.preventDefault();
        onFollow?.(link);
      }}
    >
      {text}
    </a>
  );
}

/** What stands beside a container's key: how much is in it, or the one value that people read it as. */
function ContainerText({ node }: { node: JsonNode }) {
  if (node.display === null) return <span className={s.container}>{containerText(node)}</span>;
  return (
    <span className={s.values}>
      {node.change === 'within' && node.before !== null && (
        <>
          <span className={`${s.value} ${s.before}`} title={t('shared.before')}>
            {node.before}
          </span>
          <span className={s.arrow} aria-hidden="true">
            →
          </span>
        </>
      )}
      <span className={`${s.value} ${s.amount} selectable`}>{node.display}</span>
    </span>
  );
}
