import { Button, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconBan, IconParking, IconRefresh } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { showDone } from '../../app/notify';
import { useOffer } from '../../app/offers';
import { usePlatform } from '../../app/PlatformContext';
import { perLanguage, t } from '../../i18n';
import { PlatformError, toAppError } from '../../platform/platform';
import type { CommandResult, OperatorAction } from '../../platform/wire';
import { ErrorState } from '../../shared/bits';
import { type By, ConfirmDialog } from '../../shared/ConfirmDialog';
import p from './ProcessesView.module.css';

interface Wording {
  title: string;
  button: string;
  question: (stream: string) => string;
  about: string;
  confirm: string;
  done: (stream: string) => string;
  icon: ReactNode;
  danger: boolean;
}

const wordings = perLanguage(
  (): Record<OperatorAction, Wording> => ({
    retry: {
      title: t('processes.retryTitle'),
      button: t('processes.retry'),
      question: (stream) => t('processes.retryQuestion', { stream }),
      about: t('processes.retryMeans'),
      confirm: t('processes.retry'),
      done: (stream) => t('processes.retryDone', { stream }),
      icon: <IconRefresh size={14} />,
      danger: false,
    },
    cancel: {
      title: t('processes.cancelTitle'),
      button: t('processes.cancel'),
      question: (stream) => t('processes.cancelQuestion', { stream }),
      about: t('processes.cancelMeans'),
      confirm: t('processes.cancelConfirm'),
      done: (stream) => t('processes.cancelDone', { stream }),
      icon: <IconBan size={14} />,
      danger: true,
    },
    compensate: {
      title: t('processes.compensateTitle'),
      button: t('processes.compensate'),
      question: (stream) => t('processes.compensateQuestion', { stream }),
      about: t('processes.compensateMeans'),
      confirm: t('processes.compensateConfirm'),
      done: (stream) => t('processes.compensateDone', { stream }),
      icon: <IconArrowBackUp size={14} />,
      danger: true,
    },
    park: {
      title: t('processes.parkTitle'),
      button: t('processes.park'),
      question: (stream) => t('processes.parkQuestion', { stream }),
      about: t('processes.parkMeans'),
      confirm: t('processes.parkConfirm'),
      done: (stream) => t('processes.parkDone', { stream }),
      icon: <IconParking size={14} />,
      danger: true,
    },
  }),
);

/** Nothing that was refused looks as if it had been done. */
function refusedOf(result: CommandResult): PlatformError | null {
  switch (result.outcome) {
    case 'executed':
    case 'alreadyDone':
      return null;
    case 'conflict': {
      const message = t('processes.conflict', { stream: result.stream });
      return new PlatformError({ code: 'conflict', message, hint: t('processes.conflictHint'), retryable: true });
    }
    case 'unavailable':
      return new PlatformError(result);
    case 'rejected':
    case 'invalid': {
      const { code, message } = result;
      return new PlatformError({ code, message, hint: t('processes.nothingWritten'), retryable: false });
    }
  }
}

interface OperatorActionsProps {
  stream: string;
  /** Why nothing can be decided now; nothing if something can. */
  refusal: string | null;
  /** Why it cannot be looked at again now. */
  retryRefusal: string | null;
}

/** What an operator may decide about an instance. What its state does not allow is there too, with the rule that refuses. */
export function OperatorActions({ stream, refusal, retryRefusal }: OperatorActionsProps) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const [asked, setAsked] = useState<OperatorAction | null>(null);
  const offers = useAsk('processOffers', [stream], (ask) => ask.processOffers(stream), { keep: true });
  const offered = offers.data ?? [{ action: 'retry' as const, refusal: null }];
  const refusalOf = (action: OperatorAction, rule: string | null) =>
    refusal ?? (action === 'retry' ? retryRefusal : null) ?? rule;
  const open = (action: OperatorAction) => {
    const offer = offered.find((one) => one.action === action);
    return offer !== undefined && refusalOf(action, offer.refusal) === null ? () => setAsked(action) : null;
  };
  useOffer('operator-retry', open('retry'));
  useOffer('operator-cancel', open('cancel'));
  useOffer('operator-compensate', open('compensate'));
  useOffer('operator-park', open('park'));
  const decide = async (action: OperatorAction, { actor, reason }: By) => {
    const refused = refusedOf(await platform.decideInstance({ stream, action, actor, reason }));
    if (refused !== null) throw refused;
    await settle(cache, 'decideInstance');
    showDone(wordings()[action].done(stream));
  };
  return (
    <div className={p.operators}>
      <div className={p.decisions}>
        {offered.map((offer) => {
          const wording = wordings()[offer.action];
          const rule = refusalOf(offer.action, offer.refusal);
          return (
            <Tooltip key={offer.action} label={rule} disabled={rule === null} multiline w={300}>
              <Button
                leftSection={wording.icon}
                disabled={rule !== null}
                onClick={() => setAsked(offer.action)}
                data-testid={`operator-${offer.action}`}
              >
                {wording.button}…
              </Button>
            </Tooltip>
          );
        })}
      </div>
      {offers.isError && <ErrorState error={toAppError(offers.error)} onRetry={() => void offers.refetch()} />}
      <Rules rules={offered.map(({ action, refusal: rule }) => [wordings()[action].button, refusalOf(action, rule)])} />
      {asked !== null && (
        <ConfirmDialog
          opened
          onClose={() => setAsked(null)}
          title={wordings()[asked].title}
          confirm={wordings()[asked].confirm}
          icon={wordings()[asked].icon}
          danger={wordings()[asked].danger}
          asksReason
          onConfirm={(by) => decide(asked, by)}
          testId="confirm-operator"
        >
          <p>{wordings()[asked].question(stream)}</p>
          <p className="dim">{wordings()[asked].about}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

/** The rules that do not allow the rest, each told once, also to those who see no tooltip. */
function Rules({ rules }: { rules: readonly [string, string | null][] }) {
  const told = new Map<string, string[]>();
  for (const [button, rule] of rules) {
    if (rule !== null) told.set(rule, [...(told.get(rule) ?? []), button]);
  }
  if (told.size === 0) return null;
  return (
    <dl className={p.rules} data-testid="operator-rules">
      {[...told].map(([rule, buttons]) => (
        <div key={rule}>
          <dt>{t('processes.notNow', { actions: buttons.join(', ') })}</dt>
          <dd>{rule}</dd>
        </div>
      ))}
    </dl>
  );
}
