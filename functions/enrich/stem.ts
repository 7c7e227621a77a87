import { fold } from './portuguese.ts';

const FUNCTION_WORDS = new Set(
  (
    'a o as os um uma uns umas ao aos à às de do da dos das em no na nos nas num numa por pelo pela pelos pelas para pra com sem ' +
    'sob sobre entre até desde após ante contra durante e ou mas nem que se como quando onde porque pois porém também já não sim ' +
    'mais menos muito muita muitos muitas pouco todo toda todos todas cada outro outra outros outras mesmo mesma este esta estes ' +
    'estas esse essa esses essas aquele aquela isso isto seu sua seus suas eu ele ela eles elas nós lhe lhes me te nos ' +
    'ser é são foi foram era eram será serão seja sendo sido estar está estão estava ter tem têm teve tinha haver há houve ' +
    'pode podem deve devem vai vão fazer faz feito dia dias ano anos mês hoje ontem amanhã segundo além ainda assim então ' +
    'qual quais quem cujo cuja só apenas tal tais bem lá aqui'
  )
    .split(' ')
    .map(fold),
);

/** [suffix, what replaces it, letters that must remain before it], tried in order; the first that fits is taken. */
type Rule = readonly [suffix: string, replacement: string, minimum: number];

const PLURAL: readonly Rule[] = [
  ['oes', 'ao', 2],
  ['aes', 'ao', 2],
  ['ais', 'al', 2],
  ['eis', 'el', 3],
  ['ois', 'ol', 3],
  ['res', 'r', 3],
  ['zes', 'z', 2],
  ['les', 'l', 3],
  ['ns', 'm', 2],
  ['s', '', 3],
];

// Minimums keep apart what only looks alike: importar and importante, portaria and porto, animal and animação.
const SUFFIX: readonly Rule[] = (
  'acional:3 icional:4 ializacao:4 izacao:5 iacao:4 acao:3 icao:4 ucao:4 iamento:4 amento:4 imento:4 amente:5 mente:5 ' +
  'izador:5 izadora:5 ador:4 adora:4 edor:4 edora:4 idor:4 idora:4 abilidade:4 ibilidade:4 icidade:5 idade:4 ' +
  'ismo:4 avel:4 ivel:4 enciario:4 encia:4 ente:5 agem:4 eiro:4 eira:4 ario:4 aria:5 ativo:4 ativa:4 ivo:4 iva:4 ' +
  'oso:4 osa:4 ico:4 ica:4 ial:4 al:5 izar:5 izado:5 izada:5 iado:4 iada:4 ado:4 ada:4 ido:4 ida:4 ' +
  'ando:4 endo:4 indo:4 aram:4 eram:4 iram:4 iar:4 ar:4 er:4 ir:4 ia:4 io:4'
)
  .split(' ')
  .map((rule) => {
    const [suffix, minimum] = rule.split(':');
    return [suffix!, '', Number(minimum)] as const;
  });

// By their last letter, since nearly all rules fail on it and every word of every article comes by.
const byLastLetter = (rules: readonly Rule[]) => Map.groupBy(rules, ([suffix]) => suffix.at(-1));
const PLURALS = byLastLetter(PLURAL);
const SUFFIXES = byLastLetter(SUFFIX);

function applyFirst(word: string, rules: ReadonlyMap<string | undefined, readonly Rule[]>): string {
  for (const [suffix, replacement, minimum] of rules.get(word.at(-1)) ?? []) {
    if (word.length - suffix.length >= minimum && word.endsWith(suffix)) {
      return word.slice(0, word.length - suffix.length) + replacement;
    }
  }
  return word;
}

/**
 * Stem of a folded Portuguese word, in the manner of RSLP: plural, then one suffix, then the last vowel.
 * It brings vacina, vacinas, vacinar and vacinação together; numbers, short words and acronyms stay as they are.
 */
export function stem(folded: string): string {
  if (folded.length < 4 || /[^a-z]/.test(folded)) return folded;
  const singular = applyFirst(folded, PLURALS);
  const base = applyFirst(singular, SUFFIXES);
  return base.length > 3 ? base.replace(/[aeo]$/, '') : base;
}

const ADDRESS = /https?:\S+|www\.\S+|(?<!\S)[^\s@]+@\S+/g;
const WORD = /[a-z0-9]+/g;

/** Stems of the words that carry meaning, in their order: no function words, no addresses. */
export function termStems(text: string): string[] {
  const found = fold(text.replace(ADDRESS, ' ')).match(WORD) ?? [];
  return found.filter((word) => word.length > 1 && !FUNCTION_WORDS.has(word)).map(stem);
}
