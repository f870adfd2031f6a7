import { ActionIcon, Button, Menu, Textarea } from '@mantine/core';
import { IconArrowDown, IconArrowRight, IconArrowUp, IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { t } from '../../i18n';
import type { NotebookCell, PinCheck, PinSeen } from '../../platform/wire';
import { Chip, type Tone } from '../../shared/bits';
import s from './NotebookView.module.css';

interface CellFrameProps {
  cell: NotebookCell;
  /** Whether Tab comes to it. */
  stop: boolean;
  writing: boolean;
  check: PinCheck | null;
  children: ReactNode;
  onFocus: () => void;
  onWrite: () => void;
  onText: (text: string) => void;
  onFollow: () => void;
  onUp: (() => void) | null;
  onDown: (() => void) | null;
  onRename: () => void;
  onRemove: () => void;
}

const kindOf = (what: PinSeen['what']): string =>
  ({
    event: t('notebook.event'),
    state: t('notebook.state'),
    diff: t('notebook.diff'),
    query: t('notebook.query'),
    whatIf: t('notebook.whatIf'),
  })[what];

/** A cell: what it is, its note, what was seen, and what the check says. */
export function CellFrame(props: CellFrameProps) {
  const { cell, stop, check, children, onFocus } = props;
  const isPin = cell.kind === 'pin';
  return (
    <li
      className={isPin ? s.cell : `${s.cell} ${s.textCell}`}
      data-cell={cell.id}
      data-testid="notebook-cell"
      data-kind={isPin ? cell.seen.what : 'text'}
      data-verdict={check?.verdict ?? ''}
      tabIndex={stop ? 0 : -1}
      aria-label={isPin ? `${kindOf(cell.seen.what)}: ${cell.title}` : t('notebook.text')}
      onFocus={onFocus}
    >
      <div className={s.head}>
        <span className={s.kind}>{isPin ? kindOf(cell.seen.what) : t('notebook.text')}</span>
        {isPin && <h2>{cell.title}</h2>}
        {isPin && <Verdict check={check} />}
        <span className={s.spacer} />
        <Tools {...props} />
      </div>
      <Note {...props} />
      {isPin && check !== null && check.verdict !== 'holds' && <Outcome check={check} />}
      {isPin && check?.code === 'grown' && <Outcome check={check} />}
      {children}
    </li>
  );
}

const TONES: Readonly<Record<PinCheck['verdict'], Tone>> = { holds: 'good', broken: 'bad', unknown: 'warn' };

function Verdict({ check }: { check: PinCheck | null }) {
  if (check === null) return <Chip>{t('notebook.notYet')}</Chip>;
  const words = { holds: t('notebook.holds'), broken: t('notebook.broken'), unknown: t('notebook.unknown') };
  return (
    <span data-testid="pin-verdict">
      <Chip tone={TONES[check.verdict]}>{words[check.verdict]}</Chip>
    </span>
  );
}

/** What has become of a pin, and what to do about it. */
function Outcome({ check }: { check: PinCheck }) {
  const tone = check.verdict === 'broken' ? s.broken : check.verdict === 'unknown' ? s.unknown : s.grown;
  return (
    <div className={`${s.outcome} ${tone}`} data-testid="pin-outcome">
      <p className="selectable">
        <strong>{check.told}</strong> {check.advice}
      </p>
      {check.differences.length > 0 && (
        <table className={s.table}>
          <thead>
            <tr>
              <th scope="col">{t('notebook.what')}</th>
              <th scope="col">{t('notebook.asPinned')}</th>
              <th scope="col">{t('notebook.now')}</th>
            </tr>
          </thead>
          <tbody>
            {check.differences.map(({ what, pinned, found }) => (
              <tr key={what}>
                <td>{what}</td>
                <td className="mono selectable">{pinned ?? '—'}</td>
                <td className="mono selectable">{found ?? '—'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Tools({ cell, onWrite, onFollow, onUp, onDown, onRename, onRemove }: CellFrameProps) {
  const isPin = cell.kind === 'pin';
  const name = isPin ? cell.title : t('notebook.text');
  return (
    <span className={s.tools}>
      {isPin && (
        <Button size="compact-xs" rightSection={<IconArrowRight size={14} />} onClick={onFollow} data-testid="pin-go">
          {t('notebook.goTo')}
        </Button>
      )}
      <ActionIcon
        size={24}
        aria-label={isPin ? t('notebook.edit') : t('notebook.editText')}
        onClick={onWrite}
        data-testid="cell-write"
      >
        <IconPencil size={15} />
      </ActionIcon>
      <Menu position="bottom-end" width={190}>
        <Menu.Target>
          <ActionIcon size={24} aria-label={t('notebook.moreOf', { title: name })}>
            <IconDots size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {isPin && (
            <Menu.Item leftSection={<IconPencil size={15} />} onClick={onRename}>
              {t('notebook.renameOf')}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconArrowUp size={15} />} disabled={onUp === null} onClick={() => onUp?.()}>
            {t('notebook.up')}
          </Menu.Item>
          <Menu.Item leftSection={<IconArrowDown size={15} />} disabled={onDown === null} onClick={() => onDown?.()}>
            {t('notebook.down')}
          </Menu.Item>
          <Menu.Item leftSection={<IconTrash size={15} />} onClick={onRemove}>
            {t('notebook.remove')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}

/** The note of a pin or the text of a text, to read or to write. */
function Note({ cell, writing, onWrite, onText }: CellFrameProps) {
  const text = cell.kind === 'pin' ? cell.note : cell.text;
  if (writing) return <Writing cell={cell} text={text} onText={onText} />;
  if (text === '') {
    return (
      <button type="button" className={s.noNote} onClick={onWrite} tabIndex={-1}>
        {cell.kind === 'pin' ? t('notebook.noNote') : t('notebook.noText')}
      </button>
    );
  }
  return (
    <p className={`${cell.kind === 'pin' ? s.note : s.text} selectable`} data-testid="cell-note">
      {text}
    </p>
  );
}

function Writing({ cell, text, onText }: { cell: NotebookCell; text: string; onText: (text: string) => void }) {
  const [draft, setDraft] = useState(text);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== 'Escape' && !(event.key === 'Enter' && (event.ctrlKey || event.metaKey))) return;
    event.preventDefault();
    event.stopPropagation();
    // What was written is kept when the field is left, however that is done.
    event.currentTarget.blur();
  };
  return (
    <Textarea
      aria-label={cell.kind === 'pin' ? t('notebook.noteOf', { title: cell.title }) : t('notebook.textOf')}
      description={t('notebook.textSaved')}
      value={draft}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={() => onText(draft)}
      onKeyDown={onKeyDown}
      autosize
      minRows={3}
      maxRows={24}
      autoFocus
      data-testid="cell-text"
    />
  );
}
