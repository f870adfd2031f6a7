// The same command once more.
import { formatExact, parseExact } from '../../shared/form/exactJson';
import { fillingOf, payloadOf, withNewIds } from '../../shared/form/filling';
import { readSchema } from '../../shared/form/schema';

/** The payload of a command that was issued before, to be issued again: what it makes gets a new id. */
export function againPayload(schemaText: string, payload: string | null): string | null {
  const schema = readSchema(schemaText);
  if (schema === null || payload === null) return payload;
  try {
    const filling = withNewIds(schema, fillingOf(schema, parseExact(payload)), true);
    return formatExact(payloadOf(schema, filling).value ?? {});
  } catch {
    return payload;
  }
}
