/** Signing in on the page of an external issuer and coming back, in a browser; the issuer lies on another site. */
import { afterAll, expect, test } from 'vitest';
import { freePort } from '../server/src/platform/db/embedded.ts';
import { useBrowser } from '../test/browser.ts';
import { fakeClient, startFakeOidc } from '../test/fake-oidc/fake-oidc.ts';
import { emailOf, expectAccessible, register } from './app.ts';

const issuer = await startFakeOidc();
afterAll(() => issuer.close());
const port = await freePort();
const piper = useBrowser({
  env: {
    PORT: String(port),
    PUBLIC_URL: `http://localhost:${port}`,
    AUTH_ISSUER: issuer.issuer,
    AUTH_JWKS_URL: issuer.jwksUrl,
    AUTH_CLIENT_ID: fakeClient.clientId,
    AUTH_CLIENT_SECRET: fakeClient.clientSecret,
  },
});

const person = { sub: 'user_grace', email: 'grace@example.com', email_verified: true, name: 'Grace Hopper' };
const leaveForIssuer = { name: 'Sign in with your organisation' };

test('the first person makes the account there, and returns signed in to where they wanted to go', async () => {
  issuer.person = person;
  const page = await piper.newPage();
  await page.goto('/');
  await page.getByText('it will be its owner').waitFor();
  await page.getByRole('link', { name: 'Continue with your organisation' }).click();
  await page.getByRole('link', { name: 'Agree' }).click();
  await page.getByRole('heading', { name: /^Hello.*Grace/ }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: /^Hello.*Grace/ }).waitFor();

  const again = await piper.newPage();
  await again.goto('/settings/keys');
  await again.getByRole('link', leaveForIssuer).click();
  await again.getByRole('link', { name: 'Agree' }).click();
  await again.getByRole('heading', { name: 'API keys' }).first().waitFor();
  expect(new URL(again.url()).pathname).toBe('/settings/keys');
});

test('who refuses there is told so, keeps the way on, and can try again', async () => {
  issuer.person = person;
  const page = await piper.newPage();
  await page.goto('/projects');
  await page.getByRole('link', leaveForIssuer).click();
  await page.getByRole('link', { name: 'Refuse' }).click();
  await page.getByRole('alert').getByText('cancelled or not confirmed').waitFor();
  await expectAccessible(page, 'refused sign-in');
  await page.getByRole('link', leaveForIssuer).click();
  await page.getByRole('link', { name: 'Agree' }).click();
  await page.getByRole('heading', { name: 'Projects', level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/projects');
});

test('an address that has an account is not taken over, and the person learns what to do', async () => {
  await register(await piper.newPage(), 'Ada Lovelace');
  issuer.person = { sub: 'user_other', email: emailOf('Ada Lovelace'), email_verified: false };
  const page = await piper.newPage();
  await page.goto('/sign-in');
  await page.getByRole('link', leaveForIssuer).click();
  await page.getByRole('link', { name: 'Agree' }).click();
  await page.getByRole('alert').getByText('Sign in with its password').waitFor();
  expect(await page.context().cookies()).not.toContainEqual(expect.objectContaining({ name: 'piper_session' }));
});

test('an issuer that is away is told on the sign-in page', async () => {
  const page = await piper.newPage();
  await piper.piper.restart(); // it has not spoken to the issuer yet
  await issuer.close();
  await page.goto('/sign-in');
  await page.getByRole('link', leaveForIssuer).click();
  await page.getByRole('alert').getByText('cannot be reached').waitFor();
  expect(await page.getByLabel('Password').isEditable()).toBe(true);
});
