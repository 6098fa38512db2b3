/**
 * An OpenID issuer of our own that speaks the protocol over HTTP: discovery, key set, a page that asks the person, and
 * the exchange of codes (once each, with the client's secret, the same return address and the PKCE verifier).
 */
import { createHash, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, SignJWT, type JWTPayload } from 'jose';

export const fakeClient = { clientId: 'piper-client', clientSecret: 'a secret of the client' };

export interface TokenOptions {
  key?: KeyObject;
  iss?: string;
  expires?: string;
  aud?: string;
}

export interface FakeOidc {
  issuer: string;
  jwksUrl: string;
  /** The public key, for those who are given it instead of the address of the key set. */
  pem: string;
  /** Whoever sits before the issuer's page: the claims of the next token. */
  person: JWTPayload;
  /** A token of the issuer with any claims. */
  sign(claims: JWTPayload, options?: TokenOptions): Promise<string>;
  /** Where the person who agrees is sent: the callback with a fresh code. */
  agree(request: URLSearchParams): URL;
  close(): Promise<void>;
}

export async function startFakeOidc(): Promise<FakeOidc> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  /** What each code that was handed out stands for. */
  const given = new Map<string, URLSearchParams>();

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', issuer);
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const leave = (to: URL) => response.writeHead(302, { location: to.href }).end();
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return void json(200, describe(issuer));
      case '/jwks':
        return void json(200, { keys: [jwk] });
      case '/authorize':
        return void response.writeHead(200, { 'content-type': 'text/html' }).end(askPage(url.search));
      case '/agree':
        return void leave(oidc.agree(url.searchParams));
      case '/refuse':
        return void leave(callback(url.searchParams, { error: 'access_denied' }));
      case '/token': {
        const tokens = await exchange(new URLSearchParams(await text(request)), request.headers.authorization);
        return void (tokens ? json(200, tokens) : json(400, { error: 'invalid_grant' }));
      }
      default:
        response.writeHead(404).end();
    }
  }

  async function exchange(body: URLSearchParams, authorization: string | undefined): Promise<object | undefined> {
    const code = body.get('code') ?? '';
    const request = given.get(code);
    given.delete(code);
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    const fits =
      request?.get('code_challenge') === challenge &&
      request.get('redirect_uri') === body.get('redirect_uri') &&
      secretOf(body, authorization) === fakeClient.clientSecret;
    if (!fits) return undefined;
    const claims = { ...oidc.person, nonce: request.get('nonce') };
    return {
      access_token: 'opaque',
      token_type: 'Bearer',
      expires_in: 60,
      id_token: await oidc.sign(claims, { aud: fakeClient.clientId }),
    };
  }

  const oidc: FakeOidc = {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    person: { sub: 'nobody' },
    sign(claims, { key = privateKey, iss = issuer, expires = '5m', aud } = {}) {
      const jwt = new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(iss)
        .setIssuedAt()
        .setExpirationTime(expires);
      if (aud !== undefined) jwt.setAudience(aud);
      return jwt.sign(key);
    },
    agree(request) {
      const code = randomUUID();
      given.set(code, request);
      return callback(request, { code });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return oidc;
}

const describe = (issuer: string): object => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  id_token_signing_alg_values_supported: ['RS256'],
});

const askPage = (query: string): string => {
  const safe = query.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<!doctype html><title>Issuer</title><h1>May Piper know who you are?</h1><a href="/agree${safe}">Agree</a> <a href="/refuse${safe}">Refuse</a>`;
};

function callback(request: URLSearchParams, answer: Record<string, string>): URL {
  const url = new URL(request.get('redirect_uri') ?? '');
  url.search = new URLSearchParams({ ...answer, state: request.get('state') ?? '' }).toString();
  return url;
}

/** The client's secret, however it was sent: in the body or as basic authentication. */
function secretOf(body: URLSearchParams, authorization: string | undefined): string | null {
  const basic = /^Basic (.+)$/.exec(authorization ?? '')?.[1];
  if (basic === undefined) return body.get('client_secret');
  const secret = Buffer.from(basic, 'base64').toString().split(':')[1] ?? '';
  return decodeURIComponent(secret.replaceAll('+', ' '));
}
