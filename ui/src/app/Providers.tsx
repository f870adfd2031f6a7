import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Fragment, type ReactNode, useMemo } from 'react';
import type { Platform } from '../platform/platform';
import { confirmed } from './confirmed';
import { PlatformContext } from './PlatformContext';
import { useSettings } from './settings';
import { cssVariables, theme } from './theme';
import { useSpoken } from './useSpoken';

interface ProvidersProps {
  platform: Platform;
  cache: QueryClient;
  children: ReactNode;
  /** Tests have no transitions and no portals to wait for. */
  env?: 'default' | 'test';
}

export function Providers({ platform, cache, children, env = 'default' }: ProvidersProps) {
  // Texts are plain calls: another language draws everything anew.
  useSettings();
  const asking = useMemo(() => confirmed(platform), [platform]);
  const spoken = useSpoken(platform, cache);
  return (
    <PlatformContext value={asking}>
      <QueryClientProvider client={cache}>
        <MantineProvider theme={theme()} cssVariablesResolver={cssVariables} defaultColorScheme="auto" env={env}>
          {spoken !== null && <Fragment key={spoken}>{children}</Fragment>}
          <Notifications position="bottom-right" limit={3} />
        </MantineProvider>
      </QueryClientProvider>
    </PlatformContext>
  );
}
