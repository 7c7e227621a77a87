import { clusterCount, createRandom, zipf } from './clustered-vectors.ts';

const stopWords =
  'de a o que e do da em um para com não uma os no se na por mais as dos como mas ao das à seu sua ou quando muito nos já eu também só pelo pela até isso ela entre'.split(
    ' ',
  );
const starts =
  'a ba ca co da de di es fa fi go gra in ja la lei ma me mi na no o pa per pla po pre pro re ri sa se si so ta te tra u va ven vi'.split(
    ' ',
  );
const middles =
  'bi ca ci da de di fe ga la le li ma mi mo na ne ni pa po ra re ri ro sa si ta te ti to tra va vi'.split(' ');
const ends =
  'ção ções dade dor eiro ência ento gem ia ica ico ido ismo ista mento nal ndo o os ra ria s sa so ta tal to tura va vel'.split(
    ' ',
  );
const vocabularySize = 30_000;
const topicWordCount = 150;

/** Texts of invented words. */
export interface ClusteredWords {
  /** About so many words on the affair of a cluster. */
  text(cluster: number, length: number): string;
  /** Some words that a reader would search such an article by: no stop words. */
  query(cluster: number): string;
}

/**
 * Words by Zipf's law over a vocabulary that begins with the stop words of Portuguese and goes on with words of its
 * syllables and endings. Every third word is of the cluster's own, so that near vectors share words as near articles do.
 */
export function clusteredWords(seed: number): ClusteredWords {
  const random = createRandom(seed);
  const of = (list: readonly string[]) => list[Math.floor(random() * list.length)]!;
  const invent = () =>
    of(starts) + Array.from({ length: 1 + Math.floor(random() * 2) }, () => of(middles)).join('') + of(ends);
  const vocabulary = [...stopWords, ...Array.from({ length: vocabularySize }, invent)];
  const pickRank = zipf(vocabulary.length, random);
  const pickTopicRank = zipf(topicWordCount, random);
  const content = () => {
    let rank = pickRank();
    while (rank < stopWords.length) rank = pickRank();
    return vocabulary[rank]!;
  };
  const topics = Array.from({ length: clusterCount }, () => Array.from({ length: topicWordCount }, content));
  const topicWord = (cluster: number) => topics[cluster]![pickTopicRank()]!;
  const word = (cluster: number) => (random() < 1 / 3 ? topicWord(cluster) : vocabulary[pickRank()]!);
  return {
    text: (cluster, length) => Array.from({ length }, () => word(cluster)).join(' '),
    query: (cluster) =>
      [content(), ...Array.from({ length: 1 + Math.floor(random() * 2) }, () => topicWord(cluster))].join(' '),
  };
}
