/** Cosine of two vectors of any length. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    product += a[index]! * b[index]!;
    squaresA += a[index]! ** 2;
    squaresB += b[index]! ** 2;
  }
  return product / Math.sqrt(squaresA * squaresB);
}

/** Whether a vector has the stored dimension and the length 1 (a NaN in it makes its length NaN). */
export function isUnitVector(vector: Float32Array): boolean {
  const squares = vector.reduce((sum, value) => sum + value * value, 0);
  return vector.length === 768 && Math.abs(squares - 1) < 1e-4;
}

/** Texts that have broken tokenizers: all of them must have a vector. */
export const hostileTexts = [
  '',
  ' \t\n',
  '\u200b\u200c\u200d\ufeff',
  'pala\u200bvra',
  '\ud800',
  'meio \udc00 do texto \ud83d',
  '\0\u0001\u001b',
  '😀👩‍👩‍👧',
  '日本語 テスト',
  '<s>olá</s><pad><mask>',
  'a'.repeat(100_000),
  '日'.repeat(100_000),
  '😀'.repeat(50_000),
  ' '.repeat(100_000),
  'o governo federal '.repeat(6_000),
];
