import { ActionIcon, Popover, TextInput, Tooltip } from '@mantine/core';
import { IconArrowBarToRight } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useSettings } from '../../app/settings';
import { t } from '../../i18n';
import s from './EventsView.module.css';
import { readTarget, type Target } from './jump';

interface JumpFieldProps {
  opened: boolean;
  onOpened: (opened: boolean) => void;
  /** One stream is shown: its versions can be gone to. */
  versions: boolean;
  /** Goes there; answers with what a person has to know if it did not lead exactly there. */
  onJump: (target: Target) => Promise<string | null>;
}

/** Goes to a position, a version or a time. */
export function JumpField({ opened, onOpened, versions, onJump }: JumpFieldProps) {
  const { zone } = useSettings();
  const [text, setText] = useState('');
  const [note, setNote] = useState<string | null>(null);
  const target = readTarget(text, zone);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (target === null) {
      setNote(t('events.thatIsNoPositionVersionOrTime'));
      return;
    }
    if (target.kind === 'version' && !versions) {
      setNote(t('events.versionsAreOfOneStreamFilterByA'));
      return;
    }
    const told = await onJump(target);
    setNote(told);
    if (told === null) {
      setText('');
      onOpened(false);
    }
  };

  return (
    <Popover position="bottom-end" width={300} opened={opened} onChange={onOpened} trapFocus>
      <Popover.Target>
        <Tooltip label={t('events.goToAPositionVersionOrDateOrCtrlG')}>
          <ActionIcon
            variant="default"
            size={28}
            aria-label={t('events.goToAPositionVersionOrDate')}
            onClick={() => onOpened(!opened)}
            data-testid="jump"
          >
            <IconArrowBarToRight size={15} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={10}>
        <form onSubmit={(event) => void submit(event)} className={s.jump}>
          <TextInput
            label={t('events.goTo')}
            description={`48210 · ${versions ? 'v12 · ' : ''}2026-10-03 14:00`}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setNote(null);
            }}
            error={note}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            data-testid="jump-text"
          />
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
