/** Lists whose items (`data-item`) the arrow keys walk through; Tab and Enter stay what they are. */
import type { ComponentProps } from 'react';
import { moveThroughList } from './list-keys.ts';

export function ItemList(props: ComponentProps<'ul'>) {
  // The items themselves are links and buttons; the list only moves the focus among them.
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- because the keys belong to the list as a whole
  return <ul {...props} onKeyDown={moveThroughList} />;
}

export function ItemNav(props: ComponentProps<'nav'>) {
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- because the keys belong to the list as a whole
  return <nav {...props} onKeyDown={moveThroughList} />;
}
