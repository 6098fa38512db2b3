/** Light, dark, or what the system says; public/theme.js applies the same choice before the first paint. */
import { useSyncExternalStore } from 'react';

export type Theme = 'light' | 'dark' | 'system';
const storageKey = 'piper.theme';
const media = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

export function theme(): Theme {
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}

const isDark = (): boolean => theme() === 'dark' || (theme() === 'system' && media.matches);

function apply(): void {
  document.documentElement.classList.toggle('dark', isDark());
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light';
  for (const listener of listeners) listener();
}

export function setTheme(next: Theme): void {
  try {
    if (next === 'system') localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  apply();
}

media.addEventListener('change', apply);
addEventListener('storage', (event) => {
  if (event.key === storageKey) apply();
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export const useTheme = (): Theme => useSyncExternalStore(subscribe, theme);
export const useIsDark = (): boolean => useSyncExternalStore(subscribe, isDark);
