// People rate answers. With a rater's link: the next answer. Without: the campaigns, their progress and their agreement.
import {useEffect, useState} from 'preact/hooks';

import {Campaigns} from './campaigns';
import {Rater} from './rater';

const kMark = '#/rate/';

function tokenInLink(): string {
  return location.hash.startsWith(kMark) ? decodeURIComponent(location.hash.slice(kMark.length)) : '';
}

export function Rate() {
  const [token, setToken] = useState(tokenInLink());
  useEffect(() => {
    const changed = () => setToken(tokenInLink());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return token ? <Rater key={token} token={token} /> : <Campaigns />;
}
