import type { Element } from '../html.ts';
import { FACEBOOK, INSTAGRAM, instagramPost, X, xPost } from './post-links.ts';

/** What an embedded player plays: where people can see or hear it, and what to call it. */
export interface PlayerLink {
  url: string;
  label: string;
}

const MAX_URL_LENGTH = 1000;

const YOUTUBE = /^(?:(?:www\.|m\.)?youtube(?:-nocookie)?\.com|youtu\.be)$/;
const VIMEO = /^(?:player\.|www\.)?vimeo\.com$/;
const SOUNDCLOUD = /^(?:w\.|www\.)?soundcloud\.com$/;
const SPOTIFY = /^open\.spotify\.com$/;
const EBC = /^(?:[\w-]+\.)*(?:ebc\.com\.br|tvbrasilplay\.com\.br)$/;

function youtube({ hostname, pathname, searchParams }: URL): string | null {
  const inPath = hostname === 'youtu.be' ? /^\/([^/]+)/ : /^\/(?:embed|v|e|shorts|live)\/([^/&]+)/;
  const id = inPath.exec(pathname)?.[1] ?? searchParams.get('v');
  if (id && /^[\w-]{11}$/.test(id) && id !== 'videoseries' && id !== 'live_stream') {
    return `https://www.youtube.com/watch?v=${id}`;
  }
  const list = searchParams.get('list');
  if (list && /^[\w-]{2,100}$/.test(list)) return `https://www.youtube.com/playlist?list=${list}`;
  const channel = searchParams.get('channel');
  return channel && /^[\w-]{2,100}$/.test(channel) ? `https://www.youtube.com/channel/${channel}/live` : null;
}

function vimeo({ pathname, searchParams }: URL): string | null {
  const [, id, key = searchParams.get('h')] = /^\/(?:video\/)?(\d{1,15})(?:\/(\w{1,40}))?\/?$/.exec(pathname) ?? [];
  if (id === undefined) return null;
  // Films that are not listed have a key in their address.
  return `https://vimeo.com/${id}${key && /^\w{1,40}$/.test(key) ? `/${key}` : ''}`;
}

/** The page that a player was told to show in a parameter, on the hosts of that player. */
function parameter(url: URL, name: string, host: RegExp): string | null {
  const shown = URL.parse(url.searchParams.get(name) ?? '');
  if (!shown || !host.test(shown.hostname) || !/^https?:$/.test(shown.protocol)) return null;
  return `https://${shown.host}${shown.pathname}${shown.search}`;
}

function spotify({ pathname }: URL): string | null {
  const [, kind, id] =
    /^\/embed(?:-podcast)?\/(episode|show|track|album|playlist)\/(\w{1,40})\/?$/.exec(pathname) ?? [];
  return id === undefined ? null : `https://open.spotify.com/${kind}/${id}`;
}

/** Its players have no page of their own to tell from their address. */
function ebc({ protocol, href, pathname }: URL): string | null {
  return protocol === 'https:' && /player|embed|v[ií]deo|[áa]udio|\.mp[34]$/i.test(pathname) ? href : null;
}

const PLAYERS: readonly { host: RegExp; label: string; page: (url: URL) => string | null }[] = [
  { host: YOUTUBE, label: 'Vídeo no YouTube', page: youtube },
  { host: VIMEO, label: 'Vídeo no Vimeo', page: vimeo },
  {
    host: FACEBOOK,
    label: 'Vídeo no Facebook',
    page: (url) =>
      /^\/(?:v\d+\.\d+\/)?plugins\/video\.php$/.test(url.pathname) ? parameter(url, 'href', FACEBOOK) : null,
  },
  {
    host: SOUNDCLOUD,
    label: 'Áudio no SoundCloud',
    page: (url) => {
      if (!url.pathname.startsWith('/player')) return null;
      return parameter(url, 'url', SOUNDCLOUD) ?? (url.searchParams.has('url') ? url.href : null);
    },
  },
  { host: SPOTIFY, label: 'Áudio no Spotify', page: spotify },
  {
    host: FACEBOOK,
    label: 'Publicação no Facebook',
    page: (url) =>
      /^\/(?:v\d+\.\d+\/)?plugins\/post\.php$/.test(url.pathname) ? parameter(url, 'href', FACEBOOK) : null,
  },
  { host: INSTAGRAM, label: 'Publicação no Instagram', page: instagramPost },
  { host: X, label: 'Publicação no X', page: xPost },
  { host: EBC, label: 'Mídia da EBC', page: ebc },
];

/** What is shown at the address of a player; null for anything that is no known player of films or sound. */
export function playerLink(address: string | undefined, baseUrl: string): PlayerLink | null {
  if (!address || address.length > MAX_URL_LENGTH) return null;
  const url = URL.parse(address.trim(), baseUrl);
  if (!url || !/^https?:$/.test(url.protocol) || url.port !== '' || url.username !== '') return null;
  for (const { host, label, page } of PLAYERS) {
    const shown = host.test(url.hostname) ? page(url) : null;
    if (shown !== null) return { url: shown, label };
  }
  return null;
}

/** The same of an `<iframe>`, whose address may be kept back until a script loads it. */
export function framedPlayer({ name, attribs }: Element, baseUrl: string): PlayerLink | null {
  if (name !== 'iframe') return null;
  return playerLink(attribs.src, baseUrl) ?? playerLink(attribs['data-src'], baseUrl);
}
