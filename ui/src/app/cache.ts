// What is cached is named after the command it came from; what a command reads and changes is declared beside it in Rust.
import {
  keepPreviousData,
  QueryClient,
  type QueryKey,
  type UseQueryResult,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import type { OnProgress, Platform } from '../platform/platform';
import { type CommandName, commandTags, type Progress, type Tag } from '../platform/wire';
import { useShownAt } from './clock/ClockContext';
import { CLOCKED } from './clock/clockedPlatform';
import { usePlatform } from './PlatformContext';

const READS = new Map<string, ReadonlySet<Tag>>(commandTags.map((entry) => [entry.command, new Set<Tag>(entry.reads)]));
const CHANGES = new Map<string, readonly Tag[]>(commandTags.map((entry) => [entry.command, entry.changes]));

export function newCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: false,
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: false,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
}

/** Ends the keys of answers about an earlier moment, which nothing changes but another store. */
const AT = '@';

function readsAny(key: QueryKey, tags: readonly Tag[]): boolean {
  if (String(key.at(-1)).startsWith(AT) && !tags.includes('store')) return false;
  const reads = READS.get(String(key[0]));
  return reads !== undefined && tags.some((tag) => reads.has(tag));
}

const beats = new Map<Tag, number>();
const beatListeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  beatListeners.add(listener);
  return () => beatListeners.delete(listener);
}

/** A number that changes whenever something with this tag has changed: for what is shown without the cache. */
export function useBeat(tag: Tag): number {
  return useSyncExternalStore(subscribe, () => beats.get(tag) ?? 0);
}

/** Marks everything that reads one of these as old; what is on the screen is asked again. */
export function invalidate(cache: QueryClient, tags: readonly Tag[]): Promise<void> {
  for (const tag of tags) beats.set(tag, (beats.get(tag) ?? 0) + 1);
  for (const listener of beatListeners) listener();
  return cache.invalidateQueries({ predicate: (query) => readsAny(query.queryKey, tags) });
}

/** Begins the names of answers about versions that exist: they stay right when the log grows. */
const SETTLED = 'settled';

/** What follows from a command having been carried out. */
export function settle(cache: QueryClient, command: CommandName): Promise<void> {
  // What this window changed may be more than an append: events may have gone.
  if ((CHANGES.get(command) ?? []).length > 0) void cache.invalidateQueries({ queryKey: [SETTLED] });
  return invalidate(cache, CHANGES.get(command) ?? []);
}

interface AskOptions {
  enabled?: boolean;
  /** Keep showing the former answer while another is under way. */
  keep?: boolean;
  refetchMilliseconds?: number | false;
  /** How long an answer that nobody looks at is kept, where many large ones follow each other. */
  forgetMilliseconds?: number;
}

/** Asks the platform through the cache. The key is the command's name and its arguments. */
export function useAsk<T>(
  command: CommandName,
  args: readonly unknown[],
  ask: (platform: Platform) => Promise<T>,
  options: AskOptions = {},
): UseQueryResult<T> {
  const platform = usePlatform();
  const at = useShownAt();
  const moment = at !== null && CLOCKED.has(command) ? [`${AT}${at}`] : [];
  return useQuery<T, Error, T>({
    queryKey: [command, ...args, ...moment],
    queryFn: () => ask(platform),
    enabled: options.enabled ?? true,
    refetchInterval: options.refetchMilliseconds ?? false,
    ...(options.forgetMilliseconds === undefined ? {} : { gcTime: options.forgetMilliseconds }),
    ...(options.keep === true ? { placeholderData: keepPreviousData } : {}),
  });
}

/** An answer that may take long: with progress, and a way to stop it. */
export interface LongAnswer<T> {
  result: UseQueryResult<T>;
  progress: Progress | null;
  stop: () => void;
  /** Whether it was stopped before it had an answer. */
  stopped: boolean;
}

/**
 * Asks what depends on versions of a stream that exist, so that the answer stays right while the log grows; the arguments name
 * the last version. What nobody looks at any more is stopped.
 */
export function useLongAsk<T>(
  command: CommandName,
  args: readonly unknown[],
  ask: (platform: Platform, taskId: string, onProgress: OnProgress) => Promise<T>,
  options: Pick<AskOptions, 'enabled' | 'keep'> = {},
): LongAnswer<T> {
  const platform = usePlatform();
  const cache = useQueryClient();
  const [progress, setProgress] = useState<Progress | null>(null);
  const queryKey = [SETTLED, command, ...args];
  const enabled = options.enabled ?? true;
  const result = useQuery<T, Error, T>({
    queryKey,
    queryFn: async ({ signal }) => {
      const taskId = crypto.randomUUID();
      signal.addEventListener('abort', () => void platform.cancelTask(taskId));
      setProgress(null);
      return await ask(platform, taskId, (step) => {
        if (!signal.aborted) setProgress(step);
      });
    },
    enabled,
    ...(options.keep === true ? { placeholderData: keepPreviousData } : {}),
  });
  return {
    result,
    progress: result.isFetching ? progress : null,
    stop: () => void cache.cancelQueries({ queryKey }),
    stopped: enabled && result.isPending && result.fetchStatus === 'idle',
  };
}
