import { PubsubSchema } from '@cdktf/provider-google/lib/pubsub-schema/index.js';
import { PubsubTopic } from '@cdktf/provider-google/lib/pubsub-topic/index.js';
import { replayWindowSeconds } from '../../shared/pipeline.ts';
import { messageSchemas } from './message-schemas.ts';
import type { Scope } from './scope.ts';

export type Topics = ReadonlyMap<string, PubsubTopic>;

/** The topics of the chain, which refuse what does not follow their schema, and the dead-letter topics, which take all. */
export function createTopics(
  { stack, environment }: Scope,
  names: { chain: readonly string[]; deadLetters: readonly string[] },
): Topics {
  const topic = (name: string, schema?: PubsubSchema) =>
    new PubsubTopic(stack, `topic-${name}`, {
      name,
      messageRetentionDuration: `${replayWindowSeconds}s`,
      messageStoragePolicy: { allowedPersistenceRegions: [environment.region] },
      ...(schema ? { schemaSettings: { schema: schema.id, encoding: 'JSON' } } : {}),
    });
  const chain = names.chain.map((name) => {
    const definition = messageSchemas(name);
    const schema = new PubsubSchema(stack, `schema-${name}`, { name, type: 'PROTOCOL_BUFFER', definition });
    return [name, topic(name, schema)] as const;
  });
  return new Map([...chain, ...names.deadLetters.map((name) => [name, topic(name)] as const)]);
}
