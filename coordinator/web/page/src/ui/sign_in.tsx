// Signing in with a token, at the top of the page or in place of the view where the service asks for one.
import {useState} from 'preact/hooks';

import {token} from '../api/client';
import {enumName} from '../format';
import type {Access} from './access';
import {TextField} from './parts';

interface Properties {
  access: Access;
  /** The empty token signs out. */
  onSignIn: (token: string) => void;
}

export function SignIn({access, onSignIn}: Properties) {
  const wrong = token() !== '';
  return (
    <section class="sign-in" aria-label="Sign in">
      <h1>Sign in</h1>
      <div class={wrong ? 'notice error' : 'notice'} role={wrong ? 'alert' : 'status'}>
        <p><strong>{wrong ? access.refused?.message : 'This service asks for a token.'}</strong></p>
        <p>An administrator makes one: <code>assay token create NAME --user USER --roles read,submit</code></p>
      </div>
      <Form label="Sign in" onSignIn={onSignIn} />
    </section>
  );
}

/** Who is signed in, and the way out; or the way in. */
export function Account({access, onSignIn}: Properties) {
  if (token() === '') {
    if (access.refused) return null;
    return (
      <details class="account">
        <summary>Sign in</summary>
        <Form label="Use" onSignIn={onSignIn} />
      </details>
    );
  }
  const roles = (access.caller?.roles ?? []).map((role) => enumName(role, 'ROLE_')).join(', ');
  return (
    <span class="account">
      {access.caller && <span class="faint">{access.caller.user}{roles && ` (${roles})`}</span>}
      <button type="button" onClick={() => onSignIn('')}>Sign out</button>
    </span>
  );
}

function Form({label, onSignIn}: {label: string; onSignIn: (token: string) => void}) {
  const [text, setText] = useState('');
  return (
    <form onSubmit={(event) => {
      event.preventDefault();
      onSignIn(text);
    }}>
      <TextField label="Token" type="password" value={text} onInput={setText} width="18rem" />
      <button type="submit" class="primary" disabled={!text.trim()}>{label}</button>
      <p class="hint">Kept until this tab is closed or you sign out, and sent to this service only.</p>
    </form>
  );
}
