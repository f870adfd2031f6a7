import { places } from '../../app/place';
import { usePlaceOf } from '../../app/router';
import { perLanguage, t } from '../../i18n';
import { TabBar } from '../../shared/TabBar';
import { ScenesTab } from './ScenesTab';
import { StepsTab } from './StepsTab';

/** Begins the test ids of the tabs. */
const PREFIX = 'stage';

const tabs = perLanguage(() => [
  { id: 'scenes', title: t('stage.scenes'), to: () => places.scenes() },
  { id: 'steps', title: t('stage.steps'), to: () => places.stageSteps() },
]);

/** Scenes for an audience: choosing one, and its steps with what the presenter says. */
export function StageView() {
  const place = usePlaceOf('stage');
  return (
    <>
      <TabBar label={t('stage.parts')} tabs={tabs()} current={place.tab} prefix={PREFIX} />
      {place.tab === 'scenes' ? <ScenesTab scene={place.scene} /> : <StepsTab step={place.step} />}
    </>
  );
}
