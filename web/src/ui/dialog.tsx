/** A modal dialog on HeroUI (React Aria): focus is held inside, Escape closes, the page behind is hidden from readers. */
import { Modal } from '@heroui/react';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from './button.tsx';

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  size?: 'sm' | 'md' | 'lg' | 'cover';
}

export function Dialog({ title, isOpen, onClose, children, size = 'md' }: DialogProps) {
  return (
    <Modal.Backdrop isOpen={isOpen} onOpenChange={(open) => (open ? undefined : onClose())} isDismissable>
      <Modal.Container size={size} placement="auto">
        <Modal.Dialog aria-label={title} className="gap-4 overflow-y-auto rounded-xl p-5">
          <header className="flex items-center gap-3">
            <Modal.Heading className="min-w-0 flex-1 truncate text-base font-semibold">{title}</Modal.Heading>
            <IconButton label="Close" size="sm" onClick={onClose}>
              <X size={16} aria-hidden />
            </IconButton>
          </header>
          {children}
        </Modal.Dialog>
      </Modal.Container>
    </Modal.Backdrop>
  );
}
