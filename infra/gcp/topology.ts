import { alerts, type PlatformAlert } from '../../shared/alerts.ts';
import { type PipelineFunction, pipeline, topics } from '../../shared/pipeline.ts';
import type { Environment } from './environment.ts';

/** The tables that all resources come from. */
export interface Topology {
  functions: readonly PipelineFunction[];
  topics: readonly string[];
  alerts: readonly PlatformAlert[];
}

/** The tables of the platform, with the sizes of an environment and the alerts about what it has. */
export function topologyOf(environment: Environment): Topology {
  const functions = pipeline.map((entry) => {
    const { memoryMiB, cpu, minInstances, maxInstances } = environment.functions[entry.name] ?? {};
    return {
      ...entry,
      ...(memoryMiB === undefined ? {} : { memoryMiB }),
      ...(cpu === undefined ? {} : { cpu }),
      ...(minInstances === undefined ? {} : { minInstances }),
      ...(maxInstances === undefined ? {} : { maxInstances }),
    };
  });
  const hasServer = environment.search.index === 'typesense';
  return {
    functions,
    topics,
    alerts: alerts.filter(({ condition }) => condition.kind !== 'search-server' || hasServer),
  };
}
