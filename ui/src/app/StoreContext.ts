// Which store a view looks at: what somebody began in one is not gone on with in another.
import { createContext, useContext } from 'react';

/** Where the open store is; empty where no store is open. */
export const StoreLocation = createContext('');

export const useStoreLocation = (): string => useContext(StoreLocation);
