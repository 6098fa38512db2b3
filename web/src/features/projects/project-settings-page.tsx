/** Name, address and description of a project, and its end. */
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { BookOpen, Database, FileCode2, History, ShieldCheck, Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { fieldErrors, messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import type { Project } from '../../platform/queries.ts';
import { updateRecord } from '../../platform/records.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { TextArea, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { showToast } from '../../ui/toast.tsx';
import { deleteProject } from './project-actions.ts';
import { canManage, useOwnRole, useProject } from './project.ts';

export function ProjectSettingsPage() {
  const project = useProject();
  const role = useOwnRole(project.id);
  const navigate = useNavigate();
  return (
    <Page title="Project settings" description={project.name} width="narrow">
      {role && !canManage(role) ? <Notice>Only owners and admins of the project can change this.</Notice> : null}
      <Places slug={project.slug} />
      <ProjectForm key={project.version} project={project} isDisabled={!canManage(role)} />
      {role === 'owner' ? (
        <Section
          title="Delete"
          description="Its data models with all their records go with it, and its prompts, threads and files. You can undo it for a while."
        >
          <div>
            <Button variant="danger-soft" onClick={() => void navigate({ to: '/projects' }).then(() => deleteProject(project))}>
              <Trash2 size={16} aria-hidden /> Delete project
            </Button>
          </div>
        </Section>
      ) : null}
    </Page>
  );
}

/** What else belongs to the project's setup. */
function Places({ slug }: { slug: string }) {
  const params = { project: slug };
  return (
    <nav aria-label="Setup" className="flex flex-wrap gap-2">
      <Link to="/p/$project/roles" params={params} className={buttonClass('secondary', 'sm')}>
        <ShieldCheck size={14} aria-hidden /> Roles
      </Link>
      <Link to="/p/$project/databases" params={params} className={buttonClass('secondary', 'sm')}>
        <Database size={14} aria-hidden /> Attached databases
      </Link>
      <Link to="/p/$project/changes" params={params} className={buttonClass('secondary', 'sm')}>
        <History size={14} aria-hidden /> Changes of data models
      </Link>
      <a href={`/api/projects/${slug}/docs`} target="_blank" rel="noreferrer" className={buttonClass('secondary', 'sm')}>
        <BookOpen size={14} aria-hidden /> API reference
      </a>
      <a href={`/api/projects/${slug}/client.ts`} download className={buttonClass('secondary', 'sm')}>
        <FileCode2 size={14} aria-hidden /> TypeScript client
      </a>
    </nav>
  );
}

function ProjectForm({ project, isDisabled }: { project: Project; isDisabled: boolean }) {
  const navigate = useNavigate();
  const [values, setValues] = useState({ name: project.name, slug: project.slug, description: project.description });
  const save = useMutation({
    mutationFn: () => updateRecord<Project>('projects', project.id, values, project.version),
    onSuccess: async (saved) => {
      queryClient.setQueryData(['project', saved.slug], saved);
      showToast('Saved.');
      if (saved.slug !== project.slug)
        await navigate({ to: '/p/$project/settings', params: { project: saved.slug }, replace: true });
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['projects'] }),
        queryClient.invalidateQueries({ queryKey: ['project'] }),
      ]);
    },
  });
  const fields = fieldErrors(save.error);
  const isChanged = values.name !== project.name || values.slug !== project.slug || values.description !== project.description;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} className="card flex flex-col gap-4 p-5">
      <TextField
        label="Name"
        required
        maxLength={200}
        disabled={isDisabled}
        value={values.name}
        onChange={(e) => setValues({ ...values, name: e.target.value })}
        error={fields['name']}
      />
      <TextField
        label="Address"
        required
        maxLength={80}
        disabled={isDisabled}
        pattern="[a-z0-9]+(-[a-z0-9]+)*"
        value={values.slug}
        onChange={(e) => setValues({ ...values, slug: e.target.value })}
        help={`Used in links: /p/${values.slug}. Old addresses keep working.`}
        error={fields['slug']}
      />
      <TextArea
        label="Description"
        maxLength={2000}
        disabled={isDisabled}
        value={values.description}
        onChange={(e) => setValues({ ...values, description: e.target.value })}
        error={fields['description']}
      />
      {save.error && Object.keys(fields).length === 0 ? <Notice tone="danger">{messageOf(save.error)}</Notice> : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" isBusy={save.isPending} disabled={isDisabled || !isChanged}>
          Save
        </Button>
      </div>
    </form>
  );
}
