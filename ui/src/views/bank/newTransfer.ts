import { places } from '../../app/place';
import { go } from '../../app/router';

/** Opens the transfer form, filled with what is known already. */
export function newTransfer(source: string | null = null): void {
  go(places.commands('RequestTransfer', source === null ? null : JSON.stringify({ source })));
}
