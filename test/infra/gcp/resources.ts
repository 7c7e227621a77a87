import { type Environment, openEnvironment } from '../../../infra/gcp/environment.ts';
import { synthesize, type TerraformConfig } from '../../../infra/gcp/synthesize.ts';
import { type Topology, topologyOf } from '../../../infra/gcp/topology.ts';

export const prod = openEnvironment('prod');
export const withTypesense = openEnvironment('prod', { 'search.index': 'typesense' });
export const topology = topologyOf(prod);

// biome-ignore lint/suspicious/noExplicitAny: settings of resources are any JSON, and what is not there fails the test.
export type Settings = any;

/** The resources of one type, by their names. */
export function resourcesOf(config: TerraformConfig, type: string): [name: string, settings: Settings][] {
  return Object.entries(config.resource[type] ?? {});
}

/** Addresses of all resources, sorted. */
export function addressesOf(config: TerraformConfig): string[] {
  return Object.entries(config.resource)
    .flatMap(([type, blocks]) => Object.keys(blocks).map((name) => `${type}.${name}`))
    .sort();
}

/** Synthesizes a changed topology. */
export function synthesizeWith(change: Partial<Topology>, environment: Environment = prod): TerraformConfig {
  return synthesize({ ...topology, ...change }, environment);
}

/** All texts of a JSON value. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

/** The address of what a reference such as `${google_x.y.id}` points to. */
export function targetOf(reference: string): string {
  const [, address] = /\$\{(?:\w+\()?((?:data\.)?google_\w+\.[\w-]+)\./.exec(reference) ?? [];
  if (!address) throw new Error(`${reference} is no reference`);
  return address;
}

/** How Terraform's JSON refers to an attribute. */
export function reference(attribute: string): string {
  return `\${${attribute}}`;
}
