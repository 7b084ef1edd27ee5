// A real issuer: oidc-provider with accounts, clients and keys from standard input (JSON).
// Its pages are two forms: `login` (who, and how strongly), then `consent`.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(process.argv[2] + '/'));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
const given = JSON.parse(readFileSync(0));

const provider = new Provider(given.issuer, {
  clients: given.clients,
  jwks: { keys: given.keys },
  cookies: { keys: ['tests only'] },
  claims: { openid: ['sub', 'amr'], profile: ['name', 'roles', 'station'] },
  conformIdTokenClaims: false,
  acrValues: ['mfa'],
  scopes: ['openid', 'profile', 'records.read', 'volunteers.read'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, indicator) => ({
        scope: 'records.read volunteers.read',
        audience: indicator,
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  findAccount: (_, sub) => sub in given.accounts
    ? { accountId: sub, claims: () => ({ sub, ...given.accounts[sub] }) }
    : undefined,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, ClientCredentials: 300,
    Interaction: 300, Session: 300, Grant: 300 },
  pkce: { required: () => true },
});

async function posted(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'text/plain');
    return response.end(details.prompt.name);
  }
  const form = await posted(request);
  if (details.prompt.name === 'login') {
    const login = { accountId: form.login, acr: form.acr, amr: form.amr?.split(' ') };
    return provider.interactionFinished(request, response, { login });
  }
  const grant = new provider.Grant({
    accountId: details.session.accountId, clientId: details.params.client_id,
  });
  grant.addOIDCScope(details.params.scope);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent },
    { mergeWithLastSubmission: true });
}

createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return provider.callback()(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
}).listen(new URL(given.issuer).port, '127.0.0.1', () => console.log('ready'));
