// Requests to the coordinator's HTTP interface, and what is said where they fail.
const kTokenKey = 'assay.token';

export class ApiError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }

  /** What the reader can do about it; empty where nothing is known. */
  get advice(): string {
    switch (this.code) {
      case 'UNREACHABLE':
        return 'Is the service running, and can it be reached from here? The page tries again by itself where it follows something.';
      case 'UNAUTHENTICATED':
        return 'Sign in with a token, at the top of the page.';
      case 'PERMISSION_DENIED':
        return 'Sign in with a token that has this role, or ask an administrator for one: assay token create.';
      case 'NOT_FOUND':
        return 'It may have been removed, or the link is of another service.';
      case 'RESOURCE_EXHAUSTED':
      case 'UNAVAILABLE':
        return 'Wait a moment and try again.';
      default:
        return '';
    }
  }
}

let current = '';
try {
  current = sessionStorage.getItem(kTokenKey) ?? '';
} catch {
  // Storage is forbidden: the token is only in memory.
}

/** As long as the tab is open, in this tab only; it goes into a header, never into an address. */
export function token(): string {
  return current;
}

/** Empty: forgets it. */
export function storeToken(value: string): void {
  current = value.trim();
  try {
    if (current) {
      sessionStorage.setItem(kTokenKey, current);
    } else {
      sessionStorage.removeItem(kTokenKey);
    }
  } catch {
    // In memory only.
  }
}

type Refusal = () => void;
const refusals = new Set<Refusal>();

/** Calls `listener` whenever the service does not take the page's token, or asks for one. */
export function onRefused(listener: Refusal): () => void {
  refusals.add(listener);
  return () => void refusals.delete(listener);
}

export type Parameters = Record<string, string | number | boolean | readonly string[] | undefined>;

export function pathWith(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value === undefined || value === '' || value === false) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(key, String(one));
  }
  const text = query.toString();
  return `/api/v1/${path}${text ? `?${text}` : ''}`;
}

interface Options {
  /** Instead of the stored one. */
  token?: string;
  signal?: AbortSignal;
}

/** `own`: asked with the page's token, not with a rater's. */
async function answerOf<T>(request: Promise<Response>, own: boolean): Promise<T> {
  let response: Response;
  try {
    response = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('UNREACHABLE', 'The service does not answer.');
  }
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError('UNKNOWN', `The service answered with status ${response.status} and no JSON: ${text.slice(0, 200)}`);
  }
  if (!response.ok) {
    if (response.status === 401 && own) for (const refused of [...refusals]) refused();
    const {code, message} = body as {code?: string; message?: string};
    throw new ApiError(code ?? 'UNKNOWN', message || `The service answered with status ${response.status}.`);
  }
  return body as T;
}

function headers(options: Options): Record<string, string> {
  const value = options.token ?? token();
  return value ? {Authorization: `Bearer ${value}`} : {};
}

export function get<T>(path: string, parameters: Parameters = {}, options: Options = {}): Promise<T> {
  return answerOf(fetch(pathWith(path, parameters), {headers: headers(options), signal: options.signal ?? null}),
      options.token === undefined);
}

export function post<T>(path: string, body: unknown = {}, options: Options = {}): Promise<T> {
  return answerOf(fetch(pathWith(path), {
    method: 'POST',
    headers: {...headers(options), 'Content-Type': 'application/json'},
    body: JSON.stringify(body),
    signal: options.signal ?? null,
  }), options.token === undefined);
}
