import { ActionIcon, Tooltip } from '@mantine/core';
import { IconFocusCentered, IconMinus, IconPlus, IconZoomScan } from '@tabler/icons-react';
import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useOffer } from '../../app/offers';
import { t } from '../../i18n';
import type { CauseGraph, CauseNode } from '../../platform/wire';
import { categoryColour } from '../../shared/bits';
import { useGrowing } from '../../shared/useGrowing';
import s from './CauseDrawing.module.css';
import {
  type Direction,
  neighbour,
  nodeCategory,
  nodeKey,
  nodeLatency,
  nodeSpoken,
  nodeTitle,
  nodeWhere,
} from './nodes';

const NODE = { width: 204, height: 44 };
const STEP = { x: 292, y: 60 };
const LATENCY = { width: STEP.x - NODE.width - 12, height: 17 };
const MARGIN = 24;
const SCALES = { least: 0.1, readable: 0.7, most: 2.5, step: 1.25 };
/** Columns that a large story is first seen with: a cause, the event, what it led to, and what that led to. */
const COLUMNS = 4;
/** Pixels that an arrow key with Shift moves the drawing. */
const PAN = 80;

interface View {
  x: number;
  y: number;
  scale: number;
}

interface CauseDrawingProps {
  graph: CauseGraph;
  chosen: number;
  onChoose: (node: number) => void;
  /** Enter, or a double click. */
  onOpen: (node: number) => void;
}

const KEYS: Record<string, Direction> = {
  ArrowLeft: 'cause',
  ArrowRight: 'effect',
  ArrowUp: 'previous',
  ArrowDown: 'next',
  Home: 'first',
  End: 'last',
};
const PANS: Record<string, [number, number]> = {
  ArrowLeft: [PAN, 0],
  ArrowRight: [-PAN, 0],
  ArrowUp: [0, PAN],
  ArrowDown: [0, -PAN],
};

const place = (node: CauseNode) => ({ x: MARGIN + node.layer * STEP.x, y: MARGIN + node.row * STEP.y });
const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

