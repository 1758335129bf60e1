// The state of a view is the query of the URL, so that every view can be linked to, and back and forward work.
import {useEffect, useState} from 'preact/hooks';

const listeners = new Set<() => void>();

function notify(): void {
  for (const listener of [...listeners]) listener();
}

addEventListener('popstate', notify);

export type Changes = Record<string, string | null>;

/** The present query with `changes`: null, or the empty text, takes a key away. */
export function changedQuery(query: URLSearchParams, changes: Changes): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') {
      next.delete(key);
    } else {
      next.set(key, value);
    }
  }
  return next;
}

export function hrefOf(query: URLSearchParams): string {
  const text = query.toString();
  return text ? `?${text}` : location.pathname;
}

/** A link into a view with nothing but `values`. */
export function linkTo(view: string, values: Record<string, string | number | undefined> = {}): string {
  const query = new URLSearchParams({view});
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(key, String(value));
  }
  return hrefOf(query);
}

export function go(href: string, replace = false): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', href);
  notify();
}

export interface Query {
  readonly values: URLSearchParams;
  get(key: string): string;
  /** What is typed or slid replaces the entry in the history; what is chosen adds one. */
  set(changes: Changes, replace?: boolean): void;
}

export function useQuery(): Query {
  const [search, setSearch] = useState(location.search);
  useEffect(() => {
    const listener = () => setSearch(location.search);
    listeners.add(listener);
    listener();
    return () => void listeners.delete(listener);
  }, []);
  const values = new URLSearchParams(search);
  return {
    values,
    get: (key) => values.get(key) ?? '',
    set: (changes, replace = false) => {
      const now = new URLSearchParams(location.search);
      const href = hrefOf(changedQuery(now, changes));
      if (href !== hrefOf(now)) go(href, replace);
    },
  };
}

/** Clicks on links into this page are followed without loading it again. */
export function followOwnLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest?.('a');
  const href = link?.getAttribute('href');
  if (!link || !href?.startsWith('?') || link.target) return;
  event.preventDefault();
  go(href);
}
