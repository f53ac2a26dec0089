import { useCallback, useEffect, useState } from 'react';
import { Place, readPlace, writePlace } from './place';

export type SetPlace = (part: Partial<Place>) => void;

/** The page's address as state. Each change is a step of the browser's history. */
export function usePlace(): [Place, SetPlace] {
  const [place, setState] = useState(() => readPlace(location.search));
  useEffect(() => {
    const follow = () => setState(readPlace(location.search));
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const set = useCallback<SetPlace>((part) => {
    const next = { ...readPlace(location.search), ...part };
    const search = writePlace(next);
    if (search !== location.search) {
      history.pushState(null, '', location.pathname + search);
    }
    setState(next);
  }, []);
  return [place, set];
}
