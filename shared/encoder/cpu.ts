import { readFile } from 'node:fs/promises';

/** What matters of a CPU for the choice of an int8 file. */
export type CpuKind = 'avx512_vnni' | 'avx512' | 'avx2' | 'arm64';

/** Of the CPU that this process runs on; one that says nothing of itself counts as the least of its architecture. */
export async function detectCpu(): Promise<CpuKind> {
  if (process.arch === 'arm64') return 'arm64';
  return cpuKindOf(await readFile('/proc/cpuinfo', 'utf8').catch(() => ''));
}

/** Of an x64 CPU, by its line `flags` in /proc/cpuinfo. */
export function cpuKindOf(cpuinfo: string): CpuKind {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  // Both multiply signed weights without saturating.
  if (flags.has('avx512_vnni') || flags.has('avx_vnni')) return 'avx512_vnni';
  return flags.has('avx512f') ? 'avx512' : 'avx2';
}
