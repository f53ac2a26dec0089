import { initPluginTranslations } from '@grafana/i18n';
import React from 'react';
import { createRoot } from 'react-dom/client';
import { Root } from './Root';
import { startServices } from './services';

async function start() {
  // @grafana/ui asks for its words by this; without it every label is an error.
  await initPluginTranslations('numalens-app', []);
  const source = await startServices();
  const root = document.getElementById('root');
  if (root) {
    createRoot(root).render(<Root source={source} />);
  }
}

void start();
