import type { Encoder } from '../encoder.ts';

// Part of the name: the vectors of one name never change. Another recipe is another name, so that rows become pending.
const MODEL = 'lexical-hash-768-v1';
const DIMENSIONS = 768;

// A word has about eight n-grams, so at this weight they count together about as much as the word itself.
const WORD_WEIGHT = 1;
const WORD_PAIR_WEIGHT = 0.5;
const NGRAM_WEIGHT = 0.35;
const NGRAM_LENGTH = 4;
// What is longer is no word, but encoded data: its n-grams would only be noise.
const MAX_WORD_LENGTH = 64;

// Portuguese function words, folded: they say nothing of the subject, and are most of a text.
const STOP_WORDS = new Set(
  `a ao aos aquela aquelas aquele aqueles aquilo as ate com como da das de dela delas dele deles depois do dos e ela elas
  ele eles em entre era essa essas esse esses esta estao estas este estes eu foi foram ha isso isto ja la lhe lhes mais
  mas me mesmo meu minha muito na nao nas nem no nos nossa nosso num numa o os ou para pela pelas pelo pelos por porque
  qual quando que quem se sem sendo ser sera seu seus so sob sobre sua suas tambem tem tendo ter teve um uma umas uns
  voce voces`.split(/\s+/),
);

/**
 * An encoder for machines without a model: it compares words, pairs of words and parts of words, not meanings.
 * "Escola" is near "escolas" and far from "ensino". Deterministic, and the same on every machine.
 *
 * Words are folded (lower case, accents dropped), counted sublinearly, and each feature is added with a hashed sign at a
 * hashed position, so that what collides cancels out on average.
 * @see https://arxiv.org/abs/0902.2206 (feature hashing)
 */
export function createLexicalEncoder(): Encoder {
  return {
    model: MODEL,
    dimensions: DIMENSIONS,
    encode: async (texts) => texts.map(encodeText),
    close: async () => {},
  };
}

function encodeText(text: string): Float32Array {
  const words = foldedWords(text);
  const vector = new Float32Array(DIMENSIONS);
  addFeatures(
    vector,
    WORD_WEIGHT,
    words.map((word) => hash(word)),
  );
  addFeatures(
    vector,
    WORD_PAIR_WEIGHT,
    words.slice(1).map((word, index) => hash(`${words[index]} ${word}`)),
  );
  addFeatures(vector, NGRAM_WEIGHT, words.flatMap(hashedNgrams));
  return normalised(vector);
}

function foldedWords(text: string): string[] {
  // After NFKD an accent is a character of its own. Soft hyphens and joiners are invisible inside a word.
  const folded = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u00ad\u200c\u2060\ufeff]|\u200d/g, '')
    .toLowerCase();
  return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !STOP_WORDS.has(word));
}

// Runs inside the bounds of the word, which are marked: beginnings and endings mean more than middles.
function hashedNgrams(word: string): number[] {
  const bounded = `<${word.slice(0, MAX_WORD_LENGTH)}>`;
  const hashes: number[] = [];
  for (let end = NGRAM_LENGTH; end <= bounded.length; end++) hashes.push(hash(bounded, end - NGRAM_LENGTH, end));
  return hashes;
}

function addFeatures(vector: Float32Array, weight: number, hashes: readonly number[]): void {
  const counts = new Map<number, number>();
  for (const feature of hashes) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  for (const [feature, count] of counts) {
    const sign = feature & 1 ? 1 : -1;
    vector[(feature >>> 1) % DIMENSIONS]! += sign * weight * (1 + Math.log(count));
  }
}

// FNV-1a over UTF-16 code units, then the finaliser of MurmurHash3, for FNV alone leaves low bits correlated.
// Thirty bits: a small integer for the engine, which keeps the maps above fast.
function hash(text: string, start = 0, end = text.length): number {
  let value = 0x811c9dc5;
  for (let index = start; index < end; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) & 0x3fffffff;
}

function normalised(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  // A text without words (or whose features cancel out) still needs a direction: cosine to a zero vector is NaN.
  if (squares === 0) vector[0] = 1;
  else for (let index = 0; index < vector.length; index++) vector[index]! /= Math.sqrt(squares);
  return vector;
}
