import { Button, Modal, Switch, TextInput } from '@mantine/core';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { showDone } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { useTask } from '../../app/useTask';
import { rich, t } from '../../i18n';
import type { WhatIfScenario, WhatIfTest } from '../../platform/wire';
import { CopyButton, ErrorState, ProgressLine } from '../../shared/bits';
import { type FileAsked, FileDialog } from './FileDialog';
import s from './WhatIfView.module.css';

interface TestDialogProps {
  scenario: WhatIfScenario;
  opened: boolean;
  onClose: () => void;
}

/** The what-if as a Given-When-Then test in Rust. */
export function TestDialog({ scenario, opened, onClose }: TestDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('whatif.makeTest')} size="xl">
      {opened && <Made scenario={scenario} onClose={onClose} />}
    </Modal>
  );
}

function Made({ scenario, onClose }: Omit<TestDialogProps, 'opened'>) {
  const platform = usePlatform();
  const { run, running, progress, error, result: test, cancel } = useTask<WhatIfTest>();
  const [name, setName] = useState('');
  const [anonymous, setAnonymous] = useState(false);
  const make = () =>
    void run((taskId, onProgress) =>
      platform.whatIfTest(scenario, name.trim() === '' ? null : name.trim(), anonymous, taskId, onProgress),
    );
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew when the switch is turned; a name is taken when it is left
  useEffect(make, [anonymous]);
  const [asked, setAsked] = useState<FileAsked | null>(null);
  const save = (made: WhatIfTest) =>
    setAsked({
      title: t('whatif.saveTestTitle'),
      action: t('whatif.save'),
      run: async (typed) => {
        const path = await platform.saveWhatIfTest(made.name, made.source, typed);
        if (path !== null) showDone(t('whatif.savedIn', { path }));
        return path !== null;
      },
    });
  return (
    <div className={s.form}>
      <p className="dim">
        {rich('whatif.testMeans', {
          folder: <code className="mono">bank/tests/scenarios</code>,
          file: <code className="mono">main.rs</code>,
        })}
      </p>
      <div className={s.pair}>
        <TextInput
          label={t('whatif.name')}
          placeholder={test?.name ?? t('whatif.madeOfTitle')}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          onBlur={make}
          spellCheck={false}
          data-testid="what-if-test-name"
        />
        <Switch
          label={t('whatif.anonymous')}
          description={t('whatif.anonymousMeans')}
          checked={anonymous}
          disabled={running}
          onChange={(event) => setAnonymous(event.currentTarget.checked)}
          data-testid="what-if-anonymous"
        />
      </div>
      {error !== null && <ErrorState error={error} onRetry={make} />}
      {running && <ProgressLine progress={progress} fallback={t('whatif.makingTest')} onCancel={cancel} />}
      {test?.notes.map((note) => (
        <p key={note} className={s.note} role="status">
          {note}
        </p>
      ))}
      {test !== null && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls takes the focus
        <section className={s.source} aria-label={t('whatif.testText')} tabIndex={0}>
          <pre className="mono selectable" data-testid="what-if-source">
            {test.source}
          </pre>
          <span className={s.copy}>
            <CopyButton text={test.source} label={t('whatif.copyTest')} />
          </span>
        </section>
      )}
      <div className={s.buttons}>
        <Button onClick={onClose}>{t('whatif.close')}</Button>
        <Button
          variant="filled"
          leftSection={<IconDeviceFloppy size={14} />}
          disabled={test === null || running}
          onClick={() => test !== null && save(test)}
          data-testid="what-if-save-test"
        >
          {t('whatif.saveAsk')}
        </Button>
      </div>
      <FileDialog asked={asked} onClose={() => setAsked(null)} />
    </div>
  );
}
