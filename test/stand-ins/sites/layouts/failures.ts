import type { SampleArticle } from '../article.ts';
import type { SampleSource } from '../sources.ts';
import { type PageWeight, ploneDocument, portalRoot } from './portal.ts';

/** A page of the portal that lost its article: no headline, no text. */
export function emptyArticle(source: SampleSource, article: SampleArticle, weight: PageWeight): string {
  return ploneDocument({
    source,
    weight,
    title: 'Notícias',
    base: article.url,
    bodyClass: 'portaltype-collective-nitf-content',
    head: `  <link rel="canonical" href="${article.url}" />`,
    main: '<div id="wrapper"><main id="main-content"><div id="content"></div></main></div>',
  });
}

/** What the firewall before www.gov.br answers, with status 200, to a reader it takes for a robot. */
export function challenge(): string {
  return `<!DOCTYPE html>
<html><head>
<meta http-equiv="Pragma" content="no-cache"/>
<meta http-equiv="Expires" content="-1"/>
<script>(function(){ var securemsg; var dosl7_common; window["bobcmn"] = "1111111010101020000000520000000"; })();</script>
<script type="text/javascript" src="/TSPD/0800000000ab2000?type=9"></script>
<noscript>Please enable JavaScript to view the page content.</noscript>
</head><body>
</body></html>
`;
}

/** Where a renamed section sends its readers. */
export function loginUrl(source: SampleSource, article: SampleArticle): string {
  const cameFrom = encodeURIComponent(article.url);
  return `${portalRoot(source)}/acl_users/credentials_cookie_auth/require_login?came_from=${cameFrom}`;
}

export function loginPage(source: SampleSource, weight: PageWeight): string {
  return ploneDocument({
    source,
    weight,
    title: 'Acesse sua conta',
    base: `${portalRoot(source)}/login_form`,
    bodyClass: 'template-login_form portaltype-plone-site',
    head: '  <meta name="robots" content="noindex" />',
    main: `<div id="wrapper"><main id="main-content"><div id="content">
  <h1 class="documentFirstHeading">Acesse sua conta</h1>
  <form id="login_form" method="post" action="${portalRoot(source)}/login_form">
    <input type="hidden" name="came_from" value="" />
    <label for="__ac_name">Nome do Usuário</label> <input type="text" name="__ac_name" id="__ac_name" />
    <label for="__ac_password">Senha</label> <input type="password" name="__ac_password" id="__ac_password" />
    <input class="context" type="submit" name="submit" value="Entrar" />
  </form>
</div></main></div>`,
  });
}
