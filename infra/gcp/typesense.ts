import type { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository/index.js';
import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js';
import { ComputeAddress } from '@cdktf/provider-google/lib/compute-address/index.js';
import { ComputeDisk } from '@cdktf/provider-google/lib/compute-disk/index.js';
import { ComputeDiskResourcePolicyAttachment } from '@cdktf/provider-google/lib/compute-disk-resource-policy-attachment/index.js';
import { ComputeFirewall } from '@cdktf/provider-google/lib/compute-firewall/index.js';
import { ComputeInstance } from '@cdktf/provider-google/lib/compute-instance/index.js';
import { ComputeResourcePolicy } from '@cdktf/provider-google/lib/compute-resource-policy/index.js';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { createAccount } from './account.ts';
import type { Environment } from './environment.ts';
import type { Network } from './network.ts';
import { platformName, type Scope } from './scope.ts';
import { grantSecret, type Secrets, secretPlace } from './secrets.ts';
import { typesenseCloudInit } from './typesense-cloud-init.ts';

const name = 'typesense';
const port = 8108;
/** Where Identity-Aware Proxy forwards the SSH of operators from. */
const iapRange = '35.235.240.0/20';

export interface TypesenseParts {
  network: Network;
  secrets: Secrets;
  registry: ArtifactRegistryRepository;
}

/**
 * The Typesense server: one VM without an address outside, whose data is on a disk of its own. All of it can be rebuilt
 * from Postgres; the snapshots only make that shorter.
 *
 * @returns its address in the network.
 */
export function createTypesense(
  scope: Scope,
  search: Extract<Environment['search'], { index: 'typesense' }>,
  { network, secrets, registry }: TypesenseParts,
): string {
  const { stack, environment } = scope;
  const { region, project } = environment;
  const zone = `${region}-${environment.zone}`;
  const account = createAccount(scope, { id: name, what: 'search server' });
  const member = `serviceAccount:${account.email}`;
  const grants = [
    grantSecret(scope, {
      secret: secrets['typesense-api-key']!,
      name: 'typesense-api-key',
      holder: name,
      email: account.email,
    }),
    new ArtifactRegistryRepositoryIamMember(stack, 'registry-typesense', {
      repository: registry.name,
      location: region,
      role: 'roles/artifactregistry.reader',
      member,
    }),
    ...['logging.logWriter', 'monitoring.metricWriter'].map(
      (role) =>
        new ProjectIamMember(stack, `account-typesense-${role.split('.')[0]}`, {
          project,
          role: `roles/${role}`,
          member,
        }),
    ),
  ];
  const address = new ComputeAddress(stack, 'typesense-address', {
    name,
    region,
    addressType: 'INTERNAL',
    subnetwork: network.subnet.id,
  });
  const disk = createDisk(scope, search, zone);
  new ComputeInstance(stack, 'typesense', {
    name,
    zone,
    machineType: search.machineType,
    tags: [name],
    allowStoppingForUpdate: true,
    deletionProtection: environment.database.isProtected,
    bootDisk: { initializeParams: { image: 'cos-cloud/cos-stable', size: 10, type: 'pd-balanced' } },
    attachedDisk: [{ source: disk.id, deviceName: 'data' }],
    networkInterface: [{ subnetwork: network.subnet.id, networkIp: address.address }],
    serviceAccount: { email: account.email, scopes: ['cloud-platform'] },
    shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
    metadata: {
      'user-data': typesenseCloudInit({
        ...{ project, zone, region, port },
        repository: platformName,
        version: search.version,
        keyPlace: secretPlace('typesense-api-key', environment),
      }),
      'google-logging-enabled': 'true',
      'enable-oslogin': 'TRUE',
    },
    dependsOn: grants,
    lifecycle: { ignoreChanges: ['boot_disk[0].initialize_params[0].image'] },
  });
  const allow = (id: string, sourceRanges: string[], ports: string[]) =>
    new ComputeFirewall(stack, `firewall-${id}`, {
      name: `${platformName}-${id}`,
      network: network.vpc.id,
      direction: 'INGRESS',
      sourceRanges,
      targetTags: [name],
      allow: [{ protocol: 'tcp', ports }],
    });
  allow('typesense', [environment.subnetRange], [String(port)]);
  allow('typesense-ssh', [iapRange], ['22']);
  return address.address;
}

function createDisk(
  { stack, environment }: Scope,
  search: { diskGiB: number; snapshotDays: number },
  zone: string,
): ComputeDisk {
  const disk = new ComputeDisk(stack, 'typesense-disk', {
    name: 'typesense-data',
    zone,
    type: 'pd-balanced',
    size: search.diskGiB,
    lifecycle: { preventDestroy: environment.database.isProtected },
  });
  const policy = new ComputeResourcePolicy(stack, 'typesense-snapshots', {
    name: 'typesense-daily',
    region: environment.region,
    snapshotSchedulePolicy: {
      schedule: { dailySchedule: { daysInCycle: 1, startTime: '07:00' } },
      retentionPolicy: { maxRetentionDays: search.snapshotDays, onSourceDiskDelete: 'KEEP_AUTO_SNAPSHOTS' },
      snapshotProperties: { storageLocations: [environment.region] },
    },
  });
  new ComputeDiskResourcePolicyAttachment(stack, 'typesense-disk-snapshots', {
    name: policy.name,
    disk: disk.name,
    zone,
  });
  return disk;
}
