// The small pieces that every view is made of.

import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy, IconRefresh } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { places } from '../app/place';
import { PlaceLink } from '../app/router';
import { useSettings } from '../app/settings';
import { t } from '../i18n';
import { inOwnWords } from '../platform/platform';
import type { AppError, MoneyView, Progress } from '../platform/wire';
import s from './bits.module.css';
import { amount, categoryOf, exactTime, grouped, perSecond, seconds, share, timeParts } from './format';

const KNOWN = ['account', 'transfer', 'customer', 'transaction'];

/** The colour that a category has of its own, if it has one. */
export function ownColour(category: string): string | null {
  return KNOWN.includes(category) ? `var(--cat-${category})` : null;
}

export function categoryColour(category: string): string {
  return ownColour(category) ?? 'var(--cat-other)';
}

export function CategoryDot({ category }: { category: string }) {
  return <span className={s.dot} style={{ background: categoryColour(category) }} aria-hidden="true" />;
}

/** A stream's name: its category dimmed, its id not. */
export function StreamName({ stream, link = false }: { stream: string; link?: boolean }) {
  const category = categoryOf(stream);
  const text = (
    <>
      <CategoryDot category={category} />
      <span className="mono">
        <span className="faint">{stream.slice(0, category.length + 1)}</span>
        {stream.slice(category.length + 1)}
      </span>
    </>
  );
  if (!link) return <span className={s.stream}>{text}</span>;
  return (
    <PlaceLink
      to={places.events({ stream })}
      className={`${s.stream} ${s.streamLink}`}
      title={t('shared.eventsOf', { stream })}
    >
      {text}
    </PlaceLink>
  );
}

export function Time({ value, short = false }: { value: string; short?: boolean }) {
  const { zone } = useSettings();
  const parts = timeParts(value, zone);
  return (
    <time dateTime={value} title={exactTime(value, zone)} className={s.time}>
      {parts.date}{' '}
      <span className={s.clock}>
        {parts.time}
        {!short && <span className="faint">{parts.fraction}</span>}
      </span>
    </time>
  );
}

export function Money({ value, strong = false }: { value: MoneyView; strong?: boolean }) {
  const negative = value.minor.startsWith('-');
  return (
    <span className={`${s.money} ${negative ? s.negative : ''} ${strong ? s.strong : ''}`}>
      {amount(value.text).replace(/^-/, '\u2212')} <span className={s.currency}>{value.currency}</span>
    </span>
  );
}

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'info' | 'accent';

export function Chip({ tone = 'neutral', children, dot = false }: { tone?: Tone; children: ReactNode; dot?: boolean }) {
  return (
    <span className={`${s.chip} ${s[tone]}`}>
      {dot && <span className={s.chipDot} aria-hidden="true" />}
      {children}
    </span>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className={s.kbd}>{children}</kbd>;
}

/** Writes to the clipboard; where the browser interface is missing, through a selection. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = window.setTimeout(() => setCopied(false), 1200);
    return () => window.clearTimeout(timer);
  }, [copied]);
  return (
    <Tooltip label={copied ? t('shared.copied') : label}>
      <ActionIcon
        size={22}
        aria-label={label}
        onClick={(event) => {
          event.stopPropagation();
          void copyText(text).then(() => setCopied(true));
        }}
      >
        {copied ? <IconCheck size={14} color="var(--good)" /> : <IconCopy size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}

export function IdText({ id, label }: { id: string; label: string }) {
  return (
    <span className={s.id}>
      <span className="mono cut selectable" title={id}>
        {id}
      </span>
      <CopyButton text={id} label={t('shared.copy', { label })} />
    </span>
  );
}

export function ErrorState({ error: given, onRetry }: { error: AppError; onRetry?: (() => void) | undefined }) {
  const error = inOwnWords(given);
  return (
    <div className={s.error} role="alert" data-testid="error-state">
      <div className={s.errorHead}>
        <strong className="selectable">{error.message}</strong>
        <code className={s.code}>{error.code}</code>
      </div>
      {error.hint !== '' && <p className={s.hint}>{error.hint}</p>}
      {onRetry !== undefined && (
        <Button leftSection={<IconRefresh size={14} />} onClick={onRetry} data-testid="retry">
          {t('shared.tryAgain')}
        </Button>
      )}
    </div>
  );
}

interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className={s.empty} data-testid="empty-state">
      {icon !== undefined && (
        <div className={s.emptyIcon} aria-hidden="true">
          {icon}
        </div>
      )}
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {action !== undefined && <div className={s.emptyAction}>{action}</div>}
    </div>
  );
}

/** Lines that stand where content will be, at the same height. */
export function Bones({ lines = 6, label = t('shared.loading') }: { lines?: number; label?: string }) {
  return (
    <div className={s.bones} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity
        <span key={line} style={{ width: `${[72, 54, 86, 40, 64, 48][line % 6]}%` }} />
      ))}
    </div>
  );
}

interface ProgressLineProps {
  progress: Progress | null;
  fallback: string;
  onCancel?: (() => void) | undefined;
  /** What the button says that stops it. */
  cancel?: string;
}

/** A long piece of work: what is done now, how far, how fast, how much longer, and the way to stop it. */
export function ProgressLine({ progress, fallback, onCancel, cancel = t('shared.stop') }: ProgressLineProps) {
  const part = progress === null ? 0 : share(progress.done, progress.total);
  const known = progress !== null && progress.total !== null;
  return (
    <div className={s.progress} data-testid="progress">
      <div className={s.progressText}>
        <span>{progress?.phase || fallback}</span>
        <span className="tabular dim">
          {progress !== null && (
            <>
              {grouped(progress.done)}
              {progress.total !== null && ` ${t('shared.ofTotal', { total: grouped(progress.total) })}`}
              {progress.rate !== null && ` · ${perSecond(progress.rate)}`}
              {progress.etaSeconds !== null &&
                progress.etaSeconds > 0 &&
                ` · ${t('shared.timeLeft', { time: seconds(progress.etaSeconds) })}`}
            </>
          )}
        </span>
        {onCancel !== undefined && (
          <Button size="compact-xs" onClick={onCancel} data-testid="cancel-task">
            {cancel}
          </Button>
        )}
      </div>
      <div
        className={s.bar}
        role="progressbar"
        aria-label={progress?.phase || fallback}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(known ? { 'aria-valuenow': Math.round(part * 100) } : {})}
      >
        <div className={known ? s.barFill : s.barUnknown} style={known ? { transform: `scaleX(${part})` } : {}} />
      </div>
    </div>
  );
}

export function Pairs({ children }: { children: ReactNode }) {
  return <dl className={s.pairs}>{children}</dl>;
}

export function Pair({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
