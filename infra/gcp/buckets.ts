import { StorageBucket, type StorageBucketLifecycleRule } from '@cdktf/provider-google/lib/storage-bucket/index.js';
import { bucketNames, type Scope } from './scope.ts';

/** The buckets by what is in them. */
export type Buckets = Record<'bronze' | 'models' | 'sources', StorageBucket>;

/** Pages are read again after months at most, by a person: from then on they may cost more to read and less to keep. */
const bronzeLifecycle: StorageBucketLifecycleRule[] = [
  { condition: { age: 90 }, action: { type: 'SetStorageClass', storageClass: 'NEARLINE' } },
  { condition: { age: 365 }, action: { type: 'SetStorageClass', storageClass: 'COLDLINE' } },
];
const deleteOldVersions: StorageBucketLifecycleRule[] = [
  { condition: { numNewerVersions: 3, withState: 'ARCHIVED' }, action: { type: 'Delete' } },
];

/** Raw pages, model files, and the bundles of functions as they were built. */
export function createBuckets({ stack, environment }: Scope): Buckets {
  const names = bucketNames(environment);
  const bucket = (kind: keyof Buckets, lifecycleRule: StorageBucketLifecycleRule[]) =>
    new StorageBucket(stack, `bucket-${kind}`, {
      name: names[kind],
      location: environment.region,
      storageClass: 'STANDARD',
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      versioning: { enabled: true },
      lifecycleRule,
      forceDestroy: false,
    });
  return {
    bronze: bucket('bronze', bronzeLifecycle),
    models: bucket('models', deleteOldVersions),
    sources: bucket('sources', [...deleteOldVersions, { condition: { age: 180 }, action: { type: 'Delete' } }]),
  };
}
