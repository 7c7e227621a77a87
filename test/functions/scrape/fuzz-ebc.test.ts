import { fuzz } from '../../support/fuzz.ts';

fuzz('agencia-brasil', 1800);
fuzz('tv-brasil', 1700);
