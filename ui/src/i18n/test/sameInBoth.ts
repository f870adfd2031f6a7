/** Texts that are the same in English and German: names, and words that both languages share. */
export const SAME_IN_BOTH: ReadonlySet<string> = new Set<string>([
  'EventStoreDB',
  'Follower',
  'Host',
  'In PostgreSQL',
  'Name',
  'Port',
  'PostgreSQL',
  'Schema',
  'Server',
  'Status',
  'Stream',
  'Streams',
  'Version',
  'account-100234, $ce-account …',
  'ledgerscope',
  '{{value}} ms',
]);
