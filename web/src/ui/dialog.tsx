/** A modal dialog on HeroUI (React Aria): focus is held inside, Escape closes, the page behind is hidden from readers. */
import { Modal } from '@heroui/react';
import { X } from 'lucide-react';
import { useState, type ReactNode, type SyntheticEvent } from 'react';
import { IconButton } from './button.tsx';

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  size?: 'sm' | 'md' | 'lg' | 'cover';
}

export function Dialog({ title, isOpen, onClose, children, size = 'md' }: DialogProps) {
  // A slip of the mouse beside it must not throw away a form somebody is filling in.
  const [isInUse, setInUse] = useState(false);
  if (isInUse && !isOpen) setInUse(false);
  const notice = ({ target }: SyntheticEvent): void => {
    if (target instanceof Element && target.closest('form')) setInUse(true);
  };
  return (
    <Modal.Backdrop isOpen={isOpen} onOpenChange={(open) => (open ? undefined : onClose())} isDismissable={!isInUse}>
      <Modal.Container size={size} placement="auto">
        <Modal.Dialog aria-label={title} className="gap-4 overflow-y-auto rounded-xl p-5">
          <header className="flex items-center gap-3">
            <Modal.Heading className="min-w-0 flex-1 truncate text-base font-semibold">{title}</Modal.Heading>
            <IconButton label="Close" size="sm" onClick={onClose}>
              <X size={16} aria-hidden />
            </IconButton>
          </header>
          <div role="presentation" className="contents" onInput={notice} onClick={notice}>
            {children}
          </div>
        </Modal.Dialog>
      </Modal.Container>
    </Modal.Backdrop>
  );
}
