import { fuzz } from '../../support/fuzz.ts';

fuzz('volto', 2500);
