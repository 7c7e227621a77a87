import { z } from 'zod';
import { cleanMarkdown } from '../../functions/scrape/markdown/clean-markdown.ts';
import { isShareLink } from '../../shared/markdown/share-links.ts';
import { platforms } from '../../shared/platform.ts';

/** Text as Postgres takes it, without what no reader sees and every reader trips over. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const UNSTORABLE = /[\u0000-\u0008\u000b\u000e-\u001f\u007f\u200b\u202a-\u202e\ufeff]/;
const text = z.string().refine((value) => value.isWellFormed() && !UNSTORABLE.test(value), 'cannot be stored');
const line = text.min(1).refine((value) => value === value.trim() && !/[\r\n]/.test(value), 'is no trimmed line');

const webUrl = text.refine((value) => {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.href === value;
}, 'is no absolute http(s) address');

/** A local ISO text of a day that exists. */
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
  .refine((value) => !Number.isNaN(Date.parse(value)), 'is no date')
  .refine((value) => new Date(`${value.slice(0, 19)}Z`).toISOString().startsWith(value.slice(0, 19)), 'does not exist');

const tags = z
  .array(line)
  .refine((all) => new Set(all.map((tag) => tag.toLocaleLowerCase('pt-BR'))).size === all.length, 'has doubles');

/** The signs of Markdown that make something of what follows, not the same signs as text: those have a backslash. */
const LINK = /(?<!\\)(?:\\\\)*\]\(([^()\s]*)(?:\s+"[^"]*")?\)/g;
const TAG = /(?<!\\)(?:\\\\)*<[a-z/!?]/i;

const content = text
  .refine((markdown) => !TAG.test(markdown), 'holds a tag')
  .refine(
    (markdown) => Array.from(markdown.matchAll(LINK)).every(([, url]) => /^(?:https?:\/\/|mailto:|tel:)/.test(url!)),
    'holds a link that is not absolute',
  )
  .refine((markdown) => !markdown.split('\n\n').some(isShareBlock), 'holds a share block')
  .refine((markdown) => markdown === markdown.trimEnd() && !/\n{3}|\r/.test(markdown), 'is not tidy');

/** Nothing but links, one of them for sharing. */
function isShareBlock(block: string): boolean {
  const withoutImages = block.replace(/!\[(?:[^[\]\\]|\\.)*\]\([^()\s]*\)/g, '');
  const addresses = Array.from(withoutImages.matchAll(LINK), ([, url]) => url!);
  const rest = withoutImages.replace(/\[(?:[^[\]\\]|\\.)*\]\([^()\s]*\)/g, '');
  return addresses.length > 0 && addresses.every(isShareLink) && !/[\p{L}\p{N}]/u.test(rest);
}

const category = line.refine((value) => [...value].length <= 500, 'is over 500 characters').nullable();

/** What `extractPage` gives for any page whatever, beyond what its types say. */
export const extractedRecord = z
  .strictObject({
    title: line,
    url: webUrl,
    canonical_url: webUrl.nullable(),
    agency_key: z.string().nullable(),
    published_at: instant.nullable(),
    updated_datetime: instant.nullable(),
    category,
    tags,
    editorial_lead: line.nullable(),
    subtitle: line.nullable(),
    content,
    image_url: webUrl.nullable(),
    video_url: webUrl.nullable(),
    content_hash: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .nullable(),
    platform: z.enum(platforms),
  })
  .refine((record) => record.content !== '' || record.video_url !== null, 'has neither a text nor a video')
  .refine((record) => {
    const { title, subtitle, editorial_lead: editorialLead } = record;
    return cleanMarkdown(record.content, { title, subtitle, editorialLead }) === record.content;
  }, 'changes when it is cleaned again');

export const listedRecords = z.array(
  z.strictObject({ title: z.union([line, z.literal('')]), url: webUrl, date: instant.nullable(), category, tags }),
);

const FAILURE_CATEGORIES = 'network_error anti_bot login_required empty_content url_broken html_changed unknown'.split(
  ' ',
);

export const extractionFailure = z.strictObject({
  failure: z.strictObject({ category: z.enum(FAILURE_CATEGORIES), reason: z.string().min(1) }),
});
