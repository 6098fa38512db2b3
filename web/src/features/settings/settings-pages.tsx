/** The settings, loaded together: they are small and one looks at several of them. */
export { AppearancePage } from './appearance-page.tsx';
export { KeysPage } from './keys-page.tsx';
export { PeoplePage } from './people-page.tsx';
export { ProfilePage } from './profile-page.tsx';
export { ProvidersPage } from './providers-page.tsx';
export { SecurityPage } from './security-page.tsx';
