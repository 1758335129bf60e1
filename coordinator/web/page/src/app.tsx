import {useEffect, useState} from 'preact/hooks';

import {storeToken, token} from './api/client';
import {storeTheme, storedTheme, type Theme} from './theme';
import {Select, TextField} from './ui/parts';
import {followOwnLinks, linkTo, useQuery} from './url';
import {Compare} from './views/compare/compare';
import {Leaderboard} from './views/leaderboard/leaderboard';
import {Live} from './views/live/live';
import {Rate} from './views/rate/rate';
import {Samples} from './views/samples/samples';

const kViews = [
  {key: 'leaderboard', title: 'Leaderboard', view: Leaderboard},
  {key: 'live', title: 'Live', view: Live},
  {key: 'samples', title: 'Samples', view: Samples},
  {key: 'compare', title: 'Compare', view: Compare},
  {key: 'rate', title: 'Rate', view: Rate},
];

/** A link for a rater ends in "#/rate/TOKEN"; what follows # is never sent to the service. */
function isForRater(): boolean {
  return location.hash.startsWith('#/rate/');
}

function keyOf(view: string): string {
  if (isForRater()) return 'rate';
  return kViews.some(({key}) => key === view) ? view : 'leaderboard';
}

export function App() {
  const query = useQuery();
  const key = keyOf(query.get('view'));
  const {title, view: View} = kViews.find((entry) => entry.key === key)!;
  // Another token may see more: the view starts anew.
  const [access, setAccess] = useState(0);
  useEffect(() => {
    document.title = `${title} – Assay`;
  }, [title]);
  return (
    <div onClick={followOwnLinks}>
      <a class="skip" href="#main" onClick={skip}>Skip to the content</a>
      <header>
        <strong class="name">Assay</strong>
        {/* Raters are not led to what would tell them whose answer it is. */}
        {isForRater() ? <span class="space" /> : (
          <>
            <nav aria-label="Views">
              {kViews.map((entry) => (
                <a key={entry.key} href={linkTo(entry.key)} aria-current={entry.key === key ? 'page' : undefined}>{entry.title}</a>
              ))}
            </nav>
            <Token onChange={() => setAccess(access + 1)} />
          </>
        )}
        <ThemeSwitch />
      </header>
      <main id="main" key={`${key}/${access}`} tabIndex={-1}>
        <View />
      </main>
    </div>
  );
}

/** Not by the fragment, which may hold a rater's link. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function Token({onChange}: {onChange: () => void}) {
  const [text, setText] = useState(token());
  return (
    <details class="token">
      <summary>Token{token() ? ' ✓' : ''}</summary>
      <form onSubmit={(event) => {
        event.preventDefault();
        storeToken(text);
        event.currentTarget.closest('details')!.open = false;
        onChange();
      }}>
        <TextField label="Token" type="password" value={text} onInput={setText} width="16rem" />
        <button type="submit">{text.trim() ? 'Use' : 'Use none'}</button>
        <p class="hint">Kept in this browser. Needed where the service asks for one, and to pause or cancel jobs there.</p>
      </form>
    </details>
  );
}

function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(storedTheme());
  return (
    <Select label="Theme" value={theme}
      options={[{value: 'system', label: 'System'}, {value: 'light', label: 'Light'}, {value: 'dark', label: 'Dark'}]}
      onChange={(value) => {
        storeTheme(value as Theme);
        setTheme(value as Theme);
      }} />
  );
}
