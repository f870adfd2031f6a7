export const evidence = {
  altered: 'Altered',
  chainHashAtTheEnd: 'Chain hash at the end',
  everyEventCarriesAHashOfItsContent:
    'Every event carries a hash of its content, and one of everything before it. Recomputing them all shows whether a single byte was altered, removed or put in since it was written.',
  everyOneIsAsItWasWritten: '; every one is as it was written.',
  examined: '{{events}} examined{{value}}',
  intact: 'Intact',
  keepsNoHashChainOfItsOwnWhatWas:
    '{{backend}} keeps no hash chain of its own: what was altered before it was first seen here cannot be told.',
  nothingCanBeSaidOfTheRest: '; nothing can be said of the rest.',
  position: 'Position',
  recomputingEveryHash: 'Recomputing every hash',
  stoppedBeforeTheEnd: 'Stopped before the end',
  theChainHash: 'the chain hash',
  theFirstOneFirst: '; {{findings}}, the first one first.',
  verifiedAt: 'Verified at',
  verify: 'Verify {{events}}',
  verifyTheChain: 'Verify the chain',
  whatIsWrong: 'What is wrong',
} as const;
