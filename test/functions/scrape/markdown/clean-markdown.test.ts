import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanMarkdown } from '../../../../functions/scrape/markdown/clean-markdown.ts';
import { assertCpuSeconds, hostileInputSeconds, startCpuClock } from '../../../support/cpu-time.ts';

const known = {
  title: 'Lula sanciona lei do “piso”',
  subtitle: 'Texto vale a partir de hoje',
  editorialLead: 'Educação',
};
const share =
  'Compartilhe: [Compartilhe por Facebook](http://www.facebook.com/sharer.php?u=x)[Compartilhe por Twitter](https://twitter.com/share?text=a&url=x) [link para Copiar para área de transferência](https://www.gov.br/x)';

function clean(...blocks: string[]): string {
  return cleanMarkdown(blocks.join('\n\n'), known);
}

test('share blocks go wherever they stand', () => {
  assert.equal(clean('Um.', share, 'Dois.', share), 'Um.\n\nDois.');
  assert.equal(
    clean(
      '- [Facebook](https://www.facebook.com/sharer/sharer.php?u=x)\n- [X](https://x.com/intent/post?url=x)',
      'Um.',
    ),
    'Um.',
  );
  for (const block of [
    'Compartilhe:',
    '**Compartilhar**',
    'Compartilhe esta notícia nas redes sociais:',
    'Compartilhe: [![Facebook](https://www.gov.br/f.png)](https://www.facebook.com/sharer/sharer.php?u=x)[![](https://www.gov.br/t.png)](https://twitter.com/intent/tweet?u=x)',
    '[WhatsApp](https://api.whatsapp.com/send?text=x) | [E-mail](mailto:?subject=x) | [LinkedIn](https://www.linkedin.com/sharing/share-offsite/?url=x)',
  ]) {
    assert.equal(clean('Um.', block, 'Dois.'), 'Um.\n\nDois.', block);
  }
});

test('sentences that speak of sharing, publishing or contacts stay', () => {
  for (const sentence of [
    'Compartilhe esta ideia com a sua escola e ganhe um livro.',
    'Compartilhe com [a coordenação](https://www.gov.br/mec) as dúvidas.',
    'Compartilhe no [Facebook](https://www.facebook.com/sharer.php?u=x) a foto da sua turma e concorra a um livro.',
    'Compartilhar dados é crime.',
    '[WhatsApp](https://api.whatsapp.com/send?phone=5561999999999)',
    '[Facebook](https://www.facebook.com/ministerio) [X](https://x.com/ministerio)',
    'Publicado em 10/01/2015, o decreto segue em vigor.',
    'Publicado em 2024, o guia ganhou versão resumida.',
    'Atendimento pelo telefone (61) 3218-0000 ou por imprensa@exemplo.gov.br.',
    'Educação é prioridade.',
  ]) {
    assert.equal(clean(sentence), sentence);
    assert.equal(clean(sentence, 'Fim.'), `${sentence}\n\nFim.`);
  }
});

test('title, subtitle, lead and date lines at the top go, in any order and dress', () => {
  assert.equal(
    clean(
      '# Lula sanciona lei do "piso"',
      '**Educação**',
      '_Texto vale a partir de hoje._',
      'Publicado em 10/01/2015 10h00 | Atualizado em 11/01/2015 às 08:30',
      'Um.',
    ),
    'Um.',
  );
  assert.equal(clean('Lula sanciona lei do “piso”\n=====', '10/01/2015', '5 de março de 2024', 'Um.'), 'Um.');
  assert.equal(
    clean('[![](https://x/a.jpg)](https://x/a)', 'Lula sanciona lei do piso', 'Um.').split('\n\n').length,
    2,
  );
  assert.equal(clean('![](https://x/a.jpg)', 'Lula sanciona lei do piso', 'Um.'), '![](https://x/a.jpg)\n\nUm.');
});

test('the title goes as a heading anywhere, as a sentence only at the top', () => {
  assert.equal(clean('Um.', '## Lula sanciona lei do “piso”', 'Dois.'), 'Um.\n\nDois.');
  assert.equal(clean('Um.', 'Lula sanciona lei do “piso”'), 'Um.\n\nLula sanciona lei do “piso”');
  assert.equal(clean('Um.', '10/01/2015'), 'Um.\n\n10/01/2015');
});

test('a text that is its own subtitle is kept, one that is only a title is not', () => {
  assert.equal(clean('Texto vale a partir de hoje.'), 'Texto vale a partir de hoje.');
  assert.equal(clean('# Lula sanciona lei do “piso”', '10/01/2015'), '');
});

