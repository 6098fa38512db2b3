/** Label, help and error around inputs that are more than one native element. */
import type { ReactNode } from 'react';
import type { VisibleField } from '../platform/records.ts';

interface FrameProps {
  field: Pick<VisibleField, 'label' | 'help' | 'required'>;
  error?: string | undefined;
  children: ReactNode;
}

export function Frame({ field, error, children }: FrameProps) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-1">
      <legend className="mb-1 text-[0.8125rem] font-medium">
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
        <p role="alert" className="text-[0.8125rem] text-danger-soft-foreground">
          {error}
        </p>
      ) : field.help ? (
        <p className="text-[0.8125rem] text-muted">{field.help}</p>
      ) : null}
    </fieldset>
  );
}
