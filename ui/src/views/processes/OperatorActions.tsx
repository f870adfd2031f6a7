import { Button, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconBan, IconParking, IconRefresh } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { showDone } from '../../app/notify';
import { useOffer } from '../../app/offers';
import { usePlatform } from '../../app/PlatformContext';
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

const WORDS: Record<OperatorAction, Wording> = {
  retry: {
    title: 'Look at it again?',
    button: 'Retry',
    question: (stream) => `${stream} is looked at again, and goes on if it can.`,
    about: 'That decides nothing else. The decision to look again is recorded in the engine’s own stream.',
    confirm: 'Retry',
    done: (stream) => `${stream} will be looked at again.`,
    icon: <IconRefresh size={14} />,
    danger: false,
  },
  cancel: {
    title: 'Cancel it?',
    button: 'Cancel',
    question: (stream) => `${stream} is given up. What is held for it is released; nothing has been moved yet.`,
    about: 'The decision is an event of its stream. It cannot be taken back.',
    confirm: 'Cancel it',
    done: (stream) => `${stream} is cancelled.`,
    icon: <IconBan size={14} />,
    danger: true,
  },
  compensate: {
    title: 'Send the money back?',
    button: 'Compensate',
    question: (stream) => `What ${stream} has taken goes back where it came from, with the fee.`,
    about:
      'The decision takes the place of the planned step, so that not both can happen. It is an event of its stream and cannot be taken back.',
    confirm: 'Send it back',
    done: (stream) => `${stream} is being compensated.`,
    icon: <IconArrowBackUp size={14} />,
    danger: true,
  },
  park: {
    title: 'Park it in suspense?',
    button: 'Park',
    question: (stream) => `What ${stream} has in flight waits in suspense until a person sends it on.`,
    about:
      'The decision takes the place of the planned step, so that not both can happen. It is an event of its stream.',
    confirm: 'Park it',
    done: (stream) => `${stream} is parked.`,
    icon: <IconParking size={14} />,
    danger: true,
  },
};

/** Nothing that was refused looks as if it had been done. */
function refusedOf(result: CommandResult): PlatformError | null {
  switch (result.outcome) {
    case 'executed':
    case 'alreadyDone':
      return null;
    case 'conflict': {
      const message = `Somebody else changed ${result.stream} meanwhile. Nothing was written.`;
      return new PlatformError({ code: 'conflict', message, hint: 'Look at it again, then decide.', retryable: true });
    }
    case 'unavailable':
      return new PlatformError(result);
    case 'rejected':
    case 'invalid': {
      const { code, message } = result;
      return new PlatformError({ code, message, hint: 'Nothing was written.', retryable: false });
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
    showDone(WORDS[action].done(stream));
  };
  return (
    <div className={p.operators}>
      <div className={p.decisions}>
        {offered.map((offer) => {
          const wording = WORDS[offer.action];
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
      <Rules rules={offered.map(({ action, refusal: rule }) => [WORDS[action].button, refusalOf(action, rule)])} />
      {asked !== null && (
        <ConfirmDialog
          opened
          onClose={() => setAsked(null)}
          title={WORDS[asked].title}
          confirm={WORDS[asked].confirm}
          icon={WORDS[asked].icon}
          danger={WORDS[asked].danger}
          asksReason
          onConfirm={(by) => decide(asked, by)}
          testId="confirm-operator"
        >
          <p>{WORDS[asked].question(stream)}</p>
          <p className="dim">{WORDS[asked].about}</p>
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
          <dt>Not now: {buttons.join(', ')}</dt>
          <dd>{rule}</dd>
        </div>
      ))}
    </dl>
  );
}