test('a closing credit line goes, one in the middle stays', () => {
  assert.equal(clean('Um.', '_\\*Com informações da Agência Gov_'), 'Um.');
  assert.equal(clean('Um.', '*Com informações do MEC'), 'Um.');
  assert.equal(clean('\\*Com informações do MEC', 'Um.'), '\\*Com informações do MEC\n\nUm.');
  assert.equal(
    clean('Um.', 'Com informações do mapa, a equipe seguiu.'),
    'Um.\n\nCom informações do mapa, a equipe seguiu.',
  );
});

test('white space is tidied and hard breaks are kept', () => {
  assert.equal(clean('\r\n Um  \r\ndois \t\r\n\r\n\r\n\r\n   \nTrês.  '), ' Um  \ndois\n\nTrês.');
});

test('cleaning a clean text changes nothing', () => {
  const block = fc.oneof(
    fc.constantFrom(
      share,
      'Compartilhe:',
      'Compartilhe [![x](https://x/y.png)](https://www.facebook.com/sharer.php?u=x)',
      '[![x](https://x/y.png)](https://x/y)',
      '> Lula sanciona lei do piso\n>\n> b',
      '# Lula sanciona lei do piso',
      'Lula sanciona lei do piso',
      'Texto vale a partir de hoje',
      '**Educação**',
      'Publicado em 10/01/2015 10h00',
      '![](https://x/a.jpg)',
      '*Com informações da Agência Brasil',
      'Lula sanciona lei do piso\n=====',
      'Um.  \nDois.  ',
      '- a\n    - b',
      '| a | b |\n| --- | --- |',
      '\\- x',
      '---',
      'Lula sanciona lei  \nTexto vale a partir de hoje  \nUm.',
      'Um.  \nCompartilhe: [X](https://x.com/intent/post?url=x)',
      'Publicado em',
      '10/01/2015 10h00  \nDois.',
      'Assessoria de Comunicação Social',
      '**Ascom/MEC**  \n(61) 2022-7520  \n[a@mec.gov.br](mailto:a@mec.gov.br)',
      'Telefone: (61) 2022-7520',
      'Mais informações:',
      '[Copiar link](https://www.gov.br/x)',
      String.raw`\_\_\_\_\_`,
      String.raw`Um.  \n\-----  \nDois.`.replaceAll('\\n', '\n'),
      '———\nTrês.',
      '[Baixar imagem](https://x/y)',
      'Siga o MEC no Instagram e no X',
      '[![](https://x/i.png)](https://www.instagram.com/mec)',
      '- [Facebook](https://www.facebook.com/mec)\n- [@mec](https://x.com/mec)',
    ),
    fc.string(),
    fc.string({
      unit: fc.constantFrom(' ', '\n', '*', '_', '#', '>', 'a', '\\', '[', ']', '(', ')', '\r', '=', '-', '—'),
    }),
  );
  fc.assert(
    fc.property(fc.array(block, { maxLength: 8 }), fc.constantFrom('\n\n', '\n', '\r\n\r\n'), (blocks, separator) => {
      const once = cleanMarkdown(blocks.join(separator), known);
      assert.equal(cleanMarkdown(once, known), once);
    }),
    { numRuns: 5000 },
  );
});

test('a text of nothing but frame is cleaned in time linear in its length', () => {
  const many = (block: string, separator = '\n\n') => Array(60_000).fill(block).join(separator);
  const texts = {
    tails: many('\\*Com informações da Agência Gov\n\nAscom/MEC\n\n(61) 2022-0000'),
    headings: many('Compartilhe', '\n'),
    dates: many('Publicado em 10/01/2015 10h00', '\n'),
    rules: many('---'),
    'drawn rules': many(String.raw`\_\_\_`, '\n'),
    strokes: `${'_ '.repeat(300_000)}x`,
    profiles: many('Siga o MEC no Instagram, Facebook e X'),
    'one line of networks': `Siga ${'no X, '.repeat(100_000)}ontem`,
    brackets: '['.repeat(500_000),
    'one line of names': `Ascom ${'A-B '.repeat(100_000)}`,
  };
  for (const [name, text] of Object.entries(texts)) {
    const cpuSeconds = startCpuClock();
    cleanMarkdown(`Um.\n\n${text}`, known);
    cleanMarkdown(text, known);
    assertCpuSeconds(cpuSeconds(), hostileInputSeconds, name);
  }
});
