import { sourceName } from '../../shared/encoder/model-source.ts';
import type { Environment } from './environment.ts';
import { modelFolder } from './scope.ts';

type Model = Pick<Environment['model'], 'id' | 'revision' | 'file'>;

/** Folder of a model in its bucket: another revision lies beside it, so that instances that run are not disturbed. */
export function modelKey({ id, revision }: Model): string {
  return `${id}/${revision}`;
}

/** Where functions find its files. */
export function modelPath(model: Model): string {
  return `${modelFolder}/${modelKey(model)}`;
}

/** What `embed` writes on rows, as long as the folder is one that `destaques models fetch` made. */
export function modelName(model: Model): string {
  return `${sourceName(model)}/${model.file}`;
}
