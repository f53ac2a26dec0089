import { ThemeContext, createTheme } from '@grafana/data';
import { config } from '@grafana/runtime';
import { ErrorBoundaryAlert, GlobalStyles, PortalContainer } from '@grafana/ui';
import React, { useEffect, useMemo, useState } from 'react';
import { NumalensDataSource } from '../src/datasource/datasource';
import { Page } from './Page';
import { Place } from './place';
import { usePlace } from './usePlace';

export function Root({ source }: { source: NumalensDataSource }) {
  const [place, setPlace] = usePlace();
  const mode = useMode(place);
  const theme = useMemo(() => themeOf(mode), [mode]);
  useEffect(() => {
    document.documentElement.style.colorScheme = mode;
    document.documentElement.style.background = theme.colors.background.canvas;
    document.body.style.background = theme.colors.background.canvas;
  }, [mode, theme]);
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <ErrorBoundaryAlert>
        <Page source={source} place={place} setPlace={setPlace} />
      </ErrorBoundaryAlert>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

/** The runtime's copy of the theme is what code outside of React reads. */
function themeOf(mode: 'dark' | 'light') {
  config.theme2 = createTheme({ colors: { mode } });
  return config.theme2;
}

/** The theme asked for, else the system's. */
function useMode(place: Place): 'dark' | 'light' {
  const [system, setSystem] = useState(() => matchMedia('(prefers-color-scheme: light)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: light)');
    const follow = () => setSystem(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return place.theme ?? (system ? 'light' : 'dark');
}
