import { InvalidArgumentError } from 'commander';

/** Collects `path=value` options of a command, the last of a path counts. */
export function parseSettings(text: string, earlier: Record<string, string>): Record<string, string> {
  const [, path, value] = /^([\w.-]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined || value === undefined) throw new InvalidArgumentError('must be path=value');
  return { ...earlier, [path]: value };
}
