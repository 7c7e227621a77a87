import { z } from 'zod';
import { functionSettings } from '../../shared/function-deps.ts';
import { hubSettings } from '../../shared/hub-files.ts';

export const config = z.object({ ...functionSettings, ...hubSettings });
