import { useCallback, useEffect, useRef, useState } from 'react';
import { type OnProgress, toAppError } from '../platform/platform';
import type { AppError, Progress } from '../platform/wire';
import { usePlatform } from './PlatformContext';
import { began } from './running';

export interface Task<T> {
  running: boolean;
  progress: Progress | null;
  result: T | null;
  error: AppError | null;
  run: (work: (taskId: string, onProgress: OnProgress) => Promise<T>) => Promise<T | null>;
  cancel: () => void;
  clear: () => void;
}

/** A long piece of work with progress and a way to stop it. One at a time. */
export function useTask<T>(): Task<T> {
  const platform = usePlatform();
  const taskId = useRef<string | null>(null);
  const [running, setRunning] = useState(false);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [result, setResult] = useState<T | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const mounted = useRef(true);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);

  const run = useCallback<Task<T>['run']>(
    async (work) => {
      if (taskId.current !== null) return null;
      const id = crypto.randomUUID();
      taskId.current = id;
      const ended = began(id, () => void platform.cancelTask(id));
      setRunning(true);
      setProgress(null);
      setResult(null);
      setError(null);
      try {
        const value = await work(id, (step) => {
          if (mounted.current && taskId.current === id) setProgress(step);
        });
        if (mounted.current) setResult(value);
        return value;
      } catch (thrown) {
        if (mounted.current) setError(toAppError(thrown));
        return null;
      } finally {
        ended();
        taskId.current = null;
        if (mounted.current) setRunning(false);
      }
    },
    [platform],
  );

  const cancel = useCallback(() => {
    if (taskId.current !== null) void platform.cancelTask(taskId.current);
  }, [platform]);

  const clear = useCallback(() => {
    setResult(null);
    setError(null);
    setProgress(null);
  }, []);

  return { running, progress, result, error, run, cancel, clear };
}
