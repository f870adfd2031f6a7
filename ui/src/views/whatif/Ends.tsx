import { useState } from 'react';
import { t } from '../../i18n';
import type { WhatIfEnd } from '../../platform/wire';
import { StreamName } from '../../shared/bits';
import { grouped } from '../../shared/format';
import { JsonTree } from '../../shared/tree/JsonTree';
import s from './WhatIfView.module.css';

/** At which version a stream ends, and how much is different then. */
function told({ changedPaths, originalVersion, whatIfVersion, problem }: WhatIfEnd): string {
  const [whatIf, original] = [grouped(whatIfVersion), grouped(originalVersion)];
  const versions =
    whatIf === original ? t('whatif.endsAtSame', { whatIf }) : t('whatif.endsAtOther', { whatIf, original });
  const values = changedPaths.length > 0 ? [t('whatif.nValues', { count: changedPaths.length })] : [];
  return [versions, ...values, ...(problem === null ? [] : [t('whatif.notFolded')])].join(' · ');
}

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
                  <span className="faint tabular">{told(end)}</span>
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
