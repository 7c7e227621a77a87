import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository/index.js';
import { platformName, type Scope } from './scope.ts';

/** Images of the functions, by function and by what is in them; old ones that nobody deployed lately go. */
export function createRegistry({ stack, environment }: Scope): ArtifactRegistryRepository {
  return new ArtifactRegistryRepository(stack, 'registry', {
    repositoryId: platformName,
    location: environment.region,
    format: 'DOCKER',
    dockerConfig: { immutableTags: true },
    cleanupPolicies: [
      { id: 'keep-recent', action: 'KEEP', mostRecentVersions: { keepCount: 10 } },
      { id: 'delete-old', action: 'DELETE', condition: { olderThan: '5184000s' } },
    ],
  });
}
