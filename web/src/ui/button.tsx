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

type State = Pick<ComponentPropsWithRef<'button'>, 'disabled' | 'onClick' | 'aria-disabled' | 'aria-busy'>;

/** A busy one keeps the focus, to which a dialog that opens meanwhile gives it back; it only does nothing. */
const stateOf = (disabled: boolean | undefined, isBusy: boolean, onClick: State['onClick']): State =>
  isBusy
    ? { disabled: disabled ?? false, 'aria-disabled': true, 'aria-busy': true, onClick: (event) => event.preventDefault() }
    : { disabled: disabled ?? false, onClick };

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
      {...stateOf(disabled, isBusy, rest.onClick)}
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
      {...stateOf(disabled, isBusy, rest.onClick)}
      className={`button button--icon-only button--${variant} button--${size} ${className}`}
    />
  );
}
