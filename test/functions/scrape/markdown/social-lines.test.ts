import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanMarkdown } from '../../../../functions/scrape/markdown/clean-markdown.ts';

const known = { title: 'Título', subtitle: null, editorialLead: null };

function clean(...blocks: string[]): string {
  return cleanMarkdown(blocks.join('\n\n'), known);
}

test('lines that only say where an agency can be followed go at the end, and only there', () => {
  for (const line of [
    'Siga o Ministério no Instagram, Facebook e X',
    '**Siga o Ministério da Educação no [Instagram](https://www.instagram.com/mec) e no [X](https://x.com/mec).**',
    'Siga-nos nas redes sociais: Instagram (@min_educacao), Facebook e YouTube!',
    'Acompanhe o MEC no Instagram, Twitter, Facebook e Flickr',
    'Siga nossas redes:\n- [Instagram](https://www.instagram.com/mec/)\n- [Facebook](https://www.facebook.com/mec)',
    '[Instagram](https://instagram.com/mec) | [Facebook](https://facebook.com/mec) | [YouTube](https://www.youtube.com/@mec)',
    '[![Instagram](https://x/i.png)](https://www.instagram.com/mec) [![](https://x/f.png)](https://www.facebook.com/mec)',
    'Instagram: @mec | Facebook: facebook.com/mec',
  ]) {
    assert.equal(clean('Um.', line), 'Um.', line);
    assert.equal(clean('Um.', line, '---', 'Ascom/MEC', '(61) 2022-0000'), 'Um.', line);
    assert.equal(clean('Um.', 'Ascom/MEC  \n(61) 2022-0000', line), 'Um.', line);
    assert.equal(clean('Um.', line, 'Dois.'), `Um.\n\n${line}\n\nDois.`);
  }
});

test('sentences that speak of networks stay, and so do posts, films and numbers', () => {
  for (const line of [
    'Siga as orientações do Ministério no Instagram.',
    'Siga o Ministério no Instagram, Facebook e X para saber das vagas.',
    'O Ministério está no Instagram, no Facebook e no X.',
    'Acompanhe a transmissão no YouTube e no Facebook.',
    'Acompanhe a Conferência Nacional no YouTube.',
    'Instagram e Facebook',
    'Curta a Praia Grande',
    '[WhatsApp](https://api.whatsapp.com/send?phone=5561999999999)',
    '[Publicação no Instagram](https://www.instagram.com/p/Abc/)',
    '[Vídeo no YouTube](https://www.youtube.com/watch?v=abcdefghijk)',
    '[Instagram](https://www.gov.br/mec/instagram)',
  ]) {
    assert.equal(clean('Um.', line), `Um.\n\n${line}`);
  }
  const whole = 'Siga o MEC no Instagram e no X';
  assert.equal(clean(whole), whole, 'the whole text');
});
