/** A message inside a page: what happened, and a way on. */
import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

const tones = {
  info: { icon: Info, style: 'bg-accent-soft text-accent-soft-foreground' },
  warning: { icon: TriangleAlert, style: 'bg-warning-soft text-warning-soft-foreground' },
  danger: { icon: CircleAlert, style: 'bg-danger-soft text-danger-soft-foreground' },
};

interface NoticeProps {
  tone?: keyof typeof tones;
  children: ReactNode;
  /** Buttons. */
  action?: ReactNode;
}

export function Notice({ tone = 'info', children, action }: NoticeProps) {
  const { icon: Icon, style } = tones[tone];
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'note'}
      className={`flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg px-3 py-2 text-sm ${style}`}
    >
      <Icon size={16} className="shrink-0" aria-hidden />
      <div className="min-w-0 flex-1 basis-48 break-words">{children}</div>
      {action}
    </div>
  );
}
