import { collapse } from '../html.ts';

const IMAGE = /!\[((?:[^[\]\\]|\\.)*)\]\([^()\s]*\)/g;
const LINK = /\[((?:[^[\]\\]|\\.)*)\]\(([^()\s]*)(?:\s+"[^"]*")?\)/g;
const NETWORK_HOST = String.raw`(?:[\w-]{1,20}\.){0,2}(?:(?:instagram|facebook|twitter|x|youtube|linkedin|flickr|tiktok|whatsapp|spotify|soundcloud|kwai)\.com|threads\.(?:net|com)|t\.me|bsky\.app)\/`;
const PROFILE = new RegExp(`^https?:\\/\\/${NETWORK_HOST}`, 'i');
/** Posts, films and numbers to write to are no profiles. */
const OTHER_PAGE = /\/(?:p|reels?|tv|watch|status|posts?|videos?|shorts|live|playlist|events|groups|send)(?:[/?]|$)/i;

const WORD_START = String.raw`(?<![\p{L}\p{N}])`;
const WORD_END = String.raw`(?![\p{L}\p{N}])`;
const NETWORK = `${WORD_START}(?:Instagram|Facebook|Twitter|X|YouTube|LinkedIn|Flickr|TikTok|Threads|Bluesky|WhatsApp|Telegram|Spotify|SoundCloud|Kwai)${WORD_END}`;
const NETWORKS = new RegExp(`${NETWORK}|${WORD_START}(?:redes(?: sociais)?|mídias sociais)${WORD_END}`, 'giu');
const HANDLE = new RegExp(
  String.raw`(?:https?:\/\/)?${NETWORK_HOST}[\w.@/-]{1,80}|(?<![\w./])[@/]\w[\w.]{1,50}`,
  'giu',
);
const FOLLOW = /^(siga(?:m|-nos)?|curta(?:m)?|acompanhe(?:m|-nos)?|conecte-se)(?![\p{L}\p{N}])/iu;
/** What joins the names of networks and of who is to be followed there; any other word makes it a sentence. */
const JOINTS =
  /^(?:[\s,;:|•·()/!.–—-]|(?:[Nn][oa]s?|[Pp]el[oa]s?|em|com|e|ou|[oa]s?|d[aeo]s?|a gente|também|[Nn]oss[oa]s?|perfil|perfis|cana(?:l|is)|páginas?|oficia(?:l|is)|\p{Lu}[\p{L}\p{N}]*)(?![\p{L}\p{N}]))*$/u;

/** Longer lines are sentences. */
const MAX_LENGTH = 250;

/** Whether a line of Markdown only says where somebody can be followed: "Siga o MEC no Instagram", links to profiles. */
export function isSocialLine(line: string): boolean {
  // Addresses are long, and no part of what a reader sees.
  if (line.length > MAX_LENGTH * 8) return false;
  let profiles = 0;
  let isElsewhere = false;
  const labels = line.replace(IMAGE, '$1').replace(LINK, (_, label: string, url: string) => {
    if (PROFILE.test(url) && !OTHER_PAGE.test(url)) profiles += 1;
    else isElsewhere = true;
    return ` ${label} `;
  });
  const text = collapse(labels.replace(/[*_]{2}|^[\s>#*+-]+|\\(?=[!-/:-@[-`{-~])|(?<!\w)_|_(?!\w)/g, '')).trim();
  if (isElsewhere || text.length > MAX_LENGTH) return false;
  const [verb = ''] = FOLLOW.exec(text) ?? [];
  let handles = 0;
  let networks = 0;
  const rest = text
    .slice(verb.length)
    .replace(HANDLE, () => {
      handles += 1;
      return ' ';
    })
    .replace(NETWORKS, (name) => {
      // All of them together.
      networks += /^(?:redes|mídias)/i.test(name) ? 2 : 1;
      return ' ';
    });
  if (!JOINTS.test(rest)) return false;
  if (profiles > 0) return networks + handles > 0 || text === '';
  // A live broadcast is also something to follow, but on one network.
  if (verb !== '') return networks > (/^acompanhe/i.test(verb) ? 1 : 0) || handles > 0;
  return networks > 0 && handles >= networks;
}
