import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useAsk } from '../../app/cache';
import { TIME_TOOLS, type TimeTool } from '../../app/timePlace';
import { perLanguage, t } from '../../i18n';
import { BisectPanel } from './BisectPanel';
import { conditionsFor, watchesFor } from './examples';
import { FieldPanel } from './FieldPanel';
import s from './Tools.module.css';
import { type ToolProps, WatchPanel } from './WatchPanel';

const titles = perLanguage(
  (): Readonly<Record<TimeTool, string>> => ({
    watch: t('time.watch'),
    bisect: t('time.firstVersionWhere'),
    field: t('time.historyOfAField'),
  }),
);

/** What is asked of all versions, beside the state of one. */
export function ToolPanel({ tool, ...props }: Omit<ToolProps, 'examples'> & { tool: TimeTool }) {
  const { stream, onOpen } = props;
  const last = String(props.max);
  const state = useAsk('stateAt', [stream, last, null], (platform) => platform.stateAt(stream, last, null), {
    enabled: tool !== 'field',
  });
  const nodes = state.data?.nodes ?? [];
  return (
    <aside className={s.panel} aria-label={titles()[tool]} data-testid={`tool-${tool}`}>
      <div className={s.head}>
        <div className={s.tabs} role="group" aria-label={t('time.questionsAboutAllVersions')}>
          {TIME_TOOLS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === tool}
              className={`${s.tab} ${one === tool ? s.tabOn : ''}`}
              onClick={() => onOpen({ tool: one })}
              data-testid={`to-${one}`}
            >
              {titles()[one]}
            </button>
          ))}
        </div>
        <ActionIcon
          size={24}
          data-close-panel
          aria-label={t('time.closeThePanel')}
          onClick={() => onOpen({ tool: null })}
          data-testid="close-tool"
        >
          <IconX size={15} />
        </ActionIcon>
      </div>
      <div className={s.content}>
        {tool === 'watch' && <WatchPanel {...props} examples={watchesFor(nodes)} />}
        {tool === 'bisect' && <BisectPanel {...props} examples={conditionsFor(nodes)} />}
        {tool === 'field' && <FieldPanel {...props} examples={[]} />}
      </div>
    </aside>
  );
}
