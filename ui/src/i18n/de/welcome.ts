import type { Translated } from '../en';
import type { welcome as english } from '../en/welcome';

export const welcome: Translated<typeof english> = {
  aBranchOnAQuietDayReadyAtOnce: 'Eine Filiale an einem ruhigen Tag. Sofort fertig.',
  aSmallBankWithAPastAFewSeconds: 'Eine kleine Bank mit Vergangenheit. Einige Sekunden.',
  anyVersionExactly: 'Jede Version, exakt.',
  createTheDemoBank: 'Demobank anlegen',
  customersAccountsTransfersThat:
    'Kunden, Konten, Überweisungen, die gelingen, scheitern und rückabgewickelt werden: nach den Regeln der Bank gemacht, bei gleichem Startwert gleich.',
  debitsEqualCreditsAtEveryPosition:
    '{{part}} An jeder Position sind Soll und Haben gleich, und Sie können es nachprüfen.',
  enoughToFeelHowItScalesAboutA: 'Genug, um zu spüren, wie es skaliert. Etwa eine Minute.',
  everyEventIsChainedToTheOneBefore: '{{part}} Jedes Ereignis ist an das vorige gekettet.',
  fillThisStoreWithADemoBank: 'Diesen Speicher mit einer Demobank füllen',
  inThisStore: '{{events}} in diesem Speicher',
  large: '200 000 Ereignisse',
  ledgerscopeRunsABankWhoseOnlyTruth:
    'Ledgerscope führt eine Bank, deren einzige Wahrheit ihr Ereignislog ist. Erteilen Sie einen Befehl, sehen Sie seine Ereignisse eintreffen, gehen Sie zu jedem Moment zurück, bauen Sie neu auf, was daraus abgeleitet wurde.',
  middle: '20 000 Ereignisse',
  moneyIsConserved: 'Geld bleibt erhalten.',
  nothingChangesUnnoticed: 'Nichts ändert sich unbemerkt.',
  numberOfEvents: 'Anzahl der Ereignisse',
  openAFile: 'Datei öffnen…',
  openAStore: 'Speicher öffnen',
  openAnotherFile: 'Andere Datei öffnen',
  openMyOwnStore: 'Meinen eigenen Speicher öffnen',
  openingTheBranch: 'Filiale wird eröffnet',
  otherWays: 'Andere Wege',
  seeWhatYourBankReallyRecorded: 'Sehen Sie, was Ihre Bank wirklich aufgezeichnet hat',
  seed: 'Startwert',
  small: '1 000 Ereignisse',
  startEmptyRegisterACustomer: 'Leer beginnen: Kunden registrieren',
  stateIsAlwaysFoldedByTheEnginesOwn: '{{part}} Der Zustand wird immer vom Code der Engine selbst gefaltet.',
  takesNoEventsWithTheirOriginal:
    '{{backend}} nimmt keine Ereignisse mit ihren ursprünglichen Zeiten an; deshalb kann darin keine Demobank entstehen. Befehle schreiben wie gewohnt.',
  thisStoreIsEmpty: 'Dieser Speicher ist leer',
  toTheBank: 'Zur Bank',
  yourOwnStoreIsCreatedInYourData:
    'Ihr eigener Speicher wird in Ihrem Datenordner angelegt, wenn dort noch keiner ist.',
};
