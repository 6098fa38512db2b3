/** What an external token says about its person, in the dialects of OpenID and of Clerk. Roles it claims are not ours to believe. */
import type { JWTPayload } from 'jose';
import { limits } from '@piper/shared/limits';

export interface ExternalClaims {
  issuer: string;
  subject: string;
  email: string | undefined;
  emailVerified: boolean;
  name: string | undefined;
  image: string | undefined;
}

/** Reads the claims; what is absent or malformed is undefined. */
export function readExternalClaims(payload: JWTPayload, issuer: string): ExternalClaims {
  const text = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = payload[name];
      if (typeof value === 'string' && value.trim() !== '' && !value.includes('\0')) return value.trim();
    }
    return undefined;
  };
  const email = text('email', 'primary_email_address', 'email_address');
  const fullName = [text('given_name', 'first_name'), text('family_name', 'last_name')]
    .filter((part) => part !== undefined)
    .join(' ');
  const image = text('image_url', 'picture');
  return {
    issuer,
    subject: String(payload.sub),
    email: email !== undefined && email.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(email) ? email : undefined,
    emailVerified: payload['email_verified'] === true,
    name: (text('name', 'full_name') ?? (fullName || undefined))?.slice(0, limits.title),
    image: image !== undefined && image.startsWith('https://') && image.length <= 2_000 ? image : undefined,
  };
}
