import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { downloadFile, type PathInfo } from '@huggingface/hub';
import { ignoringAbsence } from '../folder-errors.ts';

/** One state of a repository of the Hub. */
export interface Snapshot {
  repo: { type: 'model'; name: string };
  /** The commit, so that all files are of one state although a branch may move meanwhile. */
  revision: string;
  hubUrl: string;
}

/** A file as it lies in a folder. */
export interface FetchedFile {
  sizeBytes: number;
  sha256: string;
}

/**
 * Fetches a file of the Hub into a folder, or what an earlier try that broke off had not got; checks size and hash. What
 * is there already is only checked.
 *
 * @throws {Error} when the file is not there, or has other bytes than the Hub lists: those are dropped.
 */
export async function fetchFile(file: PathInfo, target: { snapshot: Snapshot; folder: string }): Promise<FetchedFile> {
  const path = join(target.folder, file.path);
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  // A file of an earlier try is checked again: a branch may have moved since.
  await ignoringAbsence(rename(path, part));
  const offset = await sizeOf(part);
  if (offset < file.size) await download(file, { ...target, part, offset });
  try {
    const fetched = await check(file, part);
    await rename(part, path);
    return fetched;
  } catch (error) {
    // Too short is only unfinished.
    if ((await sizeOf(part)) >= file.size) await rm(part);
    throw error;
  }
}

async function download(
  file: PathInfo,
  { snapshot, part, offset }: { snapshot: Snapshot; part: string; offset: number },
): Promise<void> {
  // Plain HTTP: the chunked protocol (Xet) pays off for repeated downloads of changed files, which never happen here.
  const body = await downloadFile({ ...snapshot, path: file.path, xet: false });
  if (!body) throw new Error(`${file.path} is listed but not there`);
  const rest = offset === 0 ? body : body.slice(offset);
  await pipeline(Readable.fromWeb(rest.stream()), createWriteStream(part, { flags: 'a' }));
}

async function check(file: PathInfo, path: string): Promise<FetchedFile> {
  const sha256 = createHash('sha256');
  // What is not in LFS is known by the id of its Git object.
  const blob = createHash('sha1').update(`blob ${file.size}\0`);
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    sha256.update(chunk);
    if (!file.lfs) blob.update(chunk);
    sizeBytes += chunk.length;
  }
  if (sizeBytes !== file.size) throw new Error(`${file.path} has ${sizeBytes} bytes instead of ${file.size}`);
  const digest = sha256.digest('hex');
  const [kind, actual, expected] = file.lfs
    ? ['SHA-256', digest, file.lfs.oid]
    : ['Git object id', blob.digest('hex'), file.oid];
  if (actual !== expected) throw new Error(`${file.path} has ${kind} ${actual} instead of ${expected}`);
  return { sizeBytes, sha256: digest };
}

async function sizeOf(path: string): Promise<number> {
  return (await ignoringAbsence(stat(path)))?.size ?? 0;
}
