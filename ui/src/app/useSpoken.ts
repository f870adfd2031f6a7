import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { currentLanguage, type Language } from '../i18n';
import type { Platform } from '../platform/platform';

/**
 * The language that everything is told in, by the window and by the platform; nothing while they differ. Whoever draws with it
 * draws anew when it has changed, and no answer of the former language is kept. `mount` has told the first one.
 */
export function useSpoken(platform: Platform, cache: QueryClient): Language | null {
  const wanted = currentLanguage();
  const [spoken, setSpoken] = useState(wanted);
  useEffect(() => {
    if (spoken === wanted) return;
    let current = true;
    const done = () => {
      if (!current) return;
      cache.clear();
      setSpoken(wanted);
    };
    // A window in two languages is better than none.
    platform.setLanguage(wanted).then(done, done);
    return () => {
      current = false;
    };
  }, [platform, cache, spoken, wanted]);
  return spoken === wanted ? spoken : null;
}
