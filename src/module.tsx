import { AppPlugin } from '@grafana/data';
import { PluginPage } from '@grafana/runtime';
import React from 'react';
import { Home } from './Home';

function RootPage() {
  return (
    <PluginPage>
      <Home />
    </PluginPage>
  );
}

export const plugin = new AppPlugin().setRootPage(RootPage);
