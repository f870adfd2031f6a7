import { Textarea } from '@mantine/core';
import { t } from '../../i18n';
import { SchemaForm } from '../../shared/form/SchemaForm';
import s from './CommandsView.module.css';
import type { FilledCommand } from './useFilledCommand';

interface PayloadFieldsProps {
  filled: FilledCommand;
  /** While the command is on its way nothing is changed. */
  still: boolean;
  onTouched: () => void;
}

/** The fields of a command, or its JSON; what is wrong stands beside what it is about. */
export function PayloadFields({ filled, still, onTouched }: PayloadFieldsProps) {
  const { draft, mistakes } = filled;
  if (draft.mode === 'form' && draft.schema !== null) {
    return (
      <SchemaForm
        schema={draft.schema}
        filling={draft.filling}
        mistakes={mistakes}
        onChange={(filling, field) => {
          if (still) return;
          filled.fill(filling, field);
          onTouched();
        }}
      />
    );
  }
  const wrong = [...mistakes].filter(([path]) => path !== '');
  return (
    <div>
      <Textarea
        label={t('commands.payload')}
        aria-label={t('commands.payloadAsJson')}
        value={draft.json}
        error={
          draft.jsonProblem ??
          mistakes.get('') ??
          (wrong.length === 0 ? null : t('commands.placesDoNotFit', { count: wrong.length }))
        }
        onChange={(event) => {
          if (still) return;
          draft.setJson(event.currentTarget.value);
          filled.tell([]);
          onTouched();
        }}
        autosize
        minRows={12}
        maxRows={28}
        spellCheck={false}
        classNames={{ input: `${s.json} mono` }}
        data-testid="raw-json"
      />
      {wrong.length > 0 && (
        <ul className={s.faults} aria-label={t('commands.whatDoesNotFit')} data-testid="json-faults">
          {wrong.map(([path, message]) => (
            <li key={path}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
