import { fuzz } from '../../../support/fuzz/fuzz.ts';

fuzz('volto', 2500);
