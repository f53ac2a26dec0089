import { DataSourcePlugin } from '@grafana/data';
import { ConfigEditor } from './ConfigEditor';
import { QueryEditor } from './QueryEditor';
import { NumalensDataSource } from './datasource';
import { NumalensQuery } from './query';
import { Secrets, Settings } from './settings';

export const plugin = new DataSourcePlugin<NumalensDataSource, NumalensQuery, Settings, Secrets>(NumalensDataSource)
  .setQueryEditor(QueryEditor)
  .setConfigEditor(ConfigEditor);
