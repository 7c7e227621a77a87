import { fuzz } from '../../support/fuzz.ts';

fuzz('generic', 1500);
