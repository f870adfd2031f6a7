import { ActionIcon, Button, Modal } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useOffer } from '../../app/offers';
import { useSettings } from '../../app/settings';
import { rich, t } from '../../i18n';
import { Time } from '../../shared/bits';
import { MomentField, readMoment } from './MomentField';
import s from './WhatIfView.module.css';

interface ClockBeginsProps {
  /** What the scenario says; nothing: the time of the log. */
  clock: string | null;
  /** What has come of that. */
  begins: string;
  earliest: string;
  onChange: (clock: string | null) => void;
}

/** When the steps begin, and a way to choose that. */
export function ClockBegins({ clock, begins, earliest, onChange }: ClockBeginsProps) {
  const [choosing, setChoosing] = useState(false);
  const choose = () => setChoosing(true);
  useOffer('what-if-begin', choose);
  return (
    <div className={s.stepHead} data-testid="what-if-begins">
      <span>
        {rich(clock === null ? 'whatif.clockBeginsWithLog' : 'whatif.clockBeginsAt', { time: <Time value={begins} /> })}
      </span>
      <ActionIcon
        size={22}
        aria-label={t('whatif.chooseClock')}
        title={t('whatif.chooseClock')}
        onClick={choose}
        data-testid="what-if-choose-clock"
      >
        <IconPencil size={14} />
      </ActionIcon>
      <Modal opened={choosing} onClose={() => setChoosing(false)} title={t('whatif.chooseClock')} size={520}>
        <ClockForm
          begin={clock ?? ''}
          earliest={earliest}
          onDone={(next) => {
            onChange(next);
            setChoosing(false);
          }}
          onClose={() => setChoosing(false)}
        />
      </Modal>
    </div>
  );
}

interface ClockFormProps {
  begin: string;
  earliest: string;
  onDone: (clock: string | null) => void;
  onClose: () => void;
}

function ClockForm({ begin, earliest, onDone, onClose }: ClockFormProps) {
  const { zone } = useSettings();
  const [text, setText] = useState(begin);
  const [problem, setProblem] = useState<string | null>(null);
  const bounds = { earliest, latest: null };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readMoment(text, zone, bounds);
    setProblem('problem' in read ? read.problem : null);
    if (!('problem' in read)) onDone(read.time);
  };
  return (
    <form className={s.form} onSubmit={submit}>
      <MomentField
        label={t('whatif.moment')}
        help={t('whatif.clockOfLog')}
        value={text}
        onChange={setText}
        bounds={bounds}
        problem={problem}
        testId="what-if-clock-begins"
        focused
      />
      <div className={s.buttons}>
        <Button onClick={onClose}>{t('whatif.cancel')}</Button>
        <Button type="submit" variant="filled" data-testid="what-if-apply">
          {t('whatif.apply')}
        </Button>
      </div>
    </form>
  );
}
