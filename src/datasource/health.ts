import { BehaviorSubject } from 'rxjs';
import { Agent, Settings } from './settings';

/** A host that answered a health check; pkg/datasource/health.go writes it. */
export interface HealthHost {
  host: string;
  /** The agent's name, or the directory. */
  source: string;
  runs: number;
  ageSeconds: number | null;
  rung: string;
}

/** The details of a health check. */
export interface Health {
  /** What is wrong, by setting: `directory`, `agents.0.url`, `agents.0.token` … */
  fields?: Record<string, string>;
  hosts?: HealthHost[];
}

/** The last test of a data source, and the settings that were tested. */
export interface Tested {
  settings: Settings;
  health: Health;
}

/**
 * The last test of each data source, by uid. Grafana runs the test on the data
 * source and shows its message; the details reach the config editor this way.
 */
const tested = new BehaviorSubject<Record<string, Tested>>({});

export function testOf(uid: string): Tested | undefined {
  return tested.value[uid];
}

/** Calls back after each test, until the returned function is called. */
export function onTested(told: () => void): () => void {
  const s = tested.subscribe(told);
  return () => s.unsubscribe();
}

export function tellTested(uid: string, test: Tested) {
  tested.next({ ...tested.value, [uid]: test });
}

/** A setting of an agent that the server can find wrong. */
export type AgentField = keyof Agent | 'token';

/** What the server said of the directory, unless it was changed since. */
export function directoryError(test: Tested | undefined, now: Settings): string | undefined {
  return test && test.settings.directory === now.directory ? test.health.fields?.directory : undefined;
}

/** What the server said of the engine, unless it was changed since. */
export function engineError(test: Tested | undefined, now: Settings): string | undefined {
  return test && test.settings.engine === now.engine
    ? (test.health.fields?.url ?? test.health.fields?.engine)
    : undefined;
}

/** What the server said of an agent, field by field, without the fields that were changed since. */
export function agentErrors(test: Tested | undefined, now: Agent): Partial<Record<AgentField, string>> {
  const was = test?.settings.agents?.findIndex((a) => a.name === now.name && a.url === now.url) ?? -1;
  const before = test?.settings.agents?.[was];
  const wrong: Partial<Record<AgentField, string>> = {};
  for (const [path, message] of Object.entries(test?.health.fields ?? {})) {
    const field = path.slice(`agents.${was}.`.length) as AgentField;
    if (path === `agents.${was}.${field}` && (field === 'token' || (before?.[field] ?? '') === (now[field] ?? ''))) {
      wrong[field] = message;
    }
  }
  return wrong;
}

/** What answered from a source, in a line; nothing where it was not tested as it stands. */
export function answered(test: Tested | undefined, source: string | undefined): string | undefined {
  const hosts = test?.health.hosts?.filter((h) => h.source === source);
  return hosts?.length
    ? hosts.map((h) => `${h.host}: ${h.runs} ${h.runs === 1 ? 'run' : 'runs'}, ${h.rung}`).join(' · ')
    : undefined;
}
