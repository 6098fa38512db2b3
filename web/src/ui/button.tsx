/** Buttons: native elements in HeroUI's clothes, so that the shell stays light. */
import type { ComponentPropsWithRef, ReactNode } from 'react';

type Variant = 'primary' | 'secondary' | 'outline' | 'ghost' | 'danger' | 'danger-soft';

interface ButtonProps extends ComponentPropsWithRef<'button'> {
  variant?: Variant;
  size?: 'sm' | 'md';
  /** Something is on its way: the button keeps its place and can't be pressed again. */
  isBusy?: boolean;
}

export const buttonClass = (variant: Variant = 'secondary', size: 'sm' | 'md' = 'md', extra = ''): string =>
  `button button--${variant === 'secondary' ? 'outline' : variant} button--${size} ${extra}`;

export function Button({
  variant = 'secondary',
  size = 'md',
  isBusy = false,
  className = '',
  disabled,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || isBusy}
      aria-busy={isBusy || undefined}
      className={buttonClass(variant, size, className)}
    >
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'children'> {
  /** Spoken, and shown on hover. */
  label: string;
  children: ReactNode;
}

export function IconButton({
  label,
  variant = 'ghost',
  size = 'md',
  isBusy = false,
  className = '',
  disabled,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      {...rest}
      disabled={disabled || isBusy}
      className={`button button--icon-only button--${variant} button--${size} ${className}`}
    />
  );
}
