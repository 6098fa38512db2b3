/** The screens of one data model besides its records. */
export { ChangesPage, ModelChangesPage } from './changes-page.tsx';
export { DataPage } from './data-page.tsx';
export { ExtensionsPage } from './extensions-page.tsx';
export { FieldsPage } from './fields-page.tsx';
export { ModelLayout } from './model-layout.tsx';
export { RulesPage } from './rules-page.tsx';
export { DatabasesPage } from './databases-page.tsx';
export { RolesPage } from './roles-page.tsx';
