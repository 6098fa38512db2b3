/** Form fields with label, help and error tied together for screen readers. */
import { useId, type ComponentProps, type ComponentPropsWithoutRef, type ReactNode } from 'react';

interface Common {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  /** The label is only spoken. */
  hideLabel?: boolean;
}

interface Typed extends Common {
  /** What is wrong with what stands in the field right now: shown, and its form can't be sent until it is put right. */
  problem?: string | undefined;
}

interface FrameProps extends Typed {
  id: string;
  required?: boolean | undefined;
  children: ReactNode;
}

function FieldFrame({ id, label, help, error: refused, problem, hideLabel = false, required, children }: FrameProps) {
  const error = problem ?? refused;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'text-[0.8125rem] font-medium'}>
        {label}
        {required ? (
          <span className="text-muted" aria-hidden>
            {' '}
            *
          </span>
        ) : null}
      </label>
      {children}
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-[0.8125rem] text-danger-soft-foreground">
          {error}
        </p>
      ) : null}
      {help && !error ? (
        <p id={`${id}-help`} className="text-[0.8125rem] text-muted">
          {help}
        </p>
      ) : null}
    </div>
  );
}

function describe(id: string, { help, error, problem }: Typed): Record<string, string | boolean | undefined> {
  const isWrong = Boolean(problem ?? error);
  return {
    'aria-invalid': isWrong || undefined,
    'aria-describedby': isWrong ? `${id}-error` : help ? `${id}-help` : undefined,
  };
}

/** The browser's own check of the form knows of the problem too. */
const report =
  (problem: string | undefined) =>
  (element: HTMLInputElement | HTMLTextAreaElement | null): void =>
    element?.setCustomValidity(problem ?? '');

export function TextField({
  label,
  help,
  error,
  problem,
  hideLabel,
  className = '',
  ...rest
}: Typed & ComponentPropsWithoutRef<'input'>) {
  const id = useId();
  return (
    <FieldFrame {...{ id, label, help, error, problem, hideLabel: hideLabel ?? false, required: rest.required }}>
      <input
        id={id}
        ref={report(problem)}
        {...describe(id, { label, help, error, problem })}
        {...rest}
        className={`input ${className}`}
      />
    </FieldFrame>
  );
}

export function TextArea({
  label,
  help,
  error,
  problem,
  hideLabel,
  className = '',
  ...rest
}: Typed & ComponentPropsWithoutRef<'textarea'>) {
  const id = useId();
  return (
    <FieldFrame {...{ id, label, help, error, problem, hideLabel: hideLabel ?? false, required: rest.required }}>
      <textarea
        id={id}
        rows={4}
        ref={report(problem)}
        {...describe(id, { label, help, error, problem })}
        {...rest}
        className={`input resize-y leading-relaxed ${className}`}
      />
    </FieldFrame>
  );
}

export interface Option {
  value: string;
  label: string;
}

export function SelectField({
  label,
  help,
  error,
  hideLabel,
  options,
  className = '',
  ...rest
}: Common & ComponentProps<'select'> & { options: readonly Option[] }) {
  const id = useId();
  return (
    <FieldFrame {...{ id, label, help, error, hideLabel: hideLabel ?? false, required: rest.required }}>
      <select id={id} {...describe(id, { label, help, error })} {...rest} className={`input cursor-pointer pr-8 ${className}`}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}

interface SwitchProps {
  label: string;
  help?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export function SwitchField({ label, help, checked, disabled = false, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <button
        type="button"
        role="switch"
        id={id}
        aria-checked={checked}
        aria-labelledby={`${id}-label`}
        disabled={disabled}
        onClick={() => onChange(!checked)}
        className={`mt-0.5 flex h-5 w-9 shrink-0 items-center rounded-full border p-0.5 transition-colors ${checked ? 'border-accent bg-accent' : 'border-muted bg-surface-tertiary'}`}
      >
        <span
          className={`size-3.5 rounded-full transition-transform ${checked ? 'translate-x-4 bg-accent-foreground' : 'bg-muted'}`}
        />
      </button>
      <div>
        <label id={`${id}-label`} htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {help ? <p className="text-[0.8125rem] text-muted">{help}</p> : null}
      </div>
    </div>
  );
}
