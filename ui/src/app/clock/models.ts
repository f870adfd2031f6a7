// Which read models a place is made of, and which places can show an earlier moment at all.
import { t } from '../../i18n';
import type { Place } from '../place';

const BANK: Record<Extract<Place, { view: 'bank' }>['tab'], readonly string[]> = {
  accounts: ['accounts', 'statement'],
  account: ['accounts', 'statement'],
  customers: ['customers', 'accounts'],
  transfers: ['transfers', 'trial_balance'],
  'trial-balance': ['trial_balance', 'transfers'],
  holds: ['holds'],
  orders: ['orders'],
  activity: ['daily_activity', 'trial_balance'],
  limits: ['limits', 'accounts'],
  audit: ['audit'],
};

/** The read models that have to be folded to the moment before a place can be shown. */
export function modelsOf(place: Place): readonly string[] {
  switch (place.view) {
    case 'bank':
      return BANK[place.tab];
    case 'streams':
    case 'processes':
    case 'events':
    case 'time':
      return ['streams'];
    default:
      return [];
  }
}

/** Why a place shows now whatever the clock says; nothing for places that show the moment. */
export function whyNow(place: Place): string | null {
  switch (place.view) {
    case 'connections':
      return t('app.connectionsAreThoseThatYouHaveNow');
    case 'maintenance':
      return t('app.snapshotsRulesAndLegalHoldsAre');
    case 'commands':
      return t('app.aCommandIsDecidedOnWhatIsNowSo');
    case 'evidence':
      return t('app.whatIsVerifiedIsTheWholeLogAsItIs');
    case 'projections':
      return t('app.positionLagAndHealthAreThoseOfNow');
    case 'processes':
      return t('app.instancesAndTimersAreThoseOfThe');
    default:
      return null;
  }
}
