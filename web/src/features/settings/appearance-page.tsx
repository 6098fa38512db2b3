import { Monitor, Moon, Sun } from 'lucide-react';
import { setTheme, useTheme, type Theme } from '../../platform/theme.ts';
import { SettingsLayout } from './settings-layout.tsx';

const choices: { value: Theme; label: string; help: string; icon: typeof Sun }[] = [
  { value: 'system', label: 'As the system', help: 'Follows your device, also when it changes at night.', icon: Monitor },
  { value: 'light', label: 'Light', help: 'Ink on paper.', icon: Sun },
  { value: 'dark', label: 'Dark', help: 'Easy on the eyes in the dark.', icon: Moon },
];

export function AppearancePage() {
  const theme = useTheme();
  return (
    <SettingsLayout title="Appearance" description="Kept in this browser.">
      <fieldset className="grid gap-3 sm:grid-cols-3">
        <legend className="sr-only">Appearance</legend>
        {choices.map(({ value, label, help, icon: Icon }) => (
          <label
            key={value}
            className={`card flex cursor-pointer flex-col gap-1 p-4 focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-focus ${theme === value ? 'border-focus bg-accent-soft' : ''}`}
          >
            <input
              type="radio"
              name="theme"
              value={value}
              checked={theme === value}
              onChange={() => setTheme(value)}
              className="sr-only"
            />
            <Icon size={18} aria-hidden />
            <span className="mt-1 font-medium">{label}</span>
            <span className="text-[0.8125rem] text-muted">{help}</span>
          </label>
        ))}
      </fieldset>
    </SettingsLayout>
  );
}
