/** Label, help and error around inputs that are more than one native element. */
import { useId, type ReactNode } from 'react';
import type { VisibleField } from '../platform/records.ts';

interface FrameProps {
  field: Pick<VisibleField, 'label' | 'help' | 'required'>;
  error?: string | undefined;
  /** The label is only spoken. */
  hideLabel?: boolean;
  children: ReactNode;
}

export function Frame({ field, error, hideLabel = false, children }: FrameProps) {
  const id = useId();
  return (
    <fieldset aria-describedby={error || field.help ? id : undefined} className="flex min-w-0 flex-col gap-1">
      <legend className={hideLabel ? 'sr-only' : 'mb-1 text-[0.8125rem] font-medium'}>
        {field.label}
        {field.required ? (
          <span className="text-muted" aria-hidden>
            {' '}
            *
          </span>
        ) : null}
      </legend>
      {children}
      {error ? (
        <p id={id} role="alert" className="text-[0.8125rem] text-danger-soft-foreground">
          {error}
        </p>
      ) : field.help ? (
        <p id={id} className="text-[0.8125rem] text-muted">
          {field.help}
        </p>
      ) : null}
    </fieldset>
  );
}
