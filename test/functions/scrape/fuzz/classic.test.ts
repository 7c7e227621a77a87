import { fuzz } from '../../../support/fuzz/fuzz.ts';

fuzz('classic', 2500);
