/** What a change set would do: in sentences, what stands in the way, and its SQL. */
import type { ChangeSetPreview, DataProblem, PlannedStep } from '@piper/shared/change-sets';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ScrollRegion } from '../../ui/scroll-region.tsx';

const risks: Record<ChangeSetPreview['risk'], { tone: Tone; label: string }> = {
  safe: { tone: 'success', label: 'safe' },
  'rewrites-table': { tone: 'warning', label: 'rewrites values' },
  'loses-data': { tone: 'danger', label: 'takes values away' },
};

export function RiskBadge({ risk }: { risk: ChangeSetPreview['risk'] }) {
  const { tone, label } = risks[risk];
  return <Badge tone={tone}>{label}</Badge>;
}

export function PreviewView({ preview: { risk, actions, problems, steps, tests } }: { preview: ChangeSetPreview }) {
  return (
    <div className="flex min-w-0 flex-col gap-3 text-sm">
      <p>
        <RiskBadge risk={risk} />
      </p>
      <ul className="list-disc pl-5">
        {actions.flatMap((action, i) => action.sentences.map((sentence, j) => <li key={`${i} ${j}`}>{sentence}</li>))}
      </ul>
      {problems.map((problem, i) => (
        <Problem key={i} problem={problem} />
      ))}
      {tests.map(({ test, name, sentence }) => (
        <Notice key={test} tone="danger">
          The permission test “{name}” would fail. {sentence}
        </Notice>
      ))}
      <Steps steps={steps} />
    </div>
  );
}

function Problem({ problem: { effect, message, count, isEstimate, examples } }: { problem: DataProblem }) {
  const values = examples.slice(0, 5).flatMap(({ value }) => (value === null ? [] : [`“${value}”`]));
  const many = count === null ? 'How many could not be counted quickly.' : `${isEstimate ? 'About ' : ''}${amount(count)}.`;
  return (
    <Notice tone={effect === 'obstacle' ? 'danger' : 'warning'}>
      {message} {many} {values.length > 0 ? `For example ${values.join(', ')}.` : null}
    </Notice>
  );
}

const amount = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'record' : 'records'}`;

/** The statements, for those who want to know. */
export function Steps({ steps }: { steps: readonly PlannedStep[] }) {
  if (steps.length === 0) return null;
  return (
    <details>
      <summary className="text-[0.8125rem] text-muted">
        {steps.length === 1 ? '1 step' : `${steps.length} steps`} in the database
      </summary>
      <ol className="mt-2 flex flex-col gap-2">
        {steps.map((step, i) => (
          <li key={i}>
            <p className="text-[0.8125rem]">{step.sentence}</p>
            <ScrollRegion
              label={`SQL of step ${i + 1}`}
              className="mt-0.5 max-h-40 overflow-auto rounded-md bg-surface-secondary p-2"
            >
              <pre className="text-xs">{step.sql}</pre>
            </ScrollRegion>
          </li>
        ))}
      </ol>
    </details>
  );
}
