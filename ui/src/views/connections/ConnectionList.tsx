import { Button, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconCopy, IconPencil, IconPlugConnected, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { showDone } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { useStoreActions } from '../../app/storeActions';
import { named, rich, t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { ConnectionRow } from '../../platform/wire';
import { Bones, Chip, EmptyState, ErrorState } from '../../shared/bits';
import { ColourDot } from '../../shared/ColourDot';
import { ConfirmDialog } from '../../shared/ConfirmDialog';

import { ConnectionDialog } from './ConnectionDialog';
import s from './ConnectionsView.module.css';

/** The stores that one works with. */
export function ConnectionList({ edit }: { edit: string | null }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const actions = useStoreActions();
  const [removing, setRemoving] = useState<ConnectionRow | null>(null);
  const list = useAsk('connections', [], (ask) => ask.connections(), { keep: true });
  if (list.isError) return <ErrorState error={toAppError(list.error)} onRetry={() => void list.refetch()} />;
  if (list.data === undefined) return <Bones lines={8} label={t('connections.loadingConnections')} />;
  const { connections, problem, noKeyring } = list.data;
  const setEditing = (id: string | null) => go(places.connections(id), 'replace');
  const editing = edit === 'new' ? 'new' : (connections.find((row) => row.id === edit) ?? null);
  const add = (
    <Button
      variant="filled"
      leftSection={<IconPlus size={14} />}
      onClick={() => setEditing('new')}
      disabled={problem !== null}
      data-testid="add-connection"
    >
      {t('connections.add')}
    </Button>
  );
  return (
    <>
      {problem !== null ? (
        <ErrorState error={problem} onRetry={() => void list.refetch()} />
      ) : connections.length === 0 ? (
        <EmptyState icon={<IconPlugConnected size={28} stroke={1.4} />} title={t('connections.noneYet')} action={add}>
          {t('connections.whatTheyAre')}
        </EmptyState>
      ) : (
        <div className={s.page}>
          <section className={s.section} aria-labelledby="connections">
            <header className={s.head}>
              <h2 id="connections">{t('connections.nConnections', { count: connections.length })}</h2>
              {add}
            </header>
            <table className={s.table} data-testid="connections">
              <thead>
                <tr>
                  <th scope="col">{t('connections.connection')}</th>
                  <th scope="col">{t('connections.store')}</th>
                  <th scope="col">{t('connections.password')}</th>
                  <th scope="col">
                    <span className="visually-hidden">{t('connections.actions')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {connections.map((row) => (
                  <tr key={row.id} data-testid={`connection-${row.name}`} data-open={row.open}>
                    <th scope="row">
                      <span className={s.name}>
                        <ColourDot colour={row.marks.colour} />
                        <span className="selectable">{row.name}</span>
                        {row.marks.environment !== '' && <Chip>{row.marks.environment}</Chip>}
                        {row.marks.production && <Chip tone="bad">{t('connections.production')}</Chip>}
                        {row.marks.readOnly && <Chip tone="warn">{t('connections.readOnly')}</Chip>}
                      </span>
                    </th>
                    <td>
                      <span className="dim">{named('shared.backend.', row.backend)}</span>{' '}
                      <span className="mono selectable">{row.location}</span>
                      {row.insecurity !== null && (
                        <span className={s.mind}>
                          <IconAlertTriangle size={13} aria-hidden="true" /> {row.insecurity}
                        </span>
                      )}
                    </td>
                    <td className="dim">{t(`connections.password_${row.password}`)}</td>
                    <td className={s.actions}>
                      {row.open ? (
                        <Chip tone="good" dot>
                          {t('connections.open')}
                        </Chip>
                      ) : (
                        <Button
                          size="compact-xs"
                          variant="filled"
                          onClick={() => void actions.connect(row.id)}
                          aria-label={t('connections.openNamed', { name: row.name })}
                          data-testid={`open-${row.name}`}
                        >
                          {t('connections.openIt')}
                        </Button>
                      )}
                      <Tooltip label={t('connections.editAndTest')}>
                        <Button
                          size="compact-xs"
                          onClick={() => setEditing(row.id)}
                          aria-label={t('connections.editNamed', { name: row.name })}
                          data-testid={`edit-${row.name}`}
                        >
                          <IconPencil size={14} />
                        </Button>
                      </Tooltip>
                      <Tooltip label={row.open ? t('connections.copyItElsewhere') : t('connections.copyOpenIntoIt')}>
                        <Button
                          size="compact-xs"
                          onClick={() => go(places.copying(row.open ? { from: row.id } : { to: row.id }))}
                          aria-label={
                            row.open
                              ? t('connections.copyNamed', { name: row.name })
                              : t('connections.copyIntoNamed', { name: row.name })
                          }
                          data-testid={`copy-${row.name}`}
                        >
                          <IconCopy size={14} />
                        </Button>
                      </Tooltip>
                      <Tooltip label={t('connections.remove')}>
                        <Button
                          size="compact-xs"
                          onClick={() => setRemoving(row)}
                          aria-label={t('connections.removeNamed', { name: row.name })}
                          data-testid={`remove-${row.name}`}
                        >
                          <IconTrash size={14} />
                        </Button>
                      </Tooltip>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </div>
      )}
      {noKeyring !== null && (
        <p className={s.keyring} data-testid="no-keyring">
          {t('connections.passwordsAsked')} {noKeyring}
        </p>
      )}
      {editing !== null && (
        <ConnectionDialog
          row={editing === 'new' ? null : editing}
          noKeyring={noKeyring !== null}
          onClose={() => setEditing(null)}
        />
      )}
      {removing !== null && (
        <ConfirmDialog
          opened
          onClose={() => setRemoving(null)}
          title={t('connections.removeQuestion', { name: removing.name })}
          confirm={t('connections.removeIt')}
          icon={<IconTrash size={14} />}
          danger
          onConfirm={async () => {
            const { notes } = await platform.removeConnection(removing.id);
            await settle(cache, 'removeConnection');
            showDone([t('connections.removed', { name: removing.name }), ...notes].join(' '));
          }}
          testId="confirm-remove-connection"
        >
          <p>{rich('connections.removalMeans', { location: <strong>{removing.location}</strong> })}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
