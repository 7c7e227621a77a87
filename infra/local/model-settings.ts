import { DEFAULT_MODEL } from '../../shared/encoder/find-model-folder.ts';
import { type EncoderOptions, encoderOptions } from '../../shared/encoder.ts';
import { loadLocalSettings } from './settings.ts';

/** Which model a command means; what is not given is as in the environment. */
export interface ModelOptions {
  model?: string;
  revision?: string;
  file?: string;
}

/** The encoder's options of a command; without any model that of the live system. */
export function modelSettings({ model, revision, file }: ModelOptions): EncoderOptions {
  const settings = encoderOptions(loadLocalSettings(model));
  if (settings.model === 'lexical') settings.model = DEFAULT_MODEL;
  return { ...settings, revision: revision ?? settings.revision, file: file ?? settings.file };
}
