import type { Environment } from './environment.ts';
import type { TerraformConfig } from './synthesize.ts';
import type { Topology } from './topology.ts';

/** What `npm run synth -- --json` prints. */
export interface SynthReport {
  resources: number;
  functions: number;
  topics: number;
  subscriptions: number;
  alerts: number;
  /** Since the process started. */
  seconds: number;
}

/** How many there are of what people ask about. */
export function countResources({ resource }: TerraformConfig): Omit<SynthReport, 'seconds'> {
  const count = (type: string) => Object.keys(resource[type] ?? {}).length;
  return {
    resources: Object.values(resource).reduce((sum, blocks) => sum + Object.keys(blocks).length, 0),
    functions: count('google_cloud_run_v2_service'),
    topics: count('google_pubsub_topic'),
    subscriptions: count('google_pubsub_subscription'),
    alerts: count('google_monitoring_alert_policy'),
  };
}

/** Longest value of a setting that is shown whole. */
const maxValueLength = 110;
const lineWidth = 120;

/**
 * The planned resources for people, each with its settings: what a review sees of a change to the tables.
 * References are shown by the name of what they refer to.
 */
export function summarize(config: TerraformConfig, topology: Topology, environment: Environment): string {
  const { resources, functions, topics, subscriptions, alerts } = countResources(config);
  const heading =
    `${environment.name}: ${resources} resources; ${functions} functions, ${topics} topics, ` +
    `${subscriptions} subscriptions, ${alerts} alerts`;
  const chain = topology.functions.map(({ name, trigger, publishes }) => {
    const from = trigger.kind === 'cron' ? trigger.schedule : trigger.kind === 'topic' ? trigger.topic : trigger.kind;
    return `  ${from} -> ${name}${publishes ? ` -> ${publishes}` : ''}`;
  });
  const types = Object.entries(config.resource)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([type, blocks]) => ['', type, ...Object.entries(blocks).sort(byName).map(describe)]);
  return `${[heading, '', 'chain', ...chain, ...types].join('\n')}\n`;
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

function describe([name, settings]: [string, Record<string, unknown>]): string {
  const { depends_on: _dependencies, lifecycle: _lifecycle, ...shown } = settings;
  const words = flatten(shown, '').map(([path, value]) => `${path}=${value}`);
  return wrap([name, ...words]);
}

function wrap(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= lineWidth) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? `  ${word}` : `    ${word}`);
  }
  return lines.join('\n');
}

/** Paths and values; an item of a list that has a name is known by it, not by its place. */
function flatten(value: unknown, path: string): [path: string, value: string][] {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) return [[path, value.map(shortened).join(',')]];
    return value.flatMap((item: Record<string, unknown>, index) => {
      const { name, ...rest } = item;
      if (typeof name !== 'string') return flatten(item, `${path}[${index}]`);
      return flatten(Object.keys(rest).length === 1 ? Object.values(rest)[0] : rest, `${path}.${name}`);
    });
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path ? `${path}.${key}` : key));
  }
  return [[path, shortened(value)]];
}

function shortened(value: unknown): string {
  const text = String(value)
    .replaceAll(/\$\{(?:data\.)?google_\w+\.([\w-]+)\.(\w+)\}/g, '<$1.$2>')
    .replaceAll(/\s+/g, ' ');
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)}… (${text.length} characters)` : text;
}
