import { saoPauloIso } from '../../../shared/time.ts';
import { MUNICIPALITIES } from './places.ts';
import type { Random } from './random.ts';

/** What the texts leave open, drawn once an article: the same {municipio} in headline and body. */
export type Slots = Record<string, string>;

const FIRST_NAMES = [
  ...['Adriana', 'Aline', 'Beatriz', 'Camila', 'Cláudia', 'Denise', 'Elaine', 'Fernanda', 'Gabriela', 'Helena'],
  ...['Iara', 'Joana', 'Juliana', 'Larissa', 'Luciana', 'Márcia', 'Marina', 'Patrícia', 'Rosângela', 'Tereza'],
  ...['André', 'Antônio', 'Bruno', 'Caio', 'Daniel', 'Eduardo', 'Fábio', 'Gustavo', 'Henrique', 'Ivan'],
  ...['João', 'José', 'Leandro', 'Lucas', 'Marcelo', 'Otávio', 'Paulo', 'Rafael', 'Sérgio', 'Vinícius'],
];
const SURNAMES = [
  ...['Almeida', 'Araújo', 'Barbosa', 'Batista', 'Cardoso', 'Carvalho', 'Castro', 'Correia', 'Dias', 'Farias'],
  ...['Fernandes', 'Freitas', 'Gomes', 'Lima', 'Lopes', 'Macedo', 'Martins', 'Melo', 'Monteiro', 'Moreira'],
  ...['Nascimento', 'Nogueira', 'Oliveira', 'Pereira', 'Pinheiro', 'Queiroz', 'Ramos', 'Rezende', 'Ribeiro', 'Rocha'],
  ...['Sampaio', 'Santana', 'Siqueira', 'Souza', 'Tavares', 'Teixeira', 'Vasconcelos', 'Viana', 'Vieira', 'Xavier'],
];
const MONTHS = [
  ...['janeiro', 'fevereiro', 'março', 'abril', 'maio', 'junho'],
  ...['julho', 'agosto', 'setembro', 'outubro', 'novembro', 'dezembro'],
];
const TERMS = ['60 dias', '90 dias', '120 dias', 'seis meses', 'oito meses', 'dez meses', '18 meses', 'dois anos'];
const DAY_MS = 86_400_000;

/** `março` for an instant of March in Brasília. */
export function monthName(instant: Date): string {
  return MONTHS[Number(saoPauloIso(instant).slice(5, 7)) - 1]!;
}

/** `12 de março`, and `1º de março`. */
function dayName(instant: Date): string {
  const day = Number(saoPauloIso(instant).slice(8, 10));
  return `${day === 1 ? '1º' : day} de ${monthName(instant)}`;
}

function decimal(random: Random, minimum: number, maximum: number): string {
  return `${random.integer(minimum, maximum)},${random.integer(1, 9)}`;
}

export function drawSlots(random: Random, publishedAt: Date): Slots {
  const place = random.pick(MUNICIPALITIES);
  const person = () => `${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)}`;
  return {
    municipio: place.name,
    uf: place.state,
    regiao: place.region,
    pessoa: person(),
    pessoa2: person(),
    numero: String(random.integer(3, 98)),
    numero2: String(random.integer(3, 98)),
    milhares: `${decimal(random, 2, 97)} mil`,
    milhoes: `R$ ${decimal(random, 2, 480)} milhões`,
    percentual: `${decimal(random, 2, 79)}%`,
    dia: dayName(new Date(publishedAt.getTime() + random.integer(2, 20) * DAY_MS)),
    ano: saoPauloIso(publishedAt).slice(0, 4),
    prazo: random.pick(TERMS),
  };
}

/**
 * Fills {slots} and chooses among {inline|alternatives}, innermost first, so that an alternative may hold slots.
 *
 * @throws {Error} when a text names a slot that nobody fills.
 */
export function fillSlots(text: string, slots: Slots, random: Random): string {
  const innermost = /\{([^{}]*)\}/;
  let filled = text;
  for (let match = innermost.exec(filled); match; match = innermost.exec(filled)) {
    const inside = match[1]!;
    const value = inside.includes('|') ? random.pick(inside.split('|')) : slots[inside];
    if (value === undefined) throw new Error(`The slot {${inside}} is not known, in "${text}"`);
    filled = filled.slice(0, match.index) + value + filled.slice(match.index + match[0].length);
  }
  return filled;
}
