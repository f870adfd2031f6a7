import { Menu, Tooltip, UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { currentLanguage, t } from '../i18n';
import type { LanguageChoice } from '../i18n/language';
import { changeSettings, useSettings } from './settings';
import s from './TopBar.module.css';

/** What can be chosen; a language is called what its speakers call it. */
export const LANGUAGE_CHOICES: readonly LanguageChoice[] = ['system', 'en', 'de'];

/** The language of the window. */
export function LanguagePicker() {
  const { language } = useSettings();
  const shown = t(`app.language.${currentLanguage()}`);
  const short = currentLanguage().toUpperCase();
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Tooltip label={t('app.languageOfTheWindow')}>
          <UnstyledButton
            className={s.language}
            aria-label={t('app.languageChange', { short, language: shown })}
            data-testid="language"
          >
            {short}
          </UnstyledButton>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGE_CHOICES.map((choice) => (
          <Menu.Item
            key={choice}
            lang={choice === 'system' ? undefined : choice}
            rightSection={choice === language ? <IconCheck size={14} aria-label={t('app.chosen')} /> : null}
            onClick={() => changeSettings({ language: choice })}
            data-testid={`language-${choice}`}
          >
            {t(`app.language.${choice}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
