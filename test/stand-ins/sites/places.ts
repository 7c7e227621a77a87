export interface Municipality {
  name: string;
  /** Abbreviation of the state, as in "Caruaru (PE)". */
  state: string;
  region: string;
}

const NAMES_BY_STATE: Record<string, [region: string, names: string]> = {
  AC: ['Norte', 'Rio Branco, Cruzeiro do Sul, Brasileia, Xapuri'],
  AL: ['Nordeste', 'Maceió, Arapiraca, Penedo, Palmeira dos Índios'],
  AM: ['Norte', 'Manaus, Parintins, Tefé, Itacoatiara, Tabatinga'],
  AP: ['Norte', 'Macapá, Santana, Laranjal do Jari, Oiapoque'],
  BA: ['Nordeste', 'Salvador, Feira de Santana, Juazeiro, Ilhéus, Barreiras, Lençóis'],
  CE: ['Nordeste', 'Fortaleza, Sobral, Quixadá, Juazeiro do Norte, Crato'],
  DF: ['Centro-Oeste', 'Brasília'],
  ES: ['Sudeste', 'Vitória, Linhares, Colatina, Cachoeiro de Itapemirim'],
  GO: ['Centro-Oeste', 'Goiânia, Anápolis, Rio Verde, Catalão, Pirenópolis'],
  MA: ['Nordeste', 'São Luís, Imperatriz, Caxias, Balsas, Alcântara'],
  MG: ['Sudeste', 'Belo Horizonte, Uberlândia, Montes Claros, Diamantina, Viçosa, Juiz de Fora'],
  MS: ['Centro-Oeste', 'Campo Grande, Dourados, Corumbá, Três Lagoas'],
  MT: ['Centro-Oeste', 'Cuiabá, Sinop, Rondonópolis, Cáceres'],
  PA: ['Norte', 'Belém, Santarém, Marabá, Altamira, Bragança'],
  PB: ['Nordeste', 'João Pessoa, Campina Grande, Patos, Sousa, Cajazeiras'],
  PE: ['Nordeste', 'Recife, Caruaru, Petrolina, Garanhuns, Serra Talhada'],
  PI: ['Nordeste', 'Teresina, Parnaíba, Picos, São Raimundo Nonato'],
  PR: ['Sul', 'Curitiba, Londrina, Maringá, Cascavel, Guarapuava'],
  RJ: ['Sudeste', 'Rio de Janeiro, Niterói, Petrópolis, Macaé, Volta Redonda'],
  RN: ['Nordeste', 'Natal, Mossoró, Caicó, Currais Novos'],
  RO: ['Norte', 'Porto Velho, Ji-Paraná, Vilhena, Cacoal'],
  RR: ['Norte', 'Boa Vista, Rorainópolis, Pacaraima'],
  RS: ['Sul', 'Porto Alegre, Caxias do Sul, Pelotas, Santa Maria, Bagé'],
  SC: ['Sul', 'Florianópolis, Joinville, Chapecó, Blumenau, Lages'],
  SE: ['Nordeste', 'Aracaju, Itabaiana, Lagarto, Estância'],
  SP: ['Sudeste', 'São Paulo, Campinas, Sorocaba, São Carlos, Presidente Prudente, Registro'],
  TO: ['Norte', 'Palmas, Araguaína, Gurupi, Porto Nacional'],
};

export const MUNICIPALITIES: readonly Municipality[] = Object.entries(NAMES_BY_STATE).flatMap(
  ([state, [region, names]]) => names.split(', ').map((name) => ({ name, state, region })),
);
