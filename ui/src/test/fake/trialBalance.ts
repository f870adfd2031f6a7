import type { MoneyView, TrialBalance } from '../../platform/wire';
import { type FakeBank, moneyText } from './bank';

/** A trial balance that adds up, from the invented accounts. */
export function trialBalance(bank: FakeBank): TrialBalance {
  const currencies = [...new Set([...bank.accounts.values()].map((account) => account.currency))].sort();
  return {
    balanced: true,
    transitExplained: true,
    position: String(bank.log.events.length),
    currencies: currencies.map((currency) => {
      const view = (minor: bigint): MoneyView => ({ minor: String(minor), currency, text: moneyText(minor) });
      let deposits = 0n;
      let paidOut = 0n;
      for (const account of bank.accounts.values()) {
        if (account.currency !== currency) continue;
        for (const line of bank.lines.get(account.id) ?? []) {
          if (line.minor > 0n) deposits += line.minor;
          else paidOut -= line.minor;
        }
      }
      const line = (account: string, name: string, kind: string, debits: bigint, credits: bigint) => ({
        account,
        name,
        kind,
        debits: view(debits),
        credits: view(credits),
        balance: view(debits - credits),
      });
      return {
        currency,
        lines: [
          line('gl:vault-cash', 'Cash in the vault', 'asset', deposits, paidOut),
          line('gl:nostro', 'Accounts at other banks', 'asset', 0n, 0n),
          line('customers', 'Customers’ deposits', 'liability', paidOut, deposits),
          line('gl:transfers-in-transit', 'Transfers in transit', 'liability', 0n, 0n),
        ],
        debits: view(deposits + paidOut),
        credits: view(deposits + paidOut),
        inTransit: view(0n),
        inFlight: view(0n),
      };
    }),
  };
}
