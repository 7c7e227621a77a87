import { fuzz } from '../../support/fuzz.ts';

fuzz('classic', 2500);
