import type { Translated } from '../en';
import type { evidence as english } from '../en/evidence';

export const evidence: Translated<typeof english> = {
  altered: 'Verändert',
  chainHashAtTheEnd: 'Kettenhash am Ende',
  everyEventCarriesAHashOfItsContent:
    'Jedes Ereignis trägt einen Hash seines Inhalts und einen von allem davor. Alle nachzurechnen zeigt, ob seit dem Schreiben auch nur ein Byte verändert, entfernt oder eingefügt wurde.',
  everyOneIsAsItWasWritten: '; jedes ist so, wie es geschrieben wurde.',
  examined: '{{events}} untersucht{{value}}',
  intact: 'Unversehrt',
  keepsNoHashChainOfItsOwnWhatWas:
    '{{backend}} führt keine eigene Hashkette: Was verändert wurde, bevor es hier erstmals gesehen wurde, lässt sich nicht feststellen.',
  nothingCanBeSaidOfTheRest: '; über den Rest lässt sich nichts sagen.',
  position: 'Position',
  recomputingEveryHash: 'Jeder Hash wird nachgerechnet',
  stoppedBeforeTheEnd: 'Vor dem Ende angehalten',
  theChainHash: 'den Kettenhash',
  theFirstOneFirst: '; {{findings}}, der früheste zuerst.',
  verifiedAt: 'Geprüft am',
  verify: '{{events}} prüfen',
  verifyTheChain: 'Kette prüfen',
  whatIsWrong: 'Was nicht stimmt',
};
