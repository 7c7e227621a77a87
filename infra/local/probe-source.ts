import { createPageFetcher } from '../../functions/scrape/fetch/fetch-page.ts';
import { createHostGate } from '../../functions/scrape/fetch/host-gate.ts';
import { MAX_BODY_BYTES } from '../../functions/scrape/fetch/read-body.ts';
import { createRobots } from '../../functions/scrape/fetch/robots.ts';
import { requestTimeoutMs } from '../../functions/scrape/run.ts';
import { listingUrl } from '../../shared/catalogue/fields.ts';
import { readCatalogue } from '../../shared/catalogue.ts';
import type { Platform } from '../../shared/platform.ts';
import { describeIssues } from '../../shared/schema-messages.ts';
import { agencyOfUrl } from './agency-of-url.ts';
import { UsageError } from './errors.ts';
import { type NewsSourceKind, type NewsSourceOptions, openNewsSource } from './news-source.ts';
import { type ProbeResult, probeListing } from './probe.ts';
import { loadLocalSettings } from './settings.ts';

export interface ProbeSourceOptions extends Omit<NewsSourceOptions, 'agencies'> {
  /** Found by the address unless given. */
  agency?: string | undefined;
  /** What is tried first. */
  platform?: Platform | undefined;
  userAgent?: string | undefined;
}

export interface ProbeReport extends ProbeResult {
  url: string;
  source: NewsSourceKind;
  /** The same for people. */
  read_from: string;
  agency_key: string | null;
  /** Whether the project's catalogue has it; a database may have more. */
  is_agency_known: boolean;
  /** What whoever adds the source should know. */
  notes: string[];
  /** The command that adds it. */
  add: string;
}

/**
 * Reads a listing that need not be a source yet, as a run would. No database is opened: the intervals between requests
 * are kept by this process alone. The host of the address may be asked because it was named; everything else that
 * bounds a run (addresses, https, robots.txt, sizes, times) bounds this.
 *
 * @throws {UsageError} when the address is none of a listing.
 */
export async function probeSource(
  address: string,
  options: ProbeSourceOptions,
  report: (text: string) => void,
): Promise<ProbeReport> {
  const parsed = listingUrl.safeParse(address.trim());
  if (!parsed.success) throw new UsageError(`${address} ${describeIssues(parsed.error.issues)}`);
  const url = parsed.data;
  const settings = loadLocalSettings();
  const { agencies, sources } = await readCatalogue();
  const agencyKey = options.agency ?? (await agencyOfUrl(url));
  const isAgencyKnown = agencies.some(({ key }) => key === agencyKey);
  const news = await openNewsSource(options);
  try {
    report(`Probing ${url}, from ${news.description}; nothing is stored, and only this process keeps the intervals`);
    const now = () => new Date();
    const pages = createPageFetcher({
      dispatcher: news.dispatcher,
      gate: createHostGate({
        maxInFlight: settings.MAX_REQUESTS_PER_HOST,
        minIntervalMs: news.requestIntervalMs ?? settings.REQUEST_INTERVAL_MS,
      }),
      robots: createRobots(),
      allowedHosts: new Set([url, ...sources.map((source) => source.url)].map((each) => new URL(each).hostname)),
      userAgent: options.userAgent || settings.USER_AGENT,
      timeoutMs: requestTimeoutMs,
      maxBytes: MAX_BODY_BYTES,
      now,
    });
    const result = await probeListing(url, pages, { agencyKey, platform: options.platform, report, now });
    const known = sources.find((source) => source.url === url);
    return {
      url,
      source: news.kind,
      read_from: news.description,
      agency_key: agencyKey,
      is_agency_known: isAgencyKnown,
      ...result,
      notes: [
        ...(known ? [`it is a source of ${known.agencyKey} in the catalogue`] : []),
        ...(isAgencyKnown ? [] : [unknownAgency(agencyKey)]),
      ],
      add: addCommand(url, { ...options, agency: agencyKey ?? undefined }),
    };
  } finally {
    await news.close();
  }
}

function unknownAgency(key: string | null): string {
  if (key === null) return 'the catalogue does not say whose news this is: "destaques agencies" lists the agencies';
  return `agency ${key} is not in the catalogue: "destaques catalogue import" adds agencies`;
}

function addCommand(url: string, { agency = 'KEY', platform, userAgent }: ProbeSourceOptions): string {
  const flags = [
    ...(platform ? [`--platform ${platform}`] : []),
    ...(userAgent ? [`--user-agent '${userAgent.replaceAll("'", String.raw`'\''`)}'`] : []),
  ];
  return ['destaques sources add', url, `--agency ${agency}`, ...flags].join(' ');
}
