import { rangeUtil } from '@grafana/data';
import { useEffect, useState } from 'react';

/** The time, stepped every interval while the page can be seen. */
export function useNow(interval: string): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (interval === 'off') {
      return;
    }
    const step = () => {
      if (!document.hidden) {
        setNow(Date.now());
      }
    };
    step();
    const timer = setInterval(step, Math.max(500, rangeUtil.intervalToMs(interval)));
    document.addEventListener('visibilitychange', step);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', step);
    };
  }, [interval]);
  return now;
}
