import { ActionIcon, Button } from '@mantine/core';
import { IconHistory, IconListDetails, IconRefresh, IconX } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { settle } from '../../app/cache';
import { showDone, showError } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import type { ProcessRow, StuckInstance } from '../../platform/wire';
import { Chip, Time } from '../../shared/bits';
import s from '../bank/BankView.module.css';
import { StreamSteps } from '../bank/StreamSteps';
import p from './ProcessesView.module.css';

interface InstancePanelProps {
  stream: string;
  stuck: StuckInstance | null;
  process: ProcessRow;
  readOnly: boolean;
  onClose: () => void;
}

/** One instance of a process: why it is stuck, what its stream recorded, and its state now. */
export function InstancePanel({ stream, stuck, process, readOnly, onClose }: InstancePanelProps) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const retry = async () => {
    try {
      await platform.retryInstance(stream);
      await settle(cache, 'retryInstance');
      showDone(`${stream} will be looked at again.`);
    } catch (thrown) {
      showError(thrown);
    }
  };
  return (
    <div className={s.panel}>
      <div className={s.panelBar}>
        <h2 className="mono cut" title={stream}>
          {stream}
        </h2>
        {stuck !== null && (
          <Chip tone="bad" dot>
            Stuck
          </Chip>
        )}
        <span className={s.spacer} />
        <ActionIcon aria-label="Close the panel" onClick={onClose}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={s.panelBody}>
        {stuck !== null && (
          <div className={p.stuck} data-testid="stuck-reason">
            <strong>It cannot go on by itself.</strong>
            <span className="selectable">{stuck.reason}</span>
            <span className="faint">
              Found <Time value={stuck.since} short />. Remove the cause, then let it be looked at again; looking
              decides nothing and writes nothing by itself.
            </span>
          </div>
        )}
        <div className={s.actions}>
          <Button
            leftSection={<IconRefresh size={14} />}
            onClick={() => void retry()}
            disabled={readOnly || process.state === 'idle'}
            data-testid="retry-instance"
          >
            {stuck === null ? 'Look at it again' : 'Retry'}
          </Button>
          <Button
            leftSection={<IconListDetails size={14} />}
            onClick={() => go(places.events({ stream }, null, 'oldest'))}
          >
            Events
          </Button>
          <Button leftSection={<IconHistory size={14} />} onClick={() => go(places.time(stream))}>
            Time travel
          </Button>
        </div>
        <StreamSteps stream={stream} what="instance" />
      </div>
    </div>
  );
}
