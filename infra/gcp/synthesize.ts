import type { Environment } from './environment.ts';
import { createStack } from './stack.ts';
import type { Topology } from './topology.ts';

/** Terraform's JSON: type → name → settings. */
export type Blocks = Record<string, Record<string, Record<string, unknown>>>;

/** What Terraform reads. */
export interface TerraformConfig {
  resource: Blocks;
  data: Blocks;
  variable: Record<string, Record<string, unknown>>;
  provider: Record<string, unknown>;
  terraform: Record<string, unknown>;
  import?: { id: string; to: string }[];
}

/**
 * The resources of an environment as Terraform's JSON.
 *
 * @throws {ConfigError} when the topology cannot work.
 */
export function synthesize(topology: Topology, environment: Environment): TerraformConfig {
  const stack = createStack(topology, environment);
  stack.prepareStack();
  const { '//': _metadata, ...config } = withoutMetadata(stack.toTerraform()) as TerraformConfig & { '//'?: unknown };
  return config;
}

/** The library notes on each block where it comes from, which Terraform has no use for. */
function withoutMetadata(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMetadata);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '//')
      .map(([key, inner]) => [key, withoutMetadata(inner)]),
  );
}
