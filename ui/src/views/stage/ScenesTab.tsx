import { Button, UnstyledButton } from '@mantine/core';
import { IconDownload, IconPlayerPlayFilled, IconTheater, IconUpload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { settle, useAsk } from '../../app/cache';
import { showDone } from '../../app/notify';
import { usePlatform } from '../../app/PlatformContext';
import { places } from '../../app/place';
import { go } from '../../app/router';
import { TitleDialog } from '../../app/stage/SaveSceneDialog';
import { useStage, useStageActions } from '../../app/stage/useStage';
import { said, spoken } from '../../app/stage/words';
import { useTask } from '../../app/useTask';
import { t } from '../../i18n';
import { toAppError } from '../../platform/platform';
import type { SceneRow, StageEntered } from '../../platform/wire';
import { Bones, Chip, ErrorState, ProgressLine } from '../../shared/bits';
import { ConfirmDialog } from '../../shared/ConfirmDialog';
import { type FileAsked, FileDialog } from '../whatif/FileDialog';
import s from './StageView.module.css';

/** The scenes that there are, and the chosen one with what happens in it. */
export function ScenesTab({ scene }: { scene: string | null }) {
  const list = useAsk('scenes', [], (platform) => platform.scenes(), { keep: true });
  if (list.isError) return <ErrorState error={toAppError(list.error)} onRetry={() => void list.refetch()} />;
  if (list.data === undefined) return <Bones lines={8} label={t('stage.loading')} />;
  const { scenes, problems } = list.data;
  const chosen = scenes.find(({ id }) => id === scene) ?? scenes[0];
  const own = scenes.filter(({ shipped }) => !shipped);
  return (
    <div className={s.page}>
      <nav className={s.list} aria-label={t('stage.scenes')}>
        <h2>{t('stage.shipped')}</h2>
        <Rows scenes={scenes.filter(({ shipped }) => shipped)} chosen={chosen?.id ?? null} />
        <h2>{t('stage.own')}</h2>
        {own.length === 0 ? (
          <p className={s.faint}>{t('stage.noOwn')}</p>
        ) : (
          <Rows scenes={own} chosen={chosen?.id ?? null} />
        )}
        {problems.map(({ id, error }) => (
          <ErrorState key={id} error={{ ...error, message: `${t('stage.unreadable')} ${error.message}` }} />
        ))}
        <ImportButton />
      </nav>
      {chosen !== undefined && <Chosen key={chosen.id} scene={chosen} />}
    </div>
  );
}

function Rows({ scenes, chosen }: { scenes: readonly SceneRow[]; chosen: string | null }) {
  const stage = useStage();
  return (
    <ul className={s.rows}>
      {scenes.map((row) => (
        <li key={row.id}>
          <UnstyledButton
            className={`${s.row} ${row.id === chosen ? s.chosen : ''}`}
            aria-current={row.id === chosen ? 'true' : undefined}
            onClick={() => go(places.scenes(row.id), 'replace')}
            data-testid={`scene-${row.id}`}
          >
            <span className={s.rowTitle}>{said(row.title)}</span>
            <span className={s.faint}>
              {[t('stage.facts', { count: row.steps }), t('stage.commandCount', { count: row.commands })].join(' · ')}
            </span>
            {stage?.sceneId === row.id && <Chip tone="accent">{t('stage.onStage')}</Chip>}
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}

function ImportButton() {
  const platform = usePlatform();
  const cache = useQueryClient();
  const [asked, setAsked] = useState<FileAsked | null>(null);
  const open = () =>
    setAsked({
      title: t('stage.import'),
      action: t('stage.import'),
      run: async (path) => {
        const row = await platform.importScene(path);
        if (row === null) return false;
        await settle(cache, 'importScene');
        showDone(t('stage.imported', { title: said(row.title) }));
        go(places.scenes(row.id));
        return true;
      },
    });
  return (
    <div>
      <Button leftSection={<IconUpload size={14} />} onClick={open} data-testid="scene-import">
        {t('stage.import')}
      </Button>
      <FileDialog asked={asked} onClose={() => setAsked(null)} />
    </div>
  );
}

function Chosen({ scene }: { scene: SceneRow }) {
  const stage = useStage();
  const actions = useStageActions();
  const task = useTask<StageEntered>();
  const [discarding, setDiscarding] = useState(false);
  const here = stage?.sceneId === scene.id;
  const description = said(scene.description);
  const enter = async () => {
    const entered = await task.run((taskId, onProgress) => actions.enter(scene.id, taskId, onProgress));
    if (entered !== null) go(places.stageSteps(), 'push', null);
  };
  return (
    <section className={s.detail} aria-labelledby="scene-heading">
      <h2 id="scene-heading" className={s.heading}>
        {said(scene.title)}
      </h2>
      {description !== '' && <p className={s.lead}>{description}</p>}
      <p className={s.faint}>
        {[
          t('stage.facts', { count: scene.steps }),
          t('stage.commandCount', { count: scene.commands }),
          ...(scene.simulated === '0' ? [] : [t('stage.simulated', { count: scene.simulated })]),
        ].join(' · ')}
      </p>
      <div className={s.actions}>
        <Button
          variant="filled"
          leftSection={here ? <IconPlayerPlayFilled size={13} /> : <IconTheater size={15} />}
          onClick={() => (stage?.unsaved === true ? setDiscarding(true) : void enter())}
          disabled={task.running}
          data-testid="stage-enter"
        >
          {here ? t('stage.again') : t('stage.enter')}
        </Button>
        <OwnActions scene={scene} />
      </div>
      {task.running && <ProgressLine progress={task.progress} fallback={t('stage.entering')} onCancel={task.cancel} />}
      {task.error !== null && <ErrorState error={task.error} onRetry={() => void enter()} />}
      <p className={s.safe}>{t('stage.intro')}</p>
      <h3>{t('stage.outline')}</h3>
      <ol className={s.outline}>
        {scene.outline.map((title, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity but their place
          <li key={index}>{said(title)}</li>
        ))}
      </ol>
      <ConfirmDialog
        opened={discarding}
        onClose={() => setDiscarding(false)}
        title={t('stage.discardTitle')}
        confirm={t('stage.discardIt')}
        dismiss={t('stage.keepIt')}
        danger
        onConfirm={() => void enter()}
        testId="confirm-stage-discard"
      >
        <p>{t('stage.discardText')}</p>
      </ConfirmDialog>
    </section>
  );
}

function OwnActions({ scene }: { scene: SceneRow }) {
  const platform = usePlatform();
  const cache = useQueryClient();
  const [asked, setAsked] = useState<FileAsked | null>(null);
  const [dialog, setDialog] = useState<'rename' | 'remove' | null>(null);
  const title = said(scene.title);
  const exporting = () =>
    setAsked({
      title: t('stage.export'),
      action: t('stage.export'),
      run: async (typed) => {
        const path = await platform.exportScene(scene.id, typed);
        if (path !== null) showDone(t('stage.exported', { path }));
        return path !== null;
      },
    });
  return (
    <>
      <Button leftSection={<IconDownload size={14} />} onClick={exporting} data-testid="scene-export">
        {t('stage.export')}
      </Button>
      {!scene.shipped && (
        <>
          <Button onClick={() => setDialog('rename')} data-testid="scene-rename">
            {t('stage.rename')}
          </Button>
          <Button onClick={() => setDialog('remove')} data-testid="scene-remove">
            {t('stage.remove')}
          </Button>
        </>
      )}
      <FileDialog asked={asked} onClose={() => setAsked(null)} />
      <TitleDialog
        heading={t('stage.renameTitle')}
        action={t('stage.renameIt')}
        initial={title}
        opened={dialog === 'rename'}
        onClose={() => setDialog(null)}
        onTitle={async (text) => {
          await platform.renameScene(scene.id, spoken(text, scene.title));
          await settle(cache, 'renameScene');
        }}
      />
      <ConfirmDialog
        opened={dialog === 'remove'}
        onClose={() => setDialog(null)}
        title={t('stage.removeTitle', { title })}
        confirm={t('stage.removeIt')}
        dismiss={t('stage.leaveIt')}
        danger
        onConfirm={async () => {
          await platform.removeScene(scene.id);
          await settle(cache, 'removeScene');
          go(places.scenes(), 'replace');
        }}
        testId="confirm-scene-remove"
      >
        <p>{t('stage.removeText')}</p>
      </ConfirmDialog>
    </>
  );
}
