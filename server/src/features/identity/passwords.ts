/** The only module that knows bcrypt. It is native code: where no binary is installed, the first use says so plainly. */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Deps } from '#platform/deps';

declare module '#platform/deps' {
  interface Deps {
    /** bcrypt's cost; only tests lower it. */
    passwordCost?: number;
  }
}

type Bcrypt = typeof import('@node-rs/bcrypt');
let loading: Promise<Bcrypt> | undefined;

function loadBcrypt(): Promise<Bcrypt> {
  return (loading ??= import('@node-rs/bcrypt').catch((err: unknown) => {
    const platform = `${process.platform}-${process.arch}`;
    throw new Error(
      `Passwords can't be checked: @node-rs/bcrypt has no binary for ${platform} here. Run "npm install" on this machine.`,
      {
        cause: err,
      },
    );
  }));
}

const costOf = (deps: Deps): number => deps.passwordCost ?? 12;

/** Hashes off the event loop. Throws `password_too_short` or `password_too_long` (bcrypt would cut it in silence). */
export async function hashPassword(deps: Deps, password: string): Promise<string> {
  if (Array.from(password).length < limits.passwordCharacters) fail('password_too_short');
  if (isTooLong(password)) fail('password_too_long');
  const bcrypt = await loadBcrypt();
  return bcrypt.hash(password, { cost: costOf(deps), rejectLongPasswords: true });
}

const decoys = new Map<number, Promise<string>>();

/** Whether the password belongs to the hash. Without a hash it takes the same time and answers false. */
export async function isPassword(deps: Deps, password: string, hash: string | null | undefined): Promise<boolean> {
  const bcrypt = await loadBcrypt();
  // Made in any case, so that the first attempt of a process takes no longer for an unknown address either.
  const decoy = await decoyHash(bcrypt, costOf(deps));
  const usable = hash != null && !isTooLong(password);
  const matches = await bcrypt.verify(password, usable ? hash : decoy);
  return usable && matches;
}

/** A hash no one has the password of, at the same cost as the real ones. */
function decoyHash(bcrypt: Bcrypt, cost: number): Promise<string> {
  let decoy = decoys.get(cost);
  if (!decoy) decoys.set(cost, (decoy = bcrypt.hash(crypto.randomUUID(), { cost })));
  return decoy;
}

const isTooLong = (password: string): boolean => Buffer.byteLength(password) > limits.passwordBytes;
