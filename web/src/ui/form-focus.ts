/** Where the focus goes in a form: into its first field at first, into the first one that was refused afterwards. */
import { useEffect, useRef, type RefObject } from 'react';

const inputs = 'input, select, textarea, button, [contenteditable=true]';

/** For forms whose fields are marked with `data-field`; `error` is what the server said last. */
export function useFormFocus(error: Error | null): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const fields = [...(form.current?.querySelectorAll('[data-field]') ?? [])];
    const at = error ? fields.find((field) => field.querySelector('[role=alert]')) : fields[0];
    at?.querySelector<HTMLElement>(inputs)?.focus();
    if (error) at?.scrollIntoView({ block: 'center' });
  }, [error]);
  return form;
}
