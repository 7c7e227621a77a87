import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agenciaBrasil } from '../../../../functions/scrape/extractors/agencia-brasil.ts';
import { classic } from '../../../../functions/scrape/extractors/classic.ts';
import { tvBrasil } from '../../../../functions/scrape/extractors/tv-brasil.ts';
import { decodeBody } from '../../../../functions/scrape/fetch/read-body.ts';
import { page } from './markup.ts';

const url = 'https://www.gov.br/mec/pt-br/noticias/a';

/** A classic article of this body, with a title and a subtitle above it. */
function article(body: string) {
  const head = '<h1 class="documentFirstHeading">Escola abre vagas</h1><p class="description">Inscrições até maio</p>';
  return classic.parseArticle(page(`<div id="content">${head}<div id="content-core">${body}</div></div>`, url), url);
}

const facebook = 'https://www.facebook.com/sharer/sharer.php?u=x';
const whatsapp = 'https://api.whatsapp.com/send?text=x';

test('blocks for sharing go in every markup that portals have for them', () => {
  for (const share of [
    `<ul><li><a href="${facebook}">Facebook</a></li><li><a href="${whatsapp}">WhatsApp</a></li><li><a href="#">Copiar para área de transferência</a></li></ul>`,
    `<div><span>Compartilhe:</span><a href="${facebook}"><i></i><span>Compartilhe por Facebook</span></a><a href="${url}">link para Copiar para área de transferência</a></div>`,
    `<h3>Compartilhe</h3><p><a href="${facebook}">Compartilhar no Facebook</a></p><p><a href="https://wa.me/?text=a">Enviar por WhatsApp</a></p><p><a href="${url}">Copiar link</a></p>`,
    `<p><a href="${facebook}"><img src="/fb.png"></a><a href="https://twitter.com/intent/tweet?x"><img src="/x.png" alt="Twitter"></a></p>`,
    '<p>Compartilhe: <a href="https://bsky.app/intent/compose?text=x">Bluesky</a> | <a href="https://www.linkedin.com/shareArticle?x">LinkedIn</a></p>',
    `<p>Copiar para área de transferência</p><p>Compartilhe:<br><a href="${facebook}">Facebook</a></p>`,
  ]) {
    const { content, imageUrl } = article(`<p>Um.</p>${share}<p>Dois.</p>`);
    assert.deepEqual([content, imageUrl], ['Um.\n\nDois.', null], share);
  }
  assert.equal(article(`<p>Um.<br>Compartilhe: <a href="${facebook}">Facebook</a></p>`).content, 'Um.');
});

test('title, subtitle and date lines above the text go in every dress', () => {
  for (const head of [
    '<p><u>Escola abre vagas</u></p><p><b>ESCOLA ABRE VAGAS</b></p><h2>Escola abre vagas.</h2><p>Inscrições até maio</p>',
    '<p><strong>Escola abre vagas</strong><br>Inscrições até maio<br>10/01/2015 10h00</p>',
    '<p>Publicado em 10/01/2015 10h00 Atualizado em 11/01/2015 às 11:00</p>',
    '<p>Publicado em</p><p>10/01/2015 10h00</p><p>Atualizado em</p><p>11/01/2015</p>',
    '<p>por <b>Ascom</b> — publicado <span>10/01/2015 10h00</span>, última modificação 10/01/2015 10h30</p>',
    '<p>Publicado em 31/01/2024 14h30 por Ana da Silva</p><p>Sexta-feira, 9 de janeiro de 2015</p><p>10.01.2015</p>',
    '<p>Criado: Sexta, 09 Janeiro 2015 10:00</p><p>31/01/24 14h30</p>',
  ]) {
    assert.equal(article(`${head}<p>Um.</p>`).content, 'Um.', head);
  }
  const lines = '<p>Escola abre vagas<br>Um.<br>10/01/2015</p>';
  assert.equal(article(lines).content, 'Um.  \n10/01/2015', 'only the lines at the top');
});

test('sentences that begin like the frame stay', () => {
  for (const sentence of [
    'Compartilhe a foto da sua turma no Facebook.',
    'Publicado em 10/01/2015 por decreto do governo.',
    'Publicado em 10 de janeiro de 2015, o edital segue em vigor.',
    'Dúvidas podem ser enviadas para duvidas@exemplo.gov.br ou pelo telefone (61) 2022-0000.',
    'A Assessoria de Comunicação informou que o telefone mudou.',
    'Assessoria de Comunicação informou que o telefone mudou.',
    'Siga o canal da comunidade no WhatsApp e receba o edital.',
    'Escola abre vagas para todos.',
  ]) {
    assert.equal(article(`<p>${sentence}</p>`).content, sentence);
    assert.equal(article(`<p>Um.</p><p>${sentence}</p>`).content, `Um.\n\n${sentence}`);
  }
});

