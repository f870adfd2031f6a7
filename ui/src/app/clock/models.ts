// Which read models a place is made of, and which places can show an earlier moment at all.
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
      return 'Connections are those that you have now.';
    case 'maintenance':
      return 'Snapshots, rules and legal holds are those of now, and nothing is changed while the clock shows the past.';
    case 'commands':
      return 'A command is decided on what is now, so commands are off while the clock shows the past.';
    case 'evidence':
      return 'What is verified is the whole log as it is stored now.';
    case 'projections':
      return 'Position, lag and health are those of now. Choose a read model to see how many rows it had then.';
    case 'processes':
      return 'Instances and timers are those of the moment, folded from their streams. State, lag and what is stuck are of now.';
    default:
      return null;
  }
}
