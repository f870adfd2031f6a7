import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/print.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { currentLanguage } from '../i18n';
import type { Platform } from '../platform/platform';
import { listenForProbe } from '../shared/probe';
import { App } from './App';
import { newCache } from './cache';
import { Providers } from './Providers';

/** Puts the application on the page. The platform is the only thing that differs between the real window and a look at it. */
export function mount(platform: Platform): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no root element');
  listenForProbe();
  const draw = () =>
    createRoot(root).render(
      <StrictMode>
        <Providers platform={platform} cache={newCache()}>
          <App />
        </Providers>
      </StrictMode>,
    );
  // The first answer is to be in the right language already. A window in two languages is better than none.
  platform.setLanguage(currentLanguage()).then(draw, draw);
}
