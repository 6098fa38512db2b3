/** Piper's own access tokens: JWT, HS256, short-lived. They name the account and the session; rights are looked up. */
import { errors, jwtVerify, SignJWT } from 'jose';
import { fail } from '@piper/shared/errors';
import type { Deps } from '#platform/deps';
import { tokenKey } from './secrets.ts';

const issuer = 'piper';

export interface AccessToken {
  accessToken: string;
  expiresAt: Date;
}

/** Signs a token for this session, valid from now for JWT_TTL. */
export async function signAccessToken(deps: Deps, userId: string, sessionId: string): Promise<AccessToken> {
  const issued = Math.floor(deps.clock.now().getTime() / 1_000);
  const expires = issued + deps.env.auth.jwtTtl;
  const accessToken = await new SignJWT({ sid: sessionId })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(issuer)
    .setSubject(userId)
    .setIssuedAt(issued)
    .setExpirationTime(expires)
    .sign(tokenKey(deps.env));
  return { accessToken, expiresAt: new Date(expires * 1_000) };
}

/** Checks signature and time. Throws `token_expired`, or `unauthenticated` for anything that is not our token. */
export async function verifyAccessToken(
  deps: Deps,
  token: string,
): Promise<{ userId: string; sessionId: string; expiresAt: number }> {
  try {
    const { payload } = await jwtVerify(token, tokenKey(deps.env), {
      algorithms: ['HS256'],
      issuer,
      currentDate: deps.clock.now(),
      requiredClaims: ['sub', 'exp', 'sid'],
    });
    return { userId: String(payload.sub), sessionId: String(payload['sid']), expiresAt: Number(payload.exp) * 1_000 };
  } catch (error) {
    if (error instanceof errors.JWTExpired) fail('token_expired');
    return fail('unauthenticated', 'The access token is not valid.');
  }
}
