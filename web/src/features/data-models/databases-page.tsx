/** Attaching an existing PostgreSQL: what it would become, how far it is copied, and whether the copy is the same. */
import type { AttachedDatabase, DatabaseConnection, DatabasePreview } from '@piper/shared/attached-databases';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Database, RotateCw, Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { fieldErrors, messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { showToast } from '../../ui/toast.tsx';
import { canManage, useOwnRole, useProject } from '../projects/project.ts';
import { QueryView } from '../shell/query-view.tsx';
import { refreshDefinitions } from './models.ts';

const isAtWork = ({ status }: AttachedDatabase): boolean => status !== 'done' && status !== 'failed';
const tell = (error: Error): void => showToast(messageOf(error), { tone: 'danger' });
const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ['databases'] });

export function DatabasesPage() {
  const project = useProject();
  const role = useOwnRole(project.id);
  return (
    <Page
      title="Attached databases"
      description="Tables of an existing PostgreSQL become data models here; its rows are copied and compared. Nothing is ever written there."
    >
      {role && !canManage(role) ? (
        <Notice>Only owners and admins of the project can attach databases.</Notice>
      ) : role ? (
        <>
          <Attached project={project.slug} />
          <Section title="Attach a database">
            <ConnectionForm project={project.slug} />
          </Section>
        </>
      ) : null}
    </Page>
  );
}

function Attached({ project }: { project: string }) {
  const query = useQuery({
    queryKey: ['databases', project],
    queryFn: async () => {
      const { data } = await api('listDatabases', { params: { project } });
      if (!data.some(isAtWork)) void refreshDefinitions();
      return data;
    },
    refetchInterval: ({ state }) => (state.data?.some(isAtWork) ? 1_500 : false),
  });
  return (
    <QueryView query={query} rows={2}>
      {(databases) => (
        <ul className="flex flex-col gap-3 empty:hidden" aria-label="Attached databases">
          {databases.map((database) => (
            <Entry key={database.id} project={project} database={database} />
          ))}
        </ul>
      )}
    </QueryView>
  );
}

const tones: Partial<Record<AttachedDatabase['status'], Tone>> = { done: 'success', failed: 'danger' };

function Entry({ project, database }: { project: string; database: AttachedDatabase }) {
  const params = { project, id: database.id };
  const resume = useMutation({
    mutationFn: () => api('resumeDatabase', { params, body: {} }),
    onError: tell,
    onSettled: refresh,
  });
  const forget = useMutation({ mutationFn: () => api('detachDatabase', { params }), onError: tell, onSettled: refresh });
  return (
    <li className="card flex flex-col gap-3 p-4 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Database size={16} className="text-muted" aria-hidden />
        <span className="min-w-0 flex-1 truncate font-medium">
          {database.database} on {database.host}
        </span>
        <Badge tone={tones[database.status] ?? 'accent'}>{database.status}</Badge>
        <Time at={database.createdAt} className="text-xs text-muted max-sm:hidden" />
        {database.status === 'failed' || database.report?.isSame === false ? (
          <Button size="sm" isBusy={resume.isPending} onClick={() => resume.mutate()}>
            <RotateCw size={14} aria-hidden /> {database.status === 'failed' ? 'Go on' : 'Fetch what differs'}
          </Button>
        ) : null}
        <IconButton label={`Forget ${database.database}`} size="sm" onClick={() => forget.mutate()}>
          <Trash2 size={14} aria-hidden />
        </IconButton>
      </div>
      {database.error ? <Notice tone="danger">{database.error.message}</Notice> : null}
      <Report database={database} />
      <Unmapped unmapped={database.unmapped} />
    </li>
  );
}

