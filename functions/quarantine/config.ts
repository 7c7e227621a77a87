import { z } from 'zod';
import { functionSettings } from '../../shared/function-deps.ts';

export const config = z.object(functionSettings);
