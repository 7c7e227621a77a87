import { type ClientConfig, PubSub } from '@google-cloud/pubsub';

/** The client of Pub/Sub; of an emulator where `endpoint` or PUBSUB_EMULATOR_HOST names one (`host:port`). */
export function openPubSubClient(projectId?: string, endpoint?: string): PubSub {
  const config: ClientConfig = {
    ...(projectId ? { projectId } : {}),
    ...(endpoint ? { apiEndpoint: endpoint } : {}),
  };
  const client = new PubSub(config);
  if (!client.isEmulator) return client;
  // Told its universe, the client does not ask the network for credentials that an emulator does not want.
  return new PubSub({ ...config, emulatorMode: true, universeDomain: 'googleapis.com' });
}
