/** The page that shows a project's OpenAPI document, with the parts that /api/docs serves; nothing comes from outside. */

const parts = '/api/docs/static';

export const docsPage = (title: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    <link rel="stylesheet" href="${parts}/swagger-ui.css">
    <link rel="icon" type="image/png" href="${parts}/favicon-32x32.png" sizes="32x32">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="${parts}/swagger-ui-bundle.js" charset="utf-8"></script>
    <script src="/api/docs/of-project.js" charset="utf-8"></script>
  </body>
</html>
`;

/** Pages may run no script of their own text, so it has an address. */
export const docsScript = `window.ui = SwaggerUIBundle({
  url: location.pathname.replace(/\\/docs\\/?$/, '/openapi.json'),
  dom_id: '#swagger-ui',
  docExpansion: 'none',
  deepLinking: true,
});
`;

const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => signs[sign]!);
