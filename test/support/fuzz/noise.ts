import fc from 'fast-check';

/** Texts that have broken readers of pages before. */
const NASTY = [
  '',
  ' ',
  '\u0000',
  '&#0;&#x0;&#xD800;&#1114112;&bogus;&amp;amp;&#',
  '\ud800',
  '\udc00\ud800',
  '\u202eabc\u202c',
  '\u200b\u200d\ufeff\u00ad',
  'a\u0301\u0301\u0301\u0301',
  '👩‍👩‍👧‍👦',
  '<script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '<img src=x onerror=alert(1)>',
  '<a href="javascript:alert(1)">a</a>',
  '<svg onload=alert(1)>',
  '<!--',
  '-->',
  ']]>',
  '<![CDATA[',
  '</',
  '<',
  '<p',
  '"',
  "'",
  '](javascript:alert(1))',
  '[a](javascript:alert(1) "x")',
  '![](x)',
  '\\',
  '```',
  '| --- |',
  '---\n===',
  '\r\r\n',
  '31/02/2026 25h61',
  '2026-02-31T25:61:61Z',
  '9999-12-31T23:59:59-12:00',
  '0000-00-00',
  '1969-12-31T00:00:00+00:00',
  'Publicado em 99/99/9999 99h99',
  'Publicado em 01/01/2026 10h00',
  'Compartilhe:',
  '<p>Compartilhe: <a href="https://www.facebook.com/sharer.php?u=x">Facebook</a></p>',
  '<a href="https://twitter.com/share?url=x">X</a>',
  'Assessoria de Comunicação Social',
  '<base href="javascript:alert(1)">',
  '<base href="mailto:a@b.br">',
  '<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>',
  '<iframe src="javascript:alert(1)//youtube.com/embed/abcdefghijk"></iframe>',
  '<video src="javascript:alert(1)"></video>',
];

/** Values that attributes have on hostile and on broken pages. */
const VALUES = [
  '',
  '#',
  '/',
  '//',
  '?',
  'javascript:alert(1)',
  'JaVaScRiPt\t:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'mailto:a@b.gov.br',
  'tel:+5561',
  'file:///etc/passwd',
  'http://[',
  'https://\u0000/',
  'https://a b/c d.mp4',
  'https://exemplo.gov.br/\ud800\u202e)(.mp4',
  'https://www.facebook.com/sharer.php?u=x',
  'https://www.youtube.com/embed/abcdefghijk',
  'display:none',
  'social-links documentByLine',
  'article.tileItem',
  '999999999999',
  '-1',
  'NaN',
];

const randomText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('<', '>', '&', '"', '=', '/', ' ', '\n', 'p', '*', '_', '[', ']', '(', ')', '#', '\\'),
  }),
);

/** A text to put anywhere. */
export const noise = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 1, arbitrary: randomText },
);

/** A value to put into an attribute or a field. */
export const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 1, arbitrary: randomText },
);
