import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { withoutRepeatedTitle, withoutShareBlocks } from '../../../functions/import/repair.ts';

const title = 'Museu das Missões tem nova diretora';

test('a title above its text goes, as a heading or a line, below a picture too', () => {
  const text = 'Primeiro parágrafo.\n\nSegundo  parágrafo.';
  const picture = '![foto](https://www.gov.br/i.jpg)';
  for (const repeated of [
    `${title}\n=====\n\n${text}`,
    `# ${title.toUpperCase()}\n\n${text}`,
    `**${title}**\n${text}`,
    `\n\n${title}\n\n${text}`,
  ]) {
    assert.equal(withoutRepeatedTitle(repeated, title), text);
  }
  assert.equal(withoutRepeatedTitle(`${picture}\n\n${title}\n\n${text}`, title), `${picture}\n\n${text}`);
});

test('a title that is a sentence of the text stays, and so does one that is all there is', () => {
  for (const text of [
    `O ${title}, diz o ministério.\n\nSegundo.`,
    `Primeiro.\n\n${title}\n\nSegundo.`,
    title,
    '',
    ' \n ',
  ]) {
    assert.equal(withoutRepeatedTitle(text, title), text);
  }
});

test('share blocks go, sentences about sharing stay, and a text without them is not touched', () => {
  const links = '[Facebook](https://www.facebook.com/sharer.php?u=x) [WhatsApp](https://wa.me/?text=x)';
  assert.equal(withoutShareBlocks(`Um.\n\nCompartilhe: ${links}\n\nDois.`), 'Um.\n\nDois.');
  assert.equal(withoutShareBlocks(`Um.\n\n${links}`), 'Um.');
  assert.equal(withoutShareBlocks('Um.\n\nLink para Copiar para a área de transferência\n\nDois.'), 'Um.\n\nDois.');
  for (const text of [
    'Um.\r\n\r\n\r\nDois.  \n\n\n\nTrês, sem nada.',
    'Compartilhe sua história com o ministério e envie fotos.\n\n\n\nFim.',
    'Veja em [perfil](https://www.facebook.com/mec) e envie a https://wa.me/5561999999999.',
  ]) {
    assert.equal(withoutShareBlocks(text), text);
  }
});

const records = new URL('../../../../shared/cases/real-records.jsonl', import.meta.url);
test('of real records every repeated title is found, and nothing else is cut', { skip: !existsSync(records) }, () => {
  for (const line of readFileSync(records, 'utf8').trim().split('\n')) {
    const record = JSON.parse(line) as { title: string; content_start: string };
    const repaired = withoutRepeatedTitle(record.content_start, record.title);
    const isRepeated = record.content_start.startsWith(`${record.title}\n====`);
    if (isRepeated) assert.ok(!repaired.startsWith(record.title), record.title);
    assert.ok(record.content_start.length - repaired.length <= 2 * record.title.length + 12, record.title);
    assert.equal(withoutRepeatedTitle(repaired, record.title), repaired);
  }
});
