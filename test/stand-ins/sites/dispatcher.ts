import { Agent, buildConnector, type Dispatcher } from 'undici';
import { SAMPLE_HOSTS } from './sources.ts';

/**
 * Connects `https://` of the real hosts to the sample site on loopback, without TLS, and refuses every other host: the
 * code that fetches keeps the real addresses, and nothing of a test reaches the network.
 */
export function sitesDispatcher(port: number): Dispatcher {
  const connect = buildConnector({ timeout: 5_000 });
  return new Agent({
    allowH2: false,
    connect: (options, callback) => {
      if (!SAMPLE_HOSTS.includes(options.hostname)) {
        callback(new Error(`The sample site does not serve ${options.hostname}`), null);
        return;
      }
      connect({ ...options, protocol: 'http:', hostname: '127.0.0.1', port: String(port) }, callback);
    },
  });
}
