/** Capital letters, numbers, and what joins them: a verb in between makes it a sentence. */
const NAMES_ONLY =
  /^(?:[\s/,.|()–—-]+(?:d[aeo]s?|e|em|n[ao]s?|à|[\p{Lu}\d][\p{L}\p{N}&]*)(?![\p{L}\p{N}]))*[\s/.,:|()–—-]*$/u;
const OFFICE =
  /^(?:(?:fonte|texto|contatos?)\s*:\s*)?(?:(?:assessorias?|ascom|(?:coordenação|coordenadoria|secretaria|superintendência|departamento|divisão|gerência|diretoria|núcleo|setor|seção|serviço)(?:-geral)?)(?: especial)? d[ea] (?:comunicação|imprensa)(?: social| institucional)?|comunicação social|ascom)(?![\p{L}\p{N}])/iu;
const PRESS_LABEL = /^(?:mais )?(?:informações|contatos?|atendimento) (?:à|a|para|para a|com a|da|de) imprensa\s*:?$/iu;
const LABEL = /^(?:(?:para )?mais |outras )?(?:informações|contatos?)\s*:?$/iu;

const MAIL = String.raw`[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}`;
const SITE = String.raw`(?:https?:\/\/|www\.)[^\s]{1,200}`;
const PHONE = String.raw`(?:\+?55\s?)?(?:\(?0?(?:xx)?\d{2}\)?[\s-]?)?9?[\s.]?\d{4}[\s.-]?\d{4}|\d{4}|0800[\s.-]?\d{3}[\s.-]?\d{4}`;
const MEDIUM = String.raw`(?:tel(?:efones?|s)?|fones?|celular|whatsapp|plantão|ramal|ramais|fax|e-?mails?|sites?|contatos?)\.?\s*:?`;
const REACHED = new RegExp(
  String.raw`^(?:(?:${MEDIUM}\s*)?(?:${MAIL}|${SITE}|${PHONE})(?:[\s,;/|–—-]|\b(?:e|ou|ramal|ramais)\b)*){1,8}$`,
  'iu',
);
const AGENCY =
  /^(?:Ministério|Secretaria|Instituto|Agência|Fundação|Superintendência|Universidade|Governo|Departamento|Comando)(?![\p{L}\p{N}])/u;

/** Longer lines are sentences. */
const MAX_LENGTH = 160;

function isNamed(line: string, start: RegExp): boolean {
  const match = start.exec(line);
  return match !== null && NAMES_ONLY.test(line.slice(match[0].length));
}

/** Whether a line is nothing but the name of who speaks for an agency to the press. */
export function isPressOffice(line: string): boolean {
  return line.length <= MAX_LENGTH && (PRESS_LABEL.test(line) || isNamed(line, OFFICE));
}

/** Whether a line is nothing but what stands beside that name: phone numbers, addresses, the name of the agency. */
export function isContactDetail(line: string): boolean {
  return line.length <= MAX_LENGTH && (LABEL.test(line) || REACHED.test(line) || isNamed(line, AGENCY));
}

/** Whether a line is nothing but a heading for contacts. */
export function isContactLabel(line: string): boolean {
  return LABEL.test(line.slice(0, MAX_LENGTH));
}
