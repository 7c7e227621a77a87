import { ComputeFirewall } from '@cdktf/provider-google/lib/compute-firewall/index.js';
import { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address/index.js';
import { ComputeNetwork } from '@cdktf/provider-google/lib/compute-network/index.js';
import { ComputeSubnetwork } from '@cdktf/provider-google/lib/compute-subnetwork/index.js';
import { ServiceNetworkingConnection } from '@cdktf/provider-google/lib/service-networking-connection/index.js';
import { platformName, type Scope } from './scope.ts';

/** The private network: who is in it, and what the database's connection must wait for. */
export interface Network {
  vpc: ComputeNetwork;
  subnet: ComputeSubnetwork;
  /** Google's side of it, where Cloud SQL has its address. */
  services: ServiceNetworkingConnection;
}

/** The network of functions, database and search index. Nothing comes in from outside; what may, is named elsewhere. */
export function createNetwork({ stack, environment }: Scope): Network {
  const vpc = new ComputeNetwork(stack, 'network', { name: platformName, autoCreateSubnetworks: false });
  const subnet = new ComputeSubnetwork(stack, 'subnet', {
    name: platformName,
    network: vpc.id,
    region: environment.region,
    ipCidrRange: environment.subnetRange,
    // Reaches Google's APIs without an address on the internet.
    privateIpGoogleAccess: true,
  });
  const range = new ComputeGlobalAddress(stack, 'services-range', {
    name: `${platformName}-services`,
    network: vpc.id,
    purpose: 'VPC_PEERING',
    addressType: 'INTERNAL',
    prefixLength: 20,
  });
  const services = new ServiceNetworkingConnection(stack, 'services-connection', {
    network: vpc.id,
    service: 'servicenetworking.googleapis.com',
    reservedPeeringRanges: [range.name],
    deletionPolicy: 'ABANDON',
  });
  new ComputeFirewall(stack, 'firewall-deny', {
    name: `${platformName}-deny-ingress`,
    network: vpc.id,
    direction: 'INGRESS',
    priority: 65_000,
    sourceRanges: ['0.0.0.0/0'],
    deny: [{ protocol: 'all' }],
    logConfig: { metadata: 'EXCLUDE_ALL_METADATA' },
  });
  return { vpc, subnet, services };
}
