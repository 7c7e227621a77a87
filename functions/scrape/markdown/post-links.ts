export const INSTAGRAM = /^(?:www\.)?instagram\.com$/;
export const X = /^(?:www\.|mobile\.|platform\.)?(?:twitter|x)\.com$/;
export const FACEBOOK = /^(?:www\.|m\.|web\.|pt-br\.)?facebook\.com$/;

/** The address of a post without what follows whoever opens it; null for profiles and other pages. */
export function instagramPost({ pathname }: URL): string | null {
  const [, kind, id] = /^\/(?:[\w.]{1,40}\/)?(p|reels?|tv)\/([\w-]{1,60})(?:\/|$)/.exec(pathname) ?? [];
  return id === undefined ? null : `https://www.instagram.com/${kind}/${id}/`;
}

/** The same of a post on X; its frames name only the number. */
export function xPost({ hostname, pathname, searchParams }: URL): string | null {
  const [, user, id] = /^\/(\w{1,40}|i\/web)\/status(?:es)?\/(\d{1,25})(?:\/|$)/.exec(pathname) ?? [];
  if (id !== undefined) return `https://x.com/${user}/status/${id}`;
  const framed = hostname.startsWith('platform.') && pathname.startsWith('/embed/') ? searchParams.get('id') : null;
  return framed && /^\d{1,25}$/.test(framed) ? `https://x.com/i/web/status/${framed}` : null;
}
