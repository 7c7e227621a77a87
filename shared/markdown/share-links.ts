const SHARE_LINK =
  /(?:facebook\.com\/(?:sharer|share\.php|dialog\/(?:share|feed|send))|(?:twitter|x)\.com\/(?:share|intent\/(?:tweet|post))|linkedin\.com\/(?:shareArticle|sharing|cws\/share)|(?:api|web)\.whatsapp\.com\/send\/?\?(?!.*\bphone=)|wa\.me\/\?|whatsapp:|t\.me\/share|telegram\.me\/share|(?:bsky\.app|threads\.(?:net|com))\/intent\/|plus\.google\.com\/share|pinterest\.com\/pin\/create|reddit\.com\/submit|^mailto:\?)/i;

/** Whether an address is a form of a network to share a page with, not a profile or a number of somebody there. */
export function isShareLink(url: string): boolean {
  return SHARE_LINK.test(url);
}
