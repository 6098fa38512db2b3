/** The browser's own modal dialog: for what the shell itself needs (drawer, command palette) without loading a library. */
import { useEffect, useRef, type ReactNode } from 'react';

interface NativeDialogProps {
  label: string;
  isOpen: boolean;
  onClose: () => void;
  className?: string;
  children: ReactNode;
}

export function NativeDialog({ label, isOpen, onClose, className = '', children }: NativeDialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (isOpen && !dialog.open) dialog.showModal();
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return (
    // A click on the backdrop hits the dialog itself; Escape is the keyboard's way, which the browser gives.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- because the keyboard has its own way, see above
    <dialog
      ref={ref}
      aria-label={label}
      onClose={onClose}
      // It may stand in another dialog, which must not take the same Escape for its own.
      onKeyDown={(event) => (event.key === 'Escape' ? event.stopPropagation() : undefined)}
      onClick={(event) => (event.target === ref.current ? onClose() : undefined)}
      className={className}
    >
      {isOpen ? children : null}
    </dialog>
  );
}