/** Causes as boxes and lines: what led to what, from left to right. */
export function CauseDrawing({ graph, chosen, onChoose, onOpen }: CauseDrawingProps) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useGrowing(graph.nodes.length, graph);
  const [view, setView] = useState<View>({ x: 0, y: 0, scale: 1 });
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const size = useCallback(() => {
    const { clientWidth: width = 900, clientHeight: height = 480 } = box.current ?? {};
    return { width, height };
  }, []);
  const whole = {
    width: 2 * MARGIN + (graph.layers - 1) * STEP.x + NODE.width,
    height: 2 * MARGIN + (graph.rows - 1) * STEP.y + NODE.height,
  };

  const centre = useCallback(
    (index: number, scale?: number) => {
      const node = graph.nodes[index];
      if (node === undefined) return;
      const { width, height } = size();
      const at = place(node);
      setView((now) => {
        const next = scale ?? now.scale;
        return {
          scale: next,
          x: width / 2 - (at.x + NODE.width / 2) * next,
          y: height / 2 - (at.y + NODE.height / 2) * next,
        };
      });
    },
    [graph, size],
  );

  const showWhole = useCallback(() => {
    const { width, height } = size();
    const scale = clamp(Math.min(width / whole.width, height / whole.height), SCALES.least, 1);
    setView({ scale, x: (width - whole.width * scale) / 2, y: Math.max(0, (height - whole.height * scale) / 2) });
  }, [size, whole.width, whole.height]);

  /** The event that the drawing is about, with what led to it on its left, and with room for what it led to. */
  const showFocus = useCallback(() => {
    const focus = graph.nodes[graph.focus ?? 0];
    if (focus === undefined) return;
    const { width, height } = size();
    const first = Math.max(0, focus.layer - 1);
    const columns = Math.min(COLUMNS, graph.layers - first);
    const scale = clamp(width / (2 * MARGIN + (columns - 1) * STEP.x + NODE.width), SCALES.readable, 1);
    setView({ scale, x: -first * STEP.x * scale, y: Math.min(0, height / 3 - place(focus).y * scale) });
  }, [graph, size]);

  /** A small story is seen whole; of a large one, the event that it is about. */
  useLayoutEffect(() => {
    const { width, height } = size();
    if (whole.width <= width / SCALES.readable && whole.height <= height / SCALES.readable) showWhole();
    else showFocus();
  }, [size, showWhole, showFocus, whole.width, whole.height]);

  const zoom = useCallback(
    (by: number, at?: { x: number; y: number }) => {
      const { width, height } = size();
      const { x, y } = at ?? { x: width / 2, y: height / 2 };
      setView((now) => {
        const scale = clamp(now.scale * by, SCALES.least, SCALES.most);
        const ratio = scale / now.scale;
        return { scale, x: x - (x - now.x) * ratio, y: y - (y - now.y) * ratio };
      });
    },
    [size],
  );

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const bounds = element.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) {
        zoom(event.deltaY < 0 ? SCALES.step : 1 / SCALES.step, {
          x: event.clientX - bounds.left,
          y: event.clientY - bounds.top,
        });
      } else setView((now) => ({ ...now, x: now.x - event.deltaX, y: now.y - event.deltaY }));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [zoom]);

  const choose = (index: number) => {
    onChoose(index);
    const node = graph.nodes[index];
    if (node === undefined) return;
    const { width, height } = size();
    const at = place(node);
    setView((now) => {
      const left = at.x * now.scale + now.x;
      const top = at.y * now.scale + now.y;
      const right = left + NODE.width * now.scale;
      const bottom = top + NODE.height * now.scale;
      const dx = left < MARGIN ? MARGIN - left : right > width - MARGIN ? width - MARGIN - right : 0;
      const dy = top < MARGIN ? MARGIN - top : bottom > height - MARGIN ? height - MARGIN - bottom : 0;
      return dx === 0 && dy === 0 ? now : { ...now, x: now.x + dx, y: now.y + dy };
    });
  };

  useOffer('causes-fit', showWhole);
  useOffer('causes-centre', () => centre(chosen));
  useOffer('causes-in', () => zoom(SCALES.step));
  useOffer('causes-out', () => zoom(1 / SCALES.step));

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pan = event.shiftKey ? PANS[event.key] : undefined;
    const direction = event.shiftKey ? undefined : KEYS[event.key];
    if (pan !== undefined) setView((now) => ({ ...now, x: now.x + pan[0], y: now.y + pan[1] }));
    else if (direction !== undefined) choose(neighbour(graph, chosen, direction));
    else if (event.key === 'Enter') onOpen(chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    drag.current = { x: event.clientX, y: event.clientY, moved: false };
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const from = drag.current;
    if (from === null) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(dx, dy) < 4) return;
    if (!from.moved) event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { x: event.clientX, y: event.clientY, moved: true };
    setView((now) => ({ ...now, x: now.x + dx, y: now.y + dy }));
  };
  const onPointerUp = (event: PointerEvent<HTMLDivElement>) => {
    const dragged = drag.current?.moved === true;
    drag.current = null;
    const node = dragged ? null : (event.target as Element).closest('[data-node]');
    if (node !== null) choose(Number(node.getAttribute('data-node')));
  };

  const current = graph.nodes[chosen];
  return (
    <div className={s.wrap}>
      <div
        ref={box}
        className={s.box}
        role="application"
        aria-label={t('causes.causesAsADrawingLeftGoesToTheCause')}
        aria-describedby="causes-chosen"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => {
          drag.current = null;
        }}
        onPointerOver={(event) => {
          // Told when it is looked at: as many sentences as there are nodes would hold up the drawing.
          const at = (event.target as Element).closest<HTMLElement>('[data-node]');
          const node = graph.nodes[Number(at?.dataset.node)];
          if (at !== null && node !== undefined) at.title = nodeSpoken(node);
        }}
        onDoubleClick={(event) => {
          const node = (event.target as Element).closest('[data-node]');
          if (node !== null) onOpen(Number(node.getAttribute('data-node')));
        }}
        data-causes-drawing
        data-position={graph.position}
        data-complete={drawn === graph.nodes.length}
        data-testid="causes-drawing"
      >
        <div
          className={s.plane}
          style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` }}
          aria-hidden="true"
        >
          <Drawn graph={graph} chosen={chosen} drawn={drawn} />
        </div>
      </div>
      <span id="causes-chosen" className={s.spoken} aria-live="polite">
        {current === undefined ? '' : nodeSpoken(current)}
      </span>
      <div className={s.zoom}>
        <Tool label={t('causes.zoomIn')} onClick={() => zoom(SCALES.step)} icon={<IconPlus size={15} />} />
        <Tool label={t('causes.zoomOut')} onClick={() => zoom(1 / SCALES.step)} icon={<IconMinus size={15} />} />
        <Tool label={t('causes.showTheWhole')} onClick={showWhole} icon={<IconZoomScan size={15} />} />
        <Tool
          label={t('causes.goToTheChosenOne')}
          onClick={() => centre(chosen)}
          icon={<IconFocusCentered size={15} />}
        />
      </div>
    </div>
  );
}

function Tool({ label, onClick, icon }: { label: string; onClick: () => void; icon: React.ReactNode }) {
  return (
    <Tooltip label={label} position="left">
      <ActionIcon variant="default" aria-label={label} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

/**
 * Everything but where one looks at it from: moving and zooming draw nothing anew. Texts are HTML: WebKit lays out every text of an
 * SVG whenever anything in it changes, which takes a second with as many nodes as are drawn at most.
 */
function Drawn({ graph, chosen, drawn }: { graph: CauseGraph; chosen: number; drawn: number }) {
  const edges = useMemo(() => edgesOf(graph), [graph]);
  const order = useMemo(() => nearestFirst(graph), [graph]);
  const current = graph.nodes[chosen];
  const at = current === undefined ? null : place(current);
  return (
    <>
      <svg className={s.edges} focusable="false" aria-hidden="true">
        <path d={edges} />
      </svg>
      {graph.nodes.map((node, index) =>
        (order[index] ?? 0) < drawn ? (
          <Box key={nodeKey(node)} node={node} index={index} focus={index === graph.focus} />
        ) : null,
      )}
      {at !== null && <div className={s.chosen} style={{ left: at.x - 3, top: at.y - 3 }} />}
    </>
  );
}

/** For each node, how many come into sight before it around the one that the drawing is about. */
function nearestFirst({ nodes, focus }: CauseGraph): number[] {
  const from = nodes[focus ?? 0];
  if (from === undefined) return [];
  const away = ({ layer, row }: CauseNode) =>
    Math.max(Math.abs(layer - from.layer) * STEP.x, Math.abs(row - from.row) * STEP.y);
  const sorted = nodes.map((node, index) => ({ index, away: away(node) })).sort((one, other) => one.away - other.away);
  const order: number[] = [];
  sorted.forEach(({ index }, place) => {
    order[index] = place;
  });
  return order;
}

/** The lines from causes to effects, with their arrows, as one path. */
function edgesOf(graph: CauseGraph): string {
  return graph.nodes
    .map((node) => {
      const cause = node.parent === null ? undefined : graph.nodes[node.parent];
      if (cause === undefined) return '';
      const from = place(cause);
      const to = place(node);
      const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
      const [x2, y2] = [to.x, to.y + NODE.height / 2];
      const bend = x1 + (STEP.x - NODE.width) / 3;
      const line =
        y1 === y2
          ? `M${x1} ${y1}H${x2}`
          : `M${x1} ${y1}H${bend - 8}Q${bend} ${y1} ${bend} ${y1 + 8}V${y2 - 8}Q${bend} ${y2} ${bend + 8} ${y2}H${x2}`;
      return `${line}M${x2 - 6} ${y2 - 4}L${x2} ${y2}L${x2 - 6} ${y2 + 4}`;
    })
    .join('');
}

const Box = memo(function Box({ node, index, focus }: { node: CauseNode; index: number; focus: boolean }) {
  const { x, y } = place(node);
  const category = nodeCategory(node);
  const latency = nodeLatency(node);
  const kind = { outside: s.outside, event: s.event, folded: s.folded, hidden: s.hidden }[node.kind];
  return (
    <>
      {latency !== null && (
        <div className={s.latency} style={{ left: x - LATENCY.width - 9, top: y + NODE.height / 2 - LATENCY.height }}>
          {latency === '0 s' ? t('causes.atOnce') : `+${latency}`}
        </div>
      )}
      <div
        className={`${s.node} ${kind} ${focus ? s.focus : ''}`}
        style={{ left: x, top: y }}
        data-node={index}
        data-kind={node.kind}
        data-testid="cause-node"
      >
        {category !== null && <span className={s.category} style={{ background: categoryColour(category) }} />}
        <span className={s.name}>{nodeTitle(node)}</span>
        <span className={s.where}>{nodeWhere(node)}</span>
      </div>
    </>
  );
});