test('the address of the press office goes at the end, and only there', () => {
  for (const contact of [
    '<p><b>Assessoria de Comunicação Social do MEC</b><br>(61) 2022-0000 / 0001<br><a href="mailto:a@mec.gov.br">a@mec.gov.br</a></p>',
    '<p>Assessoria de Comunicação</p><p>Ministério da Educação</p><p>Telefone: (61) 2022-0000</p><p>E-mail: a@mec.gov.br</p>',
    '<p><em>Ascom/MEC</em></p><p>Mais informações:<br>Assessoria de Imprensa<br>Tel.: (61) 2022-0000</p>',
    '<p>Mais informações:</p><p>Coordenação-Geral de Comunicação Social</p><p>www.gov.br/mec</p>',
    '<h3>Informações à Imprensa</h3><p>imprensa@mec.gov.br</p>',
    '<hr><p>Comunicação Social da Polícia Federal no Paraná</p><p>Contato: (41) 3251-0000</p>',
  ]) {
    assert.equal(article(`<p>Um.</p>${contact}`).content, 'Um.', contact);
    assert.match(article(`<p>Um.</p>${contact}<p>Dois.</p>`).content, /^Um\.\n\n.+\n\nDois\.$/s, contact);
    const picture = article(`<p>Um.</p>${contact}<p><img src="/f.jpg"></p>`);
    assert.equal(picture.content, 'Um.\n\n![](https://www.gov.br/f.jpg)', contact);
  }
  const numbers = '<p>Inscrições:</p><p>Telefone: (61) 2022-0000</p><p>E-mail: a@mec.gov.br</p>';
  assert.match(article(numbers).content, /0000\n\nE-mail/, 'numbers without an office are of the text');
  assert.match(article(`${numbers}<p>Ascom MEC</p>`).content, /a@mec\.gov\.br$/);
  assert.equal(article('<p>Assessoria de Comunicação</p>').content, 'Assessoria de Comunicação', 'the whole text');
});

test('pictures are the ones that show something, at their largest', () => {
  const image = (tag: string) => article(`<p>Um.</p><p>${tag}</p>`).imageUrl;
  assert.equal(image('<img src="data:image/gif;base64,A" data-src="/a.jpg">'), 'https://www.gov.br/a.jpg');
  assert.equal(image('<img data-srcset="/a-3.jpg 300w, /a-6.jpg 600w">'), 'https://www.gov.br/a-6.jpg');
  for (const none of [
    '<img src="/a.png" width="16" height="16">',
    '<img src="/a.png" style="width: 24px; height: 24px">',
    '<img src="/a.gif" width="1" height="1">',
    '<img src="/imagens/spacer.gif">',
    '<img src="resolveuid/1/@@images/image/icon">',
  ]) {
    assert.equal(image(none), null, none);
    assert.equal(article(`<p>Um.</p><p>${none}</p>`).content, 'Um.', none);
  }
  assert.equal(image('<img src="/a.png" width="600" height="20">'), 'https://www.gov.br/a.png');
});

test('markup pasted from a word processor, in capitals or unclosed is read as it looks', () => {
  const word =
    '<p class="MsoNormal"><o:p></o:p></p><!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]--><p><span>O <st1:x>Ministério</st1:x><o:p></o:p></span></p><xml><w:a>x</w:a></xml>';
  assert.equal(article(word).content, 'O Ministério');
  const capitals = '<P>UM <B>dois</B><BR>TRÊS</P><UL><LI>a<LI>b</UL><TABLE><TR><TD>a<TD>b<TR><TD>c<TD>d</TABLE>';
  assert.equal(article(capitals).content, 'UM **dois**  \nTRÊS\n\n- a\n- b\n\n| a | b |\n| --- | --- |\n| c | d |');
});

test('a page in Latin-1 yields the text of the same page in UTF-8', () => {
  const html =
    '<meta charset="iso-8859-1"><div id="content"><h1 class="documentFirstHeading">Ação</h1><p>Não é “só”.</p></div>';
  const body = decodeBody(Buffer.from(html.replace(/[“”]/g, '"'), 'latin1'), 'text/html');
  const { title, content } = classic.parseArticle(page(body, url), url);
  assert.deepEqual([title, content], ['Ação', 'Não é "só".']);
});

test('a wall time has the offset that was in force, however the date is written', () => {
  for (const line of ['Publicado em 10/01/2015 10h00', 'Publicado em 10 de janeiro de 2015 às 10h00']) {
    assert.equal(article(`<p>${line}</p><p>Um.</p>`).published?.instant.toISOString(), '2015-01-10T12:00:00.000Z');
  }
});

test('EBC closes its texts with lines that are none of them', () => {
  const agency = `<h1 class="titulo-materia">Chuva</h1><div class="conteudo-noticia"><p>Um.</p>
    <p>&gt;&gt; <a href="https://whatsapp.com/channel/x">Siga o canal da Agência Brasil no WhatsApp</a></p><p>Dois.</p>
    <p><em>*Com informações da Agência Lusa</em></p></div>`;
  assert.equal(agenciaBrasil.parseArticle(page(agency, url), url).content, 'Um.\n\nDois.');
  const lines = [
    'Tags: a, b',
    'Clique aqui para saber como sintonizar',
    '* Restrição de uso',
    '<b>*Restrição de uso</b>',
  ];
  const tv = `<article><h1>Rios</h1><p>Clique aqui e ali, disse.</p>${lines.map((line) => `<p>${line}</p>`).join('')}</article>`;
  assert.equal(tvBrasil.parseArticle(page(tv, url), url).content, 'Clique aqui e ali, disse.');
});

test('every engine says which version of itself has read a page', () => {
  for (const { version } of [classic, agenciaBrasil, tvBrasil]) assert.ok(Number.isInteger(version) && version > 0);
});
