/** A vector, and the cluster that it came from. */
export interface ClusteredVector {
  cluster: number;
  vector: Float32Array;
}

const themeCount = 25;
const clustersOfTheme = 40;
/** Clusters of all themes. */
export const clusterCount = themeCount * clustersOfTheme;
/** Directions in which the articles of a theme differ: real embeddings lie near such a surface, not all over space. */
const localDimensions = 16;
const share = { common: 0.5, theme: 0.5, cluster: 0.6, local: 0.35, noise: 0.25 };

/**
 * Vectors as those of news are: a mixture. All share a direction, as the vectors of transformers do, those of a theme
 * another, those of a cluster (an affair that many articles are about) a third. Around that centre an article lies
 * along 16 directions of its theme, with falling variance, and a little of isotropic noise. Clusters have Zipf's sizes.
 * The same seed gives the same sequence; what is drawn after the archive is of its distribution and not in it.
 */
export function clusteredVectors(seed: number, dimensions: number): () => ClusteredVector {
  const random = createRandom(seed);
  const direction = () => {
    const vector = Float32Array.from({ length: dimensions }, () => normal(random));
    return scale(vector, 1 / Math.hypot(...vector));
  };
  const common = direction();
  const themes = Array.from({ length: themeCount }, () => ({
    centre: direction(),
    basis: Array.from({ length: localDimensions }, direction),
  }));
  const centres = Array.from({ length: clusterCount }, (_, cluster) => {
    const own = direction();
    const { centre } = themes[cluster % themeCount]!;
    return own.map((value, axis) => share.common * common[axis]! + share.theme * centre[axis]! + share.cluster * value);
  });
  const pickCluster = zipf(clusterCount, random);
  const noise = share.noise * Math.sqrt(3 / dimensions);
  return () => {
    const cluster = pickCluster();
    const vector = centres[cluster]!.map((value) => value + noise * (2 * random() - 1));
    for (const [index, axis] of themes[cluster % themeCount]!.basis.entries()) {
      const length = (share.local / Math.sqrt(index + 1)) * normal(random);
      for (let at = 0; at < dimensions; at++) vector[at] = vector[at]! + length * axis[at]!;
    }
    let squares = 0;
    for (const value of vector) squares += value * value;
    return { cluster, vector: scale(vector, 1 / Math.sqrt(squares)) };
  };
}

/** Ranks from 0, the first one the most frequent, by Zipf's law. */
export function zipf(count: number, random: () => number): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += 1 / (rank + 2.7);
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Numbers from 0 to 1, the same for the same seed. @see https://en.wikipedia.org/wiki/Xorshift */
export function createRandom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e37_79b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function scale(vector: Float32Array, factor: number): Float32Array {
  for (let at = 0; at < vector.length; at++) vector[at] = vector[at]! * factor;
  return vector;
}
