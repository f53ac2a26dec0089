import { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { Box, Button, Field, FieldSet, Icon, IconButton, Input, SecretInput, Stack, Text } from '@grafana/ui';
import React, { useSyncExternalStore } from 'react';
import { EngineFields } from './EngineFields';
import { AgentField, agentErrors, answered, directoryError, engineError, onTested, testOf } from './health';
import { Agent, Secrets, Settings, checkAgent, checkDirectory, tokenKey } from './settings';

type Props = DataSourcePluginOptionsEditorProps<Settings, Secrets>;

export function ConfigEditor({ options, onOptionsChange }: Props) {
  const { jsonData, secureJsonFields } = options;
  const agents = jsonData.agents ?? [];
  const set = (part: Partial<Settings>) => onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  const setAgent = (i: number, part: Partial<Agent>) =>
    set({ agents: agents.map((a, k) => (k === i ? { ...a, ...part } : a)) });
  const test = useSyncExternalStore(onTested, () => testOf(options.uid));
  const wrongDirectory = checkDirectory(jsonData.directory) ?? directoryError(test, jsonData);

  const token = (key: string, label: string, description: string, wrong?: string) => (
    <Field label={label} description={description} invalid={!!wrong} error={wrong}>
      <SecretInput
        aria-label={label}
        width={60}
        isConfigured={!!secureJsonFields?.[key]}
        value={options.secureJsonData?.[key] ?? ''}
        placeholder="token"
        onReset={() =>
          onOptionsChange({
            ...options,
            secureJsonFields: { ...secureJsonFields, [key]: false },
            secureJsonData: { ...options.secureJsonData, [key]: '' },
          })
        }
        onChange={(e) =>
          onOptionsChange({ ...options, secureJsonData: { ...options.secureJsonData, [key]: e.currentTarget.value } })
        }
      />
    </Field>
  );

  return (
    <>
      <FieldSet label="Directory">
        <Field
          label="Exports"
          description="A directory on the Grafana server, as an absolute path, of recordings, or of files that numastat, perf and other tools printed. Empty: none."
          invalid={!!wrongDirectory}
          error={wrongDirectory}
        >
          <Input
            width={60}
            aria-label="Directory of exports"
            placeholder="/var/lib/numalens"
            value={jsonData.directory ?? ''}
            onChange={(e) => set({ directory: e.currentTarget.value || undefined })}
          />
        </Field>
        {jsonData.directory && (
          <Field
            label="Cache directory"
            description="Where what is made of other tools’ files is kept. Empty: the cache directory of Grafana’s user."
            invalid={!!checkDirectory(jsonData.importCache)}
            error={checkDirectory(jsonData.importCache)}
          >
            <Input
              width={60}
              aria-label="Cache directory"
              placeholder="/var/cache/numalens"
              value={jsonData.importCache ?? ''}
              onChange={(e) => set({ importCache: e.currentTarget.value || undefined })}
            />
          </Field>
        )}
        <Answered text={answered(test, jsonData.directory)} />
      </FieldSet>
      <FieldSet label="Agents">
        <Stack direction="column" gap={2}>
          <Text color="secondary">
            Hosts that run numalens-agent serve. Their recordings are read by range; nothing is run on them.
          </Text>
          {agents.map((agent, i) => {
            const wrong = { ...agentErrors(test, agent), ...checkAgent(agent, agents) };
            const key = tokenKey(agent.name);
            return (
              <AgentFields
                key={i}
                agent={agent}
                wrong={wrong}
                onChange={(part) => setAgent(i, part)}
                onRemove={() => set({ agents: agents.filter((_, k) => k !== i) })}
              >
                {agent.name !== '' &&
                  token(
                    key,
                    `Token of ${agent.name}`,
                    'The bearer token of this agent.',
                    options.secureJsonData?.[key] ? undefined : wrong.token
                  )}
                <Answered text={answered(test, agent.name)} />
              </AgentFields>
            );
          })}
          <div>
            <Button icon="plus" variant="secondary" onClick={() => set({ agents: [...agents, { name: '', url: '' }] })}>
              Add an agent
            </Button>
          </div>
          {agents.length > 0 && token('token', 'Default token', 'For all agents without a token of their own.')}
        </Stack>
      </FieldSet>
      <EngineFields options={options} onOptionsChange={onOptionsChange} wrong={engineError(test, jsonData)} />
    </>
  );
}

/** What a source gave when it was last tested. */
function Answered({ text }: { text: string | undefined }) {
  return text ? (
    <Stack direction="row" alignItems="center" gap={1}>
      <Icon name="check-circle" />
      <Text color="success">{text}</Text>
    </Stack>
  ) : null;
}

interface AgentProps {
  agent: Agent;
  wrong: Partial<Record<AgentField, string>>;
  onChange: (part: Partial<Agent>) => void;
  onRemove: () => void;
  children: React.ReactNode;
}

const FIELDS: Array<{ key: keyof Agent; label: string; placeholder: string; description: string }> = [
  { key: 'name', label: 'Name', placeholder: 'bench1', description: 'What to call it here.' },
  {
    key: 'url',
    label: 'URL',
    placeholder: 'https://bench1:9177',
    description: 'Where it listens, as seen by the Grafana server.',
  },
  {
    key: 'caFile',
    label: 'CA file',
    placeholder: '/etc/numalens/ca.pem',
    description: 'On the Grafana server. Empty: the system’s CAs.',
  },
  {
    key: 'fingerprint',
    label: 'Certificate fingerprint',
    placeholder: '64 hexadecimal digits',
    description: 'SHA-256. Trusts this certificate and no other, in place of any CA.',
  },
  {
    key: 'serverName',
    label: 'Server name',
    placeholder: 'bench1.example.org',
    description: 'In the certificate, where it is not the URL’s.',
  },
];

function AgentFields({ agent, wrong, onChange, onRemove, children }: AgentProps) {
  return (
    <div>
      <Box marginBottom={1}>
        <Stack direction="row" alignItems="center" gap={1}>
          <Text variant="h5">{agent.name || 'New agent'}</Text>
          <IconButton name="trash-alt" aria-label={`Remove ${agent.name || 'this agent'}`} onClick={onRemove} />
        </Stack>
      </Box>
      {FIELDS.map(({ key, label, placeholder, description }) => (
        <Field key={key} label={label} description={description} invalid={!!wrong[key]} error={wrong[key]}>
          <Input
            width={60}
            aria-label={`${label} of ${agent.name || 'the new agent'}`}
            placeholder={placeholder}
            value={agent[key] ?? ''}
            onChange={(e) => onChange({ [key]: e.currentTarget.value })}
          />
        </Field>
      ))}
      {children}
    </div>
  );
}
