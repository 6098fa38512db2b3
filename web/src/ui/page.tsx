/** The frame of a page: title, what can be done here, content of readable width. */
import type { ReactNode } from 'react';

interface PageProps {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  width?: 'narrow' | 'normal' | 'wide';
}

const widths = { narrow: 'max-w-3xl', normal: 'max-w-5xl', wide: 'max-w-none' };

export function Page({ title, description, actions, children, width = 'normal' }: PageProps) {
  return (
    <div className={`mx-auto flex w-full flex-col gap-5 px-4 py-5 sm:px-7 sm:py-7 ${widths[width]}`}>
      <title>{`${title} · Piper`}</title>
      <header className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1 basis-56">
          <h1 className="truncate text-xl font-semibold tracking-tight">{title}</h1>
          {description ? <p className="mt-0.5 text-sm text-muted">{description}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </div>
  );
}

export function Section({ title, description, actions, children }: Omit<PageProps, 'width'>) {
  return (
    <section className="flex min-w-0 flex-col gap-3" aria-label={title}>
      <div className="flex flex-wrap items-center gap-2">
        <div className="min-w-0 flex-1">
          <h2 className="text-sm font-semibold">{title}</h2>
          {description ? <p className="text-[0.8125rem] text-muted">{description}</p> : null}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}
