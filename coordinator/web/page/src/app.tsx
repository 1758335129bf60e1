import {useEffect, useState} from 'preact/hooks';

import {storeToken} from './api/client';
import {storeTheme, storedTheme, type Theme} from './theme';
import {AccessContext, useAccess} from './ui/access';
import {Loading, Select} from './ui/parts';
import {Account, SignIn} from './ui/sign_in';
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
  const access = useAccess(isForRater());
  const signIn = (token: string) => {
    storeToken(token);
    access.renew();
  };
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
            <Account access={access} onSignIn={signIn} />
          </>
        )}
        <ThemeSwitch />
      </header>
      {/* Another token may see more: the view starts anew. */}
      <main id="main" key={`${key}/${access.count}`} tabIndex={-1}>
        <AccessContext.Provider value={access}>
          {access.refused ? <SignIn access={access} onSignIn={signIn} /> : access.known ? <View /> : <Loading what="the page" />}
        </AccessContext.Provider>
      </main>
    </div>
  );
}

/** Not by the fragment, which may hold a rater's link. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
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
