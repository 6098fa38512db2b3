import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { dataModelsQuery } from '../../platform/records.ts';
import { ItemList } from '../../ui/item-list.tsx';
import { Page } from '../../ui/page.tsx';
import { QueryView } from '../shell/query-view.tsx';
import { ModelIcon } from './model-icon.tsx';

export function ModelsPage() {
  const query = useQuery(dataModelsQuery);
  return (
    <Page title="Everything" description="All that Piper keeps and you may see, each with the same lists, filters and forms.">
      <QueryView query={query} rows={8}>
        {(models) => (
          <ItemList className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
            {models
              .filter(({ verbs }) => verbs.includes('list'))
              .map((model) => (
                <li key={model.key}>
                  <Link
                    data-item
                    to="/m/$model"
                    params={{ model: model.key }}
                    className="card flex h-full items-start gap-3 p-4 hover:bg-surface-secondary"
                  >
                    <ModelIcon name={model.icon} />
                    <span>
                      <span className="block font-medium">{model.labelPlural}</span>
                      <span className="block text-[0.8125rem] text-muted">{model.description}</span>
                    </span>
                  </Link>
                </li>
              ))}
          </ItemList>
        )}
      </QueryView>
    </Page>
  );
}
