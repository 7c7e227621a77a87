import { readFile } from 'node:fs/promises';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import type { z } from 'zod';
import { errorText, PermanentError } from '../errors.ts';
import { describeIssues, plainMessage } from '../schema-messages.ts';
import { joinProblems } from './problems.ts';

/** A YAML file whose scalars are all text as written: read as a number, code `01.10` would become 1.1. */
export interface YamlFile {
  name: string;
  content: unknown;
  /** `agencies.yaml:12`: the line of the entry at `path`, or of the nearest one above it. */
  locate(path: readonly PropertyKey[]): string;
}

/**
 * Reads one YAML document.
 *
 * @throws {PermanentError} when the file cannot be read, or is no single UTF-8 YAML document.
 */
export async function readYamlFile(name: string): Promise<YamlFile> {
  const bytes = await readFile(name).catch((error: unknown) => {
    throw new PermanentError(`${name} cannot be read (${errorText(error)})`, { cause: error });
  });
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const lines = new LineCounter();
    const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
    const [problem] = document.errors;
    if (problem) throw new PermanentError(`${name}:${lines.linePos(problem.pos[0]).line} ${problem.message}`);
    return {
      name,
      content: document.toJS() as unknown,
      locate: (path) => `${name}:${lines.linePos(offsetOf(document, path)).line}`,
    };
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    throw new PermanentError(`${name} is not YAML in UTF-8 (${errorText(error)})`, { cause: error });
  }
}

/**
 * Checks the part of a file at `path`.
 *
 * @throws {PermanentError} naming file, line and field.
 */
export function parsePart<T extends z.ZodType>(
  file: YamlFile,
  path: readonly PropertyKey[],
  part: unknown,
  schema: T,
): z.output<T> {
  const result = schema.safeParse(part, { error: plainMessage });
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const place = [...path, ...issue.path];
    return `${file.locate(place)} ${describeIssues([{ ...issue, path: place }])}`;
  });
  throw new PermanentError(joinProblems(problems));
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    const parent: Node | null | undefined = isAlias(node) ? node.resolve(document) : node;
    if (isMap<Node, Node | null>(parent)) {
      const pair: Pair<Node, Node | null> | undefined = parent.items.find(
        ({ key }) => isScalar(key) && key.value === step,
      );
      offset = pair?.key.range?.[0] ?? offset;
      node = pair?.value;
    } else if (isSeq<Node>(parent)) {
      node = parent.items[Number(step)];
      offset = node?.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
