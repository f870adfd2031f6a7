import { Button } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle } from '../../app/cache';
import { showDone, showError } from '../../app/notify';
import { useOffer } from '../../app/offers';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import { ConfirmDialog } from '../../shared/ConfirmDialog';

/** What is about to be forgotten: the newest attempt that was seen, and how many there are with it. */
interface Asked {
  through: string;
  count: number;
}

/** Forgets all commands of the store, whatever is filtered, after having said how many. */
export function ClearHistory() {
  const platform = usePlatform();
  const cache = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const ask = async () => {
    try {
      const all = await platform.commandHistory({ text: null, outcomes: [], offset: 0, limit: 1 });
      const newest = all.entries[0];
      if (newest === undefined) return;
      setAsked({ through: newest.attempt, count: all.total });
      setOpened(true);
    } catch (thrown) {
      showError(toAppError(thrown));
    }
  };
  useOffer('history-clear', () => void ask());
  return (
    <>
      <Button
        variant="subtle"
        leftSection={<IconTrash size={14} />}
        onClick={() => void ask()}
        data-testid="history-clear"
      >
        {t('commands.clearHistory')}
      </Button>
      <ConfirmDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={t('commands.clearTitle')}
        confirm={t('commands.clearConfirm')}
        dismiss={t('commands.clearDismiss')}
        danger
        onConfirm={async () => {
          if (asked === null) return;
          const count = await platform.clearCommandHistory(asked.through);
          go(places.commandHistory(), 'replace');
          showDone(t('commands.cleared', { count }));
          await settle(cache, 'clearCommandHistory');
        }}
        testId="history-clear-confirm"
      >
        <p>{t('commands.clearAbout', { count: asked?.count ?? 0 })}</p>
        <p>{t('commands.clearKeeps')}</p>
      </ConfirmDialog>
    </>
  );
}
