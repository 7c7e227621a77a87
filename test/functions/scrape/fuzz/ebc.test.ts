import { fuzz } from '../../../support/fuzz/fuzz.ts';

fuzz('agencia-brasil', 1800);
fuzz('tv-brasil', 1700);
