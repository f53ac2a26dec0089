import { useEffect, useState } from 'react';
import { sentence } from './services';

export interface Listing<T> {
  rows: T[];
  /** The question that rows answer; undefined until the first answer. */
  key?: string;
  problem?: string;
}

/**
 * The rows of a resource, asked again every so often. An answer to an older
 * question is dropped; a failed repeat keeps the rows and tells the problem.
 */
export function useListing<T>(key: string | undefined, load: () => Promise<T[]>, everyMs: number): Listing<T> {
  const [listing, setListing] = useState<Listing<T>>({ rows: [] });
  useEffect(() => {
    if (key === undefined) {
      return;
    }
    let current = true;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const rows = await load();
        if (current) {
          setListing((old) => ({ key, rows: same(old.rows, rows) ? old.rows : rows }));
        }
      } catch (e) {
        if (current) {
          setListing((old) => ({ key, rows: old.key === key ? old.rows : [], problem: sentence(e) }));
        }
      }
      if (current && everyMs > 0) {
        timer = setTimeout(ask, everyMs);
      }
    };
    void ask();
    return () => {
      current = false;
      clearTimeout(timer);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- key names everything that load reads
  }, [key, everyMs]);
  return listing;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
