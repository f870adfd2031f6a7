import { createContext, useContext } from 'react';
import type { Platform } from '../platform/platform';

export const PlatformContext = createContext<Platform | null>(null);

export function usePlatform(): Platform {
  const platform = useContext(PlatformContext);
  if (platform === null) throw new Error('no platform is provided');
  return platform;
}
