/** One node of the theme taxonomy, as stored in `themes`. */
export interface Theme {
  /** `NN`, `NN.NN` or `NN.NN.NN`, as many pairs as the level. */
  code: string;
  label: string;
  /** Code and label as readers see them: `03.02 - Vigilância em Saúde`. */
  fullName: string;
  level: 1 | 2 | 3;
  parentCode: string | null;
  description: string | null;
  /** Portuguese words and short phrases that speak for this theme, most telling first. */
  keywords: string[];
}
