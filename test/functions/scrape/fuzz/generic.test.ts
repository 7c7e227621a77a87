import { fuzz } from '../../../support/fuzz/fuzz.ts';

fuzz('generic', 1500);
