// Who the page's token stands for, and what they may do: what is shown depends on it, the service decides anyway.
import {createContext} from 'preact';
import {useContext, useEffect, useState} from 'preact/hooks';

import {ApiError, get, onRefused, token} from '../api/client';
import type {Caller} from '../api/types';

export interface Access {
  /** Grows with every sign-in and sign-out. */
  count: number;
  /** Whether there is an answer, of whatever kind. */
  known: boolean;
  caller: Caller | undefined;
  /** The service wants a token, or another one; the reason. */
  refused: ApiError | undefined;
  renew(): void;
}

const kNone: Access = {count: 0, known: false, caller: undefined, refused: undefined, renew: () => undefined};

export const AccessContext = createContext<Access>(kNone);

/** Whether jobs may be controlled and campaigns begun. Where the roles are not known, the service says so when it is tried. */
export function useMaySubmit(): boolean {
  const {caller} = useContext(AccessContext);
  return !caller || caller.roles.includes('ROLE_SUBMIT') || caller.roles.includes('ROLE_ADMIN');
}

type State = Pick<Access, 'count' | 'known' | 'caller' | 'refused'>;

export function useAccess(isForRater: boolean): Access {
  const [state, setState] = useState<State>({count: 0, known: isForRater, caller: undefined, refused: undefined});
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (isForRater) return;
    const abort = new AbortController();
    const settle = (caller: Caller | undefined, refused: ApiError | undefined) => {
      if (!abort.signal.aborted) setState({count: asked, known: true, caller, refused});
    };
    get<Caller>('caller', {}, {signal: abort.signal}).then((caller) => settle(caller, undefined), (error: unknown) => {
      // Anything else is told by the view, which asks for more.
      const code = error instanceof ApiError ? error.code : '';
      settle(undefined, code === 'UNAUTHENTICATED' || (code === 'PERMISSION_DENIED' && token()) ? error as ApiError : undefined);
    });
    return () => abort.abort();
  }, [asked, isForRater]);
  useEffect(() => onRefused(() => setState((old) => (old.refused || !old.known ? old : {
    ...old, caller: undefined, refused: new ApiError('UNAUTHENTICATED', 'The token is not valid any more: it was revoked, or its time is over.'),
  }))), []);
  return {...state, renew: () => setAsked((count) => count + 1)};
}
