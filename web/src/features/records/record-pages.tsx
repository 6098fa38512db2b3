/** The generic screens of any model: a list, a record. */
export { ModelsPage } from './models-page.tsx';
export { RecordDetailPage } from './record-detail-page.tsx';
export { RecordListPage } from './record-list-page.tsx';
