import { useState } from 'react';
import { t } from '../../i18n';
import type { WhatIfEnd } from '../../platform/wire';
import { StreamName } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import s from './WhatIfView.module.css';

/** Where the two lanes end differently, stream by stream. */
export function Ends({ ends }: { ends: readonly WhatIfEnd[] }) {
  const differing = ends.filter((end) => end.changedPaths.length > 0 || end.problem !== null);
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = differing.find((end) => end.stream === chosen) ?? differing[0];
  return (
    <section className={s.part}>
      <h2>{t('whatif.differencesAtEnd')}</h2>
      {shown === undefined ? (
        <p className={s.note} data-testid="what-if-no-difference">
          {t('whatif.allEndSame')}
        </p>
      ) : (
        <>
          <ul className={s.ends} aria-label={t('whatif.endDifferently')}>
            {differing.map((end) => (
              <li key={end.stream}>
                <button
                  type="button"
                  className={s.end}
                  aria-pressed={end.stream === shown.stream}
                  onClick={() => setChosen(end.stream)}
                  data-testid={`what-if-end-${end.stream}`}
                >
                  <StreamName stream={end.stream} />
                  <span className="faint tabular">
                    {t('whatif.endsAt', {
                      count: end.changedPaths.length,
                      whatIf: grouped(end.whatIfVersion),
                      original: grouped(end.originalVersion),
                    })}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {shown.problem !== null && (
            <p className={s.wrong} role="alert">
              {shown.problem}
            </p>
          )}
          {shown.nodes.length > 0 && (
            <JsonTree
              key={shown.stream}
              nodes={shown.nodes.filter((node) => node.change !== 'same')}
              label={t('whatif.whatDiffersOf', { stream: shown.stream })}
              testId="what-if-end"
            />
          )}
        </>
      )}
    </section>
  );
}
