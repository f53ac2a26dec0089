import { DataSourceJsonData } from '@grafana/data';

/** An agent to read from. Its bearer token is a secret, under `token.<name>`. */
export interface Agent {
  name: string;
  url: string;
  caFile?: string;
  fingerprint?: string;
  serverName?: string;
}

/** The data source's jsonData. */
export interface Settings extends DataSourceJsonData {
  /** Holds exports, as seen by the Grafana server. */
  directory?: string;
  /** Where what is made of other tools' files in the directory is kept. */
  importCache?: string;
  agents?: Agent[];
  /** A fleet's engine; its address and who asks are Grafana's own settings. */
  engine?: 'prometheus';
  /** Labels that its series must have, as in PromQL. */
  engineSelector?: string;
  /** How far back runs are looked for; 30 unless given. */
  engineHistoryDays?: number;
}

/** Write-only: `token.<agent>` for one agent, `token` for all without their own. */
export type Secrets = Record<string, string>;

export function tokenKey(agent: string): string {
  return `token.${agent}`;
}

/** What is wrong with an agent's settings, by field; what only the server can tell is left to its health check. */
export function checkAgent(agent: Agent, all: Agent[]): Partial<Record<keyof Agent, string>> {
  const wrong: Partial<Record<keyof Agent, string>> = {};
  if (!agent.name.trim()) {
    wrong.name = 'Give the agent a name; its token is kept under it.';
  } else if (all.filter((a) => a.name === agent.name).length > 1) {
    wrong.name = `Another agent is called ${agent.name} too.`;
  }
  if (!/^https?:\/\/[^/\s]+/.test(agent.url)) {
    wrong.url = 'An agent’s URL looks like https://bench1:9177.';
  } else if (/\/\/[^/]*@/.test(agent.url)) {
    wrong.url = 'Give the token in its own field, not in the URL.';
  }
  if (agent.caFile && !agent.caFile.startsWith('/')) {
    wrong.caFile = 'An absolute path on the Grafana server.';
  }
  if (agent.fingerprint && agent.caFile) {
    wrong.fingerprint = 'A fingerprint takes the place of a CA: leave one of the two empty.';
  } else if (
    agent.fingerprint &&
    agent.fingerprint
      .replace(/^sha256:/i, '')
      .replace(/[:\s]/g, '')
      .search(/^[0-9a-f]{64}$/i) < 0
  ) {
    wrong.fingerprint = 'A SHA-256 fingerprint has 64 hexadecimal digits.';
  }
  return wrong;
}

export function checkDirectory(directory: string | undefined): string | undefined {
  return directory && !directory.startsWith('/') ? 'An absolute path on the Grafana server.' : undefined;
}

export function checkSelector(selector: string | undefined): string | undefined {
  const one = '[a-zA-Z_][a-zA-Z0-9_]*\\s*(=|!=|=~|!~)\\s*"([^"\\\\]|\\\\.)*"';
  return selector && !new RegExp(`^\\s*${one}(\\s*,\\s*${one})*\\s*$`).test(selector)
    ? 'Labels look like cluster="lab", rack=~"b.*".'
    : undefined;
}

export function checkHistory(days: number | undefined): string | undefined {
  return days !== undefined && !(Number.isInteger(days) && days > 0) ? 'A whole number of days.' : undefined;
}
