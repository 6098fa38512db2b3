/** A button that opens a menu of actions (HeroUI's Dropdown). */
import { Dropdown } from '@heroui/react';
import type { LucideIcon } from 'lucide-react';
import { useEffect, useRef, type ReactNode, type RefObject } from 'react';

export interface MenuAction {
  id: string;
  label: string;
  icon?: LucideIcon;
  tone?: 'danger';
  isDisabled?: boolean;
  run: () => void;
}

interface MenuProps {
  label: string;
  actions: readonly MenuAction[];
  /** The face of the button. */
  children: ReactNode;
  className?: string;
}

export function Menu({ label, actions, children, className = '' }: MenuProps) {
  const chosen = useRef<() => void>(undefined);
  return (
    <Dropdown>
      <Dropdown.Trigger aria-label={label} className={`button button--icon-only button--ghost button--sm ${className}`}>
        {children}
      </Dropdown.Trigger>
      <Dropdown.Popover className="min-w-44 rounded-lg">
        <RunOnceGone chosen={chosen} />
        <Dropdown.Menu
          aria-label={label}
          onAction={(key) => {
            chosen.current = actions.find((action) => action.id === key)?.run;
          }}
          disabledKeys={actions.filter((a) => a.isDisabled).map((a) => a.id)}
        >
          {actions.map(({ id, label: text, icon: Icon, tone }) => (
            <Dropdown.Item
              key={id}
              id={id}
              textValue={text}
              className={`gap-2 rounded-md text-sm ${tone === 'danger' ? 'text-danger-soft-foreground' : ''}`}
            >
              {Icon ? <Icon size={15} aria-hidden /> : null}
              <span>{text}</span>
            </Dropdown.Item>
          ))}
        </Dropdown.Menu>
      </Dropdown.Popover>
    </Dropdown>
  );
}

/** An open menu keeps the focus to itself: what an action opens could not take it before the menu is gone. */
function RunOnceGone({ chosen }: { chosen: RefObject<(() => void) | undefined> }) {
  useEffect(
    () => () => {
      const run = chosen.current;
      chosen.current = undefined;
      run?.();
    },
    [chosen],
  );
  return null;
}
