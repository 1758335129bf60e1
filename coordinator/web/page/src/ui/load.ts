// What a view reads of the service: once, or again and again while it is looked at.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';

const kRest = 4;

export interface Loaded<T> {
  value: T | undefined;
  error: Error | undefined;
  loading: boolean;
  reload(): void;
}

/**
 * Calls `load` whenever `key` changes, and every `period` milliseconds while the page is visible. What was there stays until the
 * next is. An empty key loads nothing.
 */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>, period = 0): Loaded<T> {
  const [state, setState] = useState<{key: string; value?: T; error?: Error; loading: boolean}>({key: '', loading: key !== ''});
  const [again, setAgain] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    if (!key) return;
    const abort = new AbortController();
    let timer = 0;
    const once = async () => {
      const begun = Date.now();
      try {
        const value = await latest.current(abort.signal);
        if (!abort.signal.aborted) setState({key, value, loading: false});
      } catch (error) {
        if (abort.signal.aborted) return;
        setState((old) => {
          const next = {key, error: error instanceof Error ? error : new Error(String(error)), loading: false};
          return old.key === key && old.value !== undefined ? {...next, value: old.value} : next;
        });
      }
      // What is long in coming is asked for less often.
      if (period > 0 && !abort.signal.aborted) timer = setTimeout(next, Math.max(period, kRest * (Date.now() - begun)));
    };
    const next = () => {
      if (document.visibilityState === 'visible') {
        void once();
      } else {
        timer = setTimeout(next, period);
      }
    };
    setState((old) => (old.key === key ? {...old, loading: true} : {key, loading: true, ...(old.value !== undefined && {value: old.value})}));
    void once();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, period, again]);

  const reload = useCallback(() => setAgain((count) => count + 1), []);
  return {value: key ? state.value : undefined, error: key ? state.error : undefined, loading: key !== '' && (state.loading || state.key !== key), reload};
}

/** `value` as it was `delay` milliseconds ago at the latest change: for what is typed. */
export function useDelayed<T>(value: T, delay: number): T {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return delayed;
}
