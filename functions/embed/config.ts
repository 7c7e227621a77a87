import { z } from 'zod';
import { encoderSettings } from '../../shared/encoder.ts';
import { functionSettings } from '../../shared/function-deps.ts';

export const config = z.object({ ...functionSettings, ...encoderSettings });