function Report({ database: { progress, report } }: { database: AttachedDatabase }) {
  if (report) {
    const different = report.tables.filter(({ isSame }) => !isSame);
    return (
      <>
        <Notice tone={report.isSame ? 'info' : 'warning'}>
          {report.isSame
            ? `All ${report.tables.length} tables are the same on both sides, row by row.`
            : `${different.length} tables differ.`}
        </Notice>
        {different.map(({ table, source, target, columns }) => (
          <p key={table}>
            <code>{table}</code>: {source.rows} rows there, {target.rows} here{columns ? `; columns ${columns.join(', ')}` : ''}
          </p>
        ))}
      </>
    );
  }
  return (
    <ul aria-label="Progress" className="flex flex-col gap-1 empty:hidden">
      {progress.map(({ table, copied, estimate, isDone }) => (
        <li key={table} className="flex gap-3 text-[0.8125rem]">
          <code className="min-w-0 flex-1 truncate">{table}</code>
          <span>
            {copied.toLocaleString('en')}
            {isDone ? ' rows, done' : estimate === null ? ' rows' : ` of about ${estimate.toLocaleString('en')}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Unmapped({ unmapped }: { unmapped: DatabasePreview['unmapped'] }) {
  if (unmapped.length === 0) return null;
  return (
    <details>
      <summary className="text-[0.8125rem] text-muted">{unmapped.length} things are left out</summary>
      <ul className="mt-1 list-disc pl-5 text-[0.8125rem]">
        {unmapped.map(({ what, table, name, reason }, i) => (
          <li key={i}>
            {what} <code>{table ? `${table}: ${name}` : name}</code>: {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

const tlsOptions = [
  { value: 'verified', label: 'Encrypted, certificate verified' },
  { value: 'unverified', label: 'Encrypted, certificate not verified' },
  { value: 'off', label: 'Not encrypted' },
];

function ConnectionForm({ project }: { project: string }) {
  const [values, setValues] = useState({ host: '', port: '5432', database: '', username: '', password: '', tls: 'verified' });
  const connection = (): DatabaseConnection => ({
    host: values.host.trim(),
    port: Number(values.port),
    database: values.database.trim(),
    username: values.username.trim(),
    tls: values.tls as 'verified',
    ...(values.password ? { password: values.password } : {}),
  });
  const preview = useMutation({
    mutationFn: async () => (await api('previewDatabase', { params: { project }, body: connection() })).data,
  });
  const attach = useMutation({
    mutationFn: () => api('attachDatabase', { params: { project }, body: connection() }),
    onSuccess: async () => {
      preview.reset();
      setValues({ ...values, password: '' });
      showToast('It is being copied.');
      await Promise.all([refresh(), refreshDefinitions()]);
    },
  });
  const set = (part: Partial<typeof values>): void => {
    setValues({ ...values, ...part });
    preview.reset();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (preview.data) attach.mutate();
    else preview.mutate();
  };
  const error = preview.error ?? attach.error;
  const errors = fieldErrors(error);
  const isTold = Object.keys(errors).some((path) => path in values);
  return (
    <form onSubmit={submit} className="card flex flex-col gap-4 p-5">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Host"
          required
          value={values.host}
          onChange={(e) => set({ host: e.target.value })}
          problem={
            /[\s/\\@]/.test(values.host.trim())
              ? 'Only the name or address of the server, such as db.example.com: no https://, no path, no user.'
              : undefined
          }
          error={errors['host']}
        />
        <TextField
          label="Port"
          type="number"
          min={1}
          max={65_535}
          required
          value={values.port}
          onChange={(e) => set({ port: e.target.value })}
          error={errors['port']}
        />
        <TextField
          label="Database"
          required
          value={values.database}
          onChange={(e) => set({ database: e.target.value })}
          error={errors['database']}
        />
        <SelectField label="Connection" options={tlsOptions} value={values.tls} onChange={(e) => set({ tls: e.target.value })} />
        <TextField
          label="User"
          required
          autoComplete="off"
          value={values.username}
          onChange={(e) => set({ username: e.target.value })}
          error={errors['username']}
          help="One that may only read is enough."
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="off"
          value={values.password}
          onChange={(e) => set({ password: e.target.value })}
          error={errors['password']}
          help="Sealed while rows are copied, then removed."
        />
      </div>
      {error && !isTold ? <Notice tone="danger">{messageOf(error)}</Notice> : null}
      {preview.data ? <PreviewList preview={preview.data} /> : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" isBusy={preview.isPending || attach.isPending}>
          {preview.data ? 'Attach and copy' : 'See what it would become'}
        </Button>
      </div>
    </form>
  );
}

function PreviewList({ preview: { models, unmapped } }: { preview: DatabasePreview }) {
  if (models.length === 0) return <Notice tone="warning">There is no table that could become a data model.</Notice>;
  return (
    <div role="status" className="flex flex-col gap-2 text-sm">
      <p>{models.length === 1 ? 'One data model' : `${models.length} data models`}:</p>
      <ul className="flex flex-col gap-1">
        {models.map(({ table, label, rows, readOnly, fields }) => (
          <li key={table} className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] items-baseline gap-x-3 sm:grid-cols-3">
            <code className="truncate text-[0.8125rem]">{table}</code>
            <span className="truncate">{label}</span>
            <span className="col-span-2 text-[0.8125rem] text-muted sm:col-span-1 sm:text-end">
              {fields.length} fields{rows === null ? '' : `, about ${rows.toLocaleString('en')} rows`}
              {readOnly ? ', read only' : ''}
            </span>
          </li>
        ))}
      </ul>
      <Unmapped unmapped={unmapped} />
    </div>
  );
}
